"""`seikaku cloud deploy`: a model behind an endpoint, replaced without downtime. Effects: AWS, prints."""

import json
from pathlib import Path
from typing import Any

import click

from seikaku.cli.bilingual import option, verb
from seikaku.cli.cloud.announcing import print_estimate, warn_of_image
from seikaku.cli.cloud.options import (
    SERVING,
    cloud_options,
    image_option,
    model_option,
    show_requests_option,
    yes_option,
)
from seikaku.cli.cloud.serving_model import LoadedModel, load_model, report_changes
from seikaku.cli.language import show, tell, warn, words
from seikaku.cli.options import settings_options
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.doctor.permissions import require_serve_role
from seikaku.cloud.money import costs
from seikaku.cloud.serving import endpoint, publishing
from seikaku.cloud.serving.endpoint_request import DEFAULT_NAME, Deployment, check_endpoint_name
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
from seikaku.errors import both


@verb(
    "deploy",
    help=both(
        """モデルを SageMaker のエンドポイントで公開します。
        同じ名前でもう一度実行すると、止めずに新しいモデルに替えます。

        \b
        同梱モデル:   seikaku cloud deploy
        学習したもの: seikaku cloud deploy --model output/onnx
        戻す:         seikaku cloud deploy --rollback

        既定はサーバーレスで、呼ばれない間の費用は 0 です。会話を AWS に残さないよう、データキャプチャは使いません。
        """,
        """Publish a model at an endpoint of SageMaker. Run again with the same name, it gives the endpoint the new
        model without a stop.

        \b
        The embedded model: seikaku cloud deploy
        One that you made:  seikaku cloud deploy --model output/onnx
        Back again:         seikaku cloud deploy --rollback

        By default it is serverless, and costs nothing while nobody calls. So that no conversation stays on AWS, data
        capture is never used.
        """,
    ),
)
@model_option
@option(
    "--name",
    default=DEFAULT_NAME,
    show_default=True,
    help=both("エンドポイントの名前（seikaku で始まる）", "Name of the endpoint (it begins with seikaku)"),
)
@image_option
@option(
    "--memory_mb",
    type=int,
    help=both(
        "サーバーレスのメモリ（1024 から 6144、1024 ごと。既定: モデルに合わせる）",
        "Serverless memory (1024 to 6144 in steps of 1024; default: what the model needs)",
    ),
)
@option(
    "--max_concurrency",
    type=click.IntRange(1, 200),
    help=both(
        "サーバーレスの同時実行の上限（既定: 5）", "Calls that serverless takes at the same time at most (default: 5)"
    ),
)
@option(
    "--provisioned_concurrency",
    type=click.IntRange(1, 200),
    help=both(
        "サーバーレスのうち温めておく数（コールドスタートがなく、呼ばれなくても費用）",
        "How many of them are kept warm (no cold start; they cost whether called or not)",
    ),
)
@option(
    "--instance_type",
    metavar="ml.…",
    help=both(
        "常に動くインスタンスにする（例: ml.m5.xlarge）", "Instances that are always up (ml.m5.xlarge, for example)"
    ),
)
@option(
    "--min_instances",
    "min_instances",
    type=click.IntRange(1),
    help=both("インスタンスの最少数（既定: 1）", "Least number of instances (default: 1)"),
)
@option(
    "--max_instances",
    "max_instances",
    type=click.IntRange(1),
    help=both(
        "自動で増やす最大数（既定: 最少数と同じ）", "Most instances that scaling adds up to (default: the least number)"
    ),
)
@settings_options("hosts", Instances, only=SCALED, explains_defaults=False, shows_limits=True)
@option(
    "--requests_per_month",
    type=click.IntRange(0),
    default=costs.EXAMPLE_REQUESTS,
    show_default=True,
    help=both(
        "サーバーレスの費用を見積もるときの、月の呼び出しの数",
        "Calls a month that the cost of serverless is estimated for",
    ),
)
@option(
    "--max_cost_usd",
    type=click.FloatRange(0),
    help=both(
        "月の見積もりがこの額を超えるなら、何もせずに断る",
        "Refuse, before anything is done, if the estimate of a month is more than this",
    ),
)
@show_requests_option
@option("--rollback", is_flag=True, help=both("1 つ前のモデルに戻す", "Go back to the model before"))
@yes_option
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
    """Say what it costs, ask, then make or replace the endpoint."""
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
        show(both(f"イメージ: {prepared.image}", f"Image: {prepared.image}"))
        _print_cost(account, hosting, flags["requests_per_month"], flags["max_cost_usd"])
        previous = "" if flags["dry_run"] else endpoint.check_replaceable(account, name, hosting)
        served = prepared.serve(account, endpoint_environment(hosting, own_image=prepared.own_image))
        deployment = publishing.plan_deployment(account, name, served, hosting, previous)
        if flags["dry_run"]:
            click.echo(json.dumps(deployment.requests, ensure_ascii=False, indent=2))
            tell(both("何も作っていません（--dry_run）。", "Nothing was made (--dry_run)."))
            return
        require_serve_role(account, account.bucket, account.serve_role_arn)
        if not yes:
            _confirm(deployment)
        prepared.upload(account, tell)
        _publish(account, deployment, loaded)


def _confirm(deployment: Deployment) -> None:
    name = deployment.name
    question = both(f"エンドポイント {name} を作りますか", f"Make the endpoint {name}?")
    if deployment.previous:
        question = both(f"エンドポイント {name} を新しいモデルに替えますか", f"Give the endpoint {name} the new model?")
    click.confirm(words(question), abort=True)


def _publish(account: Account, deployment: Deployment, loaded: LoadedModel) -> None:
    name = deployment.name
    if deployment.previous:
        begun = both(
            f"エンドポイント {name} を新しいモデルに替えています。", f"Giving the endpoint {name} the new model."
        )
    else:
        begun = both(f"エンドポイント {name} を作っています。", f"Making the endpoint {name}.")
    tell(begun)
    deleted = publishing.publish(account, deployment, loaded.trial_scores, report_changes(), warn)
    model_id = loaded.estimator.trained.model_id
    show(
        both(
            f"公開しました: {name}（{model_id}）。架空の会話で、この機械と同じ答えでした。",
            f"Published: {name} ({model_id}). To a fictional conversation it answered as this machine does.",
        )
    )
    if deleted:
        tell(
            both(
                f"古い設定を消しました: {len(deleted)} 件（新しい {endpoint.N_KEPT} 件は残します）",
                f"Deleted old configurations: {len(deleted)} (the newest {endpoint.N_KEPT} stay)",
            )
        )
    back, away = f"seikaku cloud deploy --rollback --name {name}", f"seikaku cloud delete {name}"
    tell(both(f"戻すには {back}、消すには {away}", f"To go back: {back}; to delete it: {away}"))


def _roll_back(account: Account, name: str, yes: bool) -> None:
    previous = endpoint.find_previous(account, name)
    if not yes:
        question = both(
            f"エンドポイント {name} を {previous} に戻しますか", f"Lead the endpoint {name} back to {previous}?"
        )
        click.confirm(words(question), abort=True)
    publishing.roll_back(account, name, previous, report_changes())
    show(
        both(
            f"戻しました: {name}（{previous}）。架空の会話で、答えが返りました。",
            f"Led back: {name} ({previous}). It answered to a fictional conversation.",
        )
    )


def _print_cost(account: Account, hosting: Hosting, n_requests: int, max_cost_usd: float | None) -> None:
    estimate = estimate_month(hosting, account.region, n_requests)
    print_estimate(both("月の費用の見積もり", "Estimated cost of a month"), estimate)
    if isinstance(hosting, Serverless):
        show(
            both(
                f"  月 {n_requests:,} 回・1 回 {costs.EXAMPLE_SECONDS:g} 秒と仮定した計算です"
                "（--requests_per_month で変わります）",
                f"  computed for {n_requests:,} calls a month of {costs.EXAMPLE_SECONDS:g} s each, as is assumed "
                "(--requests_per_month changes it)",
            )
        )
    costs.check_budget(estimate, max_cost_usd)
