"""One speaker's own text in consecutive parts -> estimates of each part, and whether they differ beyond chance.

In: conversations, a speaker, an estimator. Out: frozen values. No effects.
Parts are equal spans of time where every message of the speaker has a time stamp, else runs of whole conversations.
A part that is too short to estimate is joined with the next one; one that is withheld for another reason stays a gap.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import combinations, groupby
from statistics import NormalDist
from typing import Any, Literal, NamedTuple

from seikaku.conversation.turns import Conversation, Utterance
from seikaku.errors import SpeakerError, both
from seikaku.inference.difference import half_width_t
from seikaku.inference.estimates import TraitEstimate, TraitEstimates, rounded
from seikaku.inference.estimator import Estimator
from seikaku.traits import TRAIT_KEYS

MAX_PARTS = 12
_MIN_MONTHS = 3  # over fewer calendar months, months would give one or two parts
_COVERAGE = 0.80

By = Literal["month", "day", "conversation"]


@dataclass(frozen=True, slots=True)
class TrendPart:
    """One part: its first and last time stamp (None without time stamps) and its estimates, without evidence."""

    start: datetime | None
    end: datetime | None
    estimates: TraitEstimates


@dataclass(frozen=True, slots=True)
class TraitChange:
    """The two parts that differ most (0-based), later minus earlier in T-score points, and how much would be readable.

    ``exceeds_chance``: the bands of the two parts do not overlap, and the change is beyond what the best of as many
    comparisons gives by chance. All are None where fewer than two parts have an estimate.
    """

    earlier_part: int | None
    later_part: int | None
    change_t: float | None
    readable_change_t: float | None
    exceeds_chance: bool | None


@dataclass(frozen=True, slots=True)
class Trend:
    """The parts of one speaker's text, earliest first, and the largest change of each trait in the order O C E A N.

    ``by`` says how the text was split. ``reason`` is None where there are two parts or more, else a code:
    "too_little_text", "one_day" or "one_conversation".
    """

    by: By
    parts: tuple[TrendPart, ...]
    changes: dict[str, TraitChange]
    reason: str | None

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; the estimates of a part are as in ``TraitEstimates.to_dict``."""
        changes = {key: rounded(asdict(change)) for key, change in self.changes.items()}
        return {"by": self.by, "reason": self.reason, "parts": [_part_dict(p) for p in self.parts], "changes": changes}


class TextPart(NamedTuple):
    """The speaker's own messages of one part, in their conversations."""

    conversations: tuple[Conversation, ...]

    @property
    def times(self) -> list[datetime]:
        """The time stamps of its messages."""
        return [u.timestamp for c in self.conversations for u in c.utterances if u.timestamp is not None]


class _Dated(NamedTuple):
    conversation: int
    utterance: Utterance


def estimate_trend(estimator: Estimator, conversations: Sequence[Conversation], speaker: str) -> Trend:
    """Split ``speaker``'s own text into at most ``MAX_PARTS`` parts and estimate each.

    Raises SpeakerError if the speaker said nothing.
    """
    by, pieces = split_own_text(conversations, speaker)
    parts = _join_short(estimator, pieces, speaker)
    reason = None
    if len(parts) < 2:
        lone: dict[By, str] = {"conversation": "one_conversation", "day": "one_day", "month": "too_little_text"}
        reason = lone[by] if len(pieces) < 2 else "too_little_text"
    return Trend(by, parts, _find_changes([part.estimates for part in parts]), reason)


def split_own_text(conversations: Sequence[Conversation], speaker: str) -> tuple[By, list[TextPart]]:
    """The speaker's own messages, each in exactly one part, in consecutive parts; how they were split.

    Raises SpeakerError if the speaker said nothing.
    """
    own = [
        _Dated(index, utterance)
        for index, conversation in enumerate(conversations)
        for utterance in conversation.utterances
        if utterance.speaker == speaker
    ]
    if not own:
        raise SpeakerError(
            both(f"話者「{speaker}」の発話がありません。", f"The speaker {speaker!r} said nothing."),
            both("会話にいる話者の名前を指定してください。", "Name a speaker who is in the conversation."),
        )
    by, numbers = _number_parts(own)
    # Stable: inside a part the messages keep the order of the source, which is the order in which they were said.
    ordered = sorted(zip(numbers, own, strict=True), key=lambda pair: pair[0])
    return by, [
        _build_part(conversations, [message for _, message in group])
        for _, group in groupby(ordered, key=lambda pair: pair[0])
    ]


def _number_parts(own: Sequence[_Dated]) -> tuple[By, list[int]]:
    """The number of each message's part: ascending, at most ``MAX_PARTS`` different ones."""
    days = [message.utterance.timestamp.date() for message in own if message.utterance.timestamp is not None]
    if len(days) < len(own):
        return "conversation", _number_by_conversation(own)
    months = [day.year * 12 + day.month for day in days]
    if max(months) - min(months) + 1 >= _MIN_MONTHS:
        return "month", _equal_spans(months)
    return "day", _equal_spans([date.toordinal(day) for day in days])


def _equal_spans(units: Sequence[int]) -> list[int]:
    first = min(units)
    span = math.ceil((max(units) - first + 1) / MAX_PARTS)
    return [(unit - first) // span for unit in units]


def _number_by_conversation(own: Sequence[_Dated]) -> list[int]:
    """Runs of whole conversations with about the same amount of the speaker's text."""
    n_chars: dict[int, int] = {}
    for message in own:
        n_chars[message.conversation] = n_chars.get(message.conversation, 0) + len(message.utterance.text)
    if len(n_chars) <= MAX_PARTS:
        return [message.conversation for message in own]
    total, before = max(sum(n_chars.values()), 1), 0
    number: dict[int, int] = {}
    for conversation, n in n_chars.items():
        number[conversation] = min(MAX_PARTS - 1, MAX_PARTS * (2 * before + n) // (2 * total))  # by its middle
        before += n
    return [number[message.conversation] for message in own]


def _build_part(conversations: Sequence[Conversation], messages: Iterable[_Dated]) -> TextPart:
    return TextPart(
        tuple(
            Conversation(conversations[index].conversation_id, tuple(message.utterance for message in group))
            for index, group in groupby(messages, key=lambda message: message.conversation)
        )
    )


def _join_short(estimator: Estimator, pieces: Sequence[TextPart], speaker: str) -> tuple[TrendPart, ...]:
    """Estimates of the pieces, each joined with what follows until there is enough text; the rest joins the last."""
    done: list[tuple[TextPart, TraitEstimates]] = []
    waiting: tuple[Conversation, ...] = ()
    for piece in pieces:
        waiting += piece.conversations
        estimates = estimator.estimate(waiting, speaker, n_evidence=0, describes=False)
        if not _is_too_short(estimates):
            done.append((TextPart(waiting), estimates))
            waiting = ()
    if waiting:
        rest = TextPart((done.pop()[0].conversations if done else ()) + waiting)
        done.append((rest, estimator.estimate(rest.conversations, speaker, n_evidence=0, describes=False)))
    return tuple(
        TrendPart(min(part.times, default=None), max(part.times, default=None), estimates) for part, estimates in done
    )


def _is_too_short(estimates: TraitEstimates) -> bool:
    return any(trait.reason == "too_little_text" for trait in estimates.traits.values())


def _find_changes(parts: Sequence[TraitEstimates]) -> dict[str, TraitChange]:
    pairs = {
        key: [
            (first, second)
            for first, second in combinations(range(len(parts)), 2)
            if parts[first].traits[key].t_score is not None and parts[second].traits[key].t_score is not None
        ]
        for key in TRAIT_KEYS
    }
    widening = _widening(sum(map(len, pairs.values())))
    return {key: _largest_change([part.traits[key] for part in parts], pairs[key], widening) for key in TRAIT_KEYS}


def _widening(n_comparisons: int) -> float:
    """How much wider an interval must be so that all of ``n_comparisons`` hold at once with 80 % (Bonferroni)."""
    normal = NormalDist()
    tail = (1 - _COVERAGE) / 2
    return normal.inv_cdf(1 - tail / max(n_comparisons, 1)) / normal.inv_cdf(1 - tail)


def _largest_change(
    estimates: Sequence[TraitEstimate], pairs: Sequence[tuple[int, int]], widening: float
) -> TraitChange:
    changes = [_compare(estimates, first, second, widening) for first, second in pairs]
    if not changes:
        return TraitChange(None, None, None, None, None)
    return max(changes, key=lambda change: abs(change.change_t or 0.0) - (change.readable_change_t or 0.0))


def _compare(estimates: Sequence[TraitEstimate], first: int, second: int, widening: float) -> TraitChange:
    earlier, later = estimates[first], estimates[second]
    widths = half_width_t(earlier), half_width_t(later)
    assert earlier.t_score is not None and later.t_score is not None  # pairs are of given estimates only
    assert widths[0] is not None and widths[1] is not None
    change = later.t_score - earlier.t_score
    # Never less than the sum: what overlaps on the drawing must not be called a change.
    readable = max(widths[0] + widths[1], widening * math.hypot(widths[0], widths[1]))
    return TraitChange(first, second, change, readable, abs(change) > readable)


def _part_dict(part: TrendPart) -> dict[str, Any]:
    estimates = part.estimates.to_dict(with_evidence=False)
    times = {"start": _iso(part.start), "end": _iso(part.end)}
    return times | {key: estimates[key] for key in ("amount", "traits", "warnings")}


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
