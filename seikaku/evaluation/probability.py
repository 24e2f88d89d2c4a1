"""Is "above the norm mean, with probability p" true? In: out-of-fold estimates. Out: JSON values. No effects.

The probability, the interval and the score are one normal distribution's (``model.predictive``). The constant that
they are held against is what one would say before reading: a half, of everybody. Scores: Brier 1950, Good 1952.
"""

from typing import Any

import numpy as np

from seikaku.evaluation.protocol import OutOfFold
from seikaku.model.predictive import probability_above
from seikaku.model.regressor import FloatArray

MIN_CASES = 30  # of a tenth: below, the observed share says nothing
_EDGES = np.linspace(0.0, 1.0, 11)
_Z_95 = 1.959964
_EVEN = 0.5


def probability_figures(result: OutOfFold, labels: FloatArray) -> dict[str, Any] | None:
    """Brier and log score beside the constant's, and observed shares by tenths of the probability.

    A case is a speaker and a trait; repeats are averaged. None for a model without intervals.
    """
    if np.isnan(result.half_widths).all():
        return None
    probability = probability_above(result.estimates - result.centre, result.half_widths)
    known = ~np.isnan(probability)
    is_above = (labels > result.centre).astype(np.float64)
    told, seen = probability[known], is_above[known]
    log_score = np.full(probability.shape, np.nan)
    log_score[known] = -np.log(np.where(seen == 1.0, told, 1.0 - told))
    return {
        "brier": float(((told - seen) ** 2).mean()),
        "brier_constant": float(((_EVEN - seen) ** 2).mean()),
        "log_score": float(np.nanmean(log_score)),
        "log_score_error": _standard_error(log_score),
        "log_score_constant": float(-np.log(_EVEN)),
        "reliability": _reliability(probability, is_above),
    }


def _standard_error(log_score: FloatArray) -> float:
    """Of the mean of ``log_score`` (n_repeats, n_speakers, n_traits), and so of its distance from the constant's.

    A speaker is one case: the traits and repeats go together. Twice the usual variance, as everywhere where an
    out-of-fold estimate leans on the labels that it is compared with (``intervals``).
    """
    speakers = ~np.isnan(log_score).all(axis=(0, 2))
    means = np.nanmean(log_score[:, speakers], axis=(0, 2))
    return float(np.sqrt(2.0 * means.var(ddof=1) / len(means)))


def _reliability(probability: FloatArray, is_above: FloatArray) -> list[dict[str, Any]]:
    """One row a tenth that holds ``MIN_CASES``: mean probability, observed share and the range it should lie in.

    The same speaker comes once a repeat: cases are counted once, so that the range is not too narrow.
    """
    n_repeats = len(probability)
    rows = []
    for low, high in zip(_EDGES[:-1], _EDGES[1:], strict=True):
        inside = (probability >= low) & ((probability < high) | ((high == 1.0) & (probability <= high)))
        n_cases = float(inside.sum()) / n_repeats
        if n_cases < MIN_CASES:
            continue
        told, observed = float(probability[inside].mean()), float(is_above[inside].mean())
        half = _Z_95 * float(np.sqrt(told * (1.0 - told) / n_cases))
        rows.append(
            {
                "low": round(float(low), 1),
                "high": round(float(high), 1),
                "n_cases": round(n_cases, 1),
                "predicted": told,
                "observed": observed,
                "expected_low_95": told - half,
                "expected_high_95": told + half,
                "is_inside": abs(observed - told) <= half,
            }
        )
    return rows
