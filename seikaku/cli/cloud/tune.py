"""`seikaku cloud tune`: search for stage 2's settings by SageMaker's tuning. Effects: S3, SageMaker, prints, writes.

In order: what is asked is checked, the cost is said (and a budget kept), inputs are sent, the trials are watched, their
table is written down.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from seikaku.cli.cloud.announcing import choose_image, print_cost, print_nothing_done, stand_in
from seikaku.cli.cloud.options import JOBS, cloud_options
from seikaku.cli.cloud.run_folders import find_backbone_folder
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
from seikaku.cloud.jobs.tuning_request import (
    OPERATION,
    Search,
    check_tuning_name,
    estimate_tuning,
)
from seikaku.cloud.money.costs import usd_text
from seikaku.errors import CloudError
from seikaku.files import write_json
from seikaku.places import PROCESSED_DATA

RESULTS_FOLDER = Path("output/tuning")
_TRIAL = {"max_run_hours": 2}  # a trial is one short stage 2; this times the trials bounds the cost
_INTERRUPTED = 130
_STATES = {"completed": "完了", "failed": "失敗", "stopped": "途中で停止", "running": "実行中"}


@click.command("tune")
@click.option("--name", default="", help="探索の名前（32 文字まで。すでにあれば、新しく始めずに続きを表示する）")
@click.option("--data", "data_folder", type=click.Path(path_type=Path), default=PROCESSED_DATA,
              help=f"前処理済みデータのフォルダ（既定: {PROCESSED_DATA}）")  # fmt: skip
@click.option("--base_model", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="土台のファイルがあるフォルダ（省くと、--backbone をこの機械で取得して送る）")  # fmt: skip
@click.option("--stage1_job", default="",
              help="出発点にする、完了した stage 1 のジョブの名前（LoRA のランクはその値に決まる）")  # fmt: skip
@settings_options("search", Search, build=Search)
@click.option("--no_wait", is_flag=True, help="始めたら待たずに終わる（続きは seikaku cloud attach）")
@click.option("--dry_run", is_flag=True, help="送る要求と費用の上限を表示するだけ（何も送らず、何も作らない）")
@click.option("--max_cost_usd", type=click.FloatRange(min=0), help="費用の上限がこの額を超えるなら、何も作らずに断る")
@settings_options("compute", Compute, build=Compute, defaults=_TRIAL)
@stage_options("fixed", 2)
@cloud_options(*JOBS)
def command(
    settings: CloudSettings, compute: Compute, search: Search, fixed: dict[str, Any], name: str, no_wait: bool,
    dry_run: bool, max_cost_usd: float | None, **named: Any,
) -> None:  # fmt: skip
    """学習率・LoRA のランク・件数・窓の長さを変えて stage 2 を何度も学習し、検証話者の誤差が最も小さい設定を探します。

    フラグで指定した設定は固定し、残りを探します。

    \b
    例: seikaku cloud tune --trials 20 --max_cost_usd 50
        seikaku cloud tune --strategy hyperband --epochs 9 --parallel 4

    端末が切れても探索は続き、seikaku cloud attach 名前 で戻れます。
    """
    check_tuning_name(name)
    order = _read_order(named | fixed, search, compute)
    account = Account(settings)
    if name and not dry_run and tuning.find_tuning(account, name) is not None:
        click.echo(f"探索 {name} はすでにあるので、新しく始めずに続きを表示します。")
    else:
        name = name or build_tuning_name()
        _start(order, account, name, dry_run=dry_run, max_cost_usd=max_cost_usd)
    if dry_run:
        return
    click.echo(f"戻るには: seikaku cloud attach {name}\n止めるには: seikaku cloud stop {name}")
    if not no_wait:
        watch_tuning(account, name)


def _read_order(asked: dict[str, Any], search: Search, compute: Compute) -> TuningOrder:
    """From the flags. Raises UserError for flags that do not go together, before AWS is asked anything."""
    from seikaku.training.tuning.space import choose_parameters

    named = {name: asked.pop(name) for name in ("data_folder", "base_model", "stage1_job")}
    fixed = fix_start({name: value for name, value in asked.items() if value is not None}, named["stage1_job"])
    stage_config(2, fixed)
    sources = Sources(**named, find_backbone=find_backbone_folder)
    return TuningOrder(search, compute, fixed, choose_parameters(fixed, click.echo), sources)


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
        sent = parcel.send(account, click.echo, progress)
    if sent != parcel.addresses:  # a backbone that was fetched has its hash only now
        request = plan.with_inputs(sent).build_request()
    tuning.start_tuning(account, request)
    click.echo(f"探索 {name} を始めました。")


def watch_tuning(account: Account, name: str) -> None:
    """Follow a tuning job to its end, write its table of trials and print it. `attach` does the same."""
    try:
        result = tuning.follow_tuning(account, name, report_line)
    except KeyboardInterrupt:
        click.echo("\n表示を終えます。探索は動き続けています（費用もかかり続けます）。")
        raise click.exceptions.Exit(_INTERRUPTED) from None
    path = RESULTS_FOLDER / f"{name}.json"
    write_json(path, result)
    _print_trials(result)
    billed = f"{result['billable_seconds']:,} 秒、{usd_text(result['cost_usd'])}"
    click.echo(f"請求対象: {billed}（{len(result['trials'])} 回の試行）。全試行: {path}")
    if result["best"] is None:
        raise CloudError(
            f"探索 {name} では、数値の出た試行がありませんでした。",
            "表の理由を見て、1 つの設定で seikaku cloud train --stage 2 が動くことを確かめてください。",
        )
    best = result["best"]
    click.echo(
        f"最も良かった設定（試行 {best['number']}、検証の平均絶対誤差 {best['validation_mae']:.4f}）で学習するには:"
    )
    stage1 = f" --stage1_job {result['stage1_job']}" if result["stage1_job"] else ""
    click.echo(f"  seikaku cloud train --stage 2{stage1} --from_tuning {name}")
    click.echo("同じ検証話者で選んだので、この数値は少し甘めです。")


def _print_trials(result: Mapping[str, Any]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    trials = sorted(result["trials"], key=lambda trial: (trial["validation_mae"] is None, trial["validation_mae"] or 0))
    names = sorted({name for trial in trials for name in trial["params"]})
    best = result["best"] and result["best"]["number"]
    table = Table(box=box.SIMPLE, title=f"探索 {result['name']}（{result['strategy']}）", title_justify="left")
    for title in ("試行", "状態", "平均絶対誤差", *names, "請求 秒", "USD"):
        table.add_column(title, no_wrap=title != "状態")
    for trial in trials:
        table.add_row(*_cells(trial, names), style="bold" if trial["number"] == best else None)
    Console().print(table)
    for trial in trials:
        if trial["failure"]:
            click.echo(f"試行 {trial['number']} の失敗: {trial['failure']}")


def _cells(trial: Mapping[str, Any], names: list[str]) -> list[str]:
    mae, seconds = trial["validation_mae"], trial["billable_seconds"]
    shown = [trial["params"].get(name, "–") for name in names]
    return [
        str(trial["number"]),
        _STATES[trial["state"]],
        "–" if mae is None else f"{mae:.4f}",
        *(f"{value:.3g}" if isinstance(value, float) else str(value) for value in shown),
        "–" if seconds is None else f"{seconds:,}",
        usd_text(trial["cost_usd"]) if seconds is not None else "–",
    ]
