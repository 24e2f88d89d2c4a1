"""The HTML report: self-contained, escaped, honest, the same for the same input."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import date
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.inference.evidence import Evidence
from seikaku.report.charts.trait_bar import axis_percent, look_of, trait_chart
from seikaku.report.html import render_html, report_style_hash
from seikaku.report.words.description import figure_label, figure_value
from seikaku.report.words.facts import say_before_after, say_found, say_reading
from seikaku.report.words.guide import EVIDENCE_NOTE
from seikaku.report.words.labels import LABELS
from seikaku.report.words.standing import name_wording, say_relation, say_unplaced
from seikaku.report.words.texts import LANGS, NOT_FOR
from seikaku.report.words.unlikeness import say_unlikeness
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
@pytest.mark.parametrize("sample", ["mixed", "described", "all_crossing", "all_withheld"])
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
    bars = [chart["data-trait"] for chart in charts(page) if "data-trait" in chart]
    assert bars == [trait.key for trait in TRAITS] * 2
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
    drawn = [chart["class"] for chart in charts(page) if "data-trait" in chart]
    assert drawn == [f"chart chart-{look}" for look in looks]


def test_the_band_before_lies_under_the_band_after_and_both_are_told(mixed):
    openness = mixed.traits["openness"]
    chart = str(trait_chart(TRAITS[0], openness, "ja", "c"))
    assert chart.index('class="before"') < chart.index('class="band"') < chart.index('class="dot"')
    for interval, name in ((openness.before_80, "before"), (openness.interval_80, "band")):
        left, right = axis_percent(interval.low_t), axis_percent(interval.high_t)
        assert f'class="{name}" x="{left}%" width="{round(right - left, 2)}%"' in chart
    assert "偏差値 57.8、80%区間は読む前 37.2～62.8 → 読んだ後 50.6～70.2" in chart
    assert "弱く読み取れる（r＝0.29）。平均より高い側（見込み 92%）。" in chart
    unread = str(trait_chart(TRAITS[3], mixed.traits["agreeableness"], "ja", "c"))
    assert "読む前の80%区間は 37.2～62.8" in unread and 'class="empty"' in unread
    assert 'class="dot"' not in unread and 'class="band"' not in unread


@pytest.mark.parametrize("lang", LANGS)
def test_the_two_layers_stand_apart_with_their_facts(described, lang):
    html = render_html(described, lang=lang)
    traits, language = html.index(LABELS[lang]["traits"]), html.index(f"<h3>{LABELS[lang]['language']}</h3>")
    assert traits < language
    for trait in TRAITS:
        estimate = described.traits[trait.key]
        bar = html[html.index(f"<h4>{trait.name(lang)}</h4>") :]
        bar = unescape(bar[: bar.index("</li>")])
        for fact in (say_found(estimate, lang), say_reading(estimate, lang), say_before_after(estimate, lang)):
            assert fact in bar
        assert (name_wording(trait, lang) in unescape(html[language:])) == (estimate.language is not None)
        assert name_wording(trait, lang) not in unescape(html[traits:language])
    openness = described.traits["openness"]
    assert say_relation(TRAITS[0], openness.accuracy, lang) in unescape(html)
    assert say_unplaced(described, lang) in html
    for figure in described.description.figures:
        assert figure_label(figure.key, lang) in unescape(html[language:])
        if figure.value is not None:
            assert figure_value(figure, lang) in unescape(html[language:])
    assert unescape(html).count(say_unlikeness(described.unlikeness, lang)) == 1


def test_a_report_without_a_description_says_only_what_is_known(all_withheld):
    html = render_html(all_withheld, lang="ja")
    assert "どの特性についても" in html and 'class="description"' not in html and 'class="standings"' not in html
    assert "下に書いてあります" not in html  # there is nothing below
    assert html.count("これほど少ない文章では、精度を確かめていません。") == 1  # the reason, once
    assert html.count('data-trait="') == 5 and 'class="found"' not in html and 'class="reading"' not in html
    assert "どの特性も、文章を読む前から誰にでも言える幅" in html


@pytest.mark.parametrize("lang", LANGS)
def test_expressions_come_with_their_shares_which_add_up(described, lang):
    html = unescape(render_html(described, lang=lang))
    evidence = html[html.index('<section class="evidence">') :]
    opened = evidence[: evidence.index("</details>")]
    shares = [int(share) for share in re.findall(r'<span class="share">(\d+)%', opened)]
    others = [int(share) for share in re.findall(r"(?:ほかの表現|other wording) (\d+)%", opened)]
    assert shares == [40, 20, 60] and others == [40, 40]
    assert sum(shares[:2]) + others[0] == sum(shares[2:]) + others[1] == 100
    assert "展示" in opened and "知らない駅で降りて" in opened
    total = {"ja": "ずれ +2.5 点の内訳：高い側へ +3.0、低い側へ −1.5、使わなかった言葉 +0.8、文章量 +0.2",
             "en": "+2.5 points: +3.0 towards higher, −1.5 towards lower, +0.8 by"}[lang]  # fmt: skip
    assert total in opened


def test_alike_utterances_are_one_with_a_count_and_long_ones_are_cut(mixed):
    items = (Evidence("talk-1", 0, "おはよう", 0.9, 41), Evidence("talk-1", 1, "長" * 500, 0.001))
    traits = mixed.traits | {"openness": replace(mixed.traits["openness"], evidence=items)}
    html = render_html(replace(mixed, traits=traits), lang="ja")
    assert "同じ発話 41回" in html
    assert "長" * 159 + "…" in html and "長" * 160 not in html
    assert "0.01未満" in html and "+0.00" not in html


@pytest.mark.parametrize("lang", LANGS)
def test_every_number_of_the_json_stands_in_the_tables(mixed, lang):
    html = render_html(mixed, lang=lang)
    dash = "～" if lang == "ja" else "–"
    for key, trait in mixed.to_dict()["traits"].items():
        row = html[html.index('<details class="numbers">') :]
        row = row[row.index(f'scope="row">{next(t for t in TRAITS if t.key == key).name(lang)}<') :]
        row = row[: row.index("</tr>")]
        before = trait["before_80"]
        assert f"{before['low_t']:.1f}{dash}{before['high_t']:.1f}" in row
        if trait["status"] == "withheld":
            assert row.count("—") >= 3
            continue
        assert f"{trait['t_score']:.1f}" in row
        assert f"{trait['interval_80']['low_t']:.1f}{dash}{trait['interval_80']['high_t']:.1f}" in row
        chance = max(trait["probability_above"], 1 - trait["probability_above"])
        assert (f"{chance:.0%}" in row) == (round(100 * chance) > 55)
        assert f"{trait['accuracy']['r']:.2f} (" in row


def test_raw_scores_stand_in_details_and_the_accuracy_in_the_table(mixed):
    html = render_html(mixed, lang="en")
    score = f"{mixed.traits['openness'].score_1to7:.2f}"
    numbers = html[html.index('<details class="numbers">') :]
    assert score in numbers[: numbers.index("</details>")]
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
