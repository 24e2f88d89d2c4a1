"""An export's lines -> which are titles and dates of the app, part by part. Pure. Shared by phone and PC."""

from bisect import bisect, bisect_left
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from seikaku.conversation.readers.line.days import (
    MINUTES_OF_DAY,
    choose_dates,
    find_candidates,
    opens_day_at_24,
    stamp,
)
from seikaku.conversation.readers.line.headers import is_header, is_title, lines_below_title
from seikaku.conversation.readers.timestamps import DateLines
from seikaku.errors import both

HAS_TITLE = both("LINE の見出しがあります", "it has LINE's title")
HAS_DATES = both("LINE の日付の行と時刻の行があります", "it has LINE's lines of dates and of times")
HAS_CLOCKS = both("LINE の時刻の行があります", "it has LINE's lines of times")
AMBIGUOUS_DATES = both(
    "日付が「月/日」と「日/月」のどちらか判断できないため、「月/日/年」として読みました。",
    "The dates can be month/day or day/month; they were read as month/day/year.",
)
DOUBTFUL_DATES = both(
    "順番や書き方がほかと合わない日付の行は、発言の中に書かれたものとして読みました。日時が違うかもしれません。",
    "Lines with a date that do not fit the others were read as parts of messages. Some dates may be wrong.",
)
N_LINES_RECOGNISED_BY = 400


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Line -> date of the app's date lines; the lines on which another export begins; whether a choice was doubtful."""

    dates: dict[int, date]
    titles: frozenset[int]
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """Messages that follow one another on one day of one export: ``begin`` and ``end`` count messages."""

    begin: int
    end: int
    day: date | None
    part: int


@dataclass(frozen=True, slots=True)
class Placed:
    """All messages by stretches; a message's number -> the lines that go on with it; lines that belong to none."""

    stretches: list[Stretch]
    tails: dict[int, list[str]]
    stray: list[int]


def find_skeleton(lines: list[str], outside: Sequence[int], dates: DateLines, starts: Sequence[int]) -> Skeleton:
    """The skeleton, looking only at the lines ``outside`` messages and their quotes; messages begin at ``starts``."""
    top = next((number for number, line in enumerate(lines) if line.strip()), 0)
    candidates = find_candidates(lines, outside, dates, starts)
    days = {one.index for one in candidates if one.has_message_below}
    titles = [
        index for index in outside if is_title(lines[index]) and (index == top or _heads_an_export(lines, index, days))
    ]
    bounds = [bisect_left(candidates, title, key=lambda one: one.index) for title in titles]
    found: dict[int, date] = {}
    doubtful = False
    for begin, end in zip([0, *bounds], [*bounds, len(candidates)], strict=True):
        chosen, is_doubtful = choose_dates(candidates[begin:end])
        found |= chosen
        doubtful = doubtful or is_doubtful
    return Skeleton(found, frozenset(titles), doubtful)


def place(starts: Sequence[int], lines: Sequence[str], outside: Sequence[int], skeleton: Skeleton) -> Placed:
    """Where the messages that begin on the lines ``starts`` belong, by the lines between them."""
    placed = Placed([], {}, [])
    begin, day, part = 0, None, 0
    position = 0  # how many messages begin above the line
    for index in outside:
        position = bisect(starts, index, position)
        if index in skeleton.dates or index in skeleton.titles:
            if position > begin:
                placed.stretches.append(Stretch(begin, position, day, part))
            begin, day = position, skeleton.dates.get(index)
            part += day is None
        elif position > begin:
            placed.tails.setdefault(position - 1, []).append(lines[index])
        elif lines[index].strip() and not is_header(lines[index]):
            placed.stray.append(index)
    if begin < len(starts):
        placed.stretches.append(Stretch(begin, len(starts), day, part))
    return placed


def stamp_all(clocks: Sequence[int], stretches: Sequence[Stretch]) -> list[datetime | None]:
    """The moment of each message."""
    opens_day = max(clocks, default=0) >= MINUTES_OF_DAY and opens_day_at_24(
        [(one.day, clock) for one in stretches for clock in clocks[one.begin : one.end]]
    )
    moments: list[datetime | None] = []
    for one in stretches:
        moments += stamp(one.day, clocks[one.begin : one.end], opens_day=opens_day)
    return moments


def parts_of(stretches: Sequence[Stretch]) -> list[int]:
    """The part of each message; empty where all are of one."""
    if not stretches or stretches[0].part == stretches[-1].part:
        return []
    return [one.part for one in stretches for _ in range(one.begin, one.end)]


def first_lines(text: str) -> list[str]:
    """The lines that are not blank near the beginning, by which the format is recognised."""
    lines = text.split("\n", N_LINES_RECOGNISED_BY)[:N_LINES_RECOGNISED_BY]
    return [line for line in lines if line.strip()]


def is_titled(lines: Sequence[str]) -> bool:
    """Whether a title or a saving date is the first line; further down it may be a message's, or another app's."""
    return any(is_header(line) for line in lines[:1])


def _heads_an_export(lines: list[str], index: int, days: Container[int]) -> bool:
    """Whether a title below the top stands above a saving date and a date as only an app puts them; else it is pasted.

    ``days`` are the dates above a message. A pasted title may well end a message, above the blank line and the date of
    the next day.
    """
    if index + 1 >= len(lines) or not is_header(lines[index + 1]) or is_title(lines[index + 1]):
        return False
    n_below = lines_below_title(lines, index)
    return n_below > 0 and index + n_below in days
