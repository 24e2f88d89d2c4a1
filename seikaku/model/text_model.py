"""What every model of text gives to an estimate. Types only; no effects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Explanation:
    """Raw result: ``score`` (n_targets,) on the label's scale; ``contributions`` (n_utterances, n_targets) that add
    up to score - the norm mean; ``amount`` of text in the unit of the model's tables (windows or tokens);
    ``known_share``: share of the text that the model's vocabulary holds (0 to 1).
    """

    score: FloatArray
    contributions: FloatArray
    amount: float
    known_share: float


class TextModel(Protocol):
    """A trained model of one speaker's own text."""

    def explain(self, conversations: Sequence[Sequence[str]]) -> Explanation:
        """Scores and their exact split over the utterances; ``conversations[i]`` holds those of conversation i."""
        ...
