"""A sparse matrix of shares is the dense one, whatever is multiplied."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy")

from scipy import sparse

from seikaku.model.ngram.model import stabilize_shares
from seikaku.training.fitting.shares import build_shares


@st.composite
def shares(draw):
    """Counts of a few rows, bags of them (empty and overlapping ones too), and what the shares are by definition."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    n_rows, n_features = draw(st.integers(1, 12)), draw(st.integers(1, 9))
    n_windows = random.integers(0, 6, n_rows)
    present = random.random((n_rows, n_features)) < draw(st.sampled_from([0.0, 0.3, 0.9]))
    counts = np.where(present, random.integers(0, 6, (n_rows, n_features)), 0)
    counts = np.minimum(counts, n_windows[:, None]).astype(np.float32)
    bags = [
        random.choice(n_rows, random.integers(0, n_rows + 1), replace=False) for _ in range(draw(st.integers(1, 8)))
    ]
    prior = random.uniform(0.01, 0.9, n_features).astype(np.float32)
    prior_windows = draw(st.sampled_from([0.5, 1.0, 5.0]))
    summed = np.stack([counts[bag].sum(axis=0) for bag in bags])
    amount = np.array([[n_windows[bag].sum()] for bag in bags])
    dense = stabilize_shares(summed, amount, prior, prior_windows)
    built = build_shares(sparse.csr_matrix(counts), n_windows, bags, prior, prior_windows)
    return built, dense, random


@given(shares())
@settings(max_examples=60)
def test_rows_mean_and_product_are_those_of_the_dense_matrix(drawn):
    built, dense, random = drawn
    assert built.dense() == pytest.approx(dense, abs=1e-6)
    assert built.dense().dtype == np.float32
    assert built.mean() == pytest.approx(dense.mean(axis=0), abs=1e-6)
    for n_columns in (1, 3):
        columns = random.normal(size=(dense.shape[1], n_columns))
        assert built @ columns == pytest.approx(dense.astype(np.float64) @ columns, abs=1e-5)
        assert (built @ columns).shape == (len(dense), n_columns)


def test_the_product_has_the_precision_of_the_columns():
    counts = sparse.csr_matrix(np.eye(3, dtype=np.float32))
    built = build_shares(counts, np.ones(3, np.int64), [np.array([0, 1])], np.full(3, 0.1, np.float32), 1.0)
    assert (built @ np.ones((3, 2), np.float32)).dtype == np.float32
    assert (built @ np.ones((3, 2))).dtype == np.float64


def test_what_is_absent_is_kept_once_for_every_number_of_windows():
    counts = sparse.csr_matrix(np.ones((6, 4), np.float32))
    bags = [np.arange(2), np.arange(2, 4), np.arange(3), np.zeros(0, np.int64)]
    built = build_shares(counts, np.ones(6, np.int64), bags, np.full(4, 0.1, np.float32), 1.0)
    assert built.absent.shape == (3, 4)  # none, two and three windows
    assert built.amount_of.tolist() == [1, 1, 2, 0]
    assert built.present.shape == (4, 4)


def test_a_few_columns_of_many_are_as_if_there_were_no_others():
    random = np.random.default_rng(0)
    counts = random.integers(0, 3, (8, 20)).astype(np.float32)
    n_windows = np.full(8, 3)
    bags = [np.array([0, 1]), np.array([2, 5, 7])]
    chosen = np.array([3, 4, 11, 19])
    prior = random.uniform(0.1, 0.5, 4).astype(np.float32)
    some = build_shares(sparse.csr_matrix(counts), n_windows, bags, prior, 1.0, chosen)
    alone = build_shares(sparse.csr_matrix(counts[:, chosen]), n_windows, bags, prior, 1.0)
    assert some.dense() == pytest.approx(alone.dense())
