"""Merging messages sent in a row."""

from datetime import datetime, timedelta
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.conversation.bursts import MAX_GAP_MINUTES, merge_bursts
from seikaku.conversation.turns import Utterance

START = datetime(2024, 5, 3, 12, 0)


def at(speaker: str, text: str, minutes: float | None) -> Utterance:
    return Utterance(speaker, text, None if minutes is None else START + timedelta(minutes=minutes))


UTTERANCES = st.lists(
    st.builds(at, st.sampled_from("ABC"), st.text(max_size=5), st.none() | st.integers(-20, 60)), max_size=20
)


def test_a_burst_becomes_one_turn():
    turns = merge_bursts([at("A", "ねえ", 0), at("A", "聞いて", 1), at("B", "なに", 1), at("A", "あのね", 2)])
    assert turns == (at("A", "ねえ\n聞いて", 0), at("B", "なに", 1), at("A", "あのね", 2))


def test_the_gap_is_counted_from_the_latest_message():
    gap = MAX_GAP_MINUTES
    assert len(merge_bursts([at("A", "1", 0), at("A", "2", gap), at("A", "3", 2 * gap)])) == 1
    assert len(merge_bursts([at("A", "1", 0), at("A", "2", gap + 1)])) == 2
    assert len(merge_bursts([at("A", "1", 0), at("A", "2", gap + 1)], max_gap_minutes=gap + 1)) == 1


def test_without_timestamps_consecutive_messages_merge():
    assert merge_bursts([at("A", "1", None), at("A", "2", None)]) == (at("A", "1\n2", None),)
    assert merge_bursts([]) == ()


@settings(deadline=None, max_examples=50)
@given(UTTERANCES)
def test_no_text_is_lost_or_moved(utterances):
    def by_speaker(items):
        return [(speaker, "\n".join(u.text for u in run)) for speaker, run in groupby(items, key=lambda u: u.speaker)]

    assert by_speaker(merge_bursts(utterances)) == by_speaker(utterances)


@settings(deadline=None, max_examples=50)
@given(UTTERANCES)
def test_merging_twice_changes_nothing(utterances):
    once = merge_bursts(utterances)
    assert merge_bursts(once) == once


@settings(deadline=None, max_examples=50)
@given(UTTERANCES)
def test_speakers_alternate_where_no_gap_divides(utterances):
    turns = merge_bursts(utterances, max_gap_minutes=1000)
    assert all(first.speaker != second.speaker for first, second in zip(turns, turns[1:], strict=False))


@settings(deadline=None, max_examples=50)
@given(UTTERANCES)
def test_a_turn_has_its_first_known_time(utterances):
    known = {u.timestamp for u in utterances}
    assert all(turn.timestamp in known for turn in merge_bursts(utterances))
