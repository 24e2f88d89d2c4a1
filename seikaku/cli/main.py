"""The `seikaku` command: finds the verb, imports only its file, turns errors into two lines and an exit code."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from seikaku.cli.lazy import LazyGroup
from seikaku.errors import MissingExtraError, SeikakuError, UserError
from seikaku.telemetry import switch_off_in_commands
from seikaku.version import __version__

# verb -> (module, one-line help). The help stands here so that `seikaku --help` imports no verb (under 0.5 s).
VERBS: dict[str, tuple[str, str]] = {
    "analyze": ("seikaku.cli.analyze", "会話ファイルから性格特性を推定する"),
    "import": ("seikaku.cli.import_", "会話ファイルの読み取り結果だけを表示する（推定しない）"),
    "serve": ("seikaku.cli.serve", "ブラウザで使うページと HTTP API を動かす"),
    "batch": ("seikaku.cli.batch", "JSONL の会話から全話者を推定して CSV に書く"),
    "download": ("seikaku.cli.download", "学習用コーパスを取得する"),
    "preprocess": ("seikaku.cli.preprocess", "コーパスを検証して Parquet にする"),
    "fit": ("seikaku.cli.fit", "既定モデル（文字 n-gram）を学習する"),
    "train": ("seikaku.cli.train", "土台のエンコーダを LoRA で 2 段階に学習する"),
    "tune": ("seikaku.cli.tune", "stage 2 の設定を探す（Optuna）"),
    "export": ("seikaku.cli.export", "stage 2 の学習結果を ONNX に書き出す"),
    "evaluate": ("seikaku.cli.evaluate", "評価プロトコルを実行して精度を測る"),
    "cloud": ("seikaku.cli.cloud.group", "AWS SageMaker で学習・探索・公開する"),
}


# Every verb inherits both: a flag is the same with hyphens and with underscores, whichever its help shows.
_DIALECT: dict[str, Any] = {
    "help_option_names": ["-h", "--help"],
    "token_normalize_func": lambda token: token.replace("-", "_"),
}


@click.group(cls=LazyGroup, verbs=VERBS, context_settings=_DIALECT, no_args_is_help=True)
@click.version_option(__version__, prog_name="seikaku", help="版を表示して終わる")
@click.option("--debug", is_flag=True, help="エラーのとき Python のトレースバックも表示する")
def cli(debug: bool) -> None:
    """日本語の会話から Big Five（開放性・誠実性・外向性・協調性・神経症傾向）を推定し、どれだけ確かかを示します。

    まず試す: seikaku analyze トーク.txt --speaker 名前
    """


def run(arguments: Sequence[str], defaults: Mapping[str, Any] | None = None) -> int:
    """Run one command line; returns the exit code (0 fine, 2 the user's mistake, 1 ours, 130 interrupted).

    ``defaults``: values of flags, by command as click nests them, that neither a flag nor the environment gives.
    """
    switch_off_in_commands(os.environ)
    debug = "--debug" in arguments
    try:
        result = cli.main(
            args=list(arguments), prog_name="seikaku", standalone_mode=False, default_map=dict(defaults or {})
        )
        return result if isinstance(result, int) else 0
    except click.exceptions.Abort:
        return _fail("中断しました。", "もう一度同じコマンドを実行してください。", 130)
    except click.ClickException as error:
        if debug:
            raise
        return _fail(*explain_usage(error), UserError.exit_code)
    except SeikakuError as error:
        if debug:
            raise
        return _fail(error.message, error.mend, error.exit_code)
    except ModuleNotFoundError as error:
        if debug or error.name is None or error.name.startswith("seikaku"):
            raise
        missing = MissingExtraError(error.name)
        return _fail(missing.message, missing.mend, missing.exit_code)


def _fail(message: str, mend: str, exit_code: int) -> int:
    click.echo(f"エラー: {message}\n対処: {mend}", err=True)
    return exit_code


def explain_usage(error: click.ClickException) -> tuple[str, str]:
    """click's usage errors in Japanese: what was found, and which help to read."""
    context = getattr(error, "ctx", None)
    help_line = f"{context.command_path if context else 'seikaku'} --help で使い方を確かめてください。"
    if isinstance(error, click.NoSuchOption):
        shown = [_as_help_shows(option, context) for option in error.possibilities or ()]
        near = f"（近いもの: {', '.join(shown)}）" if shown else ""
        return f"オプション {error.option_name} はありません{near}。", help_line
    if isinstance(error, click.MissingParameter):
        name = error.param.get_error_hint(context) if error.param and context else error.param_hint
        return f"{name} を指定してください。", help_line
    if isinstance(error, click.BadParameter):
        name = error.param.get_error_hint(context) if error.param and context else error.param_hint
        return f"{name} の値が正しくありません: {_explain_value(error)}", help_line
    if "No such command" in error.message:
        return f"コマンド {error.message.split(chr(39))[1]} はありません。", help_line
    return f"使い方が正しくありません: {error.message}", help_line


def _as_help_shows(option: str, context: click.Context | None) -> str:
    """A flag as its command declares it: click names the ones near a mistake as the dialect has them."""
    declared = [own for param in context.command.params for own in param.opts] if context else []
    return next((own for own in declared if own.replace("-", "_") == option.replace("-", "_")), option)


def _explain_value(error: click.BadParameter) -> str:
    """What a value should have been, for click's own types; other types bring their own Japanese message."""
    kind = error.param.type if error.param else None
    if isinstance(kind, click.Choice):
        return f"{'、'.join(map(str, kind.choices))} のどれかを指定してください"
    if isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        number = "整数" if isinstance(kind, click.types.IntParamType) else "数"
        low, high = getattr(kind, "min", None), getattr(kind, "max", None)
        limits = [f"{low:g} 以上"] if low is not None else []
        limits += [f"{high:g} 以下"] if high is not None else []
        return f"{' '.join(limits)}{'の' if limits else ''}{number}を指定してください"
    return error.message


def main() -> None:
    """Entry point of the `seikaku` command."""
    sys.exit(run(sys.argv[1:]))
