"""Which AWS account, place and rules every verb of `seikaku cloud` works under. Frozen; no effects."""

import re
from dataclasses import dataclass
from typing import ClassVar

from seikaku.errors import UserError
from seikaku.settings import check_ranges, setting

_TAG = re.compile(r"[^=]{1,128}=.{0,256}")


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """One field = one flag = one environment variable (SEIKAKU_BUCKET, ...). Empty: found as the help says."""

    VARIABLES: ClassVar = "SEIKAKU_"
    region: str = setting("", "AWS のリージョン（省くと AWS_REGION、AWS の設定、ap-northeast-1 の順）")
    profile: str = setting("", "AWS の設定ファイルのプロファイル名")
    stack: str = setting("seikaku", "seikaku cloud stack up で作ったスタックの名前")
    bucket: str = setting("", "データと結果を置くバケット（省くとスタックのもの）")
    role_arn: str = setting("", "学習ジョブのロールの ARN（省くとスタックのもの）")
    serve_role_arn: str = setting("", "エンドポイントとバッチ変換のロールの ARN（省くとスタックのもの）")
    tags: tuple[str, ...] = setting((), "作るものに付けるタグ（project=A,owner=B のように）")
    kms_key: str = setting("", "暗号化に使う KMS キーの ID か ARN（省くと AWS が管理するキー）")
    subnets: tuple[str, ...] = setting((), "ジョブを置く VPC のサブネット（コンマ区切り）")
    security_groups: tuple[str, ...] = setting((), "ジョブに付けるセキュリティグループ（コンマ区切り）")
    network_isolation: bool = setting(False, "コンテナから外への通信を止める")
    max_attempts: int = setting(5, "AWS への 1 回の呼び出しを、混雑のとき試す回数の上限", 1, 20)

    def __post_init__(self) -> None:
        check_ranges(self)
        if wrong := [tag for tag in self.tags if not _TAG.fullmatch(tag)]:
            raise UserError(
                f"--tags {wrong[0]!r} は使えません。", "--tags project=A,owner=B のように指定してください。"
            )
        if bool(self.subnets) != bool(self.security_groups):
            raise UserError(
                "VPC の設定が半分だけです。", "--subnets と --security_groups を両方指定するか、両方外してください。"
            )

    def tag_list(self) -> list[dict[str, str]]:
        """The tags as AWS takes them; every resource also carries ``project=seikaku``."""
        pairs = {"project": "seikaku"} | dict(tag.split("=", 1) for tag in self.tags)
        return [{"Key": key, "Value": value} for key, value in pairs.items()]

    def vpc_config(self) -> dict[str, list[str]] | None:
        """The VPC as SageMaker takes it, None outside a VPC."""
        if not self.subnets:
            return None
        return {"SecurityGroupIds": list(self.security_groups), "Subnets": list(self.subnets)}
