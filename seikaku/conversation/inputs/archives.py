"""A ZIP file, unpacked in memory under limits: no path is written, and a member's name is only shown.

In: an archive's bytes. Out: its files, and why others were left out. Raises TooLargeInputError for a bomb and
InputFileError for a broken archive. An archive in an archive is unpacked too, but no deeper.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from seikaku.conversation.inputs.limits import TooLargeInputError
from seikaku.errors import InputFileError, Words, both, in_lang

MAX_ENTRIES = 20_000  # hidden ones count: macOS adds one to each file. Slack writes one for each channel and day
_MAX_RATIO = 200  # of talk 5 to 15, of one word again and again about 200
_BYTES_WITHOUT_RATIO = 1_000_000  # so little can be let in however far it was pressed
_STARTS = (b"PK\x03\x04", b"PK\x05\x06")  # a file's header; the end of an archive without files
_ENTRY = b"PK\x01\x02"  # of the list of contents
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # the others may ask for any amount of memory
_ENCRYPTED = 0x1
_NAME_IS_UTF8 = 0x800
# All that zipfile raises on a damaged file; RuntimeError where a damaged header asks for what it does not know.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, OSError)
_OFFICE = frozenset({"[Content_Types].xml", "mimetype"})  # documents that are archives inside
_NOT_OURS = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})  # what a system puts beside one's own files


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The files of an archive, each with its name, and a sentence for each one that was left out."""

    files: tuple[tuple[str, bytes], ...]
    skipped: tuple[Words, ...]


def starts_as_archive(data: bytes) -> bool:
    """Whether these bytes begin as an archive does; so do the documents of Word and Excel."""
    return data.startswith(_STARTS)


def is_hidden(path: str) -> bool:
    """Whether a file, or a folder on the way to it, is hidden or the system's own."""
    parts = PurePosixPath(path).parts
    return any((part.startswith(".") and part != "..") or part in _NOT_OURS for part in parts)


def unpack(name: str, data: bytes, max_bytes: int) -> Unpacked | None:
    """All files of an archive that are not hidden, ``max_bytes`` of them together at most; None for a document."""
    files: list[tuple[str, bytes]] = []
    skipped: list[Words] = []
    left = max_bytes
    outer = _unpack_one(name, data, left, skipped)
    if outer is None:
        return None
    for inner_name, inner in outer:
        left -= len(inner)
        members = _unpack_inner(inner_name, inner, left, skipped) if starts_as_archive(inner) else None
        if members is None:
            files.append((inner_name, inner))
            continue
        left -= sum(len(member) for _, member in members)
        for deep_name, member in members:
            if starts_as_archive(member) and not _is_document(member):
                skipped.append(_too_deep(deep_name))
            else:
                files.append((deep_name, member))
        if len(files) > MAX_ENTRIES:
            raise _too_many(name)
    return Unpacked(tuple(files), tuple(skipped))


def _unpack_inner(name: str, data: bytes, left: int, skipped: list[Words]) -> list[tuple[str, bytes]] | None:
    """As ``_unpack_one``; a broken archive in an archive is passed over like any file that cannot be read."""
    try:
        return _unpack_one(name, data, left, skipped)
    except TooLargeInputError:
        raise
    except InputFileError as error:
        skipped.append(both(error.message, in_lang(error.message, "en")))
        return []


def _unpack_one(name: str, data: bytes, max_bytes: int, skipped: list[Words]) -> list[tuple[str, bytes]] | None:
    if data.count(_ENTRY) > MAX_ENTRIES:  # before the list is read: a long one takes minutes
        raise _too_many(name)
    files: list[tuple[str, bytes]] = []
    left = max_bytes
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            if not _OFFICE.isdisjoint(opened.namelist()):
                return None
            for info in _own_files(opened):
                shown = f"{name}/{_readable_name(info)}"
                if reason := _why_closed(info, shown):
                    skipped.append(reason)
                    continue
                member = _read(opened, info, min(left, _most_from(info)))
                if member is None:
                    raise _too_large(name, max_bytes)
                left -= len(member)
                files.append((shown, member))
    except _BROKEN:
        raise InputFileError(
            both(f"{name} は ZIP として壊れています。", f"{name} is broken as a ZIP file."),
            both("作り直すか、中のファイルをそのまま入れてください。", "Make it anew, or add the files in it."),
        ) from None
    return files


def _is_document(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            return not _OFFICE.isdisjoint(opened.namelist())
    except _BROKEN:
        return False


def _own_files(opened: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    for info in opened.infolist():
        if not info.is_dir() and not is_hidden(info.filename):
            yield info


def _most_from(info: zipfile.ZipInfo) -> int:
    return max(_BYTES_WITHOUT_RATIO, _MAX_RATIO * info.compress_size)


def _read(opened: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes | None:
    """The file's bytes; None once there are more than ``most``, whatever size its header claims."""
    with opened.open(info) as stream:
        data = stream.read(most + 1)
    return None if len(data) > most else data


def _why_closed(info: zipfile.ZipInfo, shown: str) -> Words | None:
    if info.flag_bits & _ENCRYPTED:
        return both(f"{shown} にはパスワードがかかっています。", f"{shown} is locked by a password.")
    if info.compress_type not in _METHODS:
        return both(f"{shown} の圧縮の方式は読めません。", f"{shown} is compressed in a way that is not read here.")
    return None


def _readable_name(info: zipfile.ZipInfo) -> str:
    """The name on one line. Archives made in Japan often hold Shift_JIS and do not say so."""
    name = info.filename
    if not info.flag_bits & _NAME_IS_UTF8:
        raw = name.encode("cp437", "replace")  # as the library has read it
        for encoding in ("utf-8", "cp932"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return "".join(character if character.isprintable() else " " for character in name)


def _too_large(name: str, max_bytes: int) -> TooLargeInputError:
    return TooLargeInputError(
        both(
            f"{name} は、広げると大きすぎるか、圧縮されすぎています（広げて合わせて {max_bytes:,} バイトまで）。",
            f"{name} is too large when unpacked, or pressed too far (limit: {max_bytes:,} bytes in all).",
        ),
        both("会話だけを入れるか、分けてください。", "Put only conversations in it, or split it."),
    )


def _too_many(name: str) -> TooLargeInputError:
    return TooLargeInputError(
        both(
            f"{name} に入っているものが多すぎます（上限 {MAX_ENTRIES:,} 個）。",
            f"{name} holds too many files (limit: {MAX_ENTRIES:,}).",
        ),
        both("会話だけを入れるか、分けてください。", "Put only conversations in it, or split it."),
    )


def _too_deep(name: str) -> Words:
    return both(
        f"{name} は、書庫の中の書庫の中にある書庫なので開きません。",
        f"{name} lies too deep to be opened: an archive in an archive in an archive.",
    )
