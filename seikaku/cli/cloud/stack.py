"""`seikaku cloud stack`: bucket, roles, inference API and budget alarm as one CloudFormation stack. Effects: AWS."""

from collections.abc import Mapping

import click

from seikaku.cli.bilingual import Command, lang_option, option, quiet_option
from seikaku.cli.cloud.options import cloud_options, yes_option
from seikaku.cli.cloud.stack_output import print_changes, print_leftovers, print_outputs, size_text, tell_event
from seikaku.cli.language import show, words
from seikaku.cli.options import settings_options
from seikaku.cloud.account.images import training_image
from seikaku.cloud.account.layout import check_stack_name
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
from seikaku.errors import UserError, both

_STACK_OPTIONS = settings_options(
    "parameters",
    StackParameters,
    build=lambda **given: StackParameters(**given).encode(),
    explains_defaults=False,
    shows_limits=True,
)


class _Step(Command):
    """A verb of the group, which it lists with a line in both languages."""

    def get_short_help_str(self, limit: int = 45) -> str:
        """The line."""
        return words(self.short_help or "")


class _StackGroup(Command, click.Group):
    """The group."""


@click.group(
    "stack",
    cls=_StackGroup,
    no_args_is_help=True,
    help=both(
        """バケット・ロール・推論 API・予算の通知を、1 つの CloudFormation テンプレート
        （infra/seikaku.yaml）から作ります。

        \b
        まず:        seikaku cloud stack up --budget_email me@example.com
        API を足す:  seikaku cloud stack up --endpoint_name seikaku
        片づける:    seikaku cloud stack down
        """,
        """Make bucket, roles, inference API and budget alarm from one CloudFormation template (infra/seikaku.yaml).

        \b
        To begin with: seikaku cloud stack up --budget_email me@example.com
        With the API:  seikaku cloud stack up --endpoint_name seikaku
        To clear away: seikaku cloud stack down
        """,
    ),
)
@lang_option
@quiet_option
def command() -> None:
    """Nothing of its own: the verbs work."""


@command.command(
    "up",
    cls=_Step,
    short_help=both(
        "作る・変える（変更の一覧を見せて、確認してから）", "Make or change it (shows the changes and asks first)"
    ),
    help=both(
        """スタックを作るか、変えます。指定しなかったものは、いまのままです。

        推論 API は --endpoint_name を指定すると付きます。誰でも呼べる状態にはなりません（IAM の署名か JWT）。
        """,
        """Make the stack, or change it. What is not given stays as it is.

        The inference API comes with --endpoint_name. It is never open to everybody (IAM's signature, or a JWT).
        """,
    ),
)
@yes_option
@cloud_options("bucket", "tags", "kms_key")
@_STACK_OPTIONS
def up(settings: CloudSettings, parameters: dict[str, str], yes: bool) -> None:
    """Show the changes, ask, make them; the bucket before the API, whose function lies in it."""
    account, found, wanted = _begin(settings, parameters)
    if wants_api(found, wanted) and not has_bucket(found, wanted):
        show(
            both(
                "推論 API の関数を置くバケットから、先に作ります（1/2）。",
                "First comes the bucket for the inference API's function (1/2).",
            )
        )
        found = _apply(account, found, wanted, yes)
        show(both("\n推論 API を作ります（2/2）。", "\nNow comes the inference API (2/2)."))
        wanted = {}
    print_outputs(_apply(account, found, with_function(account, found, wanted, upload=True), yes))


@command.command(
    "diff",
    cls=_Step,
    short_help=both("stack up が変えるものだけを見せる", "Only show what stack up would change"),
    help=both(
        "stack up が作る・変える・外すものを、AWS に問い合わせて表示します。何も変えません。",
        "Ask AWS, and show what stack up would make, change and remove. Nothing is changed.",
    ),
)
@cloud_options("bucket", "tags", "kms_key")
@_STACK_OPTIONS
def diff(settings: CloudSettings, parameters: dict[str, str]) -> None:
    """Have the changes prepared, show them, discard them."""
    account, found, wanted = _begin(settings, parameters)
    changes = cloudformation.prepare_changes(account, found, with_function(account, found, wanted, upload=False))
    print_changes(settings.stack, changes)
    if changes is not None:
        cloudformation.discard_changes(account, changes)


@command.command(
    "down",
    cls=_Step,
    short_help=both("消す（バケットは、頼まれなければ残す）", "Delete it (not the bucket, unless asked to)"),
    help=both(
        """スタックを消し、まだ費用のかかるものがあれば知らせます。

        データと結果の入ったバケットは残ります。これも消すのは --delete_data を付けたときだけです。
        """,
        """Delete the stack, and say what still costs money.

        The bucket with data and results stays. Only --delete_data deletes it too.
        """,
    ),
)
@option(
    "--delete_data",
    is_flag=True,
    help=both(
        "バケットと中身も消す（バケットの名前の入力で、もう一度確かめる）",
        "Delete the bucket with all that it holds too (you are asked again, for the bucket's name)",
    ),
)
@option(
    "--yes",
    is_flag=True,
    help=both(
        "スタックを消す確認を省く（--delete_data の確認は省けない）",
        "Do not ask about the stack (--delete_data always asks)",
    ),
)
@cloud_options("bucket")
def down(settings: CloudSettings, delete_data: bool, yes: bool) -> None:
    """Ask, delete, and look for what is left."""
    check_stack_name(settings.stack)
    account = Account(settings)
    found = cloudformation.find_stack(account)
    bucket = find_bucket(account, found)
    if found is None:
        show(both(f"スタック {settings.stack} はありません。", f"There is no stack {settings.stack}."))
    else:
        _take_down(account, found, yes)
    if delete_data:
        _delete_data(account, bucket)
    print_leftovers(account, bucket)


def _begin(settings: CloudSettings, given: dict[str, str]) -> tuple[Account, Stack | None, Mapping[str, str]]:
    """The account, the stack as it is, and the parameters to set. Raises UserError and CloudError."""
    check_stack_name(settings.stack)
    account = Account(settings)
    training_image(account.region)  # raises for a region that the template's map does not know
    found = cloudformation.find_stack(account)
    if found is not None:
        cloudformation.check_rests(found)
    return account, found, choose_parameters(account, found, given)


def _apply(account: Account, found: Stack | None, wanted: Mapping[str, str], yes: bool) -> Stack | None:
    """Show the changes, ask, make them; returns the stack as it then is."""
    changes = cloudformation.prepare_changes(account, found, wanted)
    print_changes(account.settings.stack, changes)
    if changes is None:
        return found
    if not yes and not click.confirm(words(both("実行しますか", "Go on?"))):
        cloudformation.discard_changes(account, changes)
        raise click.Abort
    return cloudformation.execute_changes(account, changes, tell_event)


def _take_down(account: Account, found: Stack, yes: bool) -> None:
    name = account.settings.stack
    show(
        both(
            f"スタック {name} と、その中の次のものを消します（バケットは残ります）:",
            f"The stack {name} is deleted with what is in it (the bucket stays):",
        )
    )
    for kind, resource in cloudformation.list_resources(account, found):
        if not kind.startswith("AWS::S3::"):
            click.echo(f"  {kind:<32} {resource}")
    if not yes:
        click.confirm(words(both("消しますか", "Delete it?")), abort=True)
    cloudformation.delete_stack(account, found, tell_event)
    show(both(f"スタック {name} を消しました。", f"Deleted the stack {name}."))


def _delete_data(account: Account, bucket: str) -> None:
    content = leftovers.measure_bucket(account, bucket)
    if content is None:
        show(both(f"バケット {bucket} はありません。", f"There is no bucket {bucket}."))
        return
    leftovers.check_ours(account, bucket)
    n_objects, size = f"{content.n_objects:,}", size_text(content.n_bytes)
    show(
        both(
            f"バケット {bucket} の {n_objects} 個（{size}）のデータと結果を消します。元に戻せません。",
            f"The data and results in the bucket {bucket}, {n_objects} objects ({size}), are deleted. "
            "There is no way back.",
        )
    )
    question = both("消すなら、バケットの名前を入力してください", "To delete them, type the bucket's name")
    typed = click.prompt(words(question), default="", show_default=False)
    if typed != bucket:
        raise UserError(
            both(
                "バケットの名前が違うので、データは消しませんでした。",
                "That is not the bucket's name, so the data were not deleted.",
            ),
            both(f"消すときは {bucket} と入力してください。", f"To delete them, type {bucket}."),
        )
    leftovers.delete_bucket(account, bucket)
    show(both(f"バケット {bucket} を消しました。", f"Deleted the bucket {bucket}."))
