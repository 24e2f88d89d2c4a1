"""What a trained model of any kind knows of its own accuracy, and the one JSON form of that. Frozen values; no effects.

Tables by amount of text are read between their rows.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seikaku.model.checking import check_number, check_numbers, check_whole
from seikaku.model.norm import Norm
from seikaku.model.predictive import Z_80
from seikaku.traits import N_TRAITS

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


@dataclass(frozen=True, slots=True)
class Standing:
    """How estimates differ between the norm group's speakers, by amount of text in the text model's unit.

    ``spread``: their SD on 1-7, out of fold. ``repeats``: in that SD, how far apart two estimates of one speaker from
    as much other text lie, 80 times of 100.
    """

    spread: AmountTable
    repeats: AmountTable

    def at(self, amount: NDArray[np.floating]) -> tuple[FloatArray, FloatArray]:
        """``spread`` and ``repeats`` at ``amount`` (n,), each (n, n_targets)."""
        return self.spread.at(amount), self.repeats.at(amount)


_STANDING = ("spread", "repeats")
_SOURCES = ("validation", "protocol")
_MAX_VALUE = 1000.0  # scores lie on 1-7, shares and accuracies within 1
_LEAST_AMOUNT = 1e-6
_MAX_R = 1.01  # of two speakers r is 1, and a little more by rounding


def shrink_nothing(n_targets: int) -> AmountTable:
    """The table that leaves every estimate as it is."""
    return AmountTable(np.ones(1), np.ones((1, n_targets)))


@dataclass(frozen=True)
class Calibration:
    """How raw scores become estimates, and how accurate those were on speakers whom the model did not train on.

    ``source``: "validation" (a run's own validation speakers, who also chose the epoch: a little too good) or
    "protocol" (`seikaku evaluate`); ``n_speakers`` measured there. ``slope`` (n_traits,): how much of its distance from
    the norm mean a raw score from all text keeps (1 for the n-gram model, whose weights hold theirs). By amount of text
    in the text model's unit, on 1-7: ``offset``, what the mean speaker's estimate would be off by; ``shrinkage``, what
    is left of a score's distance from the mean where there is less text (no unit); ``half_widths`` of the 80 %
    interval; ``bounds``, the distance from the mean that 99 of 100 estimates of unseen people stay within, None for no
    bound; ``standing``, how estimates differ between people, None where that was not measured. ``before`` (n_traits,):
    half of the 80 % interval that one would state before reading. ``accuracy`` by characters without white space, and
    by them ``probability_gain``, how much better the probabilities were than a half for everybody (log score, nats;
    None: not measured); ``floor_chars``: least text that was measured; ``known_share_floor``: the share of text that
    the vocabulary holds, below which text is unlike the norm group's.
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
    shrinkage: AmountTable
    before: FloatArray
    standing: Standing | None = None
    probability_gain: AmountTable | None = None

    @property
    def is_provisional(self) -> bool:
        """Whether ``accuracy`` was measured on a few validation speakers only."""
        return self.source != "protocol"

    def apply(self, raw: FloatArray, amount: NDArray[Any]) -> FloatArray:
        """Raw scores (n, n_traits) from ``amount`` (n,) of text -> scores on 1-7, not clipped and not yet shrunk."""
        mean = self.norm.means
        return np.asarray(mean + self.slope * (raw - mean) - self.offset.at(amount))

    def shrink(self, scores: FloatArray, amount: NDArray[Any]) -> FloatArray:
        """Scores as ``apply`` gives them, drawn to the norm mean as little text asks for -> estimates on 1-7."""
        mean = self.norm.means
        return np.asarray(mean + self.shrinkage.at(amount) * (scores - mean))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        value: dict[str, Any] = _plain(asdict(self))
        return value

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Calibration":
        """The inverse of ``to_json``. Raises KeyError, TypeError or ValueError for other content.

        What runs that were saved earlier lack may be absent: they shrink nothing, and know of no standing.
        """
        if value["source"] not in _SOURCES:
            raise ValueError("source")
        bounds, shrinkage, standing = value.get("bounds"), value.get("shrinkage"), value.get("standing")
        gain, norm = value.get("probability_gain"), Norm.from_json(value["norm"])
        before = value.get("before", [Z_80 * sd for sd in norm.sd_1to7.values()])
        # Estimates that are all the same have no r: such a run may tell nothing, and is read all the same.
        accuracy = (
            _table(value["accuracy"][name], name, -_MAX_R, _MAX_R, may_hold_nan=True)
            for name in ("r", "r_low_95", "r_high_95")
        )
        standings = None if standing is None else (_table(standing[name], name, 0.0) for name in _STANDING)
        return cls(
            source=value["source"],
            n_speakers=check_whole(value["n_speakers"], "n_speakers"),
            slope=check_numbers(value["slope"], "slope", (N_TRAITS,), 0.0),
            offset=_table(value["offset"], "offset"),
            half_widths=_table(value["half_widths"], "half_widths", 0.0, np.inf),  # of too few speakers
            bounds=None if bounds is None else _table(bounds, "bounds", 0.0),
            accuracy=AccuracyCurve(*accuracy),
            norm=norm,
            floor_chars=check_whole(value["floor_chars"], "floor_chars"),
            known_share_floor=check_number(value["known_share_floor"], "known_share_floor", 0.0, 1.0),
            shrinkage=shrink_nothing(N_TRAITS) if shrinkage is None else _table(shrinkage, "shrinkage", 0.0),
            before=check_numbers(before, "before", (N_TRAITS,), 0.0),
            standing=None if standings is None else Standing(*standings),
            probability_gain=None if gain is None else _table(gain, "probability_gain"),
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


def _table(
    value: dict[str, Any], name: str, low: float = -_MAX_VALUE, high: float = _MAX_VALUE, *, may_hold_nan: bool = False
) -> AmountTable:
    amounts = check_numbers(value["amounts"], name, (-1,), _LEAST_AMOUNT)
    if (np.diff(amounts) <= 0).any():
        raise ValueError(f"{name}: amounts")
    shape = (len(amounts), N_TRAITS)
    return AmountTable(amounts, check_numbers(value["values"], name, shape, low, high, may_hold_nan=may_hold_nan))


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return {name: _plain(item) for name, item in value.items()} if isinstance(value, dict) else value
