"""Times and turns of one speaker: messages a day, replies, openings, hours. In: conversations. Out: figures. Pure.

Only what the conversations say: stickers and photos, which readers leave out, are no messages here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from seikaku.conversation.characters import count_written
from seikaku.conversation.description.counting import Measured
from seikaku.conversation.turns import Conversation

FloatArray = NDArray[np.float64]

HOURS_PER_DAY = 24
BUSY_HOURS = 3
_HOUR = 3600.0
_DAY = HOURS_PER_DAY * _HOUR
# What comes a day later begins something new and replies to nothing.
_LONGEST_REPLY = _DAY
# Whoever writes first after this silence opens a talk.
_SILENCE = 6 * _HOUR


@dataclass(frozen=True, slots=True)
class _Course:
    """One conversation in arrays, each (n_messages,): whose and when (seconds, NaN for not known), its speakers."""

    is_own: NDArray[np.bool_]
    seconds: FloatArray
    n_chars: NDArray[np.int64]
    n_speakers: int

    @property
    def gaps(self) -> FloatArray:
        """Seconds between each message and the one before it, (n_messages - 1,)."""
        return np.diff(self.seconds)


def measure_turns(conversations: Sequence[Conversation], speaker: str) -> dict[str, Measured]:
    """Every figure of times and turns, by its key in the catalogue, from the talks that the speaker takes part in."""
    courses = [course for course in (_follow(talk, speaker) for talk in conversations) if course.is_own.any()]
    shared = [course for course in courses if course.n_speakers > 1]
    # Dates without a clock come as midnight: they tell days and nothing finer.
    has_clock = any((course.seconds[~np.isnan(course.seconds)] % _DAY).any() for course in courses)
    return {
        **_measure_days(courses),
        **_measure_shares(shared),
        "reply_seconds": _median_reply(shared if has_clock else []),
        "messages_in_a_row": _messages_in_a_row(shared),
        "opening_share": _opening_share(shared if has_clock else []),
        "hours": _measure_hours(courses if has_clock else []),
    }


def _follow(conversation: Conversation, speaker: str) -> _Course:
    said = [utterance for utterance in conversation.utterances if utterance.text.strip()]
    return _Course(
        is_own=np.array([utterance.speaker == speaker for utterance in said], np.bool_),
        seconds=np.array([_seconds(utterance.timestamp) for utterance in said], np.float64),
        n_chars=np.array([count_written(utterance.text) for utterance in said], np.int64),
        n_speakers=len({utterance.speaker for utterance in said}),
    )


def _seconds(time: datetime | None) -> float:
    """Seconds of the written clock since the year 1: no time zone enters, and a list of datetimes is slow in numpy."""
    if time is None:
        return np.nan
    return time.toordinal() * _DAY + time.hour * _HOUR + time.minute * 60 + time.second


def _measure_days(courses: Sequence[_Course]) -> dict[str, Measured]:
    """Own messages and characters a day, over all days from the first message of anybody to the last."""
    known = _join([course.seconds[~np.isnan(course.seconds)] for course in courses])
    n_days = int(known.max() // _DAY - known.min() // _DAY) + 1 if len(known) else 0
    dated = [course.is_own & ~np.isnan(course.seconds) for course in courses]
    n_messages = sum(int(own.sum()) for own in dated)
    n_chars = sum(int(course.n_chars[own].sum()) for course, own in zip(courses, dated, strict=True))
    return {"messages_per_day": _mean(n_messages, n_days), "characters_per_day": _mean(n_chars, n_days)}


def _measure_shares(shared: Sequence[_Course]) -> dict[str, Measured]:
    """The speaker's share of what all wrote. The part "even": what it would be if everybody wrote as much."""
    n_all, n_own = (sum(len(course.is_own) for course in shared), sum(int(course.is_own.sum()) for course in shared))
    n_chars = sum(int(course.n_chars.sum()) for course in shared)
    own_chars = sum(int(course.n_chars[course.is_own].sum()) for course in shared)
    even_messages = sum(len(course.is_own) / course.n_speakers for course in shared)
    even_chars = sum(course.n_chars.sum() / course.n_speakers for course in shared)
    if not n_all:
        return {"message_share": Measured(None, 0), "character_share": Measured(None, 0)}
    return {
        "message_share": Measured(n_own / n_all, n_all, (("even", even_messages / n_all),)),
        "character_share": Measured(own_chars / n_chars, n_all, (("even", float(even_chars / n_chars)),)),
    }


def _median_reply(shared: Sequence[_Course]) -> Measured:
    """Seconds from somebody else's message to the own one right behind it. Times that run backwards are left out."""
    replies = []
    for course in shared:
        gaps, is_own = course.gaps, course.is_own
        replies.append(gaps[is_own[1:] & ~is_own[:-1] & (gaps >= 0) & (gaps <= _LONGEST_REPLY)])
    found = _join(replies)
    return Measured(float(np.median(found)) if len(found) else None, len(found))


def _messages_in_a_row(shared: Sequence[_Course]) -> Measured:
    n_messages = sum(int(course.is_own.sum()) for course in shared)
    n_turns = sum(int((np.diff(course.is_own.astype(np.int8), prepend=0) == 1).sum()) for course in shared)
    return _mean(n_messages, n_turns)


def _opening_share(shared: Sequence[_Course]) -> Measured:
    """Of the messages that come after six hours of silence, how many are the speaker's."""
    opened = [course.is_own[1:][course.gaps >= _SILENCE] for course in shared]
    n_own = sum(int(own.sum()) for own in opened)
    return _mean(n_own, sum(map(len, opened)))


def _measure_hours(courses: Sequence[_Course]) -> Measured:
    """The hour in which the busiest three hours begin; the parts are the shares of the 24 hours."""
    own = _join([course.seconds[course.is_own & ~np.isnan(course.seconds)] for course in courses])
    if not len(own):
        return Measured(None, 0)
    counts = np.bincount((own % _DAY // _HOUR).astype(np.int64), minlength=HOURS_PER_DAY)
    busy = sum(np.roll(counts, -hour) for hour in range(BUSY_HOURS))
    parts = tuple((str(hour), count / len(own)) for hour, count in enumerate(counts.tolist()))
    return Measured(float(np.argmax(busy)), len(own), parts)


def _mean(total: int, count: int) -> Measured:
    return Measured(total / count if count else None, count)


def _join(parts: list[FloatArray]) -> FloatArray:
    return np.concatenate([np.zeros(0), *parts])
