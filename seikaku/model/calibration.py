"""Tables by amount of text, and how to read them between their rows. Numbers in, numbers out; no effects."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AmountTable:
    """A figure per target that was measured at several amounts of text.

    ``amounts`` (n_amounts,) ascending, in windows or characters; ``values`` (n_amounts, n_targets).
    """

    amounts: FloatArray
    values: FloatArray

    def at(self, amount: NDArray[np.floating] | float) -> FloatArray:
        """The values at ``amount`` (any shape) -> (*shape, n_targets): linear in log amount, constant outside."""
        log_amount = np.log(np.maximum(np.asarray(amount, np.float64), 1e-9))
        grid = np.log(self.amounts)
        columns = [np.interp(log_amount, grid, column) for column in self.values.T]
        return np.stack(columns, axis=-1)


@dataclass(frozen=True, slots=True)
class AccuracyCurve:
    """Measured accuracy by amount: Pearson r and its 95 % interval by the target speaker's own characters.

    Each table: ``amounts`` in characters without white space, ``values`` (n_amounts, n_traits).
    """

    r: AmountTable
    r_low_95: AmountTable
    r_high_95: AmountTable


def conformal_quantile(residuals: FloatArray, weights: FloatArray, coverage: float) -> FloatArray:
    """The half-width that holds a new speaker's score with probability ``coverage``.

    ``residuals`` (n, n_targets) absolute, ``weights`` (n,) that give each speaker the same mass -> (n_targets,).
    Split-conformal quantile with one unit of mass for the new speaker (Lei et al. 2018, JASA 113:1094).
    """
    n_speakers = weights.sum() / weights.max() if len(weights) else 0.0
    level = min(1.0, coverage * (n_speakers + 1) / max(n_speakers, 1))
    order = np.argsort(residuals, axis=0)
    sorted_residuals = np.take_along_axis(residuals, order, axis=0)
    mass = np.cumsum(weights[order], axis=0) / weights.sum()
    index = np.minimum((mass < level - 1e-12).sum(axis=0), len(residuals) - 1)
    return np.asarray(np.take_along_axis(sorted_residuals, index[None, :], axis=0)[0])
