"""A norm group's language, and the place of a figure in it. In: quantiles by amount of text. Out: ``Place``. Pure.

A figure is compared with what the norm group's speakers show in about as much text: shares of a few messages scatter
more than shares of many, whoever writes. Where two parts of one speaker do not agree at that amount, there is no place.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FORMAT = "seikaku-language-norm"
SCHEMA_VERSION = 1
# The outermost are no single speaker's value in a group of the least size.
LEVELS = tuple(range(5, 100, 5))
# Rank correlation of two parts of a speaker, from which a place is given. What is left open is in the place's range.
LEAST_AGREEMENT = 0.7
_RANGE_COVERAGE = 0.8

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a figure stands among 100 people of the norm group, counted from the least, 5 to 95.

    ``low`` and ``high``: where as much other text of the same person would stand with a chance of 80 %. ``same``: the
    share of the norm group with exactly this value (0 to 1), of which ``percentile`` is the middle.
    """

    percentile: float
    low: float
    high: float
    same: float


@dataclass(frozen=True, slots=True)
class FigureNorm:
    """One figure in the norm group, by amount of text.

    ``amounts`` (n_amounts,) ascending, in the figure's basis; ``agreement`` (n_amounts,): rank correlation, over the
    speakers, of two separate parts of each; ``quantiles`` (n_amounts, 19) at ``LEVELS``.
    """

    amounts: FloatArray
    agreement: FloatArray
    quantiles: FloatArray

    def place(self, value: float, n: int) -> Place | None:
        """The place of ``value`` counted over ``n``; None where that is too little for one."""
        if not len(self.amounts) or n < self.amounts[0]:
            return None
        grid, amount = np.log(self.amounts), np.log(n)
        agreement = float(np.interp(amount, grid, self.agreement))
        if agreement < LEAST_AGREEMENT:
            return None
        quantiles = np.array([np.interp(amount, grid, column) for column in self.quantiles.T])
        percentile, same = _rank(value, quantiles)
        low, high = _range(percentile, agreement)
        return Place(percentile, low, high, same)


@dataclass(frozen=True, slots=True)
class LanguageNorm:
    """A named group of speakers and how they write. ``date``: when it was measured; ``corpus``: from what.

    ``figures``: by the catalogue's key; a part of a figure is "key/part".
    """

    name_ja: str
    name_en: str
    n_speakers: int
    date: str
    corpus: str
    licence: str
    figures: dict[str, FigureNorm]

    def place(self, key: str, value: float, n: int) -> Place | None:
        """The place of a figure in this group, None where the group has none at that amount."""
        return self.figures[key].place(value, n) if key in self.figures else None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; quantiles only, no speaker's own."""
        return {
            "format": FORMAT,
            "schema_version": SCHEMA_VERSION,
            "name_ja": self.name_ja,
            "name_en": self.name_en,
            "n_speakers": self.n_speakers,
            "date": self.date,
            "corpus": self.corpus,
            "licence": self.licence,
            "levels": list(LEVELS),
            "figures": {
                key: {
                    "amounts": [round(amount) for amount in figure.amounts.tolist()],
                    "agreement": [round(value, 3) for value in figure.agreement.tolist()],
                    "quantiles": [[float(f"{value:.4g}") for value in row] for row in figure.quantiles.tolist()],
                }
                for key, figure in self.figures.items()
            },
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "LanguageNorm":
        """The inverse of ``to_json``. Raises KeyError, TypeError or ValueError for other content."""
        if (value["format"], value["schema_version"], tuple(value["levels"])) != (FORMAT, SCHEMA_VERSION, LEVELS):
            raise ValueError("not a language norm of this version")
        return cls(
            name_ja=value["name_ja"],
            name_en=value["name_en"],
            n_speakers=value["n_speakers"],
            date=value["date"],
            corpus=value["corpus"],
            licence=value["licence"],
            figures={key: _figure_norm(figure) for key, figure in value["figures"].items()},
        )


def _figure_norm(value: dict[str, Any]) -> FigureNorm:
    amounts, agreement = (np.array(value[name], np.float64) for name in ("amounts", "agreement"))
    quantiles = np.array(value["quantiles"], np.float64).reshape(len(amounts), -1)
    if agreement.shape != amounts.shape or quantiles.shape != (len(amounts), len(LEVELS)):
        raise ValueError("amounts, agreement and quantiles do not belong together")
    if (np.diff(amounts, prepend=0) <= 0).any():
        raise ValueError("amounts have to ascend from above 0")
    return FigureNorm(amounts, agreement, quantiles)


def _rank(value: float, quantiles: FloatArray) -> tuple[float, float]:
    """The percentile of ``value``, and the share of the group with the same one; (19,) quantiles ascending."""
    first, behind = int(np.searchsorted(quantiles, value)), int(np.searchsorted(quantiles, value, "right"))
    if behind - first < 2:
        return float(np.interp(value, quantiles, LEVELS)), 0.0
    low = LEVELS[first] if first else 0
    high = LEVELS[behind - 1] if behind < len(LEVELS) else 100
    return (low + high) / 2, (high - low) / 100


def _range(percentile: float, agreement: float) -> tuple[float, float]:
    """Where other text of the same person stands: ranks of two parts as if both were normal and went together."""
    middle = agreement * _NORMAL.inv_cdf(percentile / 100)
    half = _NORMAL.inv_cdf((1 + _RANGE_COVERAGE) / 2) * (1 - min(agreement, 1.0) ** 2) ** 0.5
    low, high = (100 * _NORMAL.cdf(middle + side * half) for side in (-1, 1))
    return max(low, float(LEVELS[0])), min(high, float(LEVELS[-1]))
