"""Output files and folders of the verbs, and why one cannot be written, in two lines.

Effects: disk; a note where a folder will be made.
"""

import errno
import os
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from seikaku.cli.language import tell
from seikaku.conversation.readers import open_reason
from seikaku.errors import SeikakuError, TakenError, UserError, both, in_lang
from seikaku.files import open_atomic

HTML_ENDINGS = (".html", ".htm")
CSV_ENDINGS = (".csv", ".txt")

_NO_PERMISSION = both("書き込みの権限がありません", "no permission to write")
_NO_FOLDER = both("途中にフォルダでないものがあります", "a part of its path is no folder")
_REASONS = {
    errno.EACCES: _NO_PERMISSION,
    errno.EPERM: _NO_PERMISSION,
    errno.EROFS: both("読み取り専用の場所です", "it is a read-only place"),
    errno.EEXIST: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
    errno.ENAMETOOLONG: both("名前が長すぎます", "the name is too long"),
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
                both(f"ディスクの空きが足りず、{path} を書けません。", f"The disk is too full to write {path}."),
                both("空きを作るか、別の出力先を指定してください。", "Make room, or name another output."),
            ) from None
        if isinstance(error.filename, str) and not _belongs(Path(error.filename), path):
            reason = open_reason(error)
            raise UserError(
                both(
                    f"{error.filename} を読めません（{reason}）。",
                    f"{error.filename} cannot be read ({in_lang(reason, 'en')}).",
                ),
                both("権限を確かめてください。", "Check who may read it."),
            ) from None
        reason = _REASONS.get(error.errno or 0, error.strerror or type(error).__name__)
        raise UserError(
            both(f"{path} に書けません（{reason}）。", f"{path} cannot be written ({in_lang(reason, 'en')})."),
            both("書き込めるフォルダを出力先に指定してください。", "Name an output in a folder that can be written."),
        ) from None


@contextmanager
def writes(path: Path) -> Iterator[None]:
    """The block writes ``path``, a file or a folder, and nobody else does meanwhile.

    Raises TakenError where another process does, and UserError where nothing can be written: before the block begins.
    An OSError of the block is not explained: in long work it may be of anything else.
    """
    with ExitStack() as stack:
        with explain_write_errors(path):
            stack.enter_context(claim(path))
            if path.exists() and not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        yield


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


def _belongs(named: Path, out: Path) -> bool:
    """Whether ``named`` is the output, above it, in it, or what is put in its place when it is complete."""
    named, out = named.resolve(), out.resolve()
    if out.is_relative_to(named):
        return True
    return named.is_relative_to(out.parent) and out.name in named.relative_to(out.parent).parts[0]


def check_output(path: Path, endings: Collection[str] = (), inputs: Collection[str] = ()) -> None:
    """Find out before the work begins, without writing, whether ``path`` can be written. Raises UserError.

    ``endings``: those of the format that is written; a name that ends in another is refused, one without is not.
    ``inputs``: the files that are read, none of which may be overwritten. A folder that is missing is made when the
    file is written, and told now.
    """
    with explain_write_errors(path):
        _check_name(path, endings, inputs)
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    if folder != path.absolute().parent:
        tell(
            both(
                f"フォルダ {path.parent} はまだないので、書くときに作ります。",
                f"The folder {path.parent} is not there yet; it is made when the file is written.",
            )
        )


def _check_name(path: Path, endings: Collection[str], inputs: Collection[str]) -> None:
    if str(path) == "-":
        raise UserError(
            both("ここでは - （標準出力）には書けません。", "Standard output (-) cannot be written to here."),
            both("ファイルの名前を指定してください。", "Name a file."),
        )
    if path.is_dir():
        raise UserError(
            both(f"出力先 {path} はフォルダです。", f"The output {path} is a folder."),
            both("ファイルの名前まで指定してください。", "Name a file in it."),
        )
    if endings and path.suffix and path.suffix.lower() not in endings:
        raise UserError(
            both(
                f"出力先 {path} の拡張子が {path.suffix} です（ここで書けるのは {'、'.join(endings)}）。",
                f"The output {path} ends in {path.suffix} (what can be written here: {', '.join(endings)}).",
            ),
            both(
                f"{path.with_suffix(next(iter(endings)))} のように指定してください。",
                f"Name it {path.with_suffix(next(iter(endings)))}, for example.",
            ),
        )
    if any(path.resolve() == Path(name).resolve() for name in inputs):
        raise UserError(
            both(f"出力先 {path} は、読み込むファイルと同じです。", f"The output {path} is the file that is read."),
            both("別の名前を指定してください。", "Name another file."),
        )


def write_text(path: Path, text: str, *, is_private: bool = False) -> None:
    """Write ``text`` whole or not at all; ``is_private``: for its owner alone. Raises UserError."""
    with explain_write_errors(path), open_atomic(path, is_private=is_private) as stream:
        stream.write(text)
