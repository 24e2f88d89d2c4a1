"""Who reads the page: on a phone, in the dark, with a screen reader (axe-core), and in the report's own colours."""

import re
from importlib.resources import files

import pytest

from seikaku.report.html import report_style

pytestmark = pytest.mark.browser

GRAVE = ("serious", "critical")
# Of what passes only the rules are wanted, not every element.
AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, { iframes: false, resultTypes: ["violations"] }).then((found) => done(found));
"""


@pytest.fixture(scope="session")
def axe():
    pytest.importorskip("axe_core_python")
    return (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")


def findings(page, axe):
    """The grave findings of the document where the driver is, as (rule, elements)."""
    page.run(axe)
    found = page.browser.execute_async_script(AXE)
    assert len(found["passes"]) > 10
    grave = [rule for rule in found["violations"] if rule["impact"] in GRAVE]
    return [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in grave]


def answer_questions(page):
    page.find("self").find_element("css selector", "summary").click()
    page.run("for (const radio of document.querySelectorAll('#self-items [value=\"4\"]')) radio.checked = true")
    page.find("self-show").click()


@pytest.mark.parametrize(
    ("query", "width", "dark"),
    [("?lang=en", 360, True), pytest.param("", 1280, False, marks=pytest.mark.thorough)],
)
def test_axe_has_no_grave_finding(page, axe, examples, query, width, dark):
    page.open(query, width=width, dark=dark)
    assert findings(page, axe) == []
    page.find("read").click()  # a problem is shown
    assert page.problem("talk") and findings(page, axe) == []
    page.upload(examples / "line_1on1.txt", examples / "line_pc.txt")
    page.choose("花子", "太郎")
    page.agree("credit")
    assert page.problem("purpose") and findings(page, axe) == []
    page.agree()
    for option in ("trend", "radar"):
        page.find(f"with-{option}").click()
    page.estimate()
    answer_questions(page)
    assert page.report() and page.shown("self-result") and findings(page, axe) == []
    page.save("html")  # in its frame no script runs, not even axe
    page.browser.get((page.downloads / "seikaku-report.html").as_uri())
    assert findings(page, axe) == []


@pytest.mark.parametrize(("query", "width"), [("", 320), ("?lang=en", 360)])
def test_a_phone_scrolls_in_one_direction_only(page, examples, query, width):
    page.open(query, width=width).upload(examples / "line_1on1.txt", examples / "line_pc.txt")
    page.choose("花子", "太郎")
    page.agree()
    page.estimate()
    answer_questions(page)
    beyond = """
    const inside = (root) => [...root.querySelectorAll("*")].filter((element) => element.checkVisibility()
      && element.getBoundingClientRect().right > innerWidth + 1).map((element) => element.outerHTML.slice(0, 80));
    return [...inside(document.querySelector("main")), ...inside(arguments[0].contentDocument)];
    """
    assert page.run("return document.documentElement.scrollWidth") <= width
    assert page.run(beyond, page.find("report")) == []
    small = """
    const touched = "button, select, textarea, .button, .person, summary, .answers label, footer a";
    return [...document.querySelectorAll(touched)]
      .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 24)
      .map((element) => element.outerHTML.slice(0, 80));
    """
    assert page.run(small) == []  # WCAG 2.5.8: large enough for a finger


def test_axe_has_no_grave_finding_where_it_hints_and_tells(page, axe, tmp_path):
    page.open(width=360, dark=True).paste("傘を忘れて、駅まで走った。\n架空の町の話です。")
    assert page.shown("monologue") and findings(page, axe) == []
    page.open(dark=True).sample("odd")
    page.hover(page.find("report"), tmp_path)
    page.until(lambda: page.run("return document.querySelector('.drop-anywhere').checkVisibility()"), "no sign")
    assert page.shown("sample-note") and findings(page, axe) == []


@pytest.mark.parametrize("dark", [False, True])
def test_page_and_report_are_of_one_colour(page, dark):
    page.open(dark=dark).sample("much")
    colours = """
    return [document, arguments[0].contentDocument].map((found) => {
      const body = found.defaultView.getComputedStyle(found.body);
      return [body.color, found.defaultView.getComputedStyle(found.documentElement).colorScheme];
    });
    """
    of_page, of_report = page.run(colours, page.find("report"))
    assert of_page == of_report


def test_the_colours_are_those_of_the_report():
    style = (files("seikaku.serving") / "static" / "page.css").read_text(encoding="utf-8")
    for_report = colour_sets(report_style())
    for name, values in colour_sets(style).items():
        shared = {key: value for key, value in for_report[name].items() if key in values}
        assert len(shared) >= 10
        assert {key: values[key] for key in shared} == shared


def colour_sets(style):
    """The first light and the first dark set of custom properties."""
    sets = [
        dict(re.findall(r"(--[\w-]+): (#\w+)", block)) for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    large = [found for found in sets if len(found) >= 10]
    return {"light": large[0], "dark": large[1]}
