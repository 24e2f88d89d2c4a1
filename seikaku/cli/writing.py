"""Output files of the verbs, and why one cannot be written, in two lines. Effects: disk."""

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
    """Raise UserError, naming ``path``, for an OSError inside the block; SeikakuError for a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise SeikakuError(
                f"ディスクの空きが足りず、{path} を書けません。", "空きを作るか、別の出力先を指定してください。"
            ) from None
        reason = _REASONS.get(error.errno or 0, error.strerror)
        raise UserError(
            f"{path} に書けません（{reason}）。", "書き込めるフォルダを出力先に指定してください。"
        ) from None


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
