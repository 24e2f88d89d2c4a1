"""Ridge regression in its dual form, for few speakers and many features. Arrays in and out; no effects; needs scipy.

With n_speakers << n_features the kernel (n_speakers, n_speakers) is small, whatever the features.
"""

import numpy as np

from seikaku.corpora.splits import speaker_folds
from seikaku.model.regressor import FloatArray
from seikaku.training.bags import BagSet


def solve_dual(kernel: FloatArray, targets: FloatArray, penalty: float) -> FloatArray:
    """Dual weights (n_speakers, n_targets) of ridge on ``targets`` that are deviations from their mean."""
    from scipy import linalg

    regularised = kernel + penalty * np.eye(len(kernel))
    return np.asarray(linalg.cho_solve(linalg.cho_factor(regularised, lower=True, overwrite_a=True), targets))


def guess_held_out(
    kernel: FloatArray, scores: FloatArray, parts: BagSet, *, penalty: float, n_folds: int, seed: int
) -> FloatArray:
    """Estimates (n_parts, n_targets) of every part by a model that did not see its speaker.

    ``kernel`` (n_parts, n_speakers): of every part with every speaker's whole bag; the whole bags are the first parts.
    """
    n_speakers = len(scores)
    fold = speaker_folds(n_speakers, min(n_folds, n_speakers), seed)
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
