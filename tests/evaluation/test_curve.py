"""The learning curve: what was planted comes back, and what four points cannot tell is said to be wide."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planted import SpyRegressor, build_corpus

from seikaku.evaluation import curve
from seikaku.evaluation.baselines import PlainNgramRegressor
from seikaku.evaluation.protocol import build_sides, draw_bags, estimate_out_of_fold

SIZES = np.array([40.0, 80.0, 120.0, 160.0])
PLAIN = PlainNgramRegressor()


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    """A forecast's interval from fewer draws than the protocol's, for speed."""
    monkeypatch.setattr(curve, "_N_DRAWS", 200)


def quiet(what, done, total):
    pass


def value(ceiling, half, n):
    return ceiling * np.sqrt(n / (n + half))


def draw_null(n_permutations=200, spread=0.04, together=0.7, seed=0):
    """r of permuted labels at the four sizes: they move together, as models on nested speakers do."""
    covariance = spread**2 * (together + (1 - together) * np.eye(4))
    return np.random.default_rng(seed).multivariate_normal(np.zeros(4), covariance, n_permutations)


@pytest.mark.parametrize(("ceiling", "half"), [(0.4, 300.0), (0.3, 100.0), (0.45, 1000.0), (0.2, 30.0)])
def test_a_planted_curve_is_recovered(ceiling, half):
    means = value(ceiling, half, SIZES)
    grid, curves = curve._curve_grid(SIZES)
    best = curve.fit_curve(means[None], SIZES, np.eye(4) * 1e-6)
    assert curves[best[0]] == pytest.approx(means, abs=0.005)
    for n in (300, 1000):
        assert curve._value(grid[best], n)[0] == pytest.approx(value(ceiling, half, n), abs=0.03)


@given(st.lists(st.floats(-0.3, 0.6), min_size=4, max_size=4), st.floats(0.01, 0.1), st.floats(0.0, 0.9))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_fit_is_the_nearest_curve_of_all_by_generalised_least_squares(means, spread, together):
    covariance = spread**2 * (together + (1 - together) * np.eye(4))
    _, curves = curve._curve_grid(SIZES)
    inverse = np.linalg.inv(covariance + 1e-6 * np.eye(4))
    distance = [(np.array(means) - own) @ inverse @ (np.array(means) - own) for own in curves]
    found = curve.fit_curve(np.array([means]), SIZES, covariance)[0]
    assert distance[found] == pytest.approx(min(distance), rel=1e-6)


@given(st.lists(st.floats(-0.2, 0.45), min_size=4, max_size=4), st.booleans())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_forecasts_never_fall_with_more_speakers_and_their_intervals_hold_them(means, with_null):
    null = draw_null() if with_null else np.zeros((0,))
    summary = curve._summarize(SIZES, np.array(means), null, 160)
    assert [point["n_speakers"] for point in summary["points"]] == SIZES.tolist()
    for point in summary["points"]:
        assert point["r_low_95"] < point["r"] < point["r_high_95"]
    forecast = summary["forecast"]
    assert [entry["n_speakers"] for entry in forecast] == list(curve.FORECAST)
    for name in ("r", "r_low_80", "r_high_80"):
        values = [entry[name] for entry in forecast]
        assert values == sorted(values)
        assert 0 <= values[0] <= values[-1] <= 0.48
    for entry in forecast:
        assert entry["r_low_80"] - 1e-9 <= entry["r"] <= entry["r_high_80"] + 1e-9
    assert 0 <= summary["ceiling"] <= 0.48


def test_a_forecast_beyond_four_points_near_the_bottom_is_wide():
    means = value(0.4, 1500.0, SIZES)
    forecast = curve._summarize(SIZES, means, draw_null(), 160)["forecast"]
    width = [entry["r_high_80"] - entry["r_low_80"] for entry in forecast]
    assert width[-1] > 0.08
    assert width[-1] > width[0]


def test_the_truth_is_mostly_in_the_forecasts_interval():
    """Sixty curves seen through noise: an 80 % interval that holds far fewer would be a promise."""
    truth, null = value(0.4, 400.0, SIZES), draw_null()
    seen = truth + draw_null(60, seed=1)
    held = []
    for means in seen:
        forecast = curve._summarize(SIZES, means, null, 160)["forecast"]
        held.append([e["r_low_80"] <= value(0.4, 400.0, e["n_speakers"]) <= e["r_high_80"] for e in forecast])
    assert (np.mean(held, axis=0) > 0.7).all()


def test_the_curve_is_measured_on_shares_of_the_training_speakers():
    corpus = build_corpus(60, 480, seed=5, signal=0.5)
    sides = build_sides(corpus)
    rows, bags, folds = PLAIN.encode(corpus.sides), draw_bags(sides, None, 0), sides.draw_folds(6, 2)
    whole = estimate_out_of_fold(PLAIN, rows, sides, {"all": [bags] * 2}, folds)["all"]
    draw = np.random.default_rng(0)
    permuted = [sides.scores[draw.permutation(60)] for _ in range(30)]
    told = []
    summary = curve.learning_curve(
        PLAIN, rows, sides, bags, folds, whole, permuted, lambda what, done, total: told.append(what)
    )
    n_speakers = [point["n_speakers"] for point in summary["points"]]
    assert n_speakers[-1] == pytest.approx(59 * 5 / 6, abs=0.5)  # all but the careless one and a sixth
    assert np.array(n_speakers[:3]) / n_speakers[-1] == pytest.approx([0.25, 0.5, 0.75], abs=0.02)
    assert summary["points"][-1]["r"] == pytest.approx(whole.r(sides.scores).mean())
    assert summary["points"][0]["r"] < summary["points"][-1]["r"]
    assert set(told) == {f"学習話者 {share}%{of}" for share in (25, 50, 75) for of in ("", "、帰無分布")} | {
        "学習話者 100%、帰無分布"
    }


def test_without_permutations_the_formula_gives_the_errors():
    sides = build_sides(build_corpus())
    bags, folds, spy = draw_bags(sides, None, 0), sides.draw_folds(4, 1), SpyRegressor()
    whole = estimate_out_of_fold(spy, None, sides, {"all": [bags]}, folds)["all"]
    summary = curve.learning_curve(spy, None, sides, bags, folds, whole, [], quiet)
    low, high = (np.arctanh(summary["points"][0][f"r_{end}_95"]) for end in ("low", "high"))
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(2 / 40 / 5), rel=1e-3)
