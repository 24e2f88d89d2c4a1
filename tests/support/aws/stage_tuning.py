"""Automatic Model Tuning on the stage: trials are drawn at random and run as real training jobs.

In: CreateHyperParameterTuningJob, as sent. Out: answers of AWS's shape, with the trials' real objectives.
What AWS does and this does too: a trial's hyperparameters are the static ones and one value from each range, all as
text, plus the name of the objective; a trial's name is the tuning job's with a number and a hash; the objective is
the metric's last value. What is simplified: every strategy draws at random, nothing stops early, and at most
``max_trials`` run however many were asked for (AWS too may end before the maximum).
"""

import copy
import math
import random
import secrets
import threading
import time
from typing import Any

from aws_environment import ACCOUNT_ID, REGION
from stage_training import TrainingJob, TrainingJobs
from stage_wire import AwsError

OBJECTIVE = "_tuning_objective_metric"


class TuningJobs:
    """The account's tuning jobs."""

    def __init__(self, training: TrainingJobs, max_trials: int) -> None:
        self._training, self._max_trials = training, max_trials
        self._draw = random.Random(0)
        self._told: dict[str, dict[str, Any]] = {}
        self._trials: dict[str, list[TrainingJob]] = {}
        self._stopped: set[str] = set()

    @property
    def names(self) -> list[str]:
        """The names of the tuning jobs, oldest first."""
        return list(self._told)

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateHyperParameterTuningJob."""
        name = request["HyperParameterTuningJobName"]
        if name in self._told:
            raise AwsError("ResourceInUse", f"A hyper-parameter tuning job named {name} already exists")
        definition = request["TrainingJobDefinition"]
        self._training.check(definition | {"TrainingJobName": name})
        objective = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["MetricName"]
        metrics = definition["AlgorithmSpecification"].get("MetricDefinitions", [])
        if objective not in {metric["Name"] for metric in metrics}:
            raise AwsError("ValidationException", f"No MetricDefinition named {objective}, the objective")
        arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:hyper-parameter-tuning-job/{name}"
        self._told[name] = copy.deepcopy(request) | {
            "HyperParameterTuningJobArn": arn,
            "HyperParameterTuningJobStatus": "InProgress",
            "CreationTime": time.time(),
        }
        self._trials[name] = []
        threading.Thread(target=self._run, args=(name, arn, request), daemon=True, name=name).start()
        return {"HyperParameterTuningJobArn": arn}

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeHyperParameterTuningJob."""
        name = request["HyperParameterTuningJobName"]
        if name not in self._told:
            raise AwsError("ResourceNotFound", f"Hyper-parameter tuning job {name} not found")
        statuses = [trial.status for trial in self._trials[name]]
        told = copy.deepcopy({key: value for key, value in self._told[name].items() if key != "Tags"})
        told["TrainingJobStatusCounters"] = {
            "Completed": statuses.count("Completed"),
            "InProgress": statuses.count("InProgress") + statuses.count("Stopping"),
            "RetryableError": 0,
            "NonRetryableError": statuses.count("Failed"),
            "Stopped": statuses.count("Stopped"),
        }
        told["ObjectiveStatusCounters"] = {
            "Succeeded": len([trial for trial in self._trials[name] if self._objective(name, trial)]),
            "Pending": statuses.count("InProgress"),
            "Failed": statuses.count("Failed"),
        }
        if best := self._ranked(name)[:1]:
            told["BestTrainingJob"] = best[0]
        return told

    def list_jobs(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListHyperParameterTuningJobs, newest first, in one page."""
        keys = ("HyperParameterTuningJobName", "HyperParameterTuningJobArn", "HyperParameterTuningJobStatus",
                "CreationTime", "HyperParameterTuningEndTime")  # fmt: skip
        summaries = []
        for told in reversed(list(self._told.values())):
            if request.get("NameContains", "") in told["HyperParameterTuningJobName"]:
                config = told["HyperParameterTuningJobConfig"]
                described = self.describe(told)
                summaries.append({key: told[key] for key in keys if key in told} | {
                    "Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"],
                    "TrainingJobStatusCounters": described["TrainingJobStatusCounters"],
                    "ObjectiveStatusCounters": described["ObjectiveStatusCounters"],
                })  # fmt: skip
        return {"HyperParameterTuningJobSummaries": summaries}

    def list_trials(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListTrainingJobsForHyperParameterTuningJob: pages of MaxResults, best first where so asked."""
        name = request["HyperParameterTuningJobName"]
        if request.get("SortBy") == "FinalObjectiveMetricValue":
            found = self._ranked(name)  # AWS too leaves out what has no objective then
        else:
            found = [self._summary(name, trial) for trial in self._trials[name]]
        begin = int(request.get("NextToken") or 0)
        end = begin + request.get("MaxResults", 10)
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {"TrainingJobSummaries": found[begin:end]} | more

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        """StopHyperParameterTuningJob: running trials are stopped, no new one begins."""
        name = request["HyperParameterTuningJobName"]
        self._stopped.add(name)
        self._told[name]["HyperParameterTuningJobStatus"] = "Stopping"
        for trial in self._trials[name]:
            if not trial.ended.is_set():
                self._training.stop({"TrainingJobName": trial.told["TrainingJobName"]})
        return {}

    def _run(self, name: str, arn: str, request: dict[str, Any]) -> None:
        limits = request["HyperParameterTuningJobConfig"]["ResourceLimits"]
        n_trials = min(limits["MaxNumberOfTrainingJobs"], self._max_trials)
        waiting = threading.Semaphore(limits["MaxParallelTrainingJobs"])
        for number in range(1, n_trials + 1):
            waiting.acquire()
            if name in self._stopped:
                break
            threading.Thread(target=self._run_trial, args=(name, arn, request, number, waiting), daemon=True).start()
        for trial in self._wait_for(name, n_trials):
            trial.ended.wait()
        told = self._told[name]
        told["HyperParameterTuningEndTime"] = time.time()
        told["HyperParameterTuningJobStatus"] = "Stopped" if name in self._stopped else "Completed"

    def _wait_for(self, name: str, n_trials: int) -> list[TrainingJob]:
        while len(self._trials[name]) < n_trials and name not in self._stopped:
            time.sleep(0.05)
        return self._trials[name]

    def _run_trial(
        self, name: str, arn: str, request: dict[str, Any], number: int, waiting: threading.Semaphore
    ) -> None:
        definition = dict(request["TrainingJobDefinition"])
        config = request["HyperParameterTuningJobConfig"]
        drawn = draw_hyperparameters(config["ParameterRanges"], self._draw)
        objective = {OBJECTIVE: config["HyperParameterTuningJobObjective"]["MetricName"]}
        trial = {key: value for key, value in definition.items() if key not in {"StaticHyperParameters"}}
        trial |= {
            "TrainingJobName": f"{name}-{number:03d}-{secrets.token_hex(4)}",
            "HyperParameters": definition.get("StaticHyperParameters", {}) | drawn | objective,
        }
        self._training.create(trial, tuning_arn=arn)
        job = self._training.find(trial)
        job.drawn = drawn
        self._trials[name].append(job)
        job.ended.wait()
        waiting.release()

    def _objective(self, name: str, trial: TrainingJob) -> dict[str, Any] | None:
        asked = self._told[name]["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
        for metric in trial.told.get("FinalMetricDataList", []):
            if metric["MetricName"] == asked["MetricName"]:
                return {"Type": asked["Type"], "MetricName": asked["MetricName"], "Value": metric["Value"]}
        return None

    def _summary(self, name: str, trial: TrainingJob) -> dict[str, Any]:
        keys = ("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime",
                "TrainingJobStatus", "FailureReason")  # fmt: skip
        summary = {key: trial.told[key] for key in keys if key in trial.told}
        summary["TunedHyperParameters"] = dict(trial.drawn)
        summary["ObjectiveStatus"] = "Pending" if not trial.ended.is_set() else "Failed"
        if objective := self._objective(name, trial):
            summary |= {"FinalHyperParameterTuningJobObjectiveMetric": objective, "ObjectiveStatus": "Succeeded"}
        return summary

    def _ranked(self, name: str) -> list[dict[str, Any]]:
        asked = self._told[name]["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
        found = [self._summary(name, trial) for trial in self._trials[name] if self._objective(name, trial)]
        return sorted(
            found,
            key=lambda trial: trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"],
            reverse=asked["Type"] == "Maximize",
        )


def draw_hyperparameters(ranges: dict[str, Any], draw: random.Random) -> dict[str, str]:
    """One value from each range, as text, on the scale that the range names."""
    drawn = {}
    for item in ranges.get("CategoricalParameterRanges", []):
        drawn[item["Name"]] = str(draw.choice(item["Values"]))
    for kind in ("ContinuousParameterRanges", "IntegerParameterRanges"):
        for item in ranges.get(kind, []):
            low, high = float(item["MinValue"]), float(item["MaxValue"])
            is_log = item.get("ScalingType") == "Logarithmic"
            value = math.exp(draw.uniform(math.log(low), math.log(high))) if is_log else draw.uniform(low, high)
            drawn[item["Name"]] = str(round(value)) if kind.startswith("Integer") else repr(value)
    return drawn
