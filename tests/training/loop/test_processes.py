"""Batches divided among processes, accumulated or compiled: it is the same learning, or it is refused."""

import json
import os
import shutil

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import tiny_training
from safetensors.torch import load_file
from tiny_training import CutError, assert_same, cut_at, start

from seikaku.errors import UserError
from seikaku.training.loop import loop


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"batch_size": 4}, (), marks=pytest.mark.thorough),
        pytest.param({"batch_size": 2, "gradient_accumulation_steps": 2}, (), marks=pytest.mark.thorough),
        ({"batch_size": 2, "gradient_accumulation_steps": 2}, ("stream",)),
    ],
    ids=["list", "accumulated", "accumulated stream"],
)
def test_two_processes_learn_what_one_learns_with_twice_the_batch(tmp_path, changes, words):
    launcher = ["-m", "torch.distributed.run", "--nproc_per_node=2", "--master_port=0", "--standalone"]
    process = start(tmp_path / "two", json.dumps({"dropout": 0.0} | changes), *words, launcher=launcher)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors[-2000:]
    model, stream = tiny_training.TinyModel(dropout=0.0), "stream" in words
    _, one = tiny_training.run(tmp_path / "one", model=model, batch_size=8, stream=stream)
    assert_same(load_file(tmp_path / "two.safetensors"), one, tolerance=1e-6)


def test_a_resume_with_another_number_of_processes_is_refused(tmp_path, monkeypatch):
    """Its order of examples, and each process's random state, would be others."""
    with pytest.raises(CutError):
        tiny_training.run(tmp_path / "run", model=tiny_training.TinyModel(on_step=cut_at(7)))
    monkeypatch.setattr(loop, "n_processes", lambda: 2)
    with pytest.raises(UserError, match="n_processes=1（今回 2）") as caught:
        tiny_training.run(tmp_path / "run", resume=True)
    assert "--resume" in caught.value.mend


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which(os.environ.get("CXX", "g++")) is None, reason="torch.compile needs a C++ compiler")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch's own modules
def test_compiled_it_learns_the_same(tmp_path):
    plain, compiled = (
        tiny_training.run(tmp_path / str(way), model=tiny_training.TinyModel(dropout=0.0), epochs=1, compile=way)[1]
        for way in (False, True)
    )
    assert_same(compiled, plain, tolerance=1e-5)


def test_accumulated_batches_learn_what_one_large_batch_learns(tmp_path):
    weights = [
        tiny_training.run(tmp_path / f"{size}", model=tiny_training.TinyModel(dropout=0.0), batch_size=size,
                          gradient_accumulation_steps=8 // size)[1]
        for size in (8, 4)
    ]  # fmt: skip
    assert_same(weights[1], weights[0], tolerance=1e-6)
