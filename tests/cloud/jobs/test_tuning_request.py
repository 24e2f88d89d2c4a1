"""The request of a tuning job: as AWS takes it, over the space of the local command, refused where it must be."""

import re

import pytest
from aws_environment import ACCOUNT_ID, REGION
from botocore.session import get_session
from botocore.validate import ParamValidator

from seikaku.cloud.account.rules import check_request
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs.compute import Compute
from seikaku.cloud.jobs.training_request import METRIC_DEFINITIONS, TrainingPlan, build_training_request
from seikaku.cloud.jobs.tuning_request import OBJECTIVE, Search, build_ranges, build_tuning_request, estimate_tuning
from seikaku.config import Stage2Config
from seikaku.errors import UserError
from seikaku.training.tuning.space import choose_parameters, load_search_space

BUCKET = "seikaku-bucket"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-train"
IMAGE = "763104351884.dkr.ecr.ap-northeast-1.amazonaws.com/huggingface-pytorch-training:pinned"
OPERATION = "CreateHyperParameterTuningJob"


def build_plan(compute=None, settings=None, **hyperparameters):
    return TrainingPlan(
        name="seikaku-tune-1",
        run_name="",
        region=REGION,
        bucket=BUCKET,
        role_arn=ROLE,
        image=IMAGE,
        bundle_uri=f"s3://{BUCKET}/code/abc/sourcedir.tar.gz",
        channels={"data": f"s3://{BUCKET}/data/abc/", "base_model": f"s3://{BUCKET}/base-model/abc/"},
        hyperparameters={"stage": 2, "stage1_model_path": "none"} | hyperparameters,
        compute=compute or Compute(max_run_hours=2.0),
        settings=settings or CloudSettings(tags=("owner=A",)),
    )


def build(search=None, compute=None, settings=None, **hyperparameters):
    plan = build_plan(compute, settings, **hyperparameters)
    parameters = choose_parameters(dict(plan.hyperparameters), lambda line: None)
    return build_tuning_request(plan, search or Search(), parameters)


def channel(name, uri):
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, "InputMode": "File"}


BAYESIAN = {
    "HyperParameterTuningJobName": "seikaku-tune-1",
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "TrainingJobEarlyStoppingType": "Auto",
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation_mae"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": {
            "ContinuousParameterRanges": [
                {"Name": "learning_rate", "MinValue": "1e-05", "MaxValue": "0.003", "ScalingType": "Logarithmic"}
            ],
            "CategoricalParameterRanges": [
                {"Name": "lora_r", "Values": ["4", "8", "16", "32"]},
                {"Name": "batch_size", "Values": ["4", "8", "16"]},
                {"Name": "max_tokens", "Values": ["64", "128", "256"]},
            ],
        },
        "RandomSeed": 0,
    },
    "TrainingJobDefinition": {
        "StaticHyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": f"s3://{BUCKET}/code/abc/sourcedir.tar.gz",
            "sagemaker_region": REGION,
            "sagemaker_job_name": "seikaku-tune-1",
            "sagemaker_container_log_level": "30",
            "stage": "2",
            "stage1_model_path": "none",
        },
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": METRIC_DEFINITIONS,
        },
        "RoleArn": ROLE,
        "InputDataConfig": [
            channel("data", f"s3://{BUCKET}/data/abc/"),
            channel("base_model", f"s3://{BUCKET}/base-model/abc/"),
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {"InstanceType": "ml.g4dn.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 7200, "MaxWaitTimeInSeconds": 14400},
        "CheckpointConfig": {
            "S3Uri": f"s3://{BUCKET}/checkpoints/seikaku-tune-1/",
            "LocalPath": "/opt/ml/checkpoints",
        },
        "EnableManagedSpotTraining": True,
        "EnableNetworkIsolation": False,
        "RetryStrategy": {"MaximumRetryAttempts": 2},
    },
    "Tags": [{"Key": "project", "Value": "seikaku"}, {"Key": "owner", "Value": "A"}],
}
HYPERBAND = {
    "Strategy": "Hyperband",
    "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 2, "MaxResource": 9}},
    "TrainingJobEarlyStoppingType": "Off",
    "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation_mae"},
    "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 3, "MaxRuntimeInSeconds": 5400},
    "ParameterRanges": {
        "ContinuousParameterRanges": [
            {"Name": "learning_rate", "MinValue": "1e-05", "MaxValue": "0.003", "ScalingType": "Logarithmic"}
        ],
        "CategoricalParameterRanges": [
            {"Name": "lora_r", "Values": ["4", "8", "16", "32"]},
            {"Name": "max_tokens", "Values": ["64", "128", "256"]},
        ],
    },
    "RandomSeed": 7,
}


def assert_aws_takes(request):
    shape = get_session().get_service_model("sagemaker").operation_model(OPERATION).input_shape
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
    check_request(OPERATION, request)


def test_bayesian():
    request = build()
    assert request == BAYESIAN
    assert_aws_takes(request)


def test_hyperband():
    search = Search(strategy="hyperband", trials=3, parallel=10, max_total_hours=1.5, min_epochs=2)
    request = build(search, epochs=8, batch_size=4, seed=7)
    assert request["HyperParameterTuningJobConfig"] == HYPERBAND
    assert request["TrainingJobDefinition"]["StaticHyperParameters"]["batch_size"] == "4"
    assert_aws_takes(request)


def test_random():
    config = build(Search(strategy="random"))["HyperParameterTuningJobConfig"]
    assert (config["Strategy"], config["TrainingJobEarlyStoppingType"]) == ("Random", "Auto")
    assert "StrategyConfig" not in config


def test_a_trial_is_a_training_job_of_the_same_contract():
    """Nothing but the run's name, by which its checkpoints go, and where the hyperparameters stand is different."""
    definition = build()["TrainingJobDefinition"]
    job = build_training_request(build_plan())
    assert definition.pop("StaticHyperParameters") == job.pop("HyperParameters")
    for only_of_a_job in ("TrainingJobName", "Tags"):
        del job[only_of_a_job]
    assert definition == job
    assert "Environment" not in definition  # a run's name in it would make all trials one run


def test_a_given_setting_is_fixed_and_the_rank_of_stage1_too():
    lines = []
    fixed = {"stage1_model_path": "job", "batch_size": 8}
    parameters = choose_parameters(fixed, lines.append)
    request = build_tuning_request(build_plan(**fixed), Search(), parameters)
    ranges = request["HyperParameterTuningJobConfig"]["ParameterRanges"]
    searched = {item["Name"] for items in ranges.values() for item in items}
    assert searched == {"learning_rate", "max_tokens"}
    assert not searched & request["TrainingJobDefinition"]["StaticHyperParameters"].keys()
    assert "lora_r は stage 1 の値に決まる" in lines[0]


def test_the_objective_is_that_of_the_search_space_and_told_by_the_log():
    space = load_search_space()
    assert (space["metric"], space["direction"]) == (OBJECTIVE, "minimize")
    (regex,) = [item["Regex"] for item in METRIC_DEFINITIONS if item["Name"] == OBJECTIVE]
    log = "stage2 epoch=1 validation_mae=0.7921 validation_mse=0.9\nstage2 final validation_mae=7e-1 x=1\n"
    assert [float(value) for value in re.findall(regex, log)] == [0.7921, 0.7]


def test_a_linear_range_and_no_choice():
    ranges = build_ranges({"lora_dropout": {"kind": "float", "low": 0.0, "high": 0.3, "scale": "linear"}})
    assert ranges == {
        "ContinuousParameterRanges": [
            {"Name": "lora_dropout", "MinValue": "0.0", "MaxValue": "0.3", "ScalingType": "Linear"}
        ]
    }


def test_several_gpus_a_key_and_an_isolated_network():
    compute = Compute(instance_type="ml.g4dn.12xlarge", on_demand=True)
    settings = CloudSettings(kms_key="key-1", network_isolation=True, subnets=("subnet-1",), security_groups=("sg-1",))
    request = build(compute=compute, settings=settings)
    assert_aws_takes(request)
    definition = request["TrainingJobDefinition"]
    assert definition["StaticHyperParameters"]["sagemaker_torch_distributed_enabled"] == "true"
    assert definition["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    assert definition["OutputDataConfig"]["KmsKeyId"] == "key-1"
    assert definition["EnableNetworkIsolation"] is True
    assert not definition["EnableManagedSpotTraining"]
    assert [item["ChannelName"] for item in definition["InputDataConfig"]] == ["data", "base_model", "code"]


REFUSED = {
    "unknown strategy": ({"strategy": "grid"}, "--strategy grid は使えません"),
    "no trial": ({"trials": 0}, "--trials 0 は使えません"),
    "nothing at once": ({"parallel": 0}, "--parallel 0 は使えません"),
    "a minute in all": ({"max_total_hours": 0.02}, "--max_total_hours 0.02 は短すぎます"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_search_that_cannot_be(case):
    given, message = REFUSED[case]
    with pytest.raises(UserError, match=message):
        Search(**given)


def test_more_epochs_than_a_trial_has():
    with pytest.raises(UserError, match=f"--min_epochs 6 がエポック数 {Stage2Config().epochs} を超えています"):
        build(Search(strategy="hyperband", min_epochs=6))


def test_a_warm_pool_is_refused():
    with pytest.raises(UserError, match="--warm_pool_minutes 30 は、設定の探索では使えません"):
        build(compute=Compute(on_demand=True, warm_pool_minutes=30))


def test_a_name_that_is_too_long_is_told_before_anything_is_sent():
    request = BAYESIAN | {"HyperParameterTuningJobName": "seikaku-" + "a" * 30}
    with pytest.raises(UserError, match="HyperParameterTuningJobName は 32 文字までです"):
        check_request(OPERATION, request)


@pytest.mark.parametrize(
    ("search", "hours"),
    [(Search(trials=20), 20 * 2), (Search(trials=20, max_total_hours=3), 2 * 3), (Search(trials=1), 2)],
    ids=["every trial in full", "all of it in time", "one"],
)
def test_the_cost_is_an_upper_bound(search, hours):
    estimate = estimate_tuning(search, Compute(max_run_hours=2.0), "us-east-1")
    assert estimate.upper_usd == pytest.approx(hours * 0.7364)


def test_an_unknown_price_is_no_cost():
    assert estimate_tuning(Search(), Compute(instance_type="ml.g5.2xlarge"), "ap-northeast-1").upper_usd is None
