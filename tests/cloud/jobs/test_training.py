"""A job followed to its end, whatever AWS answers: its news, its log, and what the end means."""

import datetime as dt
import functools
import time

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from seikaku.cloud.account.failures import explain_aws
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs import training
from seikaku.cloud.jobs.logs import TRAINING_GROUP, LogTail
from seikaku.errors import CloudError

NAME = "seikaku-stage2-a"
START = dt.datetime(2026, 11, 22, 21, 30, tzinfo=dt.UTC)
RESUME = "seikaku cloud train --resume seikaku-train-a"
GOOD = {
    "TrainingJobName": NAME,
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "RoleArn": "arn:aws:iam::123456789012:role/seikaku-train",
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/models"},
    "ResourceConfig": {"InstanceType": "ml.g4dn.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


def description(status, *transitions, **more):
    """DescribeTrainingJob's answer, as far as the model requires it."""
    return {
        "TrainingJobName": NAME,
        "TrainingJobArn": f"arn:aws:sagemaker:ap-northeast-1:123456789012:training-job/{NAME}",
        "ModelArtifacts": {"S3ModelArtifacts": f"s3://bucket/models/{NAME}/output/model.tar.gz"},
        "TrainingJobStatus": status,
        "SecondaryStatus": transitions[-1] if transitions else status,
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "ResourceConfig": GOOD["ResourceConfig"],
        "StoppingCondition": {},
        "CreationTime": START,
        "SecondaryStatusTransitions": [
            {"Status": name, "StartTime": START + dt.timedelta(minutes=number)}
            for number, name in enumerate(transitions)
        ],
    } | more  # fmt: skip


@functools.cache
def make_account():
    """Its clients take a second to make, so all tests share them."""
    account = Account(CloudSettings(bucket="bucket", role_arn=GOOD["RoleArn"], max_attempts=1))
    return account


@pytest.fixture
def aws():
    """An account whose SageMaker and CloudWatch answer what a test puts in, in that order, and nothing else."""
    account = make_account()
    with Stubber(account.client("sagemaker")) as sagemaker, Stubber(account.client("logs")) as logs:
        account.stubs = (sagemaker, logs)
        yield account
        sagemaker.assert_no_pending_responses()
        logs.assert_no_pending_responses()


def answer_log(logs, *pages):
    """One look at the log: a stream with these pages; without pages, no log group yet."""
    if not pages:
        logs.add_client_error("describe_log_streams", "ResourceNotFoundException", "no such log group")
        return
    stream = {"logStreamName": f"{NAME}/algo-1-1", "creationTime": 1}
    logs.add_response("describe_log_streams", {"logStreams": [stream]})
    for token, lines in pages:
        events = [{"timestamp": 1, "message": f"{line}\n"} for line in lines]
        logs.add_response("get_log_events", {"events": events, "nextForwardToken": token})


def test_a_job_is_followed_through_its_states_while_its_log_appears(aws, pauses):
    sagemaker, logs = aws.stubs
    for transitions in (["Starting"], ["Starting", "Downloading", "Training"],
                        ["Starting", "Downloading", "Training", "Interrupted", "Starting", "Training"]):  # fmt: skip
        sagemaker.add_response("describe_training_job", description("InProgress", *transitions))
    sagemaker.add_response("describe_training_job", description("Completed", "Starting", "Downloading", "Training",
                           "Interrupted", "Starting", "Training", "Uploading", "Completed"))  # fmt: skip
    answer_log(logs)
    answer_log(logs, ("t1", ["土台: tiny", "stage2 epoch=1 validation_mae=0.9"]), ("t1", []))
    answer_log(logs, ("t1", []))
    answer_log(logs, ("t2", ["stage2 final validation_mae=0.8"]), ("t2", []))
    news = list(training.follow_job(aws, NAME))
    words = [turn.words for item in news for turn in item.turns]
    assert words[0] == "準備中（インスタンスを待っています）"
    assert words.count("スポットが中断されました（空きが出れば、途中保存から自動で続きます）") == 1
    assert (len(words), words[-1]) == (8, "完了しました")
    assert [item.lines for item in news] == [
        (), ("土台: tiny", "stage2 epoch=1 validation_mae=0.9"), (), ("stage2 final validation_mae=0.8",)]  # fmt: skip
    assert pauses == sorted(pauses)
    assert len(pauses) == 3


def test_a_job_that_begins_anew_goes_on_in_a_new_stream(moto):
    logs, now = boto3.client("logs"), int(time.time() * 1000)
    logs.create_log_group(logGroupName=TRAINING_GROUP)
    tail = LogTail(Account(CloudSettings()), NAME)
    assert tail.read() == []
    for number, stream in enumerate((f"{NAME}/algo-1-1", f"{NAME}/algo-1-2", "seikaku-stage2-ab/algo-1-1")):
        logs.create_log_stream(logGroupName=TRAINING_GROUP, logStreamName=stream)
        logs.put_log_events(logGroupName=TRAINING_GROUP, logStreamName=stream,
                            logEvents=[{"timestamp": now + number, "message": f"line of {stream}"}])  # fmt: skip
    assert tail.read() == [f"line of {NAME}/algo-1-1", f"line of {NAME}/algo-1-2"]
    assert tail.read() == []
    assert tail.last_lines(5) == [f"line of {NAME}/algo-1-2"]


def test_a_crowded_aws_is_waited_out(aws, pauses):
    sagemaker, logs = aws.stubs
    for code in ("ThrottlingException", "InternalFailure"):
        sagemaker.add_client_error("describe_training_job", code, "Rate exceeded")
    sagemaker.add_response("describe_training_job", description("Completed", "Completed"))
    logs.add_client_error("describe_log_streams", "ThrottlingException", "Rate exceeded")
    answer_log(logs)
    assert len(list(training.follow_job(aws, NAME))) == 1
    assert len(pauses) == 3


def test_what_does_not_pass_is_not_waited_out(aws, pauses):
    aws.stubs[0].add_client_error("describe_training_job", "AccessDeniedException", "not authorized")
    with pytest.raises(ClientError, match="AccessDenied"):
        next(training.follow_job(aws, NAME))
    assert not pauses


def test_a_job_that_is_not_there_is_said_so(aws):
    aws.stubs[0].add_client_error("describe_training_job", "ValidationException", "Requested resource not found.")
    with pytest.raises(CloudError, match=f"学習ジョブ {NAME} がありません"):
        next(training.follow_job(aws, NAME))


def test_a_job_that_an_unheard_answer_created_is_ours(aws):
    aws.stubs[0].add_client_error("create_training_job", "ResourceInUse", "already exists")
    aws.stubs[0].add_response("describe_training_job", description("InProgress", "Starting"))
    training.create_job(aws, GOOD)


@pytest.mark.parametrize(
    ("code", "message", "mend"),
    [("ResourceLimitExceeded", "AWS の上限に達しています: 0 Instances", "Service Quotas"),
     ("ThrottlingException", "AWS が混み合っています（CreateTrainingJob）", "少し待って"),
     ("ValidationException", "AWS が CreateTrainingJob を断りました（ValidationException）: 0 Instances", "doctor")],
)  # fmt: skip
def test_a_refused_job_says_what_to_do(aws, code, message, mend):
    aws.stubs[0].add_client_error("create_training_job", code, "0 Instances")
    with pytest.raises(CloudError) as caught, explain_aws():
        training.create_job(aws, GOOD)
    assert caught.value.message.startswith(message)
    assert mend in caught.value.mend


def answer_end_of_log(logs):
    logs.add_response("describe_log_streams", {"logStreams": [{"logStreamName": f"{NAME}/algo-1-1"}]})
    logs.add_response("get_log_events", {"events": [{"timestamp": 1, "message": "last line\n"}]})


def failed(reason):
    return description("Failed", "Failed", FailureReason=reason)


ENDS = {
    "our failure file": (
        failed("AlgorithmError: データがありません: data\n対処: 前処理をしてください。, exit code: 1"),
        "失敗しました: AlgorithmError: データがありません: data\nログの最後:\n  last line", "前処理をしてください。"),
    "GPU memory": (
        failed("AlgorithmError: torch.OutOfMemoryError: CUDA out of memory"), "out of memory", "--batch_size 4"),
    "no machine": (
        failed("CapacityError: Unable to provision requested ML compute capacity"), "Capacity",
        f"--on_demand で {RESUME}"),
    "AWS itself": (
        failed("InternalServerError: We encountered an internal error"), "Internal", f"{RESUME} で、途中保存から"),
    "anything else": (failed("ClientError: odd"), "ClientError: odd", f"原因を直してから {RESUME}"),
    "stopped": (description("Stopped", "Stopped"), f"{NAME}: 停止しました", f"{RESUME} で、途中保存から"),
    "out of time": (description("Stopped", "MaxRuntimeExceeded"), "最大実行時間を超えて", f"{RESUME} --max_run_hours"),
    "no spot": (description("Stopped", "MaxWaitTimeExceeded"), "最大待ち時間を超えて", f"{RESUME} --on_demand"),
}  # fmt: skip


@pytest.mark.parametrize("case", ENDS)
def test_every_end_but_completion_says_why_and_what_to_do(case, aws):
    told, message, mend = ENDS[case]
    if told["TrainingJobStatus"] == "Failed":  # of the others nobody reads the log
        answer_end_of_log(aws.stubs[1])
    with pytest.raises(CloudError) as caught:
        training.check_end(aws, told, RESUME)
    assert message in caught.value.message
    assert mend in caught.value.mend
    assert "exit code" not in caught.value.mend


def test_a_completed_job_is_no_error(aws):
    training.check_end(aws, description("Completed", "Completed"), RESUME)
