"""`seikaku cloud status`: how the runs of this folder and the account's other jobs are. Effects: SageMaker, prints."""

import click
from rich import box
from rich.console import Console
from rich.table import Table

from seikaku.cli.bilingual import argument, verb
from seikaku.cli.cloud.options import cloud_options
from seikaku.cli.language import show, words
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs import overview
from seikaku.cloud.jobs.logs import LogTail
from seikaku.cloud.jobs.overview import JobLine
from seikaku.cloud.jobs.records import Records, RunRecord
from seikaku.errors import both

_MAX_RUNS = 5
_LAST_LINES = 10
_COLUMNS = (
    both("名前", "Name"),
    both("状態", "State"),
    both("始まり", "Begun"),
    both("請求", "Billed"),
    both("数値", "Figure"),
)


@verb(
    "status",
    help=both(
        """このフォルダで始めた実行と、アカウントにあるほかの seikaku のジョブを、新しい順に表示します。

        NAME（実行かジョブの名前）を付けると、それだけを、ログの最後とともに表示します。
        """,
        """Show the runs that were started in this folder, and the account's other jobs of seikaku, newest first.

        With NAME (of a run or a job), only that one, with the end of its log.
        """,
    ),
)
@argument("name", default="")
@cloud_options()
def command(settings: CloudSettings, name: str) -> None:
    """Print a table."""
    account = Account(settings)
    records = Records()
    if name:
        _show_one(account, name, records.find(name))
        return
    runs = [run for run in records.load_all() if run.region == account.region]
    table = _table(words(both(f"実行（{account.region}）", f"Runs ({account.region})")))
    for run in runs[:_MAX_RUNS]:
        _add_run(table, run, overview.describe_run(account, run))
    for line in overview.describe_others(account, {job for run in runs for job in run.job_names}):
        table.add_row(line.name, *_cells(line))
    if table.row_count == 0:
        show(
            both(
                f"ジョブはありません（{account.region}）。始めるには: seikaku cloud train --dry_run",
                f"There are no jobs ({account.region}). To begin with: seikaku cloud train --dry_run",
            )
        )
        return
    _print(table)


def _table(title: str) -> Table:
    table = Table(box=box.SIMPLE, title=title, title_justify="left")
    for column in _COLUMNS:
        table.add_column(words(column), no_wrap=True)
    return table


def _print(table: Table) -> None:
    Console(width=max(Console().width, 110)).print(table)


def _add_run(table: Table, run: RunRecord, lines: list[JobLine]) -> None:
    table.add_row(run.name, *("" for _ in _COLUMNS[1:]))
    for line in lines:
        table.add_row(f"  {line.name}", *_cells(line))


def _cells(line: JobLine) -> tuple[str, ...]:
    begun = "" if line.created is None else line.created.astimezone().strftime("%m-%d %H:%M")
    return (words(line.state), begun, words(line.billed), words(line.figure))


def _show_one(account: Account, name: str, run: RunRecord | None) -> None:
    table = _table(name)
    last = name
    if run is None:
        table.add_row(name, *_cells(overview.describe_job(account, name)))
    else:
        lines = overview.describe_run(account, run)
        _add_run(table, run, lines)
        last = name if name in run.job_names else overview.find_newest(run, lines)
    _print(table)
    for said in LogTail(account, last).last_lines(_LAST_LINES) if last else []:
        click.echo(said)
