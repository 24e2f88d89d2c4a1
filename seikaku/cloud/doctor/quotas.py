"""Doctor: how many instances the account may run. Effect: reads the account's quotas."""

import re
from collections.abc import Iterator
from typing import Any

from seikaku.cloud.doctor.checks import Check, Patient, Status
from seikaku.errors import Words, both

_SERVERLESS = re.compile(r"concurrency.*serverless|serverless.*concurrency", re.IGNORECASE)
# Usage -> (how bad a quota of 0 is, what it is for). Spot is what training uses unless it is told otherwise.
USAGES: dict[str, tuple[Status, Words]] = {
    "spot training job usage": ("failed", both("スポットでの学習（既定）", "training on spot (the default)")),
    "training job usage": ("warning", both("オンデマンドでの学習", "training on demand")),
    "training warm pool usage": ("warning", both("ウォームプール（任意）", "warm pools (optional)")),
    "endpoint usage": ("warning", both("常時動くエンドポイント（任意）", "endpoints that are always up (optional)")),
    "transform job usage": ("warning", both("バッチ変換（任意）", "batch transforms (optional)")),
}
_INSTANCE = both("インスタンス", "Instance")


def check_quotas(patient: Patient) -> Iterator[Check]:
    """The quotas of the instance type, one for each use, and of serverless endpoints."""
    account, instance_type = patient.account, patient.instance_type
    quotas = list(_list_quotas(account))
    if not any(quota["QuotaName"].startswith(f"{instance_type} for ") for quota in quotas):
        line = both(
            f"{account.region} の上限の一覧に {instance_type} がありません（提供されていないおそれ）。",
            f"The quotas of {account.region} do not name {instance_type} (it may not be offered there).",
        )
        mend = both(
            "別の --instance_type か --region を選んでください。", "Choose another --instance_type or --region."
        )
        yield Check(_INSTANCE, "failed", line, mend)
        return
    line = both(
        f"{account.region} で {instance_type} が提供されています。", f"{account.region} offers {instance_type}."
    )
    yield Check(_INSTANCE, "ok", line)
    by_name = {quota["QuotaName"]: quota for quota in quotas}
    for usage, (zero, purpose) in USAGES.items():
        quota = by_name.get(f"{instance_type} for {usage}")
        if quota is not None:
            yield _judge(quota, zero, purpose, account.region)
    serverless = next((quota for quota in quotas if _SERVERLESS.search(quota["QuotaName"])), None)
    if serverless is not None:
        purpose = both("サーバーレスのエンドポイント（既定）", "serverless endpoints (the default)")
        yield _judge(serverless, "failed", purpose, account.region)


def _list_quotas(account: Any) -> Iterator[dict[str, Any]]:
    pages = account.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    for page in pages:
        yield from page["Quotas"]


def _judge(quota: dict[str, Any], zero: Status, purpose: Words, region: str) -> Check:
    name, value = both(f"上限: {purpose}", f"Quota, {purpose.english}"), float(quota["Value"])
    if value >= 1:
        return Check(name, "ok", f"{quota['QuotaName']}: {value:g}")
    command = (
        "aws service-quotas request-service-quota-increase --service-code sagemaker "
        f"--quota-code {quota['QuotaCode']} --desired-value 1 --region {region}"
    )
    mend = both(
        f"引き上げを申請してください（審査に数日かかることがあります）: {command}",
        f"Ask for more (it may take AWS some days): {command}",
    )
    line = both(f"{quota['QuotaName']}: 0（このままでは使えません）", f"{quota['QuotaName']}: 0 (nothing can be used)")
    return Check(name, zero, line, mend)
