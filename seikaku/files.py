"""Writing files so that nothing is ever half-written, and hashing them. Effects: disk."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

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


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented UTF-8 JSON, atomically."""
    with open_atomic(path) as stream:
        json.dump(value, stream, ensure_ascii=False, indent=2)
        stream.write("\n")


def sha256_of_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
