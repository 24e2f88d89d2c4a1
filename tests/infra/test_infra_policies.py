"""Every policy of the template: known actions on fitting resources, nothing wider than AWS forces it to be."""

import fnmatch
import json

import pytest
from cloud_template import load_resources
from policy_checker import check_policy

from seikaku.cloud.doctor import permissions

EVERYTHING = {
    "EndpointName": "seikaku",
    "LambdaCodeKey": "lambda/0/handler.zip",
    "KmsKeyArn": "arn:aws:kms:ap-northeast-1:123456789012:key/0",
    "JobsInVpc": "true",
}
# What AWS lets nobody scope to a resource (Service Authorization Reference).
CANNOT_BE_SCOPED = {
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudwatch:PutMetricData",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ecr:GetAuthorizationToken",
    "logs:DescribeLogGroups",
    "pricing:GetProducts",
    "sagemaker:ListEndpointConfigs",
    "sagemaker:ListEndpoints",
    "sagemaker:ListHyperParameterTuningJobs",
    "sagemaker:ListModels",
    "sagemaker:ListTrainingJobs",
    "sagemaker:ListTransformJobs",
    "servicequotas:ListAWSDefaultServiceQuotas",
    "servicequotas:ListServiceQuotas",
}
MAX_MANAGED_POLICY_CHARS = 6144  # without white space


def as_list(value):
    return value if isinstance(value, list) else [value]


def find_policies():
    """(resource, document) for every identity policy."""
    found = []
    for name, item in load_resources(**EVERYTHING).items():
        properties = item["Properties"]
        found += [(name, policy["PolicyDocument"]) for policy in properties.get("Policies", [])]
        if item["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}:
            found.append((name, properties["PolicyDocument"]))
    return found


POLICIES = find_policies()
STATEMENTS = [(name, statement) for name, document in POLICIES for statement in document["Statement"]]
ROLES = {name: item for name, item in load_resources(**EVERYTHING).items() if item["Type"] == "AWS::IAM::Role"}


def test_all_policies_are_looked_at():
    assert sorted(name for name, _ in POLICIES) == [
        "ApiCallerPolicy",
        "ImagesAndMetricsPolicy",
        "KeyPolicy",
        "LambdaRole",
        "OperatorKeyPolicy",
        "OperatorPolicy",
        "OperatorWatchPolicy",
        "ServeRole",
        "TrainRole",
        "VpcPolicy",
    ]


@pytest.mark.parametrize(("name", "document"), POLICIES, ids=[name for name, _ in POLICIES])
def test_parliament_finds_nothing(name, document):
    assert check_policy(document) == []


def test_parliament_would_find_something():
    wrong = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::seikaku-test/*"}
    (finding,) = check_policy({"Version": "2012-10-17", "Statement": [wrong]})
    assert finding.startswith("RESOURCE_MISMATCH")


def test_no_action_has_a_wildcard():
    assert not [(name, action) for name, part in STATEMENTS for action in as_list(part["Action"]) if "*" in action]


def test_every_resource_is_named_where_aws_can_name_one():
    unscoped = {
        action for _, part in STATEMENTS if "*" in as_list(part["Resource"]) for action in as_list(part["Action"])
    }
    assert unscoped == CANNOT_BE_SCOPED


def test_resources_begin_with_our_name():
    """Nothing of another project: the bucket, or a name that begins with seikaku, or AWS's own logs and images."""
    shared = (
        "/aws/sagemaker/",
        "repository/huggingface-pytorch-",
        "role/aws-service-role/",
        "scalable-target/",
        ":key/0",
        ":network-interface/",
        ":security-group/",
        ":subnet/",
        ":Api/",
        "log-group:FunctionLog:",
    )
    wide = [
        (name, resource)
        for name, part in STATEMENTS
        for resource in as_list(part["Resource"])
        if resource != "*" and "seikaku" not in resource and not any(words in resource for words in shared)
    ]
    assert not wide


def test_roles_are_passed_to_sagemaker_only():
    passing = [part for _, part in STATEMENTS if "iam:PassRole" in as_list(part["Action"])]
    assert len(passing) == 1
    assert passing[0]["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    assert [resource.rpartition("-")[2] for resource in passing[0]["Resource"]] == ["TrainRole", "ServeRole"]


def test_metrics_go_to_sagemakers_own_names_only():
    (metrics,) = [part for _, part in STATEMENTS if part["Action"] == "cloudwatch:PutMetricData"]
    assert metrics["Condition"] == {"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}}


def test_the_function_may_call_one_endpoint_only():
    (invoke,) = [part for name, part in STATEMENTS if name == "LambdaRole" and "Invoke" in str(part["Action"])]
    assert invoke["Resource"] == "arn:aws:sagemaker:ap-northeast-1:123456789012:endpoint/seikaku"


def test_training_is_bound_by_machine_and_time():
    (training,) = [part for _, part in STATEMENTS if "sagemaker:CreateTrainingJob" in as_list(part["Action"])]
    assert "sagemaker:InstanceTypes" in training["Condition"]["ForAllValues:StringEquals"]
    assert training["Condition"]["NumericLessThanEquals"] == {"sagemaker:MaxRuntimeInSeconds": "432000"}


@pytest.mark.parametrize("role", ["TrainRole", "ServeRole"])
def test_only_sagemaker_of_this_account_may_take_the_roles(role):
    (statement,) = ROLES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_managed_policies_fit():
    lengths = {name: len(json.dumps(document).replace(" ", "")) for name, document in POLICIES if "Policy" in name}
    assert not {name: length for name, length in lengths.items() if length > MAX_MANAGED_POLICY_CHARS * 0.8}


def allows(names, action, resource):
    return any(
        action in as_list(part["Action"])
        and any(fnmatch.fnmatchcase(resource, pattern) for pattern in as_list(part["Resource"]))
        for name, part in STATEMENTS
        if name in names
    )


PLACE = permissions.Place("ap-northeast-1", "123456789012", "seikaku-test", "ml.g4dn.xlarge")
SHARED = "ImagesAndMetricsPolicy"
NEEDS = {
    "train": (permissions.train_role_needs(PLACE), {"TrainRole", SHARED}),
    "serve": (permissions.serve_role_needs(PLACE), {"ServeRole", SHARED}),
}


@pytest.mark.parametrize("role", NEEDS)
def test_the_roles_may_do_what_the_doctor_looks_for(role):
    needs, names = NEEDS[role]
    assert not [(action, need.resource) for need in needs for action in need.actions
                if not allows(names, action, need.resource)]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "action", "resource"),
    [
        ({"TrainRole", SHARED}, "s3:PutObject", "arn:aws:s3:::seikaku-test/data/x/manifest.json"),
        ({"TrainRole", SHARED}, "s3:GetObject", "arn:aws:s3:::seikaku-test/batch/x/input/talks.jsonl"),
        ({"ServeRole", SHARED}, "s3:GetObject", "arn:aws:s3:::seikaku-test/data/x/speakers.parquet"),
        ({"ServeRole", SHARED}, "s3:PutObject", "arn:aws:s3:::seikaku-test/models/x/output/model.tar.gz"),
        ({"LambdaRole"}, "sagemaker:InvokeEndpoint", "arn:aws:sagemaker:ap-northeast-1:123456789012:endpoint/other"),
        (
            {"OperatorPolicy"},
            "sagemaker:DeleteEndpoint",
            "arn:aws:sagemaker:ap-northeast-1:123456789012:endpoint/other",
        ),
        ({"OperatorPolicy"}, "iam:PassRole", "arn:aws:iam::123456789012:role/Administrator"),
    ],
)
def test_what_nobody_may(names, action, resource):
    assert not allows(names, action, resource)
