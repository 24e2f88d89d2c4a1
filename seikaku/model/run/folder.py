"""A trained run's folder: layout, save, load, what is missing. safetensors and JSON only, never pickle. Effect: disk.

    adapter/            LoRA weights and settings, in PEFT's own layout (the backbone itself is not copied)
    heads.safetensors   what stands on the encoder: stage 1's auxiliary heads, or stage 2's trait head with label scales
    calibration.json    stage 2: slope, intervals, accuracy by amount, norm
    tokenizer files     as transformers writes them
    metrics.json        the figures of the kept epoch and of every epoch before it
    README.md           model card
    run_config.json     settings, data, versions, and the SHA-256 of every file above

Built in a temporary sibling and renamed: a folder that is there is whole.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from seikaku.errors import ModelError, UserError, both
from seikaku.files import open_atomic, sha256_of_file, write_json
from seikaku.model.calibration import Calibration
from seikaku.model.checking import read_json
from seikaku.model.encoder.backbone import TOKENIZER_NAMES
from seikaku.model.settings import read_settings

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = "seikaku-run"
FORMAT_VERSION = 1
CONFIG_NAME = "run_config.json"
METRICS_NAME = "metrics.json"
CARD_NAME = "README.md"
HEADS_NAME = "heads.safetensors"
CALIBRATION_NAME = "calibration.json"  # of stage 2
ADAPTER_NAME = "adapter"
_REQUIRED = (
    CONFIG_NAME,
    HEADS_NAME,
    METRICS_NAME,
    CARD_NAME,
    f"{ADAPTER_NAME}/adapter_config.json",
    f"{ADAPTER_NAME}/adapter_model.safetensors",
)
_MEND = both(
    "python train.py で学習した結果のフォルダを指定してください。", "Name a folder that python train.py has written."
)
_TRAIN_ANEW = both("学習し直してください。", "Train anew.")
_ANOTHER_OUT = both("--out に別のフォルダを指定してください。", "Name another folder with --out.")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where things lie in a run's folder; nothing is read before it is asked for."""

    path: Path

    @property
    def adapter(self) -> Path:
        """The folder of the LoRA adapter."""
        return self.path / ADAPTER_NAME

    def missing(self) -> list[str]:
        """Names of the files that a whole run has and this folder has not."""
        missing = [name for name in _REQUIRED if not (self.path / name).is_file()]
        has_tokenizer = any((self.path / name).is_file() for name in TOKENIZER_NAMES)
        return missing if has_tokenizer else [*missing, TOKENIZER_NAMES[0]]

    def is_valid(self) -> bool:
        """Whether it is a whole run, every file as it was written."""
        try:
            self.verify()
        except (ModelError, OSError):  # OSError: another process is taking the folder away
            return False
        return True

    def load_config(self) -> dict[str, Any]:
        """``run_config.json``. Raises ModelError when the folder is none of ours or of another format."""
        if not (self.path / CONFIG_NAME).is_file():
            raise ModelError(
                both(
                    f"{self.path} は学習結果のフォルダではありません（{CONFIG_NAME} がありません）。",
                    f"{self.path} is no folder of a trained run (it has no {CONFIG_NAME}).",
                ),
                _MEND,
            )
        subject = both("学習結果", "trained run")
        return read_settings(self.path / CONFIG_NAME, (FORMAT, FORMAT_VERSION), subject=subject, mend=_MEND)

    def verify(self) -> dict[str, Any]:
        """Check that every file is there and as recorded; returns the config. Raises ModelError naming the first."""
        config = self.load_config()
        if missing := self.missing():
            raise ModelError(
                both(
                    f"{self.path} に {'、'.join(missing)} がありません。", f"{self.path} has no {', '.join(missing)}."
                ),
                _TRAIN_ANEW,
            )
        files = config.get("files")
        if not isinstance(files, dict) or any(PurePosixPath(name).is_absolute() or ".." in name for name in files):
            raise ModelError(
                both(
                    f"学習結果の設定に、フォルダの中のファイルの一覧がありません: {self.path / CONFIG_NAME}",
                    f"The settings of the run list no files of its folder: {self.path / CONFIG_NAME}",
                ),
                _TRAIN_ANEW,
            )
        for name, expected in files.items():
            if not (self.path / name).is_file() or sha256_of_file(self.path / name) != expected:
                raise ModelError(
                    both(
                        f"学習結果のファイルが壊れているか、書き換えられています: {self.path / name}",
                        f"A file of the trained run is damaged or altered: {self.path / name}",
                    ),
                    both("学習し直すか、元のファイルに戻してください。", "Train anew, or put the original file back."),
                )
        return config

    def load_heads(self) -> "dict[str, Tensor]":
        """The heads' state by name."""
        from safetensors.torch import load_file

        return load_file(self.path / HEADS_NAME)

    def load_calibration(self) -> Calibration:
        """``calibration.json`` of a stage 2 run. Raises ModelError when it is missing or incomplete."""
        path = self.path / CALIBRATION_NAME
        try:
            return Calibration.from_json(read_json(path.read_text(encoding="utf-8"), is_finite=False))
        except (OSError, AttributeError, IndexError, KeyError, TypeError, ValueError):
            raise ModelError(
                both(f"学習結果の較正を読めません: {path}", f"The run's calibration cannot be read: {path}"),
                _TRAIN_ANEW,
            ) from None

    def load_metrics(self) -> dict[str, Any]:
        """``metrics.json``."""
        metrics = json.loads((self.path / METRICS_NAME).read_text(encoding="utf-8"))
        assert isinstance(metrics, dict)
        return metrics


def open_run_folder(path: Path, stage: int | None = None) -> RunFolder:
    """A whole run, checked. Raises ModelError naming what is wrong: no run, files missing or altered, other stage."""
    if not path.is_dir():
        raise ModelError(
            both(f"学習結果のフォルダがありません: {path}", f"There is no folder of a trained run: {path}"), _MEND
        )
    run = RunFolder(path)
    found = run.verify()["stage"]
    if stage is not None and found != stage:
        raise ModelError(
            both(
                f"{path} は stage {found} の学習結果です（必要なのは stage {stage}）。",
                f"{path} is a run of stage {found} (stage {stage} is needed).",
            ),
            both(
                f"python train.py --stage {stage} で学習した結果のフォルダを指定してください。",
                f"Name a folder that python train.py --stage {stage} has written.",
            ),
        )
    return run


def check_target(out: Path, stage: int) -> None:
    """Raise UserError where a run of ``stage`` must not be written: over other files, or over another stage's run.

    A whole earlier run of the same stage is replaced when the new one is whole.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        found = RunFolder(out).load_config()["stage"]
    except ModelError:
        raise UserError(
            both(
                f"{out} は学習結果のフォルダではないので、上書きしません（{CONFIG_NAME} がありません）。",
                f"{out} is no folder of a trained run, so it is not overwritten (it has no {CONFIG_NAME}).",
            ),
            _ANOTHER_OUT,
        ) from None
    if found != stage:
        raise UserError(
            both(
                f"{out} には stage {found} の学習結果があるので、stage {stage} の結果で上書きしません。",
                f"{out} holds a run of stage {found}, which one of stage {stage} does not overwrite.",
            ),
            _ANOTHER_OUT,
        )


def save_run_folder(
    out: Path,
    write_model: Callable[[Path], None],
    *,
    heads: "Mapping[str, Tensor]",
    config: dict[str, Any],
    metrics: dict[str, Any],
    card: str,
    calibration: Calibration | None = None,
) -> RunFolder:
    """Write a run whole or not at all; ``write_model(folder)`` writes the adapter and the tokenizer.

    ``config`` holds at least ``stage`` and the settings; format, versions and hashes are added here.
    """
    from safetensors.torch import save_file

    with _built_beside(out) as temporary:
        write_model(temporary)
        save_file({name: value.detach().cpu().contiguous() for name, value in heads.items()}, temporary / HEADS_NAME)
        write_json(temporary / METRICS_NAME, metrics)
        if calibration is not None:
            write_json(temporary / CALIBRATION_NAME, calibration.to_json())
        _write_card(temporary, card)
        _write_config(temporary, {"format": FORMAT, "format_version": FORMAT_VERSION} | config)
        if missing := RunFolder(temporary).missing():
            raise ValueError(f"the model wrote no {', '.join(missing)}")
    return RunFolder(out)


def replace_calibration(run: RunFolder, calibration: Calibration, card: str) -> RunFolder:
    """The same run with another calibration and card, whole or not at all."""
    return _rewrite(run, CALIBRATION_NAME, calibration.to_json(), card)


def replace_figures(run: RunFolder, metrics: dict[str, Any], card: str) -> RunFolder:
    """The same run with other figures and card, whole or not at all."""
    return _rewrite(run, METRICS_NAME, metrics, card)


def _rewrite(run: RunFolder, name: str, value: dict[str, Any], card: str) -> RunFolder:
    config = {key: item for key, item in run.load_config().items() if key != "files"}
    with _built_beside(run.path) as temporary:
        shutil.copytree(run.path, temporary, dirs_exist_ok=True, ignore=shutil.ignore_patterns(CONFIG_NAME))
        write_json(temporary / name, value)
        _write_card(temporary, card)
        _write_config(temporary, config)
    return run


@contextmanager
def _built_beside(out: Path) -> Iterator[Path]:
    """A temporary sibling of ``out`` that takes its place when the block ends well."""
    temporary = out.with_name(f".{out.name}.{os.getpid()}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        _replace(temporary, out)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _write_card(folder: Path, card: str) -> None:
    with open_atomic(folder / CARD_NAME) as stream:
        stream.write(card)


def _write_config(folder: Path, config: dict[str, Any]) -> None:
    """``config`` and the hash of every file that is there; written last."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    hashes = {path.relative_to(folder).as_posix(): sha256_of_file(path) for path in files}
    write_json(folder / CONFIG_NAME, config | {"files": hashes})


def _replace(new: Path, out: Path) -> None:
    """Rename ``new`` to ``out``. A folder cannot be renamed over another: an old run steps aside for a moment."""
    old = out.with_name(f".{out.name}.{os.getpid()}.old")
    if out.exists():
        out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)
