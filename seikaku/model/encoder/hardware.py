"""Where and in which precision to compute: what the user asks for, and what the machine has. No effects.

This module imports torch when it loads: import it inside the function that needs it.
"""

import json
import os
import re
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from seikaku.places import ASSETS


def choose_precision(asked: str) -> str:
    """ "fp32", "bf16" or "fp16" for ``asked``; "auto" is what a GPU is fast in, and fp32 on a CPU."""
    if asked != "auto":
        return asked
    if not torch.cuda.is_available():
        return "fp32"
    return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"


def fast_precision() -> str:
    """What this machine computes vectors fastest in: as "auto", and bf16 on a CPU that has it in hardware (AMX)."""
    has_amx = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)()
    return "bf16" if has_amx and not torch.cuda.is_available() else choose_precision("auto")


def compute_device() -> torch.device:
    """This process's GPU (torchrun's LOCAL_RANK), or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def gpu_peak_flops() -> float | None:
    """Operations a second of this GPU at its best (dense FP16); None without one, or for one whose peak is unknown."""
    if not torch.cuda.is_available():
        return None
    known = json.loads((ASSETS / "cloud" / "instances.json").read_text(encoding="utf-8"))["gpus"]
    words = re.split(r"[\s-]+", torch.cuda.get_device_name())
    return next((1e12 * row["peak_fp16_tflops"] for gpu, row in known.items() if gpu in words), None)


def reduced_precision(device: torch.device, precision: str) -> AbstractContextManager[Any]:
    """Matrix products in ``precision`` within the block; nothing for "fp32"."""
    dtypes = {"bf16": torch.bfloat16, "fp16": torch.float16}
    return torch.autocast(device.type, dtypes[precision]) if precision in dtypes else nullcontext()
