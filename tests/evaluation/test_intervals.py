"""The intervals of an out-of-fold r cover what they say, and Fisher's do not: planted Gaussian signals, no text."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.corpora.splits import speaker_folds
from seikaku.evaluation import intervals
from seikaku.evaluation.protocol import Sides, estimate_out_of_fold
from seikaku.training.fitting.kernel import solve_dual

N_SPEAKERS = 184
N_FEATURES = 300
N_TARGETS = 3  # of each strength, for every draw of features
STRENGTHS = (0.0, 0.25, 0.5)  # the share of a label that the features hold: r of 0, .17, .35


@dataclass(frozen=True)
class KernelRidge:
    """The smallest model of the n-gram's kind: a row is a speaker's features."""

    name: str = "toy"

    def encode(self, sides):
        """Nothing to do."""

    def fit(self, rows, bags, scores, *, groups, seed):
        trained = rows[np.concatenate(bags)]
        kernel = trained @ trained.T / N_FEATURES
        return FittedRidge(trained / N_FEATURES, solve_dual(kernel, scores - scores.mean(axis=0), 1.0))


@dataclass(frozen=True)
class FittedRidge:
    trained: np.ndarray
    dual: np.ndarray

    def estimate(self, rows, bags):
        return rows[np.concatenate(bags)] @ self.trained.T @ self.dual

    def half_width(self, rows, bags):
        return None


def one_row_each(scores):
    """Speakers with one monologue each."""
    n_speakers = len(scores)
    everyone, one, nobody = np.arange(n_speakers), np.ones(n_speakers, np.int64), np.zeros(n_speakers, np.bool_)
    return Sides(everyone, -one, everyone, one, one, scores, nobody, everyone, nobody)


def simulate(n_datasets, n_permutations, seed):
    """Fisher's z of planted signals and the spread of its null, both (n_strengths, n_datasets * N_TARGETS)."""
    draw = np.random.default_rng(seed)
    share = np.repeat(STRENGTHS, N_TARGETS)
    z, error = [], []
    for dataset in range(n_datasets):
        rows = draw.normal(size=(N_SPEAKERS, N_FEATURES))
        signal = rows @ draw.normal(size=(N_FEATURES, len(share))) / np.sqrt(N_FEATURES)
        scores = np.sqrt(share) * signal + np.sqrt(1 - share) * draw.normal(size=signal.shape)
        permuted = [scores[draw.permutation(N_SPEAKERS)] for _ in range(n_permutations)]
        labels = np.concatenate([scores, *permuted], axis=1)
        sides = one_row_each(scores)
        tests = {"all": [sides.rows_of(range(N_SPEAKERS))]}
        folds = speaker_folds(N_SPEAKERS, 10, dataset)[None]
        r = estimate_out_of_fold(KernelRidge(), rows, sides, tests, folds, labels=labels)["all"].r(labels)
        r = r.reshape(1 + n_permutations, len(STRENGTHS), N_TARGETS)
        z.append(np.arctanh(r[0]))
        error.append(intervals.standard_error(r[1:]))
    return np.concatenate(z, axis=1), np.concatenate(error, axis=1)


def check_coverage(z, error, tolerance):
    """``tolerance``: what chance does to the share of a strength's intervals that cover."""
    truth = z.mean(axis=1, keepdims=True)  # what this procedure gives on average
    assert abs(truth[0, 0]) < 0.02
    assert np.tanh(truth[-1, 0]) > 0.25
    low, high = intervals.interval(np.tanh(z), error)
    covered = ((low < np.tanh(truth)) & (np.tanh(truth) < high)).mean(axis=1)
    assert (covered > 0.93 - tolerance).all()
    assert (covered < 0.97 + tolerance).all()
    assert 0.92 < covered.mean() < 0.97
    low, high = intervals.interval(np.tanh(z), 1 / np.sqrt(N_SPEAKERS - 3))
    fisher = ((low < np.tanh(truth)) & (np.tanh(truth) < high)).mean(axis=1)
    assert fisher.mean() < 0.89
    assert (fisher < covered).all()
    assert error.mean() * np.sqrt(N_SPEAKERS) == pytest.approx(np.sqrt(2), abs=0.06)
    assert intervals.width_without_null(N_SPEAKERS) == pytest.approx(error.mean(), rel=0.05)


def test_intervals_of_permutation_width_cover_and_those_of_fishers_formula_are_too_narrow():
    check_coverage(*simulate(100, 60, seed=0), tolerance=0.03)


@pytest.mark.thorough
def test_intervals_cover_in_a_larger_simulation():
    check_coverage(*simulate(300, 80, seed=1), tolerance=0.02)


def test_an_interval_is_symmetric_on_fishers_scale_and_holds_its_r():
    r = np.array([-0.4, 0.0, 0.1, 0.35, 0.9])
    low, high = intervals.interval(r, 0.1)
    assert (low < r).all()
    assert (r < high).all()
    assert np.arctanh(high) - np.arctanh(r) == pytest.approx(np.full(5, 0.1 * intervals.Z_95))
    assert np.arctanh(r) - np.arctanh(low) == pytest.approx(np.full(5, 0.1 * intervals.Z_95))


@pytest.mark.parametrize("r", [-1.0, 1.0])
def test_an_interval_of_a_perfect_r_is_finite(r):
    low, high = intervals.interval(np.array([r]), np.array([0.1]))
    assert -1 <= low[0] < high[0] <= 1


def test_the_error_without_permutations_is_twice_fishers_variance():
    assert intervals.width_without_null(200) == pytest.approx(0.1)
    assert np.isfinite(intervals.width_without_null(0))


def test_the_error_is_the_spread_of_the_null_on_fishers_scale():
    null = np.tanh(np.random.default_rng(0).normal(0.02, 0.12, (5000, 3)))
    assert intervals.standard_error(null) == pytest.approx([0.12] * 3, rel=0.05)


def test_equal_r_collapse_to_their_mean():
    shrunk, error = intervals.shrink_to_common_mean(np.full(5, 0.2), np.eye(5) * 0.01)
    assert shrunk == pytest.approx(np.full(5, 0.2))
    assert (error < 0.1).all()  # five say the same: surer than one alone
    assert (error >= np.sqrt(0.01 / 5)).all()  # but no surer than all five


def test_differences_that_chance_explains_are_mostly_taken_back():
    r = np.array([0.05, 0.10, 0.15, 0.20, 0.25])
    shrunk, _ = intervals.shrink_to_common_mean(r, np.eye(5) * 0.1**2)
    assert np.ptp(shrunk) < 0.5 * np.ptp(r)
    assert (np.diff(shrunk) > 0).all()
    assert shrunk.mean() == pytest.approx(r.mean(), abs=0.005)


def test_wide_differences_that_are_known_well_stay():
    r = np.array([0.0, 0.1, 0.2, 0.3, 0.4])
    shrunk, error = intervals.shrink_to_common_mean(r, np.eye(5) * 1e-6)
    assert shrunk == pytest.approx(r, abs=1e-4)
    assert error == pytest.approx(np.full(5, 1e-3), rel=0.01)


@given(st.lists(st.floats(-0.5, 0.8), min_size=2, max_size=6), st.floats(0.01, 0.3))
def test_a_shrunk_r_is_between_its_own_and_the_common_mean(r, error):
    r = np.array(r)
    shrunk, _ = intervals.shrink_to_common_mean(r, np.eye(len(r)) * error**2)
    z, own = np.arctanh(shrunk), np.arctanh(r)
    mean = own.mean()
    assert (np.minimum(own, mean) - 1e-9 <= z).all()
    assert (z <= np.maximum(own, mean) + 1e-9).all()


@given(st.lists(st.floats(-0.5, 0.8), min_size=5, max_size=5), st.floats(0.02, 0.3), st.floats(0.0, 0.9))
def test_errors_that_go_together_leave_the_common_mean_less_sure(r, error, together):
    def covariance(rho):
        return error**2 * (rho + (1 - rho) * np.eye(5))

    _, apart = intervals.shrink_to_common_mean(np.full(5, r[0]), covariance(0.0))
    _, joint = intervals.shrink_to_common_mean(np.full(5, r[0]), covariance(together))
    assert (joint >= apart - 1e-9).all()
    shrunk, joint = intervals.shrink_to_common_mean(np.array(r), covariance(together))
    assert np.isfinite(shrunk).all()
    assert (joint > 0).all()


def test_the_shrunk_intervals_cover_traits_that_differ_a_little():
    """Three hundred sets of five true r around a common mean: what is shrunk errs less, and its interval covers."""
    draw = np.random.default_rng(0)
    truth = np.arctanh(0.15) + 0.06 * draw.normal(size=(300, 5))
    seen = np.tanh(truth + 0.1 * draw.normal(size=truth.shape))
    shrunk, error = map(
        np.array, zip(*(intervals.shrink_to_common_mean(r, np.eye(5) * 0.01) for r in seen), strict=True)
    )
    low, high = intervals.interval(shrunk, error)
    assert 0.92 < ((low < np.tanh(truth)) & (np.tanh(truth) < high)).mean() < 0.99
    assert ((shrunk - np.tanh(truth)) ** 2).mean() < 0.6 * ((seen - np.tanh(truth)) ** 2).mean()


def test_traits_that_do_not_differ_are_told_from_those_that_do():
    draw = np.random.default_rng(0)
    null = np.tanh(0.1 * draw.normal(size=(999, 5)))
    assert intervals.p_of_spread(np.array([0.0, 0.1, 0.2, 0.4, 0.6]), null) == pytest.approx(1 / 1000)
    assert intervals.p_of_spread(np.full(5, 0.2), null) == 1.0
    p = [intervals.p_of_spread(np.tanh(0.1 * draw.normal(size=5)), null) for _ in range(400)]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.03)  # as often as it says
    assert np.mean(p) == pytest.approx(0.5, abs=0.05)


def test_the_covariance_is_that_of_the_permutations_or_the_formulas():
    null = np.tanh(np.random.default_rng(0).normal(0, 0.1, (400, 5)))
    assert intervals.covariance_of(null, 5, 100) == pytest.approx(np.cov(np.arctanh(null).T))
    formula = np.eye(5) * 0.02
    assert intervals.covariance_of(None, 5, 100) == pytest.approx(formula)
    assert intervals.covariance_of(null[:1], 5, 100) == pytest.approx(formula)
    assert intervals.covariance_of(null[:, :1], 1, 100).shape == (1, 1)


@pytest.mark.parametrize("n_permutations", [2, 3, 5, 6, 20])
def test_few_permutations_give_a_figure_all_the_same(n_permutations):
    """`--n_permutations 3` is a smoke run: too few to be sure of a covariance of five traits, not a reason to stop."""
    null = np.tanh(np.random.default_rng(0).normal(0, 0.1, (n_permutations, 5)))
    shrunk, error = intervals.shrink_to_common_mean(np.full(5, 0.2), intervals.covariance_of(null, 5, 100))
    assert shrunk == pytest.approx(np.full(5, 0.2), abs=0.01)
    assert np.isfinite(error).all()


def test_a_constant_whose_null_never_moves_has_an_r_of_nought():
    shrunk, error = intervals.shrink_to_common_mean(np.zeros(5), intervals.covariance_of(np.zeros((20, 5)), 5, 100))
    assert shrunk == pytest.approx(np.zeros(5))
    assert np.isfinite(error).all()


def test_an_r_of_one_among_the_permutations_leaves_the_figures_finite():
    """Of a handful of speakers, a permutation may be ordered perfectly."""
    null = np.random.default_rng(0).uniform(-1, 1, (20, 5))
    null[0] = 1.0
    assert np.isfinite(intervals.standard_error(null)).all()
    assert np.isfinite(intervals.covariance_of(null, 5, 12)).all()
    assert 0 < intervals.p_of_spread(np.array([1.0, 0.2, 0.1, 0.0, -1.0]), null) <= 1
