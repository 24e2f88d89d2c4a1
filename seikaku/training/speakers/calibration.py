"""Calibrate a stage 2 model on its validation speakers. In: model and rows. Out: ``RunCalibration``. No effects.

Few speakers: the interval of r is wide and says so. `seikaku evaluate --model RUN --attach` measures on all of them.
"""

import numpy as np

from seikaku.model.calibration import AccuracyCurve, AmountTable
from seikaku.model.norm import Norm
from seikaku.model.regressor import FloatArray, IntArray
from seikaku.model.run_calibration import RunCalibration
from seikaku.training.fitting.amounts import calibrate
from seikaku.training.fitting.parts import BagSet, draw_parts
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
) -> RunCalibration:
    """Calibrate on raw ``guesses`` (n_parts, n_traits) of validation speakers with ``scores`` (n_speakers, n_traits).

    ``n_tokens`` and ``n_chars`` (n_parts,) of each part; ``norm_scores`` (n, n_traits) of the training speakers,
    whom ``norm_names`` calls in Japanese and English;
    ``row_chars`` and ``row_known`` (n_rows,): characters and share of known tokens of single dialogues.
    """
    intercept = norm_scores.mean(axis=0)
    calibration = calibrate(guesses, scores, parts, n_tokens, intercept)
    return RunCalibration(
        source="validation",
        n_speakers=len(scores),
        intercept=intercept,
        slope=calibration.slope,
        offset=calibration.offset,
        half_widths=calibration.half_widths,
        accuracy=_accuracy(guesses, scores, parts, n_chars),
        norm=Norm.of_scores(*norm_names, norm_scores),
        floor_chars=int(np.quantile(row_chars, _FLOOR_QUANTILE)),
        known_share_floor=round(float(np.quantile(row_known, _KNOWN_QUANTILE)), 4),
    )


def draw_validation_parts(bags: list[IntArray], seed: int) -> BagSet:
    """Each validation speaker's whole bag and random parts of it."""
    return draw_parts(bags, SIZES, _PARTS_PER_SIZE, seed)


def _accuracy(guesses: FloatArray, scores: FloatArray, parts: BagSet, n_chars: FloatArray) -> AccuracyCurve:
    """r by amount with Fisher's 95 % interval for the number of speakers (parts of one speaker are one speaker)."""
    amounts: list[float] = []
    rows: list[FloatArray] = []
    for size in [*np.unique(parts.size[parts.size > 0]).tolist(), 0]:
        chosen = parts.size == size
        amount = float(np.median(n_chars[chosen]))
        if amounts and amount <= amounts[-1]:
            continue
        weights = 1.0 / np.bincount(parts.speaker[chosen])[parts.speaker[chosen]]
        r = _weighted_r(guesses[chosen], scores[parts.speaker[chosen]], weights)
        amounts.append(amount)
        rows.append(_with_interval(r, len(np.unique(parts.speaker[chosen]))))
    values, axis = np.stack(rows), np.array(amounts)
    return AccuracyCurve(*(AmountTable(axis, values[:, index]) for index in range(3)))


def _weighted_r(x: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray:
    share = (weights / weights.sum())[:, None]
    x, y = x - (share * x).sum(axis=0), y - (share * y).sum(axis=0)
    spread = np.sqrt((share * x**2).sum(axis=0) * (share * y**2).sum(axis=0))
    return np.where(spread > 0, (share * x * y).sum(axis=0) / np.maximum(spread, 1e-12), 0.0)


def _with_interval(r: FloatArray, n_speakers: int) -> FloatArray:
    """(3, n_traits): r, low and high end; from -1 to 1 where the speakers are too few to say."""
    if n_speakers < _LEAST_FOR_R:
        return np.stack([r, np.full(N_TRAITS, -1.0), np.full(N_TRAITS, 1.0)])
    z, half = np.arctanh(np.clip(r, -0.999, 0.999)), _Z_95 / np.sqrt(n_speakers - 3)
    return np.stack([r, np.tanh(z - half), np.tanh(z + half)])
