"""An estimate does not move when only the style of the same words does; without the directions of style it would."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from planted import build_corpus

pytest.importorskip("fugashi")

from seikaku.config import NgramConfig
from seikaku.evaluation.baselines import ConstantRegressor, PlainNgramRegressor
from seikaku.evaluation.checks.restyled import style_figures
from seikaku.evaluation.protocol import build_sides, draw_bags, estimate_out_of_fold
from seikaku.training.ridge.ngram import NgramRegressor
from seikaku.training.style.restyling import CHECKED, STYLES
from seikaku.traits import TRAIT_KEYS

CONFIG = NgramConfig(min_speakers=3, calibration_sizes=(), style_dialogues=10)


@dataclass(frozen=True)
class WithoutDirections(NgramRegressor):
    """The same rows, restyled ones too, but fitted as if there were none: nothing is taken out."""

    def fit(self, rows, bags, scores, *, groups, seed):
        return super().fit(replace(rows, style=None), bags, scores, groups=groups, seed=seed)


def quiet(what, done, total):
    pass


@pytest.fixture(scope="module")
def corpus():
    """The planted sentences, half of them with the commas and full stops that a style can drop or split at."""
    whole = build_corpus(60, 480, seed=5)

    def punctuate(texts):
        return tuple(f"ええと、{text}。" if place % 2 else text for place, text in enumerate(texts))

    return replace(whole, sides=tuple(replace(side, texts=punctuate(side.texts)) for side in whole.sides))


@pytest.fixture(scope="module")
def sides(corpus):
    return build_sides(corpus)


@pytest.fixture(scope="module")
def rows(corpus):
    return NgramRegressor(CONFIG).encode(corpus.sides)


@pytest.fixture(scope="module")
def folds(sides):
    return sides.draw_folds(3, 1)


@pytest.fixture(scope="module")
def moved(rows, sides, folds):
    return style_figures(NgramRegressor(CONFIG), rows, sides, folds[0], quiet)


@pytest.fixture(scope="module")
def moved_without(rows, sides, folds):
    return style_figures(WithoutDirections(CONFIG), rows, sides, folds[0], quiet)


def shifts(figures):
    """|shift| in T-points by style and amount, mean of the traits."""
    return {
        (entry["style"], entry["n_dialogues"]): np.mean([abs(own["shift_t"]) for own in entry["traits"].values()])
        for entry in figures
    }


def test_every_style_has_its_shift_and_spread_at_two_amounts_for_every_speaker(moved):
    expected = [(style, size) for size in (2, 10) for style in STYLES | CHECKED]
    assert [(entry["style"], entry["n_dialogues"]) for entry in moved] == expected
    for entry in moved:
        assert entry["n_speakers"] == 60
        assert list(entry["traits"]) == list(TRAIT_KEYS)
        moves = entry["style"] in STYLES  # nobody in this corpus says I
        assert all(own["sd_t"] > 0 for own in entry["traits"].values()) or not moves


def test_estimates_hardly_move_with_the_style(moved):
    assert max(shifts(moved).values()) < 1.0


def test_without_the_directions_they_would(moved, moved_without):
    with_them, without = shifts(moved), shifts(moved_without)
    assert max(without.values()) > 3.0
    assert sum(without[key] > 2 * with_them[key] for key in without) > len(without) / 2


def test_what_is_taken_out_costs_little_of_the_planted_signal(rows, sides, folds):
    r = {}
    for regressor in (NgramRegressor(CONFIG), WithoutDirections(CONFIG)):
        tests = {"all": [draw_bags(sides, None, 0)]}
        r[type(regressor)] = estimate_out_of_fold(regressor, rows, sides, tests, folds)["all"].r(sides.scores)
    assert r[NgramRegressor].mean() > 0.7
    assert r[WithoutDirections].mean() - r[NgramRegressor].mean() < 0.1


def test_speakers_are_restyled_whom_neither_model_nor_directions_saw(rows, sides, folds):
    seen = []

    class Spy:
        name = "spy"

        def fit(self, rows, bags, scores, *, groups, seed):
            trained = {int(sides.speaker[bag[0]]) for bag in bags}
            seen.append((trained, set()))
            return self

        def estimate(self, rows, bags):
            written = [row for bag in bags for row in bag.tolist() if row < len(sides.speaker)]
            seen[-1][1].update(sides.speaker[written].tolist())
            return np.zeros((len(bags), 5))

    assert style_figures(Spy(), rows, sides, folds[0], quiet)[0]["n_speakers"] == 60
    assert all(not trained & tested for trained, tested in seen)
    assert set.union(*(tested for _, tested in seen)) == set(range(60))


def test_models_that_restyle_nothing_have_no_figures(corpus, sides, folds):
    for regressor in (PlainNgramRegressor(), ConstantRegressor()):
        assert style_figures(regressor, regressor.encode(corpus.sides), sides, folds[0], quiet) is None
    off = NgramRegressor(replace(CONFIG, style_dialogues=0))
    assert style_figures(off, off.encode(corpus.sides[:40]), sides, folds[0], quiet) is None
