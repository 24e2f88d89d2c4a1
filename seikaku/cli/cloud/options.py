"""Flags that verbs of `seikaku cloud` share. A flag wins over SEIKAKU_<NAME>, that over the script's default."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from seikaku.cli.bilingual import lang_option, option, quiet_option
from seikaku.cli.options import settings_options
from seikaku.cloud.account.settings import CloudSettings
from seikaku.errors import both

_NETWORK = ("kms_key", "subnets", "security_groups", "network_isolation")
WHERE = ("region", "profile", "stack", "max_attempts")
JOBS = ("bucket", "role_arn", "tags", *_NETWORK)
SERVING = ("bucket", "serve_role_arn", "tags", *_NETWORK)

FOLDER = both("フォルダ", "FOLDER")
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

yes_option: Decorator = option("--yes", is_flag=True, help=both("確認を省く", "Do not ask"))
json_option: Decorator = option("--json", "as_json", is_flag=True, help=both("JSON で出力する", "Print JSON"))

# Of training jobs: `train` and `tune`.
base_model_option: Decorator = option(
    "--base_model",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help=both(
        "土台のファイルがあるフォルダ（省くと、--backbone をこの機械で取得して送る）",
        "Folder with the backbone's files (else this machine fetches --backbone and sends it)",
    ),
)
no_wait_option: Decorator = option(
    "--no_wait",
    is_flag=True,
    help=both(
        "始めたら待たずに終わる（続きは seikaku cloud attach）",
        "Start it and do not wait (seikaku cloud attach goes on)",
    ),
)
dry_run_option: Decorator = option(
    "--dry_run",
    is_flag=True,
    help=both(
        "送る要求と費用の上限を表示するだけ（何も送らず、何も作らない）",
        "Only show the requests and the most that it may cost (nothing is sent, nothing is made)",
    ),
)
max_cost_option: Decorator = option(
    "--max_cost_usd",
    type=click.FloatRange(min=0),
    help=both(
        "費用の上限がこの額を超えるなら、何も作らずに断る",
        "Refuse, before anything is made, if it may cost more than this",
    ),
)

# Of what serves: `deploy` and `batch`.
model_option: Decorator = option(
    "--model",
    metavar=FOLDER,
    type=click.Path(path_type=Path),
    help=both(
        "seikaku export か seikaku fit の出力（既定: 同梱モデル）",
        "What seikaku export or seikaku fit wrote (default: the embedded model)",
    ),
)
image_option: Decorator = option(
    "--image",
    default="",
    metavar="URI",
    help=both(
        "推論のイメージ（既定: seikaku cloud image で作ったもの、なければ AWS の Hugging Face のもの）",
        "Image that serves (default: the one that seikaku cloud image built, else AWS's Hugging Face image)",
    ),
)
show_requests_option: Decorator = option(
    "--dry_run",
    is_flag=True,
    help=both("送る要求と費用だけを表示する", "Only show the requests and the cost"),
)


def cloud_options(*names: str) -> Decorator:
    """Options for the named fields of CloudSettings and for ``WHERE``, which the command gets as one ``settings``.

    And those of every verb that it does not get: the language, and whether notes are wanted.
    """
    chosen = list(dict.fromkeys((*names, *WHERE)))
    of_account = settings_options("settings", CloudSettings, build=_build, only=chosen, explains_defaults=False)
    return lambda command: of_account(lang_option(quiet_option(command)))


def _build(**given: Any) -> CloudSettings:
    return CloudSettings(**{name: value for name, value in given.items() if value != ""})  # "": as if it were not given
