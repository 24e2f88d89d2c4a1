"""Conversation files -> Conversations and an import report. In: a path or bytes. Effect: reads the file named.

A new format is one file in this folder with a ``READER``, and one line in ``READERS``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seikaku.conversation.readers import json_document, jsonl, line, line_pc, plain, realpersonachat, table
from seikaku.conversation.readers.collector import Reader, Source
from seikaku.conversation.readers.decoding import decode
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import InputFileError

# In the order in which they are asked: the more particular before the more general.
READERS: tuple[Reader, ...] = (
    table.READER,
    line_pc.READER,
    line.READER,
    realpersonachat.READER,
    jsonl.READER,
    json_document.READER,
    plain.READER,
)
FORMAT_NAMES: tuple[str, ...] = tuple(reader.name for reader in READERS)


def read_conversations(path: Path, *, format: str | None = None) -> ImportedFile:
    """Read one conversation file; ``format`` None means that the format is recognised.

    Raises InputFileError if the file is missing, unreadable, not text, of unknown format, or holds no utterance.
    """
    if path.is_dir():
        raise InputFileError(f"{path} はフォルダです。", "フォルダの中の会話ファイルを 1 つ指定してください。")
    with explain_open_errors(path):
        data = path.read_bytes()
    return parse_conversations(data, name=str(path), format=format)


@contextmanager
def explain_open_errors(path: Path) -> Iterator[None]:
    """Raise InputFileError, naming ``path``, where the block finds it missing or may not open it."""
    try:
        yield
    except FileNotFoundError:
        raise InputFileError(
            f"ファイル {path} が見つかりません。", "パスとファイル名（空白があれば引用符で囲む）を確かめてください。"
        ) from None
    except OSError as error:
        raise InputFileError(
            f"ファイル {path} を開けません（{error.strerror}）。", "ファイルの読み取り権限を確かめてください。"
        ) from None


def parse_conversations(data: bytes, *, name: str, format: str | None = None) -> ImportedFile:
    """Read a conversation file's bytes; ``name`` is shown in errors, hints at the format and names the conversation.

    Raises InputFileError as ``read_conversations`` does.
    """
    if format is not None and format not in FORMAT_NAMES:
        raise InputFileError(
            f"形式 {format} はありません。", f"--format には {_formats()} のどれかを指定してください。"
        )
    text, encoding = decode(data, name)
    source = Source(name, text)
    reader = next(
        (reader for reader in READERS if (reader.name == format if format else reader.recognises(source))), None
    )
    if reader is None:
        raise InputFileError(
            f"{name} の形式がわかりません。",
            f"--format で {_formats()} のどれかを指定するか、「名前：発話」の行にしてください。",
        )
    return reader.parse(source).finish(reader.name, encoding)


def title_of_format(name: str) -> str:
    """The Japanese title of a format."""
    return next(reader.title_ja for reader in READERS if reader.name == name)


def _formats() -> str:
    return "、".join(FORMAT_NAMES)
