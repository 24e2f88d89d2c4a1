"""Writing files so that nothing is ever half-written and nobody else writes them; hashing. Effects: disk."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from seikaku.errors import TakenError

_OWNER_ONLY = 0o600


@contextmanager
def open_atomic(path: Path, mode: str = "w", *, is_private: bool = False) -> Iterator[IO[Any]]:
    """Open a temporary file beside ``path``; rename it to ``path`` only when the block ends without an error.

    ``mode`` is "w" (UTF-8 text, LF) or "wb". On an error the temporary file is removed and ``path`` is untouched.
    ``is_private``: it quotes what people said, and only its owner may read it, whatever the file of that name allowed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    text = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
    try:
        if is_private:
            os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, _OWNER_ONLY))
        with temporary.open(mode, **text) as stream:  # type: ignore[call-overload]
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def claim(path: Path) -> Iterator[None]:
    """Let no other process write ``path``, a file or a folder, meanwhile. Raises TakenError where one does.

    The lock is the system's and goes with the process, however that ends. Its file ``.NAME.lock`` beside ``path`` holds
    the number of the process; a killed one leaves the file, which locks nothing.
    """
    from filelock import FileLock, Timeout

    place = path.absolute()
    is_new = not place.parent.exists()
    place.parent.mkdir(parents=True, exist_ok=True)
    file = place.with_name(f".{place.name}.lock")
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise TakenError(path, _read_number(file)) from None
    try:
        file.write_text(f"{os.getpid()}\n", encoding="ascii")
        yield
    finally:
        file.unlink(missing_ok=True)  # while it is held: filelock takes no lock of a file that has lost its name
        lock.release()
        if is_new:  # and nothing was written
            with suppress(OSError):
                place.parent.rmdir()


def _read_number(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()[:20]
    except OSError:
        return ""


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented UTF-8 JSON, atomically."""
    with open_atomic(path) as stream:
        json.dump(value, stream, ensure_ascii=False, indent=2)
        stream.write("\n")


def sha256_of_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
