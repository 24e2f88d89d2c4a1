"""Two people's estimates -> their difference per trait and its interval. Figures in, frozen values out; no effects.

No single figure of "compatibility": no label that the model learnt from says who gets on with whom.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

from seikaku.inference.estimates import Status, TraitEstimate, TraitEstimates, rounded
from seikaku.traits import TRAIT_KEYS

_STATUSES: tuple[Status, ...] = ("ok", "low_evidence", "withheld")  # from the strongest to the weakest


@dataclass(frozen=True, slots=True)
class DifferenceInterval:
    """An interval that holds the difference of the two self-reports with 80 % probability, in T-score points."""

    low_t: float
    high_t: float


@dataclass(frozen=True, slots=True)
class TraitDifference:
    """First minus second in T-score points. All but ``status`` are None where either estimate is withheld.

    ``status`` is the weaker of the two; ``holds_zero``: the interval holds 0, so neither may be called higher.
    """

    status: Status
    difference_t: float | None
    interval_80: DifferenceInterval | None
    holds_zero: bool | None


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of two speakers (first minus second) in the order O C E A N."""

    first: str
    second: str
    traits: dict[str, TraitDifference]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, floats rounded to 4 digits; ``assumption`` names what the intervals rest on."""
        traits = {key: rounded(asdict(trait)) for key, trait in self.traits.items()}
        return {"first": self.first, "second": self.second, "assumption": "independent_errors", "traits": traits}


def estimate_difference(first: TraitEstimates, second: TraitEstimates) -> Difference:
    """How far ``first`` stands above ``second``; errors of the two estimates are taken to be independent.

    Two people of one conversation may share an error (a topic moves both the same way, or roles move them apart): then
    the interval is a little too wide, or too narrow.
    Raises ValueError if the estimates come from different models or norms.
    """
    if first.model != second.model or first.norm != second.norm:
        raise ValueError("only estimates of the same model and norm can be compared")
    traits = {key: _difference(first.traits[key], second.traits[key]) for key in TRAIT_KEYS}
    return Difference(first.speaker, second.speaker, traits)


def half_width_t(estimate: TraitEstimate) -> float | None:
    """Half of the 80 % interval in T-score points; None if withheld.

    The wider side counts: at an end of the scale the interval is cut off, the uncertainty is not.
    """
    if estimate.t_score is None or estimate.interval_80 is None:
        return None
    return max(estimate.t_score - estimate.interval_80.low_t, estimate.interval_80.high_t - estimate.t_score)


def _difference(first: TraitEstimate, second: TraitEstimate) -> TraitDifference:
    status = max(first.status, second.status, key=_STATUSES.index)
    widths = half_width_t(first), half_width_t(second)
    if first.t_score is None or second.t_score is None or widths[0] is None or widths[1] is None:
        return TraitDifference("withheld", None, None, None)
    difference = first.t_score - second.t_score
    half_width = math.hypot(widths[0], widths[1])
    interval = DifferenceInterval(difference - half_width, difference + half_width)
    return TraitDifference(status, difference, interval, abs(difference) <= half_width)
