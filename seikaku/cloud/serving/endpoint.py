"""An endpoint's life: made, replaced without downtime, led back, deleted. Effects: calls AWS, waits.

The configurations of an endpoint are its history (`endpoint_request`): the last few stay, so that a rollback needs
nothing but AWS. What fails is cleared away: what serves afterwards is what served before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from seikaku.cloud.account.failures import find
from seikaku.cloud.account.layout import stamp_name
from seikaku.cloud.account.polling import poll
from seikaku.cloud.account.rules import check_request
from seikaku.cloud.account.session import Account
from seikaku.cloud.serving.endpoint_request import (
    PREVIOUS_TAG,
    ServedModel,
    belongs_to,
    build_config,
    build_endpoint,
    build_model,
    build_update,
)
from seikaku.cloud.serving.hosting import Hosting, Instances, Serverless
from seikaku.cloud.serving.scaling import build_scaling, start_scaling, stop_scaling
from seikaku.errors import CloudError, UserError

N_KEPT = 3
_UNSETTLED = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})

Report = Callable[[str], None]


def find_endpoint(account: Account, name: str) -> dict[str, Any] | None:
    """What AWS says of the endpoint, None where there is none."""
    return find(account.client("sagemaker").describe_endpoint, EndpointName=name)


def deployed_hosting(account: Account, config_name: str) -> Hosting:
    """The kind of host of a configuration."""
    variant = account.client("sagemaker").describe_endpoint_config(EndpointConfigName=config_name)[
        "ProductionVariants"
    ][0]
    if serverless := variant.get("ServerlessConfig"):
        provisioned = serverless.get("ProvisionedConcurrency", 0)
        return Serverless(serverless["MemorySizeInMB"], serverless["MaxConcurrency"], provisioned)
    return Instances(variant["InstanceType"], variant["InitialInstanceCount"], variant["InitialInstanceCount"])


def check_replaceable(account: Account, name: str, hosting: Hosting) -> str:
    """The name of the configuration that would be replaced, "" for a new endpoint.

    Raises UserError while the endpoint changes, when it never came up, and for a change between kinds of host.
    """
    found = find_endpoint(account, name)
    if found is None:
        return ""
    _require_in_service(name, found)
    config_name = str(found["EndpointConfigName"])
    if type(deployed_hosting(account, config_name)) is not type(hosting):
        raise UserError(
            f"エンドポイント {name} は、サーバーレスとインスタンスの間では切り替えられません（AWS の決まり）。",
            f"別の --name で作るか、seikaku cloud delete {name} で消してから作ってください。",
        )
    return config_name


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


def plan_deployment(account: Account, name: str, model: ServedModel, hosting: Hosting, previous: str) -> Deployment:
    """The deployment, under a new name for its configuration. Raises UserError for what AWS would refuse."""
    settings, config_name = account.settings, stamp_name(name)
    requests = {
        "CreateModel": build_model(config_name, model, account.serve_role_arn, settings),
        "CreateEndpointConfig": build_config(config_name, hosting, settings, previous=previous),
    }
    if previous:
        requests["UpdateEndpoint"] = build_update(name, config_name, hosting)
    else:
        requests["CreateEndpoint"] = build_endpoint(name, config_name, settings)
    for operation, request in requests.items():
        check_request(operation, request)
    return Deployment(name, hosting, previous, requests | build_scaling(name, hosting))


def deploy(account: Account, deployment: Deployment, report: Report) -> None:
    """Make or replace the endpoint and wait until it serves. Raises CloudError; then all is as it was before."""
    client, requests = account.client("sagemaker"), deployment.requests
    try:
        client.create_model(**requests["CreateModel"])
        client.create_endpoint_config(**requests["CreateEndpointConfig"])
        if deployment.previous:
            client.update_endpoint(**requests["UpdateEndpoint"])
        else:
            client.create_endpoint(**requests["CreateEndpoint"])
    except Exception:
        _delete_config(account, deployment.config_name)
        raise
    _settle(account, deployment.name, deployment.config_name, is_new=not deployment.previous, report=report)
    if "PutScalingPolicy" in requests:
        start_scaling(account, requests)
    elif isinstance(deployment.hosting, Instances):
        stop_scaling(account, deployment.name)  # of an earlier deployment


def find_previous(account: Account, name: str) -> str:
    """The configuration that the present one replaced. Raises UserError where there is none, or no endpoint."""
    found = find_endpoint(account, name)
    if found is None:
        raise _no_endpoint(name)
    _require_in_service(name, found)
    previous = _previous_of(account, str(found["EndpointConfigName"]))
    if not previous:
        raise UserError(
            f"エンドポイント {name} に、戻せる前のモデルがありません。",
            "戻せるのは、seikaku cloud deploy で置き換えた 1 つ前の設定です。",
        )
    return previous


def roll_back(account: Account, name: str, config_name: str, report: Report) -> None:
    """Lead the endpoint back to an earlier configuration and wait until it serves. Raises CloudError."""
    hosting = deployed_hosting(account, config_name)
    account.client("sagemaker").update_endpoint(**build_update(name, config_name, hosting))
    found = _wait(account, name, report)
    if found["EndpointStatus"] != "InService" or found["EndpointConfigName"] != config_name:
        raise CloudError(
            f"前のモデル（{config_name}）に戻せませんでした: {found.get('FailureReason', found['EndpointStatus'])}",
            "seikaku cloud deploy で置き換えるか、AWS のコンソールでログを確かめてください。",
        )


def undo(account: Account, name: str, failed: str, previous: str, report: Report) -> None:
    """Lead back to ``previous`` and clear away the configuration that failed."""
    roll_back(account, name, previous, report)
    _delete_config(account, failed)


def prune(account: Account, name: str) -> list[str]:
    """Delete all but the configuration that serves and those it goes back to; returns what was deleted."""
    found = find_endpoint(account, name)
    assert found is not None
    kept = [str(found["EndpointConfigName"])]
    while len(kept) < N_KEPT and (previous := _previous_of(account, kept[-1])):
        kept.append(previous)
    surplus = [config_name for config_name in list_configs(account, name) if config_name not in kept]
    for config_name in surplus:
        _delete_config(account, config_name)
    return surplus


def list_configs(account: Account, name: str) -> list[str]:
    """The endpoint's configurations, oldest first."""
    pages = account.client("sagemaker").get_paginator("list_endpoint_configs").paginate(NameContains=name)
    found = (config["EndpointConfigName"] for page in pages for config in page["EndpointConfigs"])
    return sorted(config_name for config_name in found if belongs_to(name, config_name))


def require_endpoint(account: Account, name: str) -> tuple[dict[str, Any] | None, list[str]]:
    """What AWS says of the endpoint (None where it is gone), and its configurations.

    Raises UserError where there is nothing of that name.
    """
    found = find_endpoint(account, name)
    configs = list_configs(account, name)
    if found is None and not configs:
        raise _no_endpoint(name)
    return found, configs


def delete_endpoint(account: Account, name: str, report: Report) -> list[str]:
    """Delete the endpoint, its scaling, its configurations and their models; returns their names.

    Raises UserError where there is nothing of that name.
    """
    found, configs = require_endpoint(account, name)
    if found is not None:
        if isinstance(deployed_hosting(account, str(found["EndpointConfigName"])), Instances):
            stop_scaling(account, name)
        account.client("sagemaker").delete_endpoint(EndpointName=name)
        for status in poll(lambda: (find_endpoint(account, name) or {}).get("EndpointStatus", "")):
            if not status:
                break
            report(f"消しています（{status}）")
    for config_name in configs:
        _delete_config(account, config_name)
    return configs


def _no_endpoint(name: str) -> UserError:
    """The error for a name without an endpoint."""
    return UserError(
        f"エンドポイント {name} はありません。",
        "名前とリージョン（--region）を確かめるか、seikaku cloud deploy で作ってください。",
    )


def _settle(account: Account, name: str, config_name: str, *, is_new: bool, report: Report) -> None:
    found = _wait(account, name, report)
    if found["EndpointStatus"] == "InService" and found["EndpointConfigName"] == config_name:
        return
    reason = found.get("FailureReason", found["EndpointStatus"])
    if is_new:
        account.client("sagemaker").delete_endpoint(EndpointName=name)
        _delete_config(account, config_name)
        raise CloudError(
            f"エンドポイント {name} を作れませんでした: {reason}",
            f"作りかけは消しました。CloudWatch Logs の /aws/sagemaker/Endpoints/{name} を確かめてください。",
        )
    if found["EndpointConfigName"] != config_name:
        _delete_config(account, config_name)
    raise CloudError(
        f"エンドポイント {name} を新しいモデルに替えられませんでした: {reason}",
        f"前のモデルのまま動いています（状態 {found['EndpointStatus']}）。"
        f"CloudWatch Logs の /aws/sagemaker/Endpoints/{name} を確かめてください。",
    )


def _wait(account: Account, name: str, report: Report) -> dict[str, Any]:
    client = account.client("sagemaker")
    for found in poll(lambda: dict(client.describe_endpoint(EndpointName=name))):
        if found["EndpointStatus"] not in _UNSETTLED:
            return found
        report(f"準備しています（{found['EndpointStatus']}）")
    raise AssertionError("polling does not end")


def _require_in_service(name: str, found: dict[str, Any]) -> None:
    status = found["EndpointStatus"]
    if status in _UNSETTLED:
        raise UserError(
            f"エンドポイント {name} は変更の途中です（{status}）。", "終わってから、もう一度実行してください。"
        )
    if status != "InService":
        raise UserError(
            f"エンドポイント {name} は動いていません（{status}）。",
            f"seikaku cloud delete {name} で消してから、作り直してください。",
        )


def _previous_of(account: Account, config_name: str) -> str:
    """The configuration that this one replaced, "" where there was none or it is gone."""
    client = account.client("sagemaker")
    found = find(client.describe_endpoint_config, EndpointConfigName=config_name)
    if found is None:
        return ""
    tags = client.list_tags(ResourceArn=found["EndpointConfigArn"])["Tags"]
    previous = next((tag["Value"] for tag in tags if tag["Key"] == PREVIOUS_TAG), "")
    return previous if previous and find(client.describe_endpoint_config, EndpointConfigName=previous) else ""


def _delete_config(account: Account, config_name: str) -> None:
    """Delete a configuration and the model of the same name; what is not there is no error."""
    client = account.client("sagemaker")
    find(client.delete_endpoint_config, EndpointConfigName=config_name)
    find(client.delete_model, ModelName=config_name)
