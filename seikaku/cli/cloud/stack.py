"""`seikaku cloud stack`: bucket, roles, inference API and budget alarm as one CloudFormation stack. Effects: AWS."""

from collections.abc import Mapping

import click

from seikaku.cli.cloud.options import cloud_options
from seikaku.cli.options import settings_options
from seikaku.cloud.account.images import training_image
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.stack import cloudformation, leftovers
from seikaku.cloud.stack.cloudformation import Stack
from seikaku.cloud.stack.parameters import (
    StackParameters,
    choose_parameters,
    find_bucket,
    has_bucket,
    wants_api,
    with_function,
)
from seikaku.errors import UserError

_ACTIONS = {"Add": "作る　", "Modify": "変える", "Remove": "外す　"}

_STACK_OPTIONS = settings_options(
    "parameters",
    StackParameters,
    build=lambda **given: StackParameters(**given).encode(),
    explains_defaults=False,
    shows_limits=True,
)


@click.group(
    "stack",
    no_args_is_help=True,
)
def command() -> None:
    """バケット・ロール・推論 API・予算の通知を、1 つの CloudFormation テンプレート（infra/seikaku.yaml）から作ります。

    \b
    まず:        seikaku cloud stack up --budget_email me@example.com
    API を足す:  seikaku cloud stack up --endpoint_name seikaku
    片づける:    seikaku cloud stack down
    """


@command.command("up", short_help="作る・変える（変更の一覧を見せて、確認してから）")
@click.option("--yes", is_flag=True, help="確認を省く")
@cloud_options("bucket", "tags", "kms_key")
@_STACK_OPTIONS
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


@command.command("diff", short_help="stack up が変えるものだけを見せる")
@cloud_options("bucket", "tags", "kms_key")
@_STACK_OPTIONS
def diff(settings: CloudSettings, parameters: dict[str, str]) -> None:
    """stack up が作る・変える・外すものを、AWS に問い合わせて表示します。何も変えません。"""
    account, found, wanted = _begin(settings, parameters)
    changes = cloudformation.prepare_changes(account, found, with_function(account, found, wanted, upload=False))
    _print_changes(settings.stack, changes)
    if changes is not None:
        cloudformation.discard_changes(account, changes)


@command.command("down", short_help="消す（バケットは、頼まれなければ残す）")
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
    training_image(account.region)  # raises for a region that the template's map does not know
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
