"""Doctor: how many instances the account may run. Effect: reads the account's quotas."""

import re
from collections.abc import Iterator
from typing import Any

from seikaku.cloud.doctor.checks import Check, Patient

_SERVERLESS = re.compile(r"concurrency.*serverless|serverless.*concurrency", re.IGNORECASE)
# Usage -> (how bad a quota of 0 is, what it is for). Spot is what training uses unless it is told otherwise.
USAGES = {
    "spot training job usage": ("failed", "スポットでの学習（既定）"),
    "training job usage": ("warning", "オンデマンドでの学習"),
    "training warm pool usage": ("warning", "ウォームプール（任意）"),
    "endpoint usage": ("warning", "常時動くエンドポイント（任意）"),
    "transform job usage": ("warning", "バッチ変換（任意）"),
}


def check_quotas(patient: Patient) -> Iterator[Check]:
    """The quotas of the instance type, one for each use, and of serverless endpoints."""
    account, instance_type = patient.account, patient.instance_type
    quotas = list(_list_quotas(account))
    if not any(quota["QuotaName"].startswith(f"{instance_type} for ") for quota in quotas):
        line = f"{account.region} の上限の一覧に {instance_type} がありません（提供されていないおそれ）。"
        yield Check("インスタンス", "failed", line, "別の --instance_type か --region を選んでください。")
        return
    yield Check("インスタンス", "ok", f"{account.region} で {instance_type} が提供されています。")
    by_name = {quota["QuotaName"]: quota for quota in quotas}
    for usage, (zero, purpose) in USAGES.items():
        quota = by_name.get(f"{instance_type} for {usage}")
        if quota is not None:
            yield _judge(quota, zero, purpose, account.region)
    serverless = next((quota for quota in quotas if _SERVERLESS.search(quota["QuotaName"])), None)
    if serverless is not None:
        yield _judge(serverless, "failed", "サーバーレスのエンドポイント（既定）", account.region)


def _list_quotas(account: Any) -> Iterator[dict[str, Any]]:
    pages = account.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    for page in pages:
        yield from page["Quotas"]


def _judge(quota: dict[str, Any], zero: Any, purpose: str, region: str) -> Check:
    name, value = f"上限: {purpose}", float(quota["Value"])
    if value >= 1:
        return Check(name, "ok", f"{quota['QuotaName']}: {value:g}")
    mend = (
        "引き上げを申請してください（審査に数日かかることがあります）: "
        "aws service-quotas request-service-quota-increase --service-code sagemaker "
        f"--quota-code {quota['QuotaCode']} --desired-value 1 --region {region}"
    )
    return Check(name, zero, f"{quota['QuotaName']}: 0（このままでは使えません）", mend)
