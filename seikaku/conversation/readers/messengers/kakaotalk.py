"""KakaoTalk's text export: of the PC (a line a day, ``[name] [오전 9:12] text``) and of the phone. Pure.

--------------- 2024년 3월 11일 월요일 ---------------
[花子] [오전 9:12] おはよう

2024년 3월 11일 오전 9:12, 花子 : おはよう
March 3, 2018, 8:54 PM, 花子 : おはよう

Korean, English and Japanese. A head that goes back in time was pasted and goes on with the message above.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.messengers.chain import keep_rising, warn_of_pasted
from seikaku.conversation.readers.messengers.json_values import lacks
from seikaku.conversation.readers.messengers.kakaotalk_text import (
    is_heading,
    is_system,
    read_day,
    read_moment,
    read_pc_clock,
    reason_of,
)
from seikaku.conversation.readers.messengers.people import clean_name
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

_PC = re.compile(r"\[(.{1,60}?)\] \[([^\[\]]{3,12})\](?: (.*))?", re.DOTALL)
_PHONE_NAME = re.compile(r"(.{1,60}?) : ?(.*)", re.DOTALL)
_MAX_MOMENT_CHARS = 40
_NOT_LATE = timedelta()
_ME = ("회원님",)

_DAY_LINES = both(
    "「----- 年月日 -----」の行と「[名前] [時刻]」の行があります",
    "it has lines of days between dashes and “[name] [time]”",
)
_N_TOP = 3
_MIN_SHARE = 1 / 3
_BELOW_OTHERS = both("ほかの行の中にあります", "they stand among other lines")
_PHONE_LINES = both("行が「年月日 時刻, 名前 :」で始まっています", "its lines begin with “day time, name :”")


@dataclass(frozen=True, slots=True)
class _Head:
    """``name`` None: the app's own line."""

    index: int
    moment: datetime
    name: str | None
    text: str


def judge(source: Source) -> Judgement:
    """Whether there are day lines with messages of the PC, or messages of the phone."""
    lines = source.sample_lines
    pc, n_pc_heads = _find_pc(lines)
    if n_pc_heads:
        at_top = is_heading(lines[0]) or read_day(lines[0]) is not None
        if at_top or _MIN_SHARE * len(lines) <= n_pc_heads:
            return Judgement(0.98, (_DAY_LINES,))
        return Judgement(0.3, (_DAY_LINES,), (_BELOW_OTHERS,))
    n_phone = sum(head.name is not None for head in _find_phone(lines))
    if not n_phone:
        return NOT_THIS
    return Judgement(
        0.97 if any(map(is_heading, lines[:_N_TOP])) or n_phone >= _MIN_SHARE * len(lines) else 0.6, (_PHONE_LINES,)
    )


def parse(source: Source) -> Collector:
    """Read the export. Raises InputFileError where no line is a message."""
    collector = Collector(source)
    lines = source.take_lines()
    heads, n_pc_heads = _find_pc(lines)
    if not n_pc_heads:
        heads = _find_phone(lines)
    if not heads:
        raise lacks(source, "[이름] [오전 9:12]", "KakaoTalk")
    kept = [heads[position] for position in keep_rising([head.moment for head in heads], _NOT_LATE)]
    for index in range(kept[0].index):
        if lines[index].strip():
            collector.drop("not_utterance", line=index + 1)
    ends = [head.index for head in kept[1:]] + [len(lines)]
    for head, end in zip(kept, ends, strict=True):
        _add(collector, head, lines[head.index + 1 : end])
    warn_of_pasted(collector, len(heads) - len(kept))
    return collector


def _add(collector: Collector, head: _Head, more: Sequence[str]) -> None:
    line = head.index + 1
    n_system = sum(is_system(text) for text in more)
    body = "\n".join([head.text, *(text for text in more if not is_system(text))])
    for offset, text in enumerate(more if n_system else (), start=1):
        if is_system(text):
            collector.drop("system", line=line + offset)
    if head.name is None:
        if head.text:
            collector.drop("system", line=line)
        return
    if head.name in _ME:
        collector.tell_me(head.name)
    reason = reason_of(body.strip())
    if reason is not None:
        collector.drop(reason, head.name, line)
    else:
        collector.add(head.name, body, head.moment, line=line)


def _find_pc(lines: Sequence[str]) -> tuple[list[_Head], int]:
    """The heads of the PC's form, and how many of them are messages. A day line is a head of nobody."""
    heads: list[_Head] = []
    day: datetime | None = None
    n_messages = 0
    for index, line in enumerate(lines):
        if found := read_day(line):
            if day is None or found > day:
                day = found
                heads.append(_Head(index, day, None, ""))
            continue
        match = _PC.fullmatch(line) if day is not None and line.startswith("[") else None
        clock = read_pc_clock(match[2]) if match else None
        if match and clock is not None and day is not None and (name := clean_name(match[1])):
            heads.append(_Head(index, day + timedelta(minutes=clock), name, match[3] or ""))
            n_messages += 1
    return heads, n_messages


def _find_phone(lines: Sequence[str]) -> list[_Head]:
    heads: list[_Head] = []
    for index, line in enumerate(lines):
        start, moment = read_moment(line[:_MAX_MOMENT_CHARS])
        if moment is None:
            continue
        rest = line[start:]
        if not rest.startswith(", "):
            if not rest.strip():
                heads.append(_Head(index, moment, None, ""))
            continue
        match = _PHONE_NAME.fullmatch(rest[2:])
        name = clean_name(match[1]) if match else ""
        heads.append(_Head(index, moment, name or None, match[2] if match and name else rest[2:]))
    return heads


READER = Reader("kakaotalk", both("カカオトークの書き出し", "a KakaoTalk export"), judge, parse)
