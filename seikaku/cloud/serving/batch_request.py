"""The request of a batch transform. Pure: from where the lines lie to a dictionary."""

from dataclasses import dataclass
from typing import Any

from seikaku.cloud.account.layout import s3_uri
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.money.instances import find_instance, has_own_disk
from seikaku.errors import UserError, both

CONTENT_TYPE = "application/jsonlines"
DEFAULT_INSTANCE_TYPE = "ml.m5.xlarge"
INVOCATION_SECONDS = 3600  # the most that AWS waits for one batch of lines
MEGABYTE = 1_000_000
_MAX_RETRIES = 1
_MAX_MB_AT_ONCE = 100
_MAX_PAYLOAD_MB = 6  # more than that neither container takes


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """A transform to be; ``max_payload_mb`` is what one invocation takes at most, so the most that a line may have."""

    name: str
    instance_type: str = DEFAULT_INSTANCE_TYPE
    n_instances: int = 1
    max_payload_mb: int = 2

    @property
    def n_workers(self) -> int:
        """Invocations at once on each instance: one a processor, as far as AWS lets so much text be under way."""
        instance = find_instance(self.instance_type)
        return min(1 if instance is None else instance.vcpus, _MAX_MB_AT_ONCE // self.max_payload_mb)

    @property
    def max_line_bytes(self) -> int:
        """The most that one line may have."""
        return self.max_payload_mb * MEGABYTE

    @property
    def input_prefix(self) -> str:
        """Where the requests lie in the bucket."""
        return f"batch/{self.name}/input/"

    @property
    def output_prefix(self) -> str:
        """Where the answers come to lie."""
        return f"batch/{self.name}/output/"


def check_payload_mb(max_payload_mb: int) -> None:
    """Raise UserError for more than a container takes in one invocation."""
    if not 1 <= max_payload_mb <= _MAX_PAYLOAD_MB:
        raise UserError(
            both(f"--max_payload_mb {max_payload_mb} は使えません。", f"--max_payload_mb cannot be {max_payload_mb}."),
            both(f"1 から {_MAX_PAYLOAD_MB} までを指定してください。", f"Give a number from 1 to {_MAX_PAYLOAD_MB}."),
        )


def build_transform(plan: BatchPlan, bucket: str, settings: CloudSettings) -> dict[str, Any]:
    """CreateTransformJob: JSON Lines in and out, several lines an invocation, several files and invocations at once."""
    output: dict[str, Any] = {
        "S3OutputPath": s3_uri(bucket, plan.output_prefix),
        "Accept": CONTENT_TYPE,
        "AssembleWith": "Line",
    }
    resources: dict[str, Any] = {"InstanceType": plan.instance_type, "InstanceCount": plan.n_instances}
    if settings.kms_key:
        output["KmsKeyId"] = settings.kms_key
        if not has_own_disk(plan.instance_type):  # which has a key of its own
            resources["VolumeKmsKeyId"] = settings.kms_key
    return {
        "TransformJobName": plan.name,
        "ModelName": plan.name,
        "MaxConcurrentTransforms": plan.n_workers,
        "MaxPayloadInMB": plan.max_payload_mb,
        "BatchStrategy": "MultiRecord",
        "ModelClientConfig": {
            "InvocationsTimeoutInSeconds": INVOCATION_SECONDS,
            "InvocationsMaxRetries": _MAX_RETRIES,
        },
        "TransformInput": {
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": s3_uri(bucket, plan.input_prefix) + "/"}
            },
            "ContentType": CONTENT_TYPE,
            "SplitType": "Line",
            "CompressionType": "None",
        },
        "TransformOutput": output,
        "TransformResources": resources,
        "Tags": settings.tag_list(),
    }
