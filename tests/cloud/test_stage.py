"""The stage itself: what goes to moto, what is played, and that it refuses what AWS refuses."""

import io
import json
import tarfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from aws_environment import ACCOUNT_ID, REGION
from aws_stage import AwsStage
from botocore.exceptions import ClientError
from stage_wire import AwsAnswer, listen

BUCKET = "seikaku-stage"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-train"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"},
                        "Action": "sts:AssumeRole"}]}  # fmt: skip
PLACES = [f"arn:aws:s3:::{BUCKET}/{place}/*" for place in ("data", "models", "batch")]
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": PLACES}],
}
LOG = "stage2 epoch=1 validation_mae=0.9\nstage2 epoch=2 validation_mae=8e-1\nstage2 final validation_mae=0.8\n"
METRICS = [{"Name": "validation_mae", "Regex": r"validation_mae=([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"}]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with AwsStage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture
def stage(running, monkeypatch):
    """The stage with a bucket, an object and a role."""
    running.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
    s3, iam = running.client("s3"), running.client("iam")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key="data/x/manifest.json", Body=b"{}")
    iam.create_role(RoleName="seikaku-train", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="seikaku-train", PolicyName="train", PolicyDocument=json.dumps(POLICY))
    return running


@pytest.fixture
def container(stage, tmp_path):
    """A container that does nothing but end as it is told, when it is told."""
    told = SimpleNamespace(go=threading.Event(), exit_code=0, failure=None, log=LOG, requests=[])

    def run(request, folder, stop):
        told.requests.append(request)
        told.go.wait(10)
        model_tar = tmp_path / "model.tar.gz"
        with tarfile.open(model_tar, "w:gz") as packed:
            packed.addfile(tarfile.TarInfo("run_config.json"))
        return SimpleNamespace(exit_code=told.exit_code, log=told.log, failure=told.failure, model_tar=model_tar)

    stage.training._run_container = run
    return told


def build_request(name="seikaku-stage2-a", **changes):
    channel = {"ChannelName": "data", "DataSource": {"S3DataSource": {
        "S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data/x/"}}}  # fmt: skip
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File", "MetricDefinitions": METRICS},
        "RoleArn": ROLE,
        "InputDataConfig": [channel],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {"InstanceType": "ml.g4dn.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "Tags": [{"Key": "project", "Value": "seikaku"}],
    } | changes


def wait_until(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_job_goes_on_to_its_end(stage, container):
    sagemaker = boto3.client("sagemaker")
    arn = sagemaker.create_training_job(**build_request())["TrainingJobArn"]
    assert sagemaker.describe_training_job(TrainingJobName="seikaku-stage2-a")["TrainingJobStatus"] == "InProgress"
    container.go.set()
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName="seikaku-stage2-a", WaiterConfig={"Delay": 0.1}
    )
    told = sagemaker.describe_training_job(TrainingJobName="seikaku-stage2-a")
    assert told["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/models/seikaku-stage2-a/output/model.tar.gz"
    assert told["FinalMetricDataList"][0]["Value"] == 0.8
    assert told["BillableTimeInSeconds"] == told["TrainingTimeInSeconds"] == 1
    assert [turn["Status"] for turn in told["SecondaryStatusTransitions"]] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed"]  # fmt: skip
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "project", "Value": "seikaku"}]
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key="models/seikaku-stage2-a/output/model.tar.gz")["Body"]
    with tarfile.open(fileobj=io.BytesIO(body.read())) as packed:
        assert packed.getnames() == ["run_config.json"]
    logs = boto3.client("logs")
    group = "/aws/sagemaker/TrainingJobs"
    (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="seikaku-stage2-a/")["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
    assert [event["message"] for event in events["events"]] == LOG.splitlines()


def test_a_failed_job_tells_its_failure_file(stage, container):
    container.exit_code, container.failure = 1, "データがありません: data/processed"
    container.go.set()
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_training_job(**build_request(EnableManagedSpotTraining=True, StoppingCondition={
        "MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}))  # fmt: skip
    wait_until(stage.training.jobs["seikaku-stage2-a"].ended.is_set)
    told = sagemaker.describe_training_job(TrainingJobName="seikaku-stage2-a")
    assert told["TrainingJobStatus"] == "Failed"
    assert told["FailureReason"] == "AlgorithmError: データがありません: data/processed, exit code: 1"


SPOT = {"EnableManagedSpotTraining": True}
REFUSED = {
    "spot without a waiting time": (SPOT, "MaxWaitTimeInSeconds must be set"),
    "spot that waits too little": (
        SPOT | {"StoppingCondition": {"MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 8}}, "must not be below"),
    "unknown role": ({"RoleArn": ROLE + "-other"}, "Could not assume role"),
    "input that is not there": ({"InputDataConfig": [{"ChannelName": "data", "DataSource": {"S3DataSource": {
        "S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data/y/"}}}]}, "does not hold any object"),
    "output that the role may not write": (
        {"OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/other"}}, "not authorized to perform: s3:PutObject"),
    "checkpoints that the role may not write": (
        {"CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints/x"}}, "not authorized to perform: s3:PutObject"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_aws_refuses_is_refused(stage, container, case):
    changes, message = REFUSED[case]
    with pytest.raises(ClientError, match=message):
        boto3.client("sagemaker").create_training_job(**build_request(**changes))
    assert not container.requests


def test_a_name_is_used_once(stage, container):
    container.go.set()
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_training_job(**build_request())
    with pytest.raises(ClientError, match="ResourceInUse"):
        sagemaker.create_training_job(**build_request())


def test_a_tuning_job_runs_trials_with_drawn_values(stage, container):
    container.go.set()
    definition = {key: value for key, value in build_request().items() if key not in {"TrainingJobName", "Tags"}}
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="seikaku-tune-1",
        HyperParameterTuningJobConfig={
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation_mae"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": {
                "ContinuousParameterRanges": [
                    {"Name": "learning_rate", "MinValue": "1e-5", "MaxValue": "1e-3", "ScalingType": "Logarithmic"}
                ],
                "CategoricalParameterRanges": [{"Name": "lora_r", "Values": ["8", "16"]}],
            },
        },
        TrainingJobDefinition=definition | {"StaticHyperParameters": {"epochs": "1"}},
    )

    def describe():
        return sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="seikaku-tune-1")

    wait_until(lambda: describe()["HyperParameterTuningJobStatus"] == "Completed")
    assert len(container.requests) == 2  # max_trials
    given = container.requests[0]["HyperParameters"]
    assert given["epochs"] == "1"
    assert given["lora_r"] in {"8", "16"}
    assert 1e-5 <= float(given["learning_rate"]) <= 1e-3
    pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName="seikaku-tune-1", SortBy="FinalObjectiveMetricValue", MaxResults=1
    )
    trials = [trial for page in pages for trial in page["TrainingJobSummaries"]]
    assert len(trials) == 2
    assert trials[0]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == 0.8
    assert describe()["BestTrainingJob"]["TrainingJobName"] == trials[0]["TrainingJobName"]


@pytest.fixture
def served(stage, monkeypatch, tmp_path):
    """An endpoint on a container that says its model's environment; kind and start-up are told by the test."""
    told = SimpleNamespace(started=[], is_broken=False)

    @contextmanager
    def start(kind, model_tar, environment):
        told.started.append((kind, model_tar and model_tar.read_bytes()))
        if told.is_broken:
            raise RuntimeError("exit code 1")
        with listen(lambda request: AwsAnswer(200, environment["WORD"].encode() + request.body)) as url:
            yield SimpleNamespace(url=url, log=lambda: "")

    monkeypatch.setattr(stage.endpoints._containers, "_start", start)
    sagemaker = boto3.client("sagemaker")
    boto3.client("s3").put_object(Bucket=BUCKET, Key="models/x/model.tar.gz", Body=b"packed")
    for word in ("old", "new"):
        sagemaker.create_model(
            ModelName=f"seikaku-{word}",
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": "763104351884.dkr.ecr.ap-northeast-1.amazonaws.com/huggingface",
                              "ModelDataUrl": f"s3://{BUCKET}/models/x/model.tar.gz", "Environment": {"WORD": word}},
        )  # fmt: skip
        sagemaker.create_endpoint_config(EndpointConfigName=f"seikaku-{word}", ProductionVariants=[{
            "VariantName": "AllTraffic", "ModelName": f"seikaku-{word}",
            "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}])  # fmt: skip
    sagemaker.create_endpoint(EndpointName="seikaku", EndpointConfigName="seikaku-old")
    wait_until(lambda: describe_endpoint()["EndpointStatus"] == "InService")
    return told


def describe_endpoint():
    return boto3.client("sagemaker").describe_endpoint(EndpointName="seikaku")


def invoke(body=b"?"):
    answer = boto3.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="seikaku", Body=body, ContentType="application/json"
    )
    return answer["Body"].read()


def test_an_endpoint_answers_and_an_update_swaps_the_model(served):
    assert served.started == [("huggingface", b"packed")]
    assert invoke() == b"old?"
    sagemaker = boto3.client("sagemaker")
    sagemaker.update_endpoint(EndpointName="seikaku", EndpointConfigName="seikaku-new")
    wait_until(lambda: describe_endpoint()["EndpointStatus"] == "InService")
    assert describe_endpoint()["EndpointConfigName"] == "seikaku-new"
    assert invoke() == b"new?"
    sagemaker.delete_endpoint(EndpointName="seikaku")
    with pytest.raises(ClientError, match="ValidationError"):
        invoke()


def test_a_failed_update_keeps_the_old_model(served):
    served.is_broken = True
    boto3.client("sagemaker").update_endpoint(EndpointName="seikaku", EndpointConfigName="seikaku-new")
    wait_until(lambda: describe_endpoint()["EndpointStatus"] == "InService")
    told = describe_endpoint()
    assert told["EndpointConfigName"] == "seikaku-old"
    assert "did not pass the ping health check" in told["FailureReason"]
    assert invoke() == b"old?"


def test_a_transform_sends_lines_and_writes_out_files(stage, served):
    lines = b"".join(b"%d\n" % number for number in range(3))
    boto3.client("s3").put_object(Bucket=BUCKET, Key="batch/in/part.jsonl", Body=lines)
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_transform_job(
        TransformJobName="seikaku-batch-1",
        ModelName="seikaku-old",
        TransformInput={"SplitType": "Line", "ContentType": "application/jsonlines", "DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/batch/in/"}}},
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/batch/out", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
        BatchStrategy="SingleRecord",
    )  # fmt: skip

    def is_done():
        told = sagemaker.describe_transform_job(TransformJobName="seikaku-batch-1")
        assert told["TransformJobStatus"] != "Failed", told["FailureReason"]
        return told["TransformJobStatus"] == "Completed"

    wait_until(is_done)
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key="batch/out/part.jsonl.out")["Body"].read()
    assert body == b"old0\nold1\nold2\n"


def test_simulation_reads_the_policies(stage):
    answers = boto3.client("iam").simulate_principal_policy(
        PolicySourceArn=ROLE,
        ActionNames=["s3:GetObject", "s3:DeleteBucket"],
        ResourceArns=[f"arn:aws:s3:::{BUCKET}/data/x/manifest.json"],
    )["EvaluationResults"]
    assert {item["EvalActionName"]: item["EvalDecision"] for item in answers} == {
        "s3:GetObject": "allowed", "s3:DeleteBucket": "implicitDeny"}  # fmt: skip


def test_quotas_and_prices_have_their_shape(stage):
    pages = boto3.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    quotas = {quota["QuotaName"]: quota["Value"] for page in pages for quota in page["Quotas"]}
    assert quotas["ml.g4dn.xlarge for spot training job usage"] == 2.0
    products = boto3.client("pricing", region_name="us-east-1").get_products(ServiceCode="AmazonSageMaker")
    product = json.loads(products["PriceList"][0])
    assert "fictional" in json.dumps(product["terms"]["OnDemand"])
    assert Path(product["product"]["attributes"]["usagetype"]).name == "APN1-Train:ml.g4dn.xlarge"


def test_the_rest_goes_to_moto_unchanged(stage):
    s3 = boto3.client("s3")
    data = bytes(range(256)) * 40_000  # several megabytes: sent in chunks
    s3.put_object(Bucket=BUCKET, Key="data/äあ b.bin", Body=io.BytesIO(data), ServerSideEncryption="AES256")
    assert s3.get_object(Bucket=BUCKET, Key="data/äあ b.bin")["Body"].read() == data
    assert s3.head_object(Bucket=BUCKET, Key="data/äあ b.bin")["ContentLength"] == len(data)
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=BUCKET, Key="nothing")
    boto3.client("sts").get_caller_identity()
    assert stage.calls[-1] == ("sts", "GetCallerIdentity")
