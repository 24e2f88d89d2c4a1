"""How fast the encoder reads and learns: tokens a second, each way beside the plain one (float32), in one run.

    python benchmarks/encoder_speed.py [--backbone embedded] [--tokens 224] [--windows 16] [--runs 3]

A training step is forward and backward of LoRA (r 16, query and value); the optimiser's own time is too small to see.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch

from seikaku.model.encoder import LoraSettings, load_encoder
from seikaku.model.hardware import reduced_precision

WAYS: tuple[tuple[str, float | None], ...] = (("fp32", None), ("fp32", 0.0), ("bf16", None), ("bf16", 0.0))


def measure(work: Callable[[], Any], runs: int) -> float:
    """The median of several timed runs, in seconds, after one that warms up."""
    work()
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return median(seconds)


def main() -> None:
    """Print one line a way, and how many times as fast as the first it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbone", default="embedded")
    parser.add_argument("--tokens", type=int, default=224)
    parser.add_argument("--windows", type=int, default=16)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    ids = torch.randint(5, 20_000, (options.windows, options.tokens), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    plain: dict[str, float] = {}
    for precision, attention_dropout in WAYS:
        encoder = load_encoder(options.backbone, LoraSettings(), attention_dropout=attention_dropout)

        def read(encoder: Any = encoder, precision: str = precision) -> None:
            encoder.eval()
            with torch.no_grad(), reduced_precision(torch.device("cpu"), precision):
                encoder(ids, mask)

        def learn(encoder: Any = encoder, precision: str = precision) -> None:
            encoder.train()
            with reduced_precision(torch.device("cpu"), precision):
                loss = encoder(ids, mask).pow(2).mean()
            loss.backward()

        for name, work in (("read", read), ("learn", learn)):
            seconds = measure(work, options.runs)
            ratio = plain.setdefault(name, seconds) / seconds
            rate = ids.numel() / seconds
            dropout = "backbone's" if attention_dropout is None else f"{attention_dropout:g}"
            print(
                f"{name:5} {precision} attention dropout {dropout:10} {rate:8,.0f} tokens/s  {ratio:4.1f} x", flush=True
            )


if __name__ == "__main__":
    main()
