"""From a LINE export to the page that a person sees: `seikaku analyze --html` in a real Chromium."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seikaku.traits import TRAITS

pytestmark = pytest.mark.browser

EXAMPLE = Path(__file__).parents[2] / "examples" / "line_1on1.txt"


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """The report's path, and the JSON of the same call, by the installed command with the model that ships."""
    path = tmp_path_factory.mktemp("report") / "花子のレポート.html"
    command = [sys.executable, "-m", "seikaku", "analyze", str(EXAMPLE), "--speaker", "花子"]
    # No proxy and no cache: what the command needs is in the package.
    environment = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    done = subprocess.run(
        [*command, "--html", str(path), "--json"], check=True, capture_output=True, encoding="utf-8", env=environment
    )
    return path, json.loads(done.stdout)["results"][0]


@pytest.fixture
def page(browser, reported):
    browser.get("about:blank")
    for log in ("browser", "performance"):
        browser.get_log(log)  # reading a log empties it: what follows belongs to this page
    browser.get(reported[0].as_uri())
    return browser


def visible_text(page):
    return page.execute_script("return document.body.innerText")


def test_shows_the_numbers_of_the_json(page, reported):
    text, result = visible_text(page), reported[1]
    assert "花子" in page.title + text
    for trait in TRAITS:
        estimate = result["traits"][trait.key]
        assert trait.name_ja in text
        if estimate["status"] != "withheld":
            assert f"{estimate['t_score']:.1f}" in text
            low, high = (estimate["interval_80"][end] for end in ("low_t", "high_t"))
            assert f"{low:.0f}～{high:.0f}" in text


def test_has_one_bar_a_trait(page, reported):
    bars = page.execute_script(
        "return [...document.querySelectorAll('svg[data-trait]')]"
        ".map((svg) => [svg.dataset.trait, svg.checkVisibility(), svg.querySelector('.dot') !== null])"
    )
    statuses = reported[1]["traits"]
    assert bars == [[trait.key, True, statuses[trait.key]["status"] != "withheld"] for trait in TRAITS]


def test_quotes_the_speaker_and_never_the_partner(page, reported):
    whole = page.execute_script("return document.documentElement.textContent")
    quoted = [item["text"].split("\n")[0] for trait in reported[1]["traits"].values() for item in trait["evidence"]]
    assert quoted and all(text in whole for text in quoted)
    lines = [line.split("\t") for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]
    said = {name: {parts[2] for parts in lines if len(parts) == 3 and parts[1] == name} for name in ("花子", "太郎")}
    partner = {text for text in said["太郎"] - said["花子"] if len(text) > 8}
    assert partner and not [text for text in partner if text in whole]


def test_contacts_nobody_and_logs_no_error(page):
    assert page.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert len(urls) == 1 and urls[0].startswith("file://")


def test_trend_comparison_and_radar_by_one_call(browser, tmp_path):
    path = tmp_path / "ふたり.html"
    command = [sys.executable, "-m", "seikaku", "analyze", str(EXAMPLE), "--speaker", "花子", "--compare", "太郎"]
    command += ["--trend", "--radar", "--html", str(path), "--json"]
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    result = json.loads(done.stdout)
    browser.get(path.as_uri())
    text = visible_text(browser)
    assert "相性の点数は出しません" in text
    counts = (
        "return ['data-trend', 'data-compared', 'data-radar'].map((n) => document.querySelectorAll(`[${n}]`).length)"
    )
    # A trend is drawn where any part of it was told; each part of this talk is too little text for the shipped model.
    told = [
        any(part["traits"][trait.key]["t_score"] is not None for part in one["trend"]["parts"])
        for one in result["results"]
        for trait in TRAITS
    ]
    assert browser.execute_script(counts) == [sum(told), 5, 2]
    for trait in TRAITS:
        compared = result["difference"]["traits"][trait.key]
        if compared["difference_t"] is not None:
            assert compared["holds_zero"]  # two amounts of everyday talk: far too little to tell two people apart
    assert all(
        change["exceeds_chance"] is not True for one in result["results"] for change in one["trend"]["changes"].values()
    )
