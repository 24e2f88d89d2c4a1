"""`seikaku cloud deploy`: a model behind an endpoint, replaced without downtime. Effects: AWS, prints."""

import json
from pathlib import Path
from typing import Any

import click

from seikaku.cli.cloud.options import SERVING, cloud_options
from seikaku.cli.cloud.serving_model import (
    TRIAL,
    PreparedModel,
    check_answer,
    container_environment,
    prepare_model,
    report_changes,
)
from seikaku.cli.options import settings_options
from seikaku.cloud.account.account import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.money import costs
from seikaku.cloud.serving import asking, endpoint
from seikaku.cloud.serving.endpoint_request import (
    DEFAULT_CONCURRENCY,
    DEFAULT_NAME,
    Hosting,
    Instances,
    Serverless,
    build_config_name,
    check_endpoint_name,
    check_hosting,
    check_memory_mb,
    choose_memory_mb,
)
from seikaku.cloud.serving.scaling import build_policy, build_target
from seikaku.errors import CloudError, SeikakuError, UserError

_SECONDS_EACH = 1.0  # an assumption, and said to be one
_HOSTS = ("target_invocations", "startup_seconds", "alarms")
_ONLY_INSTANCES = ("min_instances", "max_instances", *_HOSTS)
_ONLY_SERVERLESS = ("memory_mb", "max_concurrency")


@click.command("deploy", short_help="エンドポイントを作る・新しいモデルに替える")
@click.option("--model", metavar="フォルダ", type=click.Path(path_type=Path),
              help="seikaku export か seikaku fit の出力（既定: 同梱モデル）")  # fmt: skip
@click.option("--name", default=DEFAULT_NAME, show_default=True, help="エンドポイントの名前（seikaku で始まる）")
@click.option("--image", default="", metavar="URI",
              help="ECR に置いた自分のイメージ（既定: AWS の Hugging Face の推論イメージ。ビルド不要）")  # fmt: skip
@click.option("--memory_mb", type=int, help="サーバーレスのメモリ（1024 から 6144、1024 ごと。既定: モデルに合わせる）")
@click.option("--max_concurrency", type=click.IntRange(1, 200), help="サーバーレスの同時実行の上限（既定: 5）")
@click.option("--instance_type", metavar="ml.…", help="常に動くインスタンスにする（例: ml.m5.xlarge）")
@click.option("--min_instances", "min_instances", type=click.IntRange(1), help="インスタンスの最少数（既定: 1）")
@click.option(
    "--max_instances", "max_instances", type=click.IntRange(1), help="自動で増やす最大数（既定: 最少数と同じ）"
)
@settings_options("hosts", Instances, only=_HOSTS, explains_defaults=False, shows_limits=True)
@click.option("--requests_per_month", type=click.IntRange(0), default=10_000, show_default=True,
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
    with prepare_model(account, model, image) as prepared:
        hosting = _choose_hosting(flags, hosts, prepared, own_image=bool(image))
        check_hosting(hosting, settings, own_image=bool(image))
        _print_cost(account, hosting, flags["requests_per_month"], flags["max_cost_usd"])
        previous = "" if flags["dry_run"] else endpoint.check_replaceable(account, name, hosting)
        config_name = build_config_name(name)
        served = prepared.serve(account, _environment(hosting, own_image=bool(image)))
        requests = endpoint.build_requests(name, config_name, served, hosting, account, previous)
        if flags["dry_run"]:
            _print_requests(name, requests, hosting)
            return
        if not yes:
            click.confirm(f"エンドポイント {name} を{'新しいモデルに替え' if previous else '作り'}ますか", abort=True)
        prepared.upload(account)
        _deploy(account, name, requests, hosting, prepared, previous)


def _deploy(
    account: Account,
    name: str,
    requests: dict[str, dict[str, Any]],
    hosting: Hosting,
    prepared: PreparedModel,
    previous: str,
) -> None:
    report = report_changes()
    click.echo(f"エンドポイント {name} を{'新しいモデルに替えています' if previous else '作っています'}。")
    endpoint.deploy(account, name, requests, hosting, report)
    try:
        check_answer(asking.ask_endpoint(account, name, TRIAL), prepared.estimator)
    except SeikakuError as error:
        if not previous:
            raise CloudError(error.message, f"{error.mend} 費用を止めるには seikaku cloud delete {name}。") from error
        click.echo("試しの質問に正しく答えられないので、前のモデルに戻します。", err=True)
        endpoint.undo(account, name, requests["CreateModel"]["ModelName"], previous, report)
        raise CloudError(f"{error.message} 前のモデルに戻しました。", error.mend) from error
    deleted = endpoint.prune(account, name)
    click.echo(
        f"公開しました: {name}（{prepared.estimator.trained.model_id}）。架空の会話で、この機械と同じ答えでした。"
    )
    if deleted:
        click.echo(f"古い設定を消しました: {len(deleted)} 件（新しい {endpoint.N_KEPT} 件は残します）")
    click.echo(f"戻すには seikaku cloud deploy --rollback --name {name}、消すには seikaku cloud delete {name}")


def _roll_back(account: Account, name: str, yes: bool) -> None:
    previous = endpoint.find_previous(account, name)
    if not yes:
        click.confirm(f"エンドポイント {name} を {previous} に戻しますか", abort=True)
    endpoint.roll_back(account, name, previous, report_changes())
    check_answer(asking.ask_endpoint(account, name, TRIAL), None)
    click.echo(f"戻しました: {name}（{previous}）。架空の会話で、答えが返りました。")


def _choose_hosting(
    flags: dict[str, Any], hosts: dict[str, Any], prepared: PreparedModel, *, own_image: bool
) -> Hosting:
    if flags["instance_type"] is None:
        _refuse(flags | hosts, _ONLY_INSTANCES, "--instance_type を指定したときだけ使えます")
        memory_mb = flags["memory_mb"] or choose_memory_mb(prepared.n_bytes, own_image=own_image)
        check_memory_mb(memory_mb)
        return Serverless(memory_mb, flags["max_concurrency"] or DEFAULT_CONCURRENCY)
    _refuse(flags, _ONLY_SERVERLESS, "サーバーレスのときだけ使えます")
    fewest = flags["min_instances"] or 1
    return Instances(flags["instance_type"], fewest, flags["max_instances"] or fewest, **hosts)


def _refuse(flags: dict[str, Any], names: tuple[str, ...], why: str) -> None:
    if given := [f"--{name}" for name in names if flags.get(name) is not None]:
        raise UserError(f"{'、'.join(given)} は、{why}。", "外すか、--instance_type の指定を見直してください。")


def _environment(hosting: Hosting, *, own_image: bool) -> dict[str, str]:
    # Each worker of the Hugging Face image holds the model; without a host of its own there is memory for one.
    one = isinstance(hosting, Serverless) and not own_image
    return container_environment(own_image=own_image, n_workers=1 if one else None)


def _print_cost(account: Account, hosting: Hosting, n_requests: int, max_cost_usd: float | None) -> None:
    if isinstance(hosting, Serverless):
        estimate = costs.estimate_serverless_month(hosting.memory_mb, account.region, n_requests, _SECONDS_EACH)
    else:
        estimate = costs.estimate_instance_month(hosting.instance_type, account.region, hosting.max_count)
    click.echo(f"月の費用の見積もり: {estimate.text}")
    for line in estimate.lines:
        click.echo(f"  {line}")
    if isinstance(hosting, Serverless):
        click.echo(
            f"  月 {n_requests:,} 回・1 回 {_SECONDS_EACH:g} 秒と仮定した計算です（--requests_per_month で変わります）"
        )
    costs.check_budget(estimate, max_cost_usd)


def _print_requests(name: str, requests: dict[str, dict[str, Any]], hosting: Hosting) -> None:
    shown: dict[str, Any] = dict(requests)
    if isinstance(hosting, Instances) and hosting.max_count > hosting.min_count:
        shown |= {
            "RegisterScalableTarget": build_target(name, hosting),
            "PutScalingPolicy": build_policy(name, hosting),
        }
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    click.echo("何も作っていません（--dry_run）。", err=True)
