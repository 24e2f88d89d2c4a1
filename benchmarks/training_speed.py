"""What each change of the training loop brings: real tokens learned a CPU second, beside padding everything to 512.

    python benchmarks/training_speed.py [--backbone embedded] [--batches 6] [--top 3]

Texts are the fictional personas of examples/training_sample, three short ones joined to one of the real ones' length
(about 67 tokens), eight a step as stage 1 takes them; a step is forward and backward of LoRA (r 16). Every row has what
the rows above it have. Kept lower layers are computed once, before: the figure is that of a later epoch (stage 2, whose
windows stay the same; stage 1 reads another text every epoch).
"""

import argparse
import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seikaku.model.encoder.batches import pad
from seikaku.model.encoder.hardware import compute_device, fast_precision, reduced_precision
from seikaku.model.encoder.lora import Encoder, LoraSettings, load_encoder
from seikaku.model.encoder.special import encode_texts
from seikaku.training.personas.stream import TEXT_COLUMNS

SAMPLE = Path(__file__).parents[1] / "examples" / "training_sample" / "fictional_personas.csv"
BATCH, LONGEST, JOINED = 8, 512, 3
Windows = list[np.ndarray[Any, Any]]


def read_windows(encoder: Encoder) -> Windows:
    """The sample's texts between special tokens, in an order of chance."""
    with SAMPLE.open(encoding="utf-8", newline="") as stream:
        short = [row[name] for row in csv.DictReader(stream) for name in TEXT_COLUMNS if row.get(name)]
    texts = ["".join(short[start : start + JOINED]) for start in range(0, len(short), JOINED)]
    room = LONGEST - encoder.special.n_around
    windows = [encoder.special.frame([np.array(ids[:room])]) for ids in encode_texts(encoder.tokenizer, texts)]
    return [windows[index] for index in np.random.default_rng(0).permutation(len(windows))]


def batches_of(windows: Windows, *, by_length: bool, full: bool, pad_id: int) -> Iterator[tuple[Any, Any]]:
    """Ids and mask of each step: padded to 512, to the longest of the step, or with texts of like length."""
    ordered = sorted(windows, key=len) if by_length else windows
    for start in range(0, len(ordered) - BATCH + 1, BATCH):
        ids, mask = pad(ordered[start : start + BATCH], pad_id)
        if full:
            missing = ((0, 0), (0, LONGEST - ids.shape[1]))
            ids, mask = np.pad(ids, missing, constant_values=pad_id), np.pad(mask, missing)
        yield torch.from_numpy(ids), torch.from_numpy(mask)


def measure(step: Callable[[Any, Any], None], batches: list[tuple[Any, Any]]) -> float:
    """Real tokens a CPU second of all threads together; the first step only warms up."""
    step(*batches[0])
    started, n_tokens = time.process_time(), 0
    for ids, mask in batches:
        step(ids, mask)
        n_tokens += int(mask.sum())
    return n_tokens / (time.process_time() - started)


def learner(encoder: Encoder, precision: str, *, keeps: bool = False) -> Callable[[Any, Any], None]:
    """A training step; with ``keeps`` the lower layers' output of a batch is computed once, when it is first seen."""
    kept: dict[int, Any] = {}
    device = next(encoder.parameters()).device
    encoder.train()

    def step(ids: Any, mask: Any) -> None:
        ids, mask = ids.to(device), mask.to(device)
        with reduced_precision(device, precision):
            more = {"lower": kept[id(mask)]} if keeps and id(mask) in kept else {}
            loss = encoder(ids, mask, **more).pow(2).mean()
        loss.backward()

    def keeping(ids: Any, mask: Any) -> None:
        assert encoder.split is not None
        if id(mask) not in kept:
            kept[id(mask)] = encoder.split.lower(ids, mask).half().float()
        step(ids, mask)

    return keeping if keeps else step


def main() -> None:
    """Print a row a change, each with how many times as fast as the first it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbone", default="embedded")
    parser.add_argument("--batches", type=int, default=6)
    parser.add_argument("--top", type=int, default=3)
    options = parser.parse_args()
    own, fast, top = LoraSettings(), {"attention_dropout": 0.0}, LoraSettings(top_layers=options.top)
    rows: list[tuple[str, LoraSettings, dict[str, Any], str, dict[str, bool]]] = [
        ("512 に詰める（padding=max_length）", own, {}, "fp32", {"full": True, "by_length": False}),
        ("その回の最長に詰める", own, {}, "fp32", {"full": False, "by_length": False}),
        ("似た長さをまとめる", own, {}, "fp32", {"full": False, "by_length": True}),
        ("注意機構のドロップアウトなし", own, fast, "fp32", {"full": False, "by_length": True}),
        (f"上の {options.top} 層だけ学習", top, fast, "fp32", {"full": False, "by_length": True}),
        ("下の層の出力を保存", top, fast, "fp32", {"full": False, "by_length": True}),
    ]
    if fast_precision() == "bf16":
        rows.append(("同じものを bf16 で", top, fast, "bf16", {"full": False, "by_length": True}))
    print(f"{torch.get_num_threads()} CPU threads, {compute_device()}")
    plain = 0.0
    for number, (name, lora, more, precision, padding) in enumerate(rows):
        encoder = load_encoder(options.backbone, lora, **more).to(compute_device())
        every = list(batches_of(read_windows(encoder), pad_id=encoder.special.pad, **padding))
        places = np.linspace(0, len(every) - 1, options.batches).round().astype(int).tolist()
        batches = [every[place] for place in places]  # short texts and long ones
        step = learner(encoder, precision, keeps=number >= 5)
        if number >= 5:
            for ids, mask in batches:
                step(ids, mask)
        speed = measure(step, batches)
        plain = plain or speed
        fill = sum(int(mask.sum()) for _, mask in batches) / sum(mask.numel() for _, mask in batches)
        print(f"{speed:7.0f} tokens/CPU s  {speed / plain:5.1f} x  fill {fill:.2f}  {name}", flush=True)


if __name__ == "__main__":
    main()
