"""`seikaku cloud`: the group of everything on AWS. Effects: those of its verbs."""

from typing import Any

import click

from seikaku.cli.lazy import LazyGroup

VERBS: dict[str, tuple[str, str]] = {
    "doctor": ("seikaku.cli.cloud.doctor", "認証・権限・上限・バケットを確かめ、直し方を示す"),
    "plan": ("seikaku.cli.cloud.plan", "学習にかかる時間と費用を、始める前に見積もる"),
    "prices": ("seikaku.cli.cloud.prices", "料金表を表示する・更新する"),
    "stack": ("seikaku.cli.cloud.stack", "バケット・ロール・推論 API をまとめて作る・消す（CloudFormation）"),
    "train": ("seikaku.cli.cloud.train", "stage 1 と stage 2 を学習ジョブとして実行する"),
    "tune": ("seikaku.cli.cloud.tune", "stage 2 の設定を自動モデルチューニングで探す"),
    "status": ("seikaku.cli.cloud.status", "ジョブの様子を見る"),
    "attach": ("seikaku.cli.cloud.attach", "切れた端末から、実行中のジョブに戻る"),
    "stop": ("seikaku.cli.cloud.stop", "ジョブを止める"),
    "image": ("seikaku.cli.cloud.image", "推論のコンテナイメージを AWS の中で作る（Docker は要らない）"),
    "deploy": ("seikaku.cli.cloud.deploy", "エンドポイントを作る・新しいモデルに替える"),
    "batch": ("seikaku.cli.cloud.batch", "多数の会話をまとめて推定する（バッチ変換）"),
    "ask": ("seikaku.cli.cloud.ask", "公開した推論 API に会話を送る"),
    "delete": ("seikaku.cli.cloud.delete", "エンドポイントを消す（費用が止まる）"),
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
)
def command() -> None:
    """AWS SageMaker で学習・探索・公開します。費用は、始める前に表示します。

    手順は SAGEMAKER_GUIDE.md にあります。まず: seikaku cloud doctor
    """
