"""LINE's talk export from a phone (iOS, Android): Japanese, English or Chinese, 24 h or 12 h clock. Pure.

    [LINE] 太郎とのトーク履歴
    保存日時：2024/05/06 21:00

    2024/5/3(金)
    13:47<TAB>太郎<TAB>こんにちは

A body of several lines stands in double quotes. Lines without sender are messages of the app.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time

from seikaku.conversation.readers.bodies import classify_line_body, clean_text
from seikaku.conversation.readers.collector import Collector, Reader, Source
from seikaku.conversation.readers.timestamps import DateLines, parse_clock
from seikaku.errors import both

_N_LINES_RECOGNISED_BY = 400
_HEADER_STARTS = ("[LINE]", "Chat history with ", "Chat history in ")
_SAVED_STARTS = ("保存日時", "保存日期", "Saved on")
_AUTO_REPLY = {"Auto-reply", "自動応答"}
AMBIGUOUS_DATES = both(
    "日付が「月/日」と「日/月」のどちらか判断できないため、「月/日/年」として読みました。",
    "The dates can be month/day or day/month; they were read as month/day/year.",
)


@dataclass(slots=True)
class _Block:
    """One message line, split at its tabs, and the lines behind it up to the next message line."""

    clock: time | None
    sender: str
    body: str
    tail: list[str] = field(default_factory=list)


def is_header(line: str) -> bool:
    """Whether a line is the title or the saving date above an export."""
    return line.startswith(_HEADER_STARTS + _SAVED_STARTS)


def first_lines(source: Source) -> list[str]:
    """The lines that are not blank near the beginning, by which the format is recognised."""
    lines = source.text.split("\n", _N_LINES_RECOGNISED_BY)[:_N_LINES_RECOGNISED_BY]
    return [line for line in lines if line.strip()]


def recognises(source: Source) -> bool:
    """Whether the text has LINE's title, or its date lines, above lines of time, tab, sender, tab, body."""
    lines = first_lines(source)
    if any(is_header(line) for line in lines[:2]):
        return True
    is_message = [_split_message(line) is not None for line in lines]
    dates = DateLines("\n".join(lines))
    return any(is_message) and (is_message[0] or any(dates.parse(line) for line in lines))


def parse(source: Source) -> Collector:
    """Read a phone export."""
    collector = Collector(source, classify_line_body)
    dates = DateLines(source.text)
    if dates.ambiguous:
        collector.warn(AMBIGUOUS_DATES)
    day: date | None = None
    for block in _split_blocks(source.text):
        body, tail = _join_body(block, dates, day)
        if block.clock is not None:
            _collect(collector, block, body, day)
        for line in tail:
            found = dates.parse(line)
            if found is not None:
                day = found
            elif line.strip() and not is_header(line):
                collector.drop("not_utterance")
    return collector


def _split_message(line: str) -> tuple[time, str] | None:
    clock_text, tab, rest = line.partition("\t")
    clock = parse_clock(clock_text) if tab else None
    return None if clock is None else (clock, rest)


def _split_blocks(text: str) -> Iterator[_Block]:
    block = _Block(None, "", "")  # the lines above the first message
    for line in text.split("\n"):
        message = _split_message(line)
        if message is None:
            block.tail.append(line)
            continue
        yield block
        sender, tab, body = message[1].partition("\t")
        block = _Block(message[0], sender, body) if tab else _Block(message[0], "", sender)
    yield block


def _join_body(block: _Block, dates: DateLines, day: date | None) -> tuple[str, list[str]]:
    """The whole body, and the lines behind it (dates, titles).

    Inner quotes are not reliably doubled, so the closing quote is the last line of the block that ends in one.
    """
    if block.clock is None or not block.tail:
        return block.body, block.tail
    body, tail = block.body, block.tail
    if body.startswith('"'):
        ends = [index for index, line in enumerate(tail) if line.rstrip().endswith('"')]
        if ends:
            quoted = "\n".join([body[1:], *tail[: ends[-1] + 1]]).rstrip()[:-1]
            body, tail = quoted.replace('""', '"'), tail[ends[-1] + 1 :]
    for index, line in enumerate(tail):
        found = dates.parse(line)
        if is_header(line) or (found is not None and (day is None or found >= day)):
            return "\n".join([body, *tail[:index]]), tail[index:]
    return "\n".join([body, *tail]), []


def _collect(collector: Collector, block: _Block, body: str, day: date | None) -> None:
    sender = clean_text(block.sender)
    if not sender or sender in _AUTO_REPLY:
        collector.drop(classify_app_message(body))
        return
    assert block.clock is not None
    collector.add(sender, body, datetime.combine(day, block.clock) if day else None)


def classify_app_message(text: str) -> str:
    """The reason code of a line that the app wrote, not a person."""
    if "送信を取り消しました" in text or "unsent" in text or "收回" in text:
        return "unsent"
    return "call" if text.lstrip().startswith("☎") else "system"


READER = Reader("line", both("LINE のトーク履歴（スマートフォン）", "LINE chat history (phone)"), recognises, parse)
