"""`seikaku cloud delete`: an endpoint and all that belongs to it. Effects: AWS, prints."""

import click

from seikaku.cli.cloud.options import cloud_options
from seikaku.cli.cloud.serving_model import report_changes
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.serving import endpoint
from seikaku.cloud.serving.endpoint_request import check_endpoint_name


@click.command("delete")
@click.argument("name", metavar="名前")
@click.option("--yes", is_flag=True, help="確認を省く")
@cloud_options()
def command(settings: CloudSettings, name: str, yes: bool) -> None:
    """エンドポイントと、その設定・モデルの登録・自動増減を消します。バケットの中のモデルのファイルは残ります。

    例: seikaku cloud delete seikaku
    """
    check_endpoint_name(name)
    account = Account(settings)
    endpoint.require_endpoint(account, name)
    if not yes:
        click.confirm(f"エンドポイント {name} を消しますか（推論 API も答えられなくなります）", abort=True)
    configs = endpoint.delete_endpoint(account, name, report_changes())
    click.echo(f"消しました: {name}（設定とモデルの登録 {len(configs)} 件）。このエンドポイントの費用は止まりました。")
