"""A run watched to its end: its jobs started in order, their news printed, results fetched and checked. Prints, writes.

Shared by `train` and `attach`: both hold the run's record, which is all that is needed to go on. A job's news go to
standard output, as those of `seikaku train` do.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from seikaku.cli.cloud.run_folders import build_check
from seikaku.cli.language import is_quiet, show, tell, words
from seikaku.cli.progress import show_progress
from seikaku.cloud.account.session import Account
from seikaku.cloud.jobs import launch, training
from seikaku.cloud.jobs.artefacts import fetch_artefact
from seikaku.cloud.jobs.records import Records, RunRecord
from seikaku.cloud.money import costs
from seikaku.errors import both

_INTERRUPTED = 130
Report = Callable[[str], None]


def finish_run(account: Account, records: Records, run: RunRecord, *, wait: bool) -> None:
    """Bring the run to its end: jobs that are not there are created, results that are not here are fetched.

    Without ``wait`` the next job is started and nothing is watched. Raises CloudError when a job ended before its goal.
    """
    for job in run.jobs:
        if job.is_fetched:
            continue
        name, is_new = job.plan.name, launch.start_job(account, records, run, job)
        watched = both(
            f"stage {job.stage}: 学習ジョブ {name} の続きを見ます。",
            f"stage {job.stage}: watching the training job {name} further.",
        )
        started = both(
            f"stage {job.stage}: 学習ジョブ {name} を始めました。",
            f"stage {job.stage}: started the training job {name}.",
        )
        tell(started if is_new else watched)
        if not wait:
            _say_how_to_return(run)
            return
        with _leaving_it_running(run):
            description = watch_job(account, job.plan.name)
        training.check_end(account, description, f"seikaku cloud train --resume {run.name}")
        target = run.out / f"stage{job.stage}"
        fetch_result(account, description, target, run.tuning if job.stage == 2 else "")
        run = records.note_fetched(run, job)
        print_end(account, description, target)
    tell(both(f"完了しました: {run.out}", f"Done: {run.out}"))


def watch_job(account: Account, name: str) -> Mapping[str, Any]:
    """Print a job's news until it has ended; returns its last description."""
    console = Console(soft_wrap=True)
    description: Mapping[str, Any] = {}
    with _status_line(console) as update:
        last_line = ""
        for news in training.follow_job(account, name):
            for turn in news.turns:
                is_told = turn.message and turn.status in {"Interrupted", "Failed"}
                said = both(f"（{turn.message}）", f" ({turn.message})") if is_told else ""
                _print(console, f"[{_clock(turn.started)}] {words(turn.words)}{words(said)}")
            for line in news.lines:
                _print(console, f"  {line}")
                last_line = line if line.startswith("stage") else last_line
            description = news.description
            update(_summary(description, account.region, last_line))
    return description


def _summary(description: Mapping[str, Any], region: str, last_line: str) -> str:
    secondary = description.get("SecondaryStatus", "")
    parts = [words(training.STATUS_WORDS.get(secondary, secondary))]
    if (so_far := costs.running_cost(description, region)) is not None:
        minutes, usd = so_far
        parts.append(words(both(f"{minutes:.0f} 分", f"{minutes:.0f} min")))
        if usd is not None:
            amount = costs.usd_text(usd)
            parts.append(words(both(f"ここまで多くて {amount}", f"at most {amount} so far")))
    return " · ".join([*parts, last_line] if last_line else parts)


@contextmanager
def _status_line(console: Console) -> Iterator[Report]:
    """A line that stays below what is printed, where a person watches."""
    if is_quiet() or not console.is_terminal:
        yield lambda text: None
        return
    with console.status("…") as status:
        yield lambda text: status.update(Text(text, no_wrap=True, overflow="ellipsis"))


def _print(console: Console, line: str) -> None:
    if not is_quiet():
        console.print(line, markup=False, highlight=False, emoji=False)


def _clock(moment: datetime) -> str:
    return moment.astimezone().strftime("%H:%M:%S")


@contextmanager
def _leaving_it_running(run: RunRecord) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        show(
            both(
                "\n表示を終えます。ジョブは動き続けています（費用もかかり続けます）。",
                "\nThis only ends the watching: the job goes on (and goes on costing).",
            )
        )
        _say_how_to_return(run)
        raise click.exceptions.Exit(_INTERRUPTED) from None


def _say_how_to_return(run: RunRecord) -> None:
    rest = both("", "")
    if len(run.jobs) > 1:
        rest = both("（次の stage もこのコマンドが始めます）", " (which also starts the next stage)")
    back, away = f"seikaku cloud attach {run.name}", f"seikaku cloud stop {run.name}"
    show(both(f"戻るには: {back}{rest}\n止めるには: {away}", f"To go back: {back}{rest.english}\nTo stop it: {away}"))


def fetch_result(account: Account, description: Mapping[str, Any], target: Path, tuning: str = "") -> None:
    """Download a completed job's run folder and put it at ``target`` once it is proven whole.

    ``tuning``: the tuning job whose trials go into the run's card, or "".
    """
    from seikaku.cloud.jobs.tuning import fetch_result as fetch_trials

    trials = functools.partial(fetch_trials, account, tuning) if tuning else None
    check = build_check(target, training.stage_of(description), trials)
    with show_progress("bytes") as progress:
        fetch_artefact(account, launch.result_uri(description), target, check, progress=progress)


def print_end(account: Account, description: Mapping[str, Any], target: Path) -> None:
    """Where the result lies, its figures, and the bill."""
    metrics = training.metrics_of(description)
    figures = [f"{name}={value:.4g}" for name, value in metrics.items() if name.startswith("validation")]
    found = both(f"（{'、'.join(figures)}）", f" ({', '.join(figures)})") if figures else both("", "")
    show(
        both(
            f"結果を照合して置きました: {target}{found}",
            f"Checked the result, and put it there: {target}{found.english}",
        )
    )
    for line in costs.bill_training(description, account.region).lines:
        click.echo(f"  {words(line)}")
