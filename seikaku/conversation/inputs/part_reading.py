"""Parts -> conversations, each file by itself. In: parts. Out: what was read, and why the rest was not. Pure.

What a user chose alone must be readable. Of what came along with a folder or an archive, the rest is told.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from seikaku.conversation.inputs.gathering import Gathered, Part
from seikaku.conversation.readers import COMPANIONS, parse_conversations
from seikaku.conversation.readers.decoding import decode
from seikaku.conversation.readers.source import Content
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import InputFileError, both, in_lang

Beside = Callable[[str], str | None]
Parse = Callable[[Part, Content, Beside], ImportedFile]
_MAX_COMPANION_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class ReadFile:
    """One file, as it was read."""

    name: str
    imported: ImportedFile


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read, and a sentence (in both languages) for each file that was not."""

    files: tuple[ReadFile, ...]
    skipped: tuple[str, ...]


def parser_of(format: str | None) -> Parse:
    """Reads a part as ``format``; None: as what it is recognised to be."""

    def parse(part: Part, content: Content, beside: Beside) -> ImportedFile:
        return parse_conversations(content, name=part.name, format=format, beside=beside)

    return parse


def read_parts(
    gathered: Gathered, parse: Parse, on_part: Callable[[int, int], None] = lambda _done, _total: None
) -> Reading:
    """Read every part. Raises InputFileError for one that was chosen alone and cannot be read, or if none can be.

    A second file of the same bytes is left out: the same text twice would make an estimate look twice as sure.
    """
    files: list[ReadFile] = []
    skipped: list[str] = list(gathered.skipped)
    first: dict[bytes, str] = {}
    neighbours = _Neighbours(gathered.parts)
    for number, part in enumerate(gathered.parts):
        on_part(number, len(gathered.parts))
        if part.along and part.last_name in COMPANIONS:
            continue
        content = Content(part.read())
        digest = hashlib.sha256(content.data).digest()
        if digest in first:
            skipped.append(_is_copy(part.name, first[digest]))
            continue
        try:
            files.append(ReadFile(part.name, parse(part, content, neighbours.of(part))))
            first[digest] = part.name
        except InputFileError as error:
            if not part.along:
                raise
            skipped.append(error.message)
    if not files:
        raise _nothing_read(skipped)
    return Reading(tuple(files), tuple(skipped))


class _Neighbours:
    """Files that came along, found from beside another: in its folder, or in the nearest one above it."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._parts = {PurePosixPath(part.name): part for part in parts if part.along}
        self._texts: dict[PurePosixPath, str | None] = {}

    def of(self, part: Part) -> Beside:
        folders = PurePosixPath(part.name).parents if part.along else ()

        def beside(name: str) -> str | None:
            return next((self._text(folder / name) for folder in folders if folder / name in self._parts), None)

        return beside

    def _text(self, path: PurePosixPath) -> str | None:
        if path not in self._texts:
            part = self._parts[path]
            try:
                readable = part.n_bytes <= _MAX_COMPANION_BYTES
                self._texts[path] = decode(part.read(), part.name)[0] if readable else None
            except InputFileError:
                self._texts[path] = None
        return self._texts[path]


def _is_copy(name: str, earlier: str) -> str:
    return both(
        f"{name} の中身は {earlier} と同じなので、1 回だけ数えました。",
        f"{in_lang(name, 'en')} holds the same as {in_lang(earlier, 'en')}; it was counted once.",
    )


def _nothing_read(skipped: Sequence[str]) -> InputFileError:
    if not skipped:
        return InputFileError(
            both("会話のファイルがありません。", "There is no conversation file."),
            both("会話の入ったファイルを指定してください。", "Name a file that holds a conversation."),
        )
    n_more = len(skipped) - 1
    more_ja, more_en = (f"（ほかに {n_more} 個）", f" (and {n_more} more)") if n_more else ("", "")
    return InputFileError(
        both(
            f"会話として読めるファイルがありません。{skipped[0]}{more_ja}",
            f"No file can be read as a conversation. {in_lang(skipped[0], 'en')}{more_en}",
        ),
        both("会話の入ったファイルを指定してください。", "Name a file that holds a conversation."),
    )
