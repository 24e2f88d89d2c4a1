"""The number of hosts of an endpoint follows the calls. In: an endpoint's name and bounds. Effects: calls AWS."""

from typing import Any

from seikaku.cloud.account.session import Account
from seikaku.cloud.serving.endpoint_request import VARIANT, Instances

_NAMESPACE = "sagemaker"
_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_SCALE_IN_SECONDS, _SCALE_OUT_SECONDS = 300, 60


def build_target(endpoint: str, hosting: Instances) -> dict[str, Any]:
    """RegisterScalableTarget."""
    return _which(endpoint) | {"MinCapacity": hosting.min_count, "MaxCapacity": hosting.max_count}


def build_policy(endpoint: str, hosting: Instances) -> dict[str, Any]:
    """PutScalingPolicy: as many hosts as keep the calls a minute and host near the target."""
    return _which(endpoint) | {
        "PolicyName": f"{endpoint}-invocations",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": float(hosting.target_invocations),
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            "ScaleInCooldown": _SCALE_IN_SECONDS,
            "ScaleOutCooldown": _SCALE_OUT_SECONDS,
        },
    }


def scale(account: Account, endpoint: str, hosting: Instances) -> None:
    """Let the endpoint scale between its bounds; without room between them, take an earlier scaling away."""
    if hosting.max_count == hosting.min_count:
        stop_scaling(account, endpoint)
        return
    client = account.client("application-autoscaling")
    client.register_scalable_target(**build_target(endpoint, hosting))
    client.put_scaling_policy(**build_policy(endpoint, hosting))


def stop_scaling(account: Account, endpoint: str) -> None:
    """Forget the scaling of an endpoint, its policies too; nothing happens where there is none."""
    client = account.client("application-autoscaling")
    which = _which(endpoint)
    found = client.describe_scalable_targets(
        ServiceNamespace=_NAMESPACE, ResourceIds=[which["ResourceId"]], ScalableDimension=_DIMENSION
    )
    if found["ScalableTargets"]:
        client.deregister_scalable_target(**which)


def _which(endpoint: str) -> dict[str, Any]:
    return {
        "ServiceNamespace": _NAMESPACE,
        "ResourceId": f"endpoint/{endpoint}/variant/{VARIANT}",
        "ScalableDimension": _DIMENSION,
    }
