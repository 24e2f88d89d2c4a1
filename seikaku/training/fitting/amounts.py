"""How far to trust estimates at every amount of text. In: estimates of unseen speakers. Out: ``Corrections``.

No effects. What it measures on must not have been trained on: inner folds, or validation speakers.
"""

from dataclasses import dataclass

import numpy as np

from seikaku.model.calibration import AmountTable, Standing, conformal_quantile, shrink_nothing
from seikaku.model.regressor import FloatArray
from seikaku.training.fitting.parts import BagSet
from seikaku.training.fitting.repeats import by_amount, measure_repeats

INTERVAL_COVERAGE = 0.8
_BOUND_COVERAGE = 0.99
# A slope from few speakers can come out at zero or below; the estimate then keeps a tenth of its spread, so that it
# stays an estimate (its rank), while its interval says that it is worth little.
_SLOPE_RANGE = (0.1, 1.0)
_LEAST_WIDTH = 1e-6  # on the label's scale: labels that do not differ at all


@dataclass(frozen=True)
class Corrections:
    """What estimates of unseen speakers teach about a model's raw scores.

    ``slope`` (n_targets,): how much of its distance from the norm mean an estimate from all text keeps; ``shrinkage``:
    how much of that is left at each amount of text. ``before`` (n_targets,): half the width of the 80 % interval that
    one would state before reading anything. The others by amount of text, on the label's scale: ``offset``, what the
    mean speaker's estimate is off by; ``half_widths`` of the 80 % interval; ``bounds``, the distance from the mean that
    99 of 100 estimates stay within. ``standing``: how estimates differ between speakers.
    """

    slope: FloatArray
    offset: AmountTable
    shrinkage: AmountTable
    before: FloatArray
    half_widths: AmountTable
    bounds: AmountTable
    standing: Standing

    def apply(self, deviations: FloatArray, amounts: FloatArray) -> FloatArray:
        """Distances from the norm mean (n, n_targets), the slope in them, at ``amounts`` (n,) -> what is left."""
        return np.asarray(self.shrinkage.at(amounts) * (deviations - self.offset.at(amounts)))


def leave_uncalibrated(n_targets: int) -> Corrections:
    """What changes nothing and knows no interval: for where only the order of speakers is asked."""
    nothing, unknown, anything = (
        AmountTable(np.ones(1), np.full((1, n_targets), value)) for value in (0.0, np.nan, np.inf)
    )
    return Corrections(
        slope=np.ones(n_targets),
        offset=nothing,
        shrinkage=shrink_nothing(n_targets),
        before=np.full(n_targets, np.nan),
        half_widths=unknown,
        bounds=anything,
        standing=Standing(unknown, unknown),
    )


def calibrate(
    guesses: FloatArray, scores: FloatArray, parts: BagSet, amounts: FloatArray, intercept: FloatArray
) -> Corrections:
    """Calibrate on ``guesses`` (n_parts, n_targets) of speakers whom the model did not see.

    ``scores`` (n_speakers, n_targets) of the speakers that ``parts`` number; ``amounts`` (n_parts,) of text, in the
    model's unit; ``intercept`` (n_targets,): the norm mean, which estimates are drawn to.
    """
    whole = parts.size == 0
    targets = scores[parts.speaker] - intercept
    slope = _slope((guesses - intercept)[whole], targets[whole])
    deviations = slope * (guesses - intercept)
    offset = by_amount(deviations, parts, amounts, _weighted_mean)
    deviations = deviations - offset.at(amounts)
    shrinkage = _shrinkage(deviations, parts, amounts)
    deviations = shrinkage.at(amounts) * deviations
    before = conformal_quantile(np.abs(scores - intercept), np.ones(len(scores)), INTERVAL_COVERAGE)
    before = np.maximum(before, _LEAST_WIDTH)
    # As a share of the interval before reading, all targets together: what reading takes off is far too little to be
    # told from the noise of one target's interval, and reading does not make anybody less certain.
    share = by_amount(np.abs(targets - deviations) / before, parts, amounts, _pooled_width)
    share = pool_by_amount(share, increasing=False)
    spread = by_amount(deviations, parts, amounts, _weighted_sd)
    return Corrections(
        slope=slope,
        offset=offset,
        shrinkage=shrinkage,
        before=before,
        half_widths=AmountTable(share.amounts, np.minimum(share.values, 1.0) * before),
        bounds=by_amount(np.abs(deviations), parts, amounts, _far_out),
        standing=Standing(spread, measure_repeats(deviations, parts, amounts, spread)),
    )


def _shrinkage(deviations: FloatArray, parts: BagSet, amounts: FloatArray) -> AmountTable:
    """How far all of a speaker's text goes where so much of it goes 1: the slope of the whole on the part.

    The expected self-report given a part is that of the expected whole: no label is needed, so that hundreds of parts
    say precisely what the labels of so few speakers cannot. All targets together, on their own SD.
    """
    whole = deviations[: int((parts.size == 0).sum())]
    sd = np.maximum(whole.std(axis=0), 1e-12)
    pairs = np.stack([deviations, whole[parts.speaker]], axis=1) / sd
    return pool_by_amount(by_amount(pairs, parts, amounts, _slope_of_whole), increasing=True)


def pool_by_amount(table: AmountTable, *, increasing: bool) -> AmountTable:
    """The monotone table nearest to ``table``: more text never does worse, what noise turned round is pooled."""
    from scipy.optimize import isotonic_regression

    columns = [isotonic_regression(column, increasing=increasing).x for column in table.values.T]
    return AmountTable(table.amounts, np.stack(columns, axis=1))


def _slope(guesses: FloatArray, targets: FloatArray) -> FloatArray:
    """Regression through the origin of label on estimate: how much of its spread an estimate deserves, (n_targets,).

    One slope for all targets, each on its own standard deviation: with two hundred speakers the slopes of single
    targets differ by noise more than by anything else.
    """
    variance = np.maximum(targets.var(axis=0), 1e-12)
    slope = (guesses * targets / variance).sum() / max(float((guesses**2 / variance).sum()), 1e-12)
    return np.full(guesses.shape[1], np.clip(slope, *_SLOPE_RANGE))


def _slope_of_whole(pairs: FloatArray, weights: FloatArray) -> FloatArray:
    """``pairs`` (n_parts, 2, n_targets) of part and whole -> one slope for all targets, (n_targets,)."""
    part, whole = pairs[:, 0], pairs[:, 1]
    slope = (weights[:, None] * part * whole).sum() / max(float((weights[:, None] * part**2).sum()), 1e-12)
    return np.full(pairs.shape[2], np.clip(slope, 0.0, 1.0))


def _pooled_width(shares: FloatArray, weights: FloatArray) -> FloatArray:
    """One conformal quantile of the residuals of all targets, (n_targets,)."""
    n_targets = shares.shape[1]
    width = conformal_quantile(shares.reshape(-1, 1), np.repeat(weights, n_targets), INTERVAL_COVERAGE)
    return np.full(n_targets, width[0])


def _weighted_sd(values: FloatArray, weights: FloatArray) -> FloatArray:
    mean = np.average(values, axis=0, weights=weights)
    return np.asarray(np.sqrt(np.maximum(np.average((values - mean) ** 2, axis=0, weights=weights), 1e-18)))


def _weighted_mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    return np.asarray(np.average(values, axis=0, weights=weights))


def _far_out(values: FloatArray, weights: FloatArray) -> FloatArray:
    return conformal_quantile(values, weights, _BOUND_COVERAGE)
