"""What AWS answers when it refuses, as errors that say what to do. In: botocore's exceptions. No effects."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from seikaku.errors import CloudError, both

_NOT_FOUND = re.compile("not found|could not find", re.IGNORECASE)
_DOCTOR = both(
    "seikaku cloud doctor で、足りないものと直し方を確かめてください。",
    "See with seikaku cloud doctor what is lacking and how to mend it.",
)
# AWS's code -> (what happened, mend). {action} and {message} are AWS's own words; they hold no conversation.
_KNOWN = {
    "ExpiredToken": (
        both("認証の期限が切れています。", "The credentials have expired."),
        both("aws sso login などで認証し直してください。", "Sign in anew, with aws sso login for example."),
    ),
    "InvalidClientTokenId": (
        both("AWS のアクセスキーが正しくありません。", "The AWS access key is not right."),
        both("aws configure で設定し直してください。", "Set it anew with aws configure."),
    ),
    "SignatureDoesNotMatch": (
        both("AWS の署名が合いません。", "AWS does not take the signature."),
        both(
            "シークレットキーの写し間違いと、この機械の時計のずれを確かめてください。",
            "Check that the secret key was copied whole, and that this machine's clock is right.",
        ),
    ),
    "AccessDenied": (
        both("AWS の権限が足りません（{action}）: {message}", "AWS does not permit this ({action}): {message}"),
        _DOCTOR,
    ),
    "ResourceLimitExceeded": (
        both("AWS の上限に達しています: {message}", "A quota of AWS is reached: {message}"),
        both(
            "Service Quotas で引き上げを申請するか、別の --instance_type にしてください。",
            "Ask Service Quotas for more, or choose another --instance_type.",
        ),
    ),
    "Throttling": (
        both("AWS が混み合っています（{action}）。", "AWS is busy ({action})."),
        both("少し待って、同じコマンドを実行してください。", "Wait a moment, and run the same command."),
    ),
    "NoSuchBucket": (
        both("バケットがありません: {message}", "There is no such bucket: {message}"),
        both(
            "--bucket を確かめるか、seikaku cloud stack up で作ってください。",
            "Check --bucket, or make one with seikaku cloud stack up.",
        ),
    ),
    "ResourceInUse": (
        both("同じ名前のものがすでにあります: {message}", "There is one of that name already: {message}"),
        both("別の名前を指定してください。", "Give another name."),
    ),
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
            both("AWS の認証情報がありません。", "There are no AWS credentials."),
            both(
                "aws configure か aws sso login で認証するか、AWS_PROFILE を設定してください。",
                "Sign in with aws configure or aws sso login, or set AWS_PROFILE.",
            ),
        )
    if isinstance(error, exceptions.ProfileNotFound):
        return CloudError(
            both(f"AWS のプロファイルがありません: {error}", f"There is no such AWS profile: {error}"),
            both("--profile か AWS_PROFILE を確かめてください。", "Check --profile or AWS_PROFILE."),
        )
    if isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError):
        return CloudError(
            both(
                f"AWS につながりません（{type(error).__name__}）。",
                f"AWS cannot be reached ({type(error).__name__}).",
            ),
            both(
                "ネットワークとプロキシの設定、リージョンの名前を確かめてください。",
                "Check the network, the proxy settings, and the region's name.",
            ),
        )
    kind = type(error).__name__
    return CloudError(
        both(f"AWS の操作に失敗しました（{kind}）: {error}", f"An operation of AWS failed ({kind}): {error}"), _DOCTOR
    )


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
        refused = both(
            f"AWS が {action} を断りました（{code}）: {message}", f"AWS refused {action} ({code}): {message}"
        )
        return CloudError(refused, _DOCTOR, code)
    template, mend = found
    said = {"action": action, "message": message}
    explained = both(template.format(**said), template.english.format(**said))
    return CloudError(explained, both(mend, mend.english), code)
