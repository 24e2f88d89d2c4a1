"""A tiny task for the training loop, and a door to it for tests that kill, signal or spread processes.

python tiny_training.py OUT '{"epochs": 3}' [resume] [slow]      writes OUT/final.safetensors when it ended
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from seikaku.config import Stage2Config
from seikaku.errors import SeikakuError
from seikaku.training.loop import loop, reporting

N_TRAIN = 48
SETTINGS = {"epochs": 3, "batch_size": 4, "learning_rate": 0.01, "checkpoint_every_steps": 5, "patience": 0}


class Numbers:
    """Examples of a planted linear rule; ``lengths`` vary so that bucketing has something to do."""

    def __init__(self, n_examples, seed):
        draw = np.random.default_rng(seed)
        self.x = draw.normal(size=(n_examples, 8)).astype(np.float32)
        self.y = (self.x @ np.arange(8, dtype=np.float32) / 8)[:, None]
        self.lengths = draw.integers(3, 60, n_examples)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.y[index]


class NumberStream:
    """The same examples as a stream whose order depends on the epoch only."""

    def __init__(self, numbers):
        self.numbers = numbers
        self.epoch = 0
        self.n_made = 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __len__(self):
        return len(self.numbers)

    def read(self, start, is_own):
        order = np.random.default_rng(self.epoch).permutation(len(self.numbers)).tolist()
        for position in range(start, len(order)):
            self.n_made += is_own(position)
            yield self.numbers[order[position]] if is_own(position) else None


class TinyModel(torch.nn.Module):
    """A frozen layer (the backbone's part), then dropout and a trained head. ``on_step(n)`` may do mischief."""

    def __init__(self, dropout=0.3, on_step=None):
        super().__init__()
        torch.manual_seed(0)
        self.backbone = torch.nn.Linear(8, 16)
        self.backbone.requires_grad_(False)
        self.dropout = torch.nn.Dropout(dropout)
        self.head = torch.nn.Linear(16, 1)
        self.register_buffer("mean", torch.zeros(1))
        self.on_step = on_step
        self.n_steps = 0

    def forward(self, x, labels):
        predictions = self.head(self.dropout(torch.tanh(self.backbone(x)))) + self.mean
        loss = ((predictions - labels) ** 2).mean()
        if self.training and self.on_step is not None:
            self.n_steps += 1
            loss = self.on_step(self.n_steps, loss)
        return {"loss": loss, "predictions": predictions}


def collate(examples):
    x, y = zip(*examples, strict=True)
    return {"x": torch.from_numpy(np.stack(x)), "labels": torch.from_numpy(np.stack(y))}


def metrics(predictions, labels):
    return {"mae": float(np.abs(predictions - labels).mean())}


def build_task(model=None, *, stream=False):
    numbers = Numbers(N_TRAIN, 1)
    return loop.TrainingTask(
        stage=2,
        model=model or TinyModel(),
        train_data=NumberStream(numbers) if stream else numbers,
        validation_data=Numbers(16, 2),
        collate=collate,
        label_names=("labels",),
        metrics=metrics,
        best_metric="mae",
    )


def run(out, *, model=None, stream=False, resume=False, report=lambda line: None, **changes):
    """Train the tiny task; returns the outcome and the trained weights."""
    task = build_task(model, stream=stream)
    config = Stage2Config(**(SETTINGS | changes))
    outcome = loop.train(task, config, Path(out), settings={"changes": changes}, resume=resume, report=report)
    return outcome, loop.trainable_state(task.model)


class CutError(Exception):
    """A run breaks off."""


def cut_at(step):
    """For ``TinyModel``: breaks off in that step, counted from 1."""

    def cut(n_steps, loss):
        if n_steps == step:
            raise CutError
        return loss

    return cut


def start(*arguments, launcher=()):
    """A training process with its output on a pipe, line by line."""
    here = Path(__file__)
    paths = [str(here.parents[2]), str(here.parent), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, *launcher, str(here), *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def assert_same(found, expected, tolerance=0.0):
    """Two states with the same names and, to ``tolerance``, the same weights."""
    assert found.keys() == expected.keys()
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, rtol=0, atol=tolerance)


def _sleep(n_steps, loss):
    time.sleep(0.1)
    return loss


def _say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(out, changes="{}", *words):
    changes = json.loads(changes)
    model = TinyModel(dropout=changes.pop("dropout", 0.3), on_step=_sleep if "slow" in words else None)
    try:
        say = _say if reporting.is_main_process() else (lambda line: None)
        outcome, weights = run(
            out, model=model, stream="stream" in words, resume="resume" in words, report=say, **changes
        )
    except SeikakuError as error:
        sys.stderr.write(f"{error.message}\n{error.mend}\n")
        return 1
    if not outcome.is_interrupted and reporting.is_main_process():
        save_file(weights, Path(out).with_suffix(".safetensors"))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
