"""What a batch transform is asked: talk files, a folder of them, or JSON Lines -> one request a speaker, as a stream.

Wiring: `seikaku.cloud` takes lines of bytes and knows no talk. In: a path. Out: ``BatchLine`` after ``BatchLine``, then
lines to send; only one talk is in memory. Effect: reads the files named.

A line of JSON Lines is a request of the API (with "conversation" or "conversations") or one conversation, whose
speakers are asked about one by one; of a conversation only the speaker's own utterances are sent.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seikaku.cloud.serving.batch_lines import Outgoing
from seikaku.cloud.serving.batch_request import MEGABYTE, BatchPlan
from seikaku.conversation.readers import read_conversations
from seikaku.conversation.readers.generic.dialogues import collect_dialogues
from seikaku.conversation.readers.json_text import load_json
from seikaku.conversation.readers.source import Source
from seikaku.conversation.turns import Conversation, ImportedFile
from seikaku.errors import InputFileError, both

_LINES_SUFFIXES = frozenset({".jsonl", ".ndjson"})
_REQUEST_KEYS = frozenset({"conversation", "conversations"})


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One request by where it comes from; instead of the ``request`` there may be an ``error`` that was found here."""

    source: str
    request: dict[str, Any] | None
    error: InputFileError | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What every request asks for; ``speaker`` None: every speaker."""

    purpose: str
    speaker: str | None
    n_evidence: int


def read_batch(path: Path, format_name: str | None, asked: Asked) -> Iterator[BatchLine]:
    """The requests of a file or folder. Raises InputFileError for a path that is not there or cannot be opened."""
    if path.is_dir():
        yield from _read_folder(path, format_name, asked)
    elif path.suffix.lower() in _LINES_SUFFIXES and format_name in (None, "jsonl"):
        yield from _read_lines(path, asked)
    else:
        yield from _ask_about(str(path), read_conversations(path, format=format_name), asked)


def _read_folder(folder: Path, format_name: str | None, asked: Asked) -> Iterator[BatchLine]:
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        try:
            yield from read_batch(path, format_name, asked)
        except InputFileError as error:
            yield BatchLine(str(path), None, error)


def _read_lines(path: Path, asked: Asked) -> Iterator[BatchLine]:
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        raise InputFileError(
            both(f"ファイル {path} が見つかりません。", f"There is no file {path}."),
            both("パスとファイル名を確かめてください。", "Check its path and name."),
        ) from None
    except OSError as error:
        raise InputFileError(
            both(
                f"ファイル {path} を開けません（{error.strerror}）。",
                f"The file {path} cannot be opened ({error.strerror}).",
            ),
            both("ファイルの読み取り権限を確かめてください。", "Check who may read it."),
        ) from None
    with stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            where = f"{path}（{number} 行目）"
            try:
                yield from _read_line(where, line, number, asked)
            except InputFileError as error:
                yield BatchLine(where, None, error)


def _read_line(where: str, line: bytes, number: int, asked: Asked) -> Iterator[BatchLine]:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        raise InputFileError(
            both(f"{where} は UTF-8 ではありません。", f"{where} is not UTF-8."),
            both("UTF-8 で保存し直してください。", "Save it as UTF-8."),
        ) from None
    source = Source(where, text)
    value = load_json(source, text, number)
    if isinstance(value, dict) and _REQUEST_KEYS & value.keys():
        defaults: dict[str, Any] = {"purpose": asked.purpose, "n_evidence": asked.n_evidence}
        if asked.speaker is not None:
            defaults["speaker"] = asked.speaker
        yield BatchLine(where, defaults | value)
        return
    collector = collect_dialogues(source, [value], id_key="conversation_id", speaker_key="speaker")
    yield from _ask_about(where, collector.finish("jsonl", "utf-8"), asked)


def _ask_about(source: str, imported: ImportedFile, asked: Asked) -> Iterator[BatchLine]:
    """A request for each speaker wanted; none where the wanted one does not speak."""
    for speaker in imported.report.speakers:
        if asked.speaker in (None, speaker):
            request = {"purpose": asked.purpose, "speaker": speaker, "n_evidence": asked.n_evidence}
            yield BatchLine(source, request | {"conversations": _own_talk(imported.conversations, speaker)})


def _own_talk(conversations: Sequence[Conversation], speaker: str) -> list[dict[str, Any]]:
    return [
        {"conversation_id": conversation.conversation_id, "utterances": said}
        for conversation in conversations
        if (said := [_utterance(u) for u in conversation.utterances if u.speaker == speaker])
    ]


def _utterance(utterance: Any) -> dict[str, str]:
    said = {"speaker": utterance.speaker, "text": utterance.text}
    if utterance.timestamp is not None:
        said["timestamp"] = utterance.timestamp.isoformat()
    return said


def encode_lines(lines: Iterator[BatchLine], plan: BatchPlan) -> Iterator[Outgoing]:
    """The lines as they are sent; one too large for an invocation is not, and its problem says so as the API would."""
    from seikaku.serving.requests.problems import TooLargeError, describe_problem

    for line in lines:
        error: Exception | None = line.error
        encoded = b"" if line.request is None else _encode(line.request)
        if len(encoded) > plan.max_line_bytes:
            size, most = f"{len(encoded) / MEGABYTE:.1f} MB", f"{plan.max_payload_mb} MB"
            error = TooLargeError(
                both(f"1 件が {size} あります（上限 {most}）。", f"One request has {size} (the most is {most})."),
                both(
                    "--max_payload_mb を大きくするか、会話を分けてください。",
                    "Make --max_payload_mb larger, or split the conversation.",
                ),
            )
        yield Outgoing(line.source, encoded, None if error is None else describe_problem(error, plan.name))


def _encode(request: dict[str, Any]) -> bytes:
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
