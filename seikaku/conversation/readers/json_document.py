"""One JSON document: a conversation, a list of them, or ``{"conversations": [...]}``. Pure.

{"conversation_id": "1", "utterances": [{"speaker": "花子", "text": "おはよう", "timestamp": "2024-05-03T12:30:00"}]}
"""

import re

from seikaku.conversation.readers.collector import Collector, Reader, Source
from seikaku.conversation.readers.dialogues import collect_dialogues, load_json
from seikaku.errors import both

_BEGINS = re.compile(r"\s*(?:\{|\[\s*[{\]])")


def recognises(source: Source) -> bool:
    """Whether the text begins as a JSON object or array does."""
    return source.suffix == ".json" or _BEGINS.match(source.text) is not None


def parse(source: Source) -> Collector:
    """Read a JSON document. Raises InputFileError if it is broken or has another shape."""
    value = load_json(source, source.text)
    if isinstance(value, dict) and isinstance(value.get("conversations"), list):
        value = value["conversations"]
    values = value if isinstance(value, list) else [value]
    return collect_dialogues(source, values, id_key="conversation_id", speaker_key="speaker")


READER = Reader("json", both("JSON", "JSON"), recognises, parse)
