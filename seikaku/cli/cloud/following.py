"""A run watched to its end: its jobs started in order, their news printed, results fetched and checked. Prints, writes.

Shared by `train` and `attach`: both hold the run's record, which is all that is needed to go on.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from seikaku.cloud.account.account import Account
from seikaku.cloud.jobs import jobs
from seikaku.cloud.jobs.artefacts import fetch_artefact
from seikaku.cloud.jobs.launch import result_uri, start_job
from seikaku.cloud.jobs.logs import LogTail
from seikaku.cloud.jobs.records import JobRecord, Records, RunRecord
from seikaku.cloud.money import costs

_LAST_LINES = 20
_INTERRUPTED = 130
Report = Callable[[str], None]


def finish_run(account: Account, records: Records, run: RunRecord, *, wait: bool) -> None:
    """Bring the run to its end: jobs that are not there are created, results that are not here are fetched.

    Without ``wait`` the next job is started and nothing is watched. Raises CloudError when a job ended before its goal.
    """
    for job in run.jobs:
        if job.is_fetched:
            continue
        begun = "始めました" if start_job(account, records, run, job) else "続きを見ます"
        click.echo(f"stage {job.stage}: 学習ジョブ {job.plan.name} を{begun}。")
        if not wait:
            _say_how_to_return(run)
            return
        with _leaving_it_running(run):
            description = watch_job(account, job.plan.name, job.plan.compute.instance_type)
        jobs.check_end(description, _last_lines(account, job.plan.name), f"seikaku cloud train --resume {run.name}")
        run = _fetch(account, records, run, job, description)
    click.echo(f"完了しました: {run.out}")


def watch_job(account: Account, name: str, instance_type: str) -> dict[str, Any]:
    """Print a job's news until it has ended; returns its last description."""
    console = Console(soft_wrap=True)
    description: dict[str, Any] = {}
    with _status_line(console) as show:
        last_line = ""
        for news in jobs.follow_job(account, name):
            for turn in news.turns:
                said = f"（{turn.message}）" if turn.message and turn.status in {"Interrupted", "Failed"} else ""
                _print(console, f"[{_clock(turn.started)}] {turn.words}{said}")
            for line in news.lines:
                _print(console, f"  {line}")
                last_line = line if line.startswith("stage") else last_line
            description = dict(news.description)
            show(_summary(description, instance_type, account.region, last_line))
    return description


def _summary(description: dict[str, Any], instance_type: str, region: str, last_line: str) -> str:
    secondary = description.get("SecondaryStatus", "")
    parts = [jobs.STATUS_WORDS.get(secondary, secondary)]
    if started := description.get("TrainingStartTime"):
        seconds = time.time() - started.timestamp()
        parts.append(f"{seconds / 60:.0f} 分")
        if (price := costs.find_price(instance_type, region, "training")) is not None:
            parts.append(f"ここまで多くて {costs.usd_text(price.usd_per_hour * seconds / 3600)}")
    return " · ".join([*parts, last_line] if last_line else parts)


@contextmanager
def _status_line(console: Console) -> Iterator[Report]:
    """A line that stays below what is printed, where a person watches."""
    if not console.is_terminal:
        yield lambda text: None
        return
    with console.status("…") as status:
        yield lambda text: status.update(Text(text, no_wrap=True, overflow="ellipsis"))


def _print(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, emoji=False)


def _clock(moment: datetime) -> str:
    return moment.astimezone().strftime("%H:%M:%S")


@contextmanager
def _leaving_it_running(run: RunRecord) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        click.echo("\n表示を終えます。ジョブは動き続けています（費用もかかり続けます）。")
        _say_how_to_return(run)
        raise click.exceptions.Exit(_INTERRUPTED) from None


def _say_how_to_return(run: RunRecord) -> None:
    rest = "（次の stage もこのコマンドが始めます）" if len(run.jobs) > 1 else ""
    click.echo(f"戻るには: seikaku cloud attach {run.name}{rest}\n止めるには: seikaku cloud stop {run.name}")


def _last_lines(account: Account, name: str) -> list[str]:
    return LogTail(account, name).last_lines(_LAST_LINES)


def _fetch(
    account: Account, records: Records, run: RunRecord, job: JobRecord, description: dict[str, Any]
) -> RunRecord:
    target = run.out / f"stage{job.stage}"
    fetch_result(account, description, target, job.stage, run.tuning if job.stage == 2 else "")
    run = run.with_job(replace(job, is_fetched=True))
    records.save(run)
    print_end(account, description, target)
    return run


def fetch_result(account: Account, description: dict[str, Any], target: Path, stage: int, tuning: str = "") -> None:
    """Download a completed job's run folder and put it at ``target`` once it is proven whole.

    ``tuning``: the tuning job whose trials go into the run's card, or "".
    """

    def check(folder: Path) -> None:
        from seikaku.model.run.folder import check_target, open_run_folder

        run = open_run_folder(folder, stage)
        check_target(target, stage)
        if tuning:
            from seikaku.cloud.jobs.tuning import fetch_result as fetch_tuning
            from seikaku.model.run.tuning_record import add_tuning

            add_tuning(run, fetch_tuning(account, tuning))

    from seikaku.cli.cloud.transfer import show_transfer

    with show_transfer() as progress:
        fetch_artefact(account, result_uri(description), target, check, progress=progress)


def print_end(account: Account, description: dict[str, Any], target: Path) -> None:
    """Where the result lies, its figures, and the bill."""
    metrics = jobs.metrics_of(description)
    figures = "、".join(f"{name}={value:.4g}" for name, value in metrics.items() if name.startswith("validation"))
    click.echo(f"結果を照合して置きました: {target}" + (f"（{figures}）" if figures else ""))
    for line in costs.bill_training(description, account.region).lines:
        click.echo(f"  {line}")
