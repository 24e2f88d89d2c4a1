"""The number of hosts of an endpoint follows the calls. In: an endpoint's name and bounds. Effects: calls AWS."""

from collections.abc import Mapping
from typing import Any

from seikaku.cloud.account.session import Account
from seikaku.cloud.serving.endpoint_request import VARIANT
from seikaku.cloud.serving.hosting import Hosting, Instances

_NAMESPACE = "sagemaker"
_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_SCALE_IN_SECONDS, _SCALE_OUT_SECONDS = 300, 60


def build_scaling(endpoint: str, hosting: Hosting) -> dict[str, dict[str, Any]]:
    """The requests by operation, in order: as many hosts as keep the calls a minute and host near the target.

    Empty where there is no room between the bounds.
    """
    if not isinstance(hosting, Instances) or hosting.max_count == hosting.min_count:
        return {}
    policy = {
        "PolicyName": f"{endpoint}-invocations",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": float(hosting.target_invocations),
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            "ScaleInCooldown": _SCALE_IN_SECONDS,
            "ScaleOutCooldown": _SCALE_OUT_SECONDS,
        },
    }
    bounds = {"MinCapacity": hosting.min_count, "MaxCapacity": hosting.max_count}
    return {"RegisterScalableTarget": _which(endpoint) | bounds, "PutScalingPolicy": _which(endpoint) | policy}


def start_scaling(account: Account, requests: Mapping[str, dict[str, Any]]) -> None:
    """Send what ``build_scaling`` built."""
    client = account.client("application-autoscaling")
    client.register_scalable_target(**requests["RegisterScalableTarget"])
    client.put_scaling_policy(**requests["PutScalingPolicy"])


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
