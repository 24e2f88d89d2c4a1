"""JSON Lines: one conversation a line. Pure.

{"conversation_id": "1", "utterances": [{"speaker": "花子", "text": "おはよう"}]}
"""

import re

from seikaku.conversation.readers.collector import Collector, Reader, Source
from seikaku.conversation.readers.dialogues import collect_dialogues, load_json
from seikaku.errors import both

_SEVERAL_OBJECTS = re.compile(r"\s*\{[^\n]*\}[ \t]*\n\s*\{")


def recognises(source: Source) -> bool:
    """Whether the name ends in .jsonl, or the first two lines are an object each."""
    return source.suffix in (".jsonl", ".ndjson") or _SEVERAL_OBJECTS.match(source.text) is not None


def parse(source: Source) -> Collector:
    """Read JSON Lines. Raises InputFileError, with the line's number, if one is broken or has another shape."""
    lines = enumerate(source.text.split("\n"), start=1)
    values = [load_json(source, line, number) for number, line in lines if line.strip()]
    return collect_dialogues(source, values, id_key="conversation_id", speaker_key="speaker")


READER = Reader("jsonl", both("JSON Lines", "JSON Lines"), recognises, parse)
