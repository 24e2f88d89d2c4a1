"""A progress bar on standard error: shown only where a person watches, and has not asked for quiet. Effect: prints."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from seikaku.cli.language import is_quiet, words
from seikaku.errors import both

if TYPE_CHECKING:  # rich takes a while to load, and where nobody watches nothing of it is needed
    from rich.console import Console

OnProgress = Callable[[str, int, int | None], None]

# What is done within this time needs no bar.
SHORT_SECONDS = 1.0
LOADING = both("モデルの読み込み", "Loading the model")


@contextmanager
def show_progress(amount: Literal["steps", "bytes", "share"], *, after: float = 0.0) -> Iterator[OnProgress]:
    """Yield ``report(what, done, total)``, which keeps one line for each ``what``; None: nobody knows the total.

    ``amount``: what ``done`` is and how it is shown; "share" where lines differ in that, as a percentage. ``after``:
    seconds before the lines appear; they are then gone when the work is done.
    """
    console = _open_console()
    if console is None:
        yield lambda what, done, total: None
        return
    from rich import progress as parts

    amounts = {"steps": parts.MofNCompleteColumn, "bytes": parts.DownloadColumn, "share": parts.TaskProgressColumn}
    columns = (
        parts.TextColumn("{task.description}"),
        parts.BarColumn(),
        amounts[amount](),
        parts.TimeElapsedColumn(),
        parts.TimeRemainingColumn(),
    )
    bar = parts.Progress(*columns, console=console, transient=after > 0)
    tasks: dict[str, parts.TaskID] = {}

    def report(what: str, done: int, total: int | None) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(words(what), total=total)
        bar.update(tasks[what], completed=done, total=total)

    with _started(bar.start, bar.stop, after):
        yield report


@contextmanager
def _started(start: Callable[[], None], stop: Callable[[], None], after: float) -> Iterator[None]:
    """Call ``start`` after so many seconds, if the block takes as long, and ``stop`` at its end."""
    began = threading.Event()

    def begin() -> None:
        began.set()
        start()

    timer = threading.Timer(after, begin)
    timer.daemon = True
    if after:
        timer.start()
    else:
        begin()
    try:
        yield
    finally:
        if after:
            timer.cancel()
            timer.join()  # it may be starting just now
        if began.is_set():
            stop()


def _open_console() -> "Console | None":
    """Where a person watches standard error; None where nobody does, or wants to."""
    if is_quiet() or not sys.stderr.isatty():
        return None
    from rich.console import Console

    return Console(stderr=True)
