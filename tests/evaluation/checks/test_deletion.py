"""Taking the strongest utterances away moves an estimate back further than taking random ones would."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
from planted import build_corpus

from seikaku.config import NgramConfig
from seikaku.evaluation.baselines import ConstantRegressor, PlainNgramRegressor
from seikaku.evaluation.checks.deletion import deletion_figures
from seikaku.evaluation.protocol import build_sides
from seikaku.model.ngram.model import NgramModel
from seikaku.training.ridge.ngram import NgramRegressor
from seikaku.traits import TRAIT_KEYS

CONFIG = NgramConfig(min_speakers=3, calibration_sizes=(), window_chars=100, style_dialogues=0)


def quiet(what, done, total):
    pass


@pytest.fixture(scope="module")
def corpus():
    return build_corpus(40, 320, seed=5)


@pytest.fixture(scope="module")
def sides(corpus):
    return build_sides(corpus)


@pytest.fixture(scope="module")
def texts(corpus):
    return [side.texts for side in corpus.sides]


@pytest.fixture(scope="module")
def rows(corpus):
    return NgramRegressor(CONFIG).encode(corpus.sides)


@pytest.fixture(scope="module")
def folds(sides):
    return sides.draw_folds(3, 1)[0]


@pytest.fixture(scope="module")
def figures(rows, sides, texts, folds):
    return deletion_figures(NgramRegressor(CONFIG), rows, sides, texts, folds, quiet)


def test_the_strongest_utterances_move_the_estimate_further_than_random_ones(figures):
    assert (figures["share"], figures["n_dialogues"], figures["n_speakers"]) == (0.1, 10, 40)
    assert list(figures["traits"]) == list(TRAIT_KEYS)
    for own in figures["traits"].values():
        assert own["strongest_t"] > 2 * max(own["random_t"], own["same_length_t"]) > 0
        assert own["larger"] > 0.8 and own["larger_than_same_length"] > 0.8


def test_it_is_plain_json_and_the_same_every_time(figures, rows, sides, texts, folds):
    again = deletion_figures(NgramRegressor(CONFIG), rows, sides, texts, folds, quiet)
    assert json.loads(json.dumps(figures)) == again


class Shuffled(NgramModel):
    """A model that names its evidence by chance: the contributions are those of other utterances."""

    def explain(self, conversations):
        explained = super().explain(conversations)
        order = np.random.default_rng(1).permutation(len(explained.contributions))
        return replace(explained, contributions=explained.contributions[order])


@dataclass(frozen=True)
class ByChance(NgramRegressor):
    """The same estimates with evidence that explains nothing."""

    def fit(self, rows, bags, scores, *, groups, seed):
        fitted = super().fit(rows, bags, scores, groups=groups, seed=seed)
        model = fitted.model
        fields = {name: getattr(model, name) for name in model.__dataclass_fields__}
        return replace(fitted, model=Shuffled(**fields))


def test_evidence_that_explains_nothing_moves_it_no_further(figures, rows, sides, texts, folds):
    by_chance = deletion_figures(ByChance(CONFIG), rows, sides, texts, folds, quiet)
    for key, own in by_chance["traits"].items():
        assert own["strongest_t"] < 0.5 * figures["traits"][key]["strongest_t"]
        assert own["larger"] < 0.65


def test_estimates_are_of_speakers_whom_the_model_never_saw(rows, sides, texts, folds):
    seen = []

    @dataclass(frozen=True)
    class Spy(NgramRegressor):
        def fit(self, rows, bags, scores, *, groups, seed):
            seen.append({int(sides.speaker[bag[0]]) for bag in bags})
            return super().fit(rows, bags, scores, groups=groups, seed=seed)

    reports = []
    figures = deletion_figures(Spy(CONFIG), rows, sides, texts, folds, lambda *step: reports.append(step[1:]))
    assert figures["n_speakers"] == 40
    for fold, trained in zip(np.unique(folds).tolist(), seen, strict=True):
        assert not trained & set(np.flatnonzero(folds == fold).tolist())
    assert reports == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_speakers_with_hardly_any_utterances_are_left_out(rows, sides, texts, folds):
    few = [own if speaker >= 8 else () for own, speaker in zip(texts, sides.speaker, strict=True)]
    assert deletion_figures(NgramRegressor(CONFIG), rows, sides, few, folds, quiet)["n_speakers"] == 32
    assert deletion_figures(NgramRegressor(CONFIG), rows, sides, [()] * len(texts), folds, quiet) is None


@pytest.mark.parametrize("regressor", [ConstantRegressor(), PlainNgramRegressor()])
def test_a_model_that_says_nothing_of_single_utterances_has_no_figures(corpus, sides, texts, folds, regressor):
    rows = regressor.encode(corpus.sides)
    assert deletion_figures(regressor, rows, sides, texts, folds, quiet) is None
