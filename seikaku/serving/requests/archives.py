"""A ZIP file of a form, unpacked in memory under limits: no path is written, and a member's name is only shown.

In: the bytes of an upload. Out: its files, and why others were left out. Raises TooLargeError for a bomb and
InputFileError for a broken archive. What lies in an archive is not unpacked again.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from seikaku.errors import InputFileError, Words, both
from seikaku.serving.requests.problems import TooLargeError
from seikaku.serving.requests.uploads import UploadedFile

MAX_ENTRIES = 2_000  # hidden ones count: macOS adds one to each file
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
    """The files of an archive, by name, and a sentence for each one that was left out."""

    files: tuple[UploadedFile, ...]
    skipped: tuple[Words, ...]


def is_archive(data: bytes) -> bool:
    """Whether these bytes begin as an archive does."""
    return data.startswith(_STARTS)


def is_hidden(path: str) -> bool:
    """Whether a file, or a folder on the way to it, is hidden or the system's own."""
    parts = PurePosixPath(path).parts
    return any((part.startswith(".") and part != "..") or part in _NOT_OURS for part in parts)


def unpack(archive: UploadedFile, max_bytes: int) -> Unpacked:
    """All files of ``archive`` that are not hidden, ``max_bytes`` of them together at most."""
    if archive.data.count(_ENTRY) > MAX_ENTRIES:  # before the list is read: a long one takes minutes
        raise TooLargeError(
            both(
                f"{archive.name} に入っているものが多すぎます（上限 {MAX_ENTRIES:,} 個）。",
                f"{archive.name} holds too many files (limit: {MAX_ENTRIES:,}).",
            ),
            both("会話だけを入れるか、分けてください。", "Put only conversations in it, or split it."),
        )
    files: list[UploadedFile] = []
    skipped: list[Words] = []
    left = max_bytes
    try:
        with zipfile.ZipFile(io.BytesIO(archive.data)) as opened:
            if not _OFFICE.isdisjoint(opened.namelist()):
                raise _is_office(archive.name)
            for info in _own_files(opened):
                name = _readable_name(info)
                shown = f"{archive.name}/{name}"
                if reason := _why_closed(info, shown):
                    skipped.append(reason)
                    continue
                data = _read(opened, info, min(left, _most_from(info)))
                if data is None:
                    raise _too_large(archive.name, max_bytes)
                left -= len(data)
                files.append(UploadedFile(shown, data))
    except _BROKEN:
        raise InputFileError(
            both(f"{archive.name} は ZIP として壊れています。", f"{archive.name} is broken as a ZIP file."),
            both("作り直すか、中のファイルをそのまま入れてください。", "Make it anew, or add the files in it."),
        ) from None
    return Unpacked(tuple(files), tuple(skipped))


def _is_office(name: str) -> InputFileError:
    return InputFileError(
        both(f"{name} は Excel や Word などの文書です。", f"{name} is a document of Excel, Word or the like."),
        both(
            "会話をテキスト（.txt）、CSV、JSON のどれかで書き出してください。",
            "Export the conversation as text (.txt), CSV or JSON.",
        ),
    )


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


def _too_large(name: str, max_bytes: int) -> TooLargeError:
    return TooLargeError(
        both(
            f"{name} は、広げると大きすぎるか、圧縮されすぎています（広げて合わせて {max_bytes:,} バイトまで）。",
            f"{name} is too large when unpacked, or pressed too far (limit: {max_bytes:,} bytes in all).",
        ),
        both("会話だけを入れるか、分けてください。", "Put only conversations in it, or split it."),
    )
