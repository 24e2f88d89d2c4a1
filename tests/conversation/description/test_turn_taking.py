"""Times and turns of one speaker. All talks are fictional; they start at eight in the morning."""

import pytest

from seikaku.conversation.description.turn_taking import measure_turns
from seikaku.conversation.turns import Conversation, Utterance

DAY = 24 * 60


def values(conversations, speaker="花子"):
    return {key: found.value for key, found in measure_turns(conversations, speaker).items()}


def test_days_without_a_message_are_days(talk):
    found = measure_turns([talk(("花子", 0, "おはよう"), ("太郎", 5), ("花子", 3 * DAY, "やあ 元気"))], "花子")
    assert (found["messages_per_day"].value, found["messages_per_day"].n) == (2 / 4, 4)
    assert found["characters_per_day"].value == (4 + 4) / 4


def test_shares_and_what_even_would_be(talk):
    said = [("花子", 0, "ああ"), ("太郎", 1, "いい"), ("次郎", 2, "うううう"), ("花子", 3, "え"), ("花子", 4, "お")]
    found = measure_turns([talk(*said)], "花子")
    assert (found["message_share"].value, found["message_share"].n) == (3 / 5, 5)
    assert found["character_share"].value == 4 / 10
    assert dict(found["message_share"].parts)["even"] == pytest.approx(1 / 3)
    assert dict(found["character_share"].parts)["even"] == pytest.approx(1 / 3)


def test_a_reply_is_to_somebody_else_and_comes_within_a_day(talk):
    said = [("太郎", 0), ("太郎", 2), ("花子", 5), ("花子", 6), ("太郎", 7), ("花子", 8), ("次郎", 9), ("花子", 19)]
    late = [("太郎", 100), ("花子", 101 + DAY)]
    found = measure_turns([talk(*said, *late)], "花子")["reply_seconds"]
    assert (found.value, found.n) == (3 * 60, 3)


def test_times_that_run_backwards_or_are_missing_are_no_replies(talk):
    said = [("太郎", 10), ("花子", 5), ("太郎", None), ("花子", 20), ("太郎", 21), ("花子", 25)]
    found = measure_turns([talk(*said)], "花子")
    assert (found["reply_seconds"].value, found["reply_seconds"].n) == (4 * 60, 1)
    assert found["hours"].n == 3


def test_messages_in_a_row(talk):
    two = [talk(("花子", 0), ("花子", 1), ("太郎", 2), ("花子", 3)), talk(("花子", 9), ("太郎", 10))]
    found = measure_turns(two, "花子")
    assert (found["messages_in_a_row"].value, found["messages_in_a_row"].n) == (4 / 3, 3)


def test_who_opens_after_a_silence(talk):
    said = [("太郎", 0), ("花子", 400), ("太郎", 800), ("太郎", 1000), ("花子", 1360), ("花子", 1365)]
    found = measure_turns([talk(*said)], "花子")["opening_share"]
    assert (found.value, found.n) == (2 / 3, 3)


def test_the_busiest_hours_may_go_over_midnight(talk):
    minutes = [15 * 60, 15 * 60 + 5, 16 * 60, 17 * 60, 3 * 60]  # 23, 23, 0, 1 and 11 o'clock
    found = measure_turns([talk(*(("花子", time) for time in minutes), ("太郎", 0))], "花子")["hours"]
    assert (found.value, found.n) == (23.0, 5)
    shares = dict(found.parts)
    assert len(shares) == 24
    assert (shares["23"], shares["0"], shares["1"], shares["11"], shares["8"]) == (0.4, 0.2, 0.2, 0.2, 0.0)


def test_alone_there_are_days_and_hours_but_no_turns(talk):
    found = values([talk(("花子", 0), ("花子", 5), ("太郎", 9, "  "))])
    assert found["messages_per_day"] == 2
    assert found["hours"] == 6.0
    turns = ("message_share", "character_share", "reply_seconds", "messages_in_a_row", "opening_share")
    assert {key: found[key] for key in turns} == dict.fromkeys(turns)


def test_without_times_there_are_turns_only(talk):
    found = values([talk(("花子", None), ("太郎", None), ("花子", None))])
    assert found["message_share"] == 2 / 3
    assert found["messages_in_a_row"] == 1
    timed = ("messages_per_day", "characters_per_day", "reply_seconds", "opening_share", "hours")
    assert {key: found[key] for key in timed} == dict.fromkeys(timed)


def test_dates_without_a_clock_give_days_only(talk):
    midnight = 16 * 60
    found = values([talk(*((speaker, midnight + day * DAY) for day in range(4) for speaker in ("花子", "太郎")))])
    assert found["messages_per_day"] == 1
    assert [found[key] for key in ("reply_seconds", "opening_share", "hours")] == [None, None, None]


def test_talks_of_others_do_not_count(talk):
    ours, others = talk(("花子", 0), ("太郎", 1)), talk(("太郎", 90 * DAY), ("次郎", 91 * DAY))
    assert values([ours, others]) == values([ours])


@pytest.mark.parametrize("utterances", [(), (Utterance("太郎", "やあ"),), (Utterance("花子", " "),)])
def test_nobody_there(utterances):
    assert set(values([]).values()) == {None}
    conversations = [Conversation("空", utterances)]
    assert set(values(conversations).values()) == {None}
