"""The whole protocol on a planted corpus, small: its figures mean what they say. Its tables: ``test_tables.py``."""

import json
from dataclasses import replace

import numpy as np
import pytest
from planted import OwnRegressor, build_corpus, plant_clique, without_partners

from seikaku.config import NgramConfig, ProtocolConfig
from seikaku.corpora.store import DialogueSide
from seikaku.errors import DataError
from seikaku.evaluation.baselines import ConstantRegressor, PlainNgramRegressor
from seikaku.evaluation.protocol import build_sides, fit_folds, limit_dialogues
from seikaku.evaluation.run import evaluate
from seikaku.training.ridge.ngram import NgramRegressor
from seikaku.traits import TRAIT_KEYS

SMALL = ProtocolConfig(n_folds=4, n_repeats=2, amounts=(1, 3), equal_amounts=(3, 999), n_permutations=20)
BRIEF = ProtocolConfig(n_folds=4, n_repeats=1, amounts=(3,), equal_amounts=(), n_permutations=0, skip_refits=True)
NGRAM = NgramConfig(min_speakers=3, calibration_sizes=(1, 3), window_chars=100, style_dialogues=3)
REFITTED = ("ladder", "demographics", "membership", "learning_curve", "style")
PLAIN = PlainNgramRegressor()


def run(regressor, corpus, config):
    return json.loads(json.dumps(evaluate(regressor, corpus, config, lambda *_: None)))


@pytest.fixture(scope="module")
def corpus():
    return build_corpus(60, 480, seed=5)


@pytest.fixture(scope="module")
def result(corpus):
    """The default model, without the tables that take hundreds of refits (``test_tables.py`` has them all)."""
    return run(NgramRegressor(NGRAM), corpus, replace(SMALL, skip_refits=True))


@pytest.fixture(scope="module")
def whole_result(corpus):
    """Every table, of a model that is fitted in no time."""
    return run(PLAIN, corpus, SMALL)


def test_training_beats_the_constant(result):
    for key in TRAIT_KEYS:
        figures = result["accuracy"]["traits"][key]
        assert figures["mae"] < figures["mae_constant"]
        assert figures["mse"] < figures["mse_constant"]
        assert figures["r"] > 0.5
        assert figures["r_low_95"] < figures["r"] < figures["r_high_95"]
        assert figures["r_shrunk_low_95"] < figures["r_shrunk"] < figures["r_shrunk_high_95"]
        assert figures["p_permutation"] == pytest.approx(1 / 21)
        assert abs(figures["null_r_mean"]) < 0.15
        assert 0.5 < figures["slope"] < 2
    assert result["accuracy"]["mean"]["p_permutation"] == pytest.approx(1 / 21)
    assert result["accuracy"]["mean"]["p_traits_differ"] > 0.05


def test_more_text_is_more_accurate_and_the_intervals_cover(result):
    by_amount = result["by_amount"]
    assert [entry["n_dialogues"] for entry in by_amount] == [1, 3, None]
    r = [entry["mean"]["r"] for entry in by_amount]
    assert r == sorted(r)
    for entry in by_amount:
        coverage = np.mean([entry["intervals_80"][key]["coverage"] for key in TRAIT_KEYS])
        assert 0.7 < coverage < 0.9
        assert {"mae", "mse", "r_low_95", "r_shrunk"} <= set(entry["traits"]["openness"])
    widths = [entry["intervals_80"]["openness"]["width_1to7"] for entry in by_amount]
    assert widths[-1] < widths[0]


def test_validity_is_highest_on_the_diagonal_and_groups_are_told_or_too_few(result):
    for key, row in result["validity"]["traits"].items():
        assert max(row, key=row.get) == key
    groups = {entry["group"]: entry for entry in result["fairness"]}
    assert "traits" in groups["Female"] and "traits" in groups["Male"]
    assert result["equal_amounts"][1] == {"n_dialogues": 999, "n_speakers": 0}
    assert result["equal_amounts"][0]["mean"]["r"] > 0.5


def test_halves_agree(result):
    for figures in result["reliability"].values():
        assert 0 < figures["r_halves"] < figures["spearman_brown"] < 1


def test_the_ladder_has_every_way_of_splitting_and_this_one_is_the_accuracy(whole_result):
    result = whole_result
    ladder = result["ladder"]
    assert ladder["community_safe"]["all"] == pytest.approx(result["accuracy"]["mean"]["r"])
    assert [list(ladder[name]) for name in ("pair_safe", "community_safe", "without_partners")] == [
        ["1", "3", "all"]
    ] * 3
    assert min(ladder["pair_safe"]["all"], ladder["random_dialogues"]) > 0.5
    strict = ladder["without_partners"]["all"]
    assert strict["mean"]["r"] > 0.5
    assert strict["mean"]["r_low_95"] < strict["mean"]["r"] < strict["mean"]["r_high_95"]
    assert abs(strict["null_mean_r"]) < 0.1


def test_age_and_sex_say_nothing_here_and_the_curve_ends_at_the_accuracy(whole_result):
    result = whole_result
    assert abs(np.mean(result["demographics"]["age_sex"])) < 0.3
    assert result["demographics"]["all"]["text"] == pytest.approx(
        [result["accuracy"]["traits"][key]["r"] for key in TRAIT_KEYS]
    )
    curve = result["learning_curve"]
    assert curve["points"][-1]["r"] == pytest.approx(result["accuracy"]["mean"]["r"])
    assert curve["points"][0]["r"] < curve["points"][-1]["r"]
    assert result["membership"]["mean_r_training_speakers"] > result["membership"]["mean_r_others"]
    assert 0.5 < result["membership"]["auc"] < 1
    assert result["style"] is None  # this model's rows hold nothing restyled


def test_who_was_held_out_is_recorded(result, corpus):
    assert result["result_version"] == 4
    data, protocol = result["data"], result["protocol"]
    assert (data["n_speakers"], data["n_careless"], data["n_kin"]) == (60, 1, 0)
    assert data["n_communities"] == result["influence"]["n_communities"] == len(set(corpus.community.tolist()))
    assert protocol["n_folds"] == len(protocol["fold_sizes"]) == 4
    assert sum(protocol["fold_sizes"]) == 60
    low, high = (result["influence"][f"mean_r_without_one_community_{end}"] for end in ("low", "high"))
    assert low <= result["accuracy"]["mean"]["r"] <= high
    assert result["model"] == {"name": "ngram", "config": {**result["model"]["config"], "style_dialogues": 3}}


def test_it_is_deterministic(corpus):
    once, again = (run(NgramRegressor(NGRAM), corpus, replace(BRIEF, n_permutations=6)) for _ in range(2))
    assert again == once


def test_the_constant_has_no_correlation_and_no_interval():
    result = evaluate(ConstantRegressor(), build_corpus(), BRIEF, lambda *_: None)
    assert result["accuracy"]["mean"]["r"] == 0
    assert result["accuracy"]["mean"]["r_raw_pooled"] < 0  # the negative bias that standardising inside folds removes
    assert result["by_amount"][0]["intervals_80"] is None


@pytest.mark.parametrize("regressor", [ConstantRegressor(), OwnRegressor()])
def test_a_model_that_orders_nobody_goes_through_the_whole_protocol(regressor):
    result = run(regressor, build_corpus(), replace(SMALL, n_permutations=40))
    assert result["accuracy"]["mean"]["r"] == 0
    assert result["accuracy"]["traits"]["openness"]["r_shrunk"] == pytest.approx(0)
    assert result["style"] is None


@pytest.mark.parametrize("n_permutations", [1, 2, 5])
def test_a_few_permutations_are_enough_for_a_try(n_permutations):
    result = run(PLAIN, build_corpus(), replace(BRIEF, n_permutations=n_permutations))
    own = result["accuracy"]["traits"]["openness"]
    assert own["r_low_95"] < own["r"] < own["r_high_95"]
    assert own["r_shrunk_low_95"] < own["r_shrunk"] < own["r_shrunk_high_95"]


def test_without_refits_their_tables_are_left_empty_and_r_has_the_formulas_width():
    result = run(PLAIN, build_corpus(), BRIEF)
    assert [result[name] for name in REFITTED] == [None] * 5
    own = result["accuracy"]["traits"]["openness"]
    assert np.arctanh(own["r_high_95"]) - np.arctanh(own["r_low_95"]) == pytest.approx(3.92 * np.sqrt(2 / 40), rel=1e-3)
    assert not any(name.startswith(("p_", "null")) for name in own)


def test_fewer_communities_than_folds_mean_fewer_folds():
    corpus = build_corpus(40, 320, seed=5)
    three = replace(corpus, community=np.arange(40) % 3)
    result = run(PLAIN, three, replace(BRIEF, n_folds=10))
    assert result["protocol"]["n_folds"] == result["data"]["n_communities"] == 3
    assert result["protocol"]["fold_sizes"] == [13, 13, 14]
    sides = build_sides(three)
    assert fit_folds(sides, replace(BRIEF, n_folds=10)).n_folds == 3
    assert fit_folds(sides, replace(BRIEF, n_folds=2)).n_folds == 2


def test_a_single_community_cannot_be_divided():
    corpus = build_corpus(20, 160)
    one = replace(corpus, community=np.zeros(20, np.int64))
    with pytest.raises(
        DataError, match="話者 20 人が一つの話の輪につながっていて、話者を分けた評価ができません"
    ) as caught:
        evaluate(PLAIN, one, BRIEF, lambda *_: None)
    assert "互いに話していない話者を含むコーパスを使ってください" in caught.value.mend


def talk_with_a_host(corpus):
    """Everybody talks with one host and with nobody else: who holds the host out has nobody to train on."""
    host = len(corpus.speaker_ids) - 1
    sides = []
    for number, (first, second) in enumerate(zip(corpus.sides[0::2], corpus.sides[1::2], strict=True)):
        guest = number % host
        sides += [DialogueSide(number, host, guest, first.texts), DialogueSide(number, guest, host, second.texts)]
    return replace(corpus, sides=tuple(sides), community=np.arange(host + 1), kin=np.full(host + 1, -1))


def one_circle_and_a_clique(corpus):
    """Two communities, one of which nobody may be trained on."""
    corpus = plant_clique(corpus, 6)
    return replace(corpus, community=(corpus.kin >= 0).astype(np.int64))


@pytest.mark.parametrize("spoil", [talk_with_a_host, one_circle_and_a_clique])
def test_a_corpus_that_leaves_a_fold_nobody_to_train_on_is_refused(spoil):
    with pytest.raises(DataError, match="学習できる話者が [0-4] 人しか残らない分割があります") as caught:
        evaluate(PLAIN, spoil(build_corpus(41, 400, seed=1)), BRIEF, lambda *_: None)
    assert "話の輪の多いコーパスを使うか" in caught.value.mend


@pytest.mark.parametrize("regressor", [PLAIN, NgramRegressor(NGRAM)], ids=["plain", "default"])
def test_an_amount_that_hardly_anybody_keeps_in_training_is_told_as_too_few(regressor):
    """Forty have fifteen dialogues, but fewer than three have them with speakers of the training part alone."""
    result = run(regressor, build_corpus(60, 480, seed=5), replace(BRIEF, n_folds=2, equal_amounts=(15,)))
    assert [list(entry) for entry in result["equal_amounts"]] == [["n_dialogues", "n_speakers"]]


def test_monologues_are_evaluated_speaker_by_speaker():
    corpus = without_partners(build_corpus(40, 320, seed=5))
    result = run(PLAIN, corpus, replace(SMALL, n_permutations=6, equal_amounts=()))
    assert result["data"]["n_communities"] == 40
    assert result["protocol"]["fold_sizes"] == [10] * 4
    assert result["accuracy"]["mean"]["r"] > 0.5
    # Nobody to leave out besides the fold: the same models, and all but the same order.
    strict = result["ladder"]["without_partners"]["all"]["mean"]["r"]
    assert strict == pytest.approx(result["ladder"]["community_safe"]["all"], abs=0.1)


def test_a_clique_is_told_and_makes_no_accuracy():
    """The same six friends, seen through the whole protocol: counted as kin, and no r of their common trait."""
    corpus = plant_clique(build_corpus(61, 600, seed=3, signal=0.0), 6, "extraversion", 6.8)
    result = run(PLAIN, corpus, replace(BRIEF, n_folds=8, n_repeats=2, n_permutations=20, skip_refits=False))
    assert result["data"]["n_kin"] == result["influence"]["n_kin"] == 6
    extraversion = result["accuracy"]["traits"]["extraversion"]
    assert extraversion["r_low_95"] < 0 < extraversion["r_high_95"]
    assert extraversion["p_permutation"] > 0.05
    assert result["ladder"]["pair_safe"]["all"] > result["ladder"]["community_safe"]["all"]


def test_the_dialogues_of_a_speaker_can_be_limited(corpus):
    limited = limit_dialogues(corpus, 4)
    n_dialogues = np.bincount([side.speaker_index for side in limited.sides])
    assert n_dialogues.tolist() == [4] * 60
    assert set(limited.sides) <= set(corpus.sides)
    assert limited.sides == limit_dialogues(corpus, 4).sides
    result = run(PLAIN, corpus, replace(BRIEF, max_dialogues=4))
    assert result["protocol"]["max_dialogues"] == 4
    assert result["data"]["n_chars"] < build_sides(corpus).n_chars.sum() / 2


def test_the_careless_can_be_kept(corpus):
    seen = []

    class Spy(ConstantRegressor):
        def fit(self, rows, bags, scores, *, groups, seed):
            seen.extend(row for bag in bags for row in bag.tolist())
            return super().fit(rows, bags, scores, groups=groups, seed=seed)

    result = run(Spy(), corpus, replace(BRIEF, keep_careless=True))
    assert result["data"]["n_careless"] == 0
    assert 0 in {corpus.sides[row].speaker_index for row in seen}


def test_a_costly_model_can_be_measured_on_at_most_so_many_dialogues_of_a_speaker():
    corpus = build_corpus(20, 160)
    limited = limit_dialogues(corpus, 3)
    assert set(np.bincount([side.speaker_index for side in limited.sides])) <= {1, 2, 3}
    assert set(limited.sides) < set(corpus.sides)
    assert limit_dialogues(corpus, 3).sides == limited.sides  # the same ones every time
    result = evaluate(PLAIN, corpus, replace(BRIEF, max_dialogues=3), lambda *_: None)
    assert result["protocol"]["max_dialogues"] == 3
    assert [entry["n_dialogues"] for entry in result["by_amount"]][-1] is None
    assert result["data"]["n_chars"] == build_sides(limited).n_chars.sum()
