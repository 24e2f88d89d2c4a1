from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import build_corpus

from seikaku.config import NgramConfig
from seikaku.evaluation.protocol import build_sides
from seikaku.model.ngram.model import count_windows, normalize_utterances, tokenize
from seikaku.training.ridge.ngram import NgramRegressor

CONFIG = NgramConfig(min_speakers=3, calibration_sizes=(1, 3), window_chars=100, style_dialogues=4)
texts = st.lists(st.text(max_size=40), min_size=1, max_size=8)
conversations = st.lists(texts, min_size=1, max_size=4)


def key(ngram: str) -> int:
    return ord(ngram) if len(ngram) == 1 else (ord(ngram[0]) << 21 | ord(ngram[1])) + (1 << 21)


@given(conversations)
@settings(deadline=None)
def test_tokens_are_the_characters_and_pairs_of_each_utterance(talks):
    tokens = tokenize(talks, 200)
    expected = Counter()
    for talk in talks:
        for line in normalize_utterances(talk).split("\n"):
            line = line.encode("utf-32-le", errors="replace").decode("utf-32-le")
            expected.update(key(character) for character in line)
            expected.update(key(a + b) for a, b in zip(line, line[1:], strict=False))
    assert Counter(tokens.keys.tolist()) == expected
    assert len(tokens.keys) == len(tokens.windows)


@given(conversations)
@settings(deadline=None)
def test_window_counts_never_exceed_the_windows(talks):
    tokens = tokenize(talks, 20)
    keys, counts = count_windows(tokens)
    assert (np.diff(keys) > 0).all()
    assert ((counts >= 1) & (counts <= tokens.n_windows)).all()


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("ＡＢＣ１２３", "abc000"),
        ("<AB>さんは＊＊にいます", "〓さんは〓にいます"),
        ("わーーーーーい！！！！！", "わーーーい!!!"),
        ("一行目\n二行目\u3000三", "一行目 二行目 三"),
        ("090-1234-5678", "000-000-000"),
    ],
)
def test_spelling_is_normalised(given_text, expected):
    assert normalize_utterances([given_text]) == expected


@pytest.fixture(scope="module")
def fitted():
    corpus = build_corpus(60, 480, seed=5)
    regressor = NgramRegressor(CONFIG)
    rows = regressor.encode(corpus.sides)
    sides = build_sides(corpus)
    bags = sides.rows_of(range(sides.n_speakers))
    return corpus, sides, rows, bags, regressor.fit(rows, bags, corpus.scores, groups=corpus.community, seed=0)


def test_training_and_inference_give_the_same_number(fitted):
    corpus, _, rows, bags, model = fitted
    estimates = model.estimate(rows, bags)
    for speaker in range(0, 60, 7):
        explained = model.model.explain([corpus.sides[row].texts for row in bags[speaker]])
        left = model.corrections.shrinkage.at(explained.amount) * (explained.score - model.model.intercept)
        assert model.model.intercept + left == pytest.approx(estimates[speaker], abs=1e-5)  # 32-bit features
        assert explained.amount == rows.n_windows[bags[speaker]].sum()


@given(conversations)
@settings(deadline=None, max_examples=50)
def test_contributions_add_up_for_any_text(fitted, talks):
    model = fitted[-1].model
    explained = model.explain(talks)
    assert explained.contributions.shape == (sum(map(len, talks)), 5)
    if explained.amount:
        assert explained.contributions.sum(axis=0) == pytest.approx(explained.score - model.intercept, abs=1e-9)


def test_the_planted_sentence_is_what_moves_the_estimate(fitted):
    model = fitted[-1].model
    said = ["みんなで集まって騒ぎたいです", "昼はうどんを食べました", "家でのんびり過ごすのが好きです"]
    contributions = model.explain([said]).contributions[:, 2]
    assert contributions[0] > contributions[1] > contributions[2]
    with_it, without = (model.explain([talk]).score[2] for talk in (said, said[1:]))
    assert with_it > without


def test_an_estimate_does_not_grow_with_the_mere_amount_of_text(fitted):
    corpus, _, rows, bags, model = fitted
    one_dialogue = [np.array([row]) for bag in bags for row in bag]
    little = model.estimate(rows, one_dialogue) - model.model.intercept
    much = model.estimate(rows, bags) - model.model.intercept
    assert np.abs(little.mean(axis=0) - much.mean(axis=0)).max() < 0.1
    assert (model.half_width(rows, [bag[:1] for bag in bags]) >= model.half_width(rows, bags)).all()


def test_fitting_is_deterministic(fitted):
    corpus, _, rows, bags, model = fitted
    again = NgramRegressor(CONFIG).fit(rows, bags, corpus.scores, groups=corpus.community, seed=0)
    assert (again.model.weights == model.model.weights).all()
    assert (again.corrections.half_widths.values == model.corrections.half_widths.values).all()


@pytest.fixture(scope="module")
def quick(fitted):
    """Estimates of the same model where r alone is asked: uncalibrated."""
    corpus, _, rows, bags, _ = fitted
    regressor = NgramRegressor(CONFIG).uncalibrated()

    def estimate(scores):
        model = regressor.fit(rows, bags, scores, groups=corpus.community, seed=0)
        assert np.isnan(model.half_width(rows, bags)).all()  # none rather than a wrong one
        return model.estimate(rows, bags)

    return estimate


def test_uncalibrated_speakers_keep_their_order(fitted, quick):
    corpus, _, rows, bags, model = fitted
    for own, other in zip(quick(corpus.scores).T, model.estimate(rows, bags).T, strict=True):
        assert np.corrcoef(own, other)[0, 1] > 0.999


def test_other_targets_fitted_along_change_nothing_of_an_uncalibrated_target(fitted, quick):
    corpus = fitted[0]
    assert NgramRegressor().is_separable
    noise = np.random.default_rng(0).normal(4, 1, (60, 10))
    alone, together = quick(corpus.scores), quick(np.concatenate([corpus.scores, noise], axis=1))
    assert together[:, :5] == pytest.approx(alone, abs=1e-5)


def test_restyled_text_of_a_sample_takes_part_in_no_estimate(fitted):
    corpus, _, rows, bags, model = fitted
    n_sides = len(corpus.sides)
    assert len(rows.n_windows) == n_sides + len(rows.style.restyled) * len(rows.style.written)
    assert max(bag.max() for bag in bags) < n_sides
    plain = replace(rows, style=None)
    assert model.estimate(plain, bags) == pytest.approx(model.estimate(rows, bags))


def test_rare_ngrams_are_not_kept(fitted):
    corpus, _, rows, bags, model = fitted
    used = np.zeros(len(rows.keys))
    for bag in bags:
        used += np.asarray(rows.counts[bag].sum(axis=0)).ravel() > 0
    assert set(model.model.keys) == set(rows.keys[used >= 3])
