"""Which AWS account, place and rules every verb of `seikaku cloud` works under. Frozen; no effects."""

import re
from dataclasses import dataclass
from typing import ClassVar

from seikaku.errors import UserError, both
from seikaku.settings import check_ranges, setting

_TAG = re.compile(r"[^=]{1,128}=.{0,256}")


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """One field = one flag = one environment variable (SEIKAKU_BUCKET, ...). Empty: found as the help says."""

    VARIABLES: ClassVar = "SEIKAKU_"
    region: str = setting(
        "",
        both(
            "AWS のリージョン（省くと AWS_REGION、AWS の設定、ap-northeast-1 の順）",
            "AWS region (else AWS_REGION, then AWS's own settings, then ap-northeast-1)",
        ),
    )
    profile: str = setting("", both("AWS の設定ファイルのプロファイル名", "Profile of AWS's settings file"))
    stack: str = setting(
        "seikaku",
        both("seikaku cloud stack up で作ったスタックの名前", "Name of the stack that seikaku cloud stack up has made"),
    )
    bucket: str = setting(
        "", both("データと結果を置くバケット（省くとスタックのもの）", "Bucket of data and results (else the stack's)")
    )
    role_arn: str = setting(
        "",
        both("学習ジョブのロールの ARN（省くとスタックのもの）", "ARN of the training jobs' role (else the stack's)"),
    )
    serve_role_arn: str = setting(
        "",
        both(
            "エンドポイントとバッチ変換のロールの ARN（省くとスタックのもの）",
            "ARN of the role of endpoints and batch transforms (else the stack's)",
        ),
    )
    tags: tuple[str, ...] = setting(
        (),
        both("作るものに付けるタグ（project=A,owner=B のように）", "Tags of what is made (such as project=A,owner=B)"),
    )
    kms_key: str = setting(
        "",
        both(
            "暗号化に使う KMS キーの ID か ARN（省くと AWS が管理するキー）",
            "ID or ARN of the KMS key to encrypt with (else the key that AWS manages)",
        ),
    )
    subnets: tuple[str, ...] = setting(
        (),
        both(
            "ジョブを置く VPC のサブネット（コンマ区切り）",
            "Subnets of the VPC that the jobs are put into (with commas between)",
        ),
    )
    security_groups: tuple[str, ...] = setting(
        (),
        both("ジョブに付けるセキュリティグループ（コンマ区切り）", "Security groups of the jobs (with commas between)"),
    )
    network_isolation: bool = setting(
        False, both("コンテナから外への通信を止める", "Let the containers reach nothing outside")
    )
    max_attempts: int = setting(
        5,
        both(
            "AWS への 1 回の呼び出しを、混雑のとき試す回数の上限",
            "Tries of one call of AWS at the most, when it is busy",
        ),
        1,
        20,
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if wrong := [tag for tag in self.tags if not _TAG.fullmatch(tag)]:
            raise UserError(
                both(f"--tags {wrong[0]!r} は使えません。", f"--tags cannot be {wrong[0]!r}."),
                both("--tags project=A,owner=B のように指定してください。", "Give it as in --tags project=A,owner=B."),
            )
        if bool(self.subnets) != bool(self.security_groups):
            raise UserError(
                both("VPC の設定が半分だけです。", "The VPC is only half given."),
                both(
                    "--subnets と --security_groups を両方指定するか、両方外してください。",
                    "Give both --subnets and --security_groups, or neither.",
                ),
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
