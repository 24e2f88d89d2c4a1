"""`seikaku cloud stack`: bucket, roles, inference API and budget alarm as one CloudFormation stack. Effects: AWS."""

from collections.abc import Mapping

import click

from seikaku.cli.cloud.options import cloud_options
from seikaku.cli.options import settings_options
from seikaku.cloud.account.account import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.stack import edge, leftovers, stack
from seikaku.cloud.stack.parameters import StackParameters
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
    short_help="バケット・ロール・推論 API をまとめて作る・消す（CloudFormation）",
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
    wants_api = _wants_api(found, wanted)
    if wants_api and not _has_bucket(found, wanted):
        click.echo("推論 API の関数を置くバケットから、先に作ります（1/2）。")
        found = _apply(account, found, wanted, yes)
        click.echo("\n推論 API を作ります（2/2）。")
        wanted = {}
    if wants_api:
        code = edge.pack_function()
        edge.upload_function(account, _bucket_of(found, wanted), code)
        wanted = wanted | {"LambdaCodeKey": code.key}
    _print_outputs(_apply(account, found, wanted, yes))


@command.command("diff", short_help="stack up が変えるものだけを見せる")
@cloud_options("bucket", "tags", "kms_key")
@_STACK_OPTIONS
def diff(settings: CloudSettings, parameters: dict[str, str]) -> None:
    """stack up が作る・変える・外すものを、AWS に問い合わせて表示します。何も変えません。"""
    account, found, wanted = _begin(settings, parameters)
    if _wants_api(found, wanted):
        wanted = wanted | {"LambdaCodeKey": edge.pack_function().key}
    changes = stack.prepare_changes(account, found, wanted)
    _print_changes(settings.stack, changes)
    if changes is not None:
        stack.discard_changes(account, changes)


@command.command("down", short_help="消す（バケットは、頼まれなければ残す）")
@click.option("--delete_data", is_flag=True, help="バケットと中身も消す（バケットの名前の入力で、もう一度確かめる）")
@click.option("--yes", is_flag=True, help="スタックを消す確認を省く（--delete_data の確認は省けない）")
@cloud_options("bucket")
def down(settings: CloudSettings, delete_data: bool, yes: bool) -> None:
    """スタックを消し、まだ費用のかかるものがあれば知らせます。

    データと結果の入ったバケットは残ります。これも消すのは --delete_data を付けたときだけです。
    """
    stack.check_stack_name(settings.stack)
    account = Account(settings)
    found = stack.find_stack(account)
    bucket = settings.bucket or (found.outputs.get("BucketName", "") if found else "")
    bucket = bucket or f"{settings.stack}-{account.account_id}-{account.region}"
    if found is None:
        click.echo(f"スタック {settings.stack} はありません。")
    else:
        _take_down(account, found, yes)
    if delete_data:
        _delete_data(account, bucket)
    _print_leftovers(account, bucket)


def _begin(settings: CloudSettings, parameters: dict[str, str]) -> tuple[Account, stack.Stack | None, dict[str, str]]:
    """The account, the stack as it is, and the parameters to set. Raises UserError and CloudError."""
    stack.check_stack_name(settings.stack)
    account = Account(settings)
    found = stack.find_stack(account)
    if found is not None:
        stack.check_rests(found)
    wanted = parameters | stack.choose_bucket(account, found)
    if settings.kms_key:
        wanted["KmsKeyArn"] = _key_arn(account, settings.kms_key)
    _check_auth(found, wanted)
    return account, found, wanted


def _key_arn(account: Account, key: str) -> str:
    if key.startswith("arn:"):
        return key
    return f"arn:aws:kms:{account.region}:{account.account_id}:key/{key}"


def _check_auth(found: stack.Stack | None, wanted: Mapping[str, str]) -> None:
    """Raise UserError for an API that would ask for tokens of nobody."""
    whole = (found.parameters if found else {}) | dict(wanted)
    if whole.get("ApiAuth") == "jwt" and not (whole.get("JwtIssuer") and whole.get("JwtAudience")):
        raise UserError(
            "--auth jwt には、トークンの発行者と宛先が要ります。", "--jwt_issuer と --jwt_audience を指定してください。"
        )


def _wants_api(found: stack.Stack | None, wanted: Mapping[str, str]) -> bool:
    return bool(wanted.get("EndpointName", found.parameters.get("EndpointName", "") if found else ""))


def _has_bucket(found: stack.Stack | None, wanted: Mapping[str, str]) -> bool:
    if "BucketName" in wanted:
        return wanted["MakeBucket"] == "false"
    return found is not None


def _bucket_of(found: stack.Stack | None, wanted: Mapping[str, str]) -> str:
    return wanted.get("BucketName") or (found.outputs["BucketName"] if found else "")


def _apply(account: Account, found: stack.Stack | None, wanted: Mapping[str, str], yes: bool) -> stack.Stack | None:
    """Show the changes, ask, make them; returns the stack as it then is."""
    changes = stack.prepare_changes(account, found, wanted)
    _print_changes(account.settings.stack, changes)
    if changes is None:
        return found
    if not yes and not click.confirm("実行しますか"):
        stack.discard_changes(account, changes)
        raise click.Abort
    return stack.execute_changes(account, changes, _print_event)


def _take_down(account: Account, found: stack.Stack, yes: bool) -> None:
    click.echo(f"スタック {account.settings.stack} と、その中の次のものを消します（バケットは残ります）:")
    for kind, name in stack.list_resources(account, found):
        if not kind.startswith("AWS::S3::"):
            click.echo(f"  {kind:<32} {name}")
    if not yes:
        click.confirm("消しますか", abort=True)
    stack.delete_stack(account, found, _print_event)
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


def _print_changes(name: str, changes: stack.ChangeSet | None) -> None:
    if changes is None:
        click.echo(f"スタック {name} に変更はありません。")
        return
    click.echo(f"スタック {name} の変更（{len(changes.changes)} 件）:")
    for change in changes.changes:
        note = "（作り直し）" if change.is_replaced else ""
        click.echo(
            f"  {_ACTIONS.get(change.action, change.action)}  {change.resource_type:<34} {change.logical_id}{note}"
        )


def _print_event(event: stack.StackEvent) -> None:
    reason = f"  {event.reason}" if event.reason else ""
    click.echo(f"  {event.at.astimezone():%H:%M:%S}  {event.status:<28} {event.logical_id}{reason}")


def _print_outputs(found: stack.Stack | None) -> None:
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
