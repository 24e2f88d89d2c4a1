"""The template: nothing to complain about for cfn-lint, and the promises that a linter does not know."""

import json
import re

import pytest
from cfnlint.api import ManualArgs, lint
from cloud_template import TEMPLATE, load_resources, parse

from seikaku.cloud.account import layout
from seikaku.cloud.money.instances import training_instances
from seikaku.cloud.stack import lambda_handler

FULL = {
    "EndpointName": "seikaku",
    "LambdaCodeKey": "lambda/0/handler.zip",
    "BudgetEmail": "me@example.com",
    "AlarmEmail": "me@example.com",
}
MAX_TEMPLATE_BYTES = 51_200  # CloudFormation takes no more as a body


@pytest.fixture(scope="module")
def text():
    return TEMPLATE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def template(text):
    return parse(text)


@pytest.fixture(scope="module")
def full():
    return load_resources(**FULL)


def test_cfn_lint_finds_nothing(text):
    regions = ["ap-northeast-1", "us-east-1", "us-west-2"]
    assert [str(match) for match in lint(text, config=ManualArgs(regions=regions, include_checks=["I"]))] == []


def test_cfn_lint_would_find_something(text):
    broken = text.replace("sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpint")
    assert {match.rule.id for match in lint(broken, config=ManualArgs(regions=["ap-northeast-1"]))} == {"W3037"}


def test_cloudformation_takes_the_template_as_a_body(text):
    assert len(text.encode()) < MAX_TEMPLATE_BYTES


def test_the_first_stack_has_no_api_and_nothing_that_costs():
    types = {name: item["Type"] for name, item in load_resources().items()}
    assert types == {
        "Bucket": "AWS::S3::Bucket",
        "BucketPolicy": "AWS::S3::BucketPolicy",
        "TrainRole": "AWS::IAM::Role",
        "ServeRole": "AWS::IAM::Role",
        "ImagesAndMetricsPolicy": "AWS::IAM::Policy",
        "OperatorPolicy": "AWS::IAM::ManagedPolicy",
        "OperatorWatchPolicy": "AWS::IAM::ManagedPolicy",
    }


def test_an_adopted_bucket_is_not_made_nor_closed_again():
    assert not {"Bucket", "BucketPolicy"} & set(load_resources(MakeBucket="false"))


def test_the_bucket_is_private_encrypted_and_kept(full):
    bucket = full["Bucket"]
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    encryption = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    for name in ("Bucket", "BucketPolicy"):
        assert full[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert full[name]["UpdateReplacePolicy"] == "Retain"
    (statement,) = full["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_bucket_is_encrypted_with_the_key_that_is_given():
    key = "arn:aws:kms:ap-northeast-1:123456789012:key/0"
    rule = load_resources(KmsKeyArn=key)["Bucket"]["Properties"]["BucketEncryption"][
        "ServerSideEncryptionConfiguration"
    ]
    assert rule[0]["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}


def test_only_what_is_made_again_or_holds_talk_expires(full):
    rules = full["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
    assert expiring == {"checkpoints/": 30, "batch/": 30, "code/": 90}
    assert all(prefix in layout.__doc__ for prefix in expiring)


@pytest.mark.parametrize(("auth", "kind"), [("iam", "AWS_IAM"), ("jwt", "JWT")])
def test_no_route_of_the_api_is_open(auth, kind):
    found = load_resources(**FULL, ApiAuth=auth, JwtIssuer="https://issuer.example", JwtAudience="seikaku")
    routes = [item["Properties"] for item in found.values() if item["Type"] == "AWS::ApiGatewayV2::Route"]
    assert sorted(route["RouteKey"] for route in routes) == ["GET /health", "POST /v1/estimates"]
    assert {route["AuthorizationType"] for route in routes} == {kind}
    assert ("JwtAuthorizer" in found) == (auth == "jwt")
    assert all(("AuthorizerId" in route) == (auth == "jwt") for route in routes)


def test_time_limits_are_in_order(full):
    function = full["Function"]["Properties"]
    waits = float(function["Environment"]["Variables"]["READ_TIMEOUT_SECONDS"])
    api = full["Integration"]["Properties"]["TimeoutInMillis"] / 1000
    assert api > function["Timeout"] > waits + lambda_handler.CONNECT_TIMEOUT_SECONDS
    assert (api, function["Timeout"], waits) == (30, 29, 25)


def test_the_function_is_the_handler_of_the_package(full):
    function = full["Function"]["Properties"]
    module, name = function["Handler"].split(".")
    assert module == lambda_handler.__name__.rpartition(".")[2] and hasattr(lambda_handler, name)
    assert function["Environment"]["Variables"]["ENDPOINT_NAME"] == "seikaku"
    assert "ReservedConcurrentExecutions" not in function
    assert (
        load_resources(**FULL, ReservedConcurrency="3")["Function"]["Properties"]["ReservedConcurrentExecutions"] == "3"
    )


def test_logs_expire_and_hold_neither_bodies_nor_callers(full):
    logs = [item["Properties"] for item in full.values() if item["Type"] == "AWS::Logs::LogGroup"]
    assert len(logs) == 2 and {log["RetentionInDays"] for log in logs} == {"30"}
    logged = set(re.findall(r"\$context\.([\w.]+)", full["Stage"]["Properties"]["AccessLogSettings"]["Format"]))
    assert logged == {
        "requestId",
        "routeKey",
        "status",
        "responseLatency",
        "responseLength",
        "error.responseType",
    }
    json.loads(full["Stage"]["Properties"]["AccessLogSettings"]["Format"])


def test_the_api_is_throttled_and_open_to_no_other_site(full):
    settings = full["Stage"]["Properties"]["DefaultRouteSettings"]
    assert settings == {"ThrottlingRateLimit": "10", "ThrottlingBurstLimit": "20"}
    assert "CorsConfiguration" not in full["Api"]["Properties"]
    with_site = load_resources(**FULL, AllowedOrigins="https://example.com")["Api"]["Properties"]["CorsConfiguration"]
    assert with_site["AllowMethods"] == ["GET", "POST"] and "AllowCredentials" not in with_site


def test_the_endpoint_is_made_only_when_asked_and_serverless_has_no_instance(full):
    assert not {"Model", "EndpointConfig", "Endpoint"} & set(full)
    image = {"ModelImage": "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/seikaku:1"}
    serverless = load_resources(**FULL, **image, EndpointMode="serverless")
    (variant,) = serverless["EndpointConfig"]["Properties"]["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": "2048", "MaxConcurrency": "5"}
    assert not {"InstanceType", "InitialInstanceCount"} & set(variant)
    assert "ModelDataUrl" not in serverless["Model"]["Properties"]["PrimaryContainer"]
    instance = load_resources(
        **FULL, **image, EndpointMode="instance", ModelDataUrl="s3://seikaku-test/serve/0/m.tar.gz"
    )
    (variant,) = instance["EndpointConfig"]["Properties"]["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.m5.large", "1")
    assert "ServerlessConfig" not in variant
    assert instance["Model"]["Properties"]["PrimaryContainer"]["ModelDataUrl"].endswith("m.tar.gz")
    assert instance["Endpoint"]["Properties"]["EndpointName"] == "seikaku"


def test_the_budget_tells_before_and_at_the_limit(full):
    told = full["Budget"]["Properties"]["NotificationsWithSubscribers"]
    thresholds = [(item["Notification"]["NotificationType"], item["Notification"]["Threshold"]) for item in told]
    assert thresholds == [("ACTUAL", 50), ("ACTUAL", 80), ("FORECASTED", 100)]
    assert {item["Subscribers"][0]["Address"] for item in told} == {"me@example.com"}


def test_the_cost_guard_allows_what_seikaku_offers_but_no_big_machine(template):
    allowed = template["Parameters"]["AllowedInstanceTypes"]["Default"].split(",")
    offered = {item.instance_type for item in training_instances()}
    assert set(allowed) >= {"ml.g4dn.xlarge", "ml.g5.xlarge", "ml.g6.xlarge", "ml.m5.xlarge"}
    assert not [name for name in allowed if name.startswith("ml.p")]
    assert {name for name in offered if not name.startswith("ml.p")} <= set(allowed)


def test_outputs_that_the_package_reads(template):
    assert {"BucketName", "TrainRoleArn", "ServeRoleArn", "EndpointName", "ApiUrl"} <= set(template["Outputs"])
