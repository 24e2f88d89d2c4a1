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

from seikaku.cli.bilingual import option, verb
from seikaku.cli.cloud.announcing import choose_image, print_cost, print_nothing_done, stand_in, warn_of_image
from seikaku.cli.cloud.following import finish_run
from seikaku.cli.cloud.options import (
    JOBS,
    base_model_option,
    cloud_options,
    dry_run_option,
    max_cost_option,
    no_wait_option,
)
from seikaku.cli.cloud.run_folders import check_targets, find_backbone_folder
from seikaku.cli.language import show, tell
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
from seikaku.errors import UserError, both
from seikaku.places import PROCESSED_DATA

DEFAULT_OUT = Path("output/sagemaker")


@dataclass(frozen=True, slots=True)
class Limits:
    """How far to go: only shown, only started, or watched to the end; and for how much money at most."""

    dry_run: bool
    no_wait: bool
    max_cost_usd: float | None


@verb(
    "train",
    help=both(
        """データ・土台・コードを送り、stage 1 → stage 2 を学習ジョブとして実行し、結果を受け取って照合します。

        \b
        例: seikaku cloud train --dry_run
            seikaku cloud train --max_cost_usd 20
            seikaku cloud train --stage 2 --stage1_job seikaku-stage1-… --epochs 5

        既定はスポットです（安く、中断されても途中保存から自動で続きます）。端末が切れてもジョブは続き、
        seikaku cloud attach で戻れます。
        """,
        """Send data, backbone and code, run stage 1 and then stage 2 as training jobs, then fetch the results and check
        them.

        \b
        Such as: seikaku cloud train --dry_run
                 seikaku cloud train --max_cost_usd 20
                 seikaku cloud train --stage 2 --stage1_job seikaku-stage1-… --epochs 5

        By default on spot: cheaper, and after an interruption it goes on by itself from the checkpoint. The jobs go on
        when the terminal is lost; seikaku cloud attach leads back to them.
        """,
    ),
)
@option(
    "--stage",
    type=click.Choice(["1", "2", "both"]),
    default="both",
    show_default=True,
    help=both(
        "both: 1 の後に 2（フラグは両方に渡す。別々の値にするなら 1 つずつ実行する）",
        "both: 2 after 1 (flags go to both; to give them other values, run one at a time)",
    ),
)
@option(
    "--data",
    "data_folder",
    type=click.Path(path_type=Path),
    default=PROCESSED_DATA,
    show_default=True,
    help=both("前処理済みデータのフォルダ", "Folder of the processed data"),
)
@base_model_option
@option(
    "--stage1_job",
    default="",
    help=both(
        "--stage 2 が続ける、完了した stage 1 のジョブの名前",
        "Name of the completed job of stage 1 that --stage 2 goes on from",
    ),
)
@option(
    "--from_tuning",
    "tuning",
    default="",
    help=both(
        "--stage 2 の設定を、この探索（cloud tune）の最良の試行から取る（フラグが優先）",
        "Take the settings of --stage 2 from the best trial of this search (cloud tune); flags win",
    ),
)
@option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_OUT,
    show_default=True,
    help=both("結果を置くフォルダ（中に stage1 と stage2）", "Folder for the results (with stage1 and stage2 in it)"),
)
@option(
    "--resume",
    "resumed",
    metavar="NAME",
    default="",
    help=both(
        "止まった実行を途中保存から続ける（変えられるのは、時間と機械のフラグだけ）",
        "Go on with a run that was stopped (only flags of time and machine may change)",
    ),
)
@no_wait_option
@dry_run_option
@max_cost_option
@settings_options("compute", Compute)
@stage_options("given", 1, 2)
@cloud_options(*JOBS)
def command(
    settings: CloudSettings, compute: dict[str, Any], given: dict[str, Any], stage: str, resumed: str,
    dry_run: bool, no_wait: bool, max_cost_usd: float | None, **named: Any,
) -> None:  # fmt: skip
    """Start a run, or take one up again."""
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
        run = run.with_inputs(parcel.send(account, tell, progress))
    record = f"{Records().folder / run.name}.json"
    show(both(f"実行: {run.name}（記録 {record}）", f"Run: {run.name} (its record: {record})"))
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
        flags = [f"--{flag}" for flag in given]
        raise UserError(
            both(
                f"{'、'.join(flags)} は --resume と一緒に使えません"
                "（学習の設定が初めと同じでなければ続けられません）。",
                f"{', '.join(flags)}: not together with --resume "
                "(a run goes on only with the settings that it began with).",
            ),
            both(
                "外すか、--resume を外して新しく始めてください。",
                "Leave it out, or leave --resume out to start anew.",
            ),
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
