"""LINE's talk export from a phone (iOS, Android): Japanese, English or Chinese, 24 h or 12 h clock. Pure.

    [LINE] 太郎とのトーク履歴
    保存日時：2024/05/06 21:00

    2024/5/3(金)
    13:47<TAB>太郎<TAB>こんにちは

A body of several lines stands in double quotes. Lines without sender are messages of the app.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import partial

from seikaku.conversation.readers.bodies import LINE_EMOJI, classify_line_body, clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.line.app_text import classify_app_body, classify_app_line, is_auto_reply, strip_emoji
from seikaku.conversation.readers.line.days import opens_day_at_24, stamp
from seikaku.conversation.readers.line.headers import (
    HALF_KNOWN_LANGUAGE,
    find_partner,
    is_half_known,
    is_header,
    is_title,
)
from seikaku.conversation.readers.line.overlap import Repeats
from seikaku.conversation.readers.line.quotes import find_close
from seikaku.conversation.readers.line.skeleton import (
    AMBIGUOUS_DATES,
    DOUBTFUL_DATES,
    HAS_CLOCKS,
    HAS_DATES,
    HAS_TITLE,
    Message,
    find_skeleton,
    first_lines,
    is_titled,
    place,
)
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.conversation.readers.timestamps import DateLines, read_clock
from seikaku.errors import Words, both

_Split = Callable[[str], tuple[int, str, str] | None]
_FOUR_FIELDS = re.compile(r"^[^\t\n]{3,12}\t([^\t\n]+)\t([^\t\n]+)\t", re.MULTILINE)
_MIN_SHARE_OF_LINES = 0.75


def judge(source: Source) -> Judgement:
    """Whether the text has LINE's title, or its date lines, above lines of time, tab, sender, tab, body."""
    lines = first_lines(source.sample)
    is_message = [split_message(line) is not None for line in lines]
    if is_titled(lines):
        return Judgement(0.98 if any(is_message) else 0.9, (HAS_TITLE,))
    if not any(is_message):
        return NOT_THIS
    dates = DateLines("\n".join(lines))
    if any(dates.parse(line) for line in lines):
        return Judgement(0.9, (HAS_DATES,))
    return Judgement(0.8, (HAS_CLOCKS,)) if is_message[0] else NOT_THIS


def parse(source: Source) -> Collector:
    """Read a phone export."""
    collector = Collector(source, classify_line_body)
    dates = DateLines(source.text)
    lines = source.text.split("\n")
    messages, outside, n_doubtful = _split_messages(lines, dates, split_message)
    names, n_tabbed = _find_tabbed_names(source.text) if _has_tabbed_body(messages) else (set(), 0)
    if names:
        messages, outside, n_doubtful = _split_messages(lines, dates, partial(_split_tabbed, names=names))
    skeleton = find_skeleton(lines, outside, dates, lambda line: split_message(line) is not None)
    for _ in range(place(messages, lines, outside, skeleton)):
        collector.drop("not_utterance")
    repeats = _collect(collector, messages)
    warnings = [
        AMBIGUOUS_DATES if dates.ambiguous else None,
        HALF_KNOWN_LANGUAGE if is_half_known(lines) else None,
        DOUBTFUL_DATES if skeleton.doubtful else None,
        _doubtful_quotes(n_doubtful) if n_doubtful else None,
        _tabbed_names(n_tabbed) if n_tabbed else None,
        repeats.warning(),
    ]
    for warning in warnings:
        if warning is not None:
            collector.warn(warning)
    return collector


def split_message(line: str) -> tuple[int, str, str] | None:
    """Clock, sender and body of a message's line, or None; the sender is "" where the app speaks."""
    clock_text, tab, rest = line.partition("\t")
    clock = read_clock(clock_text) if tab else None
    if clock is None:
        return None
    sender, tab, body = rest.partition("\t")
    return (clock, sender, body) if tab else (clock, "", sender)


def _has_tabbed_body(messages: Sequence[Message]) -> bool:
    return any("\t" in message.body for message in messages)


def _find_tabbed_names(text: str) -> tuple[set[str], int]:
    """Names that hold a tab, "first<TAB>second", and how many are doubtful: every message of the first goes on so."""
    n_times = Counter(match.groups() for match in _FOUR_FIELDS.finditer(text))
    partners = {find_partner(title) for title in text.split("\n", 1)[:1]}
    found: set[str] = set()
    n_doubtful = 0
    for (first, second), n in n_times.items():
        name, n_lines = f"{first}\t{second}", text.count(f"\t{first}\t")
        if name in partners:
            found.add(name)
        elif n >= _MIN_SHARE_OF_LINES * n_lines:
            n_doubtful += 1
            if n > 1:
                found.add(name)
    return found, n_doubtful


def _split_tabbed(line: str, names: Collection[str]) -> tuple[int, str, str] | None:
    split = split_message(line)
    if split is None or not split[1]:
        return split
    second, tab, body = split[2].partition("\t")
    name = f"{split[1]}\t{second}"
    return (split[0], name, body) if tab and name in names else split


def _split_messages(lines: Sequence[str], dates: DateLines, split_line: _Split) -> tuple[list[Message], list[int], int]:
    """The messages with their quoted bodies whole, the other lines, and how many quotes were doubtful."""

    latest: date | None = None

    def begins_part(index: int) -> bool:
        day = dates.parse(lines[index])
        if day is not None:
            below = next((line for line in lines[index + 1 : index + 4] if line.strip()), "")
            return (latest is None or day > latest) and split_message(below) is not None
        return is_title(lines[index]) and is_header("".join(lines[index + 1 : index + 2]))

    messages: list[Message] = []
    outside: list[int] = []
    n_doubtful = index = 0
    while index < len(lines):
        split = split_line(lines[index])
        if split is None:
            outside.append(index)
            latest = dates.parse(lines[index]) or latest
            n_doubtful += bool(messages) and lines[index].rstrip().endswith('"')  # what it closes was not found
            index += 1
            continue
        clock, sender, body = split
        end = index
        if body.startswith('"'):
            end, is_doubtful = find_close(lines, index, clock, split_line, begins_part)
            n_doubtful += is_doubtful
            if end > index:
                quoted = "\n".join([body[1:], *lines[index + 1 : end + 1]]).rstrip()[:-1]
                body = quoted.replace('""', '"')
        elif body.endswith('"') and messages and messages[-1].end > messages[-1].index:
            n_doubtful += body.count('"') % 2  # the quote above may have gone on up to here
        messages.append(Message(index, end, clock, sender, body))
        index = end + 1
    return messages, outside, n_doubtful


def _collect(collector: Collector, messages: Sequence[Message]) -> Repeats:
    repeats = Repeats()
    several = bool(messages) and messages[0].part != messages[-1].part
    opens_day = any(message.clock >= 24 * 60 for message in messages) and opens_day_at_24(
        [(message.day, message.clock) for message in messages]
    )
    senders: dict[str, str] = {}
    for message in messages:
        sender = senders.get(message.sender)
        if sender is None:
            sender = senders[message.sender] = clean_text(message.sender)
        body = message.whole_body() if message.tail else message.body
        moment = stamp(message.day, message.clock, opens_day)
        if several and repeats.is_repeat(message.part, sender, body.rstrip(), moment):
            continue
        if not sender or is_auto_reply(sender):
            collector.drop(classify_app_line(body))
        elif reason := classify_app_body(sender, body):
            collector.drop(reason)
        else:
            collector.add(sender, strip_emoji(body) if LINE_EMOJI in body else body, moment)
    return repeats


def _doubtful_quotes(n: int) -> Words:
    return both(
        f'引用符（"）のある発言のうち {n} 件は、どこまでが 1 つの発言か確かではありません。',
        f"Messages with a quotation mark whose end is not certain: {n}.",
    )


def _tabbed_names(n: int) -> Words:
    return both(
        f"名前にタブがあるかもしれない話者が {n} 人います。名前と本文の境目が違うかもしれません。",
        f"Speakers whose names may hold a tab: {n}. Their messages may begin elsewhere.",
    )


READER = Reader("line", both("LINE のトーク履歴（スマートフォン）", "LINE chat history (phone)"), judge, parse)
