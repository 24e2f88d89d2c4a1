"""`seikaku cloud`: the group of everything on AWS. Effects: those of its verbs."""

from typing import Any

import click

from seikaku.cli.bilingual import lang_option, quiet_option
from seikaku.cli.lazy import LazyGroup
from seikaku.errors import both

VERBS: dict[str, tuple[str, str]] = {
    "doctor": (
        "seikaku.cli.cloud.doctor",
        both(
            "認証・権限・上限・バケットを確かめ、直し方を示す",
            "Check credentials, permissions, quotas, bucket; say how to mend",
        ),
    ),
    "plan": (
        "seikaku.cli.cloud.plan",
        both(
            "学習にかかる時間と費用を、始める前に見積もる",
            "Estimate before it starts how long training takes and what it costs",
        ),
    ),
    "prices": ("seikaku.cli.cloud.prices", both("料金表を表示する・更新する", "Show or update the price table")),
    "stack": (
        "seikaku.cli.cloud.stack",
        both(
            "バケット・ロール・推論 API をまとめて作る・消す（CloudFormation）",
            "Make or delete bucket, roles and inference API together (CloudFormation)",
        ),
    ),
    "train": (
        "seikaku.cli.cloud.train",
        both("stage 1 と stage 2 を学習ジョブとして実行する", "Run stage 1 and stage 2 as training jobs"),
    ),
    "tune": (
        "seikaku.cli.cloud.tune",
        both("stage 2 の設定を自動モデルチューニングで探す", "Search for stage 2's settings by automatic model tuning"),
    ),
    "status": ("seikaku.cli.cloud.status", both("ジョブの様子を見る", "See how the jobs are")),
    "attach": (
        "seikaku.cli.cloud.attach",
        both("切れた端末から、実行中のジョブに戻る", "Go back to a running job whose terminal was lost"),
    ),
    "stop": ("seikaku.cli.cloud.stop", both("ジョブを止める", "Stop a job")),
    "image": (
        "seikaku.cli.cloud.image",
        both(
            "推論のコンテナイメージを AWS の中で作る（Docker は要らない）",
            "Build the image that serves inside AWS (no Docker needed)",
        ),
    ),
    "deploy": (
        "seikaku.cli.cloud.deploy",
        both("エンドポイントを作る・新しいモデルに替える", "Make an endpoint, or give it a new model"),
    ),
    "batch": (
        "seikaku.cli.cloud.batch",
        both(
            "多数の会話をまとめて推定する（バッチ変換）", "Estimate from many conversations at once (batch transform)"
        ),
    ),
    "ask": (
        "seikaku.cli.cloud.ask",
        both("公開した推論 API に会話を送る", "Send a conversation to the published inference API"),
    ),
    "delete": (
        "seikaku.cli.cloud.delete",
        both("エンドポイントを消す（費用が止まる）", "Delete an endpoint (its cost stops)"),
    ),
}


class CloudGroup(LazyGroup):
    """The group whose verbs' AWS errors become two lines: what AWS said, and the mend."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb."""
        from seikaku.cloud.account.failures import explain_aws

        with explain_aws():
            return super().invoke(ctx)


@click.group(
    "cloud",
    cls=CloudGroup,
    verbs=VERBS,
    no_args_is_help=True,
    help=both(
        """AWS SageMaker で学習・探索・公開します。費用は、始める前に表示します。

        手順は SAGEMAKER_GUIDE.md にあります。まず: seikaku cloud doctor
        """,
        """Train, tune and publish on AWS SageMaker. What it costs is shown before it starts.

        SAGEMAKER_GUIDE.en.md leads through it. To begin with: seikaku cloud doctor
        """,
    ),
)
@lang_option
@quiet_option
def command() -> None:
    """Nothing of its own: the verbs work."""
