"""The report in a real Chromium: what a person sees, on a screen, a phone, in the dark and on paper."""

import base64
import json
import re
from datetime import date

import pytest

from seikaku.report.charts import AXIS_HIGH_T, AXIS_LOW_T
from seikaku.report.html import render_html
from seikaku.traits import TRAIT_KEYS

pytestmark = pytest.mark.browser

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")

# The centre of each drawn thing in pixels; None where a withheld trait has no dot.
GEOMETRY = """
const box = (element) => element && element.getBoundingClientRect();
const centre = (element) => element && box(element).left + box(element).width / 2;
return [...document.querySelectorAll('svg[role=img]')].map((svg) => {
  const [dot, band, mean] = ['.dot', '.band', '.mean'].map((name) => svg.querySelector(name));
  const { left, width, top, height } = box(svg);
  return {
    trait: svg.dataset.trait, visible: svg.checkVisibility(), left, width, top, height,
    mean: centre(mean), dot: centre(dot), dotSize: dot && [box(dot).width, box(dot).height],
    band: band && [box(band).left, box(band).right],
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

    def open_report(estimates, *, lang="ja", width=1000, dark=False, import_report=None):
        page = tmp_path / "report.html"
        html = render_html(estimates, lang=lang, import_report=import_report, made_on=date(2025, 4, 1))
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


def test_contacts_nobody_and_logs_no_error(show, mixed, import_report):
    browser = show(mixed, import_report=import_report)
    assert browser.get_log("browser") == []
    urls = requested_urls(browser)
    assert len(urls) == 1 and urls[0].startswith("file://")


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("width", [320, 360])
def test_a_phone_scrolls_in_one_direction_only(show, mixed, all_withheld, import_report, lang, width):
    browser = show([mixed, all_withheld], lang=lang, width=width, import_report=import_report)
    browser.execute_script("document.querySelectorAll('details').forEach((details) => { details.open = true; });")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    beyond = "[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > arguments[0])"
    assert browser.execute_script(f"return {beyond}.map((e) => e.outerHTML.slice(0, 80))", width) == []


@pytest.mark.parametrize(("sample", "lang", "n_pages"), [
    ("mixed", "ja", 1), ("mixed", "en", 1), ("all_crossing", "ja", 1), ("all_withheld", "en", 1),
])  # fmt: skip
def test_prints_on_one_page(request, show, import_report, sample, lang, n_pages):
    estimates = request.getfixturevalue(sample)
    assert count_pages(show(estimates, lang=lang, import_report=import_report)) == n_pages


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
def test_all_text_has_enough_contrast(show, mixed, import_report, dark):
    contrasts = show([mixed, mixed], dark=dark, import_report=import_report).execute_script(CONTRASTS)
    assert len(contrasts) > 100
    assert [(ratio, text) for ratio, text in contrasts if ratio < 4.5] == []


def test_english_report_is_english_but_for_speaker_and_quotes(show, mixed, import_report):
    browser = show(mixed, lang="en", import_report=import_report)
    browser.execute_script("document.querySelectorAll('q, bdi').forEach((element) => element.remove());")
    whole = browser.execute_script("return document.documentElement.textContent")
    body = whole[whole.index("</style>") if "</style>" in whole else whole.index("prefers-color-scheme") :]
    assert "Openness" in body
    assert JAPANESE.findall(body) == []


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
