"""`seikaku cloud stack` against moto: what is made and what moto ignores, two steps, changes, and back to nothing."""

import functools
import json

import boto3
import pytest
from aws_environment import ACCOUNT_ID, REGION
from cloud_template import PSEUDO, TEMPLATE, parse
from moto_stacks import IGNORED, real_change_sets

from seikaku.cli.main import run
from seikaku.cloud.account import polling
from seikaku.cloud.stack import cloudformation, edge

BUCKET = f"seikaku-{ACCOUNT_ID}-{REGION}"
FIRST = ("stack", "up", "--budget_email", "me@example.com", "--yes")
API = ("stack", "up", "--endpoint_name", "seikaku", "--yes")


@pytest.fixture(autouse=True)
def account_of_ours(moto, monkeypatch):
    """An empty account, no pause between two looks at CloudFormation, and botocore's large tables read once."""
    monkeypatch.setattr(polling, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr("boto3.Session", lambda **_: the_session())
    monkeypatch.setattr("boto3.DEFAULT_SESSION", the_session())
    with real_change_sets():
        yield


@functools.cache
def the_session():
    return boto3.session.Session()


def cloud(*arguments):
    return run(["cloud", *arguments])


def describe(name="seikaku"):
    return boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]


def outputs():
    return {item["OutputKey"]: item["OutputValue"] for item in describe()["Outputs"]}


def resource_types():
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName="seikaku")
    found = [item for page in pages for item in page["StackResourceSummaries"]]
    return {item["LogicalResourceId"]: item["ResourceType"] for item in found}


def buckets():
    return [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]


def test_the_first_up_makes_bucket_roles_and_budget(capsys):
    assert cloud(*FIRST) == 0
    shown, told = capsys.readouterr()
    assert "スタック seikaku の変更（8 件）" in shown and "AWS::Budgets::Budget" in shown
    assert "CREATE_COMPLETE              TrainRole" in told
    found = outputs()
    assert set(found) == {"BucketName", "TrainRoleArn", "ServeRoleArn", "OperatorPolicyArn", "OperatorWatchPolicyArn"}
    assert found["BucketName"] == BUCKET == buckets()[0]
    assert f"BucketName             {BUCKET}" in shown
    role = boto3.client("iam").get_role(RoleName=found["TrainRoleArn"].rpartition("/")[2])["Role"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}
    assert describe()["Tags"] == [{"Key": "project", "Value": "seikaku"}]


def test_what_moto_makes_and_what_it_ignores():
    assert cloud(*FIRST) == 0 and cloud(*API) == 0
    made = resource_types()
    assert {name: kind for name, kind in made.items() if kind} == {
        "Bucket": "AWS::S3::Bucket",
        "TrainRole": "AWS::IAM::Role",
        "ServeRole": "AWS::IAM::Role",
        "ImagesAndMetricsPolicy": "AWS::IAM::Policy",
        "OperatorPolicy": "AWS::IAM::ManagedPolicy",
        "OperatorWatchPolicy": "AWS::IAM::ManagedPolicy",
        "LambdaRole": "AWS::IAM::Role",
        "FunctionLog": "AWS::Logs::LogGroup",
        "AccessLog": "AWS::Logs::LogGroup",
        "Function": "AWS::Lambda::Function",
        "ApiMayCallFunction": "AWS::Lambda::Permission",
        "ApiCallerPolicy": "AWS::IAM::ManagedPolicy",
    }
    ignored = {name for name, kind in made.items() if not kind}
    assert ignored == {"BucketPolicy", "Budget", "Api", "Integration", "EstimatesRoute", "HealthRoute", "Stage"}


def test_moto_still_knows_nothing_of_what_is_played_as_ignored():
    from moto.cloudformation.parsing import resource_class_from_type

    types = {item["Type"] for item in parse(TEMPLATE.read_text(encoding="utf-8"))["Resources"].values()}
    assert {kind for kind in types if resource_class_from_type(kind) is None} == IGNORED


def test_the_stack_makes_the_endpoint_itself_when_asked():
    image = f"{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com/seikaku:1"
    cloud(*FIRST)
    assert cloud(*API, "--endpoint_mode", "serverless", "--image", image, "--memory_mb", "3072") == 0
    sagemaker = boto3.client("sagemaker")
    (made,) = sagemaker.list_endpoints()["Endpoints"]  # moto gives it a name of its own
    endpoint = sagemaker.describe_endpoint(EndpointName=made["EndpointName"])
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    (variant,) = config["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 3072, "MaxConcurrency": 5}
    model = sagemaker.describe_model(ModelName=variant["ModelName"])
    assert model["PrimaryContainer"]["Image"] == image
    assert model["ExecutionRoleArn"] == outputs()["ServeRoleArn"]


def test_the_api_is_added_and_runs_the_packed_handler(capsys):
    cloud(*FIRST)
    assert cloud(*API) == 0
    found = outputs()
    assert found["EndpointName"] == "seikaku" and found["ApiAuth"] == "iam"
    assert found["ApiUrl"].endswith(f".execute-api.{REGION}.{PSEUDO['AWS::URLSuffix']}")
    assert found["ApiUrl"] in capsys.readouterr().out
    code = edge.pack_function()
    stored = boto3.client("s3").get_object(Bucket=BUCKET, Key=code.key)
    assert stored["Body"].read() == code.data and stored["ServerSideEncryption"] == "AES256"
    (function,) = boto3.client("lambda").list_functions()["Functions"]
    assert (function["FunctionName"], function["Timeout"], function["MemorySize"]) == ("seikaku-api", 29, 256)
    assert function["Environment"]["Variables"] == {"ENDPOINT_NAME": "seikaku", "READ_TIMEOUT_SECONDS": "25"}
    policy = json.loads(boto3.client("lambda").get_policy(FunctionName="seikaku-api")["Policy"])["Statement"][0]
    assert policy["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert policy["Condition"]["ArnLike"]["AWS:SourceArn"].endswith("/*")


def test_bucket_and_api_at_once_are_two_steps(capsys):
    assert cloud(*API) == 0
    shown = capsys.readouterr().out
    assert shown.index("（1/2）") < shown.index("AWS::S3::Bucket") < shown.index("（2/2）") < shown.index("Function")
    assert "ApiUrl" in outputs()


def test_it_tells_in_english(type_in_english):
    shown, told = type_in_english("cloud", *FIRST)
    assert "make     AWS::S3::Bucket" in shown and "Outputs of the stack:" in shown and "CREATE_COMPLETE" in told
    shown, told = type_in_english("cloud", *FIRST, "--quiet")
    assert shown.startswith("The stack seikaku needs no change.") and told == ""
    assert f"The bucket {BUCKET} stays" in type_in_english("cloud", "stack", "down", "--yes").out


def test_up_again_changes_nothing_and_keeps_what_was_set(capsys):
    cloud(*FIRST)
    cloud(*API)
    capsys.readouterr()
    assert cloud("stack", "up", "--yes") == 0
    assert "変更はありません" in capsys.readouterr().out
    assert cloud("stack", "up", "--throttle_rate", "5", "--yes") == 0
    shown = capsys.readouterr().out
    assert "（1 件）" in shown and "変える  AWS::ApiGatewayV2::Stage" in shown
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in describe()["Parameters"]}
    assert parameters["BudgetEmail"] == "me@example.com" and parameters["ThrottleRate"] == "5"


def test_diff_shows_and_leaves_nothing(capsys):
    assert cloud("stack", "diff") == 0
    assert "作る　  AWS::S3::Bucket" in capsys.readouterr().out
    assert boto3.client("cloudformation").list_stacks()["StackSummaries"][-1]["StackStatus"] == "DELETE_COMPLETE"
    assert not buckets()
    cloud(*FIRST)
    capsys.readouterr()
    assert cloud("stack", "diff", "--endpoint_name", "seikaku") == 0
    assert "作る　  AWS::Lambda::Function" in capsys.readouterr().out
    assert boto3.client("cloudformation").list_change_sets(StackName="seikaku")["Summaries"][0]["Status"] is not None
    assert not boto3.client("lambda").list_functions()["Functions"]
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket=BUCKET)


def test_saying_no_makes_nothing(monkeypatch, capsys):
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    assert cloud(*FIRST[:-1]) == 130
    assert not buckets()
    assert cloudformation.find_stack(_account()) is None
    assert "中断しました" in capsys.readouterr().err


def test_the_api_can_be_taken_off_again():
    cloud(*API)
    assert cloud("stack", "up", "--endpoint_name", "", "--yes") == 0
    assert "ApiUrl" not in outputs()
    assert not boto3.client("lambda").list_functions()["Functions"]
    assert buckets() == [BUCKET]


def test_down_keeps_the_bucket_and_the_next_up_takes_it_again(capsys):
    cloud(*FIRST)
    boto3.client("s3").put_object(Bucket=BUCKET, Key="data/x/manifest.json", Body=b"{}")
    capsys.readouterr()
    assert cloud("stack", "down", "--yes") == 0
    shown, told = capsys.readouterr()
    assert "DELETE_COMPLETE" in told and "AWS::IAM::Role" in shown
    assert f"バケット {BUCKET} は残っています（1 個" in shown
    assert buckets() == [BUCKET]
    assert not boto3.client("iam").list_roles()["Roles"]
    assert cloud(*API) == 0
    assert "（1/2）" not in capsys.readouterr().out, "the bucket is there: one step"
    assert outputs()["BucketName"] == BUCKET
    assert "Bucket" not in resource_types()


def test_down_tells_what_still_costs(capsys):
    cloud(*FIRST)
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_model(ModelName="seikaku-m", ExecutionRoleArn=outputs()["ServeRoleArn"],
                           PrimaryContainer={"Image": "i"})  # fmt: skip
    variant = {"VariantName": "a", "ModelName": "seikaku-m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName="seikaku-c", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="seikaku", EndpointConfigName="seikaku-c")
    assert cloud("stack", "down", "--yes") == 0
    shown = capsys.readouterr().out
    assert "まだ費用がかかっています: エンドポイント seikaku（止める: seikaku cloud delete seikaku）" in shown


def test_data_goes_only_with_the_buckets_own_name(monkeypatch, capsys):
    cloud(*FIRST)
    s3 = boto3.client("s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket=BUCKET, Key="data/x/manifest.json", Body=b"{}")
    s3.delete_object(Bucket=BUCKET, Key="data/x/manifest.json")
    monkeypatch.setattr("click.prompt", lambda *_, **__: "yes")
    assert cloud("stack", "down", "--delete_data", "--yes") == 2
    assert "データは消しませんでした" in capsys.readouterr().err
    assert buckets() == [BUCKET]
    monkeypatch.setattr("click.prompt", lambda *_, **__: BUCKET)
    assert cloud("stack", "down", "--delete_data", "--yes") == 0
    assert "費用のかかるものは、もう残っていません" in capsys.readouterr().out
    assert not buckets()


def test_a_bucket_that_is_not_ours_is_never_deleted(monkeypatch, capsys):
    boto3.client("s3").create_bucket(Bucket="family", CreateBucketConfiguration={"LocationConstraint": REGION})
    monkeypatch.setattr("click.prompt", lambda *_, **__: "family")
    assert cloud("stack", "down", "--bucket", "family", "--delete_data", "--yes") == 2
    assert "family は seikaku が作ったものではないので、消しません" in capsys.readouterr().err
    assert buckets() == ["family"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--stack", "other"), "スタックの名前 other は使えません"),
        (("--stack", "seikaku-" + "a" * 30), "は使えません"),
        (("--auth", "jwt"), "--auth jwt には、トークンの発行者と宛先が要ります"),
        (("--memory_mb", "1500"), "--memory_mb 1500 は使えません"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is(capsys, arguments, message):
    assert cloud("stack", "up", "--yes", *arguments) == 2
    assert message in capsys.readouterr().err
    assert not boto3.client("cloudformation").list_stacks()["StackSummaries"]


def test_a_region_without_a_known_registry_is_refused_before_anything_is(monkeypatch, capsys):
    monkeypatch.setattr("boto3.Session", lambda region_name, **_: boto3.session.Session(region_name=region_name))
    assert cloud("stack", "up", "--yes", "--region", "eu-central-2") == 2
    told = capsys.readouterr().err
    assert "リージョン eu-central-2 の Hugging Face のイメージの場所が分かりません" in told and "ap-northeast-3" in told
    assert not boto3.client("cloudformation").list_stacks()["StackSummaries"]


def test_an_api_with_tokens_of_an_issuer():
    issuer = ("--auth", "jwt", "--jwt_issuer", "https://issuer.example", "--jwt-audience", "a,b")
    assert cloud(*API, *issuer) == 0
    assert outputs()["ApiAuth"] == "jwt" and "ApiCallerPolicyArn" not in outputs()
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in describe()["Parameters"]}
    assert parameters["JwtAudience"] == "a,b"


def test_a_key_is_made_an_arn_and_the_roles_may_use_it():
    assert cloud(*FIRST, "--kms_key", "0000-1111") == 0
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in describe()["Parameters"]}
    assert parameters["KmsKeyArn"] == f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/0000-1111"
    name = outputs()["TrainRoleArn"].rpartition("/")[2]
    assert set(boto3.client("iam").list_role_policies(RoleName=name)["PolicyNames"]) >= {"train", "key"}


def test_the_zip_is_the_same_for_the_same_code():
    first, second = edge.pack_function(), edge.pack_function()
    assert first == second and first.key.startswith("lambda/") and first.key.endswith("/handler.zip")


def _account():
    from seikaku.cloud.account.session import Account
    from seikaku.cloud.account.settings import CloudSettings

    return Account(CloudSettings())
