"""`seikaku tune`: search for stage 2's settings on this machine. Effects: prints, trains, writes the study."""

from pathlib import Path
from typing import Any

import click

from seikaku.cli.bilingual import lang_option, option, quiet_option, verb
from seikaku.cli.evaluate import data_option
from seikaku.cli.language import hush_libraries, show
from seikaku.cli.train import report_line, stage_config, stage_options
from seikaku.cli.writing import writes
from seikaku.errors import both
from seikaku.settings import spell


@verb(
    "tune",
    help=both(
        """学習率・LoRA のランク・件数・窓の長さを変えて stage 2 を何度も学習し、
        検証話者の誤差が最も小さい設定を探します。

        フラグで指定した設定は固定し、残りを探します。途中で止めても、同じコマンドで続きから探します。
        """,
        """Train stage 2 many times with other learning rates, LoRA ranks, batch sizes and window lengths, and
        search for the settings with the least error on the validation speakers.

        Settings that a flag gives are fixed, the others are searched. After a stop the same command goes on.
        """,
    ),
)
@option(
    "--trials",
    type=click.IntRange(min=1),
    default=20,
    help=both(
        "試行の回数（既定: 20。続きからなら合計）", "Number of trials (default: 20; with those of an earlier run)"
    ),
)
@data_option
@option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("output/tuning"),
    help=both(
        "試行の記録を書くフォルダ（既定: output/tuning）",
        "Folder to write the record of the trials into (default: output/tuning)",
    ),
)
@stage_options("fixed", 2)
@lang_option
@quiet_option
def command(trials: int, data_folder: Path, out: Path, fixed: dict[str, Any]) -> None:
    """Search, then print the best settings as a command line."""
    from seikaku.training.tuning.local import RESULT_NAME, tune

    stage_config(2, fixed)  # a wrong value is told before anything is trained
    with hush_libraries(), writes(out):
        result = tune(fixed, data_folder, out, n_trials=trials, report=report_line)
    number, mae = result["best"]["number"], f"{result['best']['validation_mae']:.4f}"
    all_trials = out / RESULT_NAME
    for line in (
        both(
            f"最も良かった設定（試行 {number}、検証の平均絶対誤差 {mae}）:",
            f"The best settings (trial {number}, mean absolute error of the validation {mae}):",
        ),
        f"  {train_line(result['best']['settings'])}",
        both(
            f"同じ検証話者で選んだので、この数値は少し甘めです。全試行: {all_trials}",
            f"They were chosen on the same validation speakers, which flatters the figure. All trials: {all_trials}",
        ),
    ):
        show(line)


def train_line(settings: dict[str, Any]) -> str:
    """The command line that trains with these settings."""
    flags = [f"--{name} {spell(value)}" for name, value in settings.items()]
    return " ".join(["seikaku train --stage 2", *flags])
