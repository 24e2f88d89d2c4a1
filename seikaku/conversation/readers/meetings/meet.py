"""Google Meet transcripts in Japanese and English, as Word or text: ``00:00:44`` headings, ``名前：本文``. Pure.

What stands before the first heading (notes, summaries) and behind the end is no talk. A label that comes once may be a
person's or a word of somebody's ("結論:"): right behind a heading, or in the list of those present, it is a person's.
The start is in the title or the file name only; an offset from UTC there becomes Japan's time.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import NamedTuple

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.meetings.speech import (
    Said,
    collect,
    make_date,
    read_elapsed,
    to_japan,
    without_speakers,
)
from seikaku.conversation.readers.not_names import are_not_names
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

_HEADING = re.compile(r"(?:#{1,6} )?(\d{2}:\d{2}:\d{2})", re.ASCII)
_TITLE = re.compile(r"(?:#{1,6} )?(?:.{0,200} [-–] )?(?:📖 ?)?(?:文字起こし|Transcript)")
_ENDED = re.compile(
    r"(?:#{1,6} )?(?:\d{2}:\d{2}:\d{2} より後に文字起こしが終了しました|"
    r"Transcription ended after \d{2}:\d{2}:\d{2})[。.]?"
)
_DISCLAIMERS = ("この編集可能な文字起こしはコンピュータ", "This editable transcript was computer generated")
_PRESENT = ("Attendees", "参加者", "出席者")
_LABEL = re.compile(r"(?:\*\*)?([^:：*\n]{1,60})(?:：|:(?=\s|\*|\Z))(?:\*\*)?[ \u3000]*")
_NOT_IN_A_NAME = re.compile(r"[。？！!?「」『』、]|(?:は|が|を|に|で|と|の|も|こと|点|場合|理由|事項|とき)\Z")
_MAX_ONCE_CHARS = 20
_TOPICS = frozenset(
    (
        "結論 理由 例 例えば たとえば 注意 注意点 質問 回答 答え 要点 補足 目的 まとめ 議題 背景 課題 前提 条件 方針 "
        "決定 決定事項 "
        "宿題 次回 今回 前回 今日 明日 問題 対策 原因 結果 提案 確認 ポイント メモ テーマ 内容 詳細 参考 追記 "
        "ちなみに つまり "
        "conclusion question answer note example point summary agenda reason problem result q a"
    ).split()
)
_MIN_FOR_STRAYS = 10
_MIN_SHARE_OF_REPEATED = 0.8
_START = re.compile(
    r"(\d{4})[-/._年](\d{1,2})[-/._月](\d{1,2})日?(?:,| at)?[ _](\d{1,2})[:_](\d{2})"
    r"(?: ?(?:(JST|UTC)|GMT([+-]\d{1,2})?(?:[:_]?(\d{2}))?))?",
    re.ASCII,
)
_N_LINES_WITH_TITLE = 10

_HAS_MARKS = both("Google Meet の文字起こしの決まった行があります", "it has lines that Google Meet's transcripts have")
_HAS_HEADINGS = both("時刻だけの行と「名前：」の行があります", "it has lines of times alone and of “name:”")
_NO_MARKS = both("Google Meet の決まった行がありません", "it has none of the lines that Google Meet writes")


class _Talk(NamedTuple):
    """Places of the lines of the talk: from ``first`` up to ``last``; and who is listed as present."""

    first: int
    last: int
    present: frozenset[str]


class _Line(NamedTuple):
    number: int
    label: str
    text: str
    elapsed: timedelta | None
    confirmed: bool


def judge(source: Source) -> Judgement:
    """Whether it has Meet's own lines, or times alone on lines, and labels."""
    lines = [line.strip() for line in source.sample_lines]
    n_labels = sum(1 for line in lines if _label(line)[0])
    if not n_labels:
        return NOT_THIS
    marks = [bool(_ENDED.fullmatch(line[:300])) or line.startswith(_DISCLAIMERS) for line in lines]
    titled = any(_TITLE.fullmatch(line[:300]) for line in lines[:_N_LINES_WITH_TITLE])
    n_headings = sum(1 for line in lines if _HEADING.fullmatch(line))
    if any(marks) and (n_headings or titled):
        return Judgement(0.97, (_HAS_MARKS,))
    if titled and n_headings:
        return Judgement(0.93, (_HAS_MARKS, _HAS_HEADINGS))
    if n_headings and n_labels >= n_headings:
        return Judgement(0.78, (_HAS_HEADINGS,), (_NO_MARKS,))
    return Judgement(0.82, (_HAS_MARKS,)) if any(marks) else NOT_THIS


def parse(source: Source) -> Collector:
    """Read a transcript. Raises InputFileError where nobody is named."""
    lines = [line.strip() for line in source.text.split("\n")]
    collector = Collector(source)
    talk = _find_talk(lines)
    found = list(_read(lines, talk))
    counts = Counter(line.label for line in found if line.label)
    strays, uncertain = _judge_once(found, counts)
    pieces: list[Said] = []
    for line in found:
        if line.label and line.label not in strays:
            pieces.append(Said(line.label, line.text, line.elapsed, line.number))
        elif pieces:
            pieces[-1] = pieces[-1]._replace(text=f"{pieces[-1].text}\n{lines[line.number - 1]}")
        else:
            collector.drop("no_speaker", line=line.number)
    if not pieces:
        raise without_speakers(source, "文字起こし", "a transcript")
    for number, written in enumerate(lines, start=1):
        if written and not talk.first < number <= talk.last:
            collector.drop("system" if _ENDED.fullmatch(written[:300]) else "not_utterance", line=number)
    for name in uncertain:
        collector.tell_uncertain(name)
    if strays:
        collector.warn(
            both(
                f"話者の名前ではなさそうな見出し {len(strays)} 件は、前の発話の続きとして読みました。",
                f"{len(strays)} labels do not look like names: their lines go on with the utterance before.",
            )
        )
    collect(collector, pieces, _find_start(source, lines[: talk.first]))
    return collector


def _find_talk(lines: list[str]) -> _Talk:
    heading = next((place for place, line in enumerate(lines) if _HEADING.fullmatch(line)), None)
    title = next((place for place, line in enumerate(lines) if _TITLE.fullmatch(line[:300])), None)
    first = heading if heading is not None else title + 1 if title is not None else 0
    ended = (place for place in range(first, len(lines)) if _ENDED.fullmatch(lines[place][:300]))
    present: set[str] = set()
    for place in range(first):
        if lines[place] in _PRESENT:
            listed = next((line for line in lines[place + 1 : first] if line), "")
            present |= {clean_text(name) for name in re.split("[,、，]", listed)}
    return _Talk(first, next(ended, len(lines)), frozenset(present))


def _read(lines: list[str], talk: _Talk) -> Iterator[_Line]:
    """The lines of the talk that are not blank, no headings and no disclaimer."""
    elapsed, at_head = None, True
    for place in range(talk.first, talk.last):
        line = lines[place]
        if match := _HEADING.fullmatch(line):
            elapsed, at_head = read_elapsed(match[1]), True
        elif line and not line.startswith(_DISCLAIMERS):
            label, text = _label(line)
            yield _Line(place + 1, label, text, elapsed, at_head or label in talk.present)
            at_head = False


def _judge_once(found: list[_Line], counts: Counter[str]) -> tuple[set[str], list[str]]:
    """Labels that are nobody's, and those that come once and may be."""
    confirmed = {line.label for line in found if line.confirmed}
    n_repeated = sum(count for count in counts.values() if count > 1)
    is_long = counts.total() >= _MIN_FOR_STRAYS and n_repeated >= _MIN_SHARE_OF_REPEATED * counts.total()
    strays, uncertain = set[str](), list[str]()
    for label, count in counts.items():
        if label.lower() in _TOPICS or are_not_names({label: 1}):
            strays.add(label)
        elif count == 1 and label not in confirmed:
            if (len(label) > _MAX_ONCE_CHARS and not label.isascii()) or _NOT_IN_A_NAME.search(label):
                strays.add(label)
            elif is_long:
                uncertain.append(label)
    return strays, uncertain


def _label(line: str) -> tuple[str, str]:
    match = _LABEL.match(line)
    if match is None or match[1].strip().isdecimal() or line[match.end() :].startswith("//"):
        return "", line
    return clean_text(match[1]), line[match.end() :]


def _find_start(source: Source, lines: list[str]) -> datetime | None:
    """The start as the file's name or the title writes it."""
    for written in (PurePath(source.name).name, *lines[:_N_LINES_WITH_TITLE]):
        match = _START.search(written[:300])
        day = make_date(match[1], match[2], match[3]) if match else None
        if match is None or day is None or int(match[4]) > 23 or int(match[5]) > 59:
            continue
        moment = datetime(day.year, day.month, day.day, int(match[4]), int(match[5]))
        if match[6] == "UTC" or match[7]:
            hours = int(match[7] or 0)
            minutes = int(match[8] or 0) * (-1 if (match[7] or "").startswith("-") else 1)
            return to_japan(moment, timedelta(hours=hours, minutes=minutes))
        return moment
    return None


READER = Reader("meet", both("Google Meet の文字起こし", "Google Meet transcripts"), judge, parse)
