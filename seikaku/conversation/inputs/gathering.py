"""What a user hands over, file by file: each with a name, a size and its bytes. Effect: lists folders, reads files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from seikaku.conversation.inputs.archives import MAX_ENTRIES, is_hidden, starts_as_archive
from seikaku.conversation.inputs.archives import unpack as unpack_archive
from seikaku.conversation.inputs.limits import TooLargeInputError
from seikaku.conversation.readers import explain_open_errors
from seikaku.errors import InputFileError, Words, both

MAX_BYTES = 1_000_000_000  # of everything in all archives together, unpacked
_N_START = 4


@dataclass(frozen=True, slots=True)
class Part:
    """One file. ``along``: it came with a folder or an archive, nobody chose it by itself.

    ``name`` is shown, and holds the folders on the way with "/"; ``read`` gives the bytes; ``start`` the first four.
    """

    name: str
    read: Callable[[], bytes]
    n_bytes: int
    start: bytes
    along: bool = False

    @property
    def last_name(self) -> str:
        """The name without folders."""
        return PurePosixPath(self.name.replace("\\", "/")).name


@dataclass(frozen=True, slots=True)
class Gathered:
    """All files, those of archives in their archive's place, and a sentence for each one that cannot be opened."""

    parts: tuple[Part, ...]
    skipped: tuple[Words | str, ...]


def part_of_bytes(name: str, data: bytes, *, along: bool = False) -> Part:
    """A part that is in memory already."""
    return Part(name, lambda: data, len(data), data[:_N_START], along)


def part_of_file(path: Path, *, along: bool = False) -> Part:
    """A part on a disk, read when it is asked for. Raises InputFileError for what cannot be opened."""
    with explain_open_errors(path):
        n_bytes = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(_N_START)

    def read() -> bytes:
        with explain_open_errors(path):
            return path.read_bytes()

    return Part(str(path), read, n_bytes, start, along)


def gather_path(path: Path, skipped: list[str]) -> Iterator[Part]:
    """A file; or all files in and below a folder that are not hidden, in the order of their paths."""
    with explain_open_errors(path):
        is_folder = path.is_dir()
    if not is_folder:
        yield part_of_file(path)
        return
    for inner in sorted(path.rglob("*")):
        if not inner.is_file() or is_hidden(inner.relative_to(path).as_posix()):
            continue
        try:
            yield part_of_file(inner, along=True)
        except InputFileError as error:
            skipped.append(error.message)


def open_archives(parts: list[Part], *, max_bytes: int = MAX_BYTES, skipped: tuple[str, ...] = ()) -> Gathered:
    """``parts`` with the files of archives (and of archives in them, once) in their archive's place.

    Raises InputFileError for a broken archive that was chosen by itself, and TooLargeInputError above a limit.
    """
    told: list[Words | str] = list(skipped)
    left = max_bytes
    found: list[Part] = []
    for part in parts:
        if not starts_as_archive(part.start):
            found.append(part)
            continue
        data = part.read()
        try:
            unpacked = unpack_archive(part.name, data, left)
        except TooLargeInputError:
            raise
        except InputFileError as error:
            if not part.along:
                raise
            told.append(error.message)
            continue
        if unpacked is None:  # a document of Word or Excel is a file, not an archive
            found.append(part)
            continue
        left -= sum(len(member) for _, member in unpacked.files)
        told += unpacked.skipped
        found += [part_of_bytes(name, member, along=True) for name, member in unpacked.files]
    if len(found) > MAX_ENTRIES:
        raise TooLargeInputError(
            both(
                f"ファイルが {len(found):,} 個あります（上限 {MAX_ENTRIES:,} 個）。",
                f"There are {len(found):,} files (limit: {MAX_ENTRIES:,}).",
            ),
            both("分けて入れてください。", "Add fewer at a time."),
        )
    return Gathered(tuple(found), tuple(told))
