"""The requests that make an endpoint. Pure: from a model in the bucket and a kind of host to dictionaries.

A model and its endpoint configuration carry the same name, the endpoint's with a time behind it: sorted by name they
are sorted by time. The configuration's tag tells which one it replaced: that is where a rollback leads.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seikaku.cloud.account.layout import STAMP_PATTERN
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.money.instances import has_gpus, has_own_disk
from seikaku.cloud.serving.hosting import Hosting, Instances, Serverless
from seikaku.errors import UserError, both

VARIANT = "AllTraffic"
PREVIOUS_TAG = "seikaku:previous"
DEFAULT_NAME = "seikaku"
_NAME = re.compile(r"seikaku(-?[a-z0-9])*")
_MAX_ENDPOINT_NAME_CHARS = 44  # 63, less the time and the hash
# Driver 550, CUDA 12.4: the drivers of AWS's default host are older than any image of today needs.
_GPU_AMI = "al2-ami-sagemaker-inference-gpu-3-1"
MAX_BAKE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A container and its model; ``data_url`` "" where the image brings the model."""

    image: str
    data_url: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Deployment:
    """An endpoint to be, or its next model: every request in the order in which they are sent, by operation.

    ``previous``: the configuration that it replaces, "" for a new endpoint.
    """

    name: str
    hosting: Hosting
    previous: str
    requests: Mapping[str, dict[str, Any]]

    @property
    def config_name(self) -> str:
        """The name of the new configuration, and of its model."""
        return str(self.requests["CreateModel"]["ModelName"])


def check_endpoint_name(name: str) -> None:
    """Raise UserError for a name that the roles' permissions would not cover, or AWS would not take."""
    if not _NAME.fullmatch(name) or len(name) > _MAX_ENDPOINT_NAME_CHARS:
        raise UserError(
            both(f"エンドポイントの名前 {name!r} は使えません。", f"The endpoint's name cannot be {name!r}."),
            both(
                f"seikaku か、seikaku- で始まる小文字の英数字（{_MAX_ENDPOINT_NAME_CHARS} 文字まで）にしてください。",
                "Name it seikaku, or seikaku- and lower-case letters and digits "
                f"({_MAX_ENDPOINT_NAME_CHARS} characters at most).",
            ),
        )


def belongs_to(endpoint: str, config_name: str) -> bool:
    """Whether a configuration was made for the endpoint (``seikaku-b`` is another one than ``seikaku``)."""
    return re.fullmatch(re.escape(endpoint) + STAMP_PATTERN, config_name) is not None


def build_model(name: str, model: ServedModel, role_arn: str, settings: CloudSettings) -> dict[str, Any]:
    """CreateModel."""
    container: dict[str, Any] = {"Image": model.image, "Environment": dict(model.environment)}
    if model.data_url:
        container["ModelDataUrl"] = model.data_url
    request: dict[str, Any] = {
        "ModelName": name,
        "PrimaryContainer": container,
        "ExecutionRoleArn": role_arn,
        "EnableNetworkIsolation": settings.network_isolation,
        "Tags": settings.tag_list(),
    }
    if (network := settings.vpc_config()) is not None:
        request["VpcConfig"] = network
    return request


def build_config(name: str, hosting: Hosting, settings: CloudSettings, *, previous: str = "") -> dict[str, Any]:
    """CreateEndpointConfig. Never with data capture: it would keep conversations."""
    tags = settings.tag_list()
    if previous:
        tags = [*tags, {"Key": PREVIOUS_TAG, "Value": previous}]
    request: dict[str, Any] = {
        "EndpointConfigName": name,
        "ProductionVariants": [{"VariantName": VARIANT, "ModelName": name} | _host(hosting)],
        "Tags": tags,
    }
    if settings.kms_key and isinstance(hosting, Instances) and not has_own_disk(hosting.instance_type):
        request["KmsKeyId"] = settings.kms_key  # of the volume: an instance's own disk has a key of its own
    return request


def build_endpoint(name: str, config_name: str, settings: CloudSettings) -> dict[str, Any]:
    """CreateEndpoint."""
    return {"EndpointName": name, "EndpointConfigName": config_name, "Tags": settings.tag_list()}


def build_update(name: str, config_name: str, hosting: Hosting | None) -> dict[str, Any]:
    """UpdateEndpoint: AWS starts the new containers, then leads the traffic over; ``hosting`` None or serverless: swap.

    Instances keep the count that scaling gave them, and go back by themselves when one of the alarms sounds.
    """
    request: dict[str, Any] = {"EndpointName": name, "EndpointConfigName": config_name}
    if isinstance(hosting, Instances):
        request["RetainAllVariantProperties"] = hosting.max_count > hosting.min_count
        policy: dict[str, Any] = {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {
                    "Type": "ALL_AT_ONCE",
                    "WaitIntervalInSeconds": 300 if hosting.alarms else 0,
                },
                "TerminationWaitInSeconds": 0,
                "MaximumExecutionTimeoutInSeconds": MAX_BAKE_SECONDS,
            }
        }
        if hosting.alarms:
            policy["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in hosting.alarms]}
        request["DeploymentConfig"] = policy
    return request


def _host(hosting: Hosting) -> dict[str, Any]:
    if isinstance(hosting, Serverless):
        serverless = {"MemorySizeInMB": hosting.memory_mb, "MaxConcurrency": hosting.max_concurrency}
        if hosting.provisioned:
            serverless["ProvisionedConcurrency"] = hosting.provisioned
        return {"ServerlessConfig": serverless}
    host: dict[str, Any] = {
        "InstanceType": hosting.instance_type,
        "InitialInstanceCount": hosting.min_count,
        "InitialVariantWeight": 1.0,
        "ModelDataDownloadTimeoutInSeconds": hosting.download_seconds,
        "ContainerStartupHealthCheckTimeoutInSeconds": hosting.startup_seconds,
    }
    if has_gpus(hosting.instance_type):
        host["InferenceAmiVersion"] = _GPU_AMI
    return host
