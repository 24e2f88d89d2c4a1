"""A tuning job as it is followed and told: pages, trials of every end, what they cost, the best one's settings."""

import dataclasses
import json
from datetime import UTC, datetime

import pytest
from aws_environment import ACCOUNT_ID, REGION, aws_environment
from botocore.stub import Stubber

from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs import tuning
from seikaku.cloud.jobs.compute import Compute
from seikaku.config import Stage2Config
from seikaku.errors import CloudError, UserError

NAME = "seikaku-tune-1"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}"
STATIC = {
    "sagemaker_program": "train.py",
    "stage": "2",
    "stage1_model_path": "none",
    "lora_targets": "query,key",
    "with_partner": "true",
    "equal_speakers": "false",
    "attention_dropout": "0",
}
OOM = "AlgorithmError: メモリが足りません。対処: --batch_size を減らしてください。, exit code: 1"


def summary(number, status, value=None, **more):
    objective = {"Type": "Minimize", "MetricName": "validation_mae", "Value": value}
    name = f"{NAME}-{number:03d}-0123abcd"
    return {
        "TrainingJobName": name,
        "TrainingJobArn": f"{ARN}:training-job/{name}",
        "CreationTime": NOW,
        "TrainingJobStatus": status,
        "TunedHyperParameters": {"learning_rate": f"{number}e-4", "lora_r": str(2 * number)},
    } | ({} if value is None else {"FinalHyperParameterTuningJobObjectiveMetric": objective}) | more  # fmt: skip


RUNNING = [summary(2, "InProgress"), summary(1, "Completed", 0.83)]
PAGES = [
    [summary(4, "Stopped", 0.9), summary(3, "Failed", 0.1, FailureReason=OOM)],
    [summary(5, "Failed", FailureReason="CapacityError: no capacity"), summary(2, "Completed", 0.81)],
    [summary(1, "Completed", 0.83)],
]


def description(status="Completed", **more):
    counters = {"Completed": 2, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 2, "Stopped": 1}
    return {
        "HyperParameterTuningJobName": NAME,
        "HyperParameterTuningJobArn": f"{ARN}:hyper-parameter-tuning-job/{NAME}",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 5, "MaxParallelTrainingJobs": 2},
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": STATIC,
            "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "image"},
            "RoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-train",
            "OutputDataConfig": {"S3OutputPath": "s3://seikaku-bucket/models"},
            "StoppingCondition": {"MaxRuntimeInSeconds": 7200},
        },
        "HyperParameterTuningJobStatus": status,
        "CreationTime": NOW,
        "TrainingJobStatusCounters": counters,
        "ObjectiveStatusCounters": {"Succeeded": 3, "Pending": 0, "Failed": 2},
    } | more


def job(name, billable, *, region_price=True):
    return {
        "TrainingJobName": name,
        "TrainingJobArn": f"{ARN}:training-job/{name}",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://seikaku-bucket/models/x"},
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "image"},
        "ResourceConfig": {
            "InstanceType": "ml.g4dn.xlarge" if region_price else "ml.g5.2xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 30,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 7200},
        "CreationTime": NOW,
        "TrainingTimeInSeconds": 2 * billable,
        "BillableTimeInSeconds": billable,
        "EnableManagedSpotTraining": True,
    }


@pytest.fixture(scope="module")
def us_account(tmp_path_factory):
    """An account where the price of the default instance is in the table; its client is made once."""
    from seikaku.cloud.account.session import Account

    with pytest.MonkeyPatch.context() as patch:
        for name, value in aws_environment(tmp_path_factory.mktemp("home")).items():
            patch.setenv(name, value)
        account = Account(CloudSettings(region="us-east-1"))
        account.client("sagemaker")
    return account


@pytest.fixture
def stub(us_account):
    with Stubber(us_account.client("sagemaker")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def tell(stub, told, pages):
    """What AWS answers to one look."""
    stub.add_response("describe_hyper_parameter_tuning_job", told, {"HyperParameterTuningJobName": NAME})
    for number, page in enumerate(pages):
        asked = {"HyperParameterTuningJobName": NAME, "MaxResults": 100}
        asked |= {"NextToken": str(number)} if number else {}
        more = {"NextToken": str(number + 1)} if number + 1 < len(pages) else {}
        stub.add_response(
            "list_training_jobs_for_hyper_parameter_tuning_job", {"TrainingJobSummaries": page} | more, asked
        )


def tell_bill(stub, number, billable, **more):
    name = f"{NAME}-{number:03d}-0123abcd"
    stub.add_response("describe_training_job", job(name, billable, **more), {"TrainingJobName": name})


def test_every_trial_of_every_page_is_told(stub, us_account):
    tell(stub, description(), PAGES)
    for number in range(1, 6):
        tell_bill(stub, number, 360 * number)
    result = tuning.fetch_result(us_account, NAME)
    assert [(trial["number"], trial["state"], trial["validation_mae"]) for trial in result["trials"]] == [
        (1, "completed", 0.83), (2, "completed", 0.81), (3, "failed", 0.1), (4, "stopped", 0.9), (5, "failed", None)
    ]  # fmt: skip
    assert [trial["failure"] for trial in result["trials"]] == [None, None, OOM, None, "CapacityError: no capacity"]
    assert [trial["billable_seconds"] for trial in result["trials"]] == [360, 720, 1080, 1440, 1800]
    assert result["trials"][0]["cost_usd"] == pytest.approx(0.07364)
    assert (result["billable_seconds"], result["cost_usd"]) == (5400, pytest.approx(1.5 * 0.7364))
    assert result["trials"][3]["params"] == {"learning_rate": 4e-4, "lora_r": 8}
    assert json.loads(json.dumps(result)) == result


def test_the_best_is_of_a_trial_that_did_not_fail_and_typed_as_the_settings(stub, us_account):
    tell(stub, description(), PAGES)
    for number in range(1, 6):
        tell_bill(stub, number, 60)
    best = tuning.load_best(us_account, NAME)
    assert best == {
        "stage1_model_path": "none",
        "lora_targets": ("query", "key"),
        "with_partner": True,
        "equal_speakers": False,
        "attention_dropout": 0.0,
        "learning_rate": 2e-4,
        "lora_r": 4,
    }
    assert Stage2Config(**best).lora_r == 4


def test_it_has_the_shape_of_the_local_result(stub, us_account, tmp_path, monkeypatch):
    pytest.importorskip("optuna")
    from seikaku.training.tuning import local

    monkeypatch.setattr(local, "_train_trial", lambda *arguments: 0.5)
    fixed = {"stage1_model_path": "none"}
    expected = local.tune(fixed, tmp_path, tmp_path / "study", n_trials=1, report=lambda line: None)
    tell(stub, description(), [PAGES[2]])
    tell_bill(stub, 1, 60)
    result = tuning.fetch_result(us_account, NAME)
    assert expected.keys() <= result.keys()
    assert expected["trials"][0].keys() <= result["trials"][0].keys()
    assert expected["best"].keys() <= result["best"].keys()


def test_trials_are_reported_as_they_end_and_asked_for_their_bill_once(stub, us_account, pauses):
    tell(stub, description("InProgress"), [RUNNING])
    tell_bill(stub, 1, 360)
    tell(stub, description("InProgress"), [RUNNING])
    tell(stub, description("Stopping"), PAGES)
    for number in range(2, 6):
        tell_bill(stub, number, 60)
    tell(stub, description("Stopped"), PAGES)
    lines = []
    result = tuning.follow_tuning(us_account, NAME, lines.append)
    assert lines == [
        "tune trial=1 validation_mae=0.8300 learning_rate=0.0001 lora_r=2 請求 360 秒 $0.07",
        "tune trial=2 validation_mae=0.8100 learning_rate=0.0002 lora_r=4 請求 60 秒 $0.01",
        f"tune trial=3 validation_mae=0.1000 learning_rate=0.0003 lora_r=6 請求 60 秒 $0.01（失敗: {OOM}）",
        "tune trial=4 validation_mae=0.9000 learning_rate=0.0004 lora_r=8 請求 60 秒 $0.01（途中で停止）",
        "tune trial=5 数値なし learning_rate=0.0005 lora_r=10 請求 60 秒 $0.01（失敗: CapacityError: no capacity）",
    ]
    assert result["status"] == "Stopped"
    assert len(pauses) == 3


def test_a_search_in_progress_has_no_bill_of_what_runs(stub, us_account):
    tell(stub, description("InProgress"), [[summary(1, "InProgress"), summary(2, "Stopping")]])
    result = tuning.fetch_result(us_account, NAME)
    assert [trial["state"] for trial in result["trials"]] == ["running", "running"]
    assert (result["best"], result["billable_seconds"], result["cost_usd"]) == (None, 0, 0)


def test_an_unknown_price_makes_an_unknown_sum(stub, us_account):
    tell(stub, description(), [PAGES[2]])
    tell_bill(stub, 1, 60, region_price=False)
    result = tuning.fetch_result(us_account, NAME)
    assert (result["billable_seconds"], result["cost_usd"]) == (60, None)


def test_there_is_nothing_to_train_with_before_a_figure(stub, us_account):
    tell(stub, description("InProgress"), [[summary(1, "InProgress")]])
    with pytest.raises(UserError, match="数値の出た試行がまだありません（1 回中）"):
        tuning.load_best(us_account, NAME)


def test_a_search_that_failed_as_a_whole(stub, us_account):
    tell(stub, description("Failed", FailureReason="All training jobs failed."), [PAGES[1][:1]])
    tell_bill(stub, 5, 60)
    with pytest.raises(CloudError, match="seikaku-tune-1 は失敗しました: All training jobs failed."):
        tuning.follow_tuning(us_account, NAME, lambda line: None)


def test_no_such_search(stub, us_account):
    for _ in range(2):
        stub.add_client_error("describe_hyper_parameter_tuning_job", "ResourceNotFound", "not found", 400)
    assert tuning.find_tuning(us_account, NAME) is None
    with pytest.raises(UserError, match=r"設定の探索 seikaku-tune-1 がありません（us-east-1）"):
        tuning.fetch_result(us_account, NAME)


def test_another_refusal_passes(stub, us_account):
    stub.add_client_error("describe_hyper_parameter_tuning_job", "AccessDeniedException", "no", 400)
    with pytest.raises(us_account.client("sagemaker").exceptions.ClientError, match="AccessDenied"):
        tuning.find_tuning(us_account, NAME)


def test_what_is_sent_arrives(account):
    """The wire, by moto, which calls every tuning job completed at once and knows no trials."""
    from seikaku.cloud.jobs.tuning_request import Search, build_tuning_request

    request = build_tuning_request(plan_of(account), Search(trials=3), {"learning_rate": {
        "kind": "float", "low": 1e-5, "high": 3e-3, "scale": "log"}})  # fmt: skip
    tuning.start_tuning(account, request)
    told = tuning.find_tuning(account, NAME)
    assert told["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 3
    assert told["TrainingJobDefinition"]["StaticHyperParameters"]["sagemaker_program"] == "train.py"
    tags = account.client("sagemaker").list_tags(ResourceArn=told["HyperParameterTuningJobArn"])["Tags"]
    assert {"Key": "project", "Value": "seikaku"} in tags
    with pytest.raises(account.client("sagemaker").exceptions.ClientError, match="ResourceInUse"):
        tuning.start_tuning(account, request)


def plan_of(account):
    from seikaku.cloud.jobs.training_request import TrainingPlan

    return TrainingPlan(
        name=NAME,
        run_name="",
        region=REGION,
        bucket=account.bucket,
        role_arn=account.train_role_arn,
        image="image",
        bundle_uri=f"s3://{account.bucket}/code/abc/sourcedir.tar.gz",
        channels={"data": f"s3://{account.bucket}/data/abc/"},
        hyperparameters={"stage": 2},
        compute=Compute(),
        settings=account.settings,
    )


def test_a_request_that_aws_would_refuse_is_not_built(account):
    from seikaku.cloud.jobs.tuning_request import Search, TuningPlan

    plan = TuningPlan(dataclasses.replace(plan_of(account), name="seikaku_tune"), Search(), {})
    with pytest.raises(UserError, match="HyperParameterTuningJobName 'seikaku_tune'"):
        plan.build_request()
