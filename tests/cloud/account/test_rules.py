"""Requests that AWS would refuse are refused here, each with the field and the value found."""

import copy
from typing import Any

import pytest

from seikaku.cloud.account.rules import check_request
from seikaku.errors import UserError

GOOD: dict[str, Any] = {
    "TrainingJobName": "seikaku-a",
    "HyperParameters": {"stage": "1"},
    "AlgorithmSpecification": {
        "TrainingImage": "image",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "mae", "Regex": "mae=(.*)"}],
    },
    "RoleArn": "arn:aws:iam::123456789012:role/seikaku-train",
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/models"},
    "ResourceConfig": {"InstanceType": "ml.g4dn.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
    "EnableManagedSpotTraining": True,
    "Tags": [{"Key": "所有者", "Value": "A さん"}],
}
METRIC = {"Name": "mae", "Regex": "mae=(.*)"}
# case -> (path, value there, what the error says); None takes the field away
BAD = {
    "spot without a wait": ("StoppingCondition.MaxWaitTimeInSeconds", None, "MaxWaitTimeInSeconds が要ります"),
    "a wait shorter than the run": ("StoppingCondition.MaxWaitTimeInSeconds", 60, "60 が MaxRuntimeInSeconds 3600"),
    "a warm pool with spot": ("ResourceConfig.KeepAlivePeriodInSeconds", 600, "ウォームプール"),
    "a wait without spot": ("EnableManagedSpotTraining", False, "スポットのジョブだけ"),
    "unknown instance": ("ResourceConfig.InstanceType", "ml.g4dn.tiny", "'ml.g4dn.tiny' は AWS にありません"),
    "name too long": ("TrainingJobName", "s" * 64, "TrainingJobName は 63 文字まで"),
    "name with a blank": ("TrainingJobName", "seikaku a", "TrainingJobName 'seikaku a' は"),
    "no name": ("TrainingJobName", "", "TrainingJobName は 1 文字以上"),
    "too many hyperparameters": ("HyperParameters", {f"h{n}": "1" for n in range(101)}, "は 100 個まで"),
    "hyperparameter too long": ("HyperParameters", {"h": "x" * 2501}, "h は 2500 文字まで"),
    "too many metrics": ("AlgorithmSpecification.MetricDefinitions", [METRIC] * 41, "は 40 個まで"),
    "regex too long": ("AlgorithmSpecification.MetricDefinitions", [METRIC | {"Regex": "x" * 501}], "は 500 文字まで"),
    "role that is none": ("RoleArn", "role/seikaku-train-of-somebody", "RoleArn 'role/seikaku-train-of-somebody' は"),
    "misspelt field": ("ResourceConfig.VolumeSizeInGb", 3, "ResourceConfig.VolumeSizeInGb という項目は"),
    "kept too long": ("ResourceConfig.KeepAlivePeriodInSeconds", 30000, "KeepAlivePeriodInSeconds は 21600まで"),
}  # fmt: skip


def changed(path, value):
    request = copy.deepcopy(GOOD)
    *folders, name = path.split(".")
    place = request
    for folder in folders:
        place = place[folder]
    if value is None:
        del place[name]
    else:
        place[name] = value
    return request


def test_a_good_request_passes():
    check_request("CreateTrainingJob", GOOD)


@pytest.mark.parametrize("case", BAD)
def test_a_bad_request_is_refused(case):
    path, value, message = BAD[case]
    with pytest.raises(UserError, match=message):
        check_request("CreateTrainingJob", changed(path, value))


def variant(memory_mb):
    serverless = {"MemorySizeInMB": memory_mb, "MaxConcurrency": 5}
    return {"EndpointConfigName": "seikaku-a", "ProductionVariants": [
        {"VariantName": "all", "ModelName": "seikaku-a", "ServerlessConfig": serverless}]}  # fmt: skip


@pytest.mark.parametrize("memory_mb", range(1024, 6145, 1024))
def test_serverless_memory_in_whole_steps_passes(memory_mb):
    check_request("CreateEndpointConfig", variant(memory_mb))


@pytest.mark.parametrize(
    ("memory_mb", "message"), [(6000, "メモリ 6000 MB は選べません"), (7168, "は 6144まで"), (512, "は 1024以上")]
)
def test_other_serverless_memory_is_refused(memory_mb, message):
    with pytest.raises(UserError, match=message):
        check_request("CreateEndpointConfig", variant(memory_mb))


def test_a_tuning_jobs_definition_is_checked_too():
    definition = {
        name: value for name, value in GOOD.items() if name not in {"TrainingJobName", "HyperParameters", "Tags"}
    }
    definition["StoppingCondition"] = {"MaxRuntimeInSeconds": 3600}
    request = {
        "HyperParameterTuningJobName": "seikaku-tune",
        "HyperParameterTuningJobConfig": {"Strategy": "Bayesian", "ResourceLimits": {"MaxParallelTrainingJobs": 1}},
        "TrainingJobDefinition": definition,
    }
    with pytest.raises(UserError, match="MaxWaitTimeInSeconds が要ります"):
        check_request("CreateHyperParameterTuningJob", request)
