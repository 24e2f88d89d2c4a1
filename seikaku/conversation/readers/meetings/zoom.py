"""The chat that Zoom saves with a meeting, in Japanese (2020, 2022 and later) and English. Pure.

A direct message is its writer's. A chat has clock times only: the date is that of Zoom's folder
(``2026-09-03 10.00.00 …``); a recording's chat gives the time since its start, which its name has in UTC.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import PurePath

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.meetings.rising import rising
from seikaku.conversation.readers.meetings.speech import after, make_date, zoom_start
from seikaku.conversation.readers.meetings.zoom_heads import Head, find_head
from seikaku.conversation.readers.messengers.chain import warn_of_pasted
from seikaku.conversation.readers.not_names import are_not_names
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import InputFileError, both

_FOLDER = re.compile(r"(\d{4})-(\d{2})-(\d{2})[ _]\d{2}\.\d{2}\.\d{2}", re.ASCII)
_REACTED = re.compile(r"Reacted to [\"“]|Removed an? .{1,40}? reaction from [\"“]")
_REPLY = ('Replying to "', "Replying to “")
_MAX_QUOTED_LINES = 6
_DAY = timedelta(days=1)
_HALF_A_DAY = timedelta(hours=12)
_N_LINES_JUDGED = 300

_HAS_HEADS = both("行が「時刻 開始 名前」「時刻 From 名前」で始まっています", "its lines begin with “time From name”")
_HAS_NAMES = both("行が「時刻 名前:」で始まっています", "its lines begin with “time name:” and a tab")
_NOT_AT_HEAD = both("ほかの行で始まっています", "it begins with other lines")


def judge(source: Source) -> Judgement:
    """Whether lines begin as Zoom's messages do."""
    lines = source.sample_lines[:_N_LINES_JUDGED]
    heads = [head for line in lines if (head := find_head(line))]
    if not heads:
        return NOT_THIS
    worded = any(head.worded for head in heads)
    if not worded and (len(heads) < 2 or are_not_names(Counter(head.name for head in heads))):
        return NOT_THIS
    if find_head(lines[0]) is None:
        return Judgement(0.6 if len(heads) > 2 else 0.3, (_HAS_HEADS if worded else _HAS_NAMES,), (_NOT_AT_HEAD,))
    return Judgement(0.97, (_HAS_HEADS,)) if worded else Judgement(0.9, (_HAS_NAMES,))


def parse(source: Source) -> Collector:
    """Read a saved chat. Raises InputFileError where no line begins as a message does."""
    lines = source.take_lines()
    heads, n_pasted = _find_heads(lines)
    if not heads:
        raise InputFileError(
            both(
                f"{source.name} に Zoom のチャットの行（18:00:27 開始 名前 …）がありません。",
                f"{source.english_name} has no line of a Zoom chat (18:00:27 From name …).",
            ),
            both(
                "Zoom で「チャットを保存」したファイルを指定してください。",
                "Name the file that Zoom's “Save chat” wrote.",
            ),
        )
    collector = Collector(source)
    first = heads[0][0]
    for number, line in enumerate(lines[:first], start=1):
        if line.strip():
            collector.drop("not_utterance", line=number)
    moments = _moments(source, [head.clock for _, head in heads])
    ends = [place for place, _ in heads[1:]] + [len(lines)]
    for (place, head), end, moment in zip(heads, ends, moments, strict=True):
        body = "\n".join((head.body, *(line.removeprefix("\t") for line in lines[place + 1 : end])))
        _add(collector, head.name, clean_text(body), moment, place + 1)
    for _, head in heads:
        if head.uncertain:
            collector.tell_uncertain(head.name)
    warn_of_pasted(collector, n_pasted)
    _warn_of_falling(collector, [head for _, head in heads])
    return collector


def _warn_of_falling(collector: Collector, heads: Sequence[Head]) -> None:
    n_back = sum(after.clock < before.clock and not after.alone for before, after in pairwise(heads))
    if n_back:
        collector.warn(
            both(
                f"時刻が前の発言より早くなるところが {n_back} か所あります。日付をまたいだか、貼り付けられた行です。",
                f"Places where the time is earlier than that of the message above: {n_back}. Midnight passed, or a "
                "line was pasted.",
            )
        )


def _find_heads(lines: list[str]) -> tuple[list[tuple[int, Head]], int]:
    """The lines that begin a message, with their places; how many more look so, but their times fall: pasted ones."""
    found = [(place, head) for place, line in enumerate(lines) if (head := find_head(line))]
    known = {head.name for _, head in found if not head.uncertain}
    found = [(place, head.settle(known)) for place, head in found]
    kept = rising([head.clock for _, head in found], [True] * len(found))
    heads = [one for one, is_kept in zip(found, kept, strict=True) if is_kept or one[1].alone]
    return heads, len(found) - len(heads)


def _add(collector: Collector, name: str, body: str, moment: datetime | None, line: int) -> None:
    if _REACTED.match(body):
        collector.drop("reaction", name, line)
        return
    rest = _without_quote(body)
    collector.add(name, rest, moment, line=line, removed={"quote": 1} if rest != body else None)


def _without_quote(body: str) -> str:
    """A reply without the line that quotes what it answers; the quote may be of a few lines."""
    if not body.startswith(_REPLY):
        return body
    lines = body.split("\n")
    for count, line in enumerate(lines[:_MAX_QUOTED_LINES], start=1):
        if line.rstrip().endswith(('"', "”")) and (count > 1 or len(line.strip()) > len(_REPLY[0])):
            return "\n".join(lines[count:])
    return body


def _moments(source: Source, clocks: list[timedelta]) -> list[datetime | None]:
    """When each message was written: local time, or Japan's where the name gives the start in UTC."""
    if start := zoom_start(source):
        return [after(start, clock) for clock in clocks]
    match = _FOLDER.match(PurePath(source.name).parent.name)
    day = make_date(match[1], match[2], match[3]) if match else None
    if day is None:
        return [None] * len(clocks)
    midnight, moments, before = datetime(day.year, day.month, day.day), list[datetime | None](), timedelta()
    for clock in clocks:
        if before - clock > _HALF_A_DAY:
            midnight += _DAY
        moments.append(midnight + clock)
        before = clock
    return moments


READER = Reader("zoom", both("Zoom のチャット", "Zoom chat"), judge, parse)
