"""What AWS answers when it refuses, as errors that say what to do. In: botocore's exceptions. No effects."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from seikaku.errors import CloudError

_NOT_FOUND = re.compile("not found|could not find", re.IGNORECASE)
_DOCTOR = "seikaku cloud doctor で、足りないものと直し方を確かめてください。"
# AWS's code -> (what happened, mend). {action} and {message} are AWS's own words; they hold no conversation.
_KNOWN = {
    "ExpiredToken": ("認証の期限が切れています。", "aws sso login などで認証し直してください。"),
    "InvalidClientTokenId": ("AWS のアクセスキーが正しくありません。", "aws configure で設定し直してください。"),
    "SignatureDoesNotMatch": (
        "AWS の署名が合いません。",
        "シークレットキーの写し間違いと、この機械の時計のずれを確かめてください。",
    ),
    "AccessDenied": ("AWS の権限が足りません（{action}）: {message}", _DOCTOR),
    "ResourceLimitExceeded": (
        "AWS の上限に達しています: {message}",
        "Service Quotas で引き上げを申請するか、別の --instance_type にしてください。",
    ),
    "Throttling": ("AWS が混み合っています（{action}）。", "少し待って、同じコマンドを実行してください。"),
    "NoSuchBucket": (
        "バケットがありません: {message}",
        "--bucket を確かめるか、seikaku cloud stack up で作ってください。",
    ),
    "ResourceInUse": ("同じ名前のものがすでにあります: {message}", "別の名前を指定してください。"),
}
_SAME = {
    "ExpiredTokenException": "ExpiredToken",
    "RequestExpired": "ExpiredToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "InvalidAccessKeyId": "InvalidClientTokenId",
    "AccessDeniedException": "AccessDenied",
    "UnauthorizedOperation": "AccessDenied",
    "403": "AccessDenied",
    "ThrottlingException": "Throttling",
    "TooManyRequestsException": "Throttling",
    "RequestLimitExceeded": "Throttling",
    "SlowDown": "Throttling",
}


@contextmanager
def explain_aws() -> Iterator[None]:
    """Turn the exceptions of botocore and boto3 within the block into CloudError; everything else passes unchanged."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in {"botocore", "boto3", "s3transfer"}:
            raise
        raise _explain(error) from error


def _explain(error: Exception) -> CloudError:
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        return explain_client_error(error)
    if isinstance(
        error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError | exceptions.CredentialRetrievalError
    ):
        return CloudError(
            "AWS の認証情報がありません。",
            "aws configure か aws sso login で認証するか、AWS_PROFILE を設定してください。",
        )
    if isinstance(error, exceptions.ProfileNotFound):
        return CloudError(f"AWS のプロファイルがありません: {error}", "--profile か AWS_PROFILE を確かめてください。")
    if isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError):
        return CloudError(
            f"AWS につながりません（{type(error).__name__}）。",
            "ネットワークとプロキシの設定、リージョンの名前を確かめてください。",
        )
    return CloudError(f"AWS の操作に失敗しました（{type(error).__name__}）: {error}", _DOCTOR)


def find(call: Callable[..., Any], **which: str) -> dict[str, Any] | None:
    """The answer of a SageMaker call about a name, None where AWS says, in either of its ways, that there is none."""
    from botocore.exceptions import ClientError

    try:
        return dict(call(**which))
    except ClientError as error:
        told = error.response["Error"]
        if told["Code"] == "ResourceNotFound":
            return None
        if told["Code"] == "ValidationException" and _NOT_FOUND.search(told["Message"]):
            return None
        raise


def explain_client_error(error: Exception) -> CloudError:
    """The CloudError of a botocore ClientError."""
    response = getattr(error, "response", {})
    code = str(response.get("Error", {}).get("Code", ""))
    message = str(response.get("Error", {}).get("Message", ""))
    action = str(getattr(error, "operation_name", ""))
    found = _KNOWN.get(_SAME.get(code, code))
    if found is None:
        return CloudError(f"AWS が {action} を断りました（{code}）: {message}", _DOCTOR, code)
    return CloudError(found[0].format(action=action, message=message), found[1], code)
