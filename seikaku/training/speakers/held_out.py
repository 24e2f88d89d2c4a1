"""Calibrate a stage 2 model on its validation speakers. In: model and rows. Out: ``Calibration``. No effects.

Few speakers: the interval of r is wide and says so. `seikaku evaluate --model RUN --attach` measures on all of them.
"""

import numpy as np

from seikaku.model.calibration import AccuracyCurve, AmountTable, Calibration
from seikaku.model.norm import Norm
from seikaku.model.regressor import FloatArray, IntArray
from seikaku.training.fitting.amounts import calibrate
from seikaku.training.fitting.parts import BagSet, draw_parts
from seikaku.training.fitting.repeats import by_amount
from seikaku.traits import N_TRAITS

SIZES = (1, 3, 10, 30)  # dialogues; "all" is added
_PARTS_PER_SIZE = 4
_FLOOR_QUANTILE = 0.1
_KNOWN_QUANTILE = 0.01
_Z_95 = 1.96
_LEAST_FOR_R = 4  # Fisher's interval needs n > 3


def calibrate_run(
    guesses: FloatArray,
    scores: FloatArray,
    parts: BagSet,
    *,
    n_tokens: FloatArray,
    n_chars: FloatArray,
    norm_scores: FloatArray,
    norm_names: tuple[str, str],
    row_chars: IntArray,
    row_known: FloatArray,
) -> Calibration:
    """Calibrate on raw ``guesses`` (n_parts, n_traits) of validation speakers with ``scores`` (n_speakers, n_traits).

    ``n_tokens`` and ``n_chars`` (n_parts,) of each part; ``norm_scores`` (n, n_traits) of the training speakers,
    whom ``norm_names`` calls in Japanese and English;
    ``row_chars`` and ``row_known`` (n_rows,): characters and share of known tokens of single dialogues.
    """
    norm = Norm.of_scores(*norm_names, norm_scores)
    corrections = calibrate(guesses, scores, parts, n_tokens, norm.means)
    return Calibration(
        source="validation",
        n_speakers=len(scores),
        slope=corrections.slope,
        offset=corrections.offset,
        half_widths=corrections.half_widths,
        bounds=None,  # so few speakers do not show where the last of a hundred would lie
        accuracy=_measure_accuracy(guesses, scores, parts, n_chars),
        norm=norm,
        floor_chars=int(np.quantile(row_chars, _FLOOR_QUANTILE)),
        known_share_floor=round(float(np.quantile(row_known, _KNOWN_QUANTILE)), 4),
        shrinkage=corrections.shrinkage,
        before=corrections.before,
        standing=corrections.standing,
    )


def draw_validation_parts(bags: list[IntArray], seed: int) -> BagSet:
    """Each validation speaker's whole bag and random parts of it."""
    return draw_parts(bags, SIZES, _PARTS_PER_SIZE, seed)


def _measure_accuracy(guesses: FloatArray, scores: FloatArray, parts: BagSet, n_chars: FloatArray) -> AccuracyCurve:
    """r by amount with Fisher's 95 % interval for the number of speakers (parts of one speaker are one speaker)."""
    pairs = np.stack([guesses, scores[parts.speaker]], axis=1)
    found = by_amount(pairs, parts, n_chars, _r_with_interval)
    return AccuracyCurve(*(AmountTable(found.amounts, found.values[:, index]) for index in range(3)))


def _r_with_interval(pairs: FloatArray, weights: FloatArray) -> FloatArray:
    """r, its low and its high end, (3, n_traits); from -1 to 1 where the speakers are too few to say.

    ``pairs`` (n_parts, 2, n_traits) of guess and score; ``weights`` (n_parts,) add up to 1 for each speaker.
    """
    r, n_speakers = _weighted_r(pairs[:, 0], pairs[:, 1], weights), round(weights.sum())
    if n_speakers < _LEAST_FOR_R:
        return np.stack([r, np.full(N_TRAITS, -1.0), np.full(N_TRAITS, 1.0)])
    z, half = np.arctanh(np.clip(r, -0.999, 0.999)), _Z_95 / np.sqrt(n_speakers - 3)
    return np.stack([r, np.tanh(z - half), np.tanh(z + half)])


def _weighted_r(x: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    share = (weights / weights.sum())[:, None]
    x, y = x - (share * x).sum(axis=0), y - (share * y).sum(axis=0)
    spread = np.sqrt((share * x**2).sum(axis=0) * (share * y**2).sum(axis=0))
    return np.where(spread > 0, (share * x * y).sum(axis=0) / np.maximum(spread, 1e-12), 0.0)
