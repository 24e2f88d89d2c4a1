"""Checkpoints of a run in progress: which are whole, which is the newest. Effects: reads, writes, deletes.

    <run>.checkpoints/
        run_config.json       the settings that the run began with; a resumed run must have the same
        checkpoint-<step>/    what the Trainer wrote, then COMPLETE: the size and SHA-256 of every file, written last

A checkpoint without a true COMPLETE was cut off while it was written: it is deleted when a run resumes.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seikaku.errors import UserError, both
from seikaku.files import sha256_of_file, write_json

MARKER_NAME = "COMPLETE"
CONFIG_NAME = "run_config.json"
_N_KEPT = 2


def checkpoints_folder(out: Path) -> Path:
    """Where the checkpoints of the run that will become ``out`` lie: beside it, for ``out`` appears only whole."""
    return out.with_name(out.name + ".checkpoints")


def begin_run(
    folder: Path, settings: dict[str, Any], *, is_main: bool, resume: bool, report: Callable[[str], None]
) -> Path | None:
    """Prepare the checkpoint folder; returns the checkpoint to go on from, None to begin at the start.

    ``settings``: plain JSON values. Of several processes only the main one writes and deletes; all find the same
    checkpoint.
    Raises UserError where checkpoints lie and ``resume`` is not asked for, or were made with other settings.
    """
    found = newest_complete(folder)
    if found is not None and not resume:
        raise UserError(
            both(f"途中までの学習が残っています: {found}", f"A training that did not end is there: {found}"),
            both(
                f"続きから学習するには --resume を付けてください。初めからやり直すには {folder} を削除してください。",
                f"Add --resume to go on with it. To begin anew, delete {folder}.",
            ),
        )
    if found is not None:
        _check_same_settings(folder, settings)
    if not is_main:
        return found
    for path in _checkpoints(folder):
        if not is_complete(path):
            report(f"書きかけの途中保存を削除しました: {path.name}")
            shutil.rmtree(path)
    if found is None:
        write_json(folder / CONFIG_NAME, settings)
    if resume:
        report(f"再開: {found}" if found else f"再開: 途中保存がないので、初めから学習します（{folder}）")
    return found


def newest_complete(folder: Path) -> Path | None:
    """The whole checkpoint with the greatest step, or None."""
    return next((path for path in reversed(_checkpoints(folder)) if is_complete(path)), None)


def is_complete(checkpoint: Path) -> bool:
    """Whether every file that COMPLETE names is there with its size and SHA-256."""
    try:
        files = json.loads((checkpoint / MARKER_NAME).read_text(encoding="utf-8"))["files"]
        return all(_is_as_recorded(checkpoint / name, record) for name, record in files.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def mark_incomplete(checkpoint: Path) -> None:
    """Take the marker away before a checkpoint is written again."""
    (checkpoint / MARKER_NAME).unlink(missing_ok=True)


def mark_complete(checkpoint: Path) -> None:
    """Record every file of a checkpoint that was just written."""
    files = sorted(path for path in checkpoint.rglob("*") if path.is_file() and path.name != MARKER_NAME)
    records = {
        path.relative_to(checkpoint).as_posix(): {"n_bytes": path.stat().st_size, "sha256": sha256_of_file(path)}
        for path in files
    }
    write_json(checkpoint / MARKER_NAME, {"files": records})


def delete_old(folder: Path, best: str | None) -> None:
    """Keep the newest checkpoints and the ``best`` one (a folder's name); called only after one was marked whole."""
    for path in _checkpoints(folder)[:-_N_KEPT]:
        if path.name != best:
            shutil.rmtree(path)


def _checkpoints(folder: Path) -> list[Path]:
    found = [path for path in folder.glob("checkpoint-*") if path.is_dir() and _step(path) >= 0]
    return sorted(found, key=_step)


def _step(checkpoint: Path) -> int:
    number = checkpoint.name.removeprefix("checkpoint-")
    return int(number) if number.isdecimal() else -1


def _is_as_recorded(path: Path, record: dict[str, Any]) -> bool:
    return bool(path.stat().st_size == record["n_bytes"] and sha256_of_file(path) == record["sha256"])


def _check_same_settings(folder: Path, settings: dict[str, Any]) -> None:
    try:
        begun = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        begun = {}
    changed = {key: (begun.get(key), value) for key, value in settings.items() if begun.get(key) != value}
    different = [f"{key}={old}（今回 {new}）" for key, (old, new) in changed.items()]
    different_en = [f"{key}={old} (now {new})" for key, (old, new) in changed.items()]
    if different:
        raise UserError(
            both(
                f"途中までの学習と設定が違います: {'、'.join(different)}",
                f"The settings are not those of the training that did not end: {', '.join(different_en)}",
            ),
            both(
                f"同じ設定で --resume するか、{folder} を削除して初めから学習してください。",
                f"--resume with the same settings, or delete {folder} and begin anew.",
            ),
        )
