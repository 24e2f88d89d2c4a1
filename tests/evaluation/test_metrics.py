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


def test_residuals_take_the_common_cause_out():
    generator = np.random.default_rng(1)
    amount = generator.normal(size=(5000, 1))
    both = amount + generator.normal(size=(5000, 2))
    assert metrics.pearson(both[:, :1], both[:, 1:])[0] > 0.4
    left = metrics.residuals(both, amount)
    assert abs(metrics.pearson(left[:, :1], left[:, 1:])[0]) < 0.05


@given(columns, st.integers(1, 4))
@settings(deadline=None, max_examples=25)
def test_residuals_go_with_nothing_that_was_given(pair, n_given):
    values, given_columns = pair[0], 3.0 + pair[1][:, :n_given]
    left = metrics.residuals(values, given_columns)
    assert left.shape == values.shape
    assert left.mean(axis=0) == pytest.approx(np.zeros(5), abs=1e-9)
    assert given_columns.T @ left == pytest.approx(np.zeros((n_given, 5)), abs=1e-8)
    assert metrics.residuals(left, given_columns) == pytest.approx(left, abs=1e-9)  # nothing more to take out


def test_residuals_given_nothing_are_deviations_from_the_mean():
    values = np.random.default_rng(0).normal(3, 1, (20, 2))
    assert metrics.residuals(values, np.zeros((20, 0))) == pytest.approx(values - values.mean(axis=0))


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=12), st.lists(st.integers(-4, 4), min_size=1, max_size=12))
@settings(deadline=None)
def test_auc_is_the_share_of_pairs_in_which_the_first_is_above(first, second):
    wins = [1.0 if a > b else 0.5 if a == b else 0.0 for a in first for b in second]
    first, second = np.array(first, float), np.array(second, float)
    assert metrics.auc(first, second) == pytest.approx(np.mean(wins))
    assert metrics.auc(first, second) + metrics.auc(second, first) == pytest.approx(1.0)


def test_errors_leave_out_who_has_no_estimate():
    estimates = np.array([[1.0, 2.0], [np.nan, np.nan], [5.0, 2.0]])
    labels = np.array([[2.0, 2.0], [7.0, 7.0], [2.0, 2.0]])
    assert metrics.mean_absolute_error(estimates, labels) == pytest.approx([2.0, 0.0])
    assert metrics.mean_squared_error(estimates, labels) == pytest.approx([5.0, 0.0])
    assert metrics.mean_squared_error(np.stack([estimates] * 3), labels) == pytest.approx([5.0, 0.0])


def test_a_nearly_constant_estimate_still_orders():
    """A model whose slope is a tenth of a hundredth says little, but in the right order."""
    labels = np.random.default_rng(0).normal(4, 1, (50, 5))
    assert metrics.pearson(4 + 1e-4 * labels, labels) == pytest.approx(np.ones(5))
