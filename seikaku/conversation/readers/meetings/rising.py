"""Which lines that look like heads are heads: their times rise, as a body's that looks like one do not. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import timedelta

from seikaku.conversation.readers.line.days import heaviest_rising

# A body holds at most so many lines that look like heads; more of them are another meeting's, which begins anew.
_MAX_PASTED = 3


def rising(times: Sequence[timedelta], sure: Sequence[bool]) -> list[bool]:
    """For each time whether it is a head's: those that are ``sure`` never fall, and the others fit between them."""
    if not any(sure):
        return _rising(times)
    among = _rising([time for time, is_sure in zip(times, sure, strict=True) if is_sure])
    kept_of_sure = iter(among)
    kept = [is_sure and next(kept_of_sure) for is_sure in sure]
    following: list[timedelta | None] = []
    upper: timedelta | None = None
    for place in range(len(times) - 1, -1, -1):
        following.append(upper)
        upper = times[place] if kept[place] else upper
    following.reverse()
    lower = timedelta()
    for place, (time, is_sure, limit) in enumerate(zip(times, sure, following, strict=True)):
        if not is_sure:
            kept[place] = lower <= time and (limit is None or time <= limit)
        lower = time if kept[place] else lower
    return kept


def _rising(times: Sequence[timedelta]) -> list[bool]:
    """Whether each is in the longest series that never falls, or in a run too long to be a body's."""
    kept = _longest(times)
    begin = 0
    while begin < len(kept):
        end = begin
        while end < len(kept) and kept[end] == kept[begin]:
            end += 1
        if not kept[begin] and (end - begin > _MAX_PASTED or end == len(kept)):
            kept[begin:end] = [True] * (end - begin)
        begin = end
    return kept


def _longest(times: Sequence[timedelta]) -> list[bool]:
    order = sorted(set(times))
    row = heaviest_rising([bisect_left(order, time) for time in times], [1.0] * len(times), strict=False)
    kept = [False] * len(times)
    for place in row:
        kept[place] = True
    return kept
