"""Conversation files -> Conversations and an import report. In: a path or bytes. Effect: reads the file named.

A new format is one file in one of this folder's rooms with a ``READER``, and one line in ``READERS``.
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from seikaku.conversation.readers import assistants, meetings, messengers, research
from seikaku.conversation.readers.decoding import decode
from seikaku.conversation.readers.generic import json_document, jsonl, plain, realpersonachat, table
from seikaku.conversation.readers.line import pc, phone
from seikaku.conversation.readers.recognition import choose, report_choice, report_given
from seikaku.conversation.readers.source import N_SAMPLE_BYTES, Content, Reader, Source, nothing_beside
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import InputFileError, Words, both, in_lang

# Of two that are as sure as each other the first is taken: the more particular before the more general.
READERS: tuple[Reader, ...] = (
    pc.READER,
    phone.READER,
    *messengers.READERS,
    *assistants.READERS,
    *meetings.READERS,
    *research.READERS,
    table.READER,
    realpersonachat.READER,
    jsonl.READER,
    json_document.READER,
    plain.READER,
)
FORMAT_NAMES: tuple[str, ...] = tuple(reader.name for reader in READERS)
# Files that come along with an export and hold no talk, by their names.
COMPANIONS: frozenset[str] = frozenset(name for reader in READERS for name in reader.companions)

_NO_PERMISSION = both("読み取りの権限がありません", "no permission to read")
_OPEN_REASONS = {
    errno.EACCES: _NO_PERMISSION,
    errno.EPERM: _NO_PERMISSION,
    errno.EISDIR: both("フォルダです", "it is a folder"),
    errno.ENOTDIR: both("途中にフォルダでないものがあります", "a part of its path is no folder"),
    errno.ENAMETOOLONG: both("名前が長すぎます", "the name is too long"),
}


LARGE_BYTES = 20_000_000  # of so many, a text of the whole file would take too much memory


def read_conversations(path: Path, *, format: str | None = None) -> ImportedFile:
    """Read one conversation file; ``format`` None means that the format is recognised.

    Raises InputFileError if the file is missing, unreadable, not text, of unknown format, or holds no utterance.
    """
    with explain_open_errors(path):
        if path.is_dir():
            raise InputFileError(
                both(f"{path} はフォルダです。", f"{path} is a folder."),
                both("フォルダの中の会話ファイルを 1 つ指定してください。", "Name one conversation file in it."),
            )
        content = Content(path.read_bytes())
    return parse_conversations(content, name=str(path), format=format)


@contextmanager
def explain_open_errors(path: Path) -> Iterator[None]:
    """Raise InputFileError, naming ``path``, where the block finds it missing or may not open it."""
    try:
        yield
    except FileNotFoundError:
        raise InputFileError(
            both(f"ファイル {path} が見つかりません。", f"There is no file {path}."),
            both(
                "パスとファイル名（空白があれば引用符で囲む）を確かめてください。",
                "Check its path and name (in quotes where it has spaces).",
            ),
        ) from None
    except OSError as error:
        reason = open_reason(error)
        raise InputFileError(
            both(
                f"ファイル {path} を開けません（{reason}）。",
                f"The file {path} cannot be opened ({in_lang(reason, 'en')}).",
            ),
            both("ファイルの場所と読み取り権限を確かめてください。", "Check where the file is and who may read it."),
        ) from None


def open_reason(error: OSError) -> str:
    """Why a file cannot be opened; the system's own words (English) for what is rare."""
    return _OPEN_REASONS.get(error.errno or 0, error.strerror or type(error).__name__)


def parse_conversations(
    data: bytes | Content, *, name: str, format: str | None = None, beside: Callable[[str], str | None] | None = None
) -> ImportedFile:
    """Read a conversation file's bytes; ``name`` is shown in errors, hints at the format and names the conversation.

    ``beside`` gives the text of a file that came along, by its name (``Source``). Raises InputFileError as
    ``read_conversations`` does.
    """
    if format is not None and format not in FORMAT_NAMES:
        raise InputFileError(
            both(f"形式 {format} はありません。", f"There is no format {format}."),
            both(
                f"--format には {'、'.join(FORMAT_NAMES)} のどれかを指定してください。",
                f"Give --format one of: {', '.join(FORMAT_NAMES)}.",
            ),
        )
    content = data if isinstance(data, Content) else Content(data)
    reader = None if format is None else reader_of(format)
    source, encoding = _open(content, name, beside, may_be_json=reader is None or reader.of_json)
    if reader is not None:
        judgement = reader.judge(source)
        imported = reader.parse(source).finish(reader.name, encoding)
        return replace(imported, report=report_given(imported.report, reader, judgement))
    ranked = choose(source, READERS if source.value is None else [one for one in READERS if one.of_json])
    reader = ranked[0][0]
    imported = reader.parse(source).finish(reader.name, encoding)
    return replace(imported, report=report_choice(imported.report, ranked))


def _load_large(data: bytes) -> Any:
    if len(data) < LARGE_BYTES:
        return None
    from seikaku.conversation.readers.large_json import load_large

    return load_large(data)


def _open(
    content: Content, name: str, beside: Callable[[str], str | None] | None, *, may_be_json: bool
) -> tuple[Source, str]:
    """What the readers look at, and the encoding."""
    data = content.take()
    if may_be_json and (value := _load_large(data)) is not None:  # and so it is UTF-8
        return Source(name, data[:N_SAMPLE_BYTES].decode(errors="ignore"), beside or nothing_beside, value), "utf-8"
    text, encoding = decode(data, name)
    return Source(name, text, beside or nothing_beside), encoding


def reader_of(name: str) -> Reader:
    """The reader of a format. ``name`` is one of FORMAT_NAMES."""
    return next(reader for reader in READERS if reader.name == name)


def title_of_format(name: str) -> Words:
    """The title of a format."""
    return reader_of(name).title
