"""What can go wrong while a run learns: numbers, memory, disk, checkpoints in the way. It is told, nothing is lost."""

import errno
import shutil
import subprocess

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import tiny_training
import torch
from safetensors.torch import load_file

from seikaku.errors import TrainingError, UserError
from seikaku.training.loop import checkpoints


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
