"""What the protocol promises: nobody who is tested is trained on, on either side of a dialogue."""

import numpy as np
import pytest
from planted import build_corpus

from seikaku.evaluation.baselines import ConstantRegressor, PlainNgramRegressor
from seikaku.evaluation.protocol import build_sides, draw_bags, estimate_leaky, estimate_out_of_fold, training_bags


class Spy:
    """Remembers which rows each fit saw, and estimates a number that tells the fit."""

    name = "spy"

    def __init__(self):
        self.seen = []

    def encode(self, texts):
        return None

    def fit(self, rows, bags, scores, *, seed):
        self.seen.append((set(np.concatenate(bags).tolist()), len(bags), scores, seed))
        return self

    def estimate(self, rows, bags):
        return np.full((len(bags), 5), float(len(self.seen)))

    def half_width(self, rows, bags):
        return None


@pytest.fixture(scope="module")
def sides():
    return build_sides(build_corpus())


def run(regressor, sides, **more):
    tests = {"all": [draw_bags(sides, None, 0)] * 2, "2": [draw_bags(sides, 2, repeat) for repeat in range(2)]}
    return estimate_out_of_fold(regressor, None, sides, tests, n_folds=5, n_repeats=2, **more)


def test_no_dialogue_of_a_test_speaker_is_in_training_on_either_side(sides):
    spy = Spy()
    result = run(spy, sides)["all"]
    assert len(spy.seen) == 10
    for fit, (rows, _, _, _) in enumerate(spy.seen):
        repeat = fit // 5
        tested = np.flatnonzero(result.estimates[repeat, :, 0] == fit + 1)
        assert len(tested) == 8
        trained_rows = np.array(sorted(rows))
        assert not np.isin(sides.speaker[trained_rows], tested).any()
        assert not np.isin(sides.partner[trained_rows], tested).any()
        dialogues_of_tested = set(sides.dialogue[np.isin(sides.speaker, tested)].tolist())
        assert not dialogues_of_tested & set(sides.dialogue[trained_rows].tolist())


def test_every_speaker_is_tested_once_a_repeat_and_the_careless_are_never_trained_on(sides):
    spy = Spy()
    result = run(spy, sides)["all"]
    assert np.isfinite(result.estimates).all()
    for rows, n_bags, scores, _ in spy.seen:
        assert len(scores) == n_bags
        assert 0 not in sides.speaker[sorted(rows)]  # speaker 0 is careless
    assert (sides.is_careless.nonzero()[0] == [0]).all()


def test_training_can_be_held_to_an_exact_amount(sides):
    speakers, bags = training_bags(sides, np.zeros(sides.n_speakers, bool), 3, seed=1)
    assert {len(bag) for bag in bags} == {3}
    assert all((sides.speaker[bag] == speaker).all() for speaker, bag in zip(speakers, bags, strict=True))


def test_a_speaker_with_too_little_text_for_an_amount_gets_no_estimate(sides):
    n_dialogues = np.bincount(sides.speaker)
    amount = int(np.sort(n_dialogues)[5]) + 1
    bags = draw_bags(sides, amount, 0)
    assert [len(bag) == amount for bag in bags] == (n_dialogues >= amount).tolist()


def test_labels_can_be_replaced_by_many_permuted_columns(sides):
    labels = np.tile(sides.scores, 3)
    result = run(ConstantRegressor(), sides, labels=labels)["all"]
    assert result.estimates.shape == (2, 40, 15)


def test_the_leaky_split_trains_on_every_test_speaker(sides):
    spy = Spy()
    estimates = estimate_leaky(spy, None, sides, 4, lambda *_: None, "")
    assert estimates.shape == (4, 40, 5)
    for rows, n_bags, _, _ in spy.seen:
        assert n_bags == 40
        assert set(sides.speaker[sorted(rows)]) == set(range(40))


def test_the_plain_baseline_finds_a_planted_signal_and_nothing_without_one():
    for signal, low, high in ((1.0, 0.5, 1.0), (0.0, -0.3, 0.3)):
        corpus = build_corpus(60, 600, seed=3, signal=signal)
        sides = build_sides(corpus)
        rows = PlainNgramRegressor().encode(corpus.sides)
        tests = {"all": [draw_bags(sides, None, 0)]}
        result = estimate_out_of_fold(PlainNgramRegressor(), rows, sides, tests, n_folds=5, n_repeats=1)["all"]
        assert low < result.r(sides.scores).mean() < high
