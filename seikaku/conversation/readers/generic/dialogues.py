"""JSON values -> utterances, shared by the three JSON formats. Pure. Any wrong type is an InputFileError."""

from collections.abc import Iterable
from typing import Any

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.source import Source
from seikaku.errors import InputFileError, Words, both

_SHAPE = both(
    '{"conversation_id": "1", "utterances": [{"speaker": "花子", "text": "こんにちは"}]} の形にしてください。',
    'Give it this shape: {"conversation_id": "1", "utterances": [{"speaker": "Hanako", "text": "..."}]}',
)


HAS_UTTERANCES = both("utterances に speaker と text があります", "its utterances have a speaker and a text")
OTHER_SHAPE = both("utterances がありません", "it has no utterances")


def first_utterance(value: object) -> dict[str, Any]:
    """The first utterance of a dialogue object; empty where the value has another shape."""
    utterances = value.get("utterances") if isinstance(value, dict) else None
    first = utterances[0] if isinstance(utterances, list) and utterances else None
    return first if isinstance(first, dict) else {}


def collect_dialogues(source: Source, values: Iterable[Any], *, id_key: str, speaker_key: str) -> Collector:
    """Collect dialogue objects ``{id_key: ..., "utterances": [{speaker_key, "text", "timestamp"}]}``."""
    collector = Collector(source)
    for number, value in enumerate(values, start=1):
        if not isinstance(value, dict) or not isinstance(value.get("utterances"), list):
            raise InputFileError(
                both(
                    f'{source.name} の {number} 番目の会話に "utterances" の配列がありません。',
                    f'Conversation {number} of {source.english_name} has no "utterances" array.',
                ),
                _SHAPE,
            )
        wanted = value.get(id_key)
        named = clean_text(str(wanted)) if isinstance(wanted, str | int) else ""
        conversation_id = collector.unused_id(named or source.stem)
        for index, utterance in enumerate(value["utterances"], start=1):
            fields = utterance if isinstance(utterance, dict) else {}
            speaker, said = fields.get(speaker_key), fields.get("text")
            speaker = str(speaker) if type(speaker) is int else speaker
            if not isinstance(speaker, str) or not clean_text(speaker):
                raise _lacks(source, number, index, speaker_key, both("話者の名前", "the speaker's name"))
            if not isinstance(said, str):
                raise _lacks(source, number, index, "text", both("文字列", "a string"))
            collector.add(clean_text(speaker), said, collector.read_timestamp(fields.get("timestamp")), conversation_id)
    return collector


def _lacks(source: Source, number: int, index: int, key: str, what: Words) -> InputFileError:
    """``key`` is not in that utterance of that conversation, or no ``what``."""
    return InputFileError(
        both(
            f'{source.name} の {number} 番目の会話、{index} 番目の発話に "{key}"（{what}）がありません。',
            f'Utterance {index} of conversation {number} of {source.english_name} has no "{key}" ({what.english}).',
        ),
        _SHAPE,
    )
