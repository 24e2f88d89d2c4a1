"""What in the n-gram features is spelling, register or message length rather than content. No effects; needs scipy.

In: the same dialogues as written and restyled (``training.style.restyling``). Out: directions of feature space that the
weights must not lie in, so that an estimate does not move when only the style does. Label-free: nuisance attribute
projection (Solomonoff, Campbell and Boardman 2005, ICASSP), known from recognising speakers over different telephones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.model.regressor import FloatArray, IntArray, Side
from seikaku.training.fitting.shares import ShareMatrix
from seikaku.training.style.restyling import CHECKED, STYLES

_SEED = 0
_LEAST_WEIGHT = 1e-6  # of a direction of length 1: below it is what rounding makes of nothing
# Dialogues that a shift is measured on: it looks different in little text and in much, one direction each.
BAG_SIZES = (2, 10)


@dataclass(frozen=True)
class StyleSample:
    """Rows of a sample as written, (n_sampled,), and each style's rows of the same dialogues, (n_sampled,)."""

    written: IntArray
    restyled: dict[str, IntArray]


def draw_style_sample(
    sides: Sequence[Side], n_dialogues: int, first_row: int
) -> tuple[StyleSample, list[tuple[str, ...]]]:
    """``n_dialogues`` sides of every speaker, drawn at random, and their texts in every style.

    The restyled texts are to be encoded as the rows from ``first_row`` on, in their order.
    """
    generator = np.random.default_rng(_SEED)
    speaker = np.array([side.speaker_index for side in sides], np.int64)
    drawn = [generator.permutation(np.flatnonzero(speaker == own))[:n_dialogues] for own in np.unique(speaker)]
    written = np.sort(np.concatenate(drawn)) if drawn else np.zeros(0, np.int64)
    styles = STYLES | CHECKED
    texts = [tuple(restyle(sides[row].texts)) for restyle in styles.values() for row in written.tolist()]
    rows = first_row + np.arange(len(texts)).reshape(len(styles), len(written))
    return StyleSample(written, dict(zip(styles, rows, strict=True))), texts


def pair_bags(
    sample: StyleSample, bags: Sequence[IntArray], size: int
) -> tuple[list[IntArray], dict[str, list[IntArray]]]:
    """Up to ``size`` sampled rows of each bag as written, and the same rows in each style; bags without any left out.

    Only rows of ``bags`` are used: what a fold may not train on says nothing about style either.
    """
    places = [np.flatnonzero(np.isin(sample.written, bag))[:size] for bag in bags]
    places = [place for place in places if len(place)]
    restyled = {name: [rows[place] for place in places] for name, rows in sample.restyled.items()}
    return [sample.written[place] for place in places], restyled


def shift(written: ShareMatrix, restyled: ShareMatrix, scale: NDArray[Any]) -> FloatArray:
    """How far restyling moves the mean scaled features, (n_features,)."""
    return np.asarray((restyled.mean() - written.mean()) * scale, np.float64)


def orthonormal(directions: Sequence[FloatArray]) -> FloatArray:
    """An orthonormal basis of the directions, (n_kept, n_features); what is nothing, or said by others, is left out."""
    if not directions:
        return np.zeros((0, 0))
    stacked = np.stack(directions)
    sizes = np.linalg.norm(stacked, axis=1, keepdims=True)
    _, weight, basis = np.linalg.svd(stacked / np.maximum(sizes, 1e-12), full_matrices=False)
    return np.asarray(basis[weight > _LEAST_WEIGHT])
