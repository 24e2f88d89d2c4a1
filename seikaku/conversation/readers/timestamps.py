"""Written dates and times -> naive local time. Pure. Shared by the readers."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property, lru_cache

# Newer phones put U+202F or U+00A0 before AM and PM.
_CLOCK = re.compile(
    r"(午前|午後|上午|下午)?[ \u00a0\u202f]?(\d{1,2}):([0-5]\d)[ \u00a0\u202f]?([AaPp])?(?(4)\.?[Mm]\.?)", re.ASCII
)
_CLOCK_MAX_CHARS = 12
_YEAR_FIRST = re.compile(
    r"(\d{4})[/.](\d{1,2})[/.](\d{1,2}) ?"
    r"(?:[(（]([月火水木金土日一二三四五六]|[A-Z][a-z]+)[)）]|([月火水木金土日])曜日|(?:[周週]|星期)([一二三四五六日])"
    r"|((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*)|(?:วัน)?(จันทร์|อังคาร|พุธ|พฤหัสบดี|พฤหัส|ศุกร์|เสาร์|อาทิตย์))",
    re.ASCII,
)
_ENGLISH = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, ?(\d{1,2})/(\d{1,2})/(\d{4})")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_THAI_WEEKDAYS = "จันทร์ อังคาร พุธ พฤหัสบดี ศุกร์ เสาร์ อาทิตย์".split()
_NUMBER_OF_WEEKDAY = {
    name: number
    for names in ("月火水木金土日", "一二三四五六日", _WEEKDAYS, _THAI_WEEKDAYS)
    for number, name in enumerate(names)
} | {"พฤหัส": 3}
_DATE_LINE_MAX_CHARS = 32
_FIRSTS_OF_WEEKDAYS = frozenset("MTWFS")
_DATE_LINE_FIRSTS = _FIRSTS_OF_WEEKDAYS | frozenset("0123456789")
_WRITTEN = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T　]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_NO_TIMESTAMP = {"", "nat", "nan", "null", "none"}


@lru_cache(maxsize=4096)
def read_clock(written: str) -> int | None:
    """A message's time in minutes since its day began: 24 h, or 12 h with 午前/午後, 上午/下午 or AM/PM; else None.

    午前12:05 is 5. Some phones count the hour after midnight as 24: 24:10 is 1450, and the reader decides of which day.
    """
    match = _CLOCK.fullmatch(written) if len(written) <= _CLOCK_MAX_CHARS else None
    if match is None:
        return None
    half, hour, minute = match[1] or (match[4] or "").upper(), int(match[2]), int(match[3])
    if half:
        if hour > 12:
            return None
        hour = hour % 12 + (12 if half in ("午後", "下午", "P") else 0)
    return hour * 60 + minute if hour <= 24 else None


class Clocks(dict[str, int | None]):
    """``read_clock`` by ``[]``, remembering the clocks that it has read: a file has some thousand at most."""

    def __missing__(self, written: str) -> int | None:
        clock = read_clock(written)
        if clock is not None:
            self[written] = clock
        return clock


class DateLines:
    """Reads the date lines of one export: ``2014/10/13(月)``, ``2026.01.09 金曜日``, ``Thu, 1/30/2026``.

    English exports write day/month or month/day by the phone's region. The weekdays decide; where they do not,
    ``ambiguous`` is True and month/day is assumed.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._known: dict[str, tuple[date, bool]] = {}
        self._has_english = False

    @cached_property
    def _order(self) -> tuple[bool, bool]:
        """Whether the day comes first, and whether nothing tells: made from all lines, if it is asked for."""
        may_be = (line for line in self._lines if line[:1] in _FIRSTS_OF_WEEKDAYS and len(line) <= _DATE_LINE_MAX_CHARS)
        found = [match.groups() for line in may_be if (match := _ENGLISH.fullmatch(line))]
        month_first = sum(_has_weekday(_date(y, a, b), weekday) for weekday, a, b, y in found)
        day_first = sum(_has_weekday(_date(y, b, a), weekday) for weekday, a, b, y in found)
        return day_first > month_first, day_first == month_first and any(a != b for _, a, b, _ in found)

    def forget_lines(self) -> None:
        """Hold the lines no longer; no date that was not read before is to be read after."""
        self._lines = ()

    @property
    def ambiguous(self) -> bool:
        """Whether dates were read that can be month/day or day/month."""
        return self._has_english and self._order[1]

    def parse(self, line: str) -> date | None:
        """The date that a whole line gives, or None if the line is not a date line."""
        found = self._read(line)
        return found[0] if found else None

    def has_right_weekday(self, line: str) -> bool:
        """Whether the weekday that a date line names is that of its date: always, where an app wrote it."""
        found = self._read(line)
        return found is not None and found[1]

    def _read(self, line: str) -> tuple[date, bool] | None:
        if len(line) > _DATE_LINE_MAX_CHARS:
            return None
        line = line.strip()
        if line[:1] not in _DATE_LINE_FIRSTS:
            return None
        found = self._known.get(line)
        if found is None:
            found = self._read_anew(line)
            if found is not None:
                self._known[line] = found
        return found

    def _read_anew(self, line: str) -> tuple[date, bool] | None:
        match = _YEAR_FIRST.fullmatch(line)
        if match:
            day = _date(match[1], match[2], match[3])
            named = next(group for group in match.groups()[3:] if group)
            return None if day is None else (day, day.weekday() == _weekday_number(named))
        match = _ENGLISH.fullmatch(line)
        if match is None:
            return None
        self._has_english = True
        month, number = (match[3], match[2]) if self._order[0] else (match[2], match[3])
        day = _date(match[4], month, number)
        return None if day is None else (day, _has_weekday(day, match[1]))


def parse_timestamp(written: object) -> tuple[datetime | None, bool]:
    """A table's or JSON's timestamp, and whether it could be read; absent values (None, "", NaT) are fine.

    A UTC offset is dropped: the clock time as written is kept.
    """
    if written is None:
        return None, True
    if not isinstance(written, str):
        return None, False
    written = written.strip()
    if written.lower() in _NO_TIMESTAMP:
        return None, True
    try:
        return datetime.fromisoformat(written).replace(tzinfo=None), True
    except ValueError:
        match = _WRITTEN.fullmatch(written)
    if match is None:
        return None, False
    try:
        return datetime(*(int(group or 0) for group in match.groups())), True  # type: ignore[arg-type]
    except ValueError:
        return None, False


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _has_weekday(day: date | None, weekday: str) -> bool:
    return day is not None and _WEEKDAYS[day.weekday()] == weekday


def _weekday_number(named: str) -> int | None:
    return _NUMBER_OF_WEEKDAY.get(named[:3] if named.isascii() else named)
