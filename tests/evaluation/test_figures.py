"""Figures from estimates that were made up, so that each has a known value."""

import numpy as np
import pytest

from seikaku.evaluation import figures
from seikaku.evaluation.protocol import OutOfFold
from seikaku.traits import TRAIT_KEYS


def wrap(estimates, folds, half_widths=np.nan):
    estimates = np.asarray(estimates, float)
    centre = np.full(estimates.shape, 4.0)
    return OutOfFold(estimates, centre, np.full(estimates.shape, half_widths), folds)


@pytest.fixture
def made():
    """Two repeats of estimates of 100 speakers in five folds, r about .5."""
    draw = np.random.default_rng(0)
    labels = draw.normal(4, 1, (100, 5))
    estimates = [4 + 0.25 * (labels - 4) + 0.43 * draw.normal(size=(100, 5)) for _ in range(2)]
    folds = np.stack([draw.permutation(np.arange(100) % 5) for _ in range(2)])
    return wrap(estimates, folds), labels


def width_on_fishers_scale(own):
    return np.arctanh(own["r_high_95"]) - np.arctanh(own["r_low_95"])


def test_r_has_the_width_of_the_permutations_and_is_drawn_to_the_common_mean(made):
    result, labels = made
    null = np.tanh(np.random.default_rng(1).normal(0, 0.14, (300, 5)))
    with_null, without = (
        figures.correlation_figures(result, labels, null),
        figures.correlation_figures(result, labels, None),
    )
    r = [with_null["traits"][key]["r"] for key in TRAIT_KEYS]
    assert r == pytest.approx(result.r(labels).tolist())
    assert with_null["mean"]["r"] == pytest.approx(np.mean(r))
    for key in TRAIT_KEYS:
        own, formula = with_null["traits"][key], without["traits"][key]
        assert width_on_fishers_scale(own) == pytest.approx(2 * 1.96 * 0.14, rel=0.15)
        assert np.arctanh(formula["r_high_95"]) - np.arctanh(formula["r_low_95"]) == pytest.approx(
            3.92 * np.sqrt(0.02), rel=1e-3
        )
        low, high = sorted((own["r"], np.tanh(np.arctanh(r).mean())))
        assert low - 0.02 < own["r_shrunk"] < high + 0.02
        assert own["r_shrunk_low_95"] < own["r_shrunk"] < own["r_shrunk_high_95"]
    assert width_on_fishers_scale(with_null["mean"]) == pytest.approx(
        3.92 * 0.14 / np.sqrt(5), rel=0.2
    )  # traits that do not go together


def test_accuracy_has_its_p_and_its_errors(made):
    result, labels = made
    null = np.tanh(np.random.default_rng(1).normal(0, 0.14, (199, 5)))
    constant = wrap(np.full((2, 100, 5), 4.0), result.folds)
    found = figures.accuracy_figures(result, constant, labels, null)
    for key in TRAIT_KEYS:
        own = found["traits"][key]
        assert own["p_permutation"] == pytest.approx(1 / 200)
        assert own["mse"] < own["mse_constant"]
        assert own["r2"] == pytest.approx(1 - own["mse"] / own["mse_constant"], abs=1e-9)
        assert own["null_r_sd"] == pytest.approx(0.14, rel=0.2)
    assert found["mean"]["p_permutation"] == pytest.approx(1 / 200)
    assert 0 < found["mean"]["p_traits_differ"] <= 1
    without = figures.accuracy_figures(result, constant, labels, None)
    assert not any(name.startswith(("p_", "null_")) for name in [*without["mean"], *without["traits"]["openness"]])


def test_calibration_lines_are_ordinary_regression_with_twice_the_variance():
    draw = np.random.default_rng(0)
    estimates = draw.normal(4, 1, (200, 5))
    labels = 1.0 + 0.7 * estimates + 0.5 * draw.normal(size=(200, 5))
    slope, error, intercept = figures.calibration_lines(estimates, labels)
    assert slope == pytest.approx(np.full(5, 0.7), abs=0.12)
    assert intercept == pytest.approx(np.full(5, 1.0), abs=0.5)
    assert error == pytest.approx(np.full(5, np.sqrt(2) * 0.5 / np.sqrt(200)), rel=0.25)
    slope, error, intercept = figures.calibration_lines(np.full((200, 5), 4.0), labels)
    assert (slope.tolist(), error.tolist()) == ([0] * 5, [0] * 5)
    assert intercept == pytest.approx(labels.mean(axis=0))


def test_the_community_that_makes_the_r_is_told():
    """Ten of a hundred who are all high and guessed so: without them there is nothing."""
    draw = np.random.default_rng(2)
    labels, estimates = draw.normal(4, 1, (100, 5)), draw.normal(4, 0.3, (1, 100, 5))
    labels[:10] += 4
    estimates[:, :10] += 4
    community, is_kin = np.arange(100) // 10, np.arange(100) < 10
    result = wrap(estimates, np.zeros((1, 100), np.int64))
    found = figures.influence_figures(result, labels, community, is_kin)
    assert found["n_kin"] == 10
    assert found["n_communities"] == 10
    assert result.r(labels).mean() > 0.6
    assert abs(found["mean_r_without_kin"]) < 0.15
    assert found["mean_r_without_one_community_low"] == pytest.approx(found["mean_r_without_kin"])
    assert found["mean_r_without_one_community_high"] > 0.6


def test_groups_have_figures_from_thirty_speakers_on(made):
    result, labels = made
    sex = tuple("Female" if index < 70 else None if index < 71 else "Male" for index in range(100))
    female, male = figures.fairness_figures(result, labels, {"gender": sex})
    assert (female["group"], female["n_speakers"], male["group"], male["n_speakers"]) == ("Female", 70, "Male", 29)
    assert "traits" not in male
    own = female["traits"]["openness"]
    assert own["r_low_95"] < own["r"] < own["r_high_95"]
    assert width_on_fishers_scale(own) == pytest.approx(3.92 * np.sqrt(2 / 70), rel=1e-3)


def test_a_model_without_intervals_has_no_coverage(made):
    result, labels = made
    assert figures.interval_figures(result, labels) is None
    wide = wrap(result.estimates, result.folds, half_widths=9.0)
    assert figures.interval_figures(wide, labels)["openness"] == {"coverage": 1.0, "width_1to7": 18.0}
