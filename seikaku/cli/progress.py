"""A progress bar on standard error: shown only where a person watches. Effect: prints."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_AMOUNTS = {"steps": MofNCompleteColumn, "bytes": DownloadColumn, "share": TaskProgressColumn}


@contextmanager
def show_progress(amount: Literal["steps", "bytes", "share"]) -> Iterator[Callable[[str, int, int | None], None]]:
    """Yield ``report(what, done, total)``, which keeps one line for each ``what``; None: nobody knows the total.

    ``amount``: what ``done`` is and how it is shown; "share" where lines differ in that, as a percentage.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), _AMOUNTS[amount](), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield report
