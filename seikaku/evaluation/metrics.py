"""Figures of agreement and their uncertainty. Arrays in, numbers out; no effects.

Shapes: estimates and labels (n_speakers, n_targets), or (n_repeats, n_speakers, n_targets) where repeats are pooled.
NaN marks a speaker without an estimate. A correlation with a constant is 0: it orders nobody.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def pearson(estimates: FloatArray, labels: FloatArray) -> FloatArray:
    """Pearson r per target over the speakers who have both, (n_targets,)."""
    known = ~np.isnan(estimates) & ~np.isnan(labels)
    n_known = np.maximum(known.sum(axis=0), 1)

    def centre(values: FloatArray) -> FloatArray:
        kept = np.where(known, values, 0.0)
        return np.where(known, kept - kept.sum(axis=0) / n_known, 0.0)

    x, y = centre(estimates), centre(labels)
    spread = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    return np.where(spread > 1e-9, (x * y).sum(axis=0) / np.maximum(spread, 1e-9), 0.0)


def spearman(estimates: FloatArray, labels: FloatArray) -> FloatArray:
    """Spearman rho per target, ties at their mean rank, speakers without an estimate left out -> (n_targets,)."""
    from scipy.stats import rankdata

    values = []
    for target in range(labels.shape[1]):
        known = ~np.isnan(estimates[:, target]) & ~np.isnan(labels[:, target])
        ranks = [rankdata(column[known, target])[:, None] for column in (estimates, labels)]
        values.append(float(pearson(ranks[0], ranks[1])[0]))
    return np.array(values)


def mean_over_repeats(estimates: FloatArray, labels: FloatArray) -> FloatArray:
    """Pearson r of every repeat, then their mean -> (n_targets,); labels with or without the repeat axis."""
    labels = np.broadcast_to(labels, estimates.shape)
    return np.asarray(np.mean([pearson(x, y) for x, y in zip(estimates, labels, strict=True)], axis=0))


def standardize_within_folds(values: FloatArray, folds: NDArray[np.int64], *, scale: bool) -> FloatArray:
    """Take each test fold's own mean (and, with ``scale``, SD) out of ``values`` (n_repeats, n_speakers, n_targets).

    ``folds`` (n_repeats, n_speakers). Every fold has another model: its intercept and its shrinkage are high where the
    fold's own labels are low, so pooled over folds, estimates that know nothing correlate *negatively* with labels.
    A model that ships has one intercept and one scale; inside a fold so has this one.
    """
    inside = np.full_like(values, np.nan)
    for repeat, fold in enumerate(folds):
        for index in np.unique(fold):
            member = fold == index
            part = values[repeat, member]
            if np.isnan(part).all():
                continue
            spread = np.nanstd(part, axis=0) if scale else np.ones(part.shape[1])
            deviation = part - np.nanmean(part, axis=0)
            inside[repeat, member] = np.where(spread > 1e-9, deviation / np.maximum(spread, 1e-9), 0.0 * deviation)
    return inside


def residuals(columns: FloatArray, given: FloatArray) -> FloatArray:
    """``columns`` (n_speakers, n) less what a linear regression on ``given`` (n_speakers, n_given) explains."""
    design = np.concatenate([np.ones((len(given), 1)), given], axis=1)
    return np.asarray(columns - design @ np.linalg.lstsq(design, columns, rcond=None)[0])


def auc(first: FloatArray, second: FloatArray) -> float:
    """The chance that a value of ``first`` is above one of ``second`` (ties count half)."""
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([first, second]))[: len(first)]
    return float((ranks.sum() - len(first) * (len(first) + 1) / 2) / (len(first) * len(second)))


def mean_absolute_error(estimates: FloatArray, labels: FloatArray) -> FloatArray:
    """Mean absolute error per target on the label's scale, speakers without an estimate left out."""
    return np.asarray(np.nanmean(np.abs(estimates - labels), axis=tuple(range(estimates.ndim - 1))))


def mean_squared_error(estimates: FloatArray, labels: FloatArray) -> FloatArray:
    """Mean squared error per target on the label's scale squared, speakers without an estimate left out."""
    return np.asarray(np.nanmean((estimates - labels) ** 2, axis=tuple(range(estimates.ndim - 1))))
