"""Output files of the verbs. Effects: disk; a place that cannot be written is the user's mistake, in two lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seikaku.errors import UserError
from seikaku.files import open_atomic


@contextmanager
def explain_write_errors(path: Path) -> Iterator[None]:
    """Raise UserError, naming ``path``, for an OSError inside the block."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path} に書けません（{error.strerror}）。",
            "フォルダと書き込み権限、ディスクの空きを確かめるか、別の出力先を指定してください。",
        ) from None


def check_output(path: Path) -> None:
    """Find out before the work begins whether ``path`` can be written. Raises UserError."""
    if path.is_dir():
        raise UserError(f"出力先 {path} はフォルダです。", "ファイルの名前まで指定してください。")
    with explain_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = path.with_name(f".{path.name}.probe")
        probe.touch()
        probe.unlink()


def write_text(path: Path, text: str) -> None:
    """Write ``text`` whole or not at all. Raises UserError."""
    with explain_write_errors(path), open_atomic(path) as stream:
        stream.write(text)
