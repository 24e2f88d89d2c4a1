"""LINE's talk export from a phone (iOS, Android): Japanese, English or Chinese, 24 h or 12 h clock. Pure.

    [LINE] 太郎とのトーク履歴
    保存日時：2024/05/06 21:00

    2024/5/3(金)
    13:47<TAB>太郎<TAB>こんにちは

A body of several lines stands in double quotes. Lines without sender are messages of the app.
"""

import re
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import repeat

from seikaku.conversation.readers.bodies import classify_line_body, clean_text
from seikaku.conversation.readers.collector import Collector, without_gc
from seikaku.conversation.readers.line.app_text import (
    classify_app_body,
    classify_app_line,
    is_auto_reply,
    may_be_app,
    strip_emoji,
)
from seikaku.conversation.readers.line.headers import (
    HALF_KNOWN_LANGUAGE,
    find_partner,
    is_half_known,
    is_header,
    is_title,
)
from seikaku.conversation.readers.line.overlap import Repeats
from seikaku.conversation.readers.line.quotes import Split, find_close
from seikaku.conversation.readers.line.skeleton import (
    AMBIGUOUS_DATES,
    DOUBTFUL_DATES,
    HAS_CLOCKS,
    HAS_DATES,
    HAS_TITLE,
    Placed,
    find_skeleton,
    first_lines,
    is_titled,
    parts_of,
    place,
    stamp_all,
)
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.conversation.readers.timestamps import Clocks, DateLines
from seikaku.errors import Words, both

_Split = Callable[[str], Split | None]
_CLOCKS = Clocks()
_FOUR_FIELDS = re.compile(r"^[^\t\n]{3,12}\t([^\t\n]+)\t([^\t\n]+)\t", re.MULTILINE)
_MIN_SHARE_OF_LINES = 0.75
_TAKEN = "-"  # what stands for a line of a message that was read


def judge(source: Source) -> Judgement:
    """Whether the text has LINE's title, or its date lines, above lines of time, tab, sender, tab, body."""
    lines = first_lines(source.sample)
    is_message = [split_message(line) is not None for line in lines]
    if is_titled(lines):
        return Judgement(0.98 if any(is_message) else 0.9, (HAS_TITLE,))
    if not any(is_message):
        return NOT_THIS
    dates = DateLines(lines)
    if any(dates.parse(line) for line in lines):
        return Judgement(0.9, (HAS_DATES,))
    return Judgement(0.8, (HAS_CLOCKS,)) if is_message[0] else NOT_THIS


@without_gc()
def parse(source: Source) -> Collector:
    """Read a phone export."""
    collector = Collector(source, classify_line_body)
    lines = source.take_lines()
    dates = DateLines(lines)
    has_tabs = any(line.count("\t") > 2 for line in lines)
    names, n_tabbed = _find_tabbed_names("\n".join(lines)) if has_tabs else (set(), 0)
    found = _take_messages(lines, dates, names)
    skeleton = find_skeleton(lines, found.outside, dates, found.starts)
    placed = place(found.starts, lines, found.outside, skeleton)
    for index in placed.stray:
        collector.drop("not_utterance", line=index + 1)
    half_known = is_half_known(lines)
    dates.forget_lines()
    del lines
    repeats = _collect(collector, found, placed)
    warnings = [
        AMBIGUOUS_DATES if dates.ambiguous else None,
        HALF_KNOWN_LANGUAGE if half_known else None,
        DOUBTFUL_DATES if skeleton.doubtful else None,
        _doubtful_quotes(len(found.doubtful)) if found.doubtful else None,
        _tabbed_names(n_tabbed) if n_tabbed else None,
        repeats.warning(),
    ]
    for warning in warnings:
        if warning is not None:
            collector.warn(warning)
    return collector


def split_message(line: str) -> Split | None:
    """Clock, sender and body of a message's line, or None; the sender is "" where the app speaks."""
    fields = line.split("\t", 2)
    if len(fields) == 1:
        return None
    clock = _CLOCKS[fields[0]]
    if clock is None:
        return None
    return (clock, fields[1], fields[2]) if len(fields) == 3 else (clock, "", fields[1])


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


def _split_tabbed(line: str, names: Collection[str]) -> Split | None:
    split = split_message(line)
    if split is None or not split[1]:
        return split
    second, tab, body = split[2].partition("\t")
    name = f"{split[1]}\t{second}"
    return (split[0], name, body) if tab and name in names else split


@dataclass(frozen=True, slots=True)
class _Found:
    """Messages in columns: the line on which each begins, its clock, speaker ("": the app's), body; the other lines.

    Columns take a third of the time and of the memory that an object for each message takes.
    """

    starts: "array[int]" = field(default_factory=lambda: array("q"))
    clocks: list[int] = field(default_factory=list)
    speakers: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    outside: list[int] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)  # lines with quotes


def _take_messages(lines: list[str], dates: DateLines, names: Collection[str]) -> _Found:
    """The messages with their quoted bodies whole; ``names`` are those with a tab.

    Their ``lines`` go, one after the other: those of a large file take as much memory as all that is read from it.
    """
    split_line = partial(_split_tabbed, names=names) if names else split_message
    found = _Found()
    quotes = _Quotes(lines, dates, split_line)
    starts, clocks, speakers, bodies = found.starts, found.clocks, found.speakers, found.bodies
    known, cleaned = _CLOCKS.get, {"": ""}
    end = -1  # the line on which a body in quotes ended last
    for index, fields in enumerate(map(str.split, lines, repeat("\t"), repeat(2))):
        if index <= end:
            continue
        clock = known(fields[0]) if len(fields) == 3 and not names else None
        if clock is None:  # no message, or not the usual form of one
            split = split_line(lines[index])
            if split is None:
                found.outside.append(index)
                if quotes.look_outside(index) and starts:
                    found.doubtful.append(index)
                continue
            clock, sender, body = split
        else:
            _, sender, body = fields
        speaker = cleaned.get(sender)
        if speaker is None:
            speaker = cleaned[sender] = clean_text(sender)
        if '"' in body:
            body, end, is_doubtful = quotes.close(index, body, starts[-1] if starts else -1)
            if is_doubtful:
                found.doubtful.append(index)
            lines[index + 1 : end + 1] = repeat(_TAKEN, max(0, end - index))
        lines[index] = _TAKEN
        starts.append(index)
        clocks.append(clock)
        speakers.append(speaker)
        bodies.append(body)
    return found


class _Quotes:
    """Closes quotes, one after the other."""

    def __init__(self, lines: Sequence[str], dates: DateLines, split_line: _Split) -> None:
        self._lines, self._dates, self._split_line = lines, dates, split_line
        self._latest: date | None = None  # day that a line outside of messages names
        self._last = -2  # the last message with a quoted body of several lines

    def look_outside(self, index: int) -> bool:
        """Take note of a line outside of messages; whether it ends in a quote, and what it closes was not found."""
        line = self._lines[index]
        self._latest = self._dates.parse(line) or self._latest
        return line.rstrip().endswith('"')

    def close(self, index: int, body: str, before: int) -> tuple[str, int, bool]:
        """The whole body of the message on a line, the line on which it ends, and whether that is doubtful.

        ``before`` is where the message before begins.
        """
        if body[0] != '"':  # the quote above may have gone on up to here
            return body, index, before == self._last and body[-1] == '"' and body.count('"') % 2 == 1
        end, is_doubtful = find_close(self._lines, index, self._split_line, self._begins_part)
        if end > index:
            self._last = index
            quoted = "\n".join([body[1:], *self._lines[index + 1 : end + 1]]).rstrip()[:-1]
            body = quoted.replace('""', '"')
        return body, end, is_doubtful

    def _begins_part(self, index: int) -> bool:
        day = self._dates.parse(self._lines[index])
        if day is not None:
            below = next((line for line in self._lines[index + 1 : index + 4] if line.strip()), "")
            return (self._latest is None or day > self._latest) and split_message(below) is not None
        return is_title(self._lines[index]) and is_header("".join(self._lines[index + 1 : index + 2]))


def _collect(collector: Collector, found: _Found, placed: Placed) -> Repeats:
    repeats = Repeats()
    moments = stamp_all(found.clocks, placed.stretches)
    found.clocks.clear()
    parts = parts_of(placed.stretches)
    speakers, bodies = found.speakers, found.bodies
    wanted = bytearray(b"\1") * len(speakers)
    for number, tail in placed.tails.items():
        bodies[number] = "\n".join([bodies[number], *tail])
    for number, part in enumerate(parts):
        wanted[number] = not repeats.is_repeat(part, speakers[number], bodies[number].rstrip(), moments[number])
    nobodys = {"", *filter(is_auto_reply, set(speakers))}
    rare = {number for number, speaker in enumerate(speakers) if speaker in nobodys}
    rare.update(number for number, body in enumerate(bodies) if may_be_app(body))
    for number in sorted(rare):
        body, speaker = bodies[number], "" if speakers[number] in nobodys else speakers[number]
        reason = classify_app_body(speaker, body) if speaker else classify_app_line(body)
        if reason is None:
            bodies[number] = strip_emoji(body)
        elif wanted[number]:
            wanted[number] = False
            collector.drop(reason, speaker, found.starts[number] + 1)
    collector.add_all(speakers, bodies, moments, found.starts, wanted)
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
