"""/docs in a real Chromium: readable for everybody, on a phone and in the dark, and no request leaves the machine."""

import json
from importlib.resources import files

import pytest
from selenium.webdriver.common.by import By

pytestmark = pytest.mark.browser

GRAVE = ("serious", "critical")
AXE = "const done = arguments[arguments.length - 1]; axe.run(document).then((found) => done(found));"


@pytest.fixture
def open_docs(browser, server):
    """Open the page at a width, light or dark; returns the browser."""

    def open_at(query="?lang=ja", width=1280, dark=False):
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        calm = {"name": "prefers-reduced-motion", "value": "reduce"}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme, calm]})
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.get("about:blank")
        for log in ("browser", "performance"):
            browser.get_log(log)
        browser.get(f"{server.url}/docs{query}")
        return browser

    yield open_at
    browser.get("about:blank")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def unfold(chrome):
    chrome.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


@pytest.mark.parametrize(
    ("query", "width", "dark"),
    [("?lang=en", 360, True), pytest.param("?lang=ja", 1280, False, marks=pytest.mark.thorough)],
)
def test_axe_has_no_grave_finding(open_docs, query, width, dark):
    pytest.importorskip("axe_core_python")
    chrome = open_docs(query, width, dark)
    unfold(chrome)
    chrome.set_script_timeout(120)  # the page is long, and a busy machine is no finding
    chrome.execute_script((files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = chrome.execute_async_script(AXE)
    assert len(found["passes"]) > 10
    grave = [rule for rule in found["violations"] if rule["impact"] in GRAVE]
    assert [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in grave] == []


def test_no_request_leaves_the_server_and_the_console_is_silent(open_docs, server):
    chrome = open_docs()
    unfold(chrome)
    messages = [json.loads(entry["message"])["message"] for entry in chrome.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert len(asked) >= 3 and all(url.startswith(server.url) for url in asked)
    assert chrome.get_log("browser") == []
    colour = chrome.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert colour == "rgb(246, 245, 241)"  # the style sheets arrived


@pytest.mark.parametrize(("query", "width"), [("?lang=ja", 320), ("?lang=en", 360)])
def test_a_phone_scrolls_in_one_direction_only(open_docs, query, width):
    chrome = open_docs(query, width)
    unfold(chrome)
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= width
    small = """
    return [...document.querySelectorAll("summary, .contents a, .languages a")]
      .filter((element) => element.getBoundingClientRect().height < 24).map((element) => element.outerHTML);
    """
    assert chrome.execute_script(small) == []  # WCAG 2.5.8: large enough for a finger


def test_english_is_a_click_away_and_back(open_docs):
    chrome = open_docs()
    for lang, word in (("en", "Estimates"), ("ja", "推定")):
        chrome.find_element(By.CSS_SELECTOR, f".languages [lang={lang}]").click()
        assert chrome.execute_script("return document.documentElement.lang") == lang
        assert chrome.find_element(By.TAG_NAME, "h2").text == word
        assert chrome.find_element(By.CSS_SELECTOR, ".languages [aria-current]").get_attribute("lang") == lang


def test_the_contents_lead_to_the_route(open_docs):
    chrome = open_docs()
    chrome.find_element(By.CSS_SELECTOR, ".contents [href='#post-v3-profile']").click()
    top = "return document.getElementById('post-v3-profile').getBoundingClientRect().top"
    assert 0 <= chrome.execute_script(top) < 60


def test_a_shape_that_was_shown_is_found_again(open_docs):
    """The link opens what is folded up around its target."""
    chrome = open_docs()
    chrome.execute_script("document.getElementById('post-v1-estimates-body-Conversation').open = false")
    chrome.find_element(By.CSS_SELECTOR, "[href='#post-v1-estimates-body-Conversation']").click()
    shown = "return document.querySelector('#post-v1-estimates-body-Conversation').getBoundingClientRect().top"
    assert 0 <= chrome.execute_script(shown) < 400


def test_a_click_selects_the_whole_command(open_docs):
    chrome = open_docs()
    command = chrome.find_element(By.CSS_SELECTOR, "#post-v1-estimates .command")
    chrome.execute_script("arguments[0].scrollIntoView({ block: 'center' })", command)
    command.click()
    assert chrome.execute_script("return getSelection().toString()").strip() == command.text.strip()


@pytest.mark.parametrize("dark", [False, True])
def test_it_is_of_the_pages_colours(open_docs, server, dark):
    chrome = open_docs(dark=dark)
    colours = "const body = getComputedStyle(document.body); return [body.color, body.backgroundColor]"
    of_docs = chrome.execute_script(colours)
    chrome.get(f"{server.url}/")
    assert chrome.execute_script(colours) == of_docs
