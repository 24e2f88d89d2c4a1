"""JSON values -> utterances, shared by the three JSON formats. Pure. Any wrong type is an InputFileError."""

import json
from collections.abc import Iterable
from typing import Any

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector, Source
from seikaku.errors import InputFileError

_SHAPE = '{"conversation_id": "1", "utterances": [{"speaker": "花子", "text": "こんにちは"}]} の形にしてください。'


def load_json(source: Source, text: str, line_number: int = 1) -> Any:
    """Parse ``text``, which begins at ``line_number`` of the file. Raises InputFileError with line and column."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{error.lineno + line_number - 1} 行 {error.colno} 列"
    except RecursionError:
        where = "入れ子が深すぎます"
    except ValueError:  # an integer of more digits than Python reads
        where = "数値が長すぎます"
    raise InputFileError(
        f"{source.name} は JSON として壊れています（{where}）。",
        "その場所の引用符・かっこ・カンマを確かめるか、もとのアプリから書き出し直してください。",
    )


def collect_dialogues(source: Source, values: Iterable[Any], *, id_key: str, speaker_key: str) -> Collector:
    """Collect dialogue objects ``{id_key: ..., "utterances": [{speaker_key, "text", "timestamp"}]}``."""
    collector = Collector(source)
    for number, value in enumerate(values, start=1):
        if not isinstance(value, dict) or not isinstance(value.get("utterances"), list):
            raise InputFileError(f'{source.name} の {number} 番目の会話に "utterances" の配列がありません。', _SHAPE)
        wanted = value.get(id_key)
        named = clean_text(str(wanted)) if isinstance(wanted, str | int) else ""
        conversation_id = collector.unused_id(named or source.stem)
        for index, utterance in enumerate(value["utterances"], start=1):
            where = f"{source.name} の {number} 番目の会話、{index} 番目の発話"
            _collect(collector, utterance, where, conversation_id, speaker_key)
    return collector


def _collect(collector: Collector, utterance: Any, where: str, conversation_id: str, speaker_key: str) -> None:
    fields = utterance if isinstance(utterance, dict) else {}
    speaker, text = fields.get(speaker_key), fields.get("text")
    speaker = str(speaker) if type(speaker) is int else speaker
    if not isinstance(speaker, str) or not clean_text(speaker):
        raise InputFileError(f'{where}に "{speaker_key}"（話者の名前）がありません。', _SHAPE)
    if not isinstance(text, str):
        raise InputFileError(f'{where}に "text"（文字列）がありません。', _SHAPE)
    timestamp = collector.read_timestamp(fields.get("timestamp"))
    collector.add(clean_text(speaker), text, timestamp, conversation_id)
