"""`seikaku cloud image`: the project's own container, built inside AWS. Effects: S3, CodeBuild, prints."""

import click

from seikaku.cli.cloud.options import cloud_options
from seikaku.cli.cloud.serving_model import report_changes
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.serving.own_image import build_own_image


@click.command("image")
@click.option("--yes", is_flag=True, help="確認を省く")
@cloud_options("bucket", "kms_key")
def command(settings: CloudSettings, yes: bool) -> None:
    """このソースから、推論のコンテナイメージを AWS の中で作り、ECR に置きます。手元の Docker は要りません。

    \b
    まず: seikaku cloud stack up --image_build
    次に: seikaku cloud image

    かかるのは、作る数分の CodeBuild の料金と、ECR の保管料です。同じソースのものがあれば、作り直しません。
    できたイメージは、deploy と batch が自動で使います。
    """
    if not yes:
        click.confirm("ソースを送って、イメージを作りますか（CodeBuild の料金がかかります）", abort=True)
    address, is_new = build_own_image(Account(settings), report_changes())
    click.echo(f"イメージを{'作りました' if is_new else '作ってありました'}: {address}")
