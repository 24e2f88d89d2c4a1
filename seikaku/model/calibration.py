"""What a trained model of any kind knows of its own accuracy, and the one JSON form of that. Frozen values; no effects.

Tables by amount of text are read between their rows.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seikaku.model.norm import Norm

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AmountTable:
    """A figure per target that was measured at several amounts of text.

    ``amounts`` (n_amounts,) ascending, in windows or characters; ``values`` (n_amounts, n_targets).
    """

    amounts: FloatArray
    values: FloatArray

    def at(self, amount: NDArray[np.floating] | float) -> FloatArray:
        """The values at ``amount`` (any shape) -> (*shape, n_targets): linear in log amount, constant outside."""
        log_amount = np.log(np.maximum(np.asarray(amount, np.float64), 1e-9))
        grid = np.log(self.amounts)
        columns = [np.interp(log_amount, grid, column) for column in self.values.T]
        return np.stack(columns, axis=-1)


@dataclass(frozen=True, slots=True)
class AccuracyCurve:
    """Measured accuracy by amount: Pearson r and its 95 % interval by the target speaker's own characters.

    Each table: ``amounts`` in characters without white space, ``values`` (n_amounts, n_traits).
    """

    r: AmountTable
    r_low_95: AmountTable
    r_high_95: AmountTable

    def at(self, n_chars: float) -> FloatArray:
        """r, its low end and its high end at ``n_chars``, (n_traits, 3)."""
        return np.stack([table.at(n_chars) for table in (self.r, self.r_low_95, self.r_high_95)], axis=-1)


@dataclass(frozen=True)
class Calibration:
    """How raw scores become estimates, and how accurate those were on speakers whom the model did not train on.

    ``source``: "validation" (a run's own validation speakers, who also chose the epoch: a little too good) or
    "protocol" (`seikaku evaluate`); ``n_speakers`` measured there. ``slope`` (n_traits,): how much of its distance from
    the norm mean a raw score keeps (1 for the n-gram model, whose weights hold theirs). By amount of text in the text
    model's unit, on 1-7: ``offset``, what the mean speaker's estimate would be off by; ``half_widths`` of the 80 %
    interval; ``bounds``, the distance from the mean that 99 of 100 estimates of unseen people stay within, None for no
    bound. ``accuracy`` by characters without white space; ``floor_chars``: least text that was measured;
    ``known_share_floor``: the share of text that the vocabulary holds, below which text is unlike the norm group's.
    """

    source: Literal["validation", "protocol"]
    n_speakers: int
    slope: FloatArray
    offset: AmountTable
    half_widths: AmountTable
    bounds: AmountTable | None
    accuracy: AccuracyCurve
    norm: Norm
    floor_chars: int
    known_share_floor: float

    @property
    def is_provisional(self) -> bool:
        """Whether ``accuracy`` was measured on a few validation speakers only."""
        return self.source != "protocol"

    def apply(self, raw: FloatArray, amount: NDArray[Any]) -> FloatArray:
        """Raw scores (n, n_traits) from ``amount`` (n,) of text -> estimates on 1-7, not clipped."""
        mean = self.norm.means
        return np.asarray(mean + self.slope * (raw - mean) - self.offset.at(amount))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        value: dict[str, Any] = _plain(asdict(self))
        return value

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Calibration":
        """The inverse of ``to_json``. Raises KeyError, TypeError or ValueError for other content.

        ``bounds`` may be absent, as in runs that were saved before any had one.
        """
        bounds = value.get("bounds")
        return cls(
            source=value["source"],
            n_speakers=value["n_speakers"],
            slope=np.array(value["slope"], np.float64),
            offset=_table(value["offset"]),
            half_widths=_table(value["half_widths"]),
            bounds=None if bounds is None else _table(bounds),
            accuracy=AccuracyCurve(*(_table(value["accuracy"][name]) for name in ("r", "r_low_95", "r_high_95"))),
            norm=Norm(**value["norm"]),
            floor_chars=value["floor_chars"],
            known_share_floor=value["known_share_floor"],
        )


def conformal_quantile(residuals: FloatArray, weights: FloatArray, coverage: float) -> FloatArray:
    """The half-width that holds a new speaker's score with probability ``coverage``.

    ``residuals`` (n, n_targets) absolute, ``weights`` (n,) that give each speaker the same mass -> (n_targets,).
    Split-conformal quantile with one unit of mass for the new speaker (Lei et al. 2018, JASA 113:1094).
    """
    n_speakers = weights.sum() / weights.max() if len(weights) else 0.0
    level = min(1.0, coverage * (n_speakers + 1) / max(n_speakers, 1))
    order = np.argsort(residuals, axis=0)
    sorted_residuals = np.take_along_axis(residuals, order, axis=0)
    mass = np.cumsum(weights[order], axis=0) / weights.sum()
    index = np.minimum((mass < level - 1e-12).sum(axis=0), len(residuals) - 1)
    return np.asarray(np.take_along_axis(sorted_residuals, index[None, :], axis=0)[0])


def _table(value: dict[str, Any]) -> AmountTable:
    return AmountTable(np.array(value["amounts"], np.float64), np.array(value["values"], np.float64))


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return {name: _plain(item) for name, item in value.items()} if isinstance(value, dict) else value
