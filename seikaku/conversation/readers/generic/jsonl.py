"""JSON Lines: one conversation a line. Pure.

{"conversation_id": "1", "utterances": [{"speaker": "花子", "text": "おはよう"}]}
"""

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.generic.dialogues import (
    HAS_UTTERANCES,
    OTHER_SHAPE,
    collect_dialogues,
    first_utterance,
)
from seikaku.conversation.readers.json_text import load_json
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

_MIN_RECORDS = 2


def judge(source: Source) -> Judgement:
    """Whether the name ends in .jsonl, or the first lines are an object each; and whether they hold utterances."""
    records = source.sample_records
    if source.suffix not in (".jsonl", ".ndjson") and len(records) < _MIN_RECORDS:
        return NOT_THIS
    first = first_utterance(records[0] if records else None)
    if "speaker" in first and "text" in first:
        return Judgement(0.96, (HAS_UTTERANCES,))
    return Judgement(0.6, (), (OTHER_SHAPE,))


def parse(source: Source) -> Collector:
    """Read JSON Lines. Raises InputFileError, with the line's number, if one is broken or has another shape."""
    lines = enumerate(source.take_lines(), start=1)
    values = (load_json(source, line, number) for number, line in lines if line.strip())
    return collect_dialogues(source, values, id_key="conversation_id", speaker_key="speaker")


READER = Reader("jsonl", both("JSON Lines", "JSON Lines"), judge, parse)
