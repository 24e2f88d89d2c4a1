"""`seikaku cloud stack`: bucket, roles, inference API and budget alarm as one CloudFormation stack. Effects: AWS."""

from collections.abc import Mapping
from typing import Any

import click

from seikaku.cli.cloud.options import VERB_SETTINGS, cloud_options, words
from seikaku.cloud.account.rules import SERVERLESS_MEMORY_MB
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.stack import cloudformation, leftovers
from seikaku.cloud.stack.cloudformation import Stack
from seikaku.cloud.stack.parameters import choose_parameters, find_bucket, has_bucket, wants_api, with_function
from seikaku.errors import UserError

_ACTIONS = {"Add": "作る　", "Modify": "変える", "Remove": "外す　"}

_MEMORY = click.Choice([str(size) for size in SERVERLESS_MEMORY_MB])

# Flag, the template's parameter, type, help. A flag that is not given leaves the stack as it is.
_FLAGS: tuple[tuple[str, str, Any, str], ...] = (
    ("endpoint_name", "EndpointName", str, "推論 API の先にあるエンドポイント（'' で API を外す）"),
    ("auth", "ApiAuth", click.Choice(["iam", "jwt"]), "推論 API を呼べる人の確かめ方（既定: iam）"),
    ("jwt_issuer", "JwtIssuer", str, "JWT の発行者の URL（--auth jwt のとき）"),
    ("jwt_audience", "JwtAudience", words, "JWT の宛先（aud。--auth jwt のとき）"),
    ("allowed_origins", "AllowedOrigins", words, "推論 API をページから呼んでよいサイト（https://example.com,…）"),
    ("throttle_rate", "ThrottleRate", click.IntRange(1), "推論 API の 1 秒あたりのリクエスト数の上限（既定: 10）"),
    ("throttle_burst", "ThrottleBurst", click.IntRange(1), "同時に届いてよいリクエスト数（既定: 20）"),
    ("reserved_concurrency", "ReservedConcurrency", str, "関数の同時実行の上限（省くとアカウントの上限）"),
    ("log_retention_days", "LogRetentionDays", click.IntRange(1), "ログを残す日数（既定: 30）"),
    ("budget_email", "BudgetEmail", str, "月の費用が予算に近づいたとき知らせるメールアドレス"),
    ("monthly_budget_usd", "MonthlyBudgetUsd", click.IntRange(1), "月の予算（ドル。既定: 50）"),
    ("alarm_email", "AlarmEmail", str, "推論 API がエラーを返し続けたとき知らせるメールアドレス"),
    ("allowed_instance_types", "AllowedInstanceTypes", words, "運用者が使ってよいインスタンスタイプ"),
    ("max_runtime_seconds", "MaxRuntimeSeconds", click.IntRange(60), "学習ジョブの時間の上限（秒。既定: 5 日）"),
    ("endpoint_mode", "EndpointMode", click.Choice(["external", "serverless", "instance"]),
     "エンドポイントを作るのはだれか（既定: external = seikaku cloud deploy。ほかはスタックが作る）"),
    ("image", "ModelImage", str, "スタックが作るエンドポイントのコンテナイメージ"),
    ("model_data", "ModelDataUrl", str, "スタックが作るエンドポイントのモデル（s3://…/model.tar.gz）"),
    ("memory_mb", "ServerlessMemoryMb", _MEMORY, "サーバーレスのメモリ（MB。既定: 2048）"),
    ("max_concurrency", "ServerlessMaxConcurrency", click.IntRange(1, 200), "サーバーレスの同時実行（既定: 5）"),
    ("instance_type", "EndpointInstanceType", str, "エンドポイントのインスタンスタイプ（既定: ml.m5.large）"),
    ("n_instances", "EndpointInstanceCount", click.IntRange(1, 10), "エンドポイントのインスタンス数（既定: 1）"),
)  # fmt: skip


def stack_options(command: Any) -> Any:
    """The flags of the template's parameters; the command gets them as one ``parameters``."""

    def with_parameters(settings: CloudSettings, **values: Any) -> Any:
        given = {}
        for flag, parameter, _, _ in _FLAGS:
            if (value := values.pop(flag)) is not None:
                given[parameter] = ",".join(value) if isinstance(value, tuple) else str(value)
        if values.pop("jobs_in_vpc"):
            given["JobsInVpc"] = "true"
        return command(settings=settings, parameters=given, **values)

    with_parameters.__doc__, with_parameters.__name__ = command.__doc__, command.__name__
    decorated: Any = click.option(
        "--jobs_in_vpc", is_flag=True, help="ジョブを VPC に置く（ロールにネットワークの権限を付ける）"
    )(with_parameters)
    for flag, _, kind, text in reversed(_FLAGS):
        decorated = click.option(f"--{flag}", flag, type=kind, default=None, help=text)(decorated)
    return decorated


@click.group(
    "stack",
    no_args_is_help=True,
    context_settings=VERB_SETTINGS,
)
def command() -> None:
    """バケット・ロール・推論 API・予算の通知を、1 つの CloudFormation テンプレート（infra/seikaku.yaml）から作ります。

    \b
    まず:        seikaku cloud stack up --budget_email me@example.com
    API を足す:  seikaku cloud stack up --endpoint_name seikaku
    片づける:    seikaku cloud stack down
    """


@command.command("up", short_help="作る・変える（変更の一覧を見せて、確認してから）", context_settings=VERB_SETTINGS)
@click.option("--yes", is_flag=True, help="確認を省く")
@cloud_options("bucket", "tags", "kms_key")
@stack_options
def up(settings: CloudSettings, parameters: dict[str, str], yes: bool) -> None:
    """スタックを作るか、変えます。指定しなかったものは、いまのままです。

    推論 API は --endpoint_name を指定すると付きます。誰でも呼べる状態にはなりません（IAM の署名か JWT）。
    """
    account, found, wanted = _begin(settings, parameters)
    if wants_api(found, wanted) and not has_bucket(found, wanted):
        click.echo("推論 API の関数を置くバケットから、先に作ります（1/2）。")
        found = _apply(account, found, wanted, yes)
        click.echo("\n推論 API を作ります（2/2）。")
        wanted = {}
    _print_outputs(_apply(account, found, with_function(account, found, wanted, upload=True), yes))


@command.command("diff", short_help="stack up が変えるものだけを見せる", context_settings=VERB_SETTINGS)
@cloud_options("bucket", "tags", "kms_key")
@stack_options
def diff(settings: CloudSettings, parameters: dict[str, str]) -> None:
    """stack up が作る・変える・外すものを、AWS に問い合わせて表示します。何も変えません。"""
    account, found, wanted = _begin(settings, parameters)
    changes = cloudformation.prepare_changes(account, found, with_function(account, found, wanted, upload=False))
    _print_changes(settings.stack, changes)
    if changes is not None:
        cloudformation.discard_changes(account, changes)


@command.command("down", short_help="消す（バケットは、頼まれなければ残す）", context_settings=VERB_SETTINGS)
@click.option("--delete_data", is_flag=True, help="バケットと中身も消す（バケットの名前の入力で、もう一度確かめる）")
@click.option("--yes", is_flag=True, help="スタックを消す確認を省く（--delete_data の確認は省けない）")
@cloud_options("bucket")
def down(settings: CloudSettings, delete_data: bool, yes: bool) -> None:
    """スタックを消し、まだ費用のかかるものがあれば知らせます。

    データと結果の入ったバケットは残ります。これも消すのは --delete_data を付けたときだけです。
    """
    cloudformation.check_stack_name(settings.stack)
    account = Account(settings)
    found = cloudformation.find_stack(account)
    bucket = find_bucket(account, found)
    if found is None:
        click.echo(f"スタック {settings.stack} はありません。")
    else:
        _take_down(account, found, yes)
    if delete_data:
        _delete_data(account, bucket)
    _print_leftovers(account, bucket)


def _begin(settings: CloudSettings, given: dict[str, str]) -> tuple[Account, Stack | None, Mapping[str, str]]:
    """The account, the stack as it is, and the parameters to set. Raises UserError and CloudError."""
    cloudformation.check_stack_name(settings.stack)
    account = Account(settings)
    found = cloudformation.find_stack(account)
    if found is not None:
        cloudformation.check_rests(found)
    return account, found, choose_parameters(account, found, given)


def _apply(account: Account, found: Stack | None, wanted: Mapping[str, str], yes: bool) -> Stack | None:
    """Show the changes, ask, make them; returns the stack as it then is."""
    changes = cloudformation.prepare_changes(account, found, wanted)
    _print_changes(account.settings.stack, changes)
    if changes is None:
        return found
    if not yes and not click.confirm("実行しますか"):
        cloudformation.discard_changes(account, changes)
        raise click.Abort
    return cloudformation.execute_changes(account, changes, _print_event)


def _take_down(account: Account, found: Stack, yes: bool) -> None:
    click.echo(f"スタック {account.settings.stack} と、その中の次のものを消します（バケットは残ります）:")
    for kind, name in cloudformation.list_resources(account, found):
        if not kind.startswith("AWS::S3::"):
            click.echo(f"  {kind:<32} {name}")
    if not yes:
        click.confirm("消しますか", abort=True)
    cloudformation.delete_stack(account, found, _print_event)
    click.echo(f"スタック {account.settings.stack} を消しました。")


def _delete_data(account: Account, bucket: str) -> None:
    content = leftovers.measure_bucket(account, bucket)
    if content is None:
        click.echo(f"バケット {bucket} はありません。")
        return
    leftovers.check_ours(account, bucket)
    click.echo(
        f"バケット {bucket} の {content.n_objects:,} 個（{_size(content.n_bytes)}）のデータと結果を消します。"
        "元に戻せません。"
    )
    typed = click.prompt("消すなら、バケットの名前を入力してください", default="", show_default=False)
    if typed != bucket:
        raise UserError(
            "バケットの名前が違うので、データは消しませんでした。", f"消すときは {bucket} と入力してください。"
        )
    leftovers.delete_bucket(account, bucket)
    click.echo(f"バケット {bucket} を消しました。")


def _print_changes(name: str, changes: cloudformation.ChangeSet | None) -> None:
    if changes is None:
        click.echo(f"スタック {name} に変更はありません。")
        return
    click.echo(f"スタック {name} の変更（{len(changes.changes)} 件）:")
    for change in changes.changes:
        note = "（作り直し）" if change.is_replaced else ""
        click.echo(
            f"  {_ACTIONS.get(change.action, change.action)}  {change.resource_type:<34} {change.logical_id}{note}"
        )


def _print_event(event: cloudformation.StackEvent) -> None:
    reason = f"  {event.reason}" if event.reason else ""
    click.echo(f"  {event.at.astimezone():%H:%M:%S}  {event.status:<28} {event.logical_id}{reason}")


def _print_outputs(found: Stack | None) -> None:
    if found is None:
        return
    click.echo("\nスタックの出力:")
    for key, value in sorted(found.outputs.items()):
        click.echo(f"  {key:<22} {value}")
    if "ApiUrl" not in found.outputs:
        click.echo("\n置いておくだけなら、かかるのはバケットの中身の保管料だけです。次: seikaku cloud doctor")


def _print_leftovers(account: Account, bucket: str) -> None:
    """Say what still costs money."""
    running = leftovers.find_running(account)
    for item in running:
        click.echo(f"まだ費用がかかっています: {item.kind} {item.name}（止める: {item.ends_with}）")
    content = leftovers.measure_bucket(account, bucket)
    if content is not None:
        click.echo(
            f"バケット {bucket} は残っています（{content.n_objects:,} 個、{_size(content.n_bytes)}。"
            "保管料がかかります）。次の stack up で、また使われます。消すには: seikaku cloud stack down --delete_data"
        )
    elif not running:
        click.echo("費用のかかるものは、もう残っていません。")


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:,.2f} GB" if n_bytes >= 1e8 else f"{n_bytes / 1e6:,.2f} MB"
