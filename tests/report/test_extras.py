"""The parts of a report that are asked for: trend, comparison, radar; and the JSON document."""

import io
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from seikaku.inference.difference import estimate_difference
from seikaku.inference.estimates import SCHEMA_VERSION, LanguageStanding
from seikaku.inference.trend import TraitChange
from seikaku.report.charts.radar_chart import radar_chart, radar_point
from seikaku.report.charts.trend_chart import axis_y, part_places
from seikaku.report.comparison import compare_in_words, comparison_notes, difference_figures, view_comparison
from seikaku.report.document import Result, build_document, build_result
from seikaku.report.html import render_html
from seikaku.report.terminal.extras import render_comparison, render_trend
from seikaku.report.trend import period, trend_sentences, view_trend
from seikaku.report.words.dates import date_ticks
from seikaku.report.words.numbers import format_signed, format_signed_interval
from seikaku.report.words.texts import LANGS
from seikaku.traits import TRAITS
from seikaku.version import __version__

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"


def svg(markup):
    """The drawing, parsed: it must be well-formed by itself."""
    return ElementTree.fromstring(str(markup))


def classes(drawing, name):
    return [element for element in drawing.iter() if element.get("class") == name]


def printed(renderable, width=80):
    console = Console(width=width, no_color=True, file=io.StringIO())
    console.print(renderable)
    return console.file.getvalue()


# --- trend


def test_a_trend_without_change_says_so_first_and_how_little_can_be_read(trend):
    first, scale, accuracy = trend_sentences(trend, "ja")
    assert "変化があったとは言えません" in first
    assert "少なくとも 31点" in scale and "最大の動きは 5.0点" in scale
    assert "r＝0.29" in accuracy and "まず読み取れません" in accuracy and "同じ人の中の変化" in accuracy
    first, scale, accuracy = trend_sentences(trend, "en")
    assert "No change can be claimed" in first
    assert "at least 31 points" in scale and "r = 0.29" in accuracy


def test_a_change_is_named_and_not_called_a_change_of_personality(changed_trend):
    first, rest, *_ = trend_sentences(changed_trend, "ja")
    assert "開放性は、区切り2と5の差（偏差値で −41.2）" in first
    assert "性格が変わったとは言えません" in first
    assert rest == "ほかの特性の動きは、偶然で起こる範囲です。"
    assert "does not mean that personality changed" in trend_sentences(changed_trend, "en")[0]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("reason", ["too_little_text", "one_day", "one_conversation"])
def test_why_there_is_no_trend_is_said_and_nothing_is_drawn(trend, mixed, lang, reason):
    alone = replace(trend, parts=trend.parts[:1], reason=reason)
    view = view_trend(alone, lang, "s1")
    assert len(view.sentences) == 1 and reason not in view.sentences[0]
    assert (view.charts, view.rows, view.gaps) == ((), (), ())
    assert view.sentences[0] in render_html(mixed, lang=lang, trends=alone)
    assert view.sentences[0][:20] in printed(render_trend(alone, lang=lang))


def test_nothing_to_compare_is_said(trend):
    nothing = dict.fromkeys(trend.changes, TraitChange(None, None, None, None, None))
    assert trend_sentences(replace(trend, changes=nothing), "ja") == (
        "推定できた区切りが1つ以下なので、変化は読めません。",
    )


def test_trend_charts_have_a_dot_and_a_band_per_estimate_and_a_cross_per_gap(trend):
    for trait, chart in view_trend(trend, "ja", "s1").charts:
        drawing = svg(chart)
        given_parts = [p.estimates.traits[trait.key] for p in trend.parts if p.estimates.traits[trait.key].t_score]
        dots, bands = classes(drawing, "dot"), classes(drawing, "band")
        assert len(dots) == len(bands) == len(given_parts)
        assert len(classes(drawing, "gap")) == 6 - len(given_parts)
        assert len(classes(drawing, "mean")) == 1
        assert [float(dot.get("cy")) for dot in dots] == [axis_y(estimate.t_score) for estimate in given_parts]
        assert [element.text for element in classes(drawing, "part-number")] == list("123456")
        description = drawing.find("{http://www.w3.org/2000/svg}desc").text
        assert description.count("2024-") == 12
        assert ("読み取れません" in description) == (len(given_parts) < 6)


def test_dots_stand_at_the_middle_of_their_time_above_dates(trend):
    """January to June of 2024: parts of a month, some 30 days apart, and every second month named."""
    (_, chart), *_ = view_trend(trend, "ja", "s1").charts
    drawing = svg(chart)
    places = [float(dot.get("cx").rstrip("%")) for dot in classes(drawing, "dot")]
    assert places == part_places(trend) == sorted(places)
    gaps = [later - earlier for earlier, later in pairwise(places)]
    assert max(gaps) - min(gaps) < 2 and places[0] > 4 and places[-1] < 96
    dates = [(element.text, float(element.get("x").rstrip("%"))) for element in classes(drawing, "date")]
    assert [label for label, _ in dates] == ["2024年3月", "5月"]
    assert places[1] < dates[0][1] < places[2] and places[3] < dates[1][1] < places[4]
    (_, chart), *_ = view_trend(trend, "en", "s1").charts
    assert [element.text for element in classes(svg(chart), "date")] == ["Mar 2024", "May"]


def test_a_trend_without_dates_has_its_parts_evenly_in_their_order(trend):
    undated = replace(trend, by="conversation", parts=tuple(replace(p, start=None, end=None) for p in trend.parts))
    assert part_places(undated) == [round(100 * (index + 0.5) / 6, 2) for index in range(6)]
    view = view_trend(undated, "ja", "s1")
    assert classes(svg(view.charts[0][1]), "date") == []
    assert "日付" not in view.note and "日付" in view_trend(trend, "ja", "s1").note


@given(st.dates(date(1999, 1, 1), date(2030, 1, 1)), st.integers(0, 4000), st.sampled_from(LANGS))
def test_dates_on_the_axis_are_few_in_order_and_begin_with_the_year(first, n_days, lang):
    last = first + timedelta(n_days)
    ticks = date_ticks(first, last, lang)
    days = [day for day, _ in ticks]
    assert len(ticks) <= 4 and days == sorted(set(days)) and all(first <= day <= last for day in days)
    assert ticks or n_days >= 62  # a span of some months may hold no round one of them
    for number, (day, label) in enumerate(ticks):
        assert (str(day.year) in label) == (not number or days[number - 1].year != day.year)


def test_a_trend_of_which_nothing_can_be_read_draws_nothing(trend):
    unread = {key: estimate for key, estimate in trend.parts[0].estimates.traits.items() if estimate.t_score is None}
    traits = dict.fromkeys(trend.changes, next(iter(unread.values())))
    nothing = dict.fromkeys(trend.changes, TraitChange(None, None, None, None, None))
    parts = tuple(replace(part, estimates=replace(part.estimates, traits=traits)) for part in trend.parts)
    view = view_trend(replace(trend, parts=parts, changes=nothing), "ja", "s1")
    assert (view.charts, view.rows) == ((), ()) and len(view.gaps) == 1
    shown = printed(render_trend(replace(trend, parts=parts, changes=nothing), lang="ja"))
    assert "すべての区切り" in shown and "2024-01" not in shown


def test_gaps_are_explained_by_reason(trend):
    assert [which for which, _ in view_trend(trend, "ja", "s1").gaps] == [
        "協調性（すべての区切り）",
        "神経症傾向（区切り 3）",
    ]
    assert view_trend(trend, "en", "s1").gaps[1] == (
        "Neuroticism (part 3)",
        "The text repeats the same words, which leaves too little to go on.",
    )


def test_periods(trend):
    part = trend.parts[0]
    assert period(part, "ja") == "2024-01-02～2024-01-28"
    assert period(replace(part, end=part.start), "ja") == "2024-01-02"
    assert period(replace(part, start=None, end=None), "ja") == "会話 2件"
    assert period(replace(part, start=None, end=None), "en") == "2 conversations"


@given(st.floats(20, 80), st.floats(20, 80))
def test_higher_scores_stand_higher(first, second):
    assert (axis_y(first) >= axis_y(second)) == (first <= second) or abs(first - second) < 0.1


# --- comparison


def test_who_is_higher_what_cannot_be_said_and_what_is_not_compared(mixed, other):
    said = compare_in_words(estimate_difference(mixed, other), "ja")
    assert said == (
        "開放性は「みなと」のほうが高い可能性があります。外向性は「あおい」のほうが高い可能性があります。"
        "誠実性・神経症傾向は、どちらが高いとも言えません。協調性は、少なくとも一方が読み取れないので比べません。"
    )
    assert "may be higher in みなと" in compare_in_words(estimate_difference(mixed, other), "en")


def test_both_facts_and_both_layers_stand_side_by_side(described, other):
    both = replace(other, description=described.description)
    view = view_comparison(described, both, "ja")
    extraversion = view.rows[2]
    assert extraversion.reading == "ごく弱く読み取れる（r＝0.08）"  # of the one who can be read less
    assert extraversion.found == "あおい が高い可能性"
    assert [row.wording for row in view.wording] == ["開放性の高い人に多い言葉づかい", "誠実性の高い人に多い言葉づかい"]
    assert (view.wording[0].first, view.wording[0].found) == ("71（60～81）", "幅が重なり、違いとは言えない")
    far = replace(other.traits["openness"], language=LanguageStanding(20.0, 12.0, 31.0))
    apart = replace(other, traits=other.traits | {"openness": far})
    assert view_comparison(described, apart, "ja").wording[0].found == "「みなと」のほうが多い"
    figures = dict((label, (first, second)) for label, first, second in view.figures)
    assert figures["メッセージ数"] == ("160 件", "160 件")
    assert view_comparison(described, other, "ja").figures == ()  # nothing was counted of the other
    html = render_html([described, both], lang="ja", compare=True)
    assert "71（60～81）" in html and "160 件" in html


def test_the_usual_honest_result_is_neither(all_crossing):
    same = replace(all_crossing, speaker="あきら")
    said = compare_in_words(estimate_difference(all_crossing, same), "ja")
    assert said.startswith("五つの特性のどれも、どちらが高いとも言えません。")
    assert said.endswith("似ているという意味ではありません。")


@pytest.mark.parametrize("lang", LANGS)
def test_no_compatibility_and_the_assumption_is_said(mixed, other, lang):
    html = render_html([mixed, other], lang=lang, compare=True)
    assumption, chance, compatibility = comparison_notes(lang)
    assert all(note in html for note in comparison_notes(lang))
    assert "√" in assumption and ("無関係だと仮定" in assumption or "independent" in assumption)
    assert ("相性" in compatibility) == (lang == "ja")
    assert not re.search(r"相性[^の]|[0-9] ?[%％](?!区間| interval)\s*(一致|match)", html)


@pytest.mark.parametrize("lang", LANGS)
def test_two_rows_told_apart_by_shape(mixed, other, lang):
    for row in view_comparison(mixed, other, lang).rows:
        drawing = svg(row.chart)
        both = mixed.traits[row.trait.key], other.traits[row.trait.key]
        tags = [dot.tag.rpartition("}")[2] for dot in classes(drawing, "dot")]
        shapes = [shape for shape, estimate in zip(("circle", "path"), both, strict=True) if estimate.t_score]
        assert tags == shapes
        assert len(classes(drawing, "gap")) == 2 - len(shapes)
        description = drawing.find("{http://www.w3.org/2000/svg}desc").text
        assert "みなと" in description and "あおい" in description


def test_a_comparison_is_of_two(mixed):
    for call in (
        lambda: render_html(mixed, lang="ja", compare=True),
        lambda: build_document([Result("a", mixed)], compare=True),
    ):
        with pytest.raises(ValueError, match="of two speakers, got 1"):
            call()


# --- radar


def test_radar_has_the_mean_ring_and_gaps_where_withheld(mixed, all_crossing, all_withheld):
    drawing = svg(radar_chart(all_crossing, "ja", "r"))
    assert len(classes(drawing, "mean")) == 1
    assert [len(classes(drawing, name)) for name in ("dot", "radar-band", "radar-area", "radar-edge")] == [5] * 4
    drawing = svg(radar_chart(mixed, "ja", "r"))  # agreeableness is withheld: nothing crosses its spoke
    assert [len(classes(drawing, name)) for name in ("dot", "radar-band", "radar-area", "radar-edge")] == [4, 4, 3, 3]
    assert len(classes(drawing, "spoke spoke-empty")) == 1
    assert "協調性：読み取れません。" in drawing.find("{http://www.w3.org/2000/svg}desc").text
    drawing = svg(radar_chart(all_withheld, "en", "r"))
    assert [len(classes(drawing, name)) for name in ("dot", "radar-area", "radar-edge")] == [0] * 3


def test_radar_dots_stand_where_their_scores_say(all_crossing):
    dots = classes(svg(radar_chart(all_crossing, "ja", "r")), "dot")
    for index, (trait, dot) in enumerate(zip(TRAITS, dots, strict=True)):
        assert (float(dot.get("cx")), float(dot.get("cy"))) == radar_point(
            index, all_crossing.traits[trait.key].t_score
        )
    centre = radar_point(0, 20)
    assert all(radar_point(index, 20) == centre for index in range(5))


# --- together


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_of_it_stands_in_the_report_unless_asked_for(mixed, lang):
    html = render_html(mixed, lang=lang)
    assert not re.search(r'class="(trend|comparison|radar)"|data-(trend|compared|radar)', html)


@pytest.mark.parametrize("lang", LANGS)
def test_all_together_is_well_formed_described_and_the_same_each_time(described, other, trend, lang):
    both = described, replace(other, description=described.description)

    def render():
        return render_html(both, lang=lang, trends=[trend, trend], compare=True, radar=True)

    html = render()
    assert html == render()
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for named in re.findall(r'aria-labelledby="([^"]+)"', html):
        assert set(named.split()) <= set(ids)
    n_standings = sum(trait.language is not None for one in both for trait in one.traits.values())
    assert html.count('role="img"') == 2 * (5 + 5 + 1 + 1) + 5 + n_standings  # bars, trends, radar, hours; comparison
    assert "style=" not in html and "<script" not in html


def test_hostile_names_are_escaped(mixed, other, trend):
    hostile = replace(mixed, speaker=HOSTILE)
    html = render_html([hostile, other], lang="ja", trends=[trend, trend], compare=True, radar=True)
    assert "<script" not in html and html.count("&lt;script&gt;") > 10


def test_as_many_trends_as_speakers(mixed, other, trend):
    with pytest.raises(ValueError, match="2 speakers needs as many trends, got 1"):
        render_html([mixed, other], lang="ja", trends=trend)


def test_document_has_the_extras_only_when_asked_for(mixed, other, trend, import_report):
    head = {"schema_version": SCHEMA_VERSION, "seikaku_version": __version__}
    plain = build_document([Result("talk.txt", mixed, import_report)])
    result = mixed.to_dict() | {"source": "talk.txt", "import": import_report.to_dict()}
    assert plain == head | {"results": [result]}
    assert build_result(Result("talk.txt", mixed, import_report)) == result
    assert build_result(Result(None, mixed)) == mixed.to_dict()
    assert build_document([Result(None, mixed)], with_evidence=False) == head | {
        "results": [mixed.to_dict(with_evidence=False)]
    }
    several = build_document([Result("a", mixed, trend=trend), Result("a", other)], compare=True)
    assert list(several) == [*head, "results", "difference"]
    assert several["results"][0]["trend"] == trend.to_dict() and "trend" not in several["results"][1]
    assert several["difference"] == estimate_difference(mixed, other).to_dict()
    json.dumps(several)
    with pytest.raises(ValueError, match="at least one"):
        build_document([])


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_terminal_shows_the_same_figures_whole_at_every_width(described, other, trend, lang, width):
    mixed = described
    shown = printed(render_trend(trend, lang=lang), width)
    assert max(cell_len(line) for line in shown.splitlines()) <= width
    assert "48.0±12.0" in shown and "2024-03-02" in shown
    for part in trend.parts:
        for estimate in part.estimates.traits.values():
            assert estimate.t_score is None or f"{estimate.t_score:.1f}±12.0" in shown
    lines = shown.splitlines()
    third = next(index for index, line in enumerate(lines) if line.startswith("3 "))
    assert lines[third + 5 * (width < 72)].split()[-1] == "-"
    long_name = replace(other, speaker="とても長い名前のあおいさん、そのまた続き", description=described.description)
    shown = printed(render_comparison(mixed, long_name, lang=lang), width)
    assert max(cell_len(line) for line in shown.splitlines()) <= width
    assert "比べません" in shown or "not compared" in shown
    difference = estimate_difference(mixed, long_name)
    for key in ("openness", "neuroticism"):
        assert all(figure in shown for figure in difference_figures(difference.traits[key], lang))
    assert "とても…" in shown and ("71（60～81）" if lang == "ja" else "71 (60–81)") in shown


def test_signed_figures():
    assert [format_signed(value, 1) for value in (1.26, -0.04, 0.04, -3.0, None)] == ["+1.3", "0.0", "0.0", "−3.0", "—"]
    assert format_signed_interval((-28.1, -0.1), 1, "en") == "−28.1 to −0.1"
    assert format_signed_interval((-28.1, 0.2), 1, "ja") == "−28.1～+0.2"
