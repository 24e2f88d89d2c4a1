"""A tuning job on SageMaker: start it, follow it, fetch its trials. In: an account, a name. Effect: calls AWS.

A result has the shape of the local ``tuning.json``: ``best`` (a trial with its ``settings``; None while no trial has a
figure) and ``trials`` (number, state, validation_mae, params, failure); here also the jobs, and what they are billed.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seikaku.cloud.account.failures import find
from seikaku.cloud.account.layout import split_uri
from seikaku.cloud.account.polling import poll
from seikaku.cloud.account.session import Account
from seikaku.cloud.jobs.training import NO_REASON
from seikaku.cloud.jobs.tuning_request import OBJECTIVE
from seikaku.cloud.money.costs import bill_training, usd_text
from seikaku.config import Stage2Config
from seikaku.errors import CloudError, UserError, Words, both, in_lang
from seikaku.settings import decode, from_json, to_json

STATES = {"Completed": "completed", "Failed": "failed", "Stopped": "stopped"}  # every other status: running
_ENDED = {"Completed", "Failed", "Stopped", "DeleteFailed"}

Result = dict[str, Any]


def start_tuning(account: Account, request: Mapping[str, Any]) -> None:
    """Start the tuning job that ``request`` describes; it was checked when it was built (``TuningPlan``)."""
    account.client("sagemaker").create_hyper_parameter_tuning_job(**request)


def find_tuning(account: Account, name: str) -> dict[str, Any] | None:
    """The description of a tuning job, None where there is none of that name."""
    describe = account.client("sagemaker").describe_hyper_parameter_tuning_job
    return find(describe, HyperParameterTuningJobName=name)


def require_tuning(account: Account, name: str) -> None:
    """Raise UserError where nothing of that name is known: asked last, after runs and jobs."""
    if find_tuning(account, name) is None:
        raise UserError(
            both(
                f"{name} という実行もジョブも探索もありません（{account.region}）。",
                f"There is no run, job or search {name} ({account.region}).",
            ),
            both(
                "seikaku cloud status で名前を確かめるか、--region を指定してください。",
                "See the names with seikaku cloud status, or give --region.",
            ),
        )


def stop_tuning(account: Account, name: str) -> None:
    """Ask for the end of a tuning job with all its trials; the results of those that ended stay."""
    account.client("sagemaker").stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


def fetch_result(account: Account, name: str) -> Result:
    """Every trial so far, and the best. Raises UserError where there is no tuning job ``name``."""
    return _Watch(account, name).look()


def follow_tuning(account: Account, name: str, report: Callable[[str], None]) -> Result:
    """Report each trial as it ends, until the tuning job ends; returns its result.

    Raises UserError where there is no such job, CloudError when it failed as a whole.
    """
    reported: set[int] = set()
    result: Result = {}
    for result in poll(_Watch(account, name).look):
        for trial in result["trials"]:
            if trial["state"] != "running" and trial["number"] not in reported:
                reported.add(trial["number"])
                report(_trial_line(trial))
        if result["status"] in _ENDED:
            break
    if result["status"] == "Failed":
        raise CloudError(
            both(f"探索 {name} は失敗しました: {result['failure']}", f"The search {name} failed: {result['failure']}"),
            both(
                "試行の理由を見て、1 つの設定で seikaku cloud train --stage 2 が動くことを確かめてください。",
                "Look at the trials' reasons, and see that seikaku cloud train --stage 2 works with one setting.",
            ),
        )
    return result


def load_best(account: Account, name: str) -> dict[str, Any]:
    """The best trial's settings, typed as Stage2Config's fields. Raises UserError: no such job, or no figure yet."""
    return best_settings(fetch_result(account, name))


def best_settings(result: Result) -> dict[str, Any]:
    """The settings of a result's best trial, typed as Stage2Config's fields. Raises UserError where there is none."""
    if result["best"] is None:
        raise UserError(
            both(
                f"探索 {result['name']} には、数値の出た試行がまだありません（{len(result['trials'])} 回中）。",
                f"No trial of the search {result['name']} has a figure yet (of {len(result['trials'])}).",
            ),
            both(
                f"seikaku cloud attach {result['name']} で待つか、失敗した試行の理由を確かめてください。",
                f"Wait with seikaku cloud attach {result['name']}, or look why trials failed.",
            ),
        )
    return from_json(result["best"]["settings"])


class _Watch:
    """Looks at a tuning job again and again; what a trial that has ended was billed is asked for only once."""

    def __init__(self, account: Account, name: str) -> None:
        self._account, self._name = account, name
        self._bills: dict[str, dict[str, Any]] = {}

    def look(self) -> Result:
        description = find_tuning(self._account, self._name)
        if description is None:
            raise UserError(
                both(
                    f"設定の探索 {self._name} がありません（{self._account.region}）。",
                    f"There is no search {self._name} ({self._account.region}).",
                ),
                both("seikaku cloud status で名前を確かめてください。", "See the names with seikaku cloud status."),
            )
        trials = [
            _describe_trial(number, summary) | self._bill(summary)
            for number, summary in enumerate(sorted(self._summaries(), key=lambda item: item["TrainingJobName"]), 1)
        ]
        return _build_result(self._name, description, trials)

    def _summaries(self) -> Iterator[dict[str, Any]]:
        # Not sorted by AWS: by objective, it leaves out the trials that have none.
        paginator = self._account.client("sagemaker").get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
        for page in paginator.paginate(HyperParameterTuningJobName=self._name, PaginationConfig={"PageSize": 100}):
            yield from page["TrainingJobSummaries"]

    def _bill(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        name = summary["TrainingJobName"]
        if summary["TrainingJobStatus"] not in STATES:
            return {"billable_seconds": None, "cost_usd": None}
        if name not in self._bills:
            bill = bill_training(
                self._account.client("sagemaker").describe_training_job(TrainingJobName=name), self._account.region
            )
            self._bills[name] = {"billable_seconds": bill.billable_seconds, "cost_usd": bill.cost_usd}
        return self._bills[name]


def _describe_trial(number: int, summary: Mapping[str, Any]) -> dict[str, Any]:
    objective = summary.get("FinalHyperParameterTuningJobObjectiveMetric", {})
    return {
        "number": number,
        "job": summary["TrainingJobName"],
        "state": STATES.get(summary["TrainingJobStatus"], "running"),
        "validation_mae": objective.get("Value"),
        "params": _typed(summary["TunedHyperParameters"]),
        "failure": summary.get("FailureReason"),
    }


def _build_result(name: str, description: Mapping[str, Any], trials: list[dict[str, Any]]) -> Result:
    fixed = _typed(description["TrainingJobDefinition"].get("StaticHyperParameters", {}))
    ended = [trial for trial in trials if trial["validation_mae"] is not None and trial["state"] != "failed"]
    best = min(ended, key=lambda trial: float(trial["validation_mae"]), default=None)
    billed = [trial for trial in trials if trial["billable_seconds"] is not None]
    costs = [trial["cost_usd"] for trial in billed]
    return {
        "name": name,
        "status": description["HyperParameterTuningJobStatus"],
        "failure": description.get("FailureReason"),
        "strategy": description["HyperParameterTuningJobConfig"]["Strategy"].lower(),
        "stage1_job": find_stage1_job(description["TrainingJobDefinition"]),
        "billable_seconds": sum(trial["billable_seconds"] for trial in billed),
        "cost_usd": None if None in costs else sum(costs),
        "best": best and best | {"settings": fixed | best["params"]},
        "trials": trials,
    }


def find_stage1_job(definition: Mapping[str, Any]) -> str | None:
    """The stage 1 job that every trial started from, None for none: its name stands in the channel's address."""
    for channel in definition.get("InputDataConfig", []):
        if channel["ChannelName"] == "stage1":
            return split_uri(channel["DataSource"]["S3DataSource"]["S3Uri"])[1].split("/")[1]
    return None


def _typed(texts: Mapping[str, str]) -> dict[str, Any]:
    """The hyperparameters that are settings of stage 2, with their types; the toolkit's own are left out."""
    values: dict[str, Any] = to_json(decode(Stage2Config, texts))
    return values


def _trial_line(trial: Mapping[str, Any]) -> Words:
    mae, seconds, usd = trial["validation_mae"], f"{trial['billable_seconds']:,}", usd_text(trial["cost_usd"])
    figure = both("数値なし", "no figure") if mae is None else f"{OBJECTIVE}={mae:.4f}"
    settings = [
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in trial["params"].items()
    ]
    end, first = _end(trial), f"tune trial={trial['number']}"
    return both(
        " ".join([first, figure, *settings, f"請求 {seconds} 秒 {usd}"]) + end,
        " ".join([first, in_lang(figure, "en"), *settings, f"billed {seconds} s {in_lang(usd, 'en')}"]) + end.english,
    )


def _end(trial: Mapping[str, Any]) -> Words:
    if trial["state"] == "failed":
        reason = trial["failure"] or NO_REASON
        return both(f"（失敗: {reason}）", f" (failed: {in_lang(reason, 'en')})")
    return both("（途中で停止）", " (stopped before its end)") if trial["state"] == "stopped" else both("", "")
