"""Whatever a caller holds -> conversations. In: paths, a talk as text, rows, or conversations. Effect: reads files.

No error holds a word of the talk: a text is named by its length, a row by its number.
"""

import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from seikaku.conversation.inputs.gathering import gather_path, open_archives
from seikaku.conversation.inputs.merging import read_as_one
from seikaku.conversation.readers import FORMAT_NAMES, parse_conversations
from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.source import Source
from seikaku.conversation.turns import Conversation, ImportedFile
from seikaku.errors import InputFileError, UserError, both, in_lang

Row: TypeAlias = Mapping[str, object] | tuple[object, ...]
Readable: TypeAlias = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Sequence[Row]
Talk: TypeAlias = Readable | ImportedFile | Conversation | Sequence[Conversation]

_TEXT_NAME = "渡された文字列"
_ROWS_NAME = "渡されたリスト"
_ROWS_SHAPE = both(
    '[{"speaker": "花子", "text": "こんにちは"}, ...] か [("花子", "こんにちは"), ...] の形にしてください。',
    'Pass [{"speaker": "Hanako", "text": "Hello"}, ...] or [("Hanako", "Hello"), ...].',
)
_TALK_SHAPES = both(
    "ファイルのパス、「名前：発話」を改行で並べた文字列、"
    '{"speaker", "text"} のリスト、seikaku.Conversation のどれかを渡してください。',
    'Pass a file\'s path, a text of lines "name: utterance", a list of {"speaker", "text"}, or a seikaku.Conversation.',
)
_ROW_KEYS = ("speaker", "text", "timestamp")
# One line of JSON is a talk too; a file's name may well begin with "[LINE]".
_JSON_BEGINS = re.compile(r"\s*(?:\{|\[\s*\{)")
_FILE_SUFFIXES = (".txt", ".csv", ".tsv", ".json", ".jsonl", ".log", ".md", ".vtt", ".srt", ".zip", ".docx", ".xlsx")


def read(source: Readable, *, format: str | None = None) -> ImportedFile:
    """Read files, a talk as text, or rows: the conversations and the report of what was kept and dropped.

    A ``str`` of several lines (or of JSON) is the talk itself, one of a single line is a path: of a file, a folder or
    a ZIP file; a list of paths is read as one. Of several files one name is one person, and a label such as
    "Speaker 1" another one in every file; files that are passed over are told in the report's warnings. Rows are
    ``{"speaker", "text", "timestamp"?}`` or ``(speaker, text[, timestamp])`` and are cleaned as JSON files are.
    ``format`` None means that the format is recognised. Raises InputFileError for what cannot be read, and UserError
    for a value of another kind.
    """
    if format is not None and format not in FORMAT_NAMES:
        raise UserError(
            both(f"形式 {format} はありません。", f"There is no format {format}."),
            both(
                f"format には {'、'.join(FORMAT_NAMES)} のどれかを渡してください。",
                f"Pass one of {', '.join(FORMAT_NAMES)} as format.",
            ),
        )
    paths = _as_paths(source)
    if format is not None and paths is None and not isinstance(source, str):
        raise UserError(
            both(
                f"format={format!r} は、ファイルと文字列にだけ使えます（渡されたのは {type(source).__name__}）。",
                f"format={format!r} is for files and texts only ({type(source).__name__} was passed).",
            ),
            both("format を省いてください。", "Leave out format."),
        )
    try:
        if paths is not None:
            return _read_paths(paths, format)
        if isinstance(source, str):
            # Half a surrogate pair cannot be encoded; the readers would drop it as well.
            return parse_conversations(source.encode("utf-8", "ignore"), name=_TEXT_NAME, format=format)
        return _collect_rows(source)
    except InputFileError as error:
        # The readers' advice speaks of the command line's flag.
        mend = {lang: in_lang(error.mend, lang).replace("--format", "format=") for lang in ("ja", "en")}
        raise InputFileError(error.message, both(mend["ja"], mend["en"])) from None


def _as_paths(source: object) -> list[Path] | None:
    """The paths that are meant: of one file or folder, or of a list of them; None for a talk itself."""
    if isinstance(source, str):
        return None if _is_talk(source) else [_existing(source)]
    if isinstance(source, os.PathLike):
        return [Path(source)]
    if isinstance(source, list | tuple) and source and all(isinstance(one, str | os.PathLike) for one in source):
        return [_existing(one) if isinstance(one, str) else Path(one) for one in source]
    return None


def _read_paths(paths: Sequence[Path], format: str | None) -> ImportedFile:
    skipped: list[str] = []
    parts = [part for path in dict.fromkeys(paths) for part in gather_path(path, skipped)]
    return read_as_one(open_archives(parts, skipped=tuple(skipped)), format)


def find_conversations(talk: Talk, *, format: str | None = None) -> ImportedFile | tuple[Conversation, ...]:
    """The conversations of ``talk``: as they are if they are conversations already, else read as ``read`` does."""
    if isinstance(talk, ImportedFile | Conversation) or _holds_conversations(talk):
        if format is not None:
            raise UserError(
                both(
                    f"format={format!r} は、読み取り済みの会話には使えません。",
                    f"format={format!r} is not for a conversation that has been read already.",
                ),
                both(
                    "format を省くか、seikaku.read に渡してください。", "Leave out format, or pass it to seikaku.read."
                ),
            )
        if isinstance(talk, ImportedFile):
            return talk
        return (talk,) if isinstance(talk, Conversation) else tuple(talk)  # type: ignore[arg-type]
    return read(talk, format=format)  # type: ignore[arg-type]


def _holds_conversations(talk: object) -> bool:
    return isinstance(talk, list | tuple) and bool(talk) and all(isinstance(item, Conversation) for item in talk)


def _is_talk(text: str) -> bool:
    return "\n" in text or "\r" in text or _JSON_BEGINS.match(text) is not None


def _existing(line: str) -> Path:
    """A path that exists, from a single line; the error repeats the line only if it is named like a file."""
    if not line.strip():
        raise InputFileError(both("渡された文字列は空です。", "The text that was passed is empty."), _TALK_SHAPES)
    path = Path(line)
    try:
        if path.exists():
            return path
    except (OSError, ValueError):  # longer than a name may be
        pass
    is_name = line.lower().endswith(_FILE_SUFFIXES)
    raise InputFileError(
        both(
            f"ファイル {line} が見つかりません。"
            if is_name
            else f"1 行の文字列（{len(line)} 文字）が、ファイルとして見つかりません。",
            f"There is no file {line}." if is_name else f"A text of one line ({len(line)} characters) names no file.",
        ),
        both(
            "ファイルならパスを確かめてください。"
            "会話の本文なら、「名前：発話」を改行で並べて 2 行以上で渡してください。",
            'If it is a file, check the path. If it is the talk itself, pass two or more lines "name: utterance".',
        ),
    )


def _collect_rows(rows: object) -> ImportedFile:
    if not isinstance(rows, list | tuple):
        raise UserError(
            both(
                f"会話として {type(rows).__name__} は読めません。",
                f"A value of type {type(rows).__name__} cannot be read as a conversation.",
            ),
            _TALK_SHAPES,
        )
    if not rows:
        raise InputFileError(both("渡されたリストは空です。", "The list that was passed is empty."), _ROWS_SHAPE)
    collector = Collector(Source(_ROWS_NAME, ""))
    for number, row in enumerate(rows, start=1):
        speaker, text, timestamp = _fields(row, number)
        written = timestamp.isoformat() if isinstance(timestamp, datetime) else timestamp
        collector.add(speaker, text, collector.read_timestamp(written))
    return collector.finish("json", "utf-8")


def _fields(row: object, number: int) -> tuple[str, str, object]:
    where_ja, where_en = f"渡されたリストの {number} 番目", f"Item {number} of the list"
    if isinstance(row, Mapping):
        speaker, text, timestamp = (row.get(key) for key in _ROW_KEYS)
    elif isinstance(row, tuple) and len(row) in {2, 3}:
        speaker, text, timestamp = (*row, None)[:3]
    else:
        kind = type(row).__name__
        n_values = len(row) if isinstance(row, tuple) else None
        kind_ja, kind_en = (
            (kind, kind) if n_values is None else (f"{n_values} 個の値の {kind}", f"{kind} of {n_values}")
        )
        raise InputFileError(
            both(
                f"{where_ja}は {kind_ja} で、話者と発話の組ではありません。",
                f"{where_en} is a {kind_en}, not a speaker with an utterance.",
            ),
            _ROWS_SHAPE,
        )
    if not isinstance(speaker, str) or not clean_text(speaker):
        raise InputFileError(
            both(
                f'{where_ja}に "speaker"（話者の名前、文字列）がありません。',
                f'{where_en} has no "speaker" (a name, a string).',
            ),
            _ROWS_SHAPE,
        )
    if not isinstance(text, str):
        raise InputFileError(
            both(
                f'{where_ja}に "text"（発話、文字列）がありません。',
                f'{where_en} has no "text" (an utterance, a string).',
            ),
            _ROWS_SHAPE,
        )
    return clean_text(speaker), text, timestamp
