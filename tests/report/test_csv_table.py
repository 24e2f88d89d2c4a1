"""CSV that parses back to the numbers of ``to_dict`` and that no spreadsheet runs."""

import csv
import io
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from seikaku.report.csv_table import CSV_COLUMNS, CSV_TRAIT_COLUMNS, render_csv, safe_cell, trait_cells
from seikaku.traits import TRAIT_KEYS


def parse(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_columns_are_in_the_documented_order():
    assert CSV_COLUMNS[:5] == ("source", "speaker", "n_conversations", "n_utterances", "n_chars")
    assert CSV_COLUMNS[5:10] == tuple(
        f"openness_{field}" for field in ("score_1to7", "t_score", "low_80", "high_80", "status")
    )
    assert len(CSV_TRAIT_COLUMNS) == 25


def test_csv_parses_back_to_the_numbers_of_the_json_form(mixed, all_withheld):
    rows = parse(render_csv([("トーク.txt", mixed), ("b.csv", all_withheld)]))
    assert [row["source"] for row in rows] == ["トーク.txt", "b.csv"]
    assert rows[0]["speaker"] == "みなと" and rows[0]["n_chars"] == "4120"
    traits = mixed.to_dict()["traits"]
    for key in TRAIT_KEYS:
        interval = traits[key]["interval_80"] or {}
        expected = {
            "score_1to7": traits[key]["score_1to7"],
            "t_score": traits[key]["t_score"],
            "low_80": interval.get("low_1to7"),
            "high_80": interval.get("high_1to7"),
        }
        read = {field: float(text) if (text := rows[0][f"{key}_{field}"]) else None for field in expected}
        assert read == expected
        assert rows[0][f"{key}_status"] == traits[key]["status"]
        assert rows[1][f"{key}_t_score"] == "" and rows[1][f"{key}_status"] == "withheld"


def test_trait_cells_cover_exactly_the_trait_columns(mixed):
    assert tuple(trait_cells(mixed)) == CSV_TRAIT_COLUMNS


@given(st.sampled_from("=+-@"), st.text(max_size=20))
def test_a_formula_is_disarmed(start, rest):
    assert safe_cell(start + rest) == "'" + start + rest


@given(speaker=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=30))
def test_any_speaker_name_survives_the_round_trip(mixed, speaker):
    (row,) = parse(render_csv([("a", replace(mixed, speaker=speaker))]))
    assert row["speaker"] in (speaker, "'" + speaker)
    assert not row["speaker"].startswith(("=", "+", "-", "@"))


def test_ordinary_names_are_untouched():
    assert [safe_cell(name) for name in ("みなと", "Sam", "A-1", "")] == ["みなと", "Sam", "A-1", ""]
