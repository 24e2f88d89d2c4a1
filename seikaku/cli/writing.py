"""Output files and folders of the verbs, and why one cannot be written, in two lines. Effects: disk."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seikaku.errors import SeikakuError, UserError
from seikaku.files import open_atomic

_REASONS = {
    errno.EACCES: "書き込みの権限がありません",
    errno.EPERM: "書き込みの権限がありません",
    errno.EROFS: "読み取り専用の場所です",
    errno.EEXIST: "途中にフォルダでないものがあります",
    errno.ENOTDIR: "途中にフォルダでないものがあります",
}


@contextmanager
def explain_write_errors(path: Path) -> Iterator[None]:
    """Raise UserError, naming ``path`` or what else could not be read, for an OSError inside the block.

    SeikakuError for a full disk.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise SeikakuError(
                f"ディスクの空きが足りず、{path} を書けません。", "空きを作るか、別の出力先を指定してください。"
            ) from None
        reason = error.strerror or type(error).__name__
        if isinstance(error.filename, str) and not _belongs(Path(error.filename), path):
            raise UserError(f"{error.filename} を読めません（{reason}）。", "権限を確かめてください。") from None
        reason = _REASONS.get(error.errno or 0, reason)
        raise UserError(
            f"{path} に書けません（{reason}）。", "書き込めるフォルダを出力先に指定してください。"
        ) from None


def _belongs(named: Path, out: Path) -> bool:
    """Whether ``named`` is the output, above it, in it, or what is put in its place when it is complete."""
    named, out = named.resolve(), out.resolve()
    if out.is_relative_to(named):
        return True
    return named.is_relative_to(out.parent) and out.name in named.relative_to(out.parent).parts[0]


def check_output(path: Path) -> None:
    """Find out before the work begins, without writing, whether ``path`` can be written. Raises UserError."""
    if path.is_dir():
        raise UserError(f"出力先 {path} はフォルダです。", "ファイルの名前まで指定してください。")
    with explain_write_errors(path):
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def write_text(path: Path, text: str) -> None:
    """Write ``text`` whole or not at all. Raises UserError."""
    with explain_write_errors(path), open_atomic(path) as stream:
        stream.write(text)
