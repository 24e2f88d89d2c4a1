"""The report in a real Chromium: what a person sees, on a screen, a phone, in the dark and on paper."""

import base64
import json
import re
from dataclasses import replace
from datetime import date
from importlib.resources import files

import pytest

from seikaku.inference.estimates import EstimateWarning
from seikaku.report.charts.trait_bar import AXIS_HIGH_T, AXIS_LOW_T
from seikaku.report.charts.trend_chart import part_places
from seikaku.report.html import render_html
from seikaku.traits import TRAIT_KEYS

pytestmark = pytest.mark.browser

AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")

# The centre of each drawn thing in pixels; None where a withheld trait has no dot.
GEOMETRY = """
const box = (element) => element && element.getBoundingClientRect();
const centre = (element) => element && box(element).left + box(element).width / 2;
return [...document.querySelectorAll('svg[data-trait]')].map((svg) => {
  const names = ['.dot', '.band', '.mean', '.before, .empty'];
  const [dot, band, mean, before] = names.map((name) => svg.querySelector(name));
  const { left, width, top, height } = box(svg);
  return {
    trait: svg.dataset.trait, visible: svg.checkVisibility(), left, width, top, height,
    mean: centre(mean), dot: centre(dot), dotSize: dot && [box(dot).width, box(dot).height],
    band: band && [box(band).left, box(band).right], before: [box(before).left, box(before).right],
  };
});
"""

# WCAG contrast of every visible text against the nearest background that is painted.
CONTRASTS = """
const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
const luminance = ([r, g, b]) => {
  const linear = [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};
const background = (element) => {
  for (; element; element = element.parentElement) {
    const colour = channels(getComputedStyle(element).backgroundColor);
    if (colour.length === 3 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
document.querySelectorAll('details').forEach((details) => { details.open = true; });
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || element.closest('svg') || !element.checkVisibility()) continue;
  const pair = [luminance(channels(getComputedStyle(element).color)), luminance(background(element))];
  const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  found.push([ratio, walker.currentNode.textContent.trim().slice(0, 30)]);
}
return found;
"""


@pytest.fixture
def show(browser, tmp_path):
    """Opens estimates as a report by file:// at a width and colour scheme; returns the browser."""

    def open_report(estimates, *, lang="ja", width=1000, dark=False, import_report=None, **extras):
        page = tmp_path / "report.html"
        html = render_html(estimates, lang=lang, import_report=import_report, made_on=date(2025, 4, 1), **extras)
        page.write_text(html, encoding="utf-8")
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.get("about:blank")
        for log in ("browser", "performance"):
            browser.get_log(log)  # reading a log empties it: what follows belongs to this page
        browser.get(page.as_uri())
        return browser

    yield open_report
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.fixture
def extras(trend):
    """All that may be asked for in a report of two people."""
    return {"trends": [trend, trend], "compare": True, "radar": True}


def requested_urls(browser):
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


@pytest.mark.parametrize("width", [360, 1000])
def test_five_bars_stand_where_their_numbers_say(show, mixed, width):
    bars = show(mixed, width=width).execute_script(GEOMETRY)
    assert [bar["trait"] for bar in bars] == list(TRAIT_KEYS)
    assert [bar["top"] for bar in bars] == sorted(bar["top"] for bar in bars)
    for bar in bars:
        estimate = mixed.traits[bar["trait"]]

        def x_of(t_score, bar=bar):
            return bar["left"] + bar["width"] * (t_score - AXIS_LOW_T) / (AXIS_HIGH_T - AXIS_LOW_T)

        assert bar["visible"] and bar["width"] > 200 and bar["height"] > 20
        assert bar["mean"] == pytest.approx(x_of(50), abs=1)
        before = estimate.before_80
        assert bar["before"] == pytest.approx([x_of(before.low_t), x_of(before.high_t)], abs=1.5)
        if estimate.t_score is None:
            assert bar["dot"] is None and bar["band"] is None
            continue
        assert bar["dot"] == pytest.approx(x_of(estimate.t_score), abs=1)
        assert bar["dotSize"][0] == pytest.approx(bar["dotSize"][1], abs=0.5)
        interval = estimate.interval_80
        assert bar["band"] == pytest.approx([x_of(interval.low_t), x_of(interval.high_t)], abs=1.5)
    given = [bar for bar in bars if bar["dot"] is not None]
    by_score = sorted(given, key=lambda bar: mixed.traits[bar["trait"]].t_score)
    assert sorted(given, key=lambda bar: bar["dot"]) == by_score


def test_contacts_nobody_and_logs_no_error(show, described, other, import_report, extras):
    browser = show([described, other], import_report=import_report, **extras)
    assert browser.get_log("browser") == []
    urls = requested_urls(browser)
    assert len(urls) == 1 and urls[0].startswith("file://")


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("width", [320, 360])
@pytest.mark.parametrize("with_extras", [False, True])
def test_a_phone_scrolls_in_one_direction_only(show, described, other, import_report, extras, lang, width, with_extras):
    two = [described, replace(other, description=described.description)]
    browser = show(two, lang=lang, width=width, import_report=import_report, **extras if with_extras else {})
    browser.execute_script("document.querySelectorAll('details').forEach((details) => { details.open = true; });")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    beyond = "[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > arguments[0])"
    assert browser.execute_script(f"return {beyond}.map((e) => e.outerHTML.slice(0, 80))", width) == []


@pytest.mark.parametrize(("sample", "lang", "n_pages"), [
    ("mixed", "ja", 1), ("mixed", "en", 1), ("all_crossing", "ja", 1), ("all_withheld", "en", 1),
    ("described", "ja", 1),
])  # fmt: skip
def test_prints_on_one_page(request, show, import_report, sample, lang, n_pages):
    estimates = request.getfixturevalue(sample)
    assert count_pages(show(estimates, lang=lang, import_report=import_report)) == n_pages


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_warning_at_once_still_prints_on_one_page(show, mixed, import_report, lang):
    codes = ("repetitive", "copy_paste")
    norm = replace(mixed.norm, name_en="speakers of a corpus of everyday talk (text chats of one year, volunteers)")
    long = replace(
        mixed,
        speaker="とても長い名前の花子さん（グループ名つき）",
        norm=norm,
        warnings=(mixed.warnings[1], *(EstimateWarning(code, {}) for code in codes)),
    )
    dropped = dict.fromkeys(("sticker", "photo", "call", "album", "system", "unsent", "url_only"), 12)
    assert count_pages(show(long, lang=lang, import_report=replace(import_report, dropped=dropped))) == 1


def test_both_layers_print_on_one_page_in_english_too(show, described, import_report):
    assert count_pages(show(replace(described, warnings=()), lang="en", import_report=import_report)) == 1


def test_prints_one_page_for_each_speaker(show, mixed, all_crossing):
    assert count_pages(show([mixed, all_crossing])) == 2


def count_pages(browser):
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    return len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed["data"])))


def test_paper_stays_light_in_dark_mode(show, mixed):
    browser = show(mixed, dark=True)
    scheme = {"name": "prefers-color-scheme", "value": "dark"}
    colours = "const body = getComputedStyle(document.body); return [body.color, body.backgroundColor];"
    assert browser.execute_script(colours) == ["rgb(233, 231, 226)", "rgb(21, 24, 27)"]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": [scheme]})
    assert browser.execute_script(colours) == ["rgb(33, 37, 43)", "rgba(0, 0, 0, 0)"]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def test_dark_mode_changes_the_background(show, mixed):
    background = "return getComputedStyle(document.body).backgroundColor"
    light = show(mixed).execute_script(background)
    dark = show(mixed, dark=True).execute_script(background)
    assert sum(map(int, re.findall(r"\d+", dark))) < 150 < 600 < sum(map(int, re.findall(r"\d+", light)))


@pytest.mark.parametrize("dark", [False, True])
def test_all_text_has_enough_contrast(show, described, other, import_report, extras, dark):
    contrasts = show([described, other], dark=dark, import_report=import_report, **extras).execute_script(CONTRASTS)
    assert len(contrasts) > 100
    assert [(ratio, text) for ratio, text in contrasts if ratio < 4.5] == []


def test_english_report_is_english_but_for_speaker_and_quotes(show, mixed, other, import_report, extras):
    two = [replace(mixed, speaker="Minato"), replace(other, speaker="Aoi")]
    browser = show(two, lang="en", import_report=import_report, **extras)
    browser.execute_script("document.querySelectorAll('q, bdi').forEach((element) => element.remove());")
    whole = browser.execute_script("return document.documentElement.textContent")
    body = whole[whole.index("</style>") if "</style>" in whole else whole.index("prefers-color-scheme") :]
    assert "Openness" in body
    assert JAPANESE.findall(body) == []


# What is drawn is told from its ground by WCAG 1.4.11: dot, mean line, marks, and the outline of every band.
DRAWN = """
const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
const luminance = ([r, g, b]) => {
  const linear = [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};
const card = luminance(channels(getComputedStyle(document.querySelector('.traits')).backgroundColor));
return [...document.querySelectorAll('svg :is(.dot, .mean, .band, .before, .range, .mark)')].map((shape) => {
  const style = getComputedStyle(shape);
  const ratios = [style.stroke, style.fill].filter((colour) => colour.startsWith('rgb')).map((colour) => {
    const pair = [luminance(channels(colour)), card];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  });
  return [shape.className.baseVal, Math.max(...ratios)];
});
"""


@pytest.mark.parametrize("dark", [False, True])
def test_what_is_drawn_has_enough_contrast(show, described, other, extras, dark):
    drawn = show([described, other], dark=dark, **extras).execute_script(DRAWN)
    assert {name for name, _ in drawn} == {"dot", "mean", "band", "before", "range", "mark"} and len(drawn) > 100
    assert [(name, ratio) for name, ratio in drawn if ratio < 3] == []


def test_nothing_rests_on_hue_alone(show, mixed, other, extras):
    """Without any colour, what is clear of the mean still looks unlike what is not, and so does what was before."""
    looks = show([mixed, other], **extras).execute_script("""
      return [...document.querySelectorAll('[role=img] .dot')]
        .filter((dot) => dot.closest('.chart-clear, .chart-crossing')).map((dot) => {
        const style = getComputedStyle(dot);
        const card = getComputedStyle(document.querySelector('.traits')).backgroundColor;
        return [dot.closest('.chart-clear') !== null, style.fill !== card];
      });
    """)
    assert {clear for clear, _ in looks} == {True, False}
    assert all(clear == filled for clear, filled in looks)
    dashes = """
      return [...document.querySelectorAll('.band, .before, .empty')].map((band) =>
        [!band.classList.contains('band'), getComputedStyle(band).strokeDasharray !== 'none']);
    """
    assert {tuple(pair) for pair in show(mixed).execute_script(dashes)} == {(True, True), (False, False)}


@pytest.mark.parametrize(
    ("lang", "dark", "width"),
    [("ja", False, 360), ("en", True, 1000), pytest.param("ja", False, 1000, marks=pytest.mark.thorough)],
)
def test_axe_finds_nothing_serious(show, described, other, import_report, extras, lang, dark, width):
    two = [described, replace(other, description=described.description)]
    browser = show(two, lang=lang, dark=dark, width=width, import_report=import_report, **extras)
    browser.execute_script("document.querySelectorAll('details').forEach((details) => { details.open = true; });")
    # The page's policy forbids scripts; the driver's own are not of the page.
    browser.execute_script(AXE)
    browser.set_script_timeout(120)  # all of a report at once, on a machine that others use too
    found = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run().then((result) => done(result.violations.map("
        "(v) => [v.impact, v.id, v.nodes.slice(0, 3).map((node) => node.target.join(' '))])));"
    )
    assert [violation for violation in found if violation[0] in ("serious", "critical")] == []


def test_print_shows_the_import_and_closes_the_folds(show, mixed, import_report):
    browser = show(mixed, import_report=import_report)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    text = browser.execute_script("return document.body.innerText")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    assert "412 発話を読み取りました" in text and "スタンプ 31" in text
    assert "現代アート" not in text  # evidence stands in the folds


def test_the_extras_print_on_pages_of_their_own(show, mixed, other, trend):
    assert count_pages(show(mixed, trends=trend)) == 2
    assert count_pages(show([mixed, other], compare=True)) == 3


def test_a_printed_radar_keeps_its_heading_and_begins_a_page(show, mixed, trend):
    assert count_pages(show(mixed, radar=True)) == 2
    assert count_pages(show(mixed, radar=True, trends=trend)) == 3
    browser = show(mixed, radar=True)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    kept = browser.execute_script("""
      const radar = document.querySelector('.radar'), style = getComputedStyle(radar);
      const of = (element) => element.getBoundingClientRect();
      return [style.breakInside, style.breakBefore, of(radar).height, radar.firstElementChild.tagName,
              radar.previousElementSibling.className, [...radar.children].every((e) => of(e).height > 0)];
    """)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    assert kept[:2] == ["avoid", "page"] and kept[2] < 900 and kept[3:] == ["H3", "not-for", True]


def test_trend_dots_stand_where_their_scores_say_on_every_screen(show, mixed, trend):
    for width in (360, 1000):
        charts = show(mixed, width=width, trends=trend).execute_script("""
          return [...document.querySelectorAll('[data-trend]')].map((svg) => {
            const box = svg.getBoundingClientRect();
            const mean = svg.querySelector('.mean').getBoundingClientRect().top - box.top;
            return [svg.dataset.trend, mean, [...svg.querySelectorAll('.dot')].map((dot) => {
              const { left, top, width, height } = dot.getBoundingClientRect();
              return [(left + width / 2 - box.left) / box.width, top + height / 2 - box.top, width / height];
            })];
          });
        """)
        for key, mean, dots in charts:
            given = [
                (index, part.estimates.traits[key].t_score)
                for index, part in enumerate(trend.parts)
                if part.estimates.traits[key].t_score is not None
            ]
            assert len(dots) == len(given)
            for (across, down, roundness), (index, t_score) in zip(dots, given, strict=True):
                assert across == pytest.approx(part_places(trend)[index] / 100, abs=0.01)
                assert (down < mean) == (t_score > 50) or abs(t_score - 50) < 0.5
                assert roundness == pytest.approx(1, abs=0.05)


def test_keyboard_reaches_every_fold_and_shows_the_focus(show, mixed):
    browser = show(mixed)
    focused = []
    n_folds = browser.execute_script("return document.querySelectorAll('summary').length")
    for _ in range(n_folds):
        browser.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyDown", "key": "Tab", "windowsVirtualKeyCode": 9})
        browser.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyUp", "key": "Tab", "windowsVirtualKeyCode": 9})
        focused.append(
            browser.execute_script(
                "const e = document.activeElement; return [e.tagName, getComputedStyle(e).outlineStyle, e.textContent];"
            )
        )
    assert n_folds == 5
    assert [(tag, outline) for tag, outline, _ in focused] == [("SUMMARY", "solid")] * n_folds
    assert len({text for _, _, text in focused}) == n_folds
