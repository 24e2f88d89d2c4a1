"""`seikaku evaluate`: run the protocol for a model and print its tables. Effects: prints, writes the result file."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from seikaku.cli.bilingual import lang_option, option, quiet_option, verb
from seikaku.cli.language import hush_libraries, language, tell, words
from seikaku.cli.models import MODELS, load_regressor
from seikaku.cli.options import settings_options
from seikaku.cli.progress import show_progress
from seikaku.cli.writing import explain_write_errors, writes
from seikaku.config import ProtocolConfig
from seikaku.errors import UserError, both
from seikaku.files import write_json
from seikaku.places import PROCESSED_DATA, VECTORS

if TYPE_CHECKING:
    from seikaku.evaluation.publishing.tables import Row


data_option: Callable[[Callable[..., Any]], Callable[..., Any]] = option(
    "--data",
    "data_folder",
    type=click.Path(path_type=Path),
    default=PROCESSED_DATA,
    help=both(
        f"前処理済みデータのフォルダ（既定: {PROCESSED_DATA}）",
        f"Folder of the processed data (default: {PROCESSED_DATA})",
    ),
)


@verb(
    "evaluate",
    help=both(
        """話の輪ごと話者を分け（入れ子・ペア安全）、推定がどれだけ当たるかを測ります。

        主な表の数値はすべて、推定される話者も、その話の輪の仲間も見ていないモデルのものです。
        既定の設定がプロトコルそのものです。
        土台を使うモデル（frozen）の既定は 1 人 15 対話までです。すべて読ませるなら --max_dialogues 0（CPU では初回だけ
        1 時間ほど。読んだ結果はデータのフォルダの vectors/ に残ります）。+ でつないだモデルは、再学習の多い表を
        省きます。
        --model に学習結果のフォルダを指定すると、その設定で分割ごとに学習し直します。時間がかかるので、既定は 5 分割・
        1 回で、並べ替えなどは省きます。学習し直さずに、学習結果そのものを評価用の話者で採点するのは --run です。
        """,
        """Hold whole talk communities out (nested, pairs kept together), and measure how well the estimates do.

        Every figure of the main tables is of models that saw neither the speaker who is estimated nor the others of
        that talk community. The defaults are the protocol itself. A model on a backbone (frozen) reads up to 15
        dialogues of a speaker by default; --max_dialogues 0 reads all (the first time about an hour on a CPU; what was
        read stays in vectors/ in the data's folder). Models joined by + leave out the tables that need many refits.
        A run's folder as --model is trained anew in each fold with its settings. That takes long, so the defaults are
        then 5 folds, once, without permutations and the like. --run scores a run itself, without training it anew, on
        the test speakers.
        """,
    ),
)
@option(
    "--model",
    "model_name",
    default="ngram",
    show_default="ngram",
    metavar=both("名前", "NAME"),
    help=both(
        f"{'、'.join(MODELS)}（frozen:土台 も可）、ngram+frozen のような平均、stage 2 の学習結果のフォルダ、"
        "または自作モデルの「モジュール:関数」（Regressor を返す）",
        f"{', '.join(MODELS)} (also frozen:BACKBONE), a mean such as ngram+frozen, the folder of a run of stage 2, or "
        "“module:callable” of your own, which returns a Regressor",
    ),
)
@data_option
@option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help=both("結果を JSON で書くファイル", "File to write the result into, as JSON"),
)
@option("--json", "as_json", is_flag=True, help=both("結果を JSON で標準出力に出す", "Print the result as JSON"))
@option(
    "--attach",
    is_flag=True,
    help=both(
        "測った本文量ごとの精度を、学習結果のフォルダ（--model）の較正とモデルカードに書き込む",
        "Write the accuracy at each amount of text into the calibration and the model card of the run (--model)",
    ),
)
@option(
    "--run",
    "run_folder",
    type=click.Path(path_type=Path),
    metavar=both("フォルダ", "FOLDER"),
    help=both(
        "stage 2 の学習結果を、学習し直さずに採点する（--split の話者で）",
        "Score a run of stage 2 without training it anew (on the speakers of --split)",
    ),
)
@option(
    "--split",
    "part",
    type=click.Choice(["test", "validation"]),
    help=both(
        "--run で採点する話者（既定: test。学習にもエポックを選ぶのにも使っていない話者）",
        "Speakers that --run is scored on (default: test, used neither to train nor to choose the epoch)",
    ),
)
@settings_options("protocol", ProtocolConfig)
@lang_option
@quiet_option
def command(
    model_name: str,
    data_folder: Path,
    out: Path | None,
    as_json: bool,
    attach: bool,
    run_folder: Path | None,
    part: str | None,
    protocol: dict[str, Any],
) -> None:
    """Run the protocol, or score a run, then print and write the result."""
    if run_folder is not None:
        _refuse_with_run(attach=attach, **protocol)
        with writes(out) if out else nullcontext():
            _score(run_folder, data_folder, part or "test", out, as_json)
        return
    if part is not None:
        raise UserError(
            both("--split は --run と一緒に使います。", "--split goes with --run."),
            both(
                "--run output/stage2 のように学習結果を指定してください。", "Name a run, such as --run output/stage2."
            ),
        )
    run = _check_attach(model_name) if attach else None
    with hush_libraries(), writes(out) if out else nullcontext():
        regressor = load_regressor(model_name, tell, data_folder / VECTORS)
        config = ProtocolConfig(**{**getattr(regressor, "protocol", {}), **protocol})
        result = evaluate_model(regressor, data_folder, config)
        if out is not None:
            with explain_write_errors(out):
                write_json(out, result)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        print_result(result, language())
    _tell_written(out)
    if run is not None:
        from seikaku.evaluation.release import attach_accuracy

        attach_accuracy(run, result)
        tell(both(f"測った精度を書き込みました: {run.path}", f"Wrote the measured accuracy into {run.path}"))


def _refuse_with_run(**flags: Any) -> None:
    source = click.get_current_context().get_parameter_source("model_name")
    given = ["--model"] * (source is not click.core.ParameterSource.DEFAULT)
    given += [f"--{name}" for name, value in flags.items() if value]
    if given:
        raise UserError(
            both(
                f"{'、'.join(given)} は --run と一緒に使えません（--run は学習し直さないので）。",
                f"{', '.join(given)} does not go with --run, which trains nothing anew.",
            ),
            both(
                "外すか、学習し直す評価なら --run の代わりに --model にフォルダを指定してください。",
                "Leave it out; or, to train anew in each fold, give the folder to --model instead of --run.",
            ),
        )


def _tell_written(out: Path | None) -> None:
    if out is not None:
        tell(both(f"結果を書きました: {out}", f"Wrote the result: {out}"))


def _score(run_folder: Path, data_folder: Path, part: str, out: Path | None, as_json: bool) -> None:
    """Score a run on one part, print the table, write what is asked for."""
    from seikaku.corpora.store import load_corpus
    from seikaku.evaluation.holdout import score_run
    from seikaku.evaluation.publishing.tables import holdout_rows
    from seikaku.model.run.folder import open_run_folder

    result = score_run(open_run_folder(run_folder, stage=2), load_corpus(data_folder), part)
    if out is not None:
        with explain_write_errors(out):
            write_json(out, result)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        n_speakers = result["n_speakers"]
        title = both(f"{part}（{n_speakers} 人）", f"{part} (speakers: {n_speakers})")
        _print_table(Console(), words(title), holdout_rows(result, language()))
    _tell_written(out)


def _check_attach(model_name: str) -> Any:
    from seikaku.model.run.folder import open_run_folder

    if not Path(model_name).is_dir():
        raise UserError(
            both(
                f"--attach は学習結果のフォルダに書き込みます（--model {model_name} はフォルダではありません）。",
                f"--attach writes into a run's folder (--model {model_name} is none).",
            ),
            both("--model output/stage2 のように指定してください。", "Give --model output/stage2, for example."),
        )
    return open_run_folder(Path(model_name), stage=2)


def evaluate_model(regressor: Any, data_folder: Path, config: ProtocolConfig) -> dict[str, Any]:
    """Load the corpus and run the protocol for a regressor, with a progress bar."""
    from seikaku.corpora.store import load_corpus
    from seikaku.evaluation.run import evaluate

    corpus = load_corpus(data_folder)
    with show_progress("steps") as progress:
        result = evaluate(regressor, corpus, config, progress)
    if result["protocol"]["n_folds"] < config.n_folds:
        n_communities, n_folds = result["data"]["n_communities"], result["protocol"]["n_folds"]
        tell(
            both(
                f"話の輪が {n_communities} しかないので、{config.n_folds} 分割を {n_folds} 分割に減らしました。",
                f"There are but {n_communities} talk communities: {n_folds} folds instead of {config.n_folds}.",
            )
        )
    return result


def print_result(result: dict[str, Any], lang: str) -> None:
    """Print the tables of a result for a terminal."""
    from seikaku.evaluation.publishing import check_tables, tables

    titles: tuple[str, ...] = {
        "ja": (
            "精度（話者単位）",
            "本文の量ごとの精度",
            "見せかけの手がかり",
            "信頼性",
            "弁別（推定と各特性の自己報告の r）",
        ),
        "en": ("Accuracy (by speaker)", "By amount of text", "Traps", "Reliability", "Discriminant validity"),
    }[lang]
    makers = [tables.accuracy_rows, tables.amount_rows, tables.trap_rows, tables.reliability_rows, tables.validity_rows]
    if result["ladder"] is not None:
        titles += {
            "ja": (
                "分け方による違い（上ほど甘い）", "年齢・性別と本文", "学習話者を増やすと",
                "書き方だけを変えたときの偏差値の動き",
            ),
            "en": (
                "By way of splitting", "Age and sex, and text", "More training speakers",
                "Shift when only the style differs",
            ),
        }[lang]  # fmt: skip
        makers += [
            check_tables.ladder_rows, check_tables.demographic_rows, check_tables.curve_rows, check_tables.style_rows,
        ]  # fmt: skip
    console = Console()
    for title, make in zip(titles, makers, strict=True):
        _print_table(console, f"{title} — {result['model']['name']}", make(result, lang))
    console.print(check_tables.protocol_text(result, lang), soft_wrap=True)
    if result["membership"] is not None:
        console.print(check_tables.doubt_text(result, lang), soft_wrap=True)


def _print_table(console: Console, title: str, rows: "list[Row]") -> None:
    header, *body = rows
    table = Table(title=title, title_justify="left")
    for index, name in enumerate(header):
        table.add_column(name, justify="left" if index == 0 else "right")
    for row in body:
        table.add_row(*row)
    console.print(table)
