"""The CreateTrainingJob request, and the pieces that a tuning job shares with it. Pure functions; no effects.

One container contract: the sagemaker-training toolkit in AWS's image unpacks ``sagemaker_submit_directory`` and runs
``train.py`` in it with the hyperparameters as flags.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from seikaku.cloud.account.layout import s3_uri
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs.compute import Compute
from seikaku.settings import encode
from seikaku.traits import TRAIT_KEYS

BUNDLE_NAME = "sourcedir.tar.gz"
CODE_CHANNEL = "code"
CHECKPOINTS_PATH = "/opt/ml/checkpoints"
_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
# What the loop prints after every epoch and once more, of the kept epoch, at the end; then the test speakers' figures.
# Names as the log has them.
METRIC_NAMES = (
    "validation_loss", "validation_mae", "validation_mse", "train_loss",
    "test_mse", "test_mae", "test_mae_constant", "test_r", "test_coverage_80",
    *(f"{part}_mae_{key}" for key in TRAIT_KEYS for part in ("validation", "test")),
    *(f"test_{name}" for name in ("mae_age_years", "accuracy_sex", "accuracy_industry", "accuracy_size")),  # stage 1
)  # fmt: skip
METRIC_DEFINITIONS: list[dict[str, str]] = [{"Name": name, "Regex": f" {name}={_NUMBER}"} for name in METRIC_NAMES]


@dataclass(frozen=True, slots=True)
class InputAddresses:
    """Where a job finds its inputs: channel name -> S3 address, and the code bundle's address."""

    channels: Mapping[str, str]
    bundle_uri: str


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What one job is made of. ``channels``: name -> S3 address. ``hyperparameters``: flags of train.py; None: unset.

    ``run_name`` names the run across its jobs (its checkpoints); empty for a tuning job, whose trials are runs of
    their own.
    """

    name: str
    run_name: str
    region: str
    bucket: str
    role_arn: str
    image: str
    bundle_uri: str
    channels: Mapping[str, str]
    hyperparameters: Mapping[str, Any]
    compute: Compute
    settings: CloudSettings

    def with_inputs(self, sent: InputAddresses) -> "TrainingPlan":
        """The plan with its inputs where they came to lie; its other channels stay."""
        return replace(self, bundle_uri=sent.bundle_uri, channels={**self.channels, **sent.channels})


def build_channel(name: str, uri: str) -> dict[str, Any]:
    """An input channel: everything under an S3 address, as files."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, "InputMode": "File"}


def toolkit_hyperparameters(bundle_uri: str, region: str, job_name: str, compute: Compute) -> dict[str, str]:
    """What the toolkit itself reads: which code to run, and torchrun where the instance has several GPUs."""
    found = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": bundle_uri,
        "sagemaker_region": region,
        "sagemaker_job_name": job_name,
        "sagemaker_container_log_level": "30",  # its dumps of the environment would drown what the training says
    }
    if compute.needs_torchrun:
        found |= {
            "sagemaker_torch_distributed_enabled": "true",
            "sagemaker_instance_type": compute.instance_type,
        }
    return found


def plan_hyperparameters(plan: TrainingPlan) -> dict[str, str]:
    """The job's hyperparameters: the toolkit's and ours. Without a network the code comes by a channel."""
    isolated = plan.settings.network_isolation
    code = f"/opt/ml/input/data/{CODE_CHANNEL}/{BUNDLE_NAME}" if isolated else plan.bundle_uri
    toolkit = toolkit_hyperparameters(code, plan.region, plan.name, plan.compute)
    return toolkit | encode(plan.hyperparameters)


def build_job_definition(plan: TrainingPlan) -> dict[str, Any]:
    """What CreateTrainingJob and a tuning job's TrainingJobDefinition have in common."""
    settings, compute = plan.settings, plan.compute
    channels = dict(plan.channels) | ({CODE_CHANNEL: plan.bundle_uri} if settings.network_isolation else {})
    definition: dict[str, Any] = {
        "AlgorithmSpecification": {
            "TrainingImage": plan.image,
            "TrainingInputMode": "File",
            "MetricDefinitions": METRIC_DEFINITIONS,
        },
        "RoleArn": plan.role_arn,
        "InputDataConfig": [build_channel(name, uri) for name, uri in channels.items()],
        "OutputDataConfig": {"S3OutputPath": s3_uri(plan.bucket, "models")},
        "ResourceConfig": compute.resource_config(settings.kms_key),
        "StoppingCondition": compute.stopping_condition(),
        "CheckpointConfig": {
            "S3Uri": s3_uri(plan.bucket, "checkpoints", plan.run_name or plan.name) + "/",
            "LocalPath": CHECKPOINTS_PATH,
        },
        "EnableManagedSpotTraining": not compute.on_demand,
        "EnableNetworkIsolation": settings.network_isolation,
    }
    if settings.kms_key:
        definition["OutputDataConfig"]["KmsKeyId"] = settings.kms_key
    if (vpc := settings.vpc_config()) is not None:
        definition["VpcConfig"] = vpc
    if compute.max_retries:
        definition["RetryStrategy"] = {"MaximumRetryAttempts": compute.max_retries}
    if plan.run_name:
        definition["Environment"] = {"SEIKAKU_RUN_NAME": plan.run_name}
    return definition


def build_training_request(plan: TrainingPlan) -> dict[str, Any]:
    """The CreateTrainingJob request."""
    return {
        "TrainingJobName": plan.name,
        "HyperParameters": plan_hyperparameters(plan),
        **build_job_definition(plan),
        "Tags": plan.settings.tag_list(),
    }
