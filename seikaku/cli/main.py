"""The `seikaku` command: finds the verb, imports only its file, turns errors into two lines and an exit code."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from seikaku.cli.bilingual import Option, lang_option, option, quiet_option
from seikaku.cli.language import choose_language, speaking, tell, tell_error
from seikaku.cli.lazy import LazyGroup
from seikaku.errors import MissingExtraError, SeikakuError, UserError, both
from seikaku.telemetry import switch_off_in_commands
from seikaku.version import __version__

# verb -> (module, one-line help). The help stands here so that `seikaku --help` imports no verb (under 0.5 s).
VERBS: dict[str, tuple[str, str]] = {
    "analyze": (
        "seikaku.cli.analyze",
        both("会話ファイルから性格特性を推定する", "Estimate personality traits from conversation files"),
    ),
    "import": (
        "seikaku.cli.import_",
        both(
            "会話ファイルの読み取り結果だけを表示する（推定しない）",
            "Show only what is read from a conversation file (no estimate)",
        ),
    ),
    "serve": (
        "seikaku.cli.serve",
        both("ブラウザで使うページと HTTP API を動かす", "Run the page for a browser and the HTTP API"),
    ),
    "batch": (
        "seikaku.cli.batch",
        both("JSONL の会話から全話者を推定して CSV に書く", "Estimate all speakers of JSON Lines into a CSV"),
    ),
    "download": ("seikaku.cli.download", both("学習用コーパスを取得する", "Fetch the training corpora")),
    "preprocess": (
        "seikaku.cli.preprocess",
        both("コーパスを検証して Parquet にする", "Check the corpora and make Parquet of them"),
    ),
    "fit": (
        "seikaku.cli.fit",
        both("既定モデル（文字 n-gram）を学習する", "Train the default model (character n-grams)"),
    ),
    "train": (
        "seikaku.cli.train",
        both("土台のエンコーダを LoRA で 2 段階に学習する", "Train an encoder with LoRA in two stages"),
    ),
    "tune": ("seikaku.cli.tune", both("stage 2 の設定を探す（Optuna）", "Search for stage 2's settings (Optuna)")),
    "export": ("seikaku.cli.export", both("stage 2 の学習結果を ONNX に書き出す", "Export a run of stage 2 as ONNX")),
    "evaluate": (
        "seikaku.cli.evaluate",
        both("評価プロトコルを実行して精度を測る", "Run the evaluation protocol and measure accuracy"),
    ),
    "cloud": (
        "seikaku.cli.cloud.group",
        both("AWS SageMaker で学習・探索・公開する", "Train, tune and deploy on AWS SageMaker"),
    ),
}


# Every verb inherits both: a flag is the same with hyphens and with underscores, whichever its help shows.
_DIALECT: dict[str, Any] = {
    "help_option_names": ["-h", "--help"],
    "token_normalize_func": lambda token: token.replace("-", "_"),
}
# click raises it where a group is called without a verb; before 8.2 it printed the help itself.
_NoArgsIsHelp: type[Exception] = getattr(click.exceptions, "NoArgsIsHelpError", click.exceptions.Exit)


@click.group(
    cls=LazyGroup,
    verbs=VERBS,
    context_settings=_DIALECT,
    no_args_is_help=True,
    help=both(
        """日本語の会話から Big Five（開放性・誠実性・外向性・協調性・神経症傾向）を推定し、どれだけ確かかを示します。

        まず試す: seikaku analyze トーク.txt --speaker 名前
        """,
        """Estimate the Big Five (openness, conscientiousness, extraversion, agreeableness, neuroticism) from Japanese
        conversation, and show how certain that is.

        To begin with: seikaku analyze talk.txt --speaker NAME
        """,
    ),
)
@click.version_option(
    __version__,
    message="seikaku %(version)s",
    cls=Option,
    help=both("版を表示して終わる", "Show the version and exit"),
)
@lang_option
@quiet_option
@option(
    "--debug",
    is_flag=True,
    help=both("エラーのとき Python のトレースバックも表示する", "Show Python's traceback of an error too"),
)
def cli(debug: bool) -> None:
    """Nothing of its own: the verbs work, and ``run`` looks for ``--debug``."""


def run(arguments: Sequence[str], defaults: Mapping[str, Any] | None = None) -> int:
    """Run one command line; returns the exit code (0 fine, 2 the user's mistake, 1 ours, 130 interrupted).

    ``defaults``: values of flags, by command as click nests them, that neither a flag nor the environment gives.
    """
    switch_off_in_commands(os.environ)
    lang, complaint = choose_language(arguments, os.environ)
    with speaking(lang):
        if complaint is not None:
            tell(complaint)
        try:
            result = cli.main(
                args=list(arguments), prog_name="seikaku", standalone_mode=False, default_map=dict(defaults or {})
            )
        except _NoArgsIsHelp as error:
            click.echo(str(error))
            return 0
        except (click.ClickException, click.exceptions.Abort, SeikakuError, ModuleNotFoundError) as error:
            if "--debug" in arguments and not isinstance(error, click.exceptions.Abort):
                raise
            explained, exit_code = _explain(error)
            tell_error(explained)
            return exit_code
    return result if isinstance(result, int) else 0


def _explain(error: Exception) -> tuple[SeikakuError, int]:
    """What to tell of an error, and the exit code. Raises again what is a fault of this program."""
    if isinstance(error, SeikakuError):
        return error, error.exit_code
    if isinstance(error, click.exceptions.Abort):
        message = both("中断しました。", "Interrupted.")
        return UserError(message, both("もう一度同じコマンドを実行してください。", "Run the same command again.")), 130
    if isinstance(error, click.ClickException):
        from seikaku.cli.usage import explain_usage

        return UserError(*explain_usage(error)), UserError.exit_code
    if not isinstance(error, ModuleNotFoundError) or error.name is None or error.name.startswith("seikaku"):
        raise error
    missing = MissingExtraError(error.name)
    return missing, missing.exit_code


def main() -> None:
    """Entry point of the `seikaku` command."""
    sys.exit(run(sys.argv[1:]))
