"""Doctor: boto3, credentials, region, clock. Effect: asks STS who calls."""

import importlib.util
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from seikaku.cloud.doctor.checks import Check, Patient
from seikaku.errors import MissingExtraError, both

_LOGIN = both(
    "aws sso login か aws configure で認証するか、AWS_PROFILE を設定してください。",
    "Sign in with aws sso login or aws configure, or set AWS_PROFILE.",
)
_CREDENTIALS, _REGION = both("認証情報", "Credentials"), both("リージョン", "Region")
_EXPIRY, _CLOCK = both("期限", "Expiry"), both("時計", "Clock")
_EXPIRES_SOON_SECONDS = 1_800
_SKEW_WARNING_SECONDS, _SKEW_FAILED_SECONDS = 60, 240  # AWS refuses a signature five minutes off


def check_library(patient: Patient) -> Iterator[Check]:
    """Whether boto3 is installed."""
    if importlib.util.find_spec("boto3") is None:
        mend = MissingExtraError("boto3").mend
        yield Check("boto3", "failed", both("boto3 が入っていません。", "boto3 is not installed."), mend)
        return
    import boto3

    yield Check("boto3", "ok", f"boto3 {boto3.__version__}")


def check_credentials(patient: Patient) -> Iterator[Check]:
    """Who calls, until when, and how far this machine's clock is off."""
    import boto3

    session = boto3.Session(profile_name=patient.settings.profile or None, region_name=patient.settings.region or None)
    credentials = session.get_credentials()
    if credentials is None:
        yield Check(
            _CREDENTIALS, "failed", both("AWS の認証情報がありません。", "There are no AWS credentials."), _LOGIN
        )
        return
    answer = patient.account.client("sts").get_caller_identity()
    who = str(answer["Arn"]).rpartition(":")[2]
    line = both(
        f"アカウント {answer['Account']}、{who}（{credentials.method}）",
        f"account {answer['Account']}, {who} ({credentials.method})",
    )
    yield Check(_CREDENTIALS, "ok", line)
    if answer["Arn"].endswith(":root"):
        line = both("ルートユーザーで認証しています。", "You are signed in as the root user.")
        mend = both(
            "IAM Identity Center か IAM で、作業用のユーザーを作ってください。",
            "Make a user to work with, in IAM Identity Center or IAM.",
        )
        yield Check(both("ルート", "Root"), "warning", line, mend)
    yield _check_expiry(credentials)
    yield _check_clock(answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date", ""))


def check_region(patient: Patient) -> Iterator[Check]:
    """Whether SageMaker exists in the region."""
    import boto3

    region = patient.account.region
    known = boto3.Session().get_available_regions("sagemaker")
    if region in known:
        yield Check(_REGION, "ok", both(f"{region} で SageMaker を使えます。", f"SageMaker can be used in {region}."))
        return
    mend = both(
        "--region ap-northeast-1 などを指定してください（綴りを確かめてください）。",
        "Give one such as --region ap-northeast-1 (check how it is spelt).",
    )
    line = both(
        f"リージョン {region} に SageMaker が見当たりません。",
        f"There seems to be no SageMaker in the region {region}.",
    )
    yield Check(_REGION, "failed", line, mend)


def _check_expiry(credentials: object) -> Check:
    refresh_needed = getattr(credentials, "refresh_needed", None)
    if refresh_needed is None:  # keys that are written down, not lent
        line = both(
            "期限を持たない認証情報か、期限がここからは分からないものです。",
            "The credentials do not expire, or when they do cannot be known from here.",
        )
        return Check(_EXPIRY, "ok", line)
    minutes = _EXPIRES_SOON_SECONDS // 60
    if refresh_needed(_EXPIRES_SOON_SECONDS):
        line = both(f"認証の期限が {minutes} 分以内に切れます。", f"The credentials expire within {minutes} minutes.")
        mend = both(
            "aws sso login で認証し直してから、長い操作を始めてください。",
            "Sign in anew with aws sso login before you begin anything long.",
        )
        return Check(_EXPIRY, "warning", line, mend)
    line = both(f"認証の期限まで {minutes} 分以上あります。", f"The credentials last {minutes} minutes or more.")
    return Check(_EXPIRY, "ok", line)


def _check_clock(date: str) -> Check:
    try:
        skew = abs((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())
    except (TypeError, ValueError):
        line = both(
            "AWS の答えに時刻がなく、時計のずれは分かりません。",
            "AWS's answer tells no time, so how far the clock is off is not known.",
        )
        return Check(_CLOCK, "skipped", line)
    line = both(
        f"この機械の時計と AWS の差は {skew:.0f} 秒です。", f"This machine's clock is {skew:.0f} s off from AWS's."
    )
    if skew < _SKEW_WARNING_SECONDS:
        return Check(_CLOCK, "ok", line)
    mend = both(
        "OS の時刻の自動設定（NTP）を有効にしてください。ずれると署名が断られます。",
        "Let the system set its clock (NTP): AWS refuses signatures of a clock that is off.",
    )
    return Check(_CLOCK, "failed" if skew > _SKEW_FAILED_SECONDS else "warning", line, mend)
