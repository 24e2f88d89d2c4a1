"""Dates on an axis: which days are marked, and how. In: the first and the last day. Out: days and labels. Pure."""

from datetime import date, timedelta
from itertools import count, takewhile

from seikaku.report.words.texts import Lang

_MOST_TICKS = 4  # as many as a phone has room for
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_DAY_STEPS = (1, 2, 3, 5, 7, 14, 21, 31)
_DAYS_FOR_MONTHS = 62  # over less time, months would mark one day or none
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def date_ticks(first: date, last: date, lang: Lang) -> list[tuple[date, str]]:
    """At most four days from ``first`` to ``last``, evenly apart, with a label each; the first label has the year."""
    by_month = (last - first).days >= _DAYS_FOR_MONTHS
    days = _month_starts(first, last) if by_month else _some_days(first, last)
    years = [day.year for day in days]
    return [
        (day, _label(day, lang, by_month=by_month, with_year=not number or years[number - 1] != day.year))
        for number, day in enumerate(days)
    ]


def _month_starts(first: date, last: date) -> list[date]:
    """First days of months, every so many months, counted so that Januaries are among them."""
    begin = first.year * 12 + first.month - 1 + (first.day > 1)
    end = last.year * 12 + last.month - 1
    months: list[int] = []
    for step in _MONTH_STEPS:
        months = [month for month in range(begin, end + 1) if month % step == 0]
        if len(months) <= _MOST_TICKS:
            break
    return [date(month // 12, month % 12 + 1, 1) for month in months]


def _some_days(first: date, last: date) -> list[date]:
    n_days = (last - first).days + 1
    step = next(step for step in _DAY_STEPS if (n_days - 1) // step < _MOST_TICKS)
    days = (first + timedelta(step * number) for number in count())
    return list(takewhile(lambda day: day <= last, days))


def _label(day: date, lang: Lang, *, by_month: bool, with_year: bool) -> str:
    if lang == "ja":
        year = f"{day.year}年" if with_year else ""
        return f"{year}{day.month}月" if by_month else f"{year}{day.month}月{day.day}日"
    month = _MONTHS_EN[day.month - 1] if by_month else f"{day.day} {_MONTHS_EN[day.month - 1]}"
    return f"{month} {day.year}" if with_year else month
