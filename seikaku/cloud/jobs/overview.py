"""How jobs are: those of a run, and the account's others. Out: a line a job, in words. Effect: asks SageMaker."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from seikaku.cloud.account.layout import PREFIX
from seikaku.cloud.account.session import Account
from seikaku.cloud.jobs import training
from seikaku.cloud.jobs.records import RunRecord
from seikaku.cloud.money import costs
from seikaku.errors import both, in_lang

_MAX_OTHERS = 10
_FIGURES = ("validation_mae", "validation_loss")


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job: its state, what it is billed and its figure as they are shown; ``created`` None where there is no job."""

    name: str
    state: str
    created: datetime | None = None
    billed: str = ""
    figure: str = ""


def describe_job(account: Account, name: str) -> JobLine:
    """How the training job of that name is."""
    description = training.find_job(account, name)
    if description is None:
        return JobLine(name, both("まだ始めていません", "not started yet"))
    billed = both("まだ", "not yet")
    if description["TrainingJobStatus"] in training.ENDED:
        bill = costs.bill_training(description, account.region)
        usd = costs.usd_text(bill.cost_usd)
        billed = both(f"{bill.billable_seconds:,} 秒 {usd}", f"{bill.billable_seconds:,} s {in_lang(usd, 'en')}")
    metrics = training.metrics_of(description)
    figure = next((f"{metric}={metrics[metric]:.4g}" for metric in _FIGURES if metric in metrics), "")
    return JobLine(name, _state(description), description["CreationTime"], billed, figure)


def describe_run(account: Account, run: RunRecord) -> list[JobLine]:
    """How every job of a run is, those of earlier attempts too, in order."""
    return [describe_job(account, name) for name in run.job_names]


def find_newest(run: RunRecord, lines: list[JobLine]) -> str:
    """The newest job of a run that has been created, "" for none; ``lines``: of ``describe_run``."""
    created = {line.name for line in lines if line.created is not None}
    return next((job.plan.name for job in reversed(run.jobs) if job.plan.name in created), "")


def describe_others(account: Account, known: set[str]) -> Iterator[JobLine]:
    """Jobs that are not ``known``, the newest: other machines', and tuning jobs (their trials are left out)."""
    newest: dict[str, Any] = {"NameContains": PREFIX, "SortBy": "CreationTime", "SortOrder": "Descending",
                              "MaxResults": _MAX_OTHERS}  # fmt: skip
    sagemaker = account.client("sagemaker")
    tunings = sagemaker.list_hyper_parameter_tuning_jobs(**newest)["HyperParameterTuningJobSummaries"]
    for item in tunings:
        state = training.STATUS_WORDS.get(item["HyperParameterTuningJobStatus"], both("探索中", "searching"))
        done = item["TrainingJobStatusCounters"].get("Completed", 0)
        most = item.get("ResourceLimits", {}).get("MaxNumberOfTrainingJobs", "?")
        name = item["HyperParameterTuningJobName"]
        figure = both(f"{done}/{most} 試行", f"{done}/{most} trials")
        yield JobLine(name, state, item["CreationTime"], figure=figure)
    names = tuple(f"{item['HyperParameterTuningJobName']}-" for item in tunings)
    for item in sagemaker.list_training_jobs(**newest)["TrainingJobSummaries"]:
        name = item["TrainingJobName"]
        if name not in known and not (names and name.startswith(names)):
            yield JobLine(name, _state(item), item["CreationTime"])


def _state(item: Mapping[str, Any]) -> str:
    status = str(item.get("SecondaryStatus") or item["TrainingJobStatus"])
    return training.STATUS_WORDS.get(status, status)
