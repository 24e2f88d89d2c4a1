"""The loop is exact: cut off and resumed, divided among processes or batches, it learns the same. Faults are told."""

import random
import signal
from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import numpy as np
import tiny_training
import torch
from tiny_training import CutError, assert_same, cut_at, start

from seikaku.config import Stage2Config
from seikaku.training.loop import checkpoints, loop
from seikaku.training.loop.ordering import EpochView, LengthBucketSampler


def wait_for_step(process, step):
    for line in process.stdout:
        if f"step={step} " in line:
            return
    pytest.fail(process.stderr.read()[-2000:])


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


@pytest.mark.parametrize(
    ("stop_at", "stream"),
    [
        (7, False),
        (12, True),  # an epoch's last step
        pytest.param(7, True, marks=pytest.mark.thorough),
        pytest.param(12, False, marks=pytest.mark.thorough),
        *(pytest.param(step, stream, marks=pytest.mark.thorough) for step in (13, 31) for stream in (False, True)),
    ],
)
def test_a_run_that_broke_off_goes_on_bit_for_bit(tmp_path, unbroken, stop_at, stream):
    expected = unbroken[1]
    if stream:
        expected = tiny_training.run(tmp_path / "whole", stream=True)[1]
    with pytest.raises(CutError):
        tiny_training.run(tmp_path / "run", model=tiny_training.TinyModel(on_step=cut_at(stop_at)), stream=stream)
    outcome, weights = tiny_training.run(tmp_path / "run", stream=stream, resume=True)
    assert_same(weights, expected)
    assert outcome.n_steps == 36


def test_a_resumed_stream_makes_no_example_again(tmp_path, monkeypatch):
    """Cut off in step 32 of 36, checkpoints every 5 steps: what steps 31 to 36 learn is made, nothing before."""
    with pytest.raises(CutError):
        tiny_training.run(tmp_path / "run", model=tiny_training.TinyModel(on_step=cut_at(32)), stream=True)
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


def test_without_an_interval_saving_takes_a_fiftieth_of_the_time(tmp_path, monkeypatch):
    """A step moves the clock by 2 seconds, a save by 0.1: first after 4 seconds, then every 5; slow ones rarely."""
    from seikaku.training.loop import callbacks

    clock, saved, cost = [0.0], [], [0.1]
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: clock[0])

    def tick(n_steps, loss):
        clock[0] += 2
        return loss

    def save(trainer, *args):
        saved.append(trainer.state.global_step)
        real(trainer, *args)
        clock[0] += cost[0]

    real = tiny_training.loop.ExactTrainer._save_checkpoint
    monkeypatch.setattr(tiny_training.loop.ExactTrainer, "_save_checkpoint", save)
    settings = {"epochs": 1, "checkpoint_every_steps": 0, "checkpoint_every_minutes": None}
    tiny_training.run(tmp_path / "quick", model=tiny_training.TinyModel(on_step=tick), **settings)
    assert saved == [2, 5, 8, 11, 12]
    saved.clear()
    cost[0] = 100.0
    tiny_training.run(tmp_path / "slow", model=tiny_training.TinyModel(on_step=tick), **settings)
    assert saved == [2, 12]


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


@pytest.mark.parametrize("stop_at", [7, *(pytest.param(step, marks=pytest.mark.thorough) for step in (3, 13))])
def test_a_run_that_keeps_its_start_goes_on_bit_for_bit(tmp_path, stop_at):
    config = Stage2Config(**tiny_training.SETTINGS)

    def train(name, model, resume=False):
        task = replace(tiny_training.build_task(model), keeps_start=True)
        outcome = loop.train(task, config, tmp_path / name, settings={}, resume=resume, report=lambda line: None)
        return outcome, loop.trainable_state(task.model)

    expected, weights = train("whole", tiny_training.TinyModel())
    with pytest.raises(CutError):
        train("run", tiny_training.TinyModel(on_step=cut_at(stop_at)))
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
