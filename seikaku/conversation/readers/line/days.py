"""Which date lines and clocks of an export are the app's, and which somebody typed or pasted. Pure.

An app writes each day once, in order, above a message; within a day the clock does not go back.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from seikaku.conversation.readers.timestamps import DateLines

MINUTES_OF_DAY = 24 * 60
_SINCE_MIDNIGHT = tuple(timedelta(minutes=minutes) for minutes in range(25 * 60))
# From so many date lines on, the file shows whether the app put a blank line above each.
_MIN_DATES_TO_LEARN = 3
_USUAL_SHARE = 0.66


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that reads as a date: where it stands, and whether the lines around it and its weekday fit the app."""

    index: int
    day: date
    has_blank_above: bool
    has_message_below: bool
    has_right_weekday: bool


def find_candidates(
    lines: Sequence[str], indices: Sequence[int], dates: DateLines, starts: Sequence[int]
) -> list[Candidate]:
    """The date lines among ``lines[index]``. ``starts``: where messages begin, in order."""
    return [
        Candidate(
            index,
            day,
            index == 0 or not lines[index - 1].strip(),
            _is_in(starts, _first_below(lines, index)),
            dates.has_right_weekday(lines[index]),
        )
        for index in indices
        if (day := dates.parse(lines[index])) is not None
    ]


def choose_dates(candidates: Sequence[Candidate]) -> tuple[dict[int, date], bool]:
    """Line -> date for the app's own date lines, and whether the choice was doubtful."""
    usable = [candidate for candidate in candidates if candidate.has_message_below]
    if any(candidate.has_right_weekday for candidate in usable):
        usable = [candidate for candidate in usable if candidate.has_right_weekday]
    n_blank = sum(candidate.has_blank_above for candidate in usable)
    learnt = len(usable) >= _MIN_DATES_TO_LEARN and n_blank >= _USUAL_SHARE * len(usable)
    usual = [candidate for candidate in usable if candidate.has_blank_above] if learnt else usable
    if len(usual) < len(usable) and usable[0] not in usual:
        usual = [usable[0], *usual]  # nothing need stand above the first
    if all(before.day < after.day for before, after in zip(usual, usual[1:], strict=False)):
        return {candidate.index: candidate.day for candidate in usual}, len(usual) < len(usable)
    days = sorted({candidate.day for candidate in usual})
    kept = heaviest_rising(
        [bisect_left(days, candidate.day) for candidate in usual],
        [1.0 + 0.25 * candidate.has_blank_above for candidate in usual],
        strict=True,
    )
    return {usual[position].index: usual[position].day for position in kept}, True


def heaviest_rising(values: Sequence[int], weights: Sequence[float], *, strict: bool) -> list[int]:
    """Positions of the rising subsequence of ``values`` (small, not negative) with the largest total weight.

    Among equals the one that ends earliest, so that what was typed last gives way.
    """
    size = max(values, default=0) + 2
    tree: list[tuple[float, int]] = [(0.0, -1)] * (size + 1)  # Fenwick tree of the best (total, last position)
    before: list[int] = []
    best = (0.0, -1)
    for position, (value, weight) in enumerate(zip(values, weights, strict=True)):
        node, found = (value if strict else value + 1), (0.0, -1)
        while node > 0:
            if tree[node][0] > found[0]:
                found = tree[node]
            node -= node & -node
        before.append(found[1])
        total = (found[0] + weight, position)
        if total[0] > best[0]:
            best = total
        node = value + 1
        while node <= size:
            if total[0] > tree[node][0]:
                tree[node] = total
            node += node & -node
    kept, position = [], best[1]
    while position >= 0:
        kept.append(position)
        position = before[position]
    return kept[::-1]


def opens_day_at_24(clocks: Sequence[tuple[object, int]]) -> bool:
    """Whether the file's hour 24 is the first of its day (as some phones write 0), and not that after 23.

    ``clocks`` are the messages' days, or anything else that is equal within a day, and their clocks.
    """
    return any(
        clock >= MINUTES_OF_DAY > next_clock and day == next_day
        for (day, clock), (next_day, next_clock) in zip(clocks, clocks[1:], strict=False)
    )


def stamp(day: date | None, clocks: Sequence[int], *, opens_day: bool) -> Sequence[datetime | None]:
    """The moments of a day's messages; None where the file gives no day, or one that no calendar holds.

    24:10 is 0:10 of the next day unless ``opens_day``.
    """
    if day is None:
        return [None] * len(clocks)
    midnight = datetime(day.year, day.month, day.day)
    if opens_day:
        return [midnight + _SINCE_MIDNIGHT[clock % MINUTES_OF_DAY] for clock in clocks]
    try:
        return [midnight + _SINCE_MIDNIGHT[clock] for clock in clocks]
    except OverflowError:  # 24:10 on the last day of all
        return [None if clock >= MINUTES_OF_DAY else midnight + _SINCE_MIDNIGHT[clock] for clock in clocks]


def _first_below(lines: Sequence[str], index: int) -> int:
    """The first line below that is not blank, if it is near; -1 where there is none."""
    return next((below for below in range(index + 1, min(index + 4, len(lines))) if lines[below].strip()), -1)


def _is_in(ordered: Sequence[int], index: int) -> bool:
    position = bisect_left(ordered, index)
    return position < len(ordered) and ordered[position] == index
