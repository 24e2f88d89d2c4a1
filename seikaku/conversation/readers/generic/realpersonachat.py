"""A dialogue file in RealPersonaChat's layout (one JSON object, or a list of them). Pure.

{"dialogue_id": 1, "interlocutors": ["AA", "AB"],
 "utterances": [{"utterance_id": 0, "interlocutor_id": "AA", "text": "こんにちは", "timestamp": "NaT"}]}
"""

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.generic.dialogues import collect_dialogues, first_utterance
from seikaku.conversation.readers.json_text import read_document
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

_NAMED_BY_ID = both("話者が interlocutor_id で書かれています", "its speakers are named by interlocutor_id")


def judge(source: Source) -> Judgement:
    """Whether JSON names its speakers by ``interlocutor_id``."""
    values = source.document if isinstance(source.document, list) else [source.document]
    first = first_utterance(values[0] if values else None)
    return Judgement(0.98, (_NAMED_BY_ID,)) if "interlocutor_id" in first else NOT_THIS


def parse(source: Source) -> Collector:
    """Read RealPersonaChat dialogues. Raises InputFileError if the file is broken or has another shape."""
    value = read_document(source)
    values = value if isinstance(value, list) else [value]
    return collect_dialogues(source, values, id_key="dialogue_id", speaker_key="interlocutor_id")


READER = Reader(
    "realpersonachat", both("RealPersonaChat の対話", "RealPersonaChat dialogues"), judge, parse, of_json=True
)
