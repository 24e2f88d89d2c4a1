"""One JSON document: a conversation, a list of them, or ``{"conversations": [...]}``. Pure.

{"conversation_id": "1", "utterances": [{"speaker": "花子", "text": "おはよう", "timestamp": "2024-05-03T12:30:00"}]}
"""

from typing import Any

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.generic.dialogues import (
    HAS_UTTERANCES,
    OTHER_SHAPE,
    collect_dialogues,
    first_utterance,
)
from seikaku.conversation.readers.json_text import read_document
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both


def judge(source: Source) -> Judgement:
    """Whether the text is JSON with utterances; other JSON is this reader's too, which says what is missing."""
    if source.document is None and not (source.suffix == ".json" or source.begins_as_json):
        return NOT_THIS
    values = _conversations(source.document)
    first = first_utterance(values[0] if values else None)
    if "speaker" in first and "text" in first:
        return Judgement(0.95, (HAS_UTTERANCES,))
    return Judgement(0.55, (), (OTHER_SHAPE,))


def parse(source: Source) -> Collector:
    """Read a JSON document. Raises InputFileError if it is broken or has another shape."""
    values = _conversations(read_document(source))
    return collect_dialogues(source, values, id_key="conversation_id", speaker_key="speaker")


def _conversations(value: Any) -> list[Any]:
    if isinstance(value, dict) and isinstance(value.get("conversations"), list):
        value = value["conversations"]
    return value if isinstance(value, list) else [value]


READER = Reader("json", both("JSON", "JSON"), judge, parse, of_json=True)
