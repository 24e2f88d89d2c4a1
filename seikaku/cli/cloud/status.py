"""`seikaku cloud status`: how the runs of this folder and the account's other jobs are. Effects: SageMaker, prints."""

from collections.abc import Iterator, Mapping
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from seikaku.cli.cloud.options import cloud_options
from seikaku.cloud.account.account import Account
from seikaku.cloud.account.layout import PREFIX
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs import jobs
from seikaku.cloud.jobs.logs import LogTail
from seikaku.cloud.jobs.records import Records, RunRecord
from seikaku.cloud.money import costs

_MAX_RUNS = 5
_MAX_OTHERS = 10
_LAST_LINES = 10
_COLUMNS = ("名前", "状態", "始まり", "請求", "数値")


@click.command("status", short_help="ジョブの様子を見る")
@click.argument("name", default="")
@cloud_options()
def command(settings: CloudSettings, name: str) -> None:
    """このフォルダで始めた実行と、アカウントにあるほかの seikaku のジョブを、新しい順に表示します。

    NAME（実行かジョブの名前）を付けると、それだけを、ログの最後とともに表示します。
    """
    account = Account(settings)
    records = Records()
    if name:
        _show_one(account, name, records.find(name))
        return
    runs = [run for run in records.load_all() if run.region == account.region]
    table = _table(f"実行（{account.region}）")
    for run in runs[:_MAX_RUNS]:
        _add_run(table, account, run)
    known = {job for run in runs for job in run.job_names}
    for row in _other_jobs(account, known):
        table.add_row(*row)
    if table.row_count == 0:
        click.echo(f"ジョブはありません（{account.region}）。始めるには: seikaku cloud train --dry_run")
        return
    _print(table)


def _table(title: str) -> Table:
    table = Table(box=box.SIMPLE, title=title, title_justify="left")
    for column in _COLUMNS:
        table.add_column(column, no_wrap=True)
    return table


def _print(table: Table) -> None:
    Console(width=max(Console().width, 110)).print(table)


def _add_run(table: Table, account: Account, run: RunRecord) -> None:
    table.add_row(run.name, *_blank())
    for job in run.jobs:
        for name in (*job.earlier, job.plan.name):
            table.add_row(f"  {name}", *_describe(jobs.find_job(account, name), account.region))


def _describe(description: Mapping[str, Any] | None, region: str) -> tuple[str, ...]:
    if description is None:
        return ("まだ始めていません", *_blank()[1:])
    secondary = str(description.get("SecondaryStatus") or description["TrainingJobStatus"])
    bill = "まだ"
    if description["TrainingJobStatus"] in jobs.ENDED:
        billed = costs.bill_training(dict(description), region)
        bill = f"{billed.billable_seconds:,} 秒 {costs.usd_text(billed.cost_usd)}"
    metrics = jobs.metrics_of(description)
    figure = next(
        (f"{name}={metrics[name]:.4g}" for name in ("validation_mae", "validation_loss") if name in metrics), ""
    )
    return (jobs.STATUS_WORDS.get(secondary, secondary), _moment(description), bill, figure)


def _blank() -> tuple[str, ...]:
    return ("",) * (len(_COLUMNS) - 1)


def _moment(item: Mapping[str, Any]) -> str:
    return str(item["CreationTime"].astimezone().strftime("%m-%d %H:%M"))


def _other_jobs(account: Account, known: set[str]) -> Iterator[tuple[str, ...]]:
    """Jobs that no record here speaks of: other machines', and tuning jobs (their trials are left out)."""
    newest: dict[str, Any] = {"NameContains": PREFIX, "SortBy": "CreationTime", "SortOrder": "Descending",
                              "MaxResults": _MAX_OTHERS}  # fmt: skip
    sagemaker = account.client("sagemaker")
    tunings = sagemaker.list_hyper_parameter_tuning_jobs(**newest)["HyperParameterTuningJobSummaries"]
    for item in tunings:
        status = item["HyperParameterTuningJobStatus"]
        done = item["TrainingJobStatusCounters"].get("Completed", 0)
        most = item.get("ResourceLimits", {}).get("MaxNumberOfTrainingJobs", "?")
        yield (item["HyperParameterTuningJobName"], jobs.STATUS_WORDS.get(status, "探索中"), _moment(item), "",
               f"{done}/{most} 試行")  # fmt: skip
    names = tuple(f"{item['HyperParameterTuningJobName']}-" for item in tunings)
    for item in sagemaker.list_training_jobs(**newest)["TrainingJobSummaries"]:
        name = item["TrainingJobName"]
        if name not in known and not (names and name.startswith(names)):
            status = str(item.get("SecondaryStatus") or item["TrainingJobStatus"])
            yield (name, jobs.STATUS_WORDS.get(status, status), _moment(item), "", "")


def _show_one(account: Account, name: str, run: RunRecord | None) -> None:
    table = _table(name)
    if run is not None:
        _add_run(table, account, run)
        newest = [job.plan.name for job in run.jobs if jobs.find_job(account, job.plan.name) is not None]
        last = name if name in run.job_names else (newest or [""])[-1]
    else:
        table.add_row(name, *_describe(jobs.find_job(account, name), account.region))
        last = name
    _print(table)
    lines = LogTail(account, last).last_lines(_LAST_LINES) if last else []
    for line in lines:
        click.echo(line)
