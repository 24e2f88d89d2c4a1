"""The CreateHyperParameterTuningJob request. In: a job's plan, limits, what to search. Pure functions; no effects.

A trial is a training job of the same container contract: what is searched becomes hyperparameters beside the fixed
ones, and its checkpoints go by its own job name, because the request names no run.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from seikaku.cloud.account.layout import MAX_TUNING_NAME_CHARS, NAME_PATTERN, PREFIX
from seikaku.cloud.account.rules import check_request
from seikaku.cloud.jobs.compute import Compute
from seikaku.cloud.jobs.training_request import InputAddresses, TrainingPlan, build_job_definition, plan_hyperparameters
from seikaku.cloud.money.costs import CostEstimate, estimate_training
from seikaku.config import Stage2Config
from seikaku.errors import UserError, both
from seikaku.settings import check_ranges, setting

OPERATION = "CreateHyperParameterTuningJob"
OBJECTIVE = "validation_mae"
STRATEGIES = ("bayesian", "hyperband", "random")
_HOUR = 3600
_MIN_TOTAL_SECONDS = 120  # SageMaker's own limits
_MAX_TOTAL_HOURS = 4380


@dataclass(frozen=True, slots=True)
class Search:
    """How many trials, and how the next one is chosen: one field = one flag of `seikaku cloud tune`."""

    strategy: str = setting(
        "bayesian",
        both(
            "探し方: bayesian（これまでの結果から次を選ぶ）、hyperband（見込みのない試行を早く止める）、random",
            "How to search: bayesian (results so far choose the next), hyperband (unpromising trials stop early), "
            "random",
        ),
        choices=STRATEGIES,
    )
    trials: int = setting(20, both("試行の回数の上限", "Trials at the most"), 1)
    parallel: int = setting(
        2,
        both(
            "同時に実行する試行の数（少ないほど前の結果を生かせる）",
            "Trials at the same time (the fewer, the more is made of earlier results)",
        ),
        1,
    )
    max_total_hours: float = setting(
        0,
        both("探索全体の最大時間（0: 決めない）", "Hours of the whole search at the most (0: no limit)"),
        0,
        _MAX_TOTAL_HOURS,
    )
    min_epochs: int = setting(
        1,
        both(
            "hyperband が試行を止める前に必ず学習するエポック数",
            "Epochs that a trial is given before hyperband may stop it",
        ),
        1,
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if 0 < self.max_total_hours * _HOUR < _MIN_TOTAL_SECONDS:
            raise UserError(
                both(
                    f"--max_total_hours {self.max_total_hours:g} は短すぎます。",
                    f"--max_total_hours {self.max_total_hours:g} is too short.",
                ),
                both(
                    f"{_MIN_TOTAL_SECONDS} 秒以上（0.04 など）にするか、0（決めない）にしてください。",
                    f"Make it {_MIN_TOTAL_SECONDS} seconds or more (0.04, for example), or 0 (no limit).",
                ),
            )

    @property
    def n_parallel(self) -> int:
        """How many run at once: never more than there are."""
        return min(self.parallel, self.trials)

    @property
    def max_total_seconds(self) -> int:
        """The longest that the whole search may take, in seconds; 0 for no limit."""
        return math.ceil(self.max_total_hours * _HOUR)


def check_tuning_name(name: str) -> None:
    """Raise UserError for a name (not "") that SageMaker would not take, or the roles' permissions would not cover."""
    fits = name.startswith(PREFIX) and len(name) <= MAX_TUNING_NAME_CHARS and NAME_PATTERN.fullmatch(name)
    if name and not fits:
        raise UserError(
            both(f"--name {name} は使えません。", f"--name cannot be {name}."),
            both(
                f"{PREFIX} で始まる、英数字とハイフンだけの {MAX_TUNING_NAME_CHARS} 文字までの名前を指定してください。",
                f"Give a name that begins with {PREFIX}, of letters, digits and hyphens, "
                f"{MAX_TUNING_NAME_CHARS} characters at most.",
            ),
        )


def build_tuning_request(plan: TrainingPlan, search: Search, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The request; ``parameters``: what is searched, as the search space file writes it.

    Raises UserError: warm pools, which tuning jobs do not have, or more ``min_epochs`` than epochs.
    """
    if plan.compute.warm_pool_minutes:
        raise UserError(
            both(
                f"--warm_pool_minutes {plan.compute.warm_pool_minutes} は、設定の探索では使えません。",
                f"--warm_pool_minutes {plan.compute.warm_pool_minutes} cannot be used in a search.",
            ),
            both(
                "--warm_pool_minutes を外してください（SageMaker の自動モデルチューニングにはありません）。",
                "Leave --warm_pool_minutes out (SageMaker's automatic model tuning has none).",
            ),
        )
    return {
        "HyperParameterTuningJobName": plan.name,
        "HyperParameterTuningJobConfig": {
            **_strategy(search, plan.hyperparameters),
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": OBJECTIVE},
            "ResourceLimits": _limits(search),
            "ParameterRanges": build_ranges(parameters),
            "RandomSeed": int(plan.hyperparameters.get("seed", Stage2Config().seed)),
        },
        "TrainingJobDefinition": {"StaticHyperParameters": plan_hyperparameters(plan), **build_job_definition(plan)},
        "Tags": plan.settings.tag_list(),
    }


@dataclass(frozen=True, slots=True)
class TuningPlan:
    """A tuning job to be: the plan of its trials, how many and how chosen, and what is searched."""

    trials: TrainingPlan
    search: Search
    parameters: Mapping[str, Any]

    def with_inputs(self, sent: InputAddresses) -> "TuningPlan":
        """The plan with its inputs where they came to lie."""
        return replace(self, trials=self.trials.with_inputs(sent))

    def build_request(self) -> dict[str, Any]:
        """The request. Raises UserError for what AWS would refuse."""
        request = build_tuning_request(self.trials, self.search, self.parameters)
        check_request(OPERATION, request)
        return request


def build_ranges(parameters: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The search space as SageMaker takes it: every number is a text."""
    continuous: list[dict[str, Any]] = [
        {
            "Name": name,
            "MinValue": str(item["low"]),
            "MaxValue": str(item["high"]),
            "ScalingType": "Logarithmic" if item["scale"] == "log" else "Linear",
        }
        for name, item in parameters.items()
        if item["kind"] == "float"
    ]
    categorical: list[dict[str, Any]] = [
        {"Name": name, "Values": [str(value) for value in item["values"]]}
        for name, item in parameters.items()
        if item["kind"] == "choice"
    ]
    ranges = {"ContinuousParameterRanges": continuous, "CategoricalParameterRanges": categorical}
    return {kind: items for kind, items in ranges.items() if items}


def estimate_tuning(search: Search, compute: Compute, region: str) -> CostEstimate:
    """The upper bound of the whole search: every trial runs as long as it may, or all of it as long as it may."""
    seconds, n_jobs = compute.max_run_seconds, search.trials
    total = search.max_total_seconds
    if total and total * search.n_parallel < seconds * n_jobs:
        seconds, n_jobs = total, search.n_parallel
    return estimate_training(
        compute.instance_type, region, max_runtime_seconds=seconds, n_jobs=n_jobs, volume_gb=compute.volume_gb
    )


def _strategy(search: Search, hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """Hyperband stops trials by itself, and counts how often the objective is told: per epoch, and once at the end."""
    if search.strategy != "hyperband":
        return {"Strategy": search.strategy.capitalize(), "TrainingJobEarlyStoppingType": "Auto"}
    epochs = int(hyperparameters.get("epochs", Stage2Config().epochs))
    if search.min_epochs > epochs:
        raise UserError(
            both(
                f"--min_epochs {search.min_epochs} がエポック数 {epochs} を超えています。",
                f"--min_epochs {search.min_epochs} is more than the {epochs} epochs.",
            ),
            both("--min_epochs を減らすか、--epochs を増やしてください。", "Give fewer --min_epochs or more --epochs."),
        )
    # A job is stopped when it reaches MaxResource: the last line, of the kept epoch, must still be told.
    resources = {"MinResource": search.min_epochs, "MaxResource": epochs + 1}
    return {
        "Strategy": "Hyperband",
        "StrategyConfig": {"HyperbandStrategyConfig": resources},
        "TrainingJobEarlyStoppingType": "Off",
    }


def _limits(search: Search) -> dict[str, int]:
    limits = {"MaxNumberOfTrainingJobs": search.trials, "MaxParallelTrainingJobs": search.n_parallel}
    return limits | ({"MaxRuntimeInSeconds": search.max_total_seconds} if search.max_total_seconds else {})
