import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from seikaku.evaluation import metrics

columns = st.integers(0, 10**6).map(
    lambda seed: tuple(np.random.default_rng(seed).normal(size=(2, 30, 5)))  # (estimates, labels)
)


@given(columns)
@settings(deadline=None, max_examples=25)
def test_correlations_agree_with_scipy(pair):
    estimates, labels = pair
    r, rho = metrics.pearson(estimates, labels), metrics.spearman(estimates, labels)
    for target in range(5):
        assert r[target] == pytest.approx(stats.pearsonr(estimates[:, target], labels[:, target])[0])
        assert rho[target] == pytest.approx(stats.spearmanr(estimates[:, target], labels[:, target])[0])


@given(columns, st.integers(0, 1000))
@settings(deadline=None, max_examples=25)
def test_bootstrap_weights_are_the_same_as_drawing_speakers(pair, seed):
    estimates, labels = pair
    weights = metrics.bootstrap_weights(30, 3, seed)
    assert (weights.sum(axis=1) == 30).all()
    for row, r in zip(weights, metrics.pearson(estimates, labels, weights), strict=True):
        drawn = np.repeat(np.arange(30), row.astype(int))
        assert r == pytest.approx(metrics.pearson(estimates[drawn], labels[drawn]), abs=1e-9)


def test_speakers_without_an_estimate_are_left_out():
    generator = np.random.default_rng(0)
    estimates, labels = generator.normal(size=(2, 20, 5))
    estimates[:4] = np.nan
    assert metrics.pearson(estimates, labels) == pytest.approx(metrics.pearson(estimates[4:], labels[4:]))
    assert metrics.spearman(estimates, labels) == pytest.approx(metrics.spearman(estimates[4:], labels[4:]))


def test_a_constant_orders_nobody():
    assert (metrics.pearson(np.full((10, 5), 3.0), np.random.default_rng(0).normal(size=(10, 5))) == 0).all()


def test_folds_of_their_own_mean_and_scale_make_a_knowing_estimate_look_ignorant_until_standardised():
    generator = np.random.default_rng(0)
    labels = generator.normal(size=(100, 5))
    folds = np.arange(100)[None, :] % 10
    # Within a fold the estimate is the label itself, but each fold has another intercept and another scale.
    estimates = (labels * (1 + folds[0])[:, None] + 50 * folds[0][:, None])[None]
    inside = metrics.standardize_within_folds(estimates, folds, scale=True)
    centred = metrics.standardize_within_folds(labels[None], folds, scale=False)
    assert abs(metrics.mean_over_repeats(estimates, labels)).max() < 0.3
    assert metrics.mean_over_repeats(inside, centred).min() > 0.9


def test_partial_correlation_takes_the_common_cause_out():
    generator = np.random.default_rng(1)
    amount = generator.normal(size=5000)
    estimate, label = amount + generator.normal(size=5000), amount + generator.normal(size=5000)
    assert metrics.pearson(estimate[:, None], label[:, None])[0] > 0.4
    assert abs(metrics.partial_correlation(estimate, label, amount)) < 0.05


def test_percentile_interval_holds_its_share():
    low, high = metrics.percentile_interval(np.linspace(0, 1, 1001)[:, None])
    assert (low[0], high[0]) == pytest.approx((0.025, 0.975))
