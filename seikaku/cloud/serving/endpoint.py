"""An endpoint's life: made, replaced without downtime, led back, deleted. Effects: calls AWS, waits.

The configurations of an endpoint are its history (`endpoint_request`): the last few stay, so that a rollback needs
nothing but AWS. What fails is cleared away: what serves afterwards is what served before.
"""

from collections.abc import Callable
from typing import Any

from seikaku.cloud.account.failures import find
from seikaku.cloud.account.polling import poll
from seikaku.cloud.account.session import Account
from seikaku.cloud.serving.endpoint_request import PREVIOUS_TAG, Deployment, belongs_to, build_update
from seikaku.cloud.serving.hosting import Hosting, Instances, Serverless
from seikaku.cloud.serving.scaling import start_scaling, stop_scaling
from seikaku.errors import CloudError, UserError, Words, both

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
            both(
                f"エンドポイント {name} は、サーバーレスとインスタンスの間では切り替えられません（AWS の決まり）。",
                f"The endpoint {name} cannot go from serverless to instances, nor back (a rule of AWS).",
            ),
            both(
                f"別の --name で作るか、seikaku cloud delete {name} で消してから作ってください。",
                f"Make one with another --name, or delete it first with seikaku cloud delete {name}.",
            ),
        )
    return config_name


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
            both(
                f"エンドポイント {name} に、戻せる前のモデルがありません。",
                f"The endpoint {name} has no earlier model to go back to.",
            ),
            both(
                "戻せるのは、seikaku cloud deploy で置き換えた 1 つ前の設定です。",
                "It can go back to what seikaku cloud deploy replaced last.",
            ),
        )
    return previous


def roll_back(account: Account, name: str, config_name: str, report: Report) -> None:
    """Lead the endpoint back to an earlier configuration and wait until it serves. Raises CloudError."""
    hosting = deployed_hosting(account, config_name)
    account.client("sagemaker").update_endpoint(**build_update(name, config_name, hosting))
    found = _wait(account, name, report)
    if found["EndpointStatus"] != "InService" or found["EndpointConfigName"] != config_name:
        reason = found.get("FailureReason", found["EndpointStatus"])
        raise CloudError(
            both(
                f"前のモデル（{config_name}）に戻せませんでした: {reason}",
                f"It could not be led back to the earlier model ({config_name}): {reason}",
            ),
            both(
                "seikaku cloud deploy で置き換えるか、AWS のコンソールでログを確かめてください。",
                "Replace it with seikaku cloud deploy, or look at the logs in the AWS console.",
            ),
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
            report(both(f"消しています（{status}）", f"deleting ({status})"))
    for config_name in configs:
        _delete_config(account, config_name)
    return configs


def _no_endpoint(name: str) -> UserError:
    """The error for a name without an endpoint."""
    return UserError(
        both(f"エンドポイント {name} はありません。", f"There is no endpoint {name}."),
        both(
            "名前とリージョン（--region）を確かめるか、seikaku cloud deploy で作ってください。",
            "Check its name and its region (--region), or make one with seikaku cloud deploy.",
        ),
    )


def _settle(account: Account, name: str, config_name: str, *, is_new: bool, report: Report) -> None:
    found = _wait(account, name, report)
    if found["EndpointStatus"] == "InService" and found["EndpointConfigName"] == config_name:
        return
    reason, logs = found.get("FailureReason", found["EndpointStatus"]), _name_logs(name)
    if is_new:
        account.client("sagemaker").delete_endpoint(EndpointName=name)
        _delete_config(account, config_name)
        raise CloudError(
            both(
                f"エンドポイント {name} を作れませんでした: {reason}",
                f"The endpoint {name} could not be made: {reason}",
            ),
            both(
                f"作りかけは消しました。{logs}を確かめてください。", f"What there was of it is deleted. {logs.english}"
            ),
        )
    if found["EndpointConfigName"] != config_name:
        _delete_config(account, config_name)
    raise CloudError(
        both(
            f"エンドポイント {name} を新しいモデルに替えられませんでした: {reason}",
            f"The endpoint {name} could not be given the new model: {reason}",
        ),
        both(
            f"前のモデルのまま動いています（状態 {found['EndpointStatus']}）。{logs}を確かめてください。",
            f"It goes on with the earlier model (it is {found['EndpointStatus']}). {logs.english}",
        ),
    )


def _name_logs(name: str) -> Words:
    """Where the endpoint's logs are: a part of a sentence in Japanese, a sentence in English."""
    group = f"/aws/sagemaker/Endpoints/{name}"
    return both(f"CloudWatch Logs の {group} ", f"Look at {group} in CloudWatch Logs.")


def _wait(account: Account, name: str, report: Report) -> dict[str, Any]:
    client = account.client("sagemaker")
    for found in poll(lambda: dict(client.describe_endpoint(EndpointName=name))):
        if found["EndpointStatus"] not in _UNSETTLED:
            return found
        status = found["EndpointStatus"]
        report(both(f"準備しています（{status}）", f"preparing ({status})"))
    raise AssertionError("polling does not end")


def _require_in_service(name: str, found: dict[str, Any]) -> None:
    status = found["EndpointStatus"]
    if status in _UNSETTLED:
        raise UserError(
            both(
                f"エンドポイント {name} は変更の途中です（{status}）。", f"The endpoint {name} is changing ({status})."
            ),
            both("終わってから、もう一度実行してください。", "Run it again when that is done."),
        )
    if status != "InService":
        raise UserError(
            both(
                f"エンドポイント {name} は動いていません（{status}）。", f"The endpoint {name} does not run ({status})."
            ),
            both(
                f"seikaku cloud delete {name} で消してから、作り直してください。",
                f"Delete it with seikaku cloud delete {name}, then make it anew.",
            ),
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
