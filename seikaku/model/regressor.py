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


class Side(Protocol):
    """One speaker's part of one dialogue (``corpora.store.DialogueSide``); a partner of -1 is not in the corpus."""

    @property
    def dialogue_id(self) -> int:
        """Which dialogue."""
        ...

    @property
    def speaker_index(self) -> int:
        """Whose part."""
        ...

    @property
    def partner_index(self) -> int:
        """Whom they talked with."""
        ...

    @property
    def texts(self) -> tuple[str, ...]:
        """The speaker's own utterances, in order."""
        ...


class FittedRegressor(Protocol):
    """A model after training.

    It may have ``standing(rows, bags)``: how estimates differ between speakers and between repeats
    (``model.calibration.Standing``), each (n_bags, n_targets).
    """

    def estimate(self, rows: Any, bags: Sequence[IntArray]) -> FloatArray:
        """Estimates on the label's scale, shape (n_bags, n_targets)."""
        ...

    def half_width(self, rows: Any, bags: Sequence[IntArray]) -> FloatArray | None:
        """Half the width of each estimate's 80 % interval, shape (n_bags, n_targets); None if the model has none."""
        ...


class Regressor(Protocol):
    """A model before training.

    It may have ``uncalibrated()`` (the same model without slope, offset and intervals, cheaper to fit: every target's
    estimates in the same order, drawn to the mean by the penalty alone), ``is_separable`` (True: an uncalibrated
    target's estimates are the same whatever other targets are fitted along with it) and ``protocol`` (settings of the
    protocol that its cost asks for, by name; the result names them, and the user's own go before).
    """

    @property
    def name(self) -> str:
        """How tables call it."""
        ...

    def encode(self, sides: Sequence[Side]) -> Any:
        """Label-free features of all rows; ``sides[i]`` is row i."""
        ...

    def fit(
        self, rows: Any, bags: Sequence[IntArray], scores: FloatArray, *, groups: IntArray, seed: int
    ) -> FittedRegressor:
        """Train on one bag a speaker and that speaker's scores, shape (n_speakers, n_targets), label scale.

        ``groups`` (n_speakers,): speakers with the same number are of one talk community. What is tuned by holding
        speakers out holds whole groups out.
        """
        ...
