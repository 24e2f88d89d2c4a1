"""`seikaku tune`: search for stage 2's settings on this machine. Effects: prints, trains, writes the study."""

from pathlib import Path
from typing import Any

import click

from seikaku.cli.train import report_line, stage_config, stage_options
from seikaku.places import PROCESSED_DATA
from seikaku.settings import spell


@click.command(
    "tune",
)
@click.option("--trials", type=click.IntRange(min=1), default=20, help="試行の回数（既定: 20。続きからなら合計）")
@click.option("--data", "data_folder", type=click.Path(path_type=Path), default=PROCESSED_DATA,
              help=f"前処理済みデータのフォルダ（既定: {PROCESSED_DATA}）")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("output/tuning"),
              help="試行の記録を書くフォルダ（既定: output/tuning）")  # fmt: skip
@stage_options("fixed", 2)
def command(trials: int, data_folder: Path, out: Path, fixed: dict[str, Any]) -> None:
    """学習率・LoRA のランク・件数・窓の長さを変えて stage 2 を何度も学習し、検証話者の誤差が最も小さい設定を探します。

    フラグで指定した設定は固定し、残りを探します。途中で止めても、同じコマンドで続きから探します。
    """
    from seikaku.training.tuning.local import RESULT_NAME, tune

    stage_config(2, fixed)  # a wrong value is told before anything is trained
    result = tune(fixed, data_folder, out, n_trials=trials, report=report_line)
    best = result["best"]
    click.echo(f"最も良かった設定（試行 {best['number']}、検証の平均絶対誤差 {best['validation_mae']:.4f}）:")
    click.echo("  " + train_line(best["settings"]))
    click.echo(f"同じ検証話者で選んだので、この数値は少し甘めです。全試行: {out / RESULT_NAME}")


def train_line(settings: dict[str, Any]) -> str:
    """The command line that trains with these settings."""
    flags = [f"--{name} {spell(value)}" for name, value in settings.items()]
    return " ".join(["seikaku train --stage 2", *flags])
