"""The requests that make an endpoint. Pure: from a model in the bucket and a kind of host to dictionaries.

A model and its endpoint configuration carry the same name, the endpoint's with a time behind it: sorted by name they
are sorted by time. The configuration's tag tells which one it replaced: that is where a rollback leads.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from seikaku.cloud.account.rules import SERVERLESS_MEMORY_MB, SERVERLESS_STEP_MB
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.money.instances import find_instance
from seikaku.errors import UserError
from seikaku.settings import check_ranges, setting

VARIANT = "AllTraffic"
PREVIOUS_TAG = "seikaku:previous"
DEFAULT_NAME = "seikaku"
DEFAULT_CONCURRENCY = 5
_NAME = re.compile(r"seikaku(-?[a-z0-9])*")
_STAMP = r"-\d{8}-\d{6}-[0-9a-f]{2}"
_MAX_ENDPOINT_NAME_CHARS = 44  # 63, less the time and the hash
# Driver 550, CUDA 12.4: the drivers of AWS's default host are older than any image of today needs.
_GPU_AMI = "al2-ami-sagemaker-inference-gpu-3-1"
# Before the model comes: the server, Python with its libraries (the Hugging Face image also loads torch), and room.
_BASE_MB = {True: 2048, False: 512}
_MB = 1024**2
MAX_BAKE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A container and its model; ``data_url`` "" where the image brings the model."""

    image: str
    data_url: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Serverless:
    """Nothing is paid while nobody asks."""

    memory_mb: int
    max_concurrency: int = DEFAULT_CONCURRENCY


@dataclass(frozen=True, slots=True)
class Instances:
    """Hosts that are always up; ``target_invocations`` a minute and host is what the scaling aims at."""

    instance_type: str
    min_count: int = 1
    max_count: int = 1
    target_invocations: int = setting(60, "1 台・1 分あたりの呼び出しがこの数になるよう増減する（既定: 60）", 1)
    startup_seconds: int = setting(600, "コンテナの起動を待つ時間（秒。既定: 600）", 60, 3600)
    download_seconds: int = 1200
    alarms: tuple[str, ...] = setting((), "鳴ったら前のモデルに自動で戻す CloudWatch アラームの名前（コンマ区切り）")

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.max_count < self.min_count:
            raise UserError(
                f"--max_instances {self.max_count} が --min_instances {self.min_count} より小さくなっています。",
                "--max_instances を --min_instances 以上にしてください。",
            )


Hosting = Serverless | Instances


def check_endpoint_name(name: str) -> None:
    """Raise UserError for a name that the roles' permissions would not cover, or AWS would not take."""
    if not _NAME.fullmatch(name) or len(name) > _MAX_ENDPOINT_NAME_CHARS:
        raise UserError(
            f"エンドポイントの名前 {name!r} は使えません。",
            f"seikaku か、seikaku- で始まる小文字の英数字（{_MAX_ENDPOINT_NAME_CHARS} 文字まで）にしてください。",
        )


def check_hosting(hosting: Hosting, settings: CloudSettings, *, own_image: bool) -> None:
    """Raise UserError for what AWS does not offer together."""
    if isinstance(hosting, Serverless) and (settings.subnets or settings.network_isolation):
        raise UserError(
            "サーバーレスのエンドポイントは、VPC にもネットワークの隔離にも置けません。",
            "--instance_type ml.m5.xlarge のようにインスタンスを指定するか、その指定を外してください。",
        )
    if isinstance(hosting, Instances) and not own_image and _n_gpus(hosting.instance_type):
        raise UserError(
            f"{hosting.instance_type} の GPU は使われません（Hugging Face のイメージでの推論は CPU です）。",
            "ml.m5.xlarge のような CPU のものにするか、GPU を使う自分のイメージを --image で指定してください。",
        )
    if settings.network_isolation and not own_image:
        raise UserError(
            "Hugging Face のイメージは起動のときにライブラリを取得するので、--network_isolation では動きません。",
            "自分のイメージ（Dockerfile）を --image で指定するか、--network_isolation を外してください。",
        )


def choose_memory_mb(n_model_bytes: int, *, own_image: bool) -> int:
    """The least serverless memory that holds the model. Raises UserError where none does."""
    needed = _BASE_MB[not own_image] + 1.5 * n_model_bytes / _MB
    found = next((memory for memory in SERVERLESS_MEMORY_MB if memory >= needed), None)
    if found is None:
        raise UserError(
            f"モデル（{n_model_bytes / 1e9:.1f} GB）は、サーバーレスの {SERVERLESS_MEMORY_MB[-1]} MB に入りません。",
            "seikaku export --int8 で小さくするか、--instance_type でインスタンスを指定してください。",
        )
    return found


def check_memory_mb(memory_mb: int) -> None:
    """Raise UserError for a size of memory that AWS does not offer."""
    if memory_mb not in SERVERLESS_MEMORY_MB:
        raise UserError(
            f"--memory_mb {memory_mb} は選べません。",
            f"{SERVERLESS_MEMORY_MB[0]} から {SERVERLESS_MEMORY_MB[-1]} まで、"
            f"{SERVERLESS_STEP_MB} ごとの数を指定してください。",
        )


def build_config_name(endpoint: str, now: datetime | None = None) -> str:
    """A new name for a model and its configuration: sortable, and new even in the same second."""
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%d-%H%M%S")
    return f"{endpoint}-{stamp}-{secrets.token_hex(1)}"


def belongs_to(endpoint: str, config_name: str) -> bool:
    """Whether a configuration was made for the endpoint (``seikaku-b`` is another one than ``seikaku``)."""
    return re.fullmatch(re.escape(endpoint) + _STAMP, config_name) is not None


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
    if settings.kms_key and isinstance(hosting, Instances) and not _has_own_disk(hosting.instance_type):
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
        return {"ServerlessConfig": {"MemorySizeInMB": hosting.memory_mb, "MaxConcurrency": hosting.max_concurrency}}
    host: dict[str, Any] = {
        "InstanceType": hosting.instance_type,
        "InitialInstanceCount": hosting.min_count,
        "InitialVariantWeight": 1.0,
        "ModelDataDownloadTimeoutInSeconds": hosting.download_seconds,
        "ContainerStartupHealthCheckTimeoutInSeconds": hosting.startup_seconds,
    }
    if _n_gpus(hosting.instance_type):
        host["InferenceAmiVersion"] = _GPU_AMI
    return host


def _has_own_disk(instance_type: str) -> bool:
    instance = find_instance(instance_type)
    return instance is not None and instance.local_disk


def _n_gpus(instance_type: str) -> int:
    instance = find_instance(instance_type)
    return 0 if instance is None else instance.n_gpus
