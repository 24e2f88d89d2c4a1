"""Figures of agreement and their uncertainty. Arrays in, numbers out; no effects.

Shapes: estimates and labels (n_speakers, n_targets), or (n_repeats, n_speakers, n_targets) where repeats are pooled.
NaN marks a speaker without an estimate. A correlation with a constant is 0: it orders nobody.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def pearson(estimates: FloatArray, labels: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Pearson r per target over speakers -> (..., n_targets). ``weights`` (..., n_speakers) counts them (bootstrap)."""
    if weights is None:
        weights = np.ones(len(estimates))
    known = ~np.isnan(estimates) & ~np.isnan(labels)
    x, y = np.where(known, estimates, 0.0), np.where(known, labels, 0.0)
    mass = weights @ known.astype(np.float64)
    mass = np.maximum(mass, 1e-12)
    mean_x, mean_y = weights @ x / mass, weights @ y / mass
    covariance = weights @ (x * y) / mass - mean_x * mean_y
    variance_x = weights @ (x * x) / mass - mean_x**2
    variance_y = weights @ (y * y) / mass - mean_y**2
    spread = variance_x * variance_y
    return np.where(spread > 1e-18, covariance / np.sqrt(np.maximum(spread, 1e-18)), 0.0)


def spearman(estimates: FloatArray, labels: FloatArray) -> FloatArray:
    """Spearman rho per target, ties at their mean rank, speakers without an estimate left out -> (n_targets,)."""
    from scipy.stats import rankdata

    values = []
    for target in range(labels.shape[1]):
        known = ~np.isnan(estimates[:, target]) & ~np.isnan(labels[:, target])
        ranks = [rankdata(column[known, target])[:, None] for column in (estimates, labels)]
        values.append(float(pearson(ranks[0], ranks[1])[0]))
    return np.array(values)


def mean_over_repeats(estimates: FloatArray, labels: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Pearson r of every repeat, then their mean -> (..., n_targets); labels with or without the repeat axis."""
    labels = np.broadcast_to(labels, estimates.shape)
    return np.asarray(np.mean([pearson(x, y, weights) for x, y in zip(estimates, labels, strict=True)], axis=0))


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


def bootstrap_weights(n_speakers: int, n_samples: int, seed: int) -> FloatArray:
    """How often each speaker is drawn in each bootstrap sample, shape (n_samples, n_speakers)."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(n_speakers, np.full(n_speakers, 1.0 / n_speakers), n_samples).astype(np.float64)


def percentile_interval(samples: FloatArray, coverage: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """The central interval of ``samples`` (n_samples, ...) -> (low, high), each (...)."""
    tail = (1.0 - coverage) / 2
    low, high = np.quantile(samples, [tail, 1.0 - tail], axis=0)
    return low, high


def partial_correlation(estimate: FloatArray, label: FloatArray, given: FloatArray) -> float:
    """Pearson r of ``estimate`` and ``label`` (n_speakers,) with ``given`` held fixed."""
    columns = np.stack([estimate, label], axis=1)
    design = np.stack([np.ones_like(given), given], axis=1)
    residuals = columns - design @ np.linalg.lstsq(design, columns, rcond=None)[0]
    return float(pearson(residuals[:, :1], residuals[:, 1:])[0])


def mean_absolute_error(estimates: FloatArray, labels: FloatArray) -> FloatArray:
    """Mean absolute error per target on the label's scale, speakers without an estimate left out."""
    return np.asarray(np.nanmean(np.abs(estimates - labels), axis=tuple(range(estimates.ndim - 1))))
