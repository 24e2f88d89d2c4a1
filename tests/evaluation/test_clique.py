"""What the protocol is for: friends who write alike and score alike fool a plain split of speakers, and not this one.

Everything that is asked here has a known answer, because it was planted: fictional speakers, sentences written here.
"""

from dataclasses import replace

import numpy as np
import pytest
from planted import build_corpus, plant_clique, split_people

from seikaku.config import NgramConfig
from seikaku.evaluation import intervals, ladder
from seikaku.evaluation.baselines import PlainNgramRegressor
from seikaku.evaluation.figures import correlation_figures, influence_figures
from seikaku.evaluation.protocol import build_sides, draw_bags, estimate_out_of_fold
from seikaku.training.ridge.ngram import NgramRegressor
from seikaku.traits import TRAIT_KEYS

N_DRAWS = 60
MEMBERS = np.arange(41, 47)
PLAIN = PlainNgramRegressor()
NGRAM = NgramRegressor(NgramConfig(min_speakers=3, calibration_sizes=(), window_chars=100, style_dialogues=3))


@pytest.fixture(scope="module")
def clique():
    """Speakers of whom text tells nothing, and six friends who talk like samurai and are all extraverted."""
    return plant_clique(build_corpus(41, 400, seed=1, signal=0.0), 6, "extraversion", 6.8)


def draw_labels(n_speakers, marked, label):
    """Sixty questionnaires that text tells nothing of, but that everyone in ``marked`` answers alike."""
    labels = np.random.default_rng(7).normal(4.0, 1.0, (n_speakers, N_DRAWS))
    labels[marked] = label
    return labels


def estimate_both_ways(regressor, corpus, labels):
    """r of every column of ``labels`` under this protocol, and under the earlier one."""
    sides = replace(build_sides(corpus), scores=labels)
    rows = regressor.encode(corpus.sides)
    tests = {"all": [draw_bags(sides, None, 0)]}
    folds = build_sides(corpus).draw_folds(8, 1)
    safe = estimate_out_of_fold(regressor, rows, sides, tests, folds)["all"]
    earlier = ladder.estimate_pair_safe(regressor, rows, sides, tests, 8, lambda *_: None)["all"]
    return safe.r(labels), earlier.r(labels)


def test_a_clique_is_found_as_one_community_and_as_kin(clique):
    assert len(set(clique.community[MEMBERS].tolist())) == 1
    assert np.flatnonzero(clique.kin >= 0).tolist() == MEMBERS.tolist()
    assert len(set(clique.kin[MEMBERS].tolist())) == 1


def test_a_clique_is_no_accuracy_here_and_a_false_one_under_folds_of_speakers(clique):
    safe, earlier = estimate_both_ways(PLAIN, clique, draw_labels(47, MEMBERS, 6.8))
    error = safe.std() / np.sqrt(N_DRAWS)
    assert abs(safe.mean()) < 3 * error < 0.1
    assert earlier.mean() > 0.4
    assert earlier.min() > 0.15  # whatever the others answered


def test_the_default_model_is_not_fooled_either(clique):
    safe, earlier = estimate_both_ways(NGRAM, clique, draw_labels(47, MEMBERS, 6.8))
    assert abs(safe.mean()) < 0.08
    assert earlier.mean() > safe.mean() + 0.08


def test_holding_out_the_circle_alone_would_do_where_kin_are_not_seen(clique):
    """Two guards, each for itself: the community keeps the friends out of training, whether or not they are kin."""
    labels = draw_labels(47, MEMBERS, 6.8)
    sides = replace(build_sides(clique), scores=labels, is_kin=np.zeros(47, np.bool_))
    tests = {"all": [draw_bags(sides, None, 0)]}
    folds = build_sides(clique).draw_folds(8, 1)
    rows = PLAIN.encode(clique.sides)
    without_kin_rule = estimate_out_of_fold(PLAIN, rows, sides, tests, folds)["all"].r(labels)
    assert abs(without_kin_rule.mean()) < 0.1
    # ... and never training on kin does, where folds are drawn as they were before.
    sides = replace(sides, is_kin=build_sides(clique).is_kin)
    dealt = np.random.default_rng(0).permutation(np.arange(47) % 8)[None]
    without_circles = estimate_out_of_fold(PLAIN, rows, sides, tests, dealt)["all"].r(labels)
    assert abs(without_circles.mean()) < 0.1


def test_the_influence_of_a_circle_is_told(clique):
    """Counted with the clique or without: where they make no r, leaving them out changes little."""
    sides = build_sides(clique)
    tests = {"all": [draw_bags(sides, None, 0)]}
    result = estimate_out_of_fold(PLAIN, PLAIN.encode(clique.sides), sides, tests, sides.draw_folds(8, 1))["all"]
    figures = influence_figures(result, sides.scores, sides.community, sides.is_kin)
    everybody = result.r(sides.scores).mean()
    assert figures["n_kin"] == 6
    assert figures["n_communities"] == len(set(clique.community.tolist()))
    assert figures["mean_r_without_kin"] == pytest.approx(result.only(~sides.is_kin).r(sides.scores[:41]).mean())
    low, high = (figures[f"mean_r_without_one_community_{end}"] for end in ("low", "high"))
    assert low < everybody < high


@pytest.fixture(scope="module")
def doubles():
    """Sixty-one speakers of whom text tells nothing, eight of whom wrote under two ids (1 and 61, 2 and 62, ...)."""
    return split_people(build_corpus(61, 1500, seed=0, signal=0.0, n_habits=90), range(1, 9))


def test_people_under_two_ids_are_found(doubles):
    together = [pair for pair in zip(range(1, 9), range(61, 69), strict=True) if len(set(doubles.kin[list(pair)])) == 1]
    found = [pair for pair in together if doubles.kin[pair[0]] >= 0]
    assert len(found) >= 7  # of eight: half of somebody's text may be too little to tell
    assert (doubles.kin >= 0).sum() == 2 * len(found)  # and nobody else
    assert all(doubles.community[first] == doubles.community[second] for first, second in found)


@pytest.mark.parametrize("same_answers", [True, False])
def test_neither_id_of_a_person_gives_the_others_answers_away(doubles, same_answers):
    labels = np.random.default_rng(3).normal(4.0, 1.0, (69, N_DRAWS))
    if same_answers:
        labels[61:] = labels[1:9]
    safe, earlier = estimate_both_ways(PLAIN, doubles, labels)
    assert abs(safe.mean()) < 0.05
    assert (earlier.mean() > 0.08) == same_answers


@pytest.mark.parametrize("regressor", [PLAIN, NGRAM], ids=["plain", "default"])
def test_shuffled_labels_give_no_r(regressor):
    """Two hundred permutations in one refit, of a corpus with a strong signal."""
    corpus = build_corpus(60, 480, seed=5)
    sides = build_sides(corpus)
    draw = np.random.default_rng(0)
    labels = np.concatenate([corpus.scores[draw.permutation(60)] for _ in range(200)], axis=1)
    tests = {"all": [draw_bags(sides, None, 0)]}
    rows = regressor.encode(corpus.sides)
    null = estimate_out_of_fold(regressor, rows, sides, tests, sides.draw_folds(5, 1), labels=labels)["all"].r(labels)
    assert abs(null.mean()) < 0.02
    assert abs(null.reshape(200, 5).mean(axis=0)).max() < 0.05
    spread = intervals.standard_error(null)
    assert 1.2 < spread * np.sqrt(60) < 1.7  # about the square root of two: twice Fisher's variance
    truth = estimate_out_of_fold(regressor, rows, sides, tests, sides.draw_folds(5, 1))["all"].r(sides.scores)
    assert truth.mean() > null.mean() + 4 * spread


def test_a_planted_signal_is_recovered_within_its_interval():
    """What models trained on these speakers reach with three hundred others is what the interval is about."""
    corpus, others = build_corpus(80, 640, seed=2, signal=0.3), build_corpus(300, 2400, seed=3, signal=0.3)
    sides = build_sides(corpus)
    moved = [replace(side, speaker_index=80 + side.speaker_index) for side in others.sides]
    rows = PLAIN.encode([*corpus.sides, *moved])
    bags = sides.rows_of(range(80))
    foreign = [len(corpus.sides) + bag for bag in build_sides(others).rows_of(range(300))]
    fitted = PLAIN.fit(rows, bags, corpus.scores, groups=corpus.community, seed=0)
    estimates = fitted.estimate(rows, foreign)
    reached = np.array([np.corrcoef(estimates[:, i], others.scores[:, i])[0, 1] for i in range(len(TRAIT_KEYS))])
    tests = {"all": [draw_bags(sides, None, 0)] * 3}
    result = estimate_out_of_fold(PLAIN, rows, sides, tests, sides.draw_folds(10, 3))["all"]
    figures = correlation_figures(result, sides.scores, None)
    assert 0.4 < reached.mean() < 0.7
    assert figures["mean"]["r_low_95"] < reached.mean() < figures["mean"]["r_high_95"]
    for key, r in zip(TRAIT_KEYS, reached, strict=True):
        own = figures["traits"][key]
        assert own["r_low_95"] < r < own["r_high_95"]
        assert own["r_shrunk_low_95"] < r < own["r_shrunk_high_95"]
        assert own["r_high_95"] - own["r_low_95"] < 0.7
