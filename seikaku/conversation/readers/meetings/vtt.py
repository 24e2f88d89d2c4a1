"""WebVTT transcripts: Teams (``<v 名前>``) and Zoom (``名前: 発話``). Pure.

Teams splits one utterance over cues with the ids ``guid/7-0``, ``guid/7-1``: they are joined. Zoom's file name gives
the start in UTC, which becomes Japan's time; other files have no date, and their utterances no timestamp.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.meetings.speech import (
    Said,
    collect,
    join_wrapped,
    read_elapsed,
    unwrap,
    without_speakers,
    zoom_start,
)
from seikaku.conversation.readers.meetings.topics import Labels, find_labels
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import InputFileError, both

if TYPE_CHECKING:  # loaded when there is a transcript to read
    from webvtt import Caption

_HEAD = re.compile(r"\ufeff?WEBVTT(?=[ \t\n]|\Z)")
_TIMES = re.compile(r"^(?:\d{2,}:)?\d{2}:\d{2}\.\d{3}[ \t]+-->[ \t]", re.MULTILINE | re.ASCII)
_ARROW = re.compile(r"[ \t]*((?:\d{1,9}:)?\d{1,2}:\d{1,2}\.\d{1,3})[ \t]*-->", re.ASCII)
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?(?:[ \t\n]([^<>]*))?>|(</v>)")
_OTHER_TAG = re.compile(r"</?(?:c|i|b|u|ruby|rt|lang)(?:[.\s][^<>]*)?>|<\d[\d:.]*>")
_ENTITY = re.compile(r"&(amp|lt|gt|nbsp|lrm|rlm|quot|apos|#39);")
_CHARACTER = {
    "amp": "&", "lt": "<", "gt": ">", "nbsp": "\u00a0", "lrm": "", "rlm": "", "quot": '"', "apos": "'", "#39": "'",
}  # fmt: skip
_TEAMS_ID = re.compile(r"(.+/\d+)-\d+", re.ASCII)

_HAS_HEAD = both("WEBVTT で始まっています", "it begins with WEBVTT")
_NAMED_VTT = both("名前が .vtt で終わり、字幕の時刻があります", "it is named .vtt and has the times of subtitles")
_NO_HEAD = both("WEBVTT で始まっていません", "it does not begin with WEBVTT")


def judge(source: Source) -> Judgement:
    """Whether the text begins as WebVTT does."""
    if _HEAD.match(source.sample):
        return Judgement(0.98, (_HAS_HEAD,))
    if source.suffix == ".vtt" and _TIMES.search(source.sample):
        return Judgement(0.75, (_NAMED_VTT,), (_NO_HEAD,))
    return NOT_THIS


def parse(source: Source) -> Collector:
    """Read WebVTT. Raises InputFileError where it is broken or names no speaker."""
    cues = _read_cues(source)
    collector = Collector(source)
    n_voiced = sum(_VOICE.search(cue.text) is not None for cue in cues)
    labels = None if 2 * n_voiced > len(cues) else find_labels([_without_tags(cue) for cue in cues])
    if n_voiced and labels is None:
        pieces = _join_parts([(cue.group, said) for cue in cues for said in _voices(cue)])
    else:
        if labels is None:
            raise without_speakers(source, "字幕（WebVTT）", "a file of subtitles (WebVTT)")
        pieces = [said for cue in cues for said in _labelled(cue, labels)]
        for name in labels.uncertain:
            collector.tell_uncertain(name)
    collect(collector, pieces, zoom_start(source))
    return collector


class _Cue:
    __slots__ = ("elapsed", "group", "line", "text")

    def __init__(self, line: int, caption: "Caption") -> None:
        match = _TEAMS_ID.fullmatch(caption.identifier or "")
        self.line = line
        self.group = match[1] if match else ""
        self.elapsed = timedelta(seconds=caption.start_in_seconds)
        self.text = caption.raw_text


def _read_cues(source: Source) -> list[_Cue]:
    import webvtt
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    text = source.text.removeprefix("\ufeff")
    try:
        captions = webvtt.from_string(text if _HEAD.match(text) else f"WEBVTT\n\n{text}").captions
    except (MalformedFileError, MalformedCaptionError, OverflowError):
        captions = []
    if not captions:
        raise InputFileError(
            both(
                f"{source.name} に、時刻のついた字幕（00:00:01.000 --> 00:00:02.000）がありません。",
                f"{source.english_name} has no cue with times (00:00:01.000 --> 00:00:02.000).",
            ),
            both("会議のアプリから .vtt を書き出し直してください。", "Export the .vtt anew from the meeting's app."),
        )
    return [_Cue(line, caption) for line, caption in zip(_lines_of(source.text, captions), captions, strict=True)]


def _lines_of(text: str, captions: "Sequence[Caption]") -> list[int]:
    """The number of the line with each cue's times, which the library does not give; 0 where it is not found."""
    arrows = [
        (number, match[1]) for number, line in enumerate(text.split("\n"), start=1) if (match := _ARROW.match(line))
    ]
    at, lines = 0, list[int]()
    for caption in captions:
        begin = timedelta(seconds=caption.start_in_seconds)
        while at < len(arrows) and read_elapsed(arrows[at][1]) != begin:
            at += 1
        lines.append(arrows[at][0] if at < len(arrows) else 0)
        at += 1
    return lines


def _voices(cue: _Cue) -> list[Said]:
    """What each voice of a cue says; words outside of all voices are nobody's."""
    found: list[Said] = []
    speaker, begin = "", 0
    for match in _VOICE.finditer(cue.text):
        found.append(Said(speaker, _words(cue.text[begin : match.start()]), cue.elapsed, cue.line))
        speaker, begin = _unescape(unwrap(match[1] or "")), match.end()
    found.append(Said(speaker, _words(cue.text[begin:]), cue.elapsed, cue.line))
    return [said for said in found if said.text]


def _labelled(cue: _Cue, labels: Labels) -> list[Said]:
    parts = labels.parts(_without_tags(cue))
    return [Said(speaker, unwrap(text), cue.elapsed, cue.line) for speaker, text in parts]


def _join_parts(pieces: list[tuple[str, Said]]) -> list[Said]:
    """Pieces of one id and one speaker as one, where the first stood."""
    places: dict[tuple[str, str], int] = {}
    joined: list[Said] = []
    for group, said in pieces:
        place = places.get((group, said.speaker)) if group else None
        if place is None:
            places[group, said.speaker] = len(joined)
            joined.append(said)
        else:
            joined[place] = joined[place]._replace(text=join_wrapped(joined[place].text, said.text))
    return joined


def _without_tags(cue: _Cue) -> str:
    return _plain(_VOICE.sub("", cue.text))


def _words(text: str) -> str:
    return unwrap(_plain(text))


def _plain(text: str) -> str:
    return _unescape(_OTHER_TAG.sub("", text))


def _unescape(text: str) -> str:
    return _ENTITY.sub(lambda match: _CHARACTER[match[1]], text)


READER = Reader("vtt", both("会議の字幕（WebVTT: Teams・Zoom）", "WebVTT transcripts (Teams, Zoom)"), judge, parse)
