"""The loop is exact: cut off and resumed, divided among processes or batches, it learns the same. Faults are told."""

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import numpy as np
import tiny_training
import torch
from safetensors.torch import load_file

from seikaku.config import Stage2Config
from seikaku.errors import TrainingError, UserError
from seikaku.training.loop import checkpoints, loop
from seikaku.training.loop.ordering import EpochView, LengthBucketSampler

SCRIPT = Path(tiny_training.__file__)
ROOT = SCRIPT.parents[2]


def start(*arguments, launcher=()):
    """A training process with its output on a pipe, line by line."""
    paths = [str(ROOT), str(SCRIPT.parent), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, *launcher, str(SCRIPT), *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def wait_for_step(process, step):
    for line in process.stdout:
        if f"step={step} " in line:
            return
    pytest.fail(process.stderr.read()[-2000:])


def assert_same(found, expected, tolerance=0.0):
    assert found.keys() == expected.keys()
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, rtol=0, atol=tolerance)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """The weights and the history of a run that nothing disturbed."""
    outcome, weights = tiny_training.run(tmp_path_factory.mktemp("unbroken") / "run")
    return outcome, {name: weight.clone() for name, weight in weights.items()}


def test_training_learns_reports_and_keeps_the_best(tmp_path):
    lines = []
    outcome, weights = tiny_training.run(tmp_path / "run", report=lines.append)
    first, *_, last = outcome.history
    assert outcome.metrics == min(outcome.history, key=lambda entry: entry["mae"])
    assert last["mae"] < first["mae"]
    assert [entry["epoch"] for entry in outcome.history] == [1, 2, 3]
    assert any(line.startswith("stage2 epoch=1 validation_loss=") and "validation_mae=" in line for line in lines)
    kept = f"validation_mae={min(entry['mae'] for entry in outcome.history):.4g}"
    assert [line for line in lines if line.startswith("stage2 final ")] == [lines[-1]]
    assert kept in lines[-1].split()
    assert set(weights) == {"head.weight", "head.bias", "mean"}  # nothing of the frozen backbone
    assert not list(tmp_path.rglob("training_args.bin"))  # a pickle


def test_a_process_that_saw_no_best_checkpoint_loads_it_all_the_same(tmp_path, monkeypatch):
    """As a helper in transformers 4.56, which looked before the main process had made the folder."""
    real, loaded = tiny_training.loop.Trainer._save_checkpoint, []

    def look_too_early(trainer, *args):
        real(trainer, *args)
        trainer.state.best_model_checkpoint = None

    monkeypatch.setattr(tiny_training.loop.Trainer, "_save_checkpoint", look_too_early)
    monkeypatch.setattr(tiny_training.loop.ExactTrainer, "_load_best_model", lambda trainer: loaded.append(trainer))
    tiny_training.run(tmp_path / "run", epochs=1)
    assert len(loaded) == 1


@pytest.mark.parametrize("stop_at", [7, 12, 13, 31])
@pytest.mark.parametrize("stream", [False, True], ids=["list", "stream"])
def test_a_run_that_broke_off_goes_on_bit_for_bit(tmp_path, unbroken, stop_at, stream):
    class CutError(Exception):
        pass

    def cut(n_steps, loss):
        if n_steps == stop_at:
            raise CutError
        return loss

    expected = unbroken[1]
    if stream:
        expected = tiny_training.run(tmp_path / "whole", stream=True)[1]
    with pytest.raises(CutError):
        tiny_training.run(tmp_path / "run", model=tiny_training.TinyModel(on_step=cut), stream=stream)
    outcome, weights = tiny_training.run(tmp_path / "run", stream=stream, resume=True)
    assert_same(weights, expected)
    assert outcome.n_steps == 36


def test_a_resumed_stream_makes_no_example_again(tmp_path, monkeypatch):
    """Cut off in step 32 of 36, checkpoints every 5 steps: what steps 31 to 36 learn is made, nothing before."""

    class CutError(Exception):
        pass

    def cut(n_steps, loss):
        if n_steps == 32:
            raise CutError
        return loss

    with pytest.raises(CutError):
        tiny_training.run(tmp_path / "run", model=tiny_training.TinyModel(on_step=cut), stream=True)
    made = []
    real = tiny_training.NumberStream.read

    def read(stream, start, is_own):
        for example in real(stream, start, is_own):
            made.append(example)
            yield example

    monkeypatch.setattr(tiny_training.NumberStream, "read", read)
    tiny_training.run(tmp_path / "run", stream=True, resume=True)
    assert len(made) == 4 * (36 - 30)


def test_a_checkpoint_is_due_by_the_clock_too(tmp_path, monkeypatch):
    """Every minute by a clock that a step moves by 10 seconds; an epoch is 12 steps."""
    from seikaku.training.loop import callbacks

    clock, saved = [0.0], []
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: clock[0])

    def tick(n_steps, loss):
        clock[0] += 10
        return loss

    real = tiny_training.loop.ExactTrainer._save_checkpoint
    monkeypatch.setattr(
        tiny_training.loop.ExactTrainer,
        "_save_checkpoint",
        lambda trainer, *args: saved.append(trainer.state.global_step) or real(trainer, *args),
    )
    model = tiny_training.TinyModel(on_step=tick)
    tiny_training.run(tmp_path / "run", model=model, epochs=1, checkpoint_every_steps=0, checkpoint_every_minutes=1)
    assert saved == [6, 12]


def test_what_a_run_began_with_is_kept_where_nothing_better_comes(tmp_path):
    """The start is validated as epoch 0; learning away from the truth, every epoch is worse."""
    lines = []
    task = tiny_training.build_task()
    with torch.no_grad():
        task.model.head.weight.zero_()
        task.model.head.bias.zero_()
    wrong = replace(task, train_data=tiny_training.Numbers(48, 1), keeps_start=True)
    wrong.train_data.y[:] = -20 * wrong.train_data.y - 5
    before = {name: weight.clone() for name, weight in loop.trainable_state(task.model).items()}
    config = Stage2Config(**tiny_training.SETTINGS | {"patience": 2})
    arguments = {"settings": {}, "report": lines.append}
    outcome = loop.train(wrong, config, tmp_path / "run", resume=False, **arguments)
    assert [entry["epoch"] for entry in outcome.history] == [0, 1, 2, 3]  # patience counts epochs of learning
    assert outcome.metrics["epoch"] == 0
    assert_same(loop.trainable_state(wrong.model), before)
    assert any("学習を始める前の重みを残しました" in line and "最後のエポック 3 は" in line for line in lines)
    assert any(line.startswith("stage2 epoch=0 validation_loss=") for line in lines)
    again = loop.train(wrong, config, tmp_path / "run", resume=True, **arguments)
    assert again.history == outcome.history


@pytest.mark.parametrize("stop_at", [3, 7, 13])
def test_a_run_that_keeps_its_start_goes_on_bit_for_bit(tmp_path, stop_at):
    class CutError(Exception):
        pass

    def cut(n_steps, loss):
        if n_steps == stop_at:
            raise CutError
        return loss

    config = Stage2Config(**tiny_training.SETTINGS)

    def train(name, model, resume=False):
        task = replace(tiny_training.build_task(model), keeps_start=True)
        outcome = loop.train(task, config, tmp_path / name, settings={}, resume=resume, report=lambda line: None)
        return outcome, loop.trainable_state(task.model)

    expected, weights = train("whole", tiny_training.TinyModel())
    with pytest.raises(CutError):
        train("run", tiny_training.TinyModel(on_step=cut))
    outcome, found = train("run", tiny_training.TinyModel(), resume=True)
    assert_same(found, weights)
    assert outcome.history == expected.history


@pytest.mark.slow
def test_a_killed_run_goes_on_bit_for_bit(tmp_path, unbroken):
    step = random.randrange(6, 34, 2)
    process = start(tmp_path / "run", "{}", "slow")
    wait_for_step(process, step)  # which step: the name of the newest checkpoint tells
    process.kill()
    process.communicate()
    assert not (tmp_path / "run.safetensors").exists()
    (tmp_path / "run.checkpoints" / "checkpoint-999").mkdir()  # as if killed while it was written
    lines = []
    _, weights = tiny_training.run(tmp_path / "run", resume=True, report=lines.append)
    assert any("checkpoint-999" in line and "削除" in line for line in lines)
    assert_same(weights, unbroken[1])


@pytest.mark.slow
def test_sigterm_saves_and_ends_well(tmp_path, unbroken):
    process = start(tmp_path / "run", "{}", "slow")
    wait_for_step(process, 8)
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "--resume" in output
    newest = checkpoints.newest_complete(tmp_path / "run.checkpoints")
    assert newest is not None
    assert int(newest.name.partition("-")[2]) in range(8, 12)  # at once, not at the next planned save
    assert_same(tiny_training.run(tmp_path / "run", resume=True)[1], unbroken[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"batch_size": 4}, (), marks=pytest.mark.thorough),
        ({"batch_size": 2, "gradient_accumulation_steps": 2}, ()),
        ({"batch_size": 4}, ("stream",)),
    ],
    ids=["list", "accumulated", "stream"],
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

    class CutError(Exception):
        pass

    def cut(n_steps, loss):
        if n_steps == 7:
            raise CutError
        return loss

    with pytest.raises(CutError):
        tiny_training.run(tmp_path / "run", model=tiny_training.TinyModel(on_step=cut))
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


def test_patience_ends_the_run_and_a_resume_does_not_prolong_it(tmp_path):
    def forget(n_steps, loss):  # after the first epoch everything gets worse
        return loss if n_steps <= 12 else -loss

    outcome, weights = tiny_training.run(
        tmp_path / "run", model=tiny_training.TinyModel(on_step=forget), epochs=9, patience=2
    )
    assert [entry["epoch"] for entry in outcome.history] == [1, 2, 3]
    assert outcome.metrics["epoch"] == 1
    again, loaded = tiny_training.run(tmp_path / "run", epochs=9, patience=2, resume=True)
    assert again.history == outcome.history
    assert_same(loaded, weights)


def test_a_loss_that_is_no_number_ends_the_run_and_keeps_the_last_checkpoint(tmp_path):
    def poison(n_steps, loss):
        return loss * float("nan") if n_steps == 8 else loss

    with pytest.raises(TrainingError, match=r"損失が数値でなくなりました.*checkpoint-5") as caught:
        tiny_training.run(tmp_path / "run", model=tiny_training.TinyModel(on_step=poison))
    assert "--learning_rate" in caught.value.mend
    checkpoint = checkpoints.newest_complete(tmp_path / "run.checkpoints")
    assert checkpoint.name == "checkpoint-5"
    assert all(bool(weight.isfinite().all()) for weight in load_file(checkpoint / "trainable.safetensors").values())


@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes"),
        MemoryError(),
    ],
)
def test_out_of_memory_names_the_flags(tmp_path, error):
    def fail(n_steps, loss):
        raise error

    with pytest.raises(TrainingError, match=r"メモリが足りません（--batch_size 4") as caught:
        tiny_training.run(tmp_path / "run", model=tiny_training.TinyModel(on_step=fail))
    assert "--batch_size 2 --gradient_accumulation_steps 2" in caught.value.mend


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MB of its own, where this may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("cannot mount a tmpfs here (needs root)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_the_last_checkpoint_stays(small_disk):
    def fill(n_steps, loss):
        if n_steps == 8:
            with pytest.raises(OSError, match="No space"), (small_disk / "filler").open("wb", buffering=0) as stream:
                while True:
                    stream.write(b"0" * 4096)
        return loss

    with pytest.raises(TrainingError, match="ディスクの空きが足りず.*run.checkpoints") as caught:
        tiny_training.run(small_disk / "run", model=tiny_training.TinyModel(on_step=fill))
    assert "--resume" in caught.value.mend
    assert checkpoints.newest_complete(small_disk / "run.checkpoints").name == "checkpoint-5"
    (small_disk / "filler").unlink()
    assert tiny_training.run(small_disk / "run", resume=True)[0].n_steps == 36


def test_a_write_that_the_system_refuses_for_space_is_told(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("seikaku.training.loop.loop.save_file", refuse)
    with pytest.raises(TrainingError, match="ディスクの空きが足りず"):
        tiny_training.run(tmp_path / "run")
    assert checkpoints.newest_complete(tmp_path / "run.checkpoints") is None


def test_other_errors_pass_unchanged(tmp_path):
    def fail(n_steps, loss):
        raise RuntimeError("a bug of ours")

    with pytest.raises(RuntimeError, match="a bug of ours"):
        tiny_training.run(tmp_path / "run", model=tiny_training.TinyModel(on_step=fail))


def test_training_goes_on_without_tensorboard_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("seikaku.training.loop.loop.importlib.util.find_spec", lambda name: None)
    lines = []
    tiny_training.run(tmp_path / "run", epochs=1, report=lines.append)
    assert any("TensorBoard が入っていない" in line for line in lines)
    assert not (tmp_path / "run.checkpoints" / "tensorboard").exists()


def test_checkpoints_in_the_way_are_not_overwritten(tmp_path):
    tiny_training.run(tmp_path / "run", epochs=1)
    with pytest.raises(UserError, match="途中までの学習が残っています.*checkpoint-12") as caught:
        tiny_training.run(tmp_path / "run", epochs=1)
    assert "--resume" in caught.value.mend
    with pytest.raises(UserError, match="設定が違います: changes=.*'epochs': 1"):
        tiny_training.run(tmp_path / "run", epochs=2, resume=True)


def test_a_damaged_checkpoint_is_not_whole(tmp_path):
    folder = tmp_path / "checkpoint-3"
    folder.mkdir()
    (folder / "weights").write_bytes(b"1234")
    assert not checkpoints.is_complete(folder)
    checkpoints.mark_complete(folder)
    assert checkpoints.is_complete(folder)
    (folder / "weights").write_bytes(b"1235")
    assert not checkpoints.is_complete(folder)
    assert checkpoints.newest_complete(tmp_path) is None


def test_order_is_of_seed_and_epoch_alone_and_batches_are_of_like_length():
    view = EpochView(tiny_training.Numbers(103, 5))
    lengths = view.source.lengths

    def order(epoch, n_per_step=8, seed=0):
        view.start_epoch(epoch)
        return list(LengthBucketSampler(view, n_per_step, seed))

    assert order(0) == order(0)
    assert order(0) != order(1)
    assert order(0) != order(0, seed=1)
    for epoch in range(3):
        found = order(epoch)
        assert sorted(found) == list(range(103))  # everyone once
        steps = lengths[found[:96]].reshape(-1, 8)
        assert steps.max() == steps[0].max() == lengths[found[:96]].max()  # the hungriest first
        assert np.ptp(steps, axis=1).mean() < np.ptp(lengths) / 3
