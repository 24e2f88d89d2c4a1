"""What a stack is made with: one field = one flag of `seikaku cloud stack` = one parameter of the template. No effects.

None leaves the stack as it is.
"""

from dataclasses import dataclass, fields
from typing import Any

from seikaku.cloud.account.rules import SERVERLESS_MEMORY_MB
from seikaku.settings import check_ranges, encode, setting


def _parameter(name: str, help_text: str, *limits: float, choices: tuple[Any, ...] = ()) -> Any:
    return setting(None, help_text, *limits, choices=choices, parameter=name)


@dataclass(frozen=True, slots=True)
class StackParameters:
    """The parameters that somebody may choose; the bucket's, and the function's code, the stack finds by itself."""

    endpoint_name: str | None = _parameter("EndpointName", "推論 API の先にあるエンドポイント（'' で API を外す）")
    auth: str | None = _parameter("ApiAuth", "推論 API を呼べる人の確かめ方（既定: iam）", choices=("iam", "jwt"))
    jwt_issuer: str | None = _parameter("JwtIssuer", "JWT の発行者の URL（--auth jwt のとき）")
    jwt_audience: tuple[str, ...] | None = _parameter("JwtAudience", "JWT の宛先（aud。--auth jwt のとき）")
    allowed_origins: tuple[str, ...] | None = _parameter(
        "AllowedOrigins", "推論 API をページから呼んでよいサイト（https://example.com,…）"
    )
    throttle_rate: int | None = _parameter("ThrottleRate", "推論 API の 1 秒あたりのリクエスト数の上限（既定: 10）", 1)
    throttle_burst: int | None = _parameter("ThrottleBurst", "同時に届いてよいリクエスト数（既定: 20）", 1)
    reserved_concurrency: str | None = _parameter(
        "ReservedConcurrency", "関数の同時実行の上限（省くとアカウントの上限）"
    )
    log_retention_days: int | None = _parameter("LogRetentionDays", "ログを残す日数（既定: 30）", 1)
    budget_email: str | None = _parameter("BudgetEmail", "月の費用が予算に近づいたとき知らせるメールアドレス")
    monthly_budget_usd: int | None = _parameter("MonthlyBudgetUsd", "月の予算（ドル。既定: 50）", 1)
    alarm_email: str | None = _parameter("AlarmEmail", "推論 API がエラーを返し続けたとき知らせるメールアドレス")
    allowed_instance_types: tuple[str, ...] | None = _parameter(
        "AllowedInstanceTypes", "運用者が使ってよいインスタンスタイプ"
    )
    max_runtime_seconds: int | None = _parameter("MaxRuntimeSeconds", "学習ジョブの時間の上限（秒。既定: 5 日）", 60)
    endpoint_mode: str | None = _parameter(
        "EndpointMode",
        "エンドポイントを作るのはだれか（既定: external = seikaku cloud deploy。ほかはスタックが作る）",
        choices=("external", "serverless", "instance"),
    )
    image: str | None = _parameter("ModelImage", "スタックが作るエンドポイントのコンテナイメージ")
    model_data: str | None = _parameter("ModelDataUrl", "スタックが作るエンドポイントのモデル（s3://…/model.tar.gz）")
    memory_mb: int | None = _parameter(
        "ServerlessMemoryMb", "サーバーレスのメモリ（MB。既定: 2048）", choices=tuple(SERVERLESS_MEMORY_MB)
    )
    max_concurrency: int | None = _parameter("ServerlessMaxConcurrency", "サーバーレスの同時実行（既定: 5）", 1, 200)
    instance_type: str | None = _parameter(
        "EndpointInstanceType", "エンドポイントのインスタンスタイプ（既定: ml.m5.large）"
    )
    n_instances: int | None = _parameter("EndpointInstanceCount", "エンドポイントのインスタンス数（既定: 1）", 1, 10)
    jobs_in_vpc: bool | None = _parameter("JobsInVpc", "ジョブを VPC に置く（ロールにネットワークの権限を付ける）")

    def __post_init__(self) -> None:
        check_ranges(self)

    def encode(self) -> dict[str, str]:
        """The chosen parameters as CloudFormation takes them: by the template's names, all of them texts."""
        return encode({item.metadata["parameter"]: getattr(self, item.name) for item in fields(self)})
