"""`seikaku cloud train`: stage 1 and stage 2 as SageMaker training jobs. Effects: S3, SageMaker, prints, writes.

In order: what is asked is checked, the cost is said (and a budget kept), inputs are sent, the run is written down, its
jobs are started one after the other and watched, results come home checked.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from seikaku.cli.cloud.announcing import choose_image, print_cost, print_nothing_done, stand_in, warn_of_image
from seikaku.cli.cloud.following import finish_run
from seikaku.cli.cloud.options import JOBS, cloud_options
from seikaku.cli.cloud.run_folders import check_targets, find_backbone_folder
from seikaku.cli.options import settings_options
from seikaku.cli.progress import show_progress
from seikaku.cli.train import STAGES, stage_config, stage_options
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.doctor.permissions import require_train_role
from seikaku.cloud.jobs import launch
from seikaku.cloud.jobs.compute import Compute
from seikaku.cloud.jobs.order import Sources, TrainingOrder
from seikaku.cloud.jobs.records import Records, RunRecord
from seikaku.errors import UserError
from seikaku.places import PROCESSED_DATA

DEFAULT_OUT = Path("output/sagemaker")


@dataclass(frozen=True, slots=True)
class Limits:
    """How far to go: only shown, only started, or watched to the end; and for how much money at most."""

    dry_run: bool
    no_wait: bool
    max_cost_usd: float | None


@click.command("train")
@click.option("--stage", type=click.Choice(["1", "2", "both"]), default="both", show_default=True,
              help="both: 1 の後に 2（フラグは両方に渡す。別々の値にするなら 1 つずつ実行する）")  # fmt: skip
@click.option("--data", "data_folder", type=click.Path(path_type=Path), default=PROCESSED_DATA, show_default=True,
              help="前処理済みデータのフォルダ")  # fmt: skip
@click.option("--base_model", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="土台のファイルがあるフォルダ（省くと、--backbone をこの機械で取得して送る）")  # fmt: skip
@click.option("--stage1_job", default="", help="--stage 2 が続ける、完了した stage 1 のジョブの名前")
@click.option("--from_tuning", "tuning", default="",
              help="--stage 2 の設定を、この探索（cloud tune）の最良の試行から取る（フラグが優先）")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=DEFAULT_OUT, show_default=True,
              help="結果を置くフォルダ（中に stage1 と stage2）")  # fmt: skip
@click.option("--resume", "resumed", metavar="NAME", default="",
              help="止まった実行を途中保存から続ける（変えられるのは、時間と機械のフラグだけ）")  # fmt: skip
@click.option("--no_wait", is_flag=True, help="始めたら待たずに終わる（続きは seikaku cloud attach）")
@click.option("--dry_run", is_flag=True, help="送る要求と費用の上限を表示するだけ（何も送らず、何も作らない）")
@click.option("--max_cost_usd", type=click.FloatRange(min=0), help="費用の上限がこの額を超えるなら、何も作らずに断る")
@settings_options("compute", Compute)
@stage_options("given", 1, 2)
@cloud_options(*JOBS)
def command(
    settings: CloudSettings, compute: dict[str, Any], given: dict[str, Any], stage: str, resumed: str,
    dry_run: bool, no_wait: bool, max_cost_usd: float | None, **named: Any,
) -> None:  # fmt: skip
    """データ・土台・コードを送り、stage 1 → stage 2 を学習ジョブとして実行し、結果を受け取って照合します。

    \b
    例: seikaku cloud train --dry_run
        seikaku cloud train --max_cost_usd 20
        seikaku cloud train --stage 2 --stage1_job seikaku-stage1-… --epochs 5

    既定はスポットです（安く、中断されても途中保存から自動で続きます）。端末が切れてもジョブは続き、
    seikaku cloud attach で戻れます。
    """
    limits = Limits(dry_run, no_wait, max_cost_usd)
    if resumed:
        _resume(resumed, settings, compute, given, limits)
    else:
        _start(settings, stage, Compute(**compute), given, limits, named)


def _start(
    settings: CloudSettings,
    stage: str,
    compute: Compute,
    given: Mapping[str, Any],
    limits: Limits,
    named: Mapping[str, Any],
) -> None:
    stages = (1, 2) if stage == "both" else (int(stage),)
    sources = Sources(named["data_folder"], named["base_model"], named["stage1_job"], find_backbone_folder)
    asked = {number: _settings_of(number, stage, given) for number in stages}
    order = TrainingOrder(asked, compute, sources, named["out"], named["tuning"])
    order.check()
    check_targets(order.out, order.settings)
    account = Account(settings)
    if limits.dry_run:
        account = stand_in(account)
    run, parcel = order.plan(account, choose_image(account, compute.instance_type, asks_aws=not limits.dry_run))
    if _is_only_shown(run, limits):
        return
    _require_role(account, run)
    with show_progress("bytes") as progress:
        run = run.with_inputs(parcel.send(account, click.echo, progress))
    click.echo(f"実行: {run.name}（記録 {Records().folder / run.name}.json）")
    finish_run(account, Records(), run, wait=not limits.no_wait)


def _settings_of(number: int, stage: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that go to a stage, checked by its own settings; with both, each takes the fields that it has."""
    known = STAGES[number].__dataclass_fields__
    chosen = dict(given) if stage != "both" else {name: value for name, value in given.items() if name in known}
    stage_config(number, chosen)
    return chosen


def _resume(
    name: str, settings: CloudSettings, compute: Mapping[str, Any], given: Mapping[str, Any], limits: Limits
) -> None:
    if given:
        raise UserError(
            f"{'、'.join(f'--{flag}' for flag in given)} は --resume と一緒に使えません"
            "（学習の設定が初めと同じでなければ続けられません）。",
            "外すか、--resume を外して新しく始めてください。",
        )
    run = Records().require(name)
    account = Account(replace(settings, region=run.region))
    run = launch.take_up(account, run, compute)
    warn_of_image(run.jobs[-1].plan.image)
    if not _is_only_shown(run, limits):
        _require_role(account, run)
        finish_run(account, Records(), run, wait=not limits.no_wait)


def _require_role(account: Account, run: RunRecord) -> None:
    plan = run.jobs[-1].plan
    require_train_role(account, plan.bucket, plan.role_arn)


def _is_only_shown(run: RunRecord, limits: Limits) -> bool:
    """Say the cost; in a dry run also the requests. Raises UserError: AWS would refuse it, or it may cost too much."""
    requests = launch.build_requests(run)
    if limits.dry_run:
        for stage, request in requests:
            click.echo(f"stage {stage}: CreateTrainingJob")
            click.echo(json.dumps(request, ensure_ascii=False, indent=2))
    print_cost(launch.estimate_run(run), limits.max_cost_usd, on_demand=run.jobs[-1].plan.compute.on_demand)
    if limits.dry_run:
        print_nothing_done()
    return limits.dry_run
