"""The n-gram model's features of many bags at once, kept sparse. Arrays in and out; no effects; needs scipy.

A feature that a bag does not hold depends on the bag's number of windows alone, so that a matrix of thousands of bags
is a sparse matrix of differences and one dense row for every number of windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.model.ngram.model import Float32Array, stabilize_shares
from seikaku.model.regressor import FloatArray, IntArray
from seikaku.training.fitting.parts import sum_rows


@dataclass(frozen=True)
class ShareMatrix:
    """Variance-stable shares of bags: row b is ``absent[amount_of[b]]`` plus row b of ``present`` (CSR).

    ``present`` (n_bags, n_features) float32; ``absent`` (n_amounts, n_features); ``amount_of`` (n_bags,).
    """

    present: Any
    absent: Float32Array
    amount_of: IntArray

    def __matmul__(self, columns: NDArray[Any]) -> NDArray[Any]:
        """The features times ``columns`` (n_features, n) -> (n_bags, n), in the precision of ``columns``."""
        return np.asarray(self.present @ columns + (self.absent @ columns)[self.amount_of])

    def mean(self) -> FloatArray:
        """The mean row (n_features,)."""
        n_bags = len(self.amount_of)
        often = np.bincount(self.amount_of, minlength=len(self.absent)) / n_bags
        return np.asarray(often @ self.absent + np.asarray(self.present.sum(axis=0)).ravel() / n_bags, np.float64)

    def dense(self) -> Float32Array:
        """All features (n_bags, n_features)."""
        return np.asarray(self.present.toarray() + self.absent[self.amount_of], np.float32)


def build_shares(
    counts: Any,
    n_windows: IntArray,
    bags: Sequence[IntArray],
    prior: Float32Array,
    prior_windows: float,
    columns: IntArray | None = None,
) -> ShareMatrix:
    """Shares of ``bags`` of rows of ``counts`` (CSR, (n_rows, n_all)), of its ``columns`` (n_features,), None for all.

    ``n_windows`` (n_rows,).
    """
    summed = sum_rows(counts, bags)
    if columns is not None:  # after the sum: a few bags are cut faster than all rows
        summed = summed[:, columns]
    amount = np.array([n_windows[bag].sum() for bag in bags], np.int64)
    distinct, amount_of = np.unique(amount, return_inverse=True)
    nothing = np.zeros((1, len(prior)), np.float32)
    absent = np.concatenate([stabilize_shares(nothing, np.array([[n]]), prior, prior_windows) for n in distinct])
    row = np.repeat(np.arange(len(bags)), np.diff(summed.indptr))
    own_prior = prior[summed.indices]
    shares = stabilize_shares(summed.data, amount[row].astype(np.float32), own_prior, prior_windows)
    summed.data = shares - absent[amount_of[row], summed.indices]
    return ShareMatrix(summed, absent, amount_of)
