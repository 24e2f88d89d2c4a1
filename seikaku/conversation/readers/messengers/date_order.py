"""Dates of numbers alone, whose order the phone's region gives: ``31/12/2020, 23:59``, ``12/31/20 11:59 PM``. Pure.

The order is decided over the whole file: a month is at most 12, and messages do not go back by days.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

Shared = dict[object, Any]
_SPACE = "[ \u00a0\u202f]"
_HALF = "午前|午後|上午|下午|오전|오후|[AaPp]\\.?[ \u00a0\u202f]?[Mm]\\.?"
_WRITTEN = re.compile(
    rf"(\d{{1,4}})([./-]){_SPACE}?(\d{{1,2}})\2{_SPACE}?(\d{{1,4}})\.?,?{_SPACE}{{0,2}}(?:at{_SPACE})?"
    rf"({_HALF})?{_SPACE}?(\d{{1,2}})[:.]([0-5]\d)(?:[:.]([0-5]\d))?(?:{_SPACE}?({_HALF}))?",
    re.ASCII,
)
_MAX_CHARS = 45
_AFTERNOON = ("午後", "下午", "오후")
_MIN_YEAR, _MAX_YEAR = 1990, 2100
_CENTURY = 2000
_MAX_SHORT_YEAR = 99
_YEAR_DIGITS = 4
_LATE = timedelta(days=1)  # a message that was under way
_MIN_LEAD = 3
_MAX_SHARE_BAD = 0.1

Parts = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Written:
    """A moment as written: three numbers, the clock, and the shape that one app's export has throughout."""

    parts: Parts
    clock: time
    shape: tuple[str, bool, bool, bool, bool]

    @property
    def has_seconds(self) -> bool:
        """Whether the clock is written to the second."""
        return self.shape[3]


@dataclass(frozen=True, slots=True)
class DateOrder:
    """Which of the three numbers is the day. ``certain`` is False where the file does not show it."""

    read: Callable[[Parts], date | None]
    certain: bool

    def moment(self, written: Written) -> datetime | None:
        """The moment; None where it is no date in this order."""
        day = self.read(written.parts)
        return None if day is None else datetime.combine(day, written.clock)


def read_written(text: str, shared: Shared) -> Written | None:
    """A date with a clock; None where the text is none. ``shared``: equal parts of what is read are one object."""
    match = _WRITTEN.fullmatch(text) if len(text) <= _MAX_CHARS else None
    if match is None:
        return None
    first, separator, middle, last, before, hour, minute, second, after = match.groups()
    half = before or after
    clock = _clock(int(hour), int(minute), int(second or 0), half)
    if clock is None:
        return None
    shape = (
        separator, len(first) == _YEAR_DIGITS, len(last) == _YEAR_DIGITS, second is not None, half is not None
    )  # fmt: skip
    parts = (int(first), int(middle), int(last))
    return Written(shared.setdefault(parts, parts), shared.setdefault(clock, clock), shared.setdefault(shape, shape))


def decide_order(written: Sequence[Written]) -> DateOrder:
    """The order of the numbers in one file, whose moments stand in the order of time."""
    parts = [one.parts for one in written]
    distinct = parts[:1] + [after for before, after in pairwise(parts) if before != after]
    if written and written[0].shape[1]:
        return DateOrder(_year_first, certain=True)
    if written and written[0].shape[0] == ".":
        return DateOrder(_day_first, certain=True)
    tried = sorted(
        ((*_score(distinct, read), number, read) for number, read in enumerate((_day_first, _month_first))),
        key=lambda one: one[:3],
    )
    (n_bad, _, _, best), (n_bad_other, _, _, other) = tried
    if distinct and best(distinct[0]) is None:  # the first line is the app's: no paste stands above it
        (n_bad, best), (n_bad_other, other) = (n_bad_other, other), (n_bad, best)
    if n_bad > 1 + _MAX_SHARE_BAD * len(distinct) and not _score(distinct, _year_first)[0]:
        return DateOrder(_year_first, certain=n_bad > _MIN_LEAD)  # with a year of two digits
    same = all(best(one) == other(one) for one in distinct)
    is_impossible = bool(distinct) and best(distinct[0]) is not None and other(distinct[0]) is None
    return DateOrder(best, certain=same or is_impossible or n_bad_other > _MIN_LEAD * n_bad)


def _clock(hour: int, minute: int, second: int, half: str | None) -> time | None:
    if half:
        if hour > 12:
            return None
        hour = hour % 12 + (12 if half in _AFTERNOON or half[0] in "Pp" else 0)
    elif hour == 24:
        hour = 0
    return time(hour, minute, second) if hour < 24 else None


def _score(parts: Sequence[Parts], read: Callable[[Parts], date | None]) -> tuple[int, int]:
    """How many are no dates or go back, and over how many days all of them reach: right is what has least."""
    days = [read(one) for one in parts]
    valid = [day for day in days if day is not None]
    n_back = sum(after < before - _LATE for before, after in pairwise(valid))
    span = (max(valid) - min(valid)).days if valid else 0
    return len(days) - len(valid) + n_back, span


def _day_first(parts: Parts) -> date | None:
    return _date(parts[2], parts[1], parts[0])


def _month_first(parts: Parts) -> date | None:
    return _date(parts[2], parts[0], parts[1])


def _year_first(parts: Parts) -> date | None:
    return _date(parts[0], parts[1], parts[2])


def _date(year: int, month: int, day: int) -> date | None:
    year += _CENTURY if year <= _MAX_SHORT_YEAR else 0
    try:
        return date(year, month, day) if _MIN_YEAR <= year <= _MAX_YEAR else None
    except ValueError:
        return None
