"""The HTML report: self-contained, escaped, honest, the same for the same input."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import date
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.inference.estimates import Evidence
from seikaku.report.charts.trait_bar import axis_percent, look_of
from seikaku.report.html import render_html, report_style_hash
from seikaku.report.words.texts import EVIDENCE_NOTE, LANGS, NOT_FOR
from seikaku.traits import TRAITS

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}</title>"


class Page(HTMLParser):
    """Every tag with its attributes, the text, and whether the tags close in order."""

    VOID = ("meta", "line", "rect", "circle")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def charts(page):
    return [attributes for attributes in page.named("svg") if attributes.get("role") == "img"]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("sample", ["mixed", "all_crossing", "all_withheld"])
def test_is_one_self_contained_file(request, sample, lang, import_report):
    html = render_html(request.getfixturevalue(sample), lang=lang, import_report=import_report)
    page = Page(html)
    assert page.open == []
    assert page.named("html")[0]["lang"] == lang
    assert not {"script", "link", "img", "iframe", "object", "form"} & {name for name, _ in page.tags}
    csp = [meta["content"] for meta in page.named("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    # Only this very style may apply: neither another one nor a style attribute that some text brought in.
    assert csp == [f"default-src 'none'; style-src '{report_style_hash()}'"]
    style = html[html.index("<style>") + len("<style>") : html.index("</style>")]
    assert report_style_hash() == "sha256-" + b64encode(sha256(style.encode()).digest()).decode()
    assert not any("style" in attributes for _, attributes in page.tags)
    assert re.findall(r"https?://[^\"' ]+", html.replace("http://www.w3.org/2000/svg", "")) == []
    assert "@import" not in html and not re.search(r"url\((?!#)", html)
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)


@pytest.mark.parametrize("lang", LANGS)
def test_has_five_described_charts_and_unique_ids(mixed, all_crossing, lang):
    page = Page(render_html([mixed, all_crossing], lang=lang))
    assert [chart["data-trait"] for chart in charts(page)] == [trait.key for trait in TRAITS] * 2
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for chart in charts(page):
        assert set(chart["aria-labelledby"].split()) <= set(ids)
    text = " ".join(page.text)
    for trait in TRAITS:
        assert all(pole in text for pole in trait.poles(lang))


@pytest.mark.parametrize("lang", LANGS)
def test_says_what_it_is_not(mixed, lang):
    html = render_html(mixed, lang=lang)
    text = " ".join(Page(html).text)
    assert all(line in text for line in NOT_FOR[lang])
    assert EVIDENCE_NOTE[lang] in text


def test_hostile_text_is_escaped_everywhere(mixed, import_report):
    item = Evidence("talk-1", 0, HOSTILE, 0.9)
    hostile = replace(
        mixed,
        speaker=HOSTILE,
        traits=mixed.traits | {"openness": replace(mixed.traits["openness"], evidence=(item,))},
        model=replace(mixed.model, model_id=HOSTILE),
        norm=replace(mixed.norm, name_ja=HOSTILE),
    )
    report = replace(import_report, format=HOSTILE, dropped={HOSTILE: 2}, warnings=(HOSTILE,))
    html = render_html([hostile, mixed], lang="ja", import_report=report)
    page = Page(html)
    assert page.open == []
    assert "script" not in {name for name, _ in page.tags}
    assert "".join(page.text).count(HOSTILE) >= 8
    assert "<script" not in html


@settings(max_examples=20)
@given(speaker=st.text(max_size=30), text=st.text(max_size=60))
def test_any_text_gives_a_well_formed_utf8_page(mixed, speaker, text):
    item = Evidence("talk-1", 0, text, -0.9)
    traits = mixed.traits | {"openness": replace(mixed.traits["openness"], evidence=(item,))}
    html = render_html(replace(mixed, speaker=speaker, traits=traits), lang="en")
    html.encode("utf-8")
    assert Page(html).open == []
    assert "\0" not in html and "\u202e" not in html


def test_other_speakers_are_never_named(mixed, import_report):
    warned = replace(import_report, warnings=("話者名: 「相手のなまえ」",))
    assert "相手のなまえ" not in render_html(mixed, lang="ja", import_report=warned)


def test_evidence_of_withheld_traits_is_not_shown(mixed):
    item = Evidence("talk-1", 0, "見せない発話です", 0.5)
    traits = mixed.traits | {"agreeableness": replace(mixed.traits["agreeableness"], evidence=(item,))}
    assert "見せない発話" not in render_html(replace(mixed, traits=traits), lang="ja")


def test_looks_follow_the_estimates(mixed):
    looks = [look_of(estimate) for estimate in mixed.traits.values()]
    assert looks == ["clear", "crossing", "clear", "withheld", "crossing"]
    page = Page(render_html(mixed, lang="ja"))
    assert [chart["class"] for chart in charts(page)] == [
        "chart chart-clear",
        "chart chart-crossing",
        "chart chart-clear chart-tentative",
        "chart chart-withheld",
        "chart chart-crossing chart-tentative",
    ]


def test_raw_scores_stand_in_details_and_the_accuracy_in_the_table(mixed):
    html = render_html(mixed, lang="en")
    score = f"{mixed.traits['openness'].score_1to7:.2f}"
    assert score in html[html.index("<details>") : html.index("</details>")]
    assert "0.29 (0.15–0.42)" in html and "0.08 (−0.07–0.22)" in html


def test_the_date_is_the_callers(mixed):
    assert "2025-04-01" in render_html(mixed, lang="ja", made_on=date(2025, 4, 1))
    assert "作成日" not in render_html(mixed, lang="ja")


def test_is_deterministic(mixed, import_report):
    first = render_html(mixed, lang="ja", import_report=import_report)
    assert first == render_html(mixed, lang="ja", import_report=import_report)
    assert first == render_html([mixed], lang="ja", import_report=import_report)


def test_no_estimates_is_a_mistake():
    with pytest.raises(ValueError, match="at least one speaker"):
        render_html([], lang="ja")


@given(st.floats(20, 80), st.floats(20, 80))
def test_the_axis_keeps_order_and_centre(first, second):
    assert axis_percent(50) == 50
    assert (axis_percent(first) <= axis_percent(second)) == (first <= second) or abs(first - second) < 0.01
    assert axis_percent(first - 100) == 0 and axis_percent(first + 100) == 100
