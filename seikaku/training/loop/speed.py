"""How fast a run learns: tokens a second, how full its batches are, and what share of the GPU's peak. Reads the clock.

A token costs 4 operations for each weight of the layers, forward and backward (their own gradients are LoRA's, which is
small beside; attention over a sequence is left out, so the share is a little too low).
"""

import time
from typing import Any

import torch

from seikaku.model.encoder.hardware import gpu_peak_flops
from seikaku.training.loop.reporting import n_processes

_FLOPS_PER_WEIGHT = 4


class Speedometer:
    """Counts what every step reads; ``n_weights``: of the layers, without look-up tables."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.n_weights = sum(module.weight.numel() for module in model.modules() if isinstance(module, torch.nn.Linear))
        self.restart()

    def restart(self) -> None:
        """Begin to count anew."""
        self._started = time.perf_counter()
        self._n_tokens: Any = 0
        self._n_places = 0

    def count(self, mask: torch.Tensor) -> None:
        """A batch's attention mask; no wait for the GPU, which sums by itself."""
        self._n_tokens = self._n_tokens + mask.sum()
        self._n_places += mask.numel()

    def read(self) -> dict[str, float]:
        """Figures since the last reading, of all processes together; {} where no text was read."""
        n_tokens, n_places = int(self._n_tokens), self._n_places
        per_second = n_tokens / (time.perf_counter() - self._started) * n_processes()
        self.restart()
        if not n_places:
            return {}
        found = {"tokens_per_second": per_second, "fill": n_tokens / n_places}
        peak = gpu_peak_flops()
        if peak is not None:
            found["utilisation"] = per_second * _FLOPS_PER_WEIGHT * self.n_weights / (peak * n_processes())
        return found
