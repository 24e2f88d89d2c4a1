"""Doctor: boto3, credentials, region, clock. Effect: asks STS who calls."""

import importlib.util
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from seikaku.cloud.doctor.checks import Check, Patient

_LOGIN = "aws sso login か aws configure で認証するか、AWS_PROFILE を設定してください。"
_EXPIRES_SOON_SECONDS = 1_800
_SKEW_WARNING_SECONDS, _SKEW_FAILED_SECONDS = 60, 240  # AWS refuses a signature five minutes off


def check_library(patient: Patient) -> Iterator[Check]:
    """Whether boto3 is installed."""
    if importlib.util.find_spec("boto3") is None:
        yield Check("boto3", "failed", "boto3 が入っていません。", "pip install 'seikaku[aws]' を実行してください。")
        return
    import boto3

    yield Check("boto3", "ok", f"boto3 {boto3.__version__}")


def check_credentials(patient: Patient) -> Iterator[Check]:
    """Who calls, until when, and how far this machine's clock is off."""
    import boto3

    session = boto3.Session(profile_name=patient.settings.profile or None, region_name=patient.settings.region or None)
    credentials = session.get_credentials()
    if credentials is None:
        yield Check("認証情報", "failed", "AWS の認証情報がありません。", _LOGIN)
        return
    answer = patient.account.client("sts").get_caller_identity()
    who = str(answer["Arn"]).rpartition(":")[2]
    yield Check("認証情報", "ok", f"アカウント {answer['Account']}、{who}（{credentials.method}）")
    if answer["Arn"].endswith(":root"):
        line = "ルートユーザーで認証しています。"
        yield Check("ルート", "warning", line, "IAM Identity Center か IAM で、作業用のユーザーを作ってください。")
    yield _check_expiry(credentials)
    yield _check_clock(answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date", ""))


def check_region(patient: Patient) -> Iterator[Check]:
    """Whether SageMaker exists in the region."""
    import boto3

    region = patient.account.region
    known = boto3.Session().get_available_regions("sagemaker")
    if region in known:
        yield Check("リージョン", "ok", f"{region} で SageMaker を使えます。")
        return
    mend = "--region ap-northeast-1 などを指定してください（綴りを確かめてください）。"
    yield Check("リージョン", "failed", f"リージョン {region} に SageMaker が見当たりません。", mend)


def _check_expiry(credentials: object) -> Check:
    refresh_needed = getattr(credentials, "refresh_needed", None)
    if refresh_needed is None:  # keys that are written down, not lent
        return Check("期限", "ok", "期限を持たない認証情報か、期限がここからは分からないものです。")
    if refresh_needed(_EXPIRES_SOON_SECONDS):
        line = f"認証の期限が {_EXPIRES_SOON_SECONDS // 60} 分以内に切れます。"
        return Check("期限", "warning", line, "aws sso login で認証し直してから、長い操作を始めてください。")
    return Check("期限", "ok", f"認証の期限まで {_EXPIRES_SOON_SECONDS // 60} 分以上あります。")


def _check_clock(date: str) -> Check:
    try:
        skew = abs((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())
    except (TypeError, ValueError):
        return Check("時計", "skipped", "AWS の答えに時刻がなく、時計のずれは分かりません。")
    line = f"この機械の時計と AWS の差は {skew:.0f} 秒です。"
    if skew < _SKEW_WARNING_SECONDS:
        return Check("時計", "ok", line)
    mend = "OS の時刻の自動設定（NTP）を有効にしてください。ずれると署名が断られます。"
    return Check("時計", "failed" if skew > _SKEW_FAILED_SECONDS else "warning", line, mend)
