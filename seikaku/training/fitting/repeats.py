"""Figures by amount of text, and how alike two samples of a speaker's text come out. Arrays in and out; pure."""

from collections.abc import Callable

import numpy as np

from seikaku.model.calibration import AmountTable
from seikaku.model.predictive import Z_80
from seikaku.model.regressor import FloatArray
from seikaku.training.fitting.parts import BagSet

_LEAST_PAIRS = 20  # speakers with two parts of a size; from fewer, what a smaller size says is carried on


def by_amount(
    values: FloatArray,
    parts: BagSet,
    amounts: FloatArray,
    summarize: Callable[[FloatArray, FloatArray], FloatArray],
) -> AmountTable:
    """``summarize(values, weights)`` of the parts of each size, speakers with equal mass, at the median amount."""
    medians: list[float] = []
    rows: list[FloatArray] = []
    for size in [*np.unique(parts.size[parts.size > 0]).tolist(), 0]:
        chosen = parts.size == size
        amount = float(np.median(amounts[chosen]))
        if medians and amount <= medians[-1]:  # a corpus with little text a speaker: "all" is no more than a part
            continue
        weights = 1.0 / np.bincount(parts.speaker[chosen])[parts.speaker[chosen]]
        medians.append(amount)
        rows.append(summarize(values[chosen], weights))
    return AmountTable(np.array(medians), np.stack(rows))


def measure_repeats(deviations: FloatArray, parts: BagSet, amounts: FloatArray, spread: AmountTable) -> AmountTable:
    """How far apart, in SDs between speakers, two estimates from as much other text of one speaker lie, 80 % of times.

    ``deviations`` (n_parts, n_targets); ``amounts`` (n_parts,); ``spread`` at the amounts that the answer is for.
    Measured as the correlation of two parts of each size; where a size has no pairs (all of a speaker's text has none)
    the Spearman-Brown formula carries the last one on.
    """
    rows: list[FloatArray] = []
    known: tuple[float, FloatArray] | None = None
    sizes = {float(np.median(amounts[parts.size == size])): size for size in np.unique(parts.size).tolist()}
    for amount in spread.amounts.tolist():
        size = sizes[amount]
        r = _agreement(deviations, parts, size) if size else None
        if r is not None:
            known = (amount, r)
        elif known is None:
            r = np.zeros(deviations.shape[1])
        else:
            length = amount / known[0]
            r = length * known[1] / (1.0 + (length - 1.0) * known[1])
        rows.append(Z_80 * np.sqrt(2.0 * (1.0 - np.clip(r, 0.0, 1.0))))
    return AmountTable(spread.amounts, np.minimum.accumulate(np.stack(rows), axis=0))


def _agreement(deviations: FloatArray, parts: BagSet, size: int) -> FloatArray | None:
    """The correlation of the first two parts of ``size`` over speakers, (n_targets,); None for too few speakers."""
    chosen = np.flatnonzero(parts.size == size)
    speakers, first, counts = np.unique(parts.speaker[chosen], return_index=True, return_counts=True)
    paired = first[counts > 1]
    if len(paired) < _LEAST_PAIRS:
        return None
    one, other = deviations[chosen[paired]], deviations[chosen[paired + 1]]
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    scale = np.sqrt((one**2).sum(axis=0) * (other**2).sum(axis=0))
    return np.asarray((one * other).sum(axis=0) / np.maximum(scale, 1e-18))
