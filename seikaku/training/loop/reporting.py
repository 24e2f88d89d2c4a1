"""What a training process tells, and which of several processes tells it. Effect: reads the environment."""

import os
from collections.abc import Callable

TENSORBOARD_NAME = "tensorboard"


def final_line(stage: int, figures: dict[str, float]) -> str:
    """`stage2 final validation_mae=...`: the kept epoch's validation, the last figures that a job's log tells."""
    shown = {f"validation_{name}": value for name, value in figures.items() if name not in ("epoch", "step")}
    return metric_line(stage, "final", shown)


def metric_line(stage: int, when: str, figures: dict[str, float]) -> str:
    """One line of figures by name, as SageMaker's expressions read them: `stage2 epoch=1 validation_mae=...`."""
    return " ".join([f"stage{stage}", when, *(f"{name}={value:.4g}" for name, value in figures.items())])


def process_rank() -> int:
    """Which of the processes this is, from 0 (torchrun's rank)."""
    return int(os.environ.get("RANK", "0"))


def is_main_process() -> bool:
    """Whether this process is the one that writes and reports (rank 0, or the only one)."""
    return process_rank() == 0


def n_processes() -> int:
    """How many processes train together (torchrun's world size)."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def report_lines(report: Callable[[str], None], is_main: bool) -> Callable[[str], None]:
    """``report`` in the main process, silence in the others."""
    return report if is_main else lambda line: None
