"""What only style moves is taken out of the features: samples, pairs and directions. All sentences are fictional."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import build_corpus

pytest.importorskip("fugashi")
pytest.importorskip("scipy")

from scipy import sparse

from seikaku.config import NgramConfig
from seikaku.training.fitting.shares import build_shares
from seikaku.training.ridge import ngram
from seikaku.training.style.directions import StyleSample, draw_style_sample, orthonormal, pair_bags, shift
from seikaku.training.style.restyling import CHECKED, STYLES

ALL_STYLES = STYLES | CHECKED


@pytest.fixture(scope="module")
def corpus():
    return build_corpus(30, 120, seed=1)


@pytest.fixture(scope="module")
def drawn(corpus):
    return draw_style_sample(corpus.sides, 4, 1000)


def test_every_speaker_is_sampled_and_no_more_than_asked(corpus, drawn):
    sample, _ = drawn
    speaker = np.array([side.speaker_index for side in corpus.sides])
    n_sampled = np.bincount(speaker[sample.written], minlength=30)
    assert n_sampled.tolist() == np.minimum(np.bincount(speaker), 4).tolist()
    assert np.array_equal(sample.written, np.unique(sample.written))


def test_the_restyled_rows_are_the_same_dialogues_in_order(corpus, drawn):
    sample, texts = drawn
    assert list(sample.restyled) == list(ALL_STYLES)
    rows = np.concatenate(list(sample.restyled.values()))
    assert rows.tolist() == list(range(1000, 1000 + len(texts)))
    for style, own in sample.restyled.items():
        for place in (0, 7, len(sample.written) - 1):
            written = corpus.sides[sample.written[place]].texts
            assert texts[own[place] - 1000] == tuple(ALL_STYLES[style](written))


def test_the_sample_is_the_same_every_time(corpus, drawn):
    again, texts = draw_style_sample(corpus.sides, 4, 1000)
    assert np.array_equal(again.written, drawn[0].written)
    assert texts == drawn[1]


def test_a_sample_of_nothing_is_empty():
    sample, texts = draw_style_sample([], 4, 0)
    assert (len(sample.written), texts) == (0, [])
    assert all(len(rows) == 0 for rows in sample.restyled.values())


@given(
    st.lists(st.integers(0, 39), unique=True),
    st.lists(st.lists(st.integers(0, 39), unique=True), max_size=6),
    st.integers(1, 4),
)
def test_pairs_are_of_the_rows_of_the_bags_only(written, bags, size):
    written = np.sort(np.array(written, np.int64))
    sample = StyleSample(written, {"a": 100 + np.arange(len(written)), "b": 200 + np.arange(len(written))})
    before, restyled = pair_bags(sample, [np.array(bag, np.int64) for bag in bags], size)
    expected = [sorted(set(written.tolist()) & set(bag))[:size] for bag in bags]
    assert [rows.tolist() for rows in before] == [rows for rows in expected if rows]
    for name, start in (("a", 100), ("b", 200)):
        places = [[start + int(np.flatnonzero(written == row)[0]) for row in rows] for rows in expected if rows]
        assert [rows.tolist() for rows in restyled[name]] == places


def test_a_shift_is_the_difference_of_the_means_on_the_features_scale():
    random = np.random.default_rng(0)
    counts = sparse.csr_matrix(random.integers(0, 3, (12, 5)).astype(np.float32))
    prior = np.full(5, 0.3, np.float32)
    before, after = (
        build_shares(counts, np.full(12, 3), [np.arange(first, first + 3) for first in start], prior, 1.0)
        for start in ((0, 3), (6, 9))
    )
    scale = random.uniform(1, 3, 5)
    expected = (after.dense().mean(axis=0) - before.dense().mean(axis=0)) * scale
    assert shift(before, after, scale) == pytest.approx(expected, abs=1e-6)
    assert shift(before, before, scale) == pytest.approx(np.zeros(5))


@given(st.integers(1, 5), st.integers(0, 10**6))
def test_the_basis_is_orthonormal_and_spans_the_directions(n_directions, seed):
    directions = list(np.random.default_rng(seed).normal(size=(n_directions, 8)))
    basis = orthonormal(directions)
    assert basis.shape == (n_directions, 8)
    assert basis @ basis.T == pytest.approx(np.eye(n_directions), abs=1e-9)
    for direction in directions:
        assert basis.T @ (basis @ direction) == pytest.approx(direction)


def test_directions_that_are_nothing_are_left_out():
    assert orthonormal([np.zeros(4), np.array([0.0, 2.0, 0.0, 0.0])]).tolist() in (
        [[0.0, 1.0, 0.0, 0.0]],
        [[0.0, -1.0, 0.0, 0.0]],
    )
    assert orthonormal([np.zeros(4)]).shape == (0, 4)
    assert orthonormal([]).shape == (0, 0)


def test_a_direction_that_the_others_already_hold_adds_none():
    """Two styles that move the same thing leave one direction, not one and whatever rounding makes of nothing."""
    random = np.random.default_rng(0)
    first, second = random.normal(size=(2, 50))
    basis = orthonormal([first, second, first + second, 2 * first])
    assert basis.shape == (2, 50)
    for direction in (first, second):
        assert basis.T @ (basis @ direction) == pytest.approx(direction)


def fit(corpus, style_dialogues):
    config = NgramConfig(min_speakers=3, calibration_sizes=(), window_chars=100, style_dialogues=style_dialogues)
    rows = ngram.encode_rows(corpus.sides, config)
    bags = [np.flatnonzero([side.speaker_index == own for side in corpus.sides]) for own in range(len(corpus.scores))]
    return rows, bags, ngram.fit_ngram(rows, bags, corpus.scores, corpus.community, config, 0)


def test_weights_do_not_lie_in_the_directions_of_style(corpus, monkeypatch):
    """What the features of restyled text differ by on average moves no score; without the basis it does."""
    seen = {}
    own_basis = ngram._style_basis

    def spy(rows, bags, features, scale, shares):
        seen["basis"], seen["scale"] = own_basis(rows, bags, features, scale, shares), scale
        return seen["basis"]

    monkeypatch.setattr(ngram, "_style_basis", spy)
    _, _, with_basis = fit(corpus, 4)
    assert 2 <= len(seen["basis"]) <= 1 + 2 * len(STYLES)  # two amounts of text each, and the length of messages
    along = seen["basis"] / seen["scale"] @ with_basis.model.weights
    _, _, without = fit(corpus, 0)
    assert len(seen["basis"]) == 0
    size = np.abs(with_basis.model.weights / seen["scale"][:, None]).max()
    assert np.abs(along).max() < 1e-3 * size
    assert np.abs(with_basis.model.weights - without.model.weights).max() > 0


def test_without_a_sample_nothing_is_restyled(corpus):
    rows, _, _ = fit(corpus, 0)
    assert rows.style is None
    assert len(rows.n_windows) == len(rows.message_chars) == len(corpus.sides)


def test_restyled_rows_come_after_the_dialogues_and_count_for_nobody(corpus):
    rows, bags, fitted = fit(corpus, 4)
    assert len(rows.n_windows) == len(corpus.sides) + len(ALL_STYLES) * len(rows.style.written)
    assert max(bag.max() for bag in bags) < len(corpus.sides)
    assert fitted.estimate(rows, bags).shape == (30, 5)
    own = corpus.sides[0].texts
    assert rows.message_chars[0] == pytest.approx(np.mean([len(text) for text in own]))
