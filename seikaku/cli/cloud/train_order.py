"""What the flags of `seikaku cloud train` ask for, checked before anything is sent. Effects: reads files, asks AWS."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seikaku.cli.cloud.job_options import JobInputs, SentInputs
from seikaku.cli.train import STAGES, stage_config
from seikaku.cloud.account.session import Account
from seikaku.cloud.jobs.compute import Compute
from seikaku.cloud.jobs.launch import STAGE1_CHANNEL, StageOrder, earlier_stage1, plan_run
from seikaku.cloud.jobs.records import RunRecord
from seikaku.cloud.money.instances import find_instance
from seikaku.config import Stage1Config
from seikaku.errors import UserError

NO_STAGE1 = "none"


@dataclass(frozen=True, slots=True)
class Order:
    """The flags. ``settings``: stage -> the fields that were given; ``tuning``: where stage 2's others come from."""

    settings: Mapping[int, Mapping[str, Any]]
    compute: Compute
    data_folder: Path
    out: Path
    base_model: Path | None
    stage1_job: str
    tuning: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """An order with what AWS knows filled in: what there is to send, and each stage's own part of its job."""

    order: Order
    inputs: JobInputs
    stages: tuple[StageOrder, ...]

    def plan(self, account: Account, sent: SentInputs) -> RunRecord:
        """The run, with its inputs at the addresses of ``sent``."""
        stages = tuple(replace(stage, channels={**sent.channels, **stage.channels}) for stage in self.stages)
        order = self.order
        return plan_run(account, stages, sent.bundle_uri, order.compute, out=order.out, tuning=order.tuning)


def read_order(stage: str, compute: Compute, given: Mapping[str, Any], **flags: Any) -> Order:
    """The order, from the flags. ``given``: fields of the stages' settings.

    Raises UserError and DataError for what cannot work, before AWS is asked anything.
    """
    stages = (1, 2) if stage == "both" else (int(stage),)
    order = Order({number: _of_stage(number, stage, given) for number in stages}, compute, **flags)
    if 2 not in stages or 1 in stages:
        _refuse_without_2(order, stage)
    _check_precision(order)
    _inputs(order, "").check()
    _check_out(order)
    return order


def _of_stage(number: int, stage: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that go to a stage, checked by its own settings; with both, each takes the fields that it has."""
    known = STAGES[number].__dataclass_fields__
    chosen = dict(given) if stage != "both" else {name: value for name, value in given.items() if name in known}
    stage_config(number, chosen)
    return chosen


def _refuse_without_2(order: Order, stage: str) -> None:
    given = {
        "--from_tuning": order.tuning,
        "--stage1_job": order.stage1_job,
        "--stage1_model_path": order.settings.get(2, {}).get("stage1_model_path"),
    }
    if wrong := [flag for flag, value in given.items() if value]:
        raise UserError(f"{'、'.join(wrong)} は --stage {stage} では使えません。", "--stage 2 にしてください。")


def _check_precision(order: Order) -> None:
    instance = find_instance(order.compute.instance_type)
    asked = {values.get("precision") for values in order.settings.values()}
    if instance is not None and instance.n_gpus and not instance.bf16 and "bf16" in asked:
        raise UserError(
            f"{instance.instance_type}（{instance.gpu}）は bf16 で計算できません。",
            "--precision を外す（自動で fp16 になります）か、--instance_type ml.g5.xlarge などにしてください。",
        )


def _check_out(order: Order) -> None:
    from seikaku.model.run.folder import check_target

    for stage in order.settings:
        check_target(order.out / f"stage{stage}", stage)


def _inputs(order: Order, backbone: str, sent_base_model: str | None = None) -> JobInputs:
    return JobInputs(order.data_folder, backbone, order.base_model, sent_base_model)


def resolve_order(account: Account, order: Order) -> Resolved:
    """Fill in what a tuning job found and what an earlier stage 1 left. Raises UserError where they are not there."""
    settings = {stage: dict(values) for stage, values in order.settings.items()}
    if order.tuning:
        from seikaku.cloud.jobs.tuning import load_best

        settings[2] = load_best(account, order.tuning) | settings[2]
    backbone = next((values["backbone"] for values in settings.values() if values.get("backbone")), "")
    channels: dict[str, str] = {}
    sent_base_model = None
    if 1 not in settings:
        _check_start(order, settings[2].get("stage1_model_path"))
    if order.stage1_job:
        channels[STAGE1_CHANNEL], name, uri = earlier_stage1(account, order.stage1_job)
        if not backbone and order.base_model is None:
            sent_base_model = uri
        backbone = backbone or name
    inputs = _inputs(order, backbone or Stage1Config().backbone, sent_base_model)
    stages = tuple(
        StageOrder(stage, values, channels if stage == 2 else {}) for stage, values in sorted(settings.items())
    )
    return Resolved(order, inputs, stages)


def _check_start(order: Order, stage1_model_path: str | None) -> None:
    """Stage 2 alone goes on from an earlier job, or says that there is no stage 1."""
    if stage1_model_path not in (None, NO_STAGE1):
        raise UserError(
            f"--stage1_model_path {stage1_model_path} は、学習ジョブでは使えません。",
            "AWS で学習した stage 1 を --stage1_job で指定するか、--stage1_model_path none にしてください。",
        )
    if bool(order.stage1_job) == (stage1_model_path == NO_STAGE1):
        raise UserError(
            "stage 2 をどこから始めるかが決まりません。",
            "--stage1_job に完了した stage 1 のジョブを指定するか、stage 1 なしなら --stage1_model_path none に"
            "してください。両方を続けて実行するなら、--stage を外してください。",
        )
