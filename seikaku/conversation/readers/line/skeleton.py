"""An export's lines -> which are titles and dates of the app, part by part. Pure. Shared by phone and PC."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from seikaku.conversation.readers.line.days import choose_dates, find_candidates
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


@dataclass(slots=True)
class Message:
    """A message's first line, split, and the line on which its quote ends; then its day, its part, lines that go on."""

    index: int
    end: int
    clock: int
    sender: str
    body: str
    day: date | None = None
    part: int = 0
    tail: list[str] | None = None  # most have none

    def go_on(self, line: str) -> None:
        """Put one more line behind the body."""
        if self.tail is None:
            self.tail = []
        self.tail.append(line)

    def whole_body(self) -> str:
        """The body with the lines that go on with it."""
        return "\n".join([self.body, *self.tail]) if self.tail else self.body


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Line -> date of the app's date lines; the lines on which another export begins; whether a choice was doubtful."""

    dates: dict[int, date]
    titles: frozenset[int]
    doubtful: bool


def find_skeleton(
    lines: Sequence[str], outside: Sequence[int], dates: DateLines, begins_message: Callable[[str], bool]
) -> Skeleton:
    """The skeleton, looking only at the lines ``outside`` messages and their quotes."""
    lines = list(lines)
    titles = [index for index in outside if is_title(lines[index]) and _heads_an_export(lines, index, dates)]
    candidates = find_candidates(lines, outside, dates, begins_message)
    found: dict[int, date] = {}
    doubtful = False
    for start, end in zip([0, *titles], [*titles, len(lines)], strict=True):
        chosen, is_doubtful = choose_dates([one for one in candidates if start <= one.index < end])
        found |= chosen
        doubtful = doubtful or is_doubtful
    return Skeleton(found, frozenset(titles), doubtful)


def place(messages: Sequence[Message], lines: Sequence[str], outside: Sequence[int], skeleton: Skeleton) -> int:
    """Give each message its day, its part and the lines that go on with it; returns how many lines belong to none."""
    n_stray, position, part = 0, 0, 0
    day: date | None = None
    current: Message | None = None  # the message with which a line may go on
    for message in [*messages, None]:
        end = len(lines) if message is None else message.index
        while position < len(outside) and outside[position] < end:
            index = outside[position]
            position += 1
            if index in skeleton.dates:
                day, current = skeleton.dates[index], None
            elif index in skeleton.titles:
                day, current, part = None, None, part + 1
            elif current is not None:
                current.go_on(lines[index])
            elif lines[index].strip() and not is_header(lines[index]):
                n_stray += 1
        if message is not None:
            message.day, message.part, current = day, part, message
    return n_stray


def first_lines(text: str) -> list[str]:
    """The lines that are not blank near the beginning, by which the format is recognised."""
    lines = text.split("\n", N_LINES_RECOGNISED_BY)[:N_LINES_RECOGNISED_BY]
    return [line for line in lines if line.strip()]


def is_titled(lines: Sequence[str]) -> bool:
    """Whether a title or a saving date stands at the top."""
    return any(is_header(line) for line in lines[:2])


def _heads_an_export(lines: list[str], index: int, dates: DateLines) -> bool:
    """Whether a title stands at the top, or above a saving date and a date as only an app puts them; else it is pasted.

    A pasted title may well end a message, above the blank line and the date of the next day.
    """
    if index == next((number for number, line in enumerate(lines) if line.strip()), index):
        return True
    if index + 1 >= len(lines) or not is_header(lines[index + 1]) or is_title(lines[index + 1]):
        return False
    n_below = lines_below_title(lines, index)
    return n_below > 0 and dates.parse(lines[index + n_below]) is not None
