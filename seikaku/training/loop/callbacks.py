"""What the loop does between steps: metric lines, patience, checkpoints in mid-epoch, stopping on SIGTERM.

Effects: reports lines; sets the Trainer's control flags.
"""

import time
from collections.abc import Callable
from typing import Any

import torch
from transformers import ProgressCallback, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from seikaku.config import LoopConfig
from seikaku.training.loop.ordering import EpochStream, EpochView
from seikaku.training.loop.reporting import metric_line
from seikaku.training.loop.speed import Speedometer

# Where no interval is asked for, saving may take this share of the time, but nobody loses more than the longest.
_SAVING_SHARE = 0.02
_SHORTEST_SECONDS, _LONGEST_SECONDS = 4.0, 480.0

_NOT_METRICS = {"eval_runtime", "eval_samples_per_second", "eval_steps_per_second", "eval_model_preparation_time"}


class Interruption:
    """Whether a SIGTERM came, and whether training ended because of it."""

    def __init__(self) -> None:
        self.is_requested = False
        self.stopped_early = False


def agree(*flags: bool) -> list[bool]:
    """Each flag, true in every process once it is in any: all must save, and leave, at the same step."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return list(flags)
    own = torch.tensor([int(flag) for flag in flags], device="cuda" if torch.cuda.is_available() else "cpu")
    torch.distributed.all_reduce(own, torch.distributed.ReduceOp.MAX)
    return [bool(flag) for flag in own.tolist()]


class SteerCallback(TrainerCallback):
    """Turns the data to its epoch, saves in mid-epoch, and stops after SIGTERM or when validation stays worse."""

    def __init__(self, data: EpochView | EpochStream, interruption: Interruption, config: LoopConfig) -> None:
        self._data = data
        self._interruption = interruption
        self._config = config
        self._saved_at = time.monotonic()
        self._asked_at: float | None = None
        self._save_seconds = 0.0

    def on_epoch_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Turn to the epoch that the state has reached, and to the step in it (after a resume)."""
        n_per_step = args.train_batch_size * args.world_size * args.gradient_accumulation_steps
        n_steps = -(-len(self._data) // n_per_step)
        self._data.start_epoch(int(state.epoch or 0), state.global_step % n_steps * n_per_step)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """The next save is due an interval from now; what a save costs is known from one in mid-epoch."""
        self._saved_at = time.monotonic()
        if self._asked_at is not None:
            self._save_seconds = self._saved_at - self._asked_at
        self._asked_at = None

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Save every so many minutes, or steps, or as often as costs little; save and stop when asked to.

        The last step of an epoch is left to the epoch's end, which evaluates before it saves: a run resumed from
        there has seen the same validations as an unbroken one.
        """
        every = self._config.checkpoint_every_steps
        is_late = time.monotonic() - self._saved_at >= self._interval()
        is_due, stop = agree(is_late or bool(every) and state.global_step % every == 0, self._interruption.is_requested)
        self._interruption.is_requested = stop
        if stop and state.global_step < state.max_steps:
            self._interruption.stopped_early = control.should_training_stop = True
        if not _is_epoch_end(state) and state.global_step < state.max_steps:
            control.should_save = control.should_save or stop or is_due
            self._asked_at = time.monotonic() if control.should_save else None

    def _interval(self) -> float:
        """Seconds from one save to the next."""
        if (minutes := self._config.checkpoint_every_minutes) is not None:
            return 60 * minutes
        return min(max(self._save_seconds / _SAVING_SHARE, _SHORTEST_SECONDS), _LONGEST_SECONDS)

    def on_epoch_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """After SIGTERM in mid-epoch the checkpoint is written already: no time for a validation."""
        if self._interruption.stopped_early and not _is_epoch_end(state):
            control.should_evaluate = control.should_save = False

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Stop when patience is used up."""
        if is_exhausted(state, str(args.metric_for_best_model), self._config.patience):
            control.should_training_stop = True


class ReportCallback(TrainerCallback):
    """One line on standard output for every logged loss and every validation: `stage2 epoch=1 validation_mae=...`."""

    def __init__(self, stage: int, report: Callable[[str], None], speed: Speedometer) -> None:
        self._stage = stage
        self._report = report
        self._speed = speed

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: Any = None, **_: Any
    ) -> None:
        """Report the mean loss since the last line, and how fast it was learned."""
        if logs and "loss" in logs:
            figures = {"train_loss": logs["loss"], "learning_rate": logs["learning_rate"]} | self._speed.read()
            if state.is_world_process_zero:
                self._line(state, {"step": state.global_step} | figures)

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, metrics: Any = None, **_: Any
    ) -> None:
        """Report a validation; its time is none of learning."""
        self._speed.restart()
        if state.is_world_process_zero:
            figures = {f"validation_{name}": value for name, value in plain_metrics(metrics or {}).items()}
            self._line(state, figures)

    def _line(self, state: TrainerState, figures: dict[str, float]) -> None:
        self._report(metric_line(self._stage, f"epoch={state.epoch or 0.0:.4g}", figures))


class QuietProgress(ProgressCallback):
    """transformers' progress bar without its own copy of the logged figures."""

    def on_log(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing."""


def plain_metrics(entry: dict[str, Any]) -> dict[str, float]:
    """A validation's figures without the Trainer's prefix and its clock."""
    return {
        name.removeprefix("eval_"): float(value)
        for name, value in entry.items()
        if name.startswith("eval_") and name not in _NOT_METRICS
    }


def is_exhausted(state: TrainerState, metric: str, patience: int) -> bool:
    """Whether the last ``patience`` validations brought nothing better; read from the state, so a resume knows it."""
    name = metric if metric.startswith("eval_") else f"eval_{metric}"
    values = [entry[name] for entry in state.log_history if name in entry and entry["step"]]  # step 0: the start
    return bool(patience and values) and len(values) - 1 - values.index(min(values)) >= patience


def _is_epoch_end(state: TrainerState) -> bool:
    return float(state.epoch or 0) == int(state.epoch or 0)
