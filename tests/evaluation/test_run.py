"""The whole protocol on a planted corpus, small: its figures mean what they say."""

import json

import numpy as np
import pytest
from planted import build_corpus

from seikaku.config import NgramConfig, ProtocolConfig
from seikaku.evaluation.publishing import tables
from seikaku.evaluation.baselines import ConstantRegressor
from seikaku.evaluation.run import evaluate
from seikaku.training.ngram_fit import NgramRegressor
from seikaku.traits import TRAIT_KEYS

SMALL = ProtocolConfig(
    n_folds=4, n_repeats=2, amounts=(1, 3), equal_amounts=(3, 999), n_bootstrap=200, n_permutations=20
)
NGRAM = NgramConfig(min_speakers=3, calibration_sizes=(1, 3), window_chars=100)


@pytest.fixture(scope="module")
def result():
    corpus = build_corpus(60, 480, seed=5)
    return json.loads(json.dumps(evaluate(NgramRegressor(NGRAM), corpus, SMALL, lambda *_: None)))


def test_training_beats_the_constant(result):
    for key in TRAIT_KEYS:
        figures = result["accuracy"]["traits"][key]
        assert figures["mae"] < figures["mae_constant"]
        assert figures["r"] > 0.5
        assert figures["r_low_95"] < figures["r"] < figures["r_high_95"]
        assert figures["p_permutation"] == pytest.approx(1 / 21)
        assert abs(figures["null_r_mean"]) < 0.15


def test_more_text_is_more_accurate_and_the_intervals_cover(result):
    by_amount = result["by_amount"]
    assert [entry["n_dialogues"] for entry in by_amount] == [1, 3, None]
    r = [entry["mean"]["r"] for entry in by_amount]
    assert r == sorted(r)
    for entry in by_amount:
        coverage = np.mean([entry["intervals_80"][key]["coverage"] for key in TRAIT_KEYS])
        assert 0.7 < coverage < 0.9
    assert (
        by_amount[-1]["intervals_80"]["openness"]["width_1to7"] < by_amount[0]["intervals_80"]["openness"]["width_1to7"]
    )


def test_validity_is_highest_on_the_diagonal_and_groups_are_told_or_too_few(result):
    for key, row in result["validity"]["traits"].items():
        assert max(row, key=row.get) == key
    groups = {entry["group"]: entry for entry in result["fairness"]}
    assert "traits" in groups["Female"] and "traits" in groups["Male"]
    assert result["equal_amounts"][1] == {"n_dialogues": 999, "n_speakers": 0}


def test_halves_agree_and_the_leak_is_told(result):
    for figures in result["reliability"].values():
        assert 0 < figures["r_halves"] < figures["spearman_brown"] < 1
    gap = result["leak_gap"]
    assert gap["mean_r_honest"] == pytest.approx(result["accuracy"]["mean"]["r"])
    assert set(gap) == {"mean_r_random_dialogue_split", "mean_r_honest"}


def test_it_is_deterministic(result):
    corpus = build_corpus(60, 480, seed=5)
    again = json.loads(json.dumps(evaluate(NgramRegressor(NGRAM), corpus, SMALL, lambda *_: None)))
    assert again == result


def test_the_constant_has_no_correlation_and_no_interval():
    result = evaluate(ConstantRegressor(), build_corpus(), SMALL, lambda *_: None)
    assert result["accuracy"]["mean"]["r"] == 0
    assert result["accuracy"]["mean"]["r_raw_pooled"] < 0  # the negative bias that standardising inside folds removes
    assert result["by_amount"][0]["intervals_80"] is None


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_tables_are_rectangular_and_hold_the_figures(result, lang):
    for name, table in tables.card_tables(result, lang).items():
        if name == "leak":
            continue
        widths = {line.count("|") for line in table.splitlines()}
        assert len(widths) == 1, name
    r = result["accuracy"]["traits"]["openness"]["r"]
    assert f"{r:.2f}"[1:] in tables.accuracy_rows(result, lang)[1][1]


def test_numbers_are_set_with_sign_and_without_leading_zero():
    assert [tables._r(value) for value in (0.156, -0.05, 1.0, -0.001)] == [".16", "−.05", "1.00", ".00"]


def test_markers_are_filled_and_other_text_kept():
    text = "前\n<!-- a:begin -->古い\n<!-- a:end -->\n後"
    assert tables.fill_markers(text, {"a": "| 新 |", "b": "x"}) == "前\n<!-- a:begin -->\n| 新 |\n<!-- a:end -->\n後"
