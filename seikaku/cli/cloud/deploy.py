"""`seikaku cloud deploy`: a model behind an endpoint, replaced without downtime. Effects: AWS, prints."""

import json
from pathlib import Path
from typing import Any

import click

from seikaku.cli.cloud.announcing import warn_of_image
from seikaku.cli.cloud.options import SERVING, cloud_options
from seikaku.cli.cloud.serving_model import LoadedModel, load_model, report_changes
from seikaku.cli.options import settings_options
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.doctor.permissions import require_serve_role
from seikaku.cloud.money import costs
from seikaku.cloud.serving import endpoint, publishing
from seikaku.cloud.serving.endpoint_request import DEFAULT_NAME, check_endpoint_name
from seikaku.cloud.serving.hosting import (
    SCALED,
    Hosting,
    Instances,
    Serverless,
    check_hosting,
    choose_hosting,
    estimate_month,
)
from seikaku.cloud.serving.own_image import find_own_image
from seikaku.cloud.serving.prepared import endpoint_environment, prepare_model


@click.command("deploy")
@click.option("--model", metavar="フォルダ", type=click.Path(path_type=Path),
              help="seikaku export か seikaku fit の出力（既定: 同梱モデル）")  # fmt: skip
@click.option("--name", default=DEFAULT_NAME, show_default=True, help="エンドポイントの名前（seikaku で始まる）")
@click.option(
    "--image",
    default="",
    metavar="URI",
    help="推論のイメージ（既定: seikaku cloud image で作ったもの、なければ AWS の Hugging Face のもの）",
)
@click.option("--memory_mb", type=int, help="サーバーレスのメモリ（1024 から 6144、1024 ごと。既定: モデルに合わせる）")
@click.option("--max_concurrency", type=click.IntRange(1, 200), help="サーバーレスの同時実行の上限（既定: 5）")
@click.option("--provisioned_concurrency", type=click.IntRange(1, 200),
              help="サーバーレスのうち温めておく数（コールドスタートがなく、呼ばれなくても費用）")  # fmt: skip
@click.option("--instance_type", metavar="ml.…", help="常に動くインスタンスにする（例: ml.m5.xlarge）")
@click.option("--min_instances", "min_instances", type=click.IntRange(1), help="インスタンスの最少数（既定: 1）")
@click.option(
    "--max_instances", "max_instances", type=click.IntRange(1), help="自動で増やす最大数（既定: 最少数と同じ）"
)
@settings_options("hosts", Instances, only=SCALED, explains_defaults=False, shows_limits=True)
@click.option("--requests_per_month", type=click.IntRange(0), default=costs.EXAMPLE_REQUESTS, show_default=True,
              help="サーバーレスの費用を見積もるときの、月の呼び出しの数")  # fmt: skip
@click.option("--max_cost_usd", type=click.FloatRange(0), help="月の見積もりがこの額を超えるなら、何もせずに断る")
@click.option("--dry_run", is_flag=True, help="送る要求と費用だけを表示する")
@click.option("--rollback", is_flag=True, help="1 つ前のモデルに戻す")
@click.option("--yes", is_flag=True, help="確認を省く")
@cloud_options(*SERVING)
def command(
    settings: CloudSettings,
    name: str,
    model: Path | None,
    image: str,
    rollback: bool,
    yes: bool,
    hosts: dict[str, Any],
    **flags: Any,
) -> None:
    """モデルを SageMaker のエンドポイントで公開します。同じ名前でもう一度実行すると、止めずに新しいモデルに替えます。

    \b
    同梱モデル:   seikaku cloud deploy
    学習したもの: seikaku cloud deploy --model output/onnx
    戻す:         seikaku cloud deploy --rollback

    既定はサーバーレスで、呼ばれない間の費用は 0 です。会話を AWS に残さないよう、データキャプチャは使いません。
    """
    check_endpoint_name(name)
    account = Account(settings)
    if rollback:
        _roll_back(account, name, yes)
        return
    loaded = load_model(model)
    image = image or find_own_image(account)
    with prepare_model(account, loaded.files, image, is_onnx=loaded.is_onnx) as prepared:
        warn_of_image(prepared.image)
        hosting = choose_hosting(flags | hosts, prepared.n_bytes, own_image=prepared.own_image)
        check_hosting(hosting, settings, own_image=prepared.own_image)
        click.echo(f"イメージ: {prepared.image}")
        _print_cost(account, hosting, flags["requests_per_month"], flags["max_cost_usd"])
        previous = "" if flags["dry_run"] else endpoint.check_replaceable(account, name, hosting)
        served = prepared.serve(account, endpoint_environment(hosting, own_image=prepared.own_image))
        deployment = endpoint.plan_deployment(account, name, served, hosting, previous)
        if flags["dry_run"]:
            click.echo(json.dumps(deployment.requests, ensure_ascii=False, indent=2))
            click.echo("何も作っていません（--dry_run）。", err=True)
            return
        require_serve_role(account, account.bucket, account.serve_role_arn)
        if not yes:
            click.confirm(f"エンドポイント {name} を{'新しいモデルに替え' if previous else '作り'}ますか", abort=True)
        prepared.upload(account, click.echo)
        _publish(account, deployment, loaded)


def _publish(account: Account, deployment: endpoint.Deployment, loaded: LoadedModel) -> None:
    name = deployment.name
    click.echo(f"エンドポイント {name} を{'新しいモデルに替えています' if deployment.previous else '作っています'}。")
    deleted = publishing.publish(
        account, deployment, loaded.trial_scores, report_changes(), lambda line: click.echo(line, err=True)
    )
    click.echo(f"公開しました: {name}（{loaded.estimator.trained.model_id}）。架空の会話で、この機械と同じ答えでした。")
    if deleted:
        click.echo(f"古い設定を消しました: {len(deleted)} 件（新しい {endpoint.N_KEPT} 件は残します）")
    click.echo(f"戻すには seikaku cloud deploy --rollback --name {name}、消すには seikaku cloud delete {name}")


def _roll_back(account: Account, name: str, yes: bool) -> None:
    previous = endpoint.find_previous(account, name)
    if not yes:
        click.confirm(f"エンドポイント {name} を {previous} に戻しますか", abort=True)
    publishing.roll_back(account, name, previous, report_changes())
    click.echo(f"戻しました: {name}（{previous}）。架空の会話で、答えが返りました。")


def _print_cost(account: Account, hosting: Hosting, n_requests: int, max_cost_usd: float | None) -> None:
    estimate = estimate_month(hosting, account.region, n_requests)
    click.echo(f"月の費用の見積もり: {estimate.text}")
    for line in estimate.lines:
        click.echo(f"  {line}")
    if isinstance(hosting, Serverless):
        click.echo(
            f"  月 {n_requests:,} 回・1 回 {costs.EXAMPLE_SECONDS:g} 秒と仮定した計算です"
            "（--requests_per_month で変わります）"
        )
    costs.check_budget(estimate, max_cost_usd)
