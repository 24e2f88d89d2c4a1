"""SubRip subtitles with speakers: ``花子: おはよう``, ``（花子）おはよう``, ``[花子] おはよう``. Pure.

They have no date: utterances have no timestamp.
"""

import re

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.meetings.blocks import begins_with_block, read_blocks
from seikaku.conversation.readers.meetings.speech import Said, collect, unwrap, without_speakers
from seikaku.conversation.readers.meetings.topics import find_labels
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

_COMMA = re.compile(r"^\d{1,3}:\d{2}:\d{2},\d{1,3}[ \t]*-->", re.MULTILINE | re.ASCII)
_DOT = re.compile(r"^\d+[ \t]*\n\d{1,3}:\d{2}:\d{2}\.\d{1,3}[ \t]*-->", re.MULTILINE | re.ASCII)

_HAS_TIMES = both("字幕（SRT）の時刻の行があります", "it has the times of subtitles (SRT)")
_NOT_AT_HEAD = both("字幕で始まっていません", "it does not begin with a subtitle")


def judge(source: Source) -> Judgement:
    """Whether lines give times as SubRip writes them."""
    if source.sample.startswith("WEBVTT") or not (_COMMA.search(source.sample) or _DOT.search(source.sample)):
        return NOT_THIS
    blocks = read_blocks(source.sample_lines)
    if 2 * sum(1 for block in blocks if block.before) >= len(blocks):
        return NOT_THIS
    if not begins_with_block(source.sample_lines):
        return Judgement(0.5, (_HAS_TIMES,), (_NOT_AT_HEAD,))
    return Judgement(0.97, (_HAS_TIMES,))


def parse(source: Source) -> Collector:
    """Read SubRip. Raises InputFileError where nobody is named."""
    collector = Collector(source)
    blocks = read_blocks(source.take_lines())
    labels = find_labels([block.text for block in blocks if block.text])
    if labels is None:
        raise without_speakers(source, "字幕（SRT）", "a file of subtitles (SRT)")
    for name in labels.uncertain:
        collector.tell_uncertain(name)
    pieces = [
        Said(speaker, unwrap(text), None, block.line) for block in blocks for speaker, text in labels.parts(block.text)
    ]
    collect(collector, pieces, None)
    return collector


READER = Reader("srt", both("話者名つきの字幕（SRT）", "subtitles (SRT) with speakers"), judge, parse)
