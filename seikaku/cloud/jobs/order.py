"""What is asked for by `seikaku cloud train` and `tune`, checked before anything is sent.

An order holds what the flags say; planning it fills in what AWS knows and packs what there is to send. Effects: reads
files, asks AWS.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seikaku.cloud.account.session import Account
from seikaku.cloud.jobs import tuning
from seikaku.cloud.jobs.compute import Compute
from seikaku.cloud.jobs.job_inputs import FindBackbone, JobInputs, Parcel
from seikaku.cloud.jobs.launch import STAGE1_CHANNEL, StageOrder, earlier_stage1, plan_job, plan_run
from seikaku.cloud.jobs.records import RunRecord
from seikaku.cloud.jobs.tuning_request import Search, TuningPlan
from seikaku.cloud.money.instances import find_instance
from seikaku.config import NO_STAGE1, Stage1Config
from seikaku.errors import DataError, UserError, both


@dataclass(frozen=True, slots=True)
class Sources:
    """What training begins from; ``base_model``: a folder with the backbone's files; ``stage1_job``: an earlier job."""

    data_folder: Path
    base_model: Path | None
    stage1_job: str
    find_backbone: FindBackbone

    def check(self) -> None:
        """Raise DataError where there is no processed data."""
        if not (self.data_folder / "manifest.json").is_file():
            raise DataError(
                both(
                    f"前処理済みのデータがありません: {self.data_folder}",
                    f"There is no preprocessed data: {self.data_folder}",
                ),
                both(
                    "python download_datasets.py と python preprocess_data.py を実行するか、"
                    "--data で指定してください。",
                    "Run python download_datasets.py and python preprocess_data.py, or name the folder with --data.",
                ),
            )

    def find_inputs(self, account: Account, backbone: str) -> tuple[JobInputs, dict[str, str]]:
        """What there is to send, and the channels that lie in the bucket already; ``backbone`` "": not named.

        Raises UserError where the earlier job is no completed job of stage 1.
        """
        channels: dict[str, str] = {}
        sent_base_model = None
        if self.stage1_job:
            channels[STAGE1_CHANNEL], name, uri = earlier_stage1(account, self.stage1_job)
            if not backbone and self.base_model is None:
                sent_base_model = uri
            backbone = backbone or name
        backbone = backbone or Stage1Config().backbone
        return JobInputs(self.data_folder, backbone, self.find_backbone, self.base_model, sent_base_model), channels


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """A run. ``settings``: stage -> the fields that were given; ``tuning``: where stage 2's others come from."""

    settings: Mapping[int, Mapping[str, Any]]
    compute: Compute
    sources: Sources
    out: Path
    tuning: str

    def check(self) -> None:
        """Raise UserError and DataError for what cannot work, before AWS is asked anything."""
        if 1 in self.settings:
            self._refuse_what_stage2_takes()
        self._check_precision()
        self.sources.check()

    def plan(self, account: Account, image: str) -> tuple[RunRecord, Parcel]:
        """The run, with its inputs at the addresses of the parcel; ``image``: what its jobs run in.

        Raises UserError where the tuning job or the earlier job that it names is not there.
        """
        settings = {stage: dict(values) for stage, values in self.settings.items()}
        if self.tuning:
            settings[2] = tuning.load_best(account, self.tuning) | settings[2]
        if 1 not in settings:
            self._check_start(settings[2].get("stage1_model_path"))
        backbone = next((values["backbone"] for values in settings.values() if values.get("backbone")), "")
        inputs, channels = self.sources.find_inputs(account, backbone)
        parcel = inputs.pack(account.bucket)
        stages = tuple(
            StageOrder(stage, values, channels if stage == 2 else {}) for stage, values in sorted(settings.items())
        )
        kept = {"out": self.out, "tuning": self.tuning}
        return plan_run(account, stages, parcel.addresses, self.compute, image, **kept), parcel

    def _refuse_what_stage2_takes(self) -> None:
        given = {
            "--from_tuning": self.tuning,
            "--stage1_job": self.sources.stage1_job,
            "--stage1_model_path": self.settings.get(2, {}).get("stage1_model_path"),
        }
        if wrong := [flag for flag, value in given.items() if value]:
            stage = "both" if 2 in self.settings else "1"
            raise UserError(
                both(
                    f"{'、'.join(wrong)} は --stage {stage} では使えません。",
                    f"{', '.join(wrong)}: without use for --stage {stage}.",
                ),
                both("--stage 2 にしてください。", "Give --stage 2."),
            )

    def _check_precision(self) -> None:
        instance = find_instance(self.compute.instance_type)
        asked = {values.get("precision") for values in self.settings.values()}
        if instance is not None and instance.n_gpus and not instance.bf16 and "bf16" in asked:
            raise UserError(
                both(
                    f"{instance.instance_type}（{instance.gpu}）は bf16 で計算できません。",
                    f"{instance.instance_type} ({instance.gpu}) cannot compute in bf16.",
                ),
                both(
                    "--precision を外す（自動で fp16 になります）か、--instance_type ml.g5.xlarge などにしてください。",
                    "Leave --precision out (fp16 is then chosen), or give --instance_type ml.g5.xlarge, for example.",
                ),
            )

    def _check_start(self, stage1_model_path: str | None) -> None:
        """Stage 2 alone goes on from an earlier job, or says that there is no stage 1."""
        if stage1_model_path not in (None, NO_STAGE1):
            raise UserError(
                both(
                    f"--stage1_model_path {stage1_model_path} は、学習ジョブでは使えません。",
                    f"--stage1_model_path {stage1_model_path} cannot be used in a training job.",
                ),
                both(
                    "AWS で学習した stage 1 を --stage1_job で指定するか、--stage1_model_path none にしてください。",
                    "Name a stage 1 that AWS has trained with --stage1_job, or give --stage1_model_path none.",
                ),
            )
        if bool(self.sources.stage1_job) == (stage1_model_path == NO_STAGE1):
            raise UserError(
                both("stage 2 をどこから始めるかが決まりません。", "What stage 2 starts from is not given."),
                both(
                    "--stage1_job に完了した stage 1 のジョブを指定するか、stage 1 なしなら --stage1_model_path none に"
                    "してください。両方を続けて実行するなら、--stage を外してください。",
                    "Give --stage1_job a completed job of stage 1, or --stage1_model_path none for no stage 1. To run "
                    "both, leave --stage out.",
                ),
            )


@dataclass(frozen=True, slots=True)
class TuningOrder:
    """A search. ``fixed``: settings of stage 2 that are not searched; ``parameters``: those that are."""

    search: Search
    compute: Compute
    fixed: Mapping[str, Any]
    parameters: Mapping[str, Any]
    sources: Sources

    def plan(self, account: Account, name: str, image: str) -> tuple[TuningPlan, Parcel]:
        """The tuning job, with its inputs at the addresses of the parcel; ``image``: what its trials run in.

        Raises DataError without processed data, UserError where the earlier job that it names is not there.
        """
        inputs, channels = self.sources.find_inputs(account, self.fixed.get("backbone") or "")
        self.sources.check()
        parcel = inputs.pack(account.bucket)
        order = StageOrder(2, self.fixed, channels)
        trials = plan_job(account, name, order, parcel.addresses, self.compute, image=image, run_name="")
        return TuningPlan(trials, self.search, self.parameters), parcel


def fix_start(given: Mapping[str, Any], stage1_job: str) -> dict[str, Any]:
    """The settings that a search was given, with what its trials start from: a job's stage 1 comes by its channel.

    Raises UserError for a stage 1 on this machine.
    """
    path = given.get("stage1_model_path", NO_STAGE1)
    if path != NO_STAGE1:
        raise UserError(
            both(
                f"--stage1_model_path {path} は、ここでは使えません。",
                f"--stage1_model_path {path} cannot be used here.",
            ),
            both(
                "AWS で学習した stage 1 から始めるなら、--stage1_job にそのジョブの名前を指定してください。",
                "To start from a stage 1 that AWS has trained, give --stage1_job its name.",
            ),
        )
    fixed = {name: value for name, value in given.items() if name != "stage1_model_path"}
    return fixed if stage1_job else fixed | {"stage1_model_path": NO_STAGE1}
