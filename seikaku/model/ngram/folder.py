"""A trained model's folder: safetensors and JSON, never pickle. In: a folder. Out: ``TrainedModel``. Effect: disk.

Layout: ``model.safetensors`` (weights), ``model.json`` (settings, calibration, provenance), ``README.md`` (card).
``model.json`` records the weights' SHA-256, which loading checks; the model hash is the SHA-256 of the settings.
"""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from seikaku.errors import ModelError, both
from seikaku.files import open_atomic, sha256_of_file, write_json
from seikaku.model.calibration import Calibration
from seikaku.model.checking import check_number, check_numbers, check_whole, check_words
from seikaku.model.ngram.model import NgramModel
from seikaku.model.settings import read_settings
from seikaku.model.trained import TrainedModel
from seikaku.model.typicality import FIGURES, GROUPS, LEVELS, WritingNorm
from seikaku.places import ASSETS
from seikaku.traits import N_TRAITS

FORMAT = "seikaku-ngram"
FORMAT_VERSION = 4  # 4: little text drawn in, how the norm group writes; 3: one calibration, in the settings
WEIGHTS_NAME = "model.safetensors"
SETTINGS_NAME = "model.json"
CARD_NAME = "README.md"
ENGLISH_CARD_NAME = "README.en.md"
EMBEDDED_FOLDER = ASSETS / "ngram"
_WRITING = "writing_"
_WRITING_ARRAYS = tuple(field.name for field in dataclasses.fields(WritingNorm))

_MEND = both(
    "seikaku fit で作り直すか、--model を省いて同梱モデルを使ってください。",
    "Make it anew with seikaku fit, or leave --model out to use the embedded model.",
)


def save_model(folder: Path, trained: TrainedModel, card: str, english_card: str = "") -> None:
    """Write an n-gram model's weights, settings and card; the settings come last and make the folder valid.

    Intercept and offset are kept in the calibration alone: raises ValueError where the model computes with others.
    """
    from safetensors.numpy import save

    ngram = _checked(trained)
    folder.mkdir(parents=True, exist_ok=True)
    weights = save(_tensors(trained, ngram))
    settings = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "model_id": trained.model_id,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "window_chars": ngram.window_chars,
        "prior_windows": ngram.prior_windows,
        "calibration": trained.calibration.to_json(),
        "provenance": trained.provenance,
    }
    (folder / SETTINGS_NAME).unlink(missing_ok=True)
    with open_atomic(folder / WEIGHTS_NAME, "wb") as stream:
        stream.write(weights)
    for name, text in ((CARD_NAME, card), (ENGLISH_CARD_NAME, english_card)):
        if text:
            with open_atomic(folder / name) as stream:
                stream.write(text)
    write_json(folder / SETTINGS_NAME, settings)


def load_model(folder: Path = EMBEDDED_FOLDER) -> TrainedModel:
    """Load and check a model folder. Raises ModelError that names what is missing, altered or of another format."""
    settings = _load_settings(folder)
    weights_path = folder / WEIGHTS_NAME
    if sha256_of_file(weights_path) != settings.get("weights_sha256"):
        raise ModelError(
            both(
                f"モデルの重みが記録と一致しません（破損または改変）: {weights_path}",
                f"The model's weights are not as recorded (damaged or altered): {weights_path}",
            ),
            _MEND,
        )
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    # A hash of the content (the settings hold the weights' hash): the same model has the same hash everywhere.
    model_hash = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    try:
        return _build(settings, load_file(weights_path), model_hash)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise ModelError(
            both(
                f"モデルの内容が不完全です（{error}）: {folder}",
                f"The model's content is incomplete ({error}): {folder}",
            ),
            _MEND,
        ) from error


def _checked(trained: TrainedModel) -> NgramModel:
    ngram, calibration = trained.text_model, trained.calibration
    assert isinstance(ngram, NgramModel)
    is_own = ngram.offset is calibration.offset and np.array_equal(ngram.intercept, calibration.norm.means)
    if not is_own or (calibration.slope != 1).any():
        raise ValueError("this is not the calibration that the n-gram model computes with")
    return ngram


def _load_settings(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise ModelError(both(f"モデルのフォルダがありません: {folder}", f"There is no model folder: {folder}"), _MEND)
    missing = [name for name in (SETTINGS_NAME, WEIGHTS_NAME) if not (folder / name).is_file()]
    if missing:
        raise ModelError(
            both(
                f"モデルのフォルダに {'、'.join(missing)} がありません: {folder}",
                f"The model's folder has no {', '.join(missing)}: {folder}",
            ),
            _MEND,
        )
    subject = both("モデル", "model")
    return read_settings(folder / SETTINGS_NAME, (FORMAT, FORMAT_VERSION), subject=subject, mend=_MEND)


def _tensors(trained: TrainedModel, ngram: NgramModel) -> dict[str, np.ndarray[Any, Any]]:
    tensors: dict[str, np.ndarray[Any, Any]] = {
        "keys": ngram.keys.astype(np.int64),
        "prior": ngram.prior,
        "centre": ngram.centre,
        "weights": np.ascontiguousarray(ngram.weights),
    }
    if (norm := trained.typicality) is not None:
        tensors |= {f"{_WRITING}{name}": np.ascontiguousarray(getattr(norm, name)) for name in _WRITING_ARRAYS}
    return tensors


def _build(settings: dict[str, Any], tensors: dict[str, np.ndarray[Any, Any]], model_hash: str) -> TrainedModel:
    keys = tensors["keys"]
    if keys.ndim != 1 or keys.dtype.kind not in "iu" or not len(keys) or (np.diff(keys) <= 0).any():
        raise ValueError(f"keys: {keys.shape}")
    check_numbers(tensors["prior"], "prior", keys.shape, 0.0, 1.0)
    check_numbers(tensors["centre"], "centre", keys.shape)
    check_numbers(tensors["weights"], "weights", (len(keys), N_TRAITS))
    calibration = Calibration.from_json(settings["calibration"])
    return TrainedModel(
        model_id=check_words(settings["model_id"], "model_id"),
        text_model=NgramModel(
            keys=tensors["keys"],
            prior=tensors["prior"],
            centre=tensors["centre"],
            weights=tensors["weights"],
            intercept=calibration.norm.means,
            window_chars=check_whole(settings["window_chars"], "window_chars", 1),
            prior_windows=check_number(settings["prior_windows"], "prior_windows", 0.0),
            offset=calibration.offset,
        ),
        calibration=calibration,
        provenance=settings["provenance"],
        model_hash=model_hash,
        typicality=_writing_norm(tensors),
    )


def _writing_norm(tensors: dict[str, np.ndarray[Any, Any]]) -> WritingNorm | None:
    if f"{_WRITING}{_WRITING_ARRAYS[0]}" not in tensors:
        return None
    norm = WritingNorm(*(tensors[f"{_WRITING}{name}"] for name in _WRITING_ARRAYS))
    check_numbers(norm.mean, "mean", (len(FIGURES),))
    for name in ("between", "within"):
        check_numbers(getattr(norm, name), name, (len(FIGURES),), 0.0)
    quantiles = check_numbers(norm.quantiles, "quantiles", (1 + len(GROUPS), len(LEVELS)), 0.0)
    is_ascending = (np.diff(quantiles, axis=1) >= 0).all() and (np.diff(norm.pairs) > 0).all()
    if not is_ascending or norm.pairs.ndim != 1 or norm.pairs.dtype.kind not in "iu":
        raise ValueError("writing")
    return norm
