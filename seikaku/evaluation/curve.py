"""What more speakers would give: r by the number of training speakers, and where the curve leads.

In: a regressor and rows. Out: plain JSON values. The curve is r(n) = c sqrt(n / (n + m)): the accuracy of ridge on
features with m independent directions (Daetwyler, Villanueva and Woolliams 2008, PLoS ONE 3:e3395), c its ceiling.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from seikaku.errors import DataError, both
from seikaku.evaluation.intervals import interval, standard_error, width_without_null
from seikaku.evaluation.protocol import (
    Bags,
    OutOfFold,
    Progress,
    Sides,
    estimate_out_of_fold,
    training_part,
)
from seikaku.model.regressor import FloatArray, IntArray, Regressor

SHARES = (0.25, 0.5, 0.75)
FORECAST = (300, 500, 1000, 2000)
# The credible upper end of what text tells of traits, by the review of 220 papers that docs/model.md names: no curve
# through four points near the bottom can say where the top is.
_CEILING = 0.48
_N_DRAWS = 2000


def learning_curve(
    regressor: Regressor,
    rows: Any,
    sides: Sides,
    bags: Bags,
    folds: IntArray,
    whole: OutOfFold,
    permuted: Sequence[FloatArray],
    progress: Progress,
) -> dict[str, Any]:
    """Mean r with a quarter, half, three quarters and all of the training speakers, and the fitted curve.

    A share that leaves too few speakers for a model (of a small corpus) has no point.
    ``whole``: the estimates with all of them, from as many repeats as it has; ``permuted``: label arrays (n_speakers,
    n_traits) for the errors.
    """
    n_traits = sides.scores.shape[1]
    run = partial(estimate_out_of_fold, regressor, rows, sides, progress=progress)
    sizes, means, nulls = [], [], []
    for share in (*SHARES, 1.0):
        what = both(f"学習話者 {share:.0%}", f"Training speakers {share:.0%}")
        try:
            result = whole
            if share < 1.0:
                result = run({"all": [bags] * len(folds)}, folds, train_share=share, what=what)["all"]
        except DataError:  # too few speakers for the protocol, or for this model
            continue
        sizes.append(_mean_size(sides, folds, share))
        means.append(float(result.r(sides.scores).mean()))
        if permuted:
            labels = np.concatenate(permuted, axis=1)
            null = run(
                {"all": [bags]},
                folds[:1],
                train_share=share,
                labels=labels,
                what=both(f"{what}、帰無分布", f"{what.english}, null"),
            )["all"]
            nulls.append(null.r(labels).reshape(-1, n_traits).mean(axis=1))
    return _summarize(np.array(sizes), np.array(means), np.array(nulls).T, sides.n_speakers)


def _mean_size(sides: Sides, folds: IntArray, share: float) -> float:
    parts = [training_part(sides, folds[0] == fold, share=share) for fold in np.unique(folds[0])]
    return float(np.mean([len(part.speakers) for part in parts]))


def _summarize(sizes: FloatArray, means: FloatArray, null: FloatArray, n_speakers: int) -> dict[str, Any]:
    """``null`` (n_permutations, n_sizes): how the points spread, and how far they move together."""
    if len(null) > 1:
        error = standard_error(null)
        covariance = np.cov(null.T).reshape(len(sizes), len(sizes))
    else:  # five traits that hardly go together
        error = np.full(len(sizes), width_without_null(n_speakers) / np.sqrt(5))
        covariance = np.outer(error, error) * (0.5 + 0.5 * np.eye(len(sizes)))
    low, high = interval(means, error)
    draws = np.random.default_rng(0).multivariate_normal(means, covariance, _N_DRAWS)
    grid = _curve_grid(sizes)[0]
    best = fit_curve(means[None], sizes, covariance)
    fitted = fit_curve(draws, sizes, covariance)
    forecast = []
    for n in FORECAST:
        drawn = _value(grid[fitted], n)
        forecast.append(
            {
                "n_speakers": n,
                "r": float(_value(grid[best], n)[0]),
                "r_low_80": float(np.quantile(drawn, 0.1)),
                "r_high_80": float(np.quantile(drawn, 0.9)),
            }
        )
    points = [
        {"n_speakers": float(n), "r": float(r), "r_low_95": float(a), "r_high_95": float(b)}
        for n, r, a, b in zip(sizes, means, low, high, strict=True)
    ]
    ceiling, half = grid[best][0].tolist()
    return {"points": points, "ceiling": ceiling, "n_half": half, "forecast": forecast}


def fit_curve(means: FloatArray, sizes: FloatArray, covariance: FloatArray) -> IntArray:
    """The grid curve nearest to each row of ``means`` (n_draws, n_sizes): generalised least squares -> (n_draws,)."""
    _, curves = _curve_grid(sizes)
    root = np.linalg.cholesky(np.linalg.inv(covariance + 1e-6 * np.eye(len(sizes))))
    distance = ((means @ root)[:, None, :] - (curves @ root)[None]) ** 2
    return np.asarray(distance.sum(axis=2).argmin(axis=1), np.int64)


def _curve_grid(sizes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(ceiling, m) of every curve considered, (n_curves, 2), and its values at ``sizes``."""
    ceilings, halves = np.linspace(0.0, _CEILING, 49), np.geomspace(20, 50_000, 60)
    grid = np.stack(np.meshgrid(ceilings, halves, indexing="ij"), axis=-1).reshape(-1, 2)
    return grid, np.stack([_value(grid, n) for n in sizes.tolist()], axis=1)


def _value(grid: FloatArray, n: float) -> FloatArray:
    return np.asarray(grid[:, 0] * np.sqrt(n / (n + grid[:, 1])))
