"""Calibration on planted parts: little text is drawn in, the band before reading, and how far repeats lie apart."""

import numpy as np
import pytest

from seikaku.model.calibration import AmountTable
from seikaku.training.fitting.amounts import calibrate, leave_uncalibrated
from seikaku.training.fitting.parts import draw_parts
from seikaku.training.fitting.repeats import measure_repeats

SIZES = (1, 4, 16)


def plant(n_speakers=400, n_rows=64, r=0.4, noise=2.0, seed=0):
    """Speakers with a language of their own, rows that show it with noise, labels that go with it by ``r``."""
    draw = np.random.default_rng(seed)
    language = draw.normal(0, 1, (n_speakers, 5))
    labels = 4 + r * language + np.sqrt(1 - r**2) * draw.normal(0, 1, (n_speakers, 5))
    rows = language[np.repeat(np.arange(n_speakers), n_rows)] + noise * draw.normal(0, 1, (n_speakers * n_rows, 5))
    bags = np.split(np.arange(n_speakers * n_rows), n_speakers)
    parts = draw_parts(bags, SIZES, 4, seed)
    guesses = 4 + r * np.stack([rows[bag].mean(axis=0) for bag in parts.rows])
    return guesses, labels, parts, np.array([len(bag) for bag in parts.rows], np.float64)


def test_what_little_text_says_is_drawn_in_as_far_as_it_deserves():
    guesses, labels, parts, amounts = plant()
    found = calibrate(guesses, labels, parts, amounts, labels.mean(axis=0))
    # One row of a speaker holds 1 / (1 + 4) of what it shows, four rows half, all but everything.
    assert found.shrinkage.at(1.0) == pytest.approx(np.full(5, 0.21), abs=0.04)
    assert found.shrinkage.at(4.0) == pytest.approx(np.full(5, 0.53), abs=0.06)
    assert found.shrinkage.at(64.0) == pytest.approx(np.ones(5))
    left = found.apply(found.slope * (guesses - labels.mean(axis=0)), amounts)
    for size in (1, 16, 0):
        own = parts.size == size
        target = (labels - labels.mean(axis=0))[parts.speaker][own]
        slope = (left[own] * target).sum() / (left[own] ** 2).sum()
        assert slope == pytest.approx(1.0, abs=0.35), size


def test_reading_never_widens_and_narrows_with_text():
    found = calibrate(*plant(r=0.7)[:4], intercept=np.full(5, 4.0))
    shares = found.half_widths.values / found.before
    assert (np.diff(shares, axis=0) <= 1e-12).all()
    assert shares.max() <= 1.0
    assert shares[-1, 0] < 0.85
    nothing = calibrate(*plant(r=0.0)[:4], intercept=np.full(5, 4.0))
    assert (nothing.half_widths.values / nothing.before).min() > 0.95


def test_the_band_before_reading_holds_80_of_100():
    guesses, labels, parts, amounts = plant()
    before = calibrate(guesses, labels, parts, amounts, labels.mean(axis=0)).before
    assert (np.abs(labels - labels.mean(axis=0)) <= before).mean(axis=0) == pytest.approx(np.full(5, 0.8), abs=0.01)


def test_repeats_of_one_speaker_lie_as_far_apart_as_is_said():
    guesses, labels, parts, amounts = plant()
    found = calibrate(guesses, labels, parts, amounts, labels.mean(axis=0))
    other = plant(seed=5)
    left = found.apply(found.slope * (other[0] - 4), other[3])
    spread, repeats = found.standing.at(other[3])
    places = left / spread
    for size in SIZES:
        chosen = np.flatnonzero(other[2].size == size).reshape(-1, 4)
        apart = np.abs(places[chosen[:, 0]] - places[chosen[:, 1]])
        assert (apart <= repeats[chosen[:, 0]]).mean() == pytest.approx(0.8, abs=0.04), size


def test_all_text_is_carried_on_by_spearman_brown():
    guesses, _, parts, amounts = plant()
    spread = AmountTable(np.array([1.0, 4.0, 16.0, 64.0]), np.ones((4, 5)))
    width = measure_repeats(guesses - 4, parts, amounts, spread).values
    r = 1 - (width / 1.2816) ** 2 / 2
    assert r[3] == pytest.approx(4 * r[2] / (1 + 3 * r[2]), rel=1e-4)
    assert (np.diff(width, axis=0) < 0).all()


def test_too_few_pairs_say_nothing():
    guesses, _, parts, amounts = plant(n_speakers=10)
    spread = AmountTable(np.array([1.0, 4.0, 16.0, 64.0]), np.ones((4, 5)))
    assert measure_repeats(guesses - 4, parts, amounts, spread).values == pytest.approx(1.2816 * np.sqrt(2), rel=1e-3)


def test_uncalibrated_changes_nothing():
    scores = np.random.default_rng(0).normal(0, 1, (4, 5))
    assert leave_uncalibrated(5).apply(scores, np.array([1.0, 5, 50, 500])) == pytest.approx(scores)
