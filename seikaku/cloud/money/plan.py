"""How long training takes on each instance type, and what it costs. In: workloads, a price table. No effects but
reading the assets.

Everything is an interval: narrow where this very GPU was measured, wide where another's figures are carried over
(``step_time``), and wider in a region whose price is computed from EC2's (``regions``).
"""

from dataclasses import dataclass
from typing import Any

from seikaku.cloud.money import costs, regions, step_time
from seikaku.cloud.money.encoders import EncoderShape
from seikaku.cloud.money.instances import Instance
from seikaku.cloud.money.prices import PriceTable
from seikaku.cloud.money.step_time import Interval
from seikaku.cloud.money.workload import Workload, memory_gb, step_flops
from seikaku.errors import Words, both

USABLE_MEMORY_SHARE = 0.9  # the rest is the driver's, the framework's and fragmentation
PERSONA_COUNTS = (50_000, 200_000, 1_000_000)
_NOTHING = Interval(0.0, 0.0, 0.0)
_DIGITS = 3
_HOURS, _MINUTES = both("時間", "h"), both("分", "min")


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage on one instance type: hours of computing, their cost, and whether a batch fits a GPU.

    ``usd`` is None where the price is unknown, or the region has no such instance (``is_absent``).
    """

    workload: Workload
    instance: Instance
    hours: Interval
    usd: Interval | None
    is_price_known: bool
    is_absent: bool
    memory_gb: float

    @property
    def precision(self) -> str:
        """What "auto" comes to on this GPU."""
        return step_time.choose_precision(self.workload.precision, self.instance)

    @property
    def is_measured(self) -> bool:
        """Whether the speed was measured on this very GPU."""
        return step_time.is_measured(self.instance, self.precision)

    @property
    def fits(self) -> bool:
        """Whether the batch fits; the memory is an upper bound, so a no is a maybe."""
        return self.memory_gb <= self.instance.gpu_memory_gb * USABLE_MEMORY_SHARE

    def to_dict(self) -> dict[str, Any]:
        """As JSON; an unknown price is None."""
        return {
            "instance_type": self.instance.instance_type,
            "stage": self.workload.stage,
            "sequences_per_epoch": self.workload.n_sequences,
            "tokens_per_epoch": self.workload.tokens_per_epoch,
            "tokens_source": self.workload.source,
            "epochs": self.workload.epochs,
            "precision": self.precision,
            "lora_targets": list(self.workload.lora_targets),
            "speed": "measured" if self.is_measured else "computed",
            "hours": _interval(self.hours),
            "usd": None if self.usd is None else _interval(self.usd),
            "price": "known" if self.is_price_known else "computed" if self.usd is not None else "unknown",
            "is_absent": self.is_absent,
            "memory_gb": round(self.memory_gb, 2),
            "fits": self.fits,
        }


def plan_stage(
    shape: EncoderShape, workload: Workload, instance: Instance, region: str, table: PriceTable
) -> StagePlan:
    """One stage on one instance type; several GPUs divide the steps."""
    hours = training_hours(shape, workload, instance)
    price = regions.training_price(instance.instance_type, region, table)
    is_absent = price is None and regions.is_absent(instance.instance_type, region)
    usd = None
    if price is not None and (volume := costs.volume_usd_per_hour(instance.instance_type, region, table)) is not None:
        each = price.usd.plus(Interval(volume, volume, volume))
        usd = hours.scaled(each.low, each.middle, each.high)
    return StagePlan(
        workload,
        instance,
        hours,
        usd,
        usd is not None and price is not None and price.is_known,
        is_absent,
        memory_gb(shape, workload),
    )


def training_hours(shape: EncoderShape, workload: Workload, instance: Instance) -> Interval:
    """Hours of computing: of every step, over the lengths of the sequences."""
    precision = step_time.choose_precision(workload.precision, instance)
    seconds = _NOTHING
    for n_steps, length in workload.steps(instance.n_gpus):
        flops = step_flops(shape, workload, length)
        step = step_time.step_seconds(
            instance, precision, shape.n_layers, flops, gradient_checkpointing=workload.gradient_checkpointing
        )
        seconds = seconds.plus(step.scaled(n_steps))
    return seconds.scaled(1 / 3600)


def total_usd(plans: list[StagePlan]) -> Interval | None:
    """What several stages cost together; None as soon as one is unknown."""
    total = _NOTHING
    for stage in plans:
        if stage.usd is None:
            return None
        total = total.plus(stage.usd)
    return total


def hours_text(hours: Interval) -> Words:
    """Hours and their bounds, in minutes where even the upper bound is below an hour."""
    unit, shown = (_HOURS, hours) if hours.high >= 1 else (_MINUTES, hours.scaled(60))
    middle, bounds = _two_digits(shown.middle), f"({_two_digits(shown.low)}–{_two_digits(shown.high)})"
    return both(f"{middle} {unit} {bounds}", f"{middle} {unit.english} {bounds}")


def usd_text(usd: Interval) -> str:
    """An amount and its bounds."""
    return f"${_two_digits(usd.middle)} ({_two_digits(usd.low)}–{_two_digits(usd.high)})"


def _two_digits(value: float) -> str:
    """Two digits that count, and no exponent; nothing here is more exact."""
    return f"{float(f'{value:.2g}'):,g}" if value < 1e6 else f"{value:,.0f}"


def _interval(found: Interval) -> dict[str, float]:
    return {name: float(f"{getattr(found, name):.{_DIGITS}g}") for name in ("low", "middle", "high")}
