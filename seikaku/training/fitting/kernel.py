"""Ridge regression in its dual form, for few speakers and many features. Arrays in and out; no effects; needs scipy.

With n_speakers << n_features the kernel (n_speakers, n_speakers) is small, whatever the features.
"""

import numpy as np

from seikaku.corpora.splits import group_folds
from seikaku.model.regressor import FloatArray, IntArray
from seikaku.training.fitting.parts import BagSet


def solve_dual(kernel: FloatArray, targets: FloatArray, penalty: float) -> FloatArray:
    """Dual weights (n_speakers, n_targets) of ridge on ``targets`` that are deviations from their mean."""
    from scipy import linalg

    regularised = kernel + penalty * np.eye(len(kernel))
    return np.asarray(linalg.cho_solve(linalg.cho_factor(regularised, lower=True, overwrite_a=True), targets))


def guess_held_out(
    kernel: FloatArray,
    scores: FloatArray,
    parts: BagSet,
    groups: IntArray,
    *,
    penalty: float,
    n_folds: int,
    seed: int,
) -> FloatArray:
    """Estimates (n_parts, n_targets) of every part by a model that saw nobody of its speaker's group.

    ``kernel`` (n_parts, n_speakers): of every part with every speaker's whole bag; the whole bags are the first parts.
    ``groups`` (n_speakers,): whom the folds keep together. With a single group, speakers are held out by themselves.
    """
    n_speakers = len(scores)
    if len(np.unique(groups)) < 2:
        groups = np.arange(n_speakers)
    fold = group_folds(groups, scores, min(n_folds, len(np.unique(groups))), seed)
    guesses = np.zeros((len(kernel), scores.shape[1]))
    for held_out in range(int(fold.max()) + 1):
        train, test = fold != held_out, fold[parts.speaker] == held_out
        dual = solve_dual(kernel[:n_speakers][np.ix_(train, train)], scores[train] - scores[train].mean(0), penalty)
        # Around the mean of all: a fold's own mean is high where its labels are low, and would bias the slope down.
        guesses[test] = scores.mean(axis=0) + kernel[np.ix_(test, train)] @ dual
    return guesses


def choose_penalty(kernel: FloatArray, targets: FloatArray, penalties: tuple[float, ...]) -> float:
    """The penalty with the least leave-one-out squared error over all targets together (n_speakers, n_targets).

    Exact without refitting: the error of leaving speaker i out is dual_i / inverse_ii (Allen's PRESS).
    """

    def press(penalty: float) -> float:
        inverse = np.linalg.inv(kernel + penalty * np.eye(len(kernel)))
        return float((((inverse @ targets) / np.diag(inverse)[:, None]) ** 2).sum())

    return min(penalties, key=press)
