"""`seikaku cloud tune`: search for stage 2's settings by SageMaker's tuning. Effects: S3, SageMaker, prints, writes.

In order: what is asked is checked, the cost is said (and a budget kept), inputs are sent, the trials are watched, their
table is written down.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from seikaku.cli.bilingual import option, verb
from seikaku.cli.cloud.announcing import choose_image, print_cost, print_nothing_done, stand_in
from seikaku.cli.cloud.options import (
    JOBS,
    base_model_option,
    cloud_options,
    dry_run_option,
    max_cost_option,
    no_wait_option,
)
from seikaku.cli.cloud.run_folders import find_backbone_folder
from seikaku.cli.language import show, tell, words
from seikaku.cli.options import settings_options
from seikaku.cli.progress import show_progress
from seikaku.cli.train import report_line, stage_config, stage_options
from seikaku.cloud.account.layout import build_tuning_name
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.doctor.permissions import require_train_role
from seikaku.cloud.jobs import tuning
from seikaku.cloud.jobs.compute import Compute
from seikaku.cloud.jobs.order import Sources, TuningOrder, fix_start
from seikaku.cloud.jobs.tuning_request import OPERATION, Search, check_tuning_name, estimate_tuning
from seikaku.cloud.money.costs import usd_text
from seikaku.errors import CloudError, both, in_lang
from seikaku.files import write_json
from seikaku.places import PROCESSED_DATA

RESULTS_FOLDER = Path("output/tuning")
_TRIAL = {"max_run_hours": 2}  # a trial is one short stage 2; this times the trials bounds the cost
_INTERRUPTED = 130
_STATES = {
    "completed": both("完了", "completed"),
    "failed": both("失敗", "failed"),
    "stopped": both("途中で停止", "stopped early"),
    "running": both("実行中", "running"),
}
# The columns of the trials' table, but for those of the settings.
_TRIAL_COLUMN, _STATE_COLUMN = both("試行", "Trial"), both("状態", "State")
_ERROR_COLUMN, _BILLED_COLUMN = both("平均絶対誤差", "MAE"), both("請求 秒", "Billed s")


@verb(
    "tune",
    help=both(
        """学習率・LoRA のランク・件数・窓の長さを変えて stage 2 を何度も学習し、
        検証話者の誤差が最も小さい設定を探します。

        フラグで指定した設定は固定し、残りを探します。

        \b
        例: seikaku cloud tune --trials 20 --max_cost_usd 50
            seikaku cloud tune --strategy hyperband --epochs 9 --parallel 4

        端末が切れても探索は続き、seikaku cloud attach 名前 で戻れます。
        """,
        """Train stage 2 many times with other learning rates, ranks of LoRA, batch sizes and lengths of windows, and
        search for the settings with the least error on the validation speakers.

        Settings that a flag gives are fixed, the others are searched.

        \b
        Such as: seikaku cloud tune --trials 20 --max_cost_usd 50
                 seikaku cloud tune --strategy hyperband --epochs 9 --parallel 4

        The search goes on when the terminal is lost; seikaku cloud attach NAME leads back to it.
        """,
    ),
)
@option(
    "--name",
    default="",
    help=both(
        "探索の名前（32 文字まで。すでにあれば、新しく始めずに続きを表示する）",
        "Name of the search (32 characters at most; one that is there is watched further, none is started)",
    ),
)
@option(
    "--data",
    "data_folder",
    type=click.Path(path_type=Path),
    default=PROCESSED_DATA,
    help=both(
        f"前処理済みデータのフォルダ（既定: {PROCESSED_DATA}）",
        f"Folder of the processed data (default: {PROCESSED_DATA})",
    ),
)
@base_model_option
@option(
    "--stage1_job",
    default="",
    help=both(
        "出発点にする、完了した stage 1 のジョブの名前（LoRA のランクはその値に決まる）",
        "Name of the completed job of stage 1 to start from (it decides the rank of LoRA)",
    ),
)
@settings_options("search", Search, build=Search)
@no_wait_option
@dry_run_option
@max_cost_option
@settings_options("compute", Compute, build=Compute, defaults=_TRIAL)
@stage_options("fixed", 2)
@cloud_options(*JOBS)
def command(
    settings: CloudSettings, compute: Compute, search: Search, fixed: dict[str, Any], name: str, no_wait: bool,
    dry_run: bool, max_cost_usd: float | None, **named: Any,
) -> None:  # fmt: skip
    """Start a search unless it is there, and watch it."""
    check_tuning_name(name)
    order = _read_order(named | fixed, search, compute)
    account = Account(settings)
    if name and not dry_run and tuning.find_tuning(account, name) is not None:
        tell(
            both(
                f"探索 {name} はすでにあるので、新しく始めずに続きを表示します。",
                f"The search {name} is there already: it is watched further, and none is started.",
            )
        )
    else:
        name = name or build_tuning_name()
        _start(order, account, name, dry_run=dry_run, max_cost_usd=max_cost_usd)
    if dry_run:
        return
    back, away = f"seikaku cloud attach {name}", f"seikaku cloud stop {name}"
    show(both(f"戻るには: {back}\n止めるには: {away}", f"To go back: {back}\nTo stop it: {away}"))
    if not no_wait:
        watch_tuning(account, name)


def _read_order(asked: dict[str, Any], search: Search, compute: Compute) -> TuningOrder:
    """From the flags. Raises UserError for flags that do not go together, before AWS is asked anything."""
    from seikaku.training.tuning.space import choose_parameters

    named = {name: asked.pop(name) for name in ("data_folder", "base_model", "stage1_job")}
    fixed = fix_start({name: value for name, value in asked.items() if value is not None}, named["stage1_job"])
    stage_config(2, fixed)
    sources = Sources(**named, find_backbone=find_backbone_folder)
    return TuningOrder(search, compute, fixed, choose_parameters(fixed, tell), sources)


def _start(order: TuningOrder, account: Account, name: str, *, dry_run: bool, max_cost_usd: float | None) -> None:
    if dry_run:
        account = stand_in(account)
    plan, parcel = order.plan(account, name, choose_image(account, order.compute.instance_type, asks_aws=not dry_run))
    request = plan.build_request()
    if dry_run:
        click.echo(f"{OPERATION}\n{json.dumps(request, ensure_ascii=False, indent=2)}")
    estimate = estimate_tuning(order.search, order.compute, account.region)
    print_cost(estimate, max_cost_usd, on_demand=order.compute.on_demand)
    if dry_run:
        print_nothing_done()
        return
    require_train_role(account, plan.trials.bucket, plan.trials.role_arn)
    with show_progress("bytes") as progress:
        sent = parcel.send(account, tell, progress)
    if sent != parcel.addresses:  # a backbone that was fetched has its hash only now
        request = plan.with_inputs(sent).build_request()
    tuning.start_tuning(account, request)
    tell(both(f"探索 {name} を始めました。", f"Started the search {name}."))


def watch_tuning(account: Account, name: str) -> None:
    """Follow a tuning job to its end, write its table of trials and print it. `attach` does the same."""
    try:
        result = tuning.follow_tuning(account, name, report_line)
    except KeyboardInterrupt:
        show(
            both(
                "\n表示を終えます。探索は動き続けています（費用もかかり続けます）。",
                "\nThis only ends the watching: the search goes on (and goes on costing).",
            )
        )
        raise click.exceptions.Exit(_INTERRUPTED) from None
    path = RESULTS_FOLDER / f"{name}.json"
    write_json(path, result)
    _print_trials(result)
    seconds, usd, n_trials = f"{result['billable_seconds']:,}", usd_text(result["cost_usd"]), len(result["trials"])
    show(
        both(
            f"請求対象: {seconds} 秒、{usd}（{n_trials} 回の試行）。全試行: {path}",
            f"Billed: {seconds} s, {in_lang(usd, 'en')} ({n_trials} trials). All trials: {path}",
        )
    )
    if result["best"] is None:
        raise CloudError(
            both(
                f"探索 {name} では、数値の出た試行がありませんでした。",
                f"No trial of the search {name} came to a figure.",
            ),
            both(
                "表の理由を見て、1 つの設定で seikaku cloud train --stage 2 が動くことを確かめてください。",
                "Look at the table's reasons, and see that seikaku cloud train --stage 2 works with one setting.",
            ),
        )
    number, mae = result["best"]["number"], f"{result['best']['validation_mae']:.4f}"
    show(
        both(
            f"最も良かった設定（試行 {number}、検証の平均絶対誤差 {mae}）で学習するには:",
            f"To train with the best settings (trial {number}, mean absolute error of the validation {mae}):",
        )
    )
    stage1 = f" --stage1_job {result['stage1_job']}" if result["stage1_job"] else ""
    click.echo(f"  seikaku cloud train --stage 2{stage1} --from_tuning {name}")
    show(
        both(
            "同じ検証話者で選んだので、この数値は少し甘めです。",
            "They were chosen on the same validation speakers, which flatters the figure.",
        )
    )


def _print_trials(result: Mapping[str, Any]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    trials = sorted(result["trials"], key=lambda trial: (trial["validation_mae"] is None, trial["validation_mae"] or 0))
    names = sorted({name for trial in trials for name in trial["params"]})
    best = result["best"] and result["best"]["number"]
    title = both(f"探索 {result['name']}（{result['strategy']}）", f"Search {result['name']} ({result['strategy']})")
    table = Table(box=box.SIMPLE, title=words(title), title_justify="left")
    for column in (_TRIAL_COLUMN, _STATE_COLUMN, _ERROR_COLUMN, *names, _BILLED_COLUMN, "USD"):
        table.add_column(words(column), no_wrap=column != _STATE_COLUMN)
    for trial in trials:
        table.add_row(*_cells(trial, names), style="bold" if trial["number"] == best else None)
    Console().print(table)
    for trial in trials:
        if trial["failure"]:
            number, reason = trial["number"], trial["failure"]
            show(both(f"試行 {number} の失敗: {reason}", f"Trial {number} failed: {reason}"))


def _cells(trial: Mapping[str, Any], names: list[str]) -> list[str]:
    mae, seconds = trial["validation_mae"], trial["billable_seconds"]
    shown = [trial["params"].get(name, "–") for name in names]
    return [
        str(trial["number"]),
        words(_STATES[trial["state"]]),
        "–" if mae is None else f"{mae:.4f}",
        *(f"{value:.3g}" if isinstance(value, float) else str(value) for value in shown),
        "–" if seconds is None else f"{seconds:,}",
        words(usd_text(trial["cost_usd"])) if seconds is not None else "–",
    ]
