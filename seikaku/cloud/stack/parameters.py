"""What the stack is to become: the template's parameters, from the flags and the stack as it is. Effect: calls AWS."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from seikaku.cloud.account.rules import SERVERLESS_MEMORY_MB
from seikaku.cloud.account.session import Account
from seikaku.cloud.stack import edge
from seikaku.cloud.stack.cloudformation import Stack
from seikaku.errors import UserError, both
from seikaku.settings import check_ranges, encode, setting


def _parameter(name: str, help_text: str, *limits: float, choices: tuple[Any, ...] = ()) -> Any:
    return setting(None, help_text, *limits, choices=choices, parameter=name)


@dataclass(frozen=True, slots=True)
class StackParameters:
    """One field = one flag of `seikaku cloud stack` = one parameter of the template; None leaves the stack as it is.

    The bucket's parameters, and the function's code, the stack finds by itself.
    """

    endpoint_name: str | None = _parameter(
        "EndpointName",
        both(
            "推論 API の先にあるエンドポイント（'' で API を外す）",
            "Endpoint behind the inference API ('' takes the API away)",
        ),
    )
    auth: str | None = _parameter(
        "ApiAuth",
        both(
            "推論 API を呼べる人の確かめ方（既定: iam）",
            "How the callers of the inference API are checked (default: iam)",
        ),
        choices=("iam", "jwt"),
    )
    jwt_issuer: str | None = _parameter(
        "JwtIssuer", both("JWT の発行者の URL（--auth jwt のとき）", "URL of the JWT's issuer (with --auth jwt)")
    )
    jwt_audience: tuple[str, ...] | None = _parameter(
        "JwtAudience", both("JWT の宛先（aud。--auth jwt のとき）", "The JWT's audience (aud; with --auth jwt)")
    )
    allowed_origins: tuple[str, ...] | None = _parameter(
        "AllowedOrigins",
        both(
            "推論 API をページから呼んでよいサイト（https://example.com,…）",
            "Sites whose pages may call the inference API (https://example.com,…)",
        ),
    )
    throttle_rate: int | None = _parameter(
        "ThrottleRate",
        both(
            "推論 API の 1 秒あたりのリクエスト数の上限（既定: 10）",
            "Requests a second of the inference API at the most (default: 10)",
        ),
        1,
    )
    throttle_burst: int | None = _parameter(
        "ThrottleBurst",
        both("同時に届いてよいリクエスト数（既定: 20）", "Requests that may come at once (default: 20)"),
        1,
    )
    reserved_concurrency: str | None = _parameter(
        "ReservedConcurrency",
        both(
            "関数の同時実行の上限（省くとアカウントの上限）",
            "Runs of the function at the same time at the most (else the account's limit)",
        ),
    )
    log_retention_days: int | None = _parameter(
        "LogRetentionDays", both("ログを残す日数（既定: 30）", "Days for which logs are kept (default: 30)"), 1
    )
    budget_email: str | None = _parameter(
        "BudgetEmail",
        both(
            "月の費用が予算に近づいたとき知らせるメールアドレス",
            "Mail address that is told when the month's cost comes near the budget",
        ),
    )
    monthly_budget_usd: int | None = _parameter(
        "MonthlyBudgetUsd", both("月の予算（ドル。既定: 50）", "Budget of a month in dollars (default: 50)"), 1
    )
    alarm_email: str | None = _parameter(
        "AlarmEmail",
        both(
            "推論 API がエラーを返し続けたとき知らせるメールアドレス",
            "Mail address that is told when the inference API goes on answering with errors",
        ),
    )
    allowed_instance_types: tuple[str, ...] | None = _parameter(
        "AllowedInstanceTypes", both("運用者が使ってよいインスタンスタイプ", "Instance types that operators may use")
    )
    max_runtime_seconds: int | None = _parameter(
        "MaxRuntimeSeconds",
        both("学習ジョブの時間の上限（秒。既定: 5 日）", "Seconds of a training job at the most (default: 5 days)"),
        60,
    )
    endpoint_mode: str | None = _parameter(
        "EndpointMode",
        both(
            "エンドポイントを作るのはだれか（既定: external = seikaku cloud deploy。ほかはスタックが作る）",
            "Who makes the endpoint (default: external = seikaku cloud deploy; else the stack)",
        ),
        choices=("external", "serverless", "instance"),
    )
    image: str | None = _parameter(
        "ModelImage",
        both("スタックが作るエンドポイントのコンテナイメージ", "Container image of the endpoint that the stack makes"),
    )
    model_data: str | None = _parameter(
        "ModelDataUrl",
        both(
            "スタックが作るエンドポイントのモデル（s3://…/model.tar.gz）",
            "Model of the endpoint that the stack makes (s3://…/model.tar.gz)",
        ),
    )
    memory_mb: int | None = _parameter(
        "ServerlessMemoryMb",
        both("サーバーレスのメモリ（MB。既定: 2048）", "Memory of the serverless endpoint in MB (default: 2048)"),
        choices=tuple(SERVERLESS_MEMORY_MB),
    )
    max_concurrency: int | None = _parameter(
        "ServerlessMaxConcurrency",
        both("サーバーレスの同時実行（既定: 5）", "Runs of the serverless endpoint at the same time (default: 5)"),
        1,
        200,
    )
    instance_type: str | None = _parameter(
        "EndpointInstanceType",
        both(
            "エンドポイントのインスタンスタイプ（既定: ml.m5.large）",
            "Instance type of the endpoint (default: ml.m5.large)",
        ),
    )
    n_instances: int | None = _parameter(
        "EndpointInstanceCount",
        both("エンドポイントのインスタンス数（既定: 1）", "Instances of the endpoint (default: 1)"),
        1,
        10,
    )
    image_build: bool | None = _parameter(
        "ImageBuild",
        both(
            "自分のコンテナイメージを AWS の中で作れるようにする（費用は作るときだけ。seikaku cloud image）",
            "Make it possible to build an image of your own inside AWS "
            "(it costs only while it is built; seikaku cloud image)",
        ),
    )
    jobs_in_vpc: bool | None = _parameter(
        "JobsInVpc",
        both(
            "ジョブを VPC に置く（ロールにネットワークの権限を付ける）",
            "Put the jobs into a VPC (the roles get the rights to its network)",
        ),
    )

    def __post_init__(self) -> None:
        check_ranges(self)

    def encode(self) -> dict[str, str]:
        """The chosen parameters as CloudFormation takes them: by the template's names, all of them texts."""
        return encode({item.metadata["parameter"]: getattr(self, item.name) for item in fields(self)})


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
            both(
                "--auth jwt には、トークンの発行者と宛先が要ります。",
                "--auth jwt needs an issuer and an audience of the tokens.",
            ),
            both("--jwt_issuer と --jwt_audience を指定してください。", "Give --jwt_issuer and --jwt_audience."),
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
            both(
                f"バケット {name} はあなたのものではないか、見る権限がありません。",
                f"The bucket {name} is not yours, or you may not look at it.",
            ),
            both("--bucket で別の名前を指定してください。", "Give another name with --bucket."),
        ) from None
    return {"BucketName": name, "MakeBucket": "false"}
