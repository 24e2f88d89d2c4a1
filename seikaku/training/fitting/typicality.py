"""Measure how a norm group writes, by amount of text. In: dialogue sides. Out: ``Typicality``. Pure."""

from collections.abc import Sequence

import numpy as np

from seikaku.conversation.characters import count_written
from seikaku.model.regressor import IntArray
from seikaku.model.typicality import Typicality, measure_style
from seikaku.training.fitting.parts import draw_parts

SIZES = (1, 3, 10, 30)  # dialogues; "all" is added
_PARTS_PER_SIZE = 4
_LIMITS = (0.95, 0.99)
_LEAST_LIMITS = np.array([2.0, 3.0])  # standard deviations: people who hardly differ are no reason to refuse others
# Added to each figure's spread: a figure that nobody varies in must not forbid whoever does a little.
_LEAST_SD = np.array([0.05, 0.03, 0.002])


def fit_typicality(texts: Sequence[Sequence[str]], bags: Sequence[IntArray], seed: int) -> Typicality:
    """``texts[row]``: one side of a dialogue; ``bags[i]``: rows of speaker i."""
    parts = draw_parts(bags, SIZES, _PARTS_PER_SIZE, seed)
    styles = np.stack([measure_style([text for row in bag for text in texts[row]]) for bag in parts.rows])
    n_chars = np.array([sum(count_written(text) for row in bag for text in texts[row]) for bag in parts.rows])
    chars: list[float] = []
    means, precisions, limits = [], [], []
    for size in [*np.unique(parts.size[parts.size > 0]).tolist(), 0]:
        chosen = parts.size == size
        amount = float(np.median(n_chars[chosen]))
        if chars and amount <= chars[-1]:
            continue
        own = styles[chosen]
        deviation = own - own.mean(axis=0)
        precision = np.linalg.inv(deviation.T @ deviation / len(own) + np.diag(_LEAST_SD**2))
        distance = np.sqrt(np.einsum("ij,jk,ik->i", deviation, precision, deviation))
        chars.append(amount)
        means.append(own.mean(axis=0))
        precisions.append(precision)
        limits.append(np.maximum(np.quantile(distance, _LIMITS), _LEAST_LIMITS))
    return Typicality(np.array(chars), np.stack(means), np.stack(precisions), np.stack(limits))
