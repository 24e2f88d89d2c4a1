"""The tables that READMEs and cards print: whole, rectangular, and with the figures of the result."""

import json

import pytest
from planted import build_corpus

from seikaku.config import NgramConfig, ProtocolConfig
from seikaku.evaluation.publishing import check_tables, curve_chart, tables
from seikaku.evaluation.run import evaluate
from seikaku.training.ridge.ngram import NgramRegressor
from seikaku.traits import TRAITS

SMALL = ProtocolConfig(n_folds=3, n_repeats=1, amounts=(1, 3), equal_amounts=(3,), n_permutations=6)
NGRAM = NgramConfig(min_speakers=3, calibration_sizes=(1, 3), window_chars=100, style_dialogues=4)


@pytest.fixture(scope="module")
def corpus():
    return build_corpus(48, 320, seed=5)


@pytest.fixture(scope="module")
def result(corpus):
    return json.loads(json.dumps(evaluate(NgramRegressor(NGRAM), corpus, SMALL, lambda *_: None)))


@pytest.fixture(scope="module")
def short_result(corpus):
    short = ProtocolConfig(n_folds=3, n_repeats=1, amounts=(1,), equal_amounts=(), n_permutations=0, skip_refits=True)
    return json.loads(json.dumps(evaluate(NgramRegressor(NGRAM), corpus, short, lambda *_: None)))


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_tables_are_rectangular(result, lang):
    for name, table in check_tables.card_tables(result, lang).items():
        if name not in ("doubt", "protocol"):
            assert len({line.count("|") for line in table.splitlines()}) == 1, name


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_main_table_holds_r_its_interval_and_both_errors_beside_the_constant(result, lang):
    header, *rows = tables.accuracy_rows(result, lang)
    assert [row[0] for row in rows[:-1]] == [trait.name(lang) for trait in TRAITS]
    for trait, row in zip(TRAITS, rows, strict=False):
        figures = result["accuracy"]["traits"][trait.key]
        assert row[1] == tables.format_r_with_interval(figures)
        assert row[2] == tables.format_r_with_interval(figures, "r_shrunk")
        for name in ("mse", "mse_constant", "mae", "mae_constant"):
            assert f"{figures[name]:.3f}" in row
    assert {len(row) for row in rows} == {len(header)}


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_ladder_goes_from_the_loosest_split_to_the_strictest(result, lang):
    header, *rows = check_tables.ladder_rows(result, lang)
    assert len(header) == 4  # the name, 1 and 3 dialogues, all text
    assert rows[0][-1] == tables.format_r(result["ladder"]["random_dialogues"])
    assert rows[2][-1] == tables.format_r(result["accuracy"]["mean"]["r"])
    assert rows[3][-1] == tables.format_r_with_interval(result["ladder"]["without_partners"]["all"]["mean"])
    assert rows[4][-1] != "–"


def test_age_and_sex_text_and_both_stand_side_by_side(result):
    rows = check_tables.demographic_rows(result, "ja")
    assert [row[1] for row in rows[1:]] == ["–", *["3 対話"] * 3, *["すべて"] * 3]
    text = next(row for row in rows if row[:2] == ("本文だけ", "すべて"))
    assert text[2] == tables.format_r(result["accuracy"]["mean"]["r"])
    assert len(check_tables.demographic_rows(result | {"demographics": None}, "ja")) == 1


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_curve_says_what_is_measured_and_what_is_not(result, lang):
    rows = check_tables.curve_rows(result, lang)
    n_measured = len(result["learning_curve"]["points"])
    word = {"ja": "測定", "en": "measured"}[lang]
    assert [word in row[2] for row in rows[1:]] == [True] * n_measured + [False] * (len(rows) - 1 - n_measured)
    svg = curve_chart.draw_learning_curve(result, lang)
    assert svg.startswith("<svg") and svg.count("<circle") == 2 + len(rows) - 1
    assert svg.count('fill="#0b5fa5"') == 1 + n_measured
    import xml.etree.ElementTree as ElementTree

    ElementTree.fromstring(svg)


def test_style_rows_give_shift_and_spread_in_t_points(result):
    rows = check_tables.style_rows(result, "ja")
    first = result["style"][0]["traits"]["openness"]
    assert rows[1][2] == f"{first['shift_t']:+.1f} ± {first['sd_t']:.1f}".replace("-", "−")
    assert len(check_tables.style_rows(result | {"style": None}, "ja")) == 1


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_sentences_hold_the_figures_and_say_what_was_left_out(result, short_result, lang):
    doubt = check_tables.doubt_text(result, lang)
    for value in (
        result["membership"]["mean_r_training_speakers"],
        result["membership"]["auc"],
        result["influence"]["mean_r_without_one_community_low"],
    ):
        assert tables.format_r(value) in doubt
    left_out = {"ja": "省いたもの", "en": "Left out"}[lang]
    assert left_out not in check_tables.protocol_text(result, lang)
    assert left_out in check_tables.protocol_text(short_result, lang)
    assert tables.model_rows([result, short_result], lang)[2][3] == "–"  # no strict variant was measured


def test_numbers_are_set_with_sign_and_without_leading_zero():
    assert [tables.format_r(value) for value in (0.156, -0.05, 1.0, -0.001)] == [".16", "−.05", "1.00", ".00"]


def test_markers_are_filled_and_other_text_kept():
    text = "前\n<!-- a:begin -->古い\n<!-- a:end -->\n後"
    assert tables.fill_markers(text, {"a": "| 新 |", "b": "x"}) == "前\n<!-- a:begin -->\n| 新 |\n<!-- a:end -->\n後"
