"""What age and sex say, and what text adds: labels that are made of the one or of the other."""

from dataclasses import replace

import numpy as np
import pytest
from planted import build_corpus

from seikaku.evaluation.baselines import PlainNgramRegressor
from seikaku.evaluation.demographics import _ridge, demographic_figures, encode_groups
from seikaku.evaluation.protocol import build_sides, draw_bags, estimate_out_of_fold

PLAIN = PlainNgramRegressor()


def figures_of(corpus, scores, answers, amounts=(None,)):
    sides = replace(build_sides(corpus), scores=scores)
    rows = PLAIN.encode(corpus.sides)
    tests = {str(amount or "all"): [draw_bags(sides, amount, repeat) for repeat in range(2)] for amount in amounts}
    folds = sides.draw_folds(6, 2)
    text = estimate_out_of_fold(PLAIN, rows, sides, tests, folds)
    design = encode_groups(answers)
    return demographic_figures(PLAIN, rows, sides, design, tests, text, folds, lambda *_: None), text, sides


@pytest.fixture(scope="module")
def corpus():
    return build_corpus(80, 640, seed=4)


@pytest.fixture(scope="module")
def stated():
    """Sex and age band of 80 speakers, which their text tells nothing of."""
    draw = np.random.default_rng(0)
    return [draw.choice(["Female", "Male"], 80).tolist(), draw.choice(["20-29", "30-39", "40-49"], 80).tolist()]


def test_labels_made_of_age_and_sex_are_guessed_from_these_and_text_adds_nothing(corpus, stated):
    draw = np.random.default_rng(1)
    design = encode_groups(stated)
    scores = 4 + 2 * design @ draw.normal(size=(5, 5)) + 0.3 * draw.normal(size=(80, 5))
    figures, _, _ = figures_of(corpus, scores, stated)
    assert min(figures["age_sex"]) > 0.6
    assert np.mean(figures["age_sex"]) > 0.85
    assert abs(np.mean(figures["all"]["text_given_age_sex"])) < 0.12
    assert np.mean(figures["all"]["both"]) > np.mean(figures["age_sex"]) - 0.1


def test_labels_that_text_tells_are_told_by_it_with_age_and_sex_held_fixed(corpus, stated):
    figures, text, sides = figures_of(corpus, corpus.scores, stated)
    assert abs(np.mean(figures["age_sex"])) < 0.2
    assert figures["all"]["text"] == pytest.approx(text["all"].r(sides.scores).tolist())
    assert np.mean(figures["all"]["text"]) > 0.6
    assert np.mean(figures["all"]["text_given_age_sex"]) == pytest.approx(np.mean(figures["all"]["text"]), abs=0.1)


def test_both_together_are_better_than_either(corpus, stated):
    draw = np.random.default_rng(2)
    scores = corpus.scores + 1.2 * encode_groups(stated) @ draw.normal(size=(5, 5))
    figures, _, _ = figures_of(corpus, scores, stated)
    alone, text, both = (np.mean(values) for values in (figures["age_sex"], *map(figures["all"].get, ("text", "both"))))
    assert 0.3 < alone < both
    assert 0.3 < text < both


def test_every_amount_of_text_has_its_figures(corpus, stated):
    figures, _, _ = figures_of(corpus, corpus.scores, stated, amounts=(3, None))
    assert list(figures) == ["age_sex", "3", "all"]
    assert np.mean(figures["3"]["text"]) < np.mean(figures["all"]["text"])
    assert all(len(values) == 5 for name in ("3", "all") for values in figures[name].values())


def test_nobody_answered_means_no_figures(corpus):
    figures, _, _ = figures_of(corpus, corpus.scores, [[None] * 80, [None] * 80])
    assert figures is None


def test_groups_of_fewer_than_five_are_counted_with_who_did_not_answer():
    design = encode_groups([["a"] * 6 + ["b"] * 4 + [None] * 2, ["x"] * 5 + [None] * 7])
    assert design.tolist() == [[1, 1]] * 5 + [[1, 0]] + [[0, 0]] * 6
    assert encode_groups([["a"] * 4, ["b", None, None, None]]).shape == (4, 0)


def test_a_small_group_leans_on_the_mean():
    """Five speakers who score two above the rest are taken for one above: five speakers' worth of the mean."""
    design = np.array([[1.0]] * 5 + [[0.0]] * 5)
    scores = np.array([[6.0]] * 5 + [[4.0]] * 5)
    found = _ridge(design, scores, np.array([[1.0], [0.0]]))
    assert found.ravel().tolist() == pytest.approx([5 + 1 / 3, 5 - 1 / 3])
    many = _ridge(np.tile(design, (100, 1)), np.tile(scores, (100, 1)), np.array([[1.0], [0.0]]))
    assert many.ravel().tolist() == pytest.approx([6, 4], abs=0.03)
