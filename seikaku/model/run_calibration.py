"""What a trained run knows of its own accuracy: ``calibration.json`` of a run folder. Frozen values; no effects."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.model.calibration import AccuracyCurve, AmountTable
from seikaku.model.norm import Norm

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class RunCalibration:
    """How raw scores become estimates, and how accurate those were on speakers whom the run did not train on.

    ``source``: "validation" (the run's own validation speakers, who also chose the epoch: a little too good) or
    "protocol" (`seikaku evaluate`); ``n_speakers`` measured there. ``intercept`` and ``slope`` (n_traits,);
    ``offset`` and ``half_widths`` by tokens, on 1-7; ``accuracy`` by characters without white space.
    ``floor_chars``: least text that was measured; ``known_share_floor``: share of tokens that are not unknown, below
    which text is unlike the norm group's.
    """

    source: str
    n_speakers: int
    intercept: FloatArray
    slope: FloatArray
    offset: AmountTable
    half_widths: AmountTable
    accuracy: AccuracyCurve
    norm: Norm
    floor_chars: int
    known_share_floor: float

    def apply(self, raw: FloatArray, n_tokens: NDArray[Any]) -> FloatArray:
        """Raw scores (n, n_traits) from ``n_tokens`` (n,) tokens -> estimates on 1-7, not clipped."""
        return np.asarray(self.intercept + self.slope * (raw - self.intercept) - self.offset.at(n_tokens))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        value: dict[str, Any] = _plain(asdict(self))
        return value

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "RunCalibration":
        """The inverse of ``to_json``. Raises KeyError, TypeError or ValueError for other content."""
        return cls(
            source=value["source"],
            n_speakers=value["n_speakers"],
            intercept=np.array(value["intercept"]),
            slope=np.array(value["slope"]),
            offset=_table(value["offset"]),
            half_widths=_table(value["half_widths"]),
            accuracy=AccuracyCurve(*(_table(value["accuracy"][name]) for name in ("r", "r_low_95", "r_high_95"))),
            norm=Norm(**value["norm"]),
            floor_chars=value["floor_chars"],
            known_share_floor=value["known_share_floor"],
        )


def _table(value: dict[str, Any]) -> AmountTable:
    return AmountTable(np.array(value["amounts"], np.float64), np.array(value["values"], np.float64))


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return {name: _plain(item) for name, item in value.items()} if isinstance(value, dict) else value
