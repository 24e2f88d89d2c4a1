"""How fast the encoder reads and learns: tokens a second, each way beside the plain one (float32), in one run.

    python benchmarks/encoder_speed.py [--backbone embedded] [--tokens 224] [--windows 16] [--runs 3]
    python benchmarks/encoder_speed.py --backbone xlm-roberta-large --random_weights --tokens 256 --windows 8

A training step is forward and backward of LoRA (r 16, query and value); the optimiser's own time is too small to see.
On a GPU also: fp16, gradient checkpointing, and the most memory that a way took. ``--random_weights`` builds the
architecture without its weights (they change no time). ``--json`` also writes the rows as docs/performance/*.json has
them; `make docs` fits the cost plan's speeds from there. One file for several sizes is appended to.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import torch

from seikaku.model.encoder.backbone import find_backbone
from seikaku.model.encoder.hardware import compute_device, reduced_precision
from seikaku.model.encoder.lora import LoraSettings, load_encoder

LARGE = "FacebookAI/xlm-roberta-large"  # the architecture of --random_weights, by the name that the plan knows

# precision, attention dropout (None: the backbone's), gradient checkpointing
CPU_WAYS = (("fp32", None, False), ("fp32", 0.0, False), ("bf16", None, False), ("bf16", 0.0, False))
GPU_WAYS = (
    ("fp32", None, False), ("bf16", None, False), ("bf16", 0.0, False), ("fp16", None, False), ("bf16", None, True),
)  # fmt: skip


def measure(work: Callable[[], Any], runs: int) -> float:
    """The median of several timed runs, in seconds, after one that warms up."""
    work()
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return median(seconds)


def wait() -> None:
    """Until the GPU has done what it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def random_backbone(folder: Path) -> str:
    """A folder with the architecture of xlm-roberta-large, random weights and the embedded encoder's tokenizer."""
    from transformers import XLMRobertaConfig, XLMRobertaModel

    config = XLMRobertaConfig(
        vocab_size=250_002, hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096,
        max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1,
    )  # fmt: skip
    XLMRobertaModel(config).save_pretrained(folder)
    shutil.copy(find_backbone("embedded").folder / "tokenizer.json", folder)
    return str(folder)


def main() -> None:
    """Print one line a way, and how many times as fast as the first it is; write them where ``--json`` says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbone", default="embedded")
    parser.add_argument("--random_weights", action="store_true")
    parser.add_argument("--tokens", type=int, default=224)
    parser.add_argument("--windows", type=int, default=16)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    device = compute_device()
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} CPU threads"
    print(name)
    about = {
        "kind": "step",
        "date": datetime.now(UTC).date().isoformat(),
        "device": name,
        "n_devices": 1,
        "model": LARGE if options.random_weights else options.backbone,
        "weights": "random" if options.random_weights else "released",
        "method": f"python benchmarks/encoder_speed.py（{options.runs} 回の中央値。順伝播と逆伝播だけ）",
        "method_en": "python benchmarks/encoder_speed.py "
        f"(median of {options.runs} runs; forward and backward passes only)",
        "source": "benchmarks/encoder_speed.py --json",
    }
    with tempfile.TemporaryDirectory() as folder:
        backbone = random_backbone(Path(folder)) if options.random_weights else options.backbone
        plain: dict[str, float] = {}
        for way in GPU_WAYS if device.type == "cuda" else CPU_WAYS:
            rows = measure_way(backbone, way, (options.windows, options.tokens), options.runs, plain)
            if options.json:  # after each way: a slow one may be broken off
                append_rows(options.json, [about | row for row in rows])


def append_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """Add the rows to a file of docs/performance."""
    old = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.is_file() else []
    document = {"schema_version": 1, "rows": [*old, *rows]}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def measure_way(
    backbone: str, way: tuple[str, float | None, bool], shape: tuple[int, int], runs: int, plain: dict[str, float]
) -> list[dict[str, Any]]:
    """Print how fast one way reads and learns, and return it; ``plain`` keeps the seconds of the first way."""
    precision, attention_dropout, checkpointing = way
    device = compute_device()
    ids = torch.randint(5, 20_000, shape, generator=torch.Generator().manual_seed(0)).to(device)
    mask = torch.ones_like(ids)
    encoder = load_encoder(
        backbone, LoraSettings(), attention_dropout=attention_dropout, gradient_checkpointing=checkpointing
    ).to(device)

    def read() -> None:
        encoder.eval()
        with torch.no_grad(), reduced_precision(device, precision):
            encoder(ids, mask)
        wait()

    def learn() -> None:
        encoder.train()
        with reduced_precision(device, precision):
            loss = encoder(ids, mask).pow(2).mean()
        loss.backward()
        wait()

    rows: list[dict[str, Any]] = []
    for name, work in (("read", read), ("learn", learn)):
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        seconds = measure(work, runs)
        ratio = plain.setdefault(name, seconds) / seconds
        dropout = "backbone's" if attention_dropout is None else f"{attention_dropout:g}"
        memory = f"  {torch.cuda.max_memory_allocated() / 1e9:5.1f} GB" if device.type == "cuda" else ""
        also = " checkpointing" if checkpointing else ""
        print(
            f"{name:5} {precision} attention dropout {dropout:10}{also} {ids.numel() / seconds:9,.0f} tokens/s"
            f"  {ratio:4.1f} x{memory}",
            flush=True,
        )
        row = {"work": name, "windows": shape[0], "tokens": shape[1], "precision": precision}
        row |= {"attention_dropout": attention_dropout, "gradient_checkpointing": checkpointing}
        row |= {"tokens_per_second": round(ids.numel() / seconds)}
        rows.append(row | ({"memory_gb": round(torch.cuda.max_memory_allocated() / 1e9, 1)} if memory else {}))
    return rows


if __name__ == "__main__":
    main()
