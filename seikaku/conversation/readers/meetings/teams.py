"""Teams transcripts as Word or text: ``名前   0:03`` and words, or older: ``0:0:0.0 --> 0:0:5.0``, name, words. Pure.

The start is the file name's (local time); else the document's head, which may be UTC: the user is told.
"""

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.meetings.rising import rising
from seikaku.conversation.readers.meetings.speech import Said, collect, make_date, read_elapsed, teams_start
from seikaku.conversation.readers.messengers.chain import warn_of_pasted
from seikaku.conversation.readers.not_names import are_not_names
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import InputFileError, both

_MAX_HEAD_CHARS = 120
_HEAD = re.compile(r"(\S.{0,79}?)(?:[ \u00a0\u3000]{2,}|[ ]*\t[ \t]*)(\d{1,3}:\d{2}(?::\d{2})?)[ \u00a0\t]*", re.ASCII)
_ARROW = re.compile(
    r"[ \t]*(\d{1,3}:\d{1,2}:\d{1,2}(?:\.\d{1,9})?)[ \t]*-->[ \t]*\d{1,3}:\d{1,2}:\d{1,2}(?:\.\d{1,9})?[ \t]*"
)
_DURATION = re.compile(r"(?:\d{1,3} ?(?:時間|分|秒|h|m|s)(?:\s+|\Z)){1,3}", re.ASCII)
_SYSTEM = re.compile(
    r".{1,80}(?:(?:started|stopped) transcription|"
    r"(?:文字起こし|トランスクリプト|トランスクリプション)を(?:開始|停止|終了)しました)[。.]?"
)
_CLOCK = r",? +(\d{1,2}):(\d{2}) ?([AaPp][Mm])?"
_JAPANESE_DATE = re.compile(rf"(\d{{4}})年(\d{{1,2}})月(\d{{1,2}})日{_CLOCK}", re.ASCII)
_DAY_FIRST = re.compile(rf"(\d{{1,2}}) ([A-Za-z]{{3,9}}),? (\d{{4}}){_CLOCK}", re.ASCII)
_MONTH_FIRST = re.compile(rf"([A-Za-z]{{3,9}}) (\d{{1,2}}),? (\d{{4}}){_CLOCK}", re.ASCII)
_MAX_BEFORE_FIRST = timedelta(minutes=10)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()

_HAS_ARROWS = both("時刻の行、名前、言葉の順に並んでいます", "it has lines of times, names and words in turn")
_HAS_HEADS = both("「名前   0:03」の見出しと言葉が交互に並んでいます", "heads like “name   0:03” and words take turns")
_HAS_TEAMS_HEAD = both("会議の日時と長さが書かれています", "it gives the meeting's date and length")
_FEW_HEADS = both("見出しが少なすぎます", "it has too few heads")
_BEGINS_LATE = both(
    "時刻が録音のはじめからの経過時間ではなさそうです", "its times are not counted from a recording's start"
)
_NO_COME_BACK = both("名前が一度ずつしか現れません", "its names do not come back as speakers do")


class _Head(NamedTuple):
    place: int
    name: str
    elapsed: timedelta


def judge(source: Source) -> Judgement:
    """Whether heads of names and times take turns with words."""
    lines = source.sample_lines
    arrows = [place for place, line in enumerate(lines) if "-->" in line and _ARROW.fullmatch(line)]
    if arrows:
        return _judge_arrows(lines, arrows)
    heads, _ = _find_heads(lines)
    if not heads:
        return NOT_THIS
    names = Counter(head.name for head in heads)
    if are_not_names(names):
        return NOT_THIS
    begin = lines[: heads[0].place]
    if any(_DURATION.fullmatch(line.strip()) or _SYSTEM.fullmatch(line[:200].strip()) for line in begin):
        return Judgement(0.97, (_HAS_TEAMS_HEAD, _HAS_HEADS))
    if len(heads) < 2:
        return Judgement(0.4, (_HAS_HEADS,), (_FEW_HEADS,))
    if heads[0].elapsed > _MAX_BEFORE_FIRST:
        return Judgement(0.4, (_HAS_HEADS,), (_BEGINS_LATE,))
    if max(names.values()) == 1:
        return Judgement(0.6, (_HAS_HEADS,), (_NO_COME_BACK,))
    return Judgement(0.88, (_HAS_HEADS,))


def _judge_arrows(lines: list[str], arrows: list[int]) -> Judgement:
    """SubRip and WebVTT have a number or an id before their times, and words right behind them."""
    is_subtitle = lines[0].startswith("WEBVTT") or any(lines[max(0, at - 1)].strip().isdecimal() for at in arrows[:3])
    names = Counter(clean_text(lines[at + 1]) for at in arrows if at + 1 < len(lines))
    if is_subtitle or not names or max(map(len, names)) > _MAX_HEAD_CHARS:
        return NOT_THIS
    unpadded = any(re.match(r"[ \t]*\d:\d{1,2}:\d", lines[at]) for at in arrows)
    come_back = len(names) < len(arrows) or len(arrows) <= 2
    return Judgement(0.96 if unpadded and come_back else 0.8 if come_back else 0.5, (_HAS_ARROWS,))


def parse(source: Source) -> Collector:
    """Read either layout. Raises InputFileError where there is neither."""
    lines = source.take_lines()
    collector = Collector(source)
    if any("-->" in line and _ARROW.fullmatch(line) for line in lines):
        first, pieces = _read_arrows(lines)
    else:
        first, pieces = _read_heads(lines, collector)
    if not pieces:
        raise InputFileError(
            both(
                f"{source.name} に「名前   0:03」の見出しも「0:0:0.0 --> 0:0:5.0」の行もありません。",
                f"{source.english_name} has neither heads like “name   0:03” nor lines like “0:0:0.0 --> 0:0:5.0”.",
            ),
            both(
                "Teams の「トランスクリプト」から .docx か .vtt をダウンロードし直してください。",
                "Download the transcript from Teams anew, as .docx or .vtt.",
            ),
        )
    for number, line in enumerate(lines[:first], start=1):
        if line.strip():
            collector.drop("system" if _SYSTEM.fullmatch(line[:200].strip()) else "not_utterance", line=number)
    pieces[-1] = _without_end(pieces[-1], lines, collector)
    start = teams_start(source)
    if start is None and (start := _written_start(lines[:first])):
        collector.warn(
            both(
                "開始の日時は文書の見出しから取りました。世界標準時（UTC）のことがあり、"
                "そのときは日本時間と 9 時間ずれます。",
                "The start is that of the document's head. It may be UTC, which is 9 hours behind Japan's time.",
            )
        )
    collect(collector, pieces, start)
    return collector


def _read_arrows(lines: list[str]) -> tuple[int, list[Said]]:
    """The line (from 0) where the talk begins, and what was said: times, a name, then words."""
    first, pieces = len(lines), list[Said]()
    for place, line in enumerate(lines):
        match = _ARROW.fullmatch(line) if "-->" in line else None
        if match:
            first = min(first, place)
            pieces.append(Said("", "", read_elapsed(match[1]), place + 1))
        elif pieces and not pieces[-1].speaker:
            pieces[-1] = pieces[-1]._replace(speaker=clean_text(line))
        elif pieces:
            pieces[-1] = pieces[-1]._replace(text=f"{pieces[-1].text}\n{line}")
    return first, pieces


def _read_heads(lines: list[str], collector: Collector) -> tuple[int, list[Said]]:
    heads, n_pasted = _find_heads(lines)
    warn_of_pasted(collector, n_pasted)
    if not heads:
        return len(lines), []
    ends = [head.place for head in heads[1:]] + [len(lines)]
    pieces = [
        Said(head.name, "\n".join(lines[head.place + 1 : end]), head.elapsed, head.place + 1)
        for head, end in zip(heads, ends, strict=True)
    ]
    return heads[0].place, pieces


def _find_heads(lines: list[str]) -> tuple[list[_Head], int]:
    """Lines of a name and a time; how many more there are, of people who come back, whose time falls (pasted ones).

    Words may end so too: the time of a head never falls, and no head follows a head.
    """
    found: list[_Head] = []
    for place, line in enumerate(lines):
        match = _HEAD.fullmatch(line) if len(line) <= _MAX_HEAD_CHARS else None
        elapsed = read_elapsed(match[2]) if match else None
        if match and elapsed is not None and clean_text(match[1]):
            found.append(_Head(place, clean_text(match[1]), elapsed))
    counts = Counter(head.name for head in found)
    kept = rising([head.elapsed for head in found], [counts[head.name] > 1 for head in found])
    heads: list[_Head] = []
    for head, is_kept in zip(found, kept, strict=True):
        if not is_kept:
            continue
        follows = bool(heads) and not any(line.strip() for line in lines[heads[-1].place + 1 : head.place])
        if follows and counts[heads[-1].name] == 1 < counts[head.name] and len(heads) > 1:
            heads[-1] = head
        elif not follows:
            heads.append(head)
    n_pasted = sum(counts[head.name] > 1 and not is_kept for head, is_kept in zip(found, kept, strict=True))
    return heads, n_pasted


def _without_end(piece: Said, lines: list[str], collector: Collector) -> Said:
    """The last piece without the line that says that the transcript ended."""
    text = piece.text.rstrip()
    before, _, last = text.rpartition("\n")
    if not _SYSTEM.fullmatch(last[:200].strip()):
        return piece
    collector.drop("system", line=piece.line + text.count("\n"))
    return piece._replace(text=before)


def _written_start(lines: list[str]) -> datetime | None:
    """The date and time of the document's head: ``2026年10月1日, 10:00AM``, ``1 October 2026, 10:00am``."""
    for line in lines:
        if match := _JAPANESE_DATE.search(line[:200]):
            year, month, day = match[1], match[2], match[3]
        elif match := _DAY_FIRST.search(line[:200]):
            year, month, day = match[3], _month(match[2]), match[1]
        elif match := _MONTH_FIRST.search(line[:200]):
            year, month, day = match[3], _month(match[1]), match[2]
        else:
            continue
        found, hour = make_date(year, month, day), int(match[4])
        if match[6]:
            hour = hour % 12 + (12 if match[6].lower() == "pm" else 0)
        if found and hour < 24 and int(match[5]) < 60:
            return datetime(found.year, found.month, found.day, hour, int(match[5]))
    return None


def _month(name: str) -> str:
    short = name[:3].lower()
    return str(_MONTHS.index(short) + 1) if short in _MONTHS else "0"


READER = Reader(
    "teams",
    both("Teams などの文字起こし（Word・テキスト）", "transcripts by Teams and others (Word, text)"),
    judge,
    parse,
)
