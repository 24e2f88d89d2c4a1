"""Notta's transcripts: text (``話者 1 00:02 本文``), and SubRip with the speaker before the times. Pure.

They have no date: utterances have no timestamp. What stands after a speaker and a time goes on until the next one.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.meetings.blocks import begins_with_block, read_blocks
from seikaku.conversation.readers.meetings.rising import rising
from seikaku.conversation.readers.meetings.speech import Said, collect, read_elapsed, unwrap
from seikaku.conversation.readers.messengers.chain import warn_of_pasted
from seikaku.conversation.readers.not_names import are_not_names
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import InputFileError, both

_MAX_HEAD_CHARS, _MAX_NAME_CHARS = 100, 40
_HEAD = re.compile(r"(\S.{0,39}?)[ \t\u3000]+(\d{1,3}:\d{2}(?::\d{2})?)(?=[ \t\u3000]|\Z)", re.ASCII)
_GENERIC = re.compile(r"(?:話者|発言者|Speaker)[ \t]*\d{1,3}", re.ASCII)
_NOT_IN_A_NAME = re.compile(r"[。、？！?!「」:：|\[\]]|\d{1,4}[/-]\d|(?:は|が|を|に|で|と|から)\Z")
_MIN_SHARE_NAMED = 0.6
_MIN_SHARE_GENERIC = 0.2
_MIN_PER_NAME = 2
_MAX_BEFORE_FIRST = timedelta(minutes=5)

_GENERIC_HEADS = both("行が「話者 1 00:02」で始まっています", "its lines begin with “Speaker 1 00:02”")
_NAMED_HEADS = both("行が名前と経過時間で始まっています", "its lines begin with a name and a time")
_SPEAKER_BEFORE_TIMES = both("字幕の時刻の前に話者があります", "speakers stand before the times of its subtitles")
_BEGINS_LATE = both(
    "時刻が録音のはじめからの経過時間ではなさそうです", "its times are not counted from a recording's start"
)
_NO_COME_BACK = both("名前が一度ずつしか現れません", "its names do not come back as speakers do")


class _Head(NamedTuple):
    line: int
    name: str
    elapsed: timedelta
    said: str


def judge(source: Source) -> Judgement:
    """Whether speakers stand before the times of subtitles, or before the times at the head of lines."""
    lines = source.sample_lines
    if source.begins_as_json:
        return NOT_THIS
    if begins_with_block(lines):
        blocks = read_blocks(lines)
        if blocks[0].before.endswith((":", "：")):  # a line of “name: words” in which somebody wrote the times
            return NOT_THIS
        n_named = sum(1 for block in blocks if 0 < len(block.before) <= _MAX_NAME_CHARS)
        return Judgement(0.98, (_SPEAKER_BEFORE_TIMES,)) if 2 * n_named >= len(blocks) else NOT_THIS
    heads, _ = _find_heads(lines)
    if not heads:
        return NOT_THIS
    names = Counter(head.name for head in heads)
    share = len(heads) / len(lines)
    if any(_GENERIC.fullmatch(name) for name in names) and share >= _MIN_SHARE_GENERIC:
        return Judgement(0.94, (_GENERIC_HEADS,))
    if share < _MIN_SHARE_NAMED or are_not_names(names) or not all(head.said for head in heads):
        return NOT_THIS
    return _judge_named(heads, names)


def _judge_named(heads: Sequence[_Head], names: Counter[str]) -> Judgement:
    """Names of people's own, not of the app's: a timetable and a log have such lines too."""
    if heads[0].elapsed > _MAX_BEFORE_FIRST:
        return Judgement(0.2, (), (_BEGINS_LATE,))
    if len(heads) < _MIN_PER_NAME * len(names):
        return Judgement(0.3, (_NAMED_HEADS,), (_NO_COME_BACK,))
    return Judgement(0.82 if len(names) > 1 else 0.6, (_NAMED_HEADS,))


def parse(source: Source) -> Collector:
    """Read Notta's text or SubRip. Raises InputFileError where there is neither."""
    lines = source.take_lines()
    collector = Collector(source)
    if begins_with_block(source.sample_lines):
        pieces = [Said(block.before, unwrap(block.text), None, block.line) for block in read_blocks(lines)]
    else:
        pieces = _read_text(source, lines, collector)
    collect(collector, pieces, None)
    return collector


def _read_text(source: Source, lines: list[str], collector: Collector) -> list[Said]:
    found, n_pasted = _find_heads(lines)
    heads = {head.line: head for head in found}
    warn_of_pasted(collector, n_pasted)
    if not heads:
        raise InputFileError(
            both(
                f"{source.name} に「話者 1 00:02 本文」の形の行がありません。",
                f"{source.english_name} has no line of the form “Speaker 1 00:02 words”.",
            ),
            both("Notta から話者と時間つきで書き出し直してください。", "Export it anew with speakers and times."),
        )
    pieces: list[Said] = []
    for number, line in enumerate(lines, start=1):
        if head := heads.get(number):
            pieces.append(Said(head.name, head.said, None, number))
        elif pieces:
            pieces[-1] = pieces[-1]._replace(text=f"{pieces[-1].text}\n{line}")
        elif line.strip():
            collector.drop("not_utterance", line=number)
    return pieces


def _find_heads(lines: list[str]) -> tuple[list[_Head], int]:
    """The lines that begin with a speaker and a time, if the times rise; how many more do, of people who come back."""
    found: list[_Head] = []
    for number, line in enumerate(lines, start=1):
        match = _HEAD.match(line[:_MAX_HEAD_CHARS])
        if match is None:
            continue
        name, elapsed, said = clean_text(match[1]), read_elapsed(match[2]), line[match.end() :].strip()
        generic = _GENERIC.fullmatch(name)
        if name and elapsed is not None and (generic or (said and not _NOT_IN_A_NAME.search(name))):
            found.append(_Head(number, name, elapsed, said))
    counts = Counter(head.name for head in found)
    sure = [counts[head.name] > 1 or bool(_GENERIC.fullmatch(head.name)) for head in found]
    kept = rising([head.elapsed for head in found], sure)
    n_pasted = sum(is_sure and not is_kept for is_sure, is_kept in zip(sure, kept, strict=True))
    return [head for head, is_kept in zip(found, kept, strict=True) if is_kept], n_pasted


READER = Reader("notta", both("Notta の文字起こし（テキスト・SRT）", "Notta's transcripts (text, SRT)"), judge, parse)
