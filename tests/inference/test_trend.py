"""The trend: its parts are exactly the own messages, and only what chance does not give is called a change."""

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.conversation.turns import Conversation, Utterance
from seikaku.errors import SpeakerError
from seikaku.inference.difference import half_width_t
from seikaku.inference.estimator import Estimator
from seikaku.inference.trend import MAX_PARTS, estimate_trend, split_own_text
from seikaku.traits import TRAIT_KEYS

START = datetime(2024, 1, 15, 9, 0)


@pytest.fixture(scope="session")
def estimator(trained_model_folder):
    return Estimator.load(trained_model_folder)


def dated(texts, days, name="花子", conversation_id="1"):
    """One message every ``days`` days."""
    said = (Utterance(name, text, START + timedelta(days=days * index)) for index, text in enumerate(texts))
    return Conversation(conversation_id, tuple(said))


def undated(texts, conversation_id):
    return Conversation(conversation_id, tuple(Utterance("花子", text) for text in texts))


def messages_of(parts, with_id=True):
    return [
        (conversation.conversation_id if with_id else None, utterance.text, utterance.timestamp)
        for part in parts
        for conversation in part.conversations
        for utterance in conversation.utterances
    ]


UTTERANCES = st.builds(
    Utterance,
    st.sampled_from(["花子", "太郎"]),
    st.text(max_size=8),
    st.one_of(st.none(), st.datetimes(datetime(2015, 1, 1), datetime(2024, 1, 1))),
)
DATED = st.builds(
    Utterance, st.just("花子"), st.text(max_size=8), st.datetimes(datetime(2015, 1, 1), datetime(2024, 1, 1))
)


@given(st.lists(st.lists(st.one_of(UTTERANCES, DATED), max_size=8), min_size=1, max_size=30), st.booleans())
def test_the_parts_are_the_own_messages_each_once(several, all_dated):
    conversations = [
        Conversation(str(index), tuple(u for u in said if not all_dated or u.timestamp is not None))
        for index, said in enumerate(several)
    ]
    own = [(c.conversation_id, u.text, u.timestamp) for c in conversations for u in c.utterances if u.speaker == "花子"]
    if not own:
        with pytest.raises(SpeakerError, match="話者「花子」の発話がありません"):
            split_own_text(conversations, "花子")
        return
    by, parts = split_own_text(conversations, "花子")
    assert 1 <= len(parts) <= MAX_PARTS
    assert all(part.conversations and all(c.utterances for c in part.conversations) for part in parts)
    assert {u.speaker for part in parts for c in part.conversations for u in c.utterances} == {"花子"}
    assert Counter(messages_of(parts)) == Counter(own)
    assert (by == "conversation") == any(timestamp is None for *_, timestamp in own)
    if by == "conversation":
        assert messages_of(parts) == own  # whole conversations, in their order
    else:
        for earlier, later in zip(parts, parts[1:], strict=False):
            assert max(earlier.times) < min(later.times)


@pytest.mark.parametrize(
    ("days", "n", "by", "n_parts"),
    [(30, 12, "month", 12), (30, 40, "month", 10), (7, 16, "month", 4), (2, 20, "day", 10), (0, 20, "day", 1)],
)
def test_months_where_there_are_enough_else_equal_spans_of_days(days, n, by, n_parts):
    found, parts = split_own_text([dated(["あ"] * n, days)], "花子")
    assert (found, len(parts)) == (by, n_parts)


def test_many_conversations_without_dates_become_parts_of_about_equal_text():
    conversations = [undated(["あ" * 20] * (1 + index % 3), str(index)) for index in range(100)]
    by, parts = split_own_text(conversations, "花子")
    sizes = [sum(len(text) for _, text, _ in messages_of([part])) for part in parts]
    assert (by, len(parts)) == ("conversation", MAX_PARTS)
    assert max(sizes) < 1.5 * min(sizes)


def test_each_part_reaches_the_floor_and_nothing_is_lost(estimator, messages):
    texts = messages(200, 3)
    trend = estimate_trend(estimator, [dated(texts, 0.3)], "花子")
    whole = estimator.estimate([dated(texts, 0.3)], "花子").amount
    assert trend.reason is None and 2 <= len(trend.parts) <= MAX_PARTS
    amounts = [part.estimates.amount for part in trend.parts]
    assert all(amount.n_chars >= estimator.trained.calibration.floor_chars for amount in amounts)
    assert sum(amount.n_utterances for amount in amounts) == whole.n_utterances == 200
    assert sum(amount.n_chars for amount in amounts) == whole.n_chars
    assert all(a.end < b.start for a, b in zip(trend.parts, trend.parts[1:], strict=False))
    assert not any(item.evidence for part in trend.parts for item in part.estimates.traits.values())


def test_short_stretches_are_joined(estimator, messages):
    # 12 months of a few words each: a month alone is below the floor.
    trend = estimate_trend(estimator, [dated(messages(60, 3), 6)], "花子")
    assert trend.by == "month" and 2 <= len(trend.parts) < 12
    assert sum(part.estimates.amount.n_utterances for part in trend.parts) == 60


def test_a_withheld_part_is_a_gap(estimator, messages):
    texts = messages(40, 1) + ["了解です了解です了解です"] * 40 + messages(40, 2)
    trend = estimate_trend(estimator, [dated(texts, 1)], "花子")
    statuses = [part.estimates.traits["openness"].status for part in trend.parts]
    assert "withheld" in statuses[1:-1] and statuses[0] == statuses[-1] == "ok"
    change = trend.changes["openness"]
    assert statuses[change.earlier_part] == statuses[change.later_part] == "ok"
    withheld = trend.changes["agreeableness"]  # too inaccurate in every part
    assert (withheld.earlier_part, withheld.change_t, withheld.exceeds_chance) == (None, None, None)


def test_a_planted_change_is_found_and_steady_talk_shows_none(estimator, messages):
    steady = estimate_trend(estimator, [dated(messages(600, 1), 0.5)], "花子")
    assert not any(change.exceeds_chance for change in steady.changes.values())
    turned = messages(800, 1, -1.0) + messages(800, 2, 1.0)
    change = estimate_trend(estimator, [dated(turned, 0.2)], "花子").changes["extraversion"]
    assert change.exceeds_chance and change.change_t > change.readable_change_t > 0


def test_what_exceeds_chance_never_overlaps(estimator, messages):
    turned = messages(800, 1, -1.0) + messages(800, 2, 1.0)
    for texts in (turned, messages(600, 1)):
        trend = estimate_trend(estimator, [dated(texts, 0.2)], "花子")
        for key, change in trend.changes.items():
            if change.change_t is None:
                continue
            earlier, later = (trend.parts[i].estimates.traits[key] for i in (change.earlier_part, change.later_part))
            assert change.earlier_part < change.later_part
            assert change.change_t == later.t_score - earlier.t_score
            assert change.readable_change_t >= half_width_t(earlier) + half_width_t(later)
            assert change.exceeds_chance == (abs(change.change_t) > change.readable_change_t)


def test_more_comparisons_need_a_larger_change(estimator, messages):
    texts = messages(400, 5)
    few = estimate_trend(estimator, [undated(texts[i * 200 : (i + 1) * 200], str(i)) for i in range(2)], "花子")
    # The same amount in each part, so that only the number of pairs differs.
    many = estimate_trend(estimator, [undated(messages(200, seed), str(seed)) for seed in range(8)], "花子")
    assert (len(few.parts), len(many.parts)) == (2, 8)
    assert many.changes["openness"].readable_change_t > few.changes["openness"].readable_change_t


@pytest.mark.parametrize(
    ("conversation", "reason"),
    [
        (dated(["短いです"] * 5, 40), "too_little_text"),
        (dated(["短いです"] * 5, 0), "one_day"),
        (undated(["短いです"] * 5, "1"), "one_conversation"),
    ],
)
def test_why_there_is_no_trend(estimator, conversation, reason):
    trend = estimate_trend(estimator, [conversation], "花子")
    assert (len(trend.parts), trend.reason) == (1, reason)
    assert {change.exceeds_chance for change in trend.changes.values()} == {None}
    assert trend.parts[0].estimates.amount.n_utterances == 5


def test_json_has_the_parts_and_is_the_same_each_time(estimator, messages):
    conversation = dated(messages(120, 2), 1)
    trend = estimate_trend(estimator, [conversation], "花子")
    value = json.loads(json.dumps(trend.to_dict()))
    assert value == json.loads(json.dumps(estimate_trend(estimator, [conversation], "花子").to_dict()))
    assert (value["by"], value["reason"], list(value["changes"])) == ("month", None, list(TRAIT_KEYS))
    first = value["parts"][0]
    assert set(first) == {"start", "end", "amount", "traits", "warnings"}
    assert first["start"] == START.isoformat()
    alone = trend.parts[0].estimates.to_dict(with_evidence=False)
    assert first["traits"] == json.loads(json.dumps(alone["traits"]))
    assert "evidence" not in first["traits"]["openness"]


@settings(max_examples=20)
@given(st.integers(1, 6), st.integers(1, 40))
def test_the_partner_changes_nothing(estimator, messages, n_conversations, n_partner):
    own = [dated(messages(20, seed), 1, conversation_id=str(seed)) for seed in range(n_conversations)]
    partner = dated(messages(n_partner, 99), 1, name="太郎")
    with_partner = [Conversation(c.conversation_id, c.utterances + partner.utterances) for c in own]
    alone = estimate_trend(estimator, own, "花子")
    assert estimate_trend(estimator, with_partner, "花子") == alone
