"""Every way of splitting trains on whom it says, the loose ones too. A spy stands in for the model."""

from dataclasses import replace

import numpy as np
import pytest
from planted import SpyRegressor, build_corpus, plant_clique, without_partners

from seikaku.config import NgramConfig
from seikaku.evaluation import ladder, metrics
from seikaku.evaluation.baselines import ConstantRegressor, PlainNgramRegressor
from seikaku.evaluation.protocol import build_sides, draw_bags, estimate_out_of_fold
from seikaku.training.ridge.ngram import NgramRegressor

PLAIN = PlainNgramRegressor()


def quiet(what, done, total):
    pass


@pytest.fixture(scope="module")
def corpus():
    """Forty-one ordinary speakers and five friends, who are kin."""
    return plant_clique(build_corpus(41, 200, seed=1), 5)


@pytest.fixture(scope="module")
def sides(corpus):
    return build_sides(corpus)


@pytest.fixture(scope="module")
def bags(sides):
    return draw_bags(sides, None, 0)


def partners_of(sides, speaker):
    return set(sides.partner[sides.speaker == speaker].tolist()) - {-1}


def test_dialogues_split_at_random_train_on_every_test_speaker(sides):
    spy = SpyRegressor()
    estimates = ladder.estimate_random_dialogues(spy, None, sides, 4, quiet, "")
    assert estimates.shape == (4, 46, 5)
    rows_seen = [rows for rows, *_ in spy.seen]
    for fold, rows in enumerate(rows_seen):
        assert set(sides.speaker[sorted(rows)].tolist()) == set(range(46))
        tested = np.flatnonzero(np.isfinite(estimates[fold, :, 0]))
        assert len(tested) > 40
    # Every dialogue is held out in one fold, both sides at once.
    held_out = [set(sides.dialogue.tolist()) - set(sides.dialogue[sorted(rows)].tolist()) for rows in rows_seen]
    assert sum(map(len, held_out)) == len(set(sides.dialogue.tolist()))
    assert set.union(*held_out) == set(sides.dialogue.tolist())


def test_pair_safe_folds_train_on_the_companions_of_a_test_speaker_and_on_kin_but_on_no_shared_dialogue(sides, bags):
    spy = SpyRegressor()
    result = ladder.estimate_pair_safe(spy, None, sides, {"all": [bags, bags]}, 8, quiet)["all"]
    assert result.estimates.shape == (2, 46, 5)
    assert np.isfinite(result.estimates).all()
    assert len(spy.seen) == 16
    companions_seen = kin_seen = 0
    for fit, (rows, *_) in enumerate(spy.seen):
        repeat, rows = fit // 8, np.array(sorted(rows))
        tested = np.flatnonzero(result.estimates[repeat, :, 0] == fit + 1)
        trained = set(sides.speaker[rows].tolist())
        assert not trained & set(tested.tolist())
        assert not np.isin(sides.partner[rows], tested).any()
        assert 0 not in trained  # the careless speaker stays out of training here too
        companions_seen += any(partners_of(sides, speaker) & trained for speaker in tested.tolist())
        kin_seen += bool(sides.is_kin[sorted(trained)].any())
    assert (companions_seen, kin_seen) == (16, 16)


def test_pair_safe_folds_do_not_keep_circles_together(sides, bags):
    result = ladder.estimate_pair_safe(ConstantRegressor(), None, sides, {"all": [bags]}, 8, quiet)["all"]
    assert np.bincount(result.folds[0]).max() - np.bincount(result.folds[0]).min() <= 1
    split = [
        number for number in np.unique(sides.community) if len(set(result.folds[0][sides.community == number])) > 1
    ]
    assert len(split) > 5


def test_without_partners_trains_on_nobody_the_test_speaker_ever_talked_with_nor_on_their_fold(sides, bags):
    spy = SpyRegressor()
    folds = sides.draw_folds(5, 1)[0]
    result = ladder.estimate_without_partners(spy, None, sides, {"all": bags}, folds, quiet, "")["all"]
    assert len(spy.seen) == sides.n_speakers
    for speaker, (rows, *_) in enumerate(spy.seen):
        rows = np.array(sorted(rows))
        trained = set(sides.speaker[rows].tolist())
        assert speaker not in trained
        assert not trained & partners_of(sides, speaker)
        assert not set(sides.partner[rows].tolist()) & (partners_of(sides, speaker) | {speaker})
        assert not trained & set(np.flatnonzero(folds == folds[speaker]).tolist())
        assert not trained & {0, *np.flatnonzero(sides.is_kin).tolist()}
    # Deviations from the mean of whom each model knew: its own number less that mean.
    assert result.estimates[0] + result.centre[0] == pytest.approx(np.arange(1, 47)[:, None] * np.ones(5))
    assert np.array_equal(result.folds[0], folds)


def test_without_partners_asks_only_who_has_the_text(sides):
    few = draw_bags(sides, 12, 0)
    asked = [len(bag) > 0 for bag in few]
    assert 0 < sum(asked) < 46
    folds = sides.draw_folds(5, 1)[0]
    tests = {"12": few, "all": draw_bags(sides, None, 0)}
    results = ladder.estimate_without_partners(ConstantRegressor(), None, sides, tests, folds, quiet, "")
    assert np.isfinite(results["12"].estimates[0, :, 0]).tolist() == asked
    assert np.isfinite(results["all"].estimates).all()


def test_without_partners_takes_other_labels(sides, bags):
    labels = np.tile(sides.scores, 3)
    folds = sides.draw_folds(5, 1)[0]
    result = ladder.estimate_without_partners(ConstantRegressor(), None, sides, {"all": bags}, folds, quiet, "", labels)
    assert result["all"].estimates.shape == (1, 46, 15)


def test_monologues_have_no_partner_to_leave_out():
    corpus = without_partners(build_corpus(21, 100))
    sides, spy = build_sides(corpus), SpyRegressor()
    folds = sides.draw_folds(7, 1)[0]
    bags = draw_bags(sides, None, 0)
    ladder.estimate_without_partners(spy, None, sides, {"all": bags}, folds, quiet, "")
    for speaker, (rows, *_) in enumerate(spy.seen):
        expected = set(np.flatnonzero(folds != folds[speaker]).tolist()) - {0}
        assert set(sides.speaker[sorted(rows)].tolist()) == expected


def test_who_talked_with_everybody_else_has_no_estimate():
    """Nobody is left to train on: that is no estimate, not a fault."""
    corpus = build_corpus(15, 60, seed=1)
    sides = build_sides(corpus)
    host, others = 3, [speaker for speaker in range(15) if speaker != 3]
    met = replace(
        sides,
        speaker=np.array([host] * 14 + others),
        partner=np.array(others + [host] * 14),
        dialogue=np.tile(np.arange(14), 2),
    )
    folds = np.arange(15) % 3
    bags = met.rows_of(range(15))
    result = ladder.estimate_without_partners(ConstantRegressor(), None, met, {"all": bags}, folds, quiet, "")["all"]
    assert np.isnan(result.estimates[0, host]).all()


@pytest.mark.parametrize("n_left", [1, 2])
def test_who_leaves_hardly_anybody_to_train_on_has_no_estimate_either(n_left):
    """The default model needs inner folds and a spread of features; one speaker has neither."""
    regressor = NgramRegressor(NgramConfig(min_speakers=1, calibration_sizes=(), window_chars=100, style_dialogues=2))
    corpus = build_corpus(15, 120, seed=1)
    sides = build_sides(corpus)
    left, host = np.array([13, 14])[:n_left], 3
    partner = np.where(np.isin(sides.speaker, left), -1, sides.partner)
    met = [speaker for speaker in range(15) if speaker not in (host, *left)]
    partner[sides.speaker == host] = np.resize(met, (sides.speaker == host).sum())
    sides = replace(sides, partner=partner)
    rows, bags = regressor.encode(corpus.sides), draw_bags(sides, None, 0)
    result = ladder.estimate_without_partners(regressor, rows, sides, {"all": bags}, np.arange(15) % 3, quiet, "")[
        "all"
    ]
    assert np.isnan(result.estimates[0, host]).all()


def test_without_partners_a_separable_models_r_is_the_same_whatever_is_fitted_along():
    """Every speaker has a model of their own: were its scale to lean on the null's labels, so would r."""
    regressor = NgramRegressor(NgramConfig(min_speakers=3, window_chars=100, style_dialogues=2)).uncalibrated()
    corpus = build_corpus(20, 100, seed=2)
    sides = build_sides(corpus)
    rows, tests = regressor.encode(corpus.sides), {"all": draw_bags(sides, None, 0)}
    noise = np.random.default_rng(0).normal(4, 1, (20, 10))

    def r(labels):
        strict = ladder.estimate_without_partners(regressor, rows, sides, tests, np.arange(20) % 4, quiet, "", labels)
        return strict["all"].targets(slice(0, 5)).r(sides.scores)

    assert r(np.concatenate([sides.scores, noise], axis=1)) == pytest.approx(r(sides.scores), abs=1e-6)


def test_with_a_signal_every_rung_finds_it():
    corpus = build_corpus(60, 480, seed=5)
    sides = build_sides(corpus)
    rows = PLAIN.encode(corpus.sides)
    bags = draw_bags(sides, None, 0)
    folds = sides.draw_folds(6, 1)
    random = ladder.estimate_random_dialogues(PLAIN, rows, sides, 6, quiet, "")
    pair_safe = ladder.estimate_pair_safe(PLAIN, rows, sides, {"all": [bags]}, 6, quiet)["all"]
    strict = ladder.estimate_without_partners(PLAIN, rows, sides, {"all": bags}, folds[0], quiet, "")["all"]
    community = estimate_out_of_fold(PLAIN, rows, sides, {"all": [bags]}, folds)["all"]
    r = [result.r(sides.scores).mean() for result in (pair_safe, community, strict)]
    assert min(r) > 0.5
    assert metrics.mean_over_repeats(random, sides.scores).mean() > 0.5


def test_a_model_that_knows_its_own_is_told_from_one_that_does_not(sides, bags):
    """A constant cannot tell whom it was trained on; one that learns every speaker by heart can."""
    folds = sides.draw_folds(5, 1)[0]
    constant = ladder.membership_figures(ConstantRegressor(), None, sides, folds, bags, quiet)
    assert constant["auc"] == pytest.approx(0.5, abs=0.1)
    assert constant["mean_r_training_speakers"] == 0.0

    class ByHeart(SpyRegressor):
        def fit(self, rows, bags, scores, *, groups, seed):
            self.known = {int(bag[0]): own for bag, own in zip(bags, scores, strict=True)}
            self.mean = scores.mean(axis=0)
            return self

        def estimate(self, rows, bags):
            return np.stack([self.known.get(int(bag[0]), self.mean) for bag in bags])

    by_heart = ladder.membership_figures(ByHeart(), None, sides, folds, bags, quiet)
    assert by_heart["auc"] == 1.0
    assert by_heart["mean_r_training_speakers"] == pytest.approx(1.0)
