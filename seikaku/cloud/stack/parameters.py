"""What the stack is to become: the template's parameters, from the flags and the stack as it is. Effect: calls AWS."""

from collections.abc import Mapping

from seikaku.cloud.account.session import Account
from seikaku.cloud.stack import edge
from seikaku.cloud.stack.cloudformation import Stack
from seikaku.errors import UserError


def choose_parameters(account: Account, stack: Stack | None, given: Mapping[str, str]) -> dict[str, str]:
    """The parameters to set: what is ``given``, bucket and key; what is not set stays as it is.

    Raises UserError for an API that would ask for tokens of nobody, and for a bucket of another account.
    """
    wanted = {**given, **_choose_bucket(account, stack)}
    if key := account.settings.kms_key:
        of_account = f"arn:aws:kms:{account.region}:{account.account_id}:key/{key}"
        wanted["KmsKeyArn"] = key if key.startswith("arn:") else of_account
    whole = (stack.parameters if stack else {}) | wanted
    if whole.get("ApiAuth") == "jwt" and not (whole.get("JwtIssuer") and whole.get("JwtAudience")):
        raise UserError(
            "--auth jwt には、トークンの発行者と宛先が要ります。", "--jwt_issuer と --jwt_audience を指定してください。"
        )
    return wanted


def wants_api(stack: Stack | None, wanted: Mapping[str, str]) -> bool:
    """Whether the stack is to have the inference API."""
    return bool(wanted.get("EndpointName", stack.parameters.get("EndpointName", "") if stack else ""))


def has_bucket(stack: Stack | None, wanted: Mapping[str, str]) -> bool:
    """Whether the bucket is there, so that the API's function can be put into it."""
    if "BucketName" in wanted:
        return wanted["MakeBucket"] == "false"
    return stack is not None


def with_function(
    account: Account, stack: Stack | None, wanted: Mapping[str, str], *, upload: bool
) -> Mapping[str, str]:
    """``wanted`` with the code of the API's function, sent to the bucket when asked to; unchanged without an API."""
    if not wants_api(stack, wanted):
        return wanted
    code = edge.pack_function()
    if upload:
        bucket = wanted.get("BucketName") or (stack.outputs["BucketName"] if stack else "")
        edge.upload_function(account, bucket, code)
    return {**wanted, "LambdaCodeKey": code.key}


def find_bucket(account: Account, stack: Stack | None) -> str:
    """The bucket's name: of the settings, else of the stack, else the one that an earlier stack would have made."""
    return account.settings.bucket or (stack.outputs.get("BucketName", "") if stack else "") or _own_bucket(account)


def _own_bucket(account: Account) -> str:
    return f"{account.settings.stack}-{account.account_id}-{account.region}"


def _choose_bucket(account: Account, stack: Stack | None) -> dict[str, str]:
    """The parameters BucketName and MakeBucket; empty where an existing stack keeps what it has.

    A bucket that an earlier stack left behind is taken up again. Raises UserError for a bucket of another account.
    """
    from botocore.exceptions import ClientError

    named = account.settings.bucket
    if stack is not None and not stack.is_empty and named in ("", stack.parameters.get("BucketName")):
        return {}
    name = named or _own_bucket(account)
    try:
        account.client("s3").head_bucket(Bucket=name, ExpectedBucketOwner=account.account_id)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchBucket"}:
            return {"BucketName": name, "MakeBucket": "true"}
        if error.response["Error"]["Code"] != "403":
            raise
        raise UserError(
            f"バケット {name} はあなたのものではないか、見る権限がありません。",
            "--bucket で別の名前を指定してください。",
        ) from None
    return {"BucketName": name, "MakeBucket": "false"}
