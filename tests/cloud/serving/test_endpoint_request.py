"""What is sent to make an endpoint: golden requests, AWS's own parameter check, what AWS does not offer together."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from seikaku.cloud.account import layout
from seikaku.cloud.account.layout import stamp_name
from seikaku.cloud.account.rules import check_request
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.serving.endpoint_request import (
    ServedModel,
    belongs_to,
    build_config,
    build_endpoint,
    build_model,
    build_update,
    check_endpoint_name,
)
from seikaku.cloud.serving.hosting import (
    Instances,
    Serverless,
    check_hosting,
    check_memory_mb,
    choose_memory_mb,
)
from seikaku.cloud.serving.scaling import build_scaling
from seikaku.errors import UserError

MODEL = ServedModel("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/seikaku:1", "s3://b/serve/0/model.tar.gz", {"A": "1"})  # fmt: skip  # noqa: E501
ROLE = "arn:aws:iam::123456789012:role/seikaku-serve"
PLAIN = CloudSettings()
FULL = CloudSettings(
    tags=("owner=花子",), kms_key="alias/own", subnets=("subnet-1",), security_groups=("sg-1",), network_isolation=True
)
HOSTS = Instances("ml.m5.xlarge", 1, 3, alarms=("too-many-5xx",))
PROJECT = {"Key": "project", "Value": "seikaku"}


def check(operation, request, service="sagemaker"):
    """AWS's own check of names, types and what is required, and ours."""
    shape = get_session().get_service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
    if service == "sagemaker":
        check_request(operation, request)


def test_a_model():
    request = build_model("seikaku-1", MODEL, ROLE, FULL)
    check("CreateModel", request)
    assert request == {
        "ModelName": "seikaku-1",
        "PrimaryContainer": {"Image": MODEL.image, "Environment": {"A": "1"}, "ModelDataUrl": MODEL.data_url},
        "ExecutionRoleArn": ROLE,
        "EnableNetworkIsolation": True,
        "Tags": [PROJECT, {"Key": "owner", "Value": "花子"}],
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
    }


def test_a_model_that_its_image_brings():
    request = build_model("seikaku-1", ServedModel(MODEL.image, "", {}), ROLE, PLAIN)
    check("CreateModel", request)
    assert request["PrimaryContainer"] == {"Image": MODEL.image, "Environment": {}}
    assert "VpcConfig" not in request


def test_a_serverless_configuration():
    request = build_config("seikaku-2", Serverless(3072, 7), CloudSettings(kms_key="alias/own"), previous="seikaku-1")
    check("CreateEndpointConfig", request)
    assert request == {
        "EndpointConfigName": "seikaku-2",
        "ProductionVariants": [
            {
                "VariantName": "AllTraffic",
                "ModelName": "seikaku-2",
                "ServerlessConfig": {"MemorySizeInMB": 3072, "MaxConcurrency": 7},
            }
        ],
        "Tags": [PROJECT, {"Key": "seikaku:previous", "Value": "seikaku-1"}],
    }


def test_a_configuration_of_hosts():
    request = build_config("seikaku-2", HOSTS, FULL)
    check("CreateEndpointConfig", request)
    assert request["KmsKeyId"] == "alias/own"
    assert request["ProductionVariants"] == [
        {
            "VariantName": "AllTraffic",
            "ModelName": "seikaku-2",
            "InstanceType": "ml.m5.xlarge",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 1.0,
            "ModelDataDownloadTimeoutInSeconds": 1200,
            "ContainerStartupHealthCheckTimeoutInSeconds": 600,
        }
    ]


def test_hosts_with_gpus_get_drivers_of_today_and_keep_their_own_disks_key():
    request = build_config("seikaku-2", Instances("ml.g5.xlarge"), FULL)
    check("CreateEndpointConfig", request)
    assert request["ProductionVariants"][0]["InferenceAmiVersion"] == "al2-ami-sagemaker-inference-gpu-3-1"
    assert "KmsKeyId" not in request  # AWS refuses a key for an instance's own disk


@pytest.mark.parametrize("hosting", [Serverless(1024), HOSTS], ids=["serverless", "hosts"])
def test_conversations_are_never_captured(hosting):
    assert "DataCaptureConfig" not in build_config("seikaku-2", hosting, FULL)


def test_a_new_endpoint_and_its_update():
    request = build_endpoint("seikaku", "seikaku-1", PLAIN)
    check("CreateEndpoint", request)
    assert request == {"EndpointName": "seikaku", "EndpointConfigName": "seikaku-1", "Tags": [PROJECT]}
    swap = build_update("seikaku", "seikaku-2", Serverless(1024))
    check("UpdateEndpoint", swap)
    assert swap == {"EndpointName": "seikaku", "EndpointConfigName": "seikaku-2"}


def test_hosts_are_replaced_blue_green_and_led_back_by_alarms():
    request = build_update("seikaku", "seikaku-2", HOSTS)
    check("UpdateEndpoint", request)
    assert request["RetainAllVariantProperties"] is True
    assert request["DeploymentConfig"] == {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 300},
            "TerminationWaitInSeconds": 0,
            "MaximumExecutionTimeoutInSeconds": 3600,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "too-many-5xx"}]},
    }
    fixed = build_update("seikaku", "seikaku-2", Instances("ml.m5.large", 2, 2))
    check("UpdateEndpoint", fixed)
    assert fixed["RetainAllVariantProperties"] is False  # nothing scales it: the count of the configuration counts
    assert "AutoRollbackConfiguration" not in fixed["DeploymentConfig"]


def test_scaling_by_calls():
    target, policy = build_scaling("seikaku", HOSTS).values()
    check("RegisterScalableTarget", target, "application-autoscaling")
    check("PutScalingPolicy", policy, "application-autoscaling")
    where = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/seikaku/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    assert target == where | {"MinCapacity": 1, "MaxCapacity": 3}
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["PredefinedMetricSpecification"] == {
        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
    }
    assert tracking["TargetValue"] == 60.0


@pytest.mark.parametrize("name", ["seikaku", "seikaku-b2", "seikaku2", "seikaku" + "-a" * 18])
def test_names_that_the_permissions_cover(name):
    check_endpoint_name(name)
    assert len(stamp_name(name)) <= 63


@pytest.mark.parametrize("name", ["", "other", "Seikaku", "seikaku-", "seikaku--a", "seikaku_b", "seikaku" + "a" * 40])
def test_other_names_are_refused(name):
    with pytest.raises(UserError, match="の名前 .* は使えません"):
        check_endpoint_name(name)


def test_configurations_sort_by_time_and_belong_to_one_endpoint(monkeypatch):
    clock = iter(datetime(2026, 11, day, 9, tzinfo=UTC) for day in (3, 22))
    monkeypatch.setattr(layout, "datetime", SimpleNamespace(now=lambda _: next(clock)))
    names = [stamp_name("seikaku") for _ in range(2)]
    monkeypatch.undo()
    assert sorted(names) == names
    assert names[0].startswith("seikaku-20261103-090000-")
    assert all(belongs_to("seikaku", name) for name in names)
    assert not belongs_to("seikaku", stamp_name("seikaku-b"))
    assert not belongs_to("seikaku-b", names[0])
    assert not belongs_to("seikaku", "seikaku-model-of-the-stack")


@pytest.mark.parametrize(
    ("n_bytes", "own_image", "memory_mb"),
    [
        (0, False, 2048),
        (0, True, 1024),
        (1_000_000, False, 3072),
        (2_240_000_000, False, 6144),
        (560_000_000, True, 2048),
    ],
)
def test_memory_is_chosen_by_the_models_size(n_bytes, own_image, memory_mb):
    assert choose_memory_mb(n_bytes, own_image=own_image) == memory_mb


def test_a_model_too_large_for_serverless():
    with pytest.raises(UserError, match=r"モデル（4.0 GB）は、サーバーレスの 6144 MB に入りません") as caught:
        choose_memory_mb(4_000_000_000, own_image=True)
    assert "--int8" in caught.value.mend and "--instance_type" in caught.value.mend


@pytest.mark.parametrize("memory_mb", [0, 512, 1500, 7168])
def test_memory_goes_in_steps(memory_mb):
    with pytest.raises(UserError, match=f"--memory_mb {memory_mb} は選べません"):
        check_memory_mb(memory_mb)


@pytest.mark.parametrize(
    ("hosting", "settings", "own_image", "message"),
    [
        (
            Serverless(1024),
            CloudSettings(subnets=("a",), security_groups=("b",)),
            True,
            "VPC にもネットワークの隔離にも",
        ),
        (Serverless(1024), CloudSettings(network_isolation=True), True, "VPC にもネットワークの隔離にも"),
        (Instances("ml.g5.xlarge"), PLAIN, False, "GPU は使われません"),
    ],
)
def test_what_does_not_go_together(hosting, settings, own_image, message):
    with pytest.raises(UserError, match=message):
        check_hosting(hosting, settings, own_image=own_image)


def test_what_goes_together():
    check_hosting(Serverless(1024), PLAIN, own_image=False)
    check_hosting(Instances("ml.g5.xlarge"), FULL, own_image=True)
    check_hosting(Instances("ml.m5.large"), CloudSettings(network_isolation=True), own_image=False)
    check_hosting(Instances("ml.m5.large"), CloudSettings(subnets=("a",), security_groups=("b",)), own_image=False)


def test_fewer_at_most_than_at_least():
    with pytest.raises(UserError, match="--max_instances 1 が --min_instances 2 より小さく"):
        Instances("ml.m5.large", 2, 1)
