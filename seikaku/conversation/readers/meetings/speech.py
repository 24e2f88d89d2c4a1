"""What all transcripts of meetings share: who said what when, times, wrapped lines, one warning. Pure."""

import re
from datetime import date, datetime, timedelta
from pathlib import PurePath
from typing import NamedTuple

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.meetings.topics import is_sound
from seikaku.conversation.readers.source import Source
from seikaku.errors import InputFileError, both

_ELAPSED = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[.,]\d{1,9})?", re.ASCII)
_ZOOM_NAME = re.compile(r"GMT(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})", re.ASCII)
_TEAMS_NAME = re.compile(r"-(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})(?!\d)", re.ASCII)
_JAPAN = timedelta(hours=9)
# Lines are wrapped between two Japanese characters without a space, between other words with one.
_WITHOUT_SPACES = re.compile("[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")

MACHINE_WORDS = both(
    "これは機械が聞き取った文字起こしとして読みました。言葉や話者の区別は、実際と違うことがあります。",
    "It was read as a machine's transcript: its words, and who spoke them, may differ from what was said.",
)


class Said(NamedTuple):
    """One piece of talk: speaker ("": nobody is named), words, time since the start, line or cue in the file."""

    speaker: str
    text: str
    elapsed: timedelta | None
    line: int


def collect(collector: Collector, pieces: list[Said], start: datetime | None) -> None:
    """Add what was said; pieces without a speaker are dropped, and the user is told how many and why."""
    n_nobody = 0
    for piece in pieces:
        if is_sound(piece.text):
            collector.drop("annotation", clean_text(piece.speaker), piece.line)
            continue
        if not clean_text(piece.speaker):
            if clean_text(piece.text):
                collector.drop("no_speaker", line=piece.line)
                n_nobody += 1
            continue
        collector.add(clean_text(piece.speaker), piece.text, after(start, piece.elapsed), line=piece.line)
    if n_nobody:
        collector.warn(
            both(
                f"話者の名前がない部分が {n_nobody} 件あり、だれの言葉か決められないので除きました。",
                f"{n_nobody} pieces name no speaker; they were left out, since nobody can say whose words they are.",
            )
        )
    collector.warn(MACHINE_WORDS)


def without_speakers(source: Source, what_ja: str, what_en: str) -> InputFileError:
    """The error of a transcript in which nobody is named."""
    return InputFileError(
        both(
            f"{source.name} は{what_ja}ですが、話者の名前がないので、だれの言葉かわかりません。",
            f"{source.english_name} is {what_en} without names of speakers: nobody can say whose words they are.",
        ),
        both(
            "話者の名前をつけて書き出し直すか、行の頭に「名前: 」を書き足してください。",
            "Export it anew with the speakers' names, or write “name: ” before the lines.",
        ),
    )


def read_elapsed(written: str) -> timedelta | None:
    """``0:03``, ``00:02:18``, ``0:0:5.0`` as the time since the start; None where it is no such time."""
    match = _ELAPSED.fullmatch(written)
    if match is None:
        return None
    hours, minutes, seconds = int(match[1] or 0), int(match[2]), int(match[3])
    if seconds > 59 or (match[1] and minutes > 59):
        return None
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def after(start: datetime | None, elapsed: timedelta | None) -> datetime | None:
    """The moment so long after the start; None where either is not known."""
    if start is None or elapsed is None:
        return None
    try:
        return start + elapsed
    except OverflowError:
        return None


def zoom_start(source: Source) -> datetime | None:
    """The start that Zoom writes into a recording's name in UTC (``GMT20260903-010000``), in Japan's time."""
    return to_japan(_named_moment(_ZOOM_NAME, source), timedelta())


def teams_start(source: Source) -> datetime | None:
    """The start that Teams writes into a recording's name, in the local time of who recorded it."""
    return _named_moment(_TEAMS_NAME, source)


def to_japan(moment: datetime | None, offset: timedelta) -> datetime | None:
    """A moment written with an offset from UTC, in Japan's time."""
    return None if moment is None else after(moment, _JAPAN - offset)


def make_date(year: str, month: str, day: str) -> date | None:
    """A date of three written numbers; None where there is no such day."""
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def join_wrapped(first: str, second: str) -> str:
    """Two lines, or two cues, of one utterance as one text."""
    first, second = first.rstrip(), second.lstrip()
    if not first or not second:
        return first + second
    japanese = _WITHOUT_SPACES.match(first[-1]) or _WITHOUT_SPACES.match(second[0])
    return f"{first}{second}" if japanese else f"{first} {second}"


def unwrap(text: str) -> str:
    """The lines of one cue as one text: their breaks are the display's, not the speaker's."""
    joined = ""
    for line in text.split("\n"):
        joined = join_wrapped(joined, line)
    return joined.strip()


def _named_moment(pattern: re.Pattern[str], source: Source) -> datetime | None:
    match = pattern.search(PurePath(source.name).name)
    if match is None:
        return None
    try:
        return datetime(*(int(group) for group in match.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None
