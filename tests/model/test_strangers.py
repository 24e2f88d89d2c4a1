"""A model folder from a stranger: whatever its settings and weights hold, it is refused, or gives finite numbers."""

import copy
import json
import math
import random
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from seikaku.conversation.readers import read_conversations
from seikaku.errors import ModelError
from seikaku.files import sha256_of_file
from seikaku.inference.estimator import Estimator
from seikaku.model.loading import load_trained
from seikaku.model.ngram.folder import EMBEDDED_FOLDER
from seikaku.places import REPOSITORY

SETTINGS = json.loads((EMBEDDED_FOLDER / "model.json").read_text(encoding="utf-8"))
VALUES = (None, "", [], {}, -1, 0, 1e308, math.nan, math.inf, "x", [1], {"a": 1}, True, 10**30, -1e-9)
N_CHANGES = 60


def list_places(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, part in value.items():
            yield from list_places(part, (*path, key))
    elif isinstance(value, list):
        for index in range(min(2, len(value))):
            yield from list_places(value[index], (*path, index))


def change(settings, rng):
    """One field of the settings is gone, shorter, negative, or something else."""
    *above, last = rng.choice(list(list_places(settings))[1:])
    part = settings
    for key in above:
        part = part[key]
    drawn = rng.random()
    if drawn < 0.25:
        del part[last]
    elif drawn < 0.4 and isinstance(part[last], list):
        part[last] = part[last][:-1]
    elif drawn < 0.5 and isinstance(part[last], int | float):
        part[last] = -part[last]
    else:
        part[last] = rng.choice(VALUES)


@pytest.fixture(scope="module")
def talk():
    return read_conversations(REPOSITORY / "examples" / "line_1on1.txt").conversations


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(EMBEDDED_FOLDER, tmp_path / "model")


def test_settings_that_were_changed_are_refused_or_give_finite_numbers(folder, talk):
    rng, n_refused = random.Random(0), 0
    for _ in range(N_CHANGES):
        settings = copy.deepcopy(SETTINGS)
        change(settings, rng)
        (folder / "model.json").write_text(json.dumps(settings), encoding="utf-8")
        try:
            estimator = Estimator.load(folder)
        except ModelError:
            n_refused += 1
            continue
        for trait in estimator.estimate(talk, "花子", n_evidence=1).traits.values():
            assert trait.t_score is None or math.isfinite(trait.t_score)
            assert trait.interval_80 is None or math.isfinite(trait.interval_80.high_t)
    assert N_CHANGES / 2 < n_refused < N_CHANGES


@pytest.mark.parametrize(
    "damage",
    [
        {"weights": lambda value: np.full_like(value, np.nan)},
        {"weights": lambda value: value[:, :4].copy()},
        {"prior": lambda value: value[:-1].copy()},
        {"prior": lambda value: value + 2},
        {"centre": lambda value: value[:, None].copy()},
        {"keys": lambda value: value[::-1].copy()},
        {"keys": lambda value: value.astype(np.float32)},
        {"writing_mean": lambda value: value[:3].copy()},
        {"writing_pairs": lambda value: value[::-1].copy()},
        {"writing_quantiles": lambda value: -value},
    ],
)
def test_weights_of_another_shape_or_range_are_refused(folder, damage):
    tensors = load_file(folder / "model.safetensors")
    tensors |= {name: spoil(tensors[name]) for name, spoil in damage.items()}
    save_file(tensors, folder / "model.safetensors")
    record(folder)
    with pytest.raises(ModelError, match="モデルの内容が不完全です"):
        load_trained(folder)


@pytest.mark.parametrize("data", [b"", b"\xff" * 64, b"\x08\0\0\0\0\0\0\0{}      ", (10**15).to_bytes(8, "little")])
def test_a_bad_header_of_the_weights_is_refused(folder, data):
    (folder / "model.safetensors").write_bytes(data)
    record(folder)
    with pytest.raises(ModelError):
        load_trained(folder)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"format": NaN}', "[]", "null", '{"format": "seikaku-ngram"}'])
def test_settings_that_are_no_settings_are_refused(folder, text):
    (folder / "model.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError):
        load_trained(folder)


def record(folder):
    """The settings name the weights as they are now: their maker is the stranger."""
    settings = SETTINGS | {"weights_sha256": sha256_of_file(folder / "model.safetensors")}
    (folder / "model.json").write_text(json.dumps(settings), encoding="utf-8")
