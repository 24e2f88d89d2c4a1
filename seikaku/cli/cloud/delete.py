"""`seikaku cloud delete`: an endpoint and all that belongs to it. Effects: AWS, prints."""

import click

from seikaku.cli.bilingual import argument, verb
from seikaku.cli.cloud.options import cloud_options, yes_option
from seikaku.cli.cloud.serving_model import report_changes
from seikaku.cli.language import show, words
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.serving import endpoint
from seikaku.cloud.serving.endpoint_request import check_endpoint_name
from seikaku.errors import both


@verb(
    "delete",
    help=both(
        """エンドポイントと、その設定・モデルの登録・自動増減を消します。バケットの中のモデルのファイルは残ります。

        例: seikaku cloud delete seikaku
        """,
        """Delete an endpoint with its configurations, its models' registrations and its scaling. The models' files in
        the bucket stay.

        Such as: seikaku cloud delete seikaku
        """,
    ),
)
@argument("name", metavar=both("名前", "NAME"))
@yes_option
@cloud_options()
def command(settings: CloudSettings, name: str, yes: bool) -> None:
    """Ask, then delete."""
    check_endpoint_name(name)
    account = Account(settings)
    endpoint.require_endpoint(account, name)
    if not yes:
        question = both(
            f"エンドポイント {name} を消しますか（推論 API も答えられなくなります）",
            f"Delete the endpoint {name}? (The inference API can then not answer any more.)",
        )
        click.confirm(words(question), abort=True)
    n_configs = len(endpoint.delete_endpoint(account, name, report_changes()))
    show(
        both(
            f"消しました: {name}（設定とモデルの登録 {n_configs} 件）。このエンドポイントの費用は止まりました。",
            f"Deleted: {name} (with {n_configs} configurations and models' registrations). This endpoint costs nothing "
            "any more.",
        )
    )
