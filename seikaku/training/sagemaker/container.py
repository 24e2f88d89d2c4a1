"""`train.py` inside a SageMaker training job: where its input lies, where its result goes, how it says why it failed.

In: SM_* variables and /opt/ml, as the service and its toolkit leave them. Out: ``Sources`` for the training, the run
folder's files in SM_MODEL_DIR. Effects: reads channels, unpacks stage 1, writes the result.

    <base>/input/data/data/          the processed data             (channel ``data``, SM_CHANNEL_DATA)
    <base>/input/data/stage1/        stage 1's model.tar.gz         (channel ``stage1``, stage 2 only)
    <base>/input/data/base_model/    the backbone's files           (channel ``base_model``)
    <base>/checkpoints/<run>/stage1  the run folder, its checkpoints beside it: SageMaker keeps both in S3
    <base>/model/                    the finished run's files, which become model.tar.gz
    <base>/output/failure            why the job failed (``job_failure``)

A job goes on by itself where one of the same name was cut off; one that had ended only hands over its result.
"""

import json
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from seikaku.config import EMBEDDED, NO_STAGE1, LoopConfig, Stage2Config
from seikaku.errors import DataError, ModelError, UserError
from seikaku.files import open_atomic
from seikaku.model.encoder.backbone import BackboneFiles, find_backbone
from seikaku.model.run.folder import CONFIG_NAME, RunFolder
from seikaku.settings import to_json
from seikaku.training.lora.runs import Sources
from seikaku.training.sagemaker.failure_file import base_folder, is_in_job

ARTEFACT_NAME = "model.tar.gz"
STAGE1_ORIGIN = f"stage1/{ARTEFACT_NAME}"  # what the settings name instead of a folder that only the job had
INTERRUPTED_EXIT_CODE = 143  # as a process that SIGTERM ended: no result, so the job must not count as completed
_CHECKPOINT_MINUTES = 8.0
_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

AnyStageConfig = TypeVar("AnyStageConfig", bound=LoopConfig)


@dataclass(frozen=True, slots=True)
class TrainingContainer:
    """The job's folders. ``run_folder``: where the training writes; ``channels``: name -> folder."""

    model_folder: Path
    run_folder: Path
    channels: Mapping[str, Path]

    def settle(self, config: AnyStageConfig) -> AnyStageConfig:
        """The settings as the job keeps them.

        A lasting name for stage 1, which every start unpacks somewhere else; and checkpoints at a pace that is set,
        since every one of them is copied to S3, which the loop's own clock does not see.
        """
        if config.checkpoint_every_minutes is None:
            config = replace(config, checkpoint_every_minutes=_CHECKPOINT_MINUTES)
        if isinstance(config, Stage2Config) and config.stage1_model_path != NO_STAGE1:
            return replace(config, stage1_model_path=STAGE1_ORIGIN)
        return config

    def find_data(self) -> Path:
        """The processed data. Raises DataError without the channel."""
        if "data" not in self.channels:
            raise DataError(
                f"データのチャンネル data がありません（あるもの: {'、'.join(sorted(self.channels)) or 'なし'}）。",
                "前処理済みデータのフォルダを data という名前のチャンネルで渡してください。",
            )
        return self.channels["data"]

    @contextmanager
    def open_sources(self, config: LoopConfig) -> Iterator[Sources]:
        """Where backbone and stage 1 are found; stage 1's artefact lies unpacked while the block runs."""
        with tempfile.TemporaryDirectory(prefix="seikaku-stage1-") as temporary:
            folder = Path(temporary)
            if isinstance(config, Stage2Config) and config.stage1_model_path != NO_STAGE1:
                self._unpack_stage1(folder)
            yield Sources(find_backbone=self._find_backbone, find_stage1=lambda _name: folder)

    def find_ended_run(self, config: LoopConfig) -> RunFolder | None:
        """The whole run that an earlier start of the job left, or None.

        Raises UserError when a run of this name has other settings than ``config``.
        """
        run = RunFolder(self.run_folder)
        if not run.is_valid():
            return None
        found = run.load_config()["config"]
        different = [
            f"{name}={found.get(name)}（今回 {value}）"
            for name, value in to_json(config).items()
            if value is not None and found.get(name) != value
        ]
        if different:
            raise UserError(
                f"実行 {self.run_folder.parent.name} には、別の設定の学習結果があります: {'、'.join(different)}",
                "別の SEIKAKU_RUN_NAME で始めるか、チェックポイントの S3 の場所を空にしてください。",
            )
        return run

    def clear_remains(self) -> None:
        """Delete what an interruption left half-written or half-copied; the checkpoints stay."""
        for path in [self.run_folder, *self.run_folder.parent.glob(f".{self.run_folder.name}.*")]:
            shutil.rmtree(path, ignore_errors=True)

    def publish(self, run: RunFolder) -> None:
        """Copy the run's files into SM_MODEL_DIR, a mount that nothing can be renamed over: its config comes last."""
        for path in sorted(run.path.rglob("*"), key=lambda path: (path.name == CONFIG_NAME, path)):
            target = self.model_folder / path.relative_to(run.path)
            if path.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                with path.open("rb") as source, open_atomic(target, "wb") as stream:
                    shutil.copyfileobj(source, stream)
        RunFolder(self.model_folder).verify()

    def _find_backbone(self, name: str) -> BackboneFiles:
        if name == EMBEDDED:
            return find_backbone(name)
        if "base_model" not in self.channels:
            raise ModelError(
                f"土台 {name} のチャンネル base_model がありません（学習ジョブの中では取得しません）。",
                "土台のフォルダを base_model という名前のチャンネルで渡すか、backbone を embedded にしてください。",
            )
        return find_backbone(name, self.channels["base_model"])

    def _unpack_stage1(self, folder: Path) -> None:
        artefact = self.channels.get("stage1", Path()) / ARTEFACT_NAME
        if "stage1" not in self.channels or not artefact.is_file():
            raise ModelError(
                f"stage 1 の学習結果がありません（チャンネル stage1 の {ARTEFACT_NAME}）。",
                "stage 1 のジョブの model.tar.gz を stage1 という名前のチャンネルで渡すか、"
                "stage1_model_path を none にしてください。",
            )
        try:
            with tarfile.open(artefact) as archive:
                archive.extractall(folder, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise ModelError(
                f"stage 1 の {ARTEFACT_NAME} を開けません（{type(error).__name__}）。",
                "stage 1 のジョブの出力をそのまま渡してください。壊れていれば stage 1 を学習し直してください。",
            ) from error


def open_container(environment: Mapping[str, str], stage: int) -> TrainingContainer | None:
    """The job that this process runs in, or None where it runs in none.

    Raises UserError: the job has no name, or several GPUs but one process.
    """
    if not is_in_job(environment):
        return None
    _check_processes(environment)
    name = environment.get("SEIKAKU_RUN_NAME") or environment.get("TRAINING_JOB_NAME") or ""
    if not _RUN_NAME.fullmatch(name):
        raise UserError(
            f"実行の名前として使えません: {name!r}（SEIKAKU_RUN_NAME、なければ TRAINING_JOB_NAME）。",
            "英数字で始まり、英数字と . _ - だけの名前を SEIKAKU_RUN_NAME に指定してください。",
        )
    prefix = "SM_CHANNEL_"
    return TrainingContainer(
        model_folder=Path(environment["SM_MODEL_DIR"]),
        run_folder=_checkpoints_folder(environment) / name / f"stage{stage}",
        channels={
            key.removeprefix(prefix).lower(): Path(path) for key, path in environment.items() if key.startswith(prefix)
        },
    )


def _checkpoints_folder(environment: Mapping[str, str]) -> Path:
    """Where SageMaker syncs to S3: what the job was created with, else the place it has by default."""
    base = base_folder(environment)
    try:
        config = json.loads((base / "input" / "config" / "checkpointconfig.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        config = {}
    return Path(config.get("LocalPath") or base / "checkpoints")


def _check_processes(environment: Mapping[str, str]) -> None:
    n_gpus = int(environment.get("SM_NUM_GPUS") or 0)
    if n_gpus > 1 and "WORLD_SIZE" not in environment:
        raise UserError(
            f"GPU が {n_gpus} 個ありますが、プロセスは 1 つだけです（残りは使われず、学習の設定もずれます）。",
            "ハイパーパラメータ sagemaker_torch_distributed_enabled を true にしてください（torchrun で始まります）。",
        )


def forbid_hub(environment: MutableMapping[str, str]) -> None:
    """Never ask a hub inside a job; must come before huggingface_hub is imported, which reads it once."""
    environment["HF_HUB_OFFLINE"] = "1"
