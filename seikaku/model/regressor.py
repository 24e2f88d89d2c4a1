"""The one small interface that the evaluation protocol asks of a model. Types only; no effects.

A *row* is one speaker's own side of one dialogue; a *bag* is an array of row numbers, all of one speaker.
Everything that a model tunes, it tunes inside ``fit``, on the bags that it is given: that makes the protocol nested.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class FittedRegressor(Protocol):
    """A model after training."""

    def estimate(self, rows: Any, bags: Sequence[IntArray]) -> FloatArray:
        """Estimates on the label's scale, shape (n_bags, n_targets)."""
        ...

    def half_width(self, rows: Any, bags: Sequence[IntArray]) -> FloatArray | None:
        """Half the width of each estimate's 80 % interval, shape (n_bags, n_targets); None if the model has none."""
        ...


class Regressor(Protocol):
    """A model before training."""

    @property
    def name(self) -> str:
        """How tables call it."""
        ...

    def encode(self, texts: Sequence[Sequence[str]]) -> Any:
        """Label-free features of all rows; ``texts[i]`` holds the utterances of row i."""
        ...

    def fit(self, rows: Any, bags: Sequence[IntArray], scores: FloatArray, *, seed: int) -> FittedRegressor:
        """Train on one bag a speaker and that speaker's scores, shape (n_speakers, n_targets), label scale."""
        ...
