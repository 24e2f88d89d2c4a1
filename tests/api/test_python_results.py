"""Results in a notebook and as tables: the numbers of `to_dict`, no quote, nothing that leaks into the page."""

import csv
import io
import re
import sys
from pathlib import Path

import pytest

import seikaku
from seikaku.api.frames import COLUMNS
from seikaku.api.notebook import _LIGHT_PAGES, _style
from seikaku.errors import UserError
from seikaku.report.csv_table import CSV_COLUMNS
from seikaku.report.words.facts import say_before_after, say_found, say_reading
from seikaku.report.words.more_text import say_more_text
from seikaku.report.words.standing import name_wording
from seikaku.traits import TRAIT_KEYS, TRAITS

MARKER = "ひみつの合言葉はさくらもち"


@pytest.fixture(scope="module")
def estimates(long_talk, trained_model_folder):
    """花子, clearly lively: one trait is claimed, one withheld."""
    return seikaku.estimate(long_talk, "花子", model=trained_model_folder)


@pytest.fixture(scope="module")
def table(long_talk, trained_model_folder):
    return seikaku.estimate_speakers(long_talk, model=trained_model_folder)


def check_row(row, document):
    """One row against the document that it comes from; missing values are None."""
    trait = document["traits"][row["trait"]]
    interval, accuracy = trait["interval_80"] or {}, trait["accuracy"] or {}
    assert row["speaker"] == document["speaker"]
    assert row["n_chars"] == document["amount"]["n_chars"]
    same = (
        "status", "reason", "t_score", "score_1to7", "percentile", "crosses_mean", "probability_above", "readability",
    )  # fmt: skip
    for column in same:
        assert row[column] == trait[column], column
    for column in ("low_t", "high_t"):
        assert row[f"before_{column}"] == trait["before_80"][column], column
    for column in ("percentile", "low_80", "high_80"):
        assert row[f"language_{column}"] == (trait["language"] or {}).get(column), column
    assert (row["model_id"], row["model_hash"]) == tuple(document["model"].values())
    assert (row["norm"], row["seikaku_version"]) == (document["norm"]["name_ja"], document["seikaku_version"])
    for column in ("low_t", "high_t", "low_1to7", "high_1to7"):
        assert row[column] == interval.get(column), column
    for column in ("r", "r_low_95", "r_high_95"):
        assert row[column] == accuracy.get(column), column


def test_polars_has_the_numbers_of_the_document(estimates, table):
    pytest.importorskip("polars")
    rows = estimates.to_polars().to_dicts()
    assert [row["trait"] for row in rows] == list(TRAIT_KEYS)
    for row in rows:
        check_row(row, estimates.to_dict())
    both = table.to_polars()
    assert both.columns == list(COLUMNS)
    assert both["speaker"].to_list() == ["花子"] * 5 + ["太郎"] * 5


def test_pandas_has_the_numbers_of_the_document(estimates, table):
    pandas = pytest.importorskip("pandas")
    frame = table.to_pandas()
    assert list(frame.columns) == list(COLUMNS)
    assert str(frame["t_score"].dtype) == "float64"
    assert str(frame["crosses_mean"].dtype) == "boolean"
    documents = {document["speaker"]: document for document in table.to_dict()["results"]}
    for row in frame.to_dict("records"):
        check_row({k: None if pandas.isna(v) else v for k, v in row.items()}, documents[row["speaker"]])
    withheld = frame[frame["status"] == "withheld"]
    assert len(withheld) and withheld["t_score"].isna().all()
    assert estimates.to_pandas()["name"].to_list() == [trait.name_ja for trait in TRAITS]


def test_a_talk_of_withheld_traits_makes_the_same_columns():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    short = seikaku.estimate([("花子", "おはよう"), ("花子", "いい天気だね")])
    assert {estimate.status for estimate in short.traits.values()} == {"withheld"}
    long = seikaku.estimate(Path(__file__).resolve().parents[2] / "examples" / "line_1on1.txt", "花子")
    assert (short.to_pandas().dtypes == long.to_pandas().dtypes).all()
    assert short.to_polars().schema == long.to_polars().schema
    assert len(pandas.concat([short.to_pandas(), long.to_pandas()])) == 10
    assert polars.concat([short.to_polars(), long.to_polars()]).height == 10


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_missing_library_is_named_with_the_mend(monkeypatch, estimates, library):
    monkeypatch.setitem(sys.modules, library, None)  # as if it were not installed
    with pytest.raises(UserError, match=f"{library} が必要ですが、入っていません") as caught:
        getattr(estimates, f"to_{library}")()
    assert caught.value.mend == f"pip install {library} を実行してください。"


def test_what_is_printed_and_shown_holds_no_word_of_the_talk(talk, messages, trained_model_folder):
    quoting = talk(花子=[*messages(100, seed=5), MARKER], 太郎=[MARKER] * 100)
    estimates = seikaku.estimate(quoting, "花子", model=trained_model_folder, n_evidence=200)
    both = seikaku.estimate_speakers(quoting, model=trained_model_folder)
    assert MARKER in str(estimates.to_dict())  # else the test shows nothing
    for text in (repr(estimates), str(estimates), estimates._repr_html_(), repr(both), both._repr_html_()):
        assert MARKER not in text


def test_the_text_form_names_every_figure(estimates):
    text = repr(estimates)
    assert text.startswith("<Estimates 花子（")
    for trait in TRAITS:
        value = estimates.traits[trait.key].t_score
        assert f"{trait.name_ja} {'読み取れない' if value is None else f'{value:.1f}［'}" in text


def test_several_are_one_document_and_csv_is_the_commands(estimates, table):
    document = table.to_dict()
    assert list(document) == ["schema_version", "seikaku_version", "results"]
    one = table["花子"].to_dict()
    assert {key: document["results"][0][key] for key in one} == one
    rows = list(csv.DictReader(io.StringIO(table.to_csv())))
    assert tuple(rows[0]) == CSV_COLUMNS and [row["speaker"] for row in rows] == ["花子", "太郎"]
    assert estimates.to_csv(bom=True) == "\ufeff" + estimates.to_csv()
    (row,) = csv.DictReader(io.StringIO(estimates.to_csv()))
    for key in TRAIT_KEYS:
        value = estimates.to_dict()["traits"][key]["t_score"]
        assert row[f"{key}_t_score"] == ("" if value is None else str(value))


def test_both_facts_and_both_layers_are_in_the_output(estimates, table):
    html, several = estimates._repr_html_(), table._repr_html_()
    for trait in TRAITS:
        estimate = estimates.traits[trait.key]
        for fact in (say_found(estimate, "ja"), say_reading(estimate, "ja")):
            assert fact in html and fact in several
        assert say_before_after(estimate, "ja") in html
        assert (name_wording(trait, "ja") in html) == (estimate.language is not None)
    assert all(sentence in html for sentence in say_more_text(estimates, "ja"))


def test_the_bars_show_every_trait_as_the_report_draws_it(estimates):
    html = estimates._repr_html_()
    assert type(html) is str  # Markup would escape what it is added to
    assert re.findall(r'data-trait="(\w+)"', html) == list(TRAIT_KEYS)
    assert "chart-clear" in html and "chart-withheld" in html
    report = estimates.to_html()
    drawings = re.findall(r"</desc>(<rect.*?)</svg>", html)
    assert len(drawings) == 4 and all(drawing in report for drawing in drawings)
    assert f"{estimates.traits['extraversion'].t_score:.1f}" in html
    assert "採用・人事評価" in html
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|@import|url\((?!#)", html)


def test_the_table_has_a_row_a_speaker_and_a_cell_a_trait(table):
    html = table._repr_html_()
    assert html.count('<th scope="col">') == 1 + 5
    assert re.findall(r'<th scope="row"><bdi>(.*?)</bdi>', html) == ["花子", "太郎"]
    assert html.count('<svg class="chart ') == 10
    assert "帯が重なるときは違いとは言えません" in html


def test_ids_are_unique_also_when_shown_twice(estimates, table):
    page = estimates._repr_html_() + estimates._repr_html_() + table._repr_html_()
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids)) >= 2 * 20
    assert set(re.findall(r'url\(#([^)"]+)\)', page)) <= set(ids)
    assert {name for group in re.findall(r'aria-labelledby="([^"]+)"', page) for name in group.split()} <= set(ids)


def test_names_from_outside_are_text(talk, messages):
    name = "<img src=x onerror=alert(1)>"
    for html in (
        seikaku.estimate(talk(**{name: messages(5)}))._repr_html_(),
        seikaku.estimate_speakers(talk(**{name: messages(5)}))._repr_html_(),
    ):
        assert "<img" not in html
        assert "&lt;img" in html


def test_no_rule_of_the_style_reaches_beyond_the_output():
    css = re.sub(r"@media [^{]*\{(.*?\})\s*\}", r"\1", _style(), flags=re.DOTALL)
    selectors = [part.strip() for group in re.findall(r"([^{}]+)\{[^{}]*\}", css) for part in group.split(",")]
    assert len(selectors) > 20
    assert not [selector for selector in selectors if "div.seikaku-output.seikaku-output" not in selector]
    assert "@page" not in css and "position" not in css


def test_every_class_and_colour_of_the_drawing_has_its_style(estimates, table):
    css = _style()
    drawing = "".join(re.findall(r"<svg.*?</svg>", estimates._repr_html_() + table._repr_html_()))
    classes = {name for group in re.findall(r'class="([^"]+)"', drawing) for name in group.split()}
    classes -= {"chart-clear"}  # the plain look
    assert {"before", "band", "dot", "mean", "chart-withheld", "hatch"} <= classes
    assert not [name for name in classes if f".{name} " not in css]
    used, defined = set(re.findall(r"var\((--[\w-]+)", css)), set(re.findall(r"(--[\w-]+):", css))
    assert used <= defined
    for theme in (r"\[data-jp-theme-light=\"true\"\]", r"\[data-jp-theme-light=\"false\"\]"):
        (body,) = re.findall(rf"{theme} [^{{]*\{{([^}}]*)\}}", css)
        assert used <= set(re.findall(r"(--[\w-]+):", body))


@pytest.mark.browser
def test_it_follows_the_notebook_and_leaves_the_page_alone(browser, estimates, table, tmp_path):
    outside = '<p class="note">x</p><table id="t"><tr class="row"><td>x</td></tr></table><span class="band">x</span>'
    style = "<style>.out table tbody tr:nth-child(odd) { background: rgb(1, 2, 3) }</style>"  # as notebooks do
    measure = "const q = s => document.querySelector(s); const c = (s, p) => getComputedStyle(q(s))[p];"
    seen = {}
    for theme, attribute in {
        "none": "",
        "light": _LIGHT_PAGES[0].strip("[]"),
        "dark": 'data-jp-theme-light="false"',
    }.items():
        body = outside if theme == "none" else outside + estimates._repr_html_() + table._repr_html_()
        page = tmp_path / f"{theme}.html"
        page.write_text(
            f'<!DOCTYPE html><html lang="ja"><meta charset="utf-8"><title>t</title>{style}<body {attribute}>'
            f'<div class="out">{body}</div></body></html>',
            encoding="utf-8",
        )
        browser.get(page.as_uri())
        properties = [
            "color",
            "fontSize",
            "margin",
            "padding",
            "backgroundColor",
            "display",
            "fill",
            "borderBottomWidth",
        ]
        around = browser.execute_script(
            measure
            + "return arguments[0].flatMap(p => ['body', 'p', '#t', '#t tr', '#t td', 'span'].map(s => c(s, p)))",
            properties,
        )
        seen.setdefault("around", around)
        assert around == seen["around"]
        if theme != "none":
            seen[theme] = browser.execute_script(
                measure + "const o = '.seikaku-output'; return [c(o, 'backgroundColor'), c(o, 'color'), "
                "c(o + ' .chart-clear .dot', 'fill'), c(o + ' table tbody tr', 'backgroundColor')]"
            )
            assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    light, dark = seen["light"], seen["dark"]
    assert light[:3] == ["rgb(255, 255, 255)", "rgb(33, 37, 43)", "rgb(11, 92, 173)"]
    assert all(a != b for a, b in zip(light[:3], dark[:3], strict=True))
    assert light[3] == dark[3] == "rgba(0, 0, 0, 0)"
