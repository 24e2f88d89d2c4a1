"""What the protocol promises: nobody who is tested is trained on, nor anybody of their circle, nor kin."""

from dataclasses import replace

import numpy as np
import pytest
from planted import SpyRegressor, build_corpus, plant_clique, split_people, without_partners

from seikaku.evaluation.baselines import ConstantRegressor, PlainNgramRegressor
from seikaku.evaluation.protocol import OutOfFold, build_sides, draw_bags, estimate_out_of_fold, training_part


@pytest.fixture(scope="module")
def sides():
    return build_sides(build_corpus())


@pytest.fixture(scope="module")
def circles():
    """An ordinary corpus, and in it five friends (61 to 65) and a person under two ids (5 and 66)."""
    whole = build_corpus(61, 900, seed=1, signal=0.0, n_habits=90)
    return build_sides(split_people(plant_clique(whole, 5), [5]))


def run(regressor, sides, **more):
    tests = {"all": [draw_bags(sides, None, 0)] * 2, "2": [draw_bags(sides, 2, repeat) for repeat in range(2)]}
    return estimate_out_of_fold(regressor, None, sides, tests, sides.draw_folds(5, 2), **more)


@pytest.mark.parametrize("name", ["sides", "circles"])
def test_no_dialogue_of_a_test_speaker_is_in_training_on_either_side(name, request):
    sides, spy = request.getfixturevalue(name), SpyRegressor()
    result = run(spy, sides)["all"]
    assert len(spy.seen) == 10
    for fit, (rows, *_) in enumerate(spy.seen):
        tested = np.flatnonzero(result.estimates[fit // 5, :, 0] == fit + 1)
        assert len(tested) > 3
        trained_rows = np.array(sorted(rows))
        assert not np.isin(sides.speaker[trained_rows], tested).any()
        assert not np.isin(sides.partner[trained_rows], tested).any()
        dialogues_of_tested = set(sides.dialogue[np.isin(sides.speaker, tested)].tolist())
        assert not dialogues_of_tested & set(sides.dialogue[trained_rows].tolist())


@pytest.mark.parametrize("name", ["sides", "circles"])
def test_nobody_of_a_test_speakers_circle_is_in_training(name, request):
    sides, spy = request.getfixturevalue(name), SpyRegressor()
    result = run(spy, sides)["all"]
    for fit, (rows, *_) in enumerate(spy.seen):
        tested = np.flatnonzero(result.estimates[fit // 5, :, 0] == fit + 1)
        trained = np.unique(sides.speaker[sorted(rows)])
        assert not set(sides.community[tested].tolist()) & set(sides.community[trained].tolist())
        assert len(trained) > sides.n_speakers // 2


def test_a_person_under_two_ids_is_never_in_two_folds_nor_in_training(circles):
    spy = SpyRegressor()
    result = run(spy, circles)["all"]
    assert np.flatnonzero(circles.is_kin).tolist() == [5, 61, 62, 63, 64, 65, 66]
    assert (result.folds[:, 5] == result.folds[:, 66]).all()
    assert (result.folds[:, 61:66] == result.folds[:, 61:62]).all()
    assert np.isfinite(result.estimates[:, circles.is_kin]).all()  # tested they are
    for rows, *_ in spy.seen:
        assert not circles.is_kin[circles.speaker[sorted(rows)]].any()


def test_every_speaker_is_tested_once_a_repeat_and_the_careless_are_never_trained_on(sides):
    spy = SpyRegressor()
    result = run(spy, sides)["all"]
    assert np.isfinite(result.estimates).all()
    assert [len(set(repeat.tolist())) for repeat in result.folds] == [5, 5]
    for rows, n_bags, scores, groups, _ in spy.seen:
        assert len(scores) == len(groups) == n_bags
        assert 0 not in sides.speaker[sorted(rows)]  # speaker 0 is careless
    assert (sides.is_careless.nonzero()[0] == [0]).all()


def test_a_fit_is_told_the_scores_and_the_circles_of_its_own_speakers(sides):
    spy = SpyRegressor()
    held_out = sides.community < 3
    training = training_part(sides, held_out)
    training.fit(spy, None, sides.scores, sides, 7)
    _, _, scores, groups, seed = spy.seen[0]
    assert np.array_equal(scores, sides.scores[training.speakers])
    assert np.array_equal(groups, sides.community[training.speakers])
    assert seed == 7
    assert min(groups) >= 3


def test_the_centre_is_the_mean_of_those_who_were_trained_on(sides):
    result = run(ConstantRegressor(), sides)["all"]
    for repeat, fold in ((0, 0), (1, 3)):
        test = result.folds[repeat] == fold
        expected = sides.scores[training_part(sides, test).speakers].mean(axis=0)
        assert np.allclose(result.centre[repeat, test], expected)


def test_training_can_be_held_to_an_exact_amount(sides):
    training = training_part(sides, np.zeros(sides.n_speakers, bool), 3, seed=1)
    assert {len(bag) for bag in training.bags} == {3}
    pairs = zip(training.speakers, training.bags, strict=True)
    assert all((sides.speaker[bag] == speaker).all() for speaker, bag in pairs)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_training_can_be_held_to_a_share_of_the_speakers(sides, share):
    held_out = sides.community == 0
    everybody = training_part(sides, held_out)
    some = training_part(sides, held_out, share=share, seed=4)
    assert len(some.speakers) == round(share * len(everybody.speakers))
    whole = dict(zip(everybody.speakers, everybody.bags, strict=True))
    assert all(np.array_equal(bag, whole[own]) for own, bag in zip(some.speakers, some.bags, strict=True))
    assert some.speakers == training_part(sides, held_out, share=share, seed=4).speakers == sorted(some.speakers)
    assert some.speakers != training_part(sides, held_out, share=share, seed=5).speakers


def test_a_share_is_two_speakers_at_least(sides):
    assert len(training_part(sides, sides.community == 0, share=0.001).speakers) == 2


def test_a_speaker_with_too_little_text_for_an_amount_gets_no_estimate(sides):
    n_dialogues = np.bincount(sides.speaker)
    amount = int(np.sort(n_dialogues)[5]) + 1
    bags = draw_bags(sides, amount, 0)
    assert [len(bag) == amount for bag in bags] == (n_dialogues >= amount).tolist()
    result = estimate_out_of_fold(SpyRegressor(), None, sides, {"some": [bags]}, sides.draw_folds(4, 1))["some"]
    assert np.isnan(result.estimates[0, :, 0]).tolist() == (n_dialogues < amount).tolist()


def test_labels_can_be_replaced_by_many_permuted_columns(sides):
    labels = np.tile(sides.scores, 3)
    result = run(ConstantRegressor(), sides, labels=labels)["all"]
    assert result.estimates.shape == (2, 40, 15)


def test_progress_is_told_to_its_end(sides):
    told = []
    run(ConstantRegressor(), sides, what="架空の仕事", progress=lambda *step: told.append(step))
    assert told == [("架空の仕事", done, 10) for done in range(11)]


def test_monologues_are_held_out_speaker_by_speaker():
    sides = build_sides(without_partners(build_corpus(20, 80)))
    assert sides.community.tolist() == list(range(20))
    spy = SpyRegressor()
    result = run(spy, sides)["all"]
    assert np.bincount(result.folds[0]).tolist() == [4] * 5
    for fit, (rows, *_) in enumerate(spy.seen):
        tested = np.flatnonzero(result.estimates[fit // 5, :, 0] == fit + 1)
        assert set(sides.speaker[sorted(rows)].tolist()) == set(range(1, 20)) - set(tested.tolist())


def test_a_fold_of_its_own_mean_and_scale_does_not_change_r():
    draw = np.random.default_rng(0)
    labels = draw.normal(size=(60, 5))
    folds = np.stack([draw.permutation(np.arange(60) % 6) for _ in range(2)])
    estimates = np.stack([labels + draw.normal(size=(60, 5)) for _ in range(2)])
    nothing = np.full_like(estimates, np.nan)
    plain = OutOfFold(estimates, nothing, nothing, folds)
    shifted = estimates * (1 + folds[..., None]) + 10 * folds[..., None]
    assert OutOfFold(shifted, nothing, nothing, folds).r(labels) == pytest.approx(plain.r(labels))
    some = np.arange(60) < 45
    assert plain.only(some).r(labels[some]) == pytest.approx(
        OutOfFold(estimates[:, some], nothing[:, some], nothing[:, some], folds[:, some]).r(labels[some])
    )


def test_the_plain_baseline_finds_a_planted_signal_and_nothing_without_one():
    for signal, low, high in ((1.0, 0.5, 1.0), (0.0, -0.3, 0.3)):
        corpus = build_corpus(60, 600, seed=3, signal=signal)
        sides = build_sides(corpus)
        rows = PlainNgramRegressor().encode(corpus.sides)
        tests = {"all": [draw_bags(sides, None, 0)]}
        result = estimate_out_of_fold(PlainNgramRegressor(), rows, sides, tests, sides.draw_folds(5, 1))["all"]
        assert low < result.r(sides.scores).mean() < high


def test_careless_speakers_are_trained_on_when_they_are_not_marked(sides):
    unmarked = replace(sides, is_careless=np.zeros(sides.n_speakers, bool))
    assert training_part(unmarked, np.zeros(sides.n_speakers, bool)).speakers == list(range(sides.n_speakers))
