"""A trained model's folder: safetensors and JSON, never pickle. In: a folder. Out: ``TrainedModel``. Effect: disk.

Layout: ``model.safetensors`` (weights and tables), ``model.json`` (settings, norm, provenance), ``README.md`` (card).
``model.json`` records the weights' SHA-256, which loading checks; the model hash is the SHA-256 of the settings.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from seikaku.errors import ModelError
from seikaku.files import open_atomic, sha256_of_file, write_json
from seikaku.model.calibration import AccuracyCurve, AmountTable
from seikaku.model.ngram.model import NgramModel
from seikaku.model.norm import Norm
from seikaku.model.settings import read_settings
from seikaku.model.trained import TrainedModel
from seikaku.model.typicality import Typicality
from seikaku.places import ASSETS
from seikaku.traits import N_TRAITS

FORMAT = "seikaku-ngram"
FORMAT_VERSION = 2  # 2: how the norm group writes, and the bounds of estimates
WEIGHTS_NAME = "model.safetensors"
SETTINGS_NAME = "model.json"
CARD_NAME = "README.md"
EMBEDDED_FOLDER = ASSETS / "ngram"

_MEND = "seikaku fit で作り直すか、--model を省いて同梱モデルを使ってください。"


def save_model(folder: Path, trained: TrainedModel, card: str) -> None:
    """Write an n-gram model's weights, settings and card; the settings come last and make the folder valid."""
    from safetensors.numpy import save

    folder.mkdir(parents=True, exist_ok=True)
    ngram = trained.text_model
    assert isinstance(ngram, NgramModel)
    weights = save(_tensors(trained, ngram))
    settings = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "model_id": trained.model_id,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "window_chars": ngram.window_chars,
        "prior_windows": ngram.prior_windows,
        "floor_chars": trained.floor_chars,
        "known_share_floor": trained.known_share_floor,
        "norm": asdict(trained.norm),
        "provenance": trained.provenance,
    }
    (folder / SETTINGS_NAME).unlink(missing_ok=True)
    with open_atomic(folder / WEIGHTS_NAME, "wb") as stream:
        stream.write(weights)
    with open_atomic(folder / CARD_NAME) as stream:
        stream.write(card)
    write_json(folder / SETTINGS_NAME, settings)


def load_model(folder: Path = EMBEDDED_FOLDER) -> TrainedModel:
    """Load and check a model folder. Raises ModelError that names what is missing, altered or of another format."""
    settings = _load_settings(folder)
    weights_path = folder / WEIGHTS_NAME
    if sha256_of_file(weights_path) != settings["weights_sha256"]:
        raise ModelError(f"モデルの重みが記録と一致しません（破損または改変）: {weights_path}", _MEND)
    from safetensors.numpy import load_file

    tensors = load_file(weights_path)
    # A hash of the content (the settings hold the weights' hash): the same model has the same hash everywhere.
    model_hash = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    try:
        return _build(settings, tensors, model_hash)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"モデルの内容が不完全です（{error}）: {folder}", _MEND) from error


def _load_settings(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise ModelError(f"モデルのフォルダがありません: {folder}", _MEND)
    missing = [name for name in (SETTINGS_NAME, WEIGHTS_NAME) if not (folder / name).is_file()]
    if missing:
        raise ModelError(f"モデルのフォルダに {'、'.join(missing)} がありません: {folder}", _MEND)
    return read_settings(folder / SETTINGS_NAME, (FORMAT, FORMAT_VERSION), subject="モデル", mend=_MEND)


def _tensors(trained: TrainedModel, ngram: NgramModel) -> dict[str, np.ndarray[Any, Any]]:
    curve = trained.accuracy
    return {
        "keys": ngram.keys.astype(np.int64),
        "prior": ngram.prior,
        "centre": ngram.centre,
        "weights": np.ascontiguousarray(ngram.weights),
        "intercept": ngram.intercept,
        "offset": _offset(ngram).values,
        "offset_windows": _offset(ngram).amounts,
        "half_width_windows": trained.half_widths.amounts,
        "half_width": trained.half_widths.values,
        "accuracy_chars": curve.r.amounts,
        "accuracy_r": curve.r.values,
        "accuracy_r_low_95": curve.r_low_95.values,
        "accuracy_r_high_95": curve.r_high_95.values,
        **_optional_tensors(trained),
    }


def _optional_tensors(trained: TrainedModel) -> dict[str, np.ndarray[Any, Any]]:
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    if trained.bounds is not None:
        tensors |= {"bound_windows": trained.bounds.amounts, "bound": trained.bounds.values}
    if trained.typicality is not None:
        typical = trained.typicality
        tensors |= {
            "style_chars": typical.chars,
            "style_mean": typical.mean,
            "style_precision": np.ascontiguousarray(typical.precision),
            "style_limits": typical.limits,
        }
    return tensors


def _offset(ngram: NgramModel) -> AmountTable:
    return ngram.offset or AmountTable(np.ones(1), np.zeros((1, N_TRAITS)))


def _build(settings: dict[str, Any], tensors: dict[str, np.ndarray[Any, Any]], model_hash: str) -> TrainedModel:
    n_features = len(tensors["keys"])
    if tensors["weights"].shape != (n_features, N_TRAITS):
        raise ValueError(f"weights {tensors['weights'].shape}")
    chars = tensors["accuracy_chars"]
    return TrainedModel(
        model_id=settings["model_id"],
        text_model=NgramModel(
            keys=tensors["keys"],
            prior=tensors["prior"],
            centre=tensors["centre"],
            weights=tensors["weights"],
            intercept=tensors["intercept"],
            window_chars=settings["window_chars"],
            prior_windows=settings["prior_windows"],
            offset=AmountTable(tensors["offset_windows"], tensors["offset"]),
        ),
        half_widths=AmountTable(tensors["half_width_windows"], tensors["half_width"]),
        accuracy=AccuracyCurve(
            AmountTable(chars, tensors["accuracy_r"]),
            AmountTable(chars, tensors["accuracy_r_low_95"]),
            AmountTable(chars, tensors["accuracy_r_high_95"]),
        ),
        norm=Norm(**settings["norm"]),
        floor_chars=settings["floor_chars"],
        known_share_floor=settings["known_share_floor"],
        provenance=settings["provenance"],
        model_hash=model_hash,
        typicality=_typicality(tensors),
        bounds=AmountTable(tensors["bound_windows"], tensors["bound"]) if "bound" in tensors else None,
    )


def _typicality(tensors: dict[str, np.ndarray[Any, Any]]) -> Typicality | None:
    names = ("style_chars", "style_mean", "style_precision", "style_limits")
    return Typicality(*(tensors[name] for name in names)) if "style_chars" in tensors else None
