"""The one training loop of both stages, on transformers.Trainer. In: a task. Out: trained weights and metrics.

Effects: trains ``task.model`` in place, writes checkpoints beside the run folder, reports lines. It is exact: a run
that was cut off and resumed ends as one that was not, and n processes with batch b learn what one does with n*b.
"""

import importlib.util
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import PrinterCallback, Trainer, TrainerState
from transformers.trainer import TRAINER_STATE_NAME
from transformers.utils import logging as transformers_logging

from seikaku.config import LoopConfig
from seikaku.errors import both
from seikaku.training.loop import checkpoints
from seikaku.training.loop.arguments import training_arguments
from seikaku.training.loop.callbacks import (
    Interruption,
    QuietProgress,
    ReportCallback,
    SteerCallback,
    is_exhausted,
    plain_metrics,
)
from seikaku.training.loop.failures import explain_failures, not_finite
from seikaku.training.loop.ordering import EpochView, LengthBucketSampler, collate_own, view_epochs
from seikaku.training.loop.reporting import TENSORBOARD_NAME, final_line, is_main_process, n_processes
from seikaku.training.loop.speed import Speedometer

WEIGHTS_NAME = "trainable.safetensors"


@dataclass(frozen=True)
class TrainingTask:
    """What a stage gives to the loop.

    ``model(**batch)`` returns a dict with "loss" (a mean over the batch's examples) and the predictions;
    ``label_names``: the batch's keys that the predictions are compared with; ``metrics(predictions, labels)`` gives
    floats by name; ``best_metric``: the name ("loss" too) whose least value over the epochs is kept; ``keeps_start``:
    the model as it is given counts as an epoch (0), so that the run never ends worse than it began; ``prepare``: called
    with the checkpoints' folder once it is sure that the run may begin there.
    """

    stage: int
    model: torch.nn.Module
    train_data: Any
    validation_data: Any
    collate: Callable[[list[Any]], dict[str, Any]]
    label_names: tuple[str, ...]
    metrics: Callable[[Any, Any], dict[str, float]]
    best_metric: str
    keeps_start: bool = False
    prepare: Callable[[Path], None] = lambda folder: None


@dataclass(frozen=True)
class TrainingOutcome:
    """How it ended. ``metrics``: of the epoch whose weights the model now holds; empty when interrupted."""

    is_interrupted: bool
    n_steps: int
    metrics: dict[str, float]
    history: list[dict[str, float]]


def train(
    task: TrainingTask,
    config: LoopConfig,
    out: Path,
    *,
    settings: dict[str, Any],
    resume: bool,
    report: Callable[[str], None],
) -> TrainingOutcome:
    """Train to the end, or to the first SIGTERM; ``settings`` is what a resumed run must have in common with it.

    Raises TrainingError (memory, disk, a loss that is no number) and UserError (checkpoints in the way).
    """
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    _use_all_cores()
    if torch.cuda.is_available():
        torch.set_float32_matmul_precision("high")  # TF32, where the GPU has it and the rest is in 32 bits
    folder = checkpoints.checkpoints_folder(out)
    shared = settings | {"n_processes": n_processes()}
    begun = checkpoints.begin_run(folder, shared, is_main=is_main_process(), resume=resume, report=report)
    explained = explain_failures(folder, config.batch_size, config.gradient_accumulation_steps)
    with _stop_on_sigterm() as interruption, explained:
        task.prepare(folder)
        trainer = _build_trainer(task, config, folder, interruption, report)
        trainer.train_from(begun, config.patience)
        trainer.accelerator.wait_for_everyone()  # the caller may delete checkpoints that others still read
    validations = [entry for entry in trainer.state.log_history if "eval_loss" in entry]
    history = [{"epoch": entry["epoch"], "step": entry["step"]} | plain_metrics(entry) for entry in validations]
    if interruption.stopped_early:
        report(f"停止の合図を受けたので、途中保存して終わりました。続けるには --resume を付けてください: {folder}")
        return TrainingOutcome(True, trainer.state.global_step, {}, history)
    best = min(history, key=lambda entry: entry[task.best_metric])
    report(_why_kept(best, history, task.best_metric))
    report(final_line(task.stage, best))
    return TrainingOutcome(False, trainer.state.global_step, best, history)


def _why_kept(best: dict[str, float], history: list[dict[str, float]], metric: str) -> str:
    which = "学習を始める前の重み" if best["step"] == 0 else f"エポック {best['epoch']:g} の重み"
    last = history[-1]
    compared = "" if last is best else f"、最後のエポック {last['epoch']:g} は {last[metric]:.4g}"
    return f"{which}を残しました: 検証の {metric} が最も小さいため（{best[metric]:.4g}{compared}）。"


class ExactTrainer(Trainer):
    """transformers' Trainer with checkpoints of trainable weights only, marked when whole, and numbers checked."""

    def __init__(self, task: TrainingTask, **kwargs: Any) -> None:
        super().__init__(model=task.model, data_collator=collate_own(task.collate), **kwargs)
        self.speed = Speedometer(task.model)
        self._keeps_start = task.keeps_start
        self._weights = task.model
        self._folder = Path(self.args.output_dir or "")

    def train_from(self, checkpoint: Path | None, patience: int) -> None:
        """Train from a checkpoint, or from the start (None); a checkpoint of a run that had ended is only loaded."""
        if checkpoint is not None:
            state = TrainerState.load_from_json(str(checkpoint / TRAINER_STATE_NAME))
            if is_exhausted(state, str(self.args.metric_for_best_model), patience):
                self.state = state
                self._load_best_model()
                return
        self.args.eval_on_start = self._keeps_start and checkpoint is None
        self.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)

    def _evaluate(self, trial: Any, *args: Any, **kwargs: Any) -> dict[str, float]:
        """At the start the figures count as those of an epoch, whose weights are kept as any epoch's are."""
        found: dict[str, float] = super()._evaluate(trial, *args, **kwargs)
        if self.state.global_step == 0:
            self._determine_best_metric(found, trial)
            self._save_checkpoint(self._weights, trial)
        return found

    def training_step(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """A step as usual, counted."""
        if "attention_mask" in inputs:
            self.speed.count(inputs["attention_mask"])
        return super().training_step(model, inputs, *args, **kwargs)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        view: Any = train_dataset if train_dataset is not None else self.train_dataset
        per_step = self.args.train_batch_size * self.args.world_size * self.args.gradient_accumulation_steps
        return LengthBucketSampler(view, per_step, self.args.seed)

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The model's own loss. Raises TrainingError before a loss that is no number can reach the weights."""
        result = super().compute_loss(model, inputs, *args, **kwargs)
        loss = result[0] if isinstance(result, tuple) else result
        if model.training and not bool(torch.isfinite(loss)):
            raise not_finite(both("損失", "loss"), self.state.global_step, self._last_good())
        return result

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        checkpoint = self._folder / f"checkpoint-{self.state.global_step}"
        if not all(bool(torch.isfinite(weight).all()) for weight in trainable_state(self._weights).values()):
            raise not_finite(both("重み", "weights"), self.state.global_step, self._last_good())
        if self.args.should_save:
            checkpoints.mark_incomplete(checkpoint)
        super()._save_checkpoint(model, trial)
        self.accelerator.wait_for_everyone()  # every process writes its random state into the folder
        self._agree_on_best()
        if self.args.should_save:
            checkpoints.mark_complete(checkpoint)
            checkpoints.delete_old(self._folder, f"checkpoint-{self.state.best_global_step}")

    def _agree_on_best(self) -> None:
        """In transformers 4.56 a helper may look for the best checkpoint before the main process has made its folder.

        It would then leave out loading it at the end, and the barrier before: the others would wait for it forever.
        """
        best = self._folder / f"checkpoint-{self.state.best_global_step}"
        if best.is_dir():
            self.state.best_model_checkpoint = str(best)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        target = Path(output_dir or self._folder)
        target.mkdir(parents=True, exist_ok=True)
        save_file(trainable_state(self._weights), target / WEIGHTS_NAME)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        load_trainable(self._weights, Path(resume_from_checkpoint) / WEIGHTS_NAME)

    def _load_best_model(self) -> None:
        # By name: the folder may have been moved to another machine since the state was written.
        name = f"checkpoint-{self.state.best_global_step}"
        load_trainable(self._weights, self._folder / name / WEIGHTS_NAME)

    def _last_good(self) -> Path | None:
        return checkpoints.newest_complete(self._folder)


def trainable_state(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The model's state without its frozen weights: they are the backbone's, which every run folder names."""
    frozen = {name for name, weight in model.named_parameters() if not weight.requires_grad}
    return {name: value.contiguous() for name, value in model.state_dict().items() if name not in frozen}


def load_trainable(model: torch.nn.Module, path: Path) -> None:
    """Load what ``trainable_state`` gave; every name must fit."""
    state = load_file(path)
    if state.keys() != trainable_state(model).keys():
        raise ValueError(f"{path}: other weights than the model's")
    model.load_state_dict(state, strict=False)


def _build_trainer(
    task: TrainingTask,
    config: LoopConfig,
    folder: Path,
    interruption: Interruption,
    report: Callable[[str], None],
) -> ExactTrainer:
    per_step = config.batch_size * config.gradient_accumulation_steps * n_processes()
    train_data = view_epochs(task.train_data, per_step, config.batch_size)
    trainer = ExactTrainer(
        task,
        args=training_arguments(
            config,
            folder,
            steps_per_epoch=math.ceil(len(train_data) / per_step),
            label_names=task.label_names,
            best_metric=task.best_metric,
        ),
        train_dataset=train_data,
        eval_dataset=EpochView(task.validation_data),
        compute_metrics=lambda found: task.metrics(found.predictions, found.label_ids),
    )
    trainer.remove_callback(PrinterCallback)
    if sys.stderr.isatty():
        trainer.add_callback(QuietProgress())
    trainer.add_callback(SteerCallback(train_data, interruption, config))
    trainer.add_callback(ReportCallback(task.stage, report, trainer.speed))
    _add_tensorboard(trainer, folder, report)
    return trainer


def _add_tensorboard(trainer: ExactTrainer, folder: Path, report: Callable[[str], None]) -> None:
    if not is_main_process():
        return
    if importlib.util.find_spec("tensorboard") is None:
        report("TensorBoard が入っていないので、学習曲線は metrics.json だけに残します（pip install tensorboard）。")
        return
    from torch.utils.tensorboard import SummaryWriter
    from transformers.integrations.integration_utils import TensorBoardCallback

    writer = SummaryWriter(str(folder / TENSORBOARD_NAME))
    trainer.add_callback(TensorBoardCallback(writer))  # type: ignore[no-untyped-call]


def _use_all_cores() -> None:
    """torchrun gives each process one thread unless told otherwise; a machine's processes share its cores."""
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(max(1, n_cores // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))))


@contextmanager
def _stop_on_sigterm() -> Iterator[Interruption]:
    """Within the block SIGTERM only sets a flag, which the loop reads after each step."""
    interruption = Interruption()

    def request(_number: int, _frame: FrameType | None) -> None:
        interruption.is_requested = True

    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield interruption
        return
    before = signal.signal(signal.SIGTERM, request)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGTERM, before)
