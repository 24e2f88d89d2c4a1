"""The stage's HTTP API: who gets in, what the function is handed, and what comes back."""

import base64
import http.client
import io
import json
import zipfile
from contextlib import closing, contextmanager
from types import SimpleNamespace

import boto3
import pytest
from aws_environment import ACCOUNT_ID, REGION
from aws_stage import AwsStage
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from stage_api import build_event
from stage_wire import AwsRequest

BUCKET = "seikaku-stage"
TEMPLATE = {
    "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
    "Outputs": {"ApiUrl": {"Value": "https://abc123.execute-api.ap-northeast-1.amazonaws.com"}},
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sagemaker:InvokeEndpoint",
            "Resource": f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:endpoint/seikaku",
        }
    ],
}
BODY = json.dumps({"text": "こんにちは"}).encode()


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A stage with a function in the account; the function says what it was handed."""
    with AwsStage(tmp_path_factory.mktemp("stage")) as stage:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("handler.py", "handler = None")
        s3, iam = stage.client("s3"), stage.client("iam")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket=BUCKET, Key="lambda/0/handler.zip", Body=packed.getvalue())
        iam.create_role(RoleName="seikaku-lambda", AssumeRolePolicyDocument='{"Version": "2012-10-17"}')
        iam.put_role_policy(RoleName="seikaku-lambda", PolicyName="invoke", PolicyDocument=json.dumps(POLICY))
        stage.client("lambda").create_function(
            FunctionName="seikaku-api",
            Runtime="python3.13",
            Role=f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-lambda",
            Handler="handler.handler",
            Code={"S3Bucket": BUCKET, "S3Key": "lambda/0/handler.zip"},
            Environment={"Variables": {"ENDPOINT_NAME": "seikaku"}},
        )
        stage.client("cloudformation").create_stack(StackName="seikaku", TemplateBody=json.dumps(TEMPLATE))
        stage.api._start = echo
        yield stage


@contextmanager
def echo(folder, environment):
    """A function that answers with its event and environment."""
    files = sorted(path.name for path in folder.iterdir())

    def invoke(event):
        told = {"event": event, "environment": environment, "files": files}
        return {"statusCode": 418, "headers": {"content-type": "application/json"}, "body": json.dumps(told)}

    yield SimpleNamespace(invoke=invoke, log="")


def call(stage, path="/v1/estimates", *, secret="testing", service="execute-api", sent=BODY, method="POST"):
    url = f"{stage.url}/execute-api{path}"
    request = AWSRequest(method, url, data=BODY, headers={"Content-Type": "application/json"})
    SigV4Auth(Credentials("testing", secret, "testing"), service, REGION).add_auth(request)
    with closing(http.client.HTTPConnection(stage.url.removeprefix("http://"))) as connection:
        connection.request(method, f"/execute-api{path}", sent, dict(request.headers))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_a_signed_call_reaches_the_function(stage):
    status, told = call(stage, "/v1/estimates?lang=ja")
    assert status == 418
    assert told["files"] == ["handler.py"]
    assert told["environment"]["ENDPOINT_NAME"] == "seikaku"
    assert told["environment"]["AWS_ENDPOINT_URL"] == stage.url
    event = told["event"]
    assert (event["routeKey"], event["rawPath"], event["rawQueryString"]) == (
        "POST /v1/estimates", "/v1/estimates", "lang=ja")  # fmt: skip
    assert (event["body"], event["isBase64Encoded"]) == (BODY.decode(), False)
    assert event["headers"]["content-type"] == "application/json"


@pytest.mark.parametrize(
    "wrong", [{"secret": "other"}, {"service": "sagemaker"}, {"sent": BODY + b" "}], ids=["key", "service", "body"]
)
def test_a_wrong_signature_stays_outside(stage, wrong):
    assert call(stage, **wrong) == (403, {"message": "Forbidden"})


def test_a_route_that_the_api_has_not(stage):
    assert call(stage, "/v2/estimates") == (404, {"message": "Not Found"})


def test_the_stack_tells_an_address_on_the_loopback(stage):
    cloudformation = boto3.client("cloudformation", region_name=REGION, endpoint_url=stage.url)
    (stack,) = cloudformation.describe_stacks(StackName="seikaku")["Stacks"]
    assert [output["OutputValue"] for output in stack["Outputs"]] == [f"{stage.url}/execute-api"]


def test_other_bodies_are_handed_over_in_base64(stage):
    event = build_event(AwsRequest("POST", "/v1/estimates", {"Content-Type": "image/png"}, b"\xff"), "/x", "")
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\xff", True)
