"""What `seikaku.cloud` is told of backbones and run folders, of which it knows nothing itself. Effects: reads, fetches.

Wiring: functions that the verbs hand down, so that the cloud needs no torch and no model.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


def find_backbone_folder(name: str, base_model: Path | None) -> Path:
    """The folder with a backbone's files, fetched if need be."""
    # Its first import reads the backbone's libraries; and huggingface_hub draws bars of its own over ours.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from seikaku.model.encoder.backbone import find_backbone

    return find_backbone(name, base_model).folder


def check_targets(out: Path, stages: Iterable[int]) -> None:
    """Raise UserError where a stage's result would replace something that is no run folder of it."""
    from seikaku.model.run.folder import check_target

    for stage in stages:
        check_target(out / f"stage{stage}", stage)


def build_check(target: Path, stage: int, fetch_trials: Callable[[], dict[str, Any]] | None) -> Callable[[Path], None]:
    """The check of a job's result before it is put at ``target``; ``fetch_trials``: of the search, for the card."""

    def check(folder: Path) -> None:
        from seikaku.model.run.folder import check_target, open_run_folder

        run = open_run_folder(folder, stage)
        check_target(target, stage)
        if fetch_trials is not None:
            from seikaku.model.run.tuning_record import add_tuning

            add_tuning(run, fetch_trials())

    return check
