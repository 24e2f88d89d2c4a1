"""CSV that parses back to the numbers of ``to_dict`` and that no spreadsheet runs."""

import csv
import io
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from seikaku.api.frames import COLUMNS as FRAME_COLUMNS
from seikaku.report.csv_table import (
    CSV_COLUMNS,
    CSV_SPEAKER_COLUMNS,
    CSV_TRAIT_COLUMNS,
    render_csv,
    safe_cell,
    speaker_cells,
    speaker_row,
)
from seikaku.traits import TRAIT_KEYS


def parse(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_columns_are_in_the_documented_order():
    assert CSV_COLUMNS[:5] == ("source", "speaker", "n_conversations", "n_utterances", "n_chars")
    fields = (
        "score_1to7", "low_1to7", "high_1to7", "t_score", "low_t", "high_t", "before_low_t", "before_high_t",
        "percentile", "probability_above", "status", "reason", "readability", "r", "r_low_95", "r_high_95",
        "language_percentile", "language_low_80", "language_high_80",
    )  # fmt: skip
    assert tuple(f"{key}_{field}" for key in TRAIT_KEYS for field in fields) == CSV_TRAIT_COLUMNS
    origin = ("norm", "norm_n_speakers", "model_id", "model_hash", "seikaku_version", "schema_version")
    assert CSV_COLUMNS[5:] == CSV_TRAIT_COLUMNS + origin
    assert len(set(CSV_COLUMNS)) == len(CSV_COLUMNS)
    assert {f"{key}_{name}" for key in TRAIT_KEYS for name in set(FRAME_COLUMNS) & set(fields)} <= set(CSV_COLUMNS)


def test_csv_parses_back_to_the_numbers_of_the_json_form(mixed, all_withheld):
    rows = parse(render_csv([("トーク.txt", mixed), ("b.csv", all_withheld)]))
    assert [row["source"] for row in rows] == ["トーク.txt", "b.csv"]
    assert rows[0]["speaker"] == "みなと" and rows[0]["n_chars"] == "4120"
    traits = mixed.to_dict()["traits"]
    for key in TRAIT_KEYS:
        trait = traits[key]
        interval, before, accuracy = trait["interval_80"] or {}, trait["before_80"] or {}, trait["accuracy"] or {}
        language = trait["language"] or {}
        expected = {
            "score_1to7": trait["score_1to7"],
            "t_score": trait["t_score"],
            "percentile": trait["percentile"],
            "probability_above": trait["probability_above"],
            **{name: interval.get(name) for name in ("low_1to7", "high_1to7", "low_t", "high_t")},
            **{f"before_{name}": before.get(name) for name in ("low_t", "high_t")},
            **{name: accuracy.get(name) for name in ("r", "r_low_95", "r_high_95")},
            **{f"language_{name}": language.get(name) for name in ("percentile", "low_80", "high_80")},
        }
        read = {field: float(text) if (text := rows[0][f"{key}_{field}"]) else None for field in expected}
        assert read == expected
        for name in ("status", "reason", "readability"):
            assert rows[0][f"{key}_{name}"] == (trait[name] or "")
        assert rows[1][f"{key}_t_score"] == "" and rows[1][f"{key}_status"] == "withheld"


def test_a_row_says_what_the_estimates_rest_on(mixed):
    (row,) = parse(render_csv([("a", mixed)]))
    document = mixed.to_dict()
    assert (row["norm"], row["norm_n_speakers"]) == (mixed.norm.name_ja, "184")
    assert (row["model_id"], row["model_hash"]) == (mixed.model.model_id, mixed.model.model_hash)
    assert (row["seikaku_version"], row["schema_version"]) == (document["seikaku_version"], "2")


def test_every_door_has_the_same_cells(mixed):
    cells = speaker_cells(mixed.to_dict())
    assert tuple(cells) == CSV_SPEAKER_COLUMNS and speaker_row(mixed) == list(cells.values())
    (row,) = parse(render_csv([("a", mixed)]))
    assert row == {"source": "a"} | cells


def test_what_an_older_server_did_not_send_stays_empty(mixed):
    document = mixed.to_dict()
    for trait in document["traits"].values():
        for name in ("before_80", "probability_above", "language", "readability"):
            del trait[name]
    cells = speaker_cells(document)
    assert cells["openness_t_score"] and cells["openness_before_low_t"] == cells["openness_readability"] == ""


def test_a_bom_stands_first_only_where_it_is_asked_for(mixed):
    plain, marked = render_csv([("a", mixed)]), render_csv([("a", mixed)], bom=True)
    assert marked == "\ufeff" + plain and plain.startswith("source,")
    assert marked.encode("utf-8").decode("utf-8-sig") == plain


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
