"""How long a training step takes on a GPU: a floor and a throughput, as an interval. In: assets/cloud/step_time.json.

A step cannot be shorter than the host takes to launch its layers (the floor, in proportion to their number), nor than
the GPU takes for its operations (the throughput). With two measured sizes two forms fit equally well: the larger of the
two, and their sum. Both are kept, and what lies between them is the interval; at a measured size they agree.

For a GPU that was not measured, the share of its peak is taken from the one that was, with wide bounds: all of them are
assumptions, named here. The effect of this module is to read the file that ``step_fit`` made.
"""

import json
import math
from dataclasses import dataclass
from functools import cache

from seikaku.cloud.money.instances import Instance, find_gpu
from seikaku.errors import Words, both
from seikaku.places import ASSETS

FITS_PATH = ASSETS / "cloud" / "step_time.json"
# How far a repeated run may be off: none was repeated, 8 windows in bf16 and in fp16 (the same floor) differ by 2 %.
_REPEATED = 0.1
# Another host launches as fast as the measured one (an H100's), somewhat faster, or half as fast.
_HOST_LOW, _HOST_HIGH = 0.7, 2.0
# Shares of the peak on a GPU that was not measured: from below the measured one's (small GPUs throttle) to half of the
# peak, which large matrix products reach; the middle is the geometric mean.
_SHARE_LOW, _SHARE_HIGH, _HIGHEST_SHARE = 0.7, 1.3, 0.5
# Times a step with gradient checkpointing takes longer: by its operations at least; recorded as "a little under half
# the speed" (docs/experiments.md).
_CHECKPOINTING = (4 / 3, 2.0, 2.2)
# Seconds that the loop adds to a step: the optimiser, the batches, the validations. The measured steps have none; the
# one whole run on record took 26 ms a step more than they explain (docs/performance.md), if all of it was the loop's.
_LOOP_SECONDS = (0.0, 0.013, 0.026)
_SEVERAL_GPUS = 1.25  # at most, for waiting for one another; at the least nothing


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and how far it may be off."""

    low: float
    middle: float
    high: float

    def scaled(self, *factors: float) -> "Interval":
        """Times one factor, or one each for low, middle and high."""
        low, middle, high = factors if len(factors) == 3 else factors * 3
        return Interval(self.low * low, self.middle * middle, self.high * high)

    def plus(self, other: "Interval") -> "Interval":
        """The sum, as if both were off together."""
        return Interval(self.low + other.low, self.middle + other.middle, self.high + other.high)


@dataclass(frozen=True, slots=True)
class Form:
    """Seconds a layer that a step takes at least, and operations a second."""

    floor_per_layer: float
    flops_per_second: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What was measured of one GPU in one precision, with an encoder of ``n_layers``: ``n_points`` steps.

    ``misfit``: the largest relative distance of either form from a measured point.
    """

    gpu: str
    precision: str
    n_layers: int
    n_points: int
    misfit: float
    larger: Form
    added: Form


@cache
def load_fits() -> tuple[Fit, ...]:
    """The fits that ship."""
    rows = json.loads(FITS_PATH.read_text(encoding="utf-8"))["fits"]
    return tuple(Fit(**row | {"larger": Form(**row["larger"]), "added": Form(**row["added"])}) for row in rows)


def choose_precision(asked: str, instance: Instance) -> str:
    """What training chooses on this instance: "auto" is bf16 where the GPU has it, else fp16."""
    if asked != "auto":
        return asked
    return "bf16" if instance.bf16 else "fp16"


def describe_speed(instance: Instance, precision: str) -> Words:
    """Where the speed comes from: measured on this GPU, or computed from another."""
    if is_measured(instance, precision):
        return both(
            f"{instance.gpu}（{precision}）は、この GPU で測った 1 回の更新から計算",
            f"{instance.gpu} ({precision}): computed from steps measured on this GPU",
        )
    others = list(dict.fromkeys(fit.gpu for fit in load_fits() if fit.precision == precision))
    return both(
        f"{instance.gpu}（{precision}）は、{'、'.join(others)} の測定を当てはめた計算（この GPU では測っていません）",
        f"{instance.gpu} ({precision}): computed from measurements on {', '.join(others)} (this GPU was not measured)",
    )


def is_measured(instance: Instance, precision: str) -> bool:
    """Whether this very GPU was measured in this precision."""
    return any((fit.gpu, fit.precision) == (instance.gpu, precision) for fit in load_fits())


def step_seconds(
    instance: Instance, precision: str, n_layers: int, flops: float, *, gradient_checkpointing: bool = False
) -> Interval:
    """Of one training step with ``flops`` operations on each GPU of the instance, the loop's part included."""
    is_own = is_measured(instance, precision)
    fit = _nearest_fit(instance, precision, n_layers)
    seconds = _measured(fit, n_layers, flops) if is_own else _transferred(fit, instance, n_layers, flops)
    if gradient_checkpointing:
        seconds = seconds.scaled(*_CHECKPOINTING)
    loop = Interval(*_LOOP_SECONDS).scaled(1, 1, 1 if is_own else _HOST_HIGH)
    return seconds.plus(loop).scaled(1, 1, _SEVERAL_GPUS if instance.n_gpus > 1 else 1)


def _measured(fit: Fit, n_layers: int, flops: float) -> Interval:
    larger = max(fit.larger.floor_per_layer * n_layers, flops / fit.larger.flops_per_second)
    added = fit.added.floor_per_layer * n_layers + flops / fit.added.flops_per_second
    off = max(_REPEATED, fit.misfit)
    return Interval(min(larger, added) * (1 - off), math.sqrt(larger * added), max(larger, added) * (1 + off))


def _transferred(fit: Fit, instance: Instance, n_layers: int, flops: float) -> Interval:
    share = fit.larger.flops_per_second / _peak(fit.gpu, fit.precision)
    peak = _peak(str(instance.gpu), fit.precision)
    slow, fast = share * _SHARE_LOW * peak, max(_HIGHEST_SHARE, share * _SHARE_HIGH) * peak
    floor = fit.larger.floor_per_layer * n_layers
    least = min(fit.larger.floor_per_layer, fit.added.floor_per_layer) * n_layers * _HOST_LOW
    return Interval(
        max(least, flops / fast),
        max(floor, flops / math.sqrt(slow * fast)),
        floor * _HOST_HIGH + flops / slow,
    )


def _nearest_fit(instance: Instance, precision: str, n_layers: int) -> Fit:
    """In this precision, of this GPU where it was measured, and of the encoder that is nearest in depth."""
    fits = [fit for fit in load_fits() if fit.precision == precision]
    return min(fits, key=lambda fit: (fit.gpu != instance.gpu, abs(fit.n_layers - n_layers)))


def _peak(gpu: str, precision: str) -> float:
    found = find_gpu(gpu)
    return 1e12 * (found.peak_fp32_tflops if precision == "fp32" else found.peak_fp16_tflops)
