"""A dialogue file in RealPersonaChat's layout (one JSON object, or a list of them). Pure.

{"dialogue_id": 1, "interlocutors": ["AA", "AB"],
 "utterances": [{"utterance_id": 0, "interlocutor_id": "AA", "text": "こんにちは", "timestamp": "NaT"}]}
"""

import re

from seikaku.conversation.readers.collector import Collector, Reader, Source
from seikaku.conversation.readers.dialogues import collect_dialogues, load_json
from seikaku.errors import both

_BEGINS = re.compile(r"\s*[\[{]")
_N_CHARS_LOOKED_AT = 20_000


def recognises(source: Source) -> bool:
    """Whether JSON names its speakers by ``interlocutor_id``."""
    head = source.text[:_N_CHARS_LOOKED_AT]
    return _BEGINS.match(head) is not None and '"interlocutor_id"' in head and '"utterances"' in head


def parse(source: Source) -> Collector:
    """Read RealPersonaChat dialogues. Raises InputFileError if the file is broken or has another shape."""
    value = load_json(source, source.text)
    values = value if isinstance(value, list) else [value]
    return collect_dialogues(source, values, id_key="dialogue_id", speaker_key="interlocutor_id")


READER = Reader("realpersonachat", both("RealPersonaChat の対話", "RealPersonaChat dialogues"), recognises, parse)
