"""`seikaku cloud image`: the project's own container, built inside AWS. Effects: S3, CodeBuild, prints."""

import click

from seikaku.cli.bilingual import verb
from seikaku.cli.cloud.options import cloud_options, yes_option
from seikaku.cli.cloud.serving_model import report_changes
from seikaku.cli.language import show, words
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.serving.own_image import build_own_image
from seikaku.errors import both


@verb(
    "image",
    help=both(
        """このソースから、推論のコンテナイメージを AWS の中で作り、ECR に置きます。手元の Docker は要りません。

        \b
        まず: seikaku cloud stack up --image_build
        次に: seikaku cloud image

        かかるのは、作る数分の CodeBuild の料金と、ECR の保管料です。同じソースのものがあれば、作り直しません。
        できたイメージは、deploy と batch が自動で使います。
        """,
        """Build the image that serves from this source, inside AWS, and put it into ECR. No Docker is needed here.

        \b
        First: seikaku cloud stack up --image_build
        Then:  seikaku cloud image

        It costs some minutes of CodeBuild, and ECR's storage. Where there is one of the same source, none is built.
        deploy and batch use it by themselves.
        """,
    ),
)
@yes_option
@cloud_options("bucket", "kms_key")
def command(settings: CloudSettings, yes: bool) -> None:
    """Ask, then build."""
    if not yes:
        question = both(
            "ソースを送って、イメージを作りますか（CodeBuild の料金がかかります）",
            "Send the source and build the image? (CodeBuild costs money.)",
        )
        click.confirm(words(question), abort=True)
    address, is_new = build_own_image(Account(settings), report_changes())
    known = both(f"イメージを作ってありました: {address}", f"The image had been built before: {address}")
    show(both(f"イメージを作りました: {address}", f"Built the image: {address}") if is_new else known)
