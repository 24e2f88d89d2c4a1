"""Long talks are read in blocks: a block's size changes nothing. All texts are fictional."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.conversation import characters
from seikaku.model.calibration import AmountTable
from seikaku.model.ngram import expressions, model
from seikaku.model.ngram.expressions import find_expressions
from seikaku.model.ngram.model import NgramModel, count_windows, normalize_utterances, tokenize

LETTERS = "あいうカレー図書館です"
TALKS = st.lists(st.lists(st.text(st.sampled_from(LETTERS + "w。 "), max_size=30), max_size=8), max_size=5)
BLOCKS = st.integers(1, 60)


def build_model(window_chars):
    """A model that knows every character and pair of ``LETTERS``, with a weight of its own each."""
    keys = np.unique(tokenize([[a + b for a in LETTERS for b in LETTERS]], 200).keys)
    generator = np.random.default_rng(0)
    prior = generator.uniform(0.01, 0.5, len(keys)).astype(np.float32)
    return NgramModel(
        keys=keys, prior=prior, centre=np.arcsin(np.sqrt(prior)),
        weights=generator.normal(size=(len(keys), 3)).astype(np.float32), intercept=np.zeros(3),
        window_chars=window_chars, prior_windows=1.0, offset=AmountTable(np.ones(1), np.zeros((1, 3))),
    )  # fmt: skip


def read_all(ngram, talks):
    reading = ngram.read(talks)
    return reading, ngram.explain_reading(reading), find_expressions(ngram, reading)


def read_in_blocks(ngram, talks, size):
    with pytest.MonkeyPatch.context() as patch:
        for module in (characters, model, expressions):
            patch.setattr(module, "BLOCK_CHARS", size)
        patch.setattr(model, "_BLOCK_LINES", 2)
        return read_all(ngram, talks)


@given(TALKS, BLOCKS, st.integers(1, 30))
@settings(deadline=None, max_examples=150)
def test_reading_in_blocks_is_reading_at_once(talks, size, window_chars):
    ngram = build_model(window_chars)
    whole, in_blocks = read_all(ngram, talks), read_in_blocks(ngram, talks, size)
    for one, other in zip(whole, in_blocks, strict=True):
        for name, value in vars(one).items():
            assert np.array_equal(value, getattr(other, name)) or name == "utterances", name
    assert all(map(np.array_equal, whole[2].utterances, in_blocks[2].utterances))


@given(TALKS, BLOCKS, st.integers(1, 30))
@settings(deadline=None, max_examples=150)
def test_every_ngram_is_counted_once_a_window(talks, size, window_chars):
    """Beside ``count_windows``, which has all tokens at once and is what training counts with."""
    ngram = build_model(window_chars)
    reading, explained, _ = read_in_blocks(ngram, talks, size)
    tokens = tokenize(talks, window_chars)
    keys, in_windows = count_windows(tokens)
    known = np.isin(keys, ngram.keys)
    counts = np.zeros(len(ngram.keys))
    counts[np.searchsorted(ngram.keys, keys[known])] = in_windows[known]
    expected = model.stabilize_shares(counts[None], np.array([[tokens.n_windows]]), ngram.prior, ngram.prior_windows)[0]
    assert reading.n_windows == tokens.n_windows
    assert (reading.said == expected).all()
    occurrences = Counter(tokens.keys.tolist())
    assert reading.occurrences.tolist() == [occurrences[key] for key in ngram.keys.tolist()]
    if reading.n_windows:
        assert explained.contributions.sum(axis=0) == pytest.approx(explained.score, abs=1e-9)


@pytest.mark.parametrize("size", [1, 6, 10, 15, 1000])
def test_a_window_across_lines_and_blocks_counts_an_ngram_once(size):
    ngram = build_model(40)
    talks = [
        ["カレーです", "", "カレーです"],
        [],
        ["カレーです", "カレーです"],
    ]  # 20 characters in two short talks: one window
    reading, explained, _ = read_in_blocks(ngram, talks, size)
    once = ngram.read([["カレーです"]])
    assert reading.n_windows == once.n_windows == 1
    assert (reading.said == once.said).all()
    assert (reading.occurrences == 4 * once.occurrences).all()
    assert explained.contributions[0] == pytest.approx(explained.contributions[4])
    assert (explained.contributions[1] == 0).all()


@given(st.lists(st.text(max_size=20) | st.sampled_from(["ΑΣ", "Σ", "ｱﾞ", "wwwww", "<AB>", "**"]), max_size=9))
def test_spelling_in_blocks_is_spelling_at_once(texts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "_BLOCK_LINES", 2)
        assert normalize_utterances(texts) == model._normalize(texts)
