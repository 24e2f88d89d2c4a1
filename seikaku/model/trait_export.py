"""A stage 2 run as a folder that runs without torch. In: a run folder. Out: ONNX, tokenizer, settings. Effect: disk.

``model.onnx`` gives the five traits on 1-7 for each window, not clipped; the head is linear, so a speaker's estimate is
the mean over the windows, clipped to the scale. ``model.json`` comes last, once ONNX agrees with torch.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seikaku.errors import ModelError
from seikaku.files import sha256_of_file, write_json
from seikaku.model.run_folder import CONFIG_NAME, RunFolder
from seikaku.traits import N_TRAITS, SCALE_MAX, SCALE_MIN, TRAIT_KEYS

if TYPE_CHECKING:
    from seikaku.model.heads import TraitHead

MODEL_NAME = "model.onnx"
SETTINGS_NAME = "model.json"
TOKENIZER_NAME = "tokenizer.json"
_PROBE = "はじめまして。週末は山に登ったり、家で本を読んだりしています。"  # our own sentence
# On the 1-7 scale: float32 differs by rounding only, 8 bits by what they cannot hold.
_TOLERANCE = {False: 1e-3, True: 0.25}


@dataclass(frozen=True, slots=True)
class ExportedRun:
    """The written model file, and the greatest difference to torch that was found (on the 1-7 scale)."""

    path: Path
    difference: float


def export_run(run_path: Path, out: Path, *, int8: bool) -> ExportedRun:
    """Write the folder. Raises ModelError: no whole run of stage 2, too large, or an export that differs from torch."""
    from seikaku.model.onnx_export import export_onnx
    from seikaku.model.trait_model import load_trait_model

    model, run = load_trait_model(run_path)
    encoder: Any = model.encoder
    head = _scores_head(model.head)
    out.mkdir(parents=True, exist_ok=True)
    (out / SETTINGS_NAME).unlink(missing_ok=True)
    export_onnx(encoder, head, out / MODEL_NAME, int8=int8)
    shutil.copyfile(run.path / TOKENIZER_NAME, out / TOKENIZER_NAME)
    difference = _compare(encoder, head, out / MODEL_NAME)
    if not difference <= _TOLERANCE[int8]:
        raise ModelError(
            f"書き出した ONNX の値が torch と {difference:.3g} 違います（許す差 {_TOLERANCE[int8]:g}）: {out}",
            "--int8 を外して書き出してください。" if int8 else "onnxruntime と torch の版を確かめてください。",
        )
    write_json(out / SETTINGS_NAME, _describe(run, out, int8))
    return ExportedRun(out / MODEL_NAME, difference)


def _scores_head(head: "TraitHead") -> Any:
    """The head with its answer on the questionnaire's scale: (n_texts, width) -> (n_texts, n_traits)."""
    from torch import Tensor, nn

    class ScoresHead(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = head

        def forward(self, pooled: Tensor) -> Tensor:
            scores: Tensor = self.head(pooled) * self.head.label_sd + self.head.label_mean
            return scores[:, :N_TRAITS]

    return ScoresHead().eval()


def _compare(encoder: Any, head: Any, path: Path) -> float:
    import numpy as np
    import onnxruntime
    import torch

    batch = encoder.tokenizer([_PROBE, _PROBE[:9]], padding=True, return_tensors="pt")
    ids, mask = batch["input_ids"], batch["attention_mask"]
    with torch.no_grad():
        expected = head(encoder(ids, mask)).numpy()
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
    return float(np.abs(found - expected).max())


def _describe(run: RunFolder, out: Path, int8: bool) -> dict[str, Any]:
    config = run.load_config()["config"]
    return {
        "format": "seikaku-onnx",
        "format_version": 1,
        "traits": list(TRAIT_KEYS),
        "scale": [SCALE_MIN, SCALE_MAX],
        "max_tokens": config["max_tokens"],
        "with_partner": config["with_partner"],
        "backbone": config["backbone"],
        "int8": int8,
        "model_sha256": sha256_of_file(out / MODEL_NAME),
        "run_config_sha256": sha256_of_file(run.path / CONFIG_NAME),
        "validation": run.load_metrics()["best"],
    }
