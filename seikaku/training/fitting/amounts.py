"""How far to trust estimates at every amount of text. In: estimates of unseen speakers. Out: ``Corrections``.

No effects. What it measures on must not have been trained on: inner folds, or validation speakers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seikaku.model.calibration import AmountTable, conformal_quantile
from seikaku.model.regressor import FloatArray
from seikaku.training.fitting.parts import BagSet

INTERVAL_COVERAGE = 0.8
_BOUND_COVERAGE = 0.99
# A slope from few speakers can come out at zero or below; the estimate then keeps a tenth of its spread, so that it
# stays an estimate (its rank), while its interval says that it is worth little.
_SLOPE_RANGE = (0.1, 1.0)


@dataclass(frozen=True)
class Corrections:
    """What estimates of unseen speakers teach about a model's raw scores.

    ``slope`` (n_targets,): how much of its distance from the norm mean an estimate keeps.
    ``offset``, ``half_widths`` and ``bounds`` by amount of text, on the label's scale: what the mean speaker's estimate
    is off by, half the width of the 80 % interval, and the distance from the mean that 99 of 100 estimates stay within.
    """

    slope: FloatArray
    offset: AmountTable
    half_widths: AmountTable
    bounds: AmountTable


def leave_uncalibrated(n_targets: int) -> Corrections:
    """What changes nothing and knows no interval: for where only the order of speakers is asked."""
    nothing, unknown, anything = (
        AmountTable(np.ones(1), np.full((1, n_targets), value)) for value in (0.0, np.nan, np.inf)
    )
    return Corrections(np.ones(n_targets), nothing, unknown, anything)


def calibrate(
    guesses: FloatArray, scores: FloatArray, parts: BagSet, amounts: FloatArray, intercept: FloatArray
) -> Corrections:
    """Calibrate on ``guesses`` (n_parts, n_targets) of speakers whom the model did not see.

    ``scores`` (n_speakers, n_targets) of the speakers that ``parts`` number; ``amounts`` (n_parts,) of text, in the
    model's unit; ``intercept`` (n_targets,): the norm mean, which estimates are drawn to.
    """
    whole = parts.size == 0
    targets = scores[parts.speaker]
    slope = _slope((guesses - intercept)[whole], (targets - intercept)[whole])
    deviations = slope * (guesses - intercept)
    offset = by_amount(deviations, parts, amounts, _weighted_mean)
    residuals = np.abs(targets - intercept - deviations + offset.at(amounts))
    half_widths = by_amount(residuals, parts, amounts, _interval_half_width)
    bounds = by_amount(np.abs(deviations - offset.at(amounts)), parts, amounts, _far_out)
    return Corrections(slope, offset, pool_by_amount(half_widths, increasing=False), bounds)


def pool_by_amount(table: AmountTable, *, increasing: bool) -> AmountTable:
    """The monotone table nearest to ``table``: more text never does worse, what noise turned round is pooled."""
    from scipy.optimize import isotonic_regression

    columns = [isotonic_regression(column, increasing=increasing).x for column in table.values.T]
    return AmountTable(table.amounts, np.stack(columns, axis=1))


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


def _slope(guesses: FloatArray, targets: FloatArray) -> FloatArray:
    """Regression through the origin of label on estimate: how much of its spread an estimate deserves, (n_targets,).

    One slope for all targets, each on its own standard deviation: with two hundred speakers the slopes of single
    targets differ by noise more than by anything else.
    """
    variance = np.maximum(targets.var(axis=0), 1e-12)
    slope = (guesses * targets / variance).sum() / max(float((guesses**2 / variance).sum()), 1e-12)
    return np.full(guesses.shape[1], np.clip(slope, *_SLOPE_RANGE))


def _weighted_mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    return np.asarray(np.average(values, axis=0, weights=weights))


def _far_out(values: FloatArray, weights: FloatArray) -> FloatArray:
    return conformal_quantile(values, weights, _BOUND_COVERAGE)


def _interval_half_width(residuals: FloatArray, weights: FloatArray) -> FloatArray:
    return conformal_quantile(residuals, weights, INTERVAL_COVERAGE)
