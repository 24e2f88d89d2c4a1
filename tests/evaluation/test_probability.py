"""Is what is said of probabilities true? Planted distributions, so that the answer is known."""

import numpy as np
import pytest

from seikaku.evaluation.probability import MIN_CASES, probability_figures
from seikaku.evaluation.protocol import OutOfFold
from seikaku.model.predictive import Z_80

SD = 1.0


def planted(r, *, told=1.0, n_speakers=800, n_repeats=3, seed=0):
    """Estimates whose errors are as large as their intervals say, but ``told`` times as far from the mean."""
    draw = np.random.default_rng(seed)
    labels = draw.normal(4, SD, (n_speakers, 5))
    noise = draw.normal(0, SD * r * np.sqrt(1 - r**2), (n_repeats, n_speakers, 5))
    deviation = r**2 * (labels - 4) + noise
    half_widths = np.full(deviation.shape, Z_80 * SD * np.sqrt(1 - r**2))
    folds = np.tile(np.arange(n_speakers) % 5, (n_repeats, 1))
    return OutOfFold(4 + told * deviation, np.full(deviation.shape, 4.0), half_widths, folds), labels


def test_true_probabilities_are_inside_everywhere_and_better_than_a_half():
    found = probability_figures(*planted(0.5))
    assert len(found["reliability"]) >= 6
    assert np.mean([row["is_inside"] for row in found["reliability"]]) >= 0.8
    assert found["log_score"] < found["log_score_constant"] == pytest.approx(np.log(2))
    assert found["brier"] < found["brier_constant"] == pytest.approx(0.25)


def test_boasting_is_seen():
    found = probability_figures(*planted(0.3, told=6.0))
    assert not all(row["is_inside"] for row in found["reliability"])
    assert found["log_score"] > found["log_score_constant"]
    extremes = [row for row in found["reliability"] if row["low"] >= 0.8]
    assert extremes and all(row["observed"] < row["predicted"] for row in extremes)


def test_the_standard_error_counts_a_speaker_once_and_twice_the_variance():
    found = [probability_figures(*planted(0.3, n_speakers=150, n_repeats=2, seed=seed)) for seed in range(60)]
    spread = np.std([one["log_score"] for one in found], ddof=1)
    assert np.mean([one["log_score_error"] for one in found]) == pytest.approx(np.sqrt(2) * spread, rel=0.25)
    result, labels = planted(0.3, n_speakers=150)
    again = OutOfFold(*(np.concatenate([part, part]) for part in vars(result).values() if part is not None))
    assert probability_figures(again, labels)["log_score_error"] == pytest.approx(
        probability_figures(result, labels)["log_score_error"]
    )


def test_a_tenth_with_few_cases_is_left_out_and_repeats_count_once():
    result, labels = planted(0.2, n_speakers=40)
    rows = probability_figures(result, labels)["reliability"]
    assert rows and all(row["n_cases"] >= MIN_CASES for row in rows)
    assert sum(row["n_cases"] for row in rows) <= labels.size


def test_a_model_without_intervals_has_no_probabilities():
    result, labels = planted(0.5)
    without = OutOfFold(result.estimates, result.centre, np.full_like(result.estimates, np.nan), result.folds)
    assert probability_figures(without, labels) is None
