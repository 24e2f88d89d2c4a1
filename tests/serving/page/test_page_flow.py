"""The whole way through the page in a real Chromium: files in, a speaker, a purpose, the report out."""

import base64
import csv
import io
import json
import re
import unicodedata
import zlib

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from seikaku.cli.main import run
from seikaku.serving.requests.purposes import FORBIDDEN
from seikaku.traits import TRAITS

pytestmark = pytest.mark.browser

FORMATS = {
    "line_1on1.txt": "LINE のトーク履歴（スマートフォン）から 228 発話",
    "line_pc.txt": "LINE のトーク履歴（PC）から 13 発話",
    "plain.txt": "から 10 発話",
    "table.csv": "から 8 発話",
    "table_cp932.csv": "から 8 発話",
    "conversation.json": "JSON",
    "conversations.jsonl": "JSON Lines",
    "realpersonachat.json": "RealPersonaChat",
}
UNFOLD = "for (const folded of arguments[0].contentDocument.querySelectorAll('details')) folded.open = true"


def shell_document(examples, monkeypatch, capsys, *arguments):
    monkeypatch.chdir(examples)
    assert run(["analyze", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("name", "words"), FORMATS.items())
def test_every_format_leads_to_a_report(page, examples, name, words):
    page.open().upload(examples / name)
    assert words in page.find("read-files").text and name in page.find("read-files").text
    speaker = page.speakers()[0]
    page.choose(speaker)
    page.agree()
    page.estimate()
    assert page.problems() == []
    assert speaker in page.report() and all(trait.name_ja in page.report() for trait in TRAITS)
    assert page.focused() == "report-title"
    assert page.console() == []


def test_what_is_shown_and_saved_are_the_numbers_of_the_shell(page, examples, monkeypatch, capsys):
    expected = shell_document(examples, monkeypatch, capsys, "line_1on1.txt", "--speaker", "花子")
    page.open().upload(examples / "line_1on1.txt")
    page.choose("花子")
    page.agree()
    page.estimate()
    page.run(UNFOLD, page.find("report"))
    shown = page.report()
    for trait in TRAITS:
        estimate = expected["results"][0]["traits"][trait.key]
        if estimate["status"] != "withheld":
            assert f"{estimate['t_score']:.1f}" in shown
            assert f"{estimate['interval_80']['low_t']:.1f}～{estimate['interval_80']['high_t']:.1f}" in shown
    assert json.loads(page.save("json")) == expected
    saved = page.save("csv")
    assert saved.startswith(b"\xef\xbb\xbf")  # a Japanese Excel needs it
    row = next(csv.DictReader(io.StringIO(saved.decode("utf-8-sig"))))
    for trait in TRAITS:
        if (score := expected["results"][0]["traits"][trait.key]["t_score"]) is not None:
            assert float(row[f"{trait.key}_t_score"]) == pytest.approx(score, abs=1e-4)
    html = page.save("html").decode()
    page.browser.get((page.downloads / "seikaku-report.html").as_uri())
    page.run("for (const folded of document.querySelectorAll('details')) folded.open = true")
    assert page.run("return document.body.innerText") == shown and html.startswith("<!DOCTYPE html>")


def test_two_people_with_trend_and_radar(page, examples):
    page.open().upload(examples / "line_1on1.txt")
    page.choose("花子", "太郎")
    assert "二人とも" in page.find("consent-label").text
    page.agree()
    for option in ("trend", "radar"):
        page.find(f"with-{option}").click()
    page.estimate()
    frame = "return arguments[0].contentDocument."
    parts = {
        name: page.run(f"{frame}querySelectorAll(arguments[1]).length", page.find("report"), selector)
        for name, selector in (("people", ".speaker"), ("radar", ".radar"), ("trend", "[class*=trend]"))
    }
    assert parts["people"] == parts["radar"] == 2 and parts["trend"] >= 2
    assert {"difference", "results"} <= set(json.loads(page.save("json")))
    # A link within the report moves the page; it never loads the page into the frame.
    page.browser.switch_to.frame(page.find("report"))
    page.browser.find_elements("css selector", "nav a")[1].click()
    assert page.run("return document.activeElement.id") == "speaker-2"
    page.browser.switch_to.default_content()
    top = "return scrollY > 0 && arguments[0].getBoundingClientRect().top < 0"
    assert page.run(top, page.find("report"))
    assert "太郎" in page.report() and page.console() == []


def test_the_language_changes_without_a_new_upload(page, examples):
    page.open().upload(examples / "line_1on1.txt")
    page.choose("花子")
    page.agree()
    page.estimate()
    before = page.report()
    page.speak("en")
    page.until(lambda: "Openness" in page.report(), "no English report")
    assert page.run("return document.documentElement.lang") == "en"
    visible = page.run("return document.querySelector('main').innerText")
    assert "Choose the speaker" in visible and "話者を選ぶ" not in visible
    assert page.find("consent").is_selected() and page.speakers() == ["花子", "太郎"]
    page.speak("ja")
    page.until(lambda: page.report() == before, "no Japanese report")


def test_the_frame_is_as_tall_as_the_report(page):
    page.open(width=360).sample("much")
    heights = "const f = arguments[0]; return [f.clientHeight, f.contentDocument.documentElement.scrollHeight]"
    page.until(lambda: len(set(page.run(heights, page.find("report")))) == 1, "two scroll bars")
    tall = page.run(heights, page.find("report"))[0]
    page.run(UNFOLD, page.find("report"))
    page.until(lambda: page.run(heights, page.find("report"))[0] > tall, "the frame does not follow")


def test_a_file_and_pasted_text_are_put_together(page, examples):
    page.open().upload(examples / "line_1on1.txt")
    page.paste("花子：こんばんは\n次郎：こんばんは")
    page.until(lambda: page.speakers() == ["花子", "太郎", "次郎"], "not put together")
    assert "137 発話" in page.find("people").text and "文章が足りず" in page.find("people").text


def test_several_files_are_put_together(page, examples):
    page.open().upload(examples / "table.csv", examples / "plain.txt")
    assert len(page.speakers()) == 4 and "2 個の会話を合わせて" in page.find("read-files").text


def test_paper_shows_the_report_and_nothing_else(page):
    page.open().sample("much")
    printed = page.browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    pdf = base64.b64decode(printed["data"])
    assert pdf.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    letters = printed_letters(pdf)
    assert set("花子開放性外向性協調性偏差値使ってはいけないこと") <= letters
    assert "貼" not in letters  # 「会話を貼り付ける」 is of the page
    page.until(lambda: page.shown("step-talk"), "the page does not come back after printing")
    assert page.report() and page.console() == []


def printed_letters(pdf):
    """The characters that the fonts of a PDF can be copied out as: its ToUnicode tables."""
    letters = set()
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            table = zlib.decompress(stream).decode("latin-1")
        except zlib.error:
            continue
        for single in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
            letters |= {chr(int(code, 16)) for code in re.findall(r"<\w+> <(\w{4})>", single)}
        for several in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
            for first, last, code in re.findall(r"<(\w+)> <(\w+)> <(\w{4})>", several):
                letters |= {chr(int(code, 16) + step) for step in range(int(last, 16) - int(first, 16) + 1)}
    return set(unicodedata.normalize("NFKC", "".join(letters)))  # a font may name a radical for the letter of its shape


def test_asks_nobody_but_its_own_server(page, examples):
    page.open().upload(examples / "line_1on1.txt")
    page.choose("花子")
    page.agree()
    page.estimate()
    asked = page.requests()
    assert len(asked) >= 5
    assert [url for url in asked if not url.startswith((page.url, "about:", "blob:", "data:"))] == []
    stored = "return [localStorage.length, sessionStorage.length, document.cookie]"
    assert page.run(stored) == [0, 0, ""] and page.console() == []


def test_the_whole_way_by_keyboard(page, examples):
    """Tab, arrows, space and enter only: what is focused is read off the page, and nothing is clicked."""
    page.open()

    def press(*keys):
        ActionChains(page.browser).send_keys(*keys).perform()

    def tab_to(name, limit=25):
        for _ in range(limit):
            if page.focused() == name:
                return
            press(Keys.TAB)
        raise AssertionError(f"{name} is not reached with Tab; at {page.focused()}")

    tab_to("pasted")
    text = (examples / "line_1on1.txt").read_text(encoding="utf-8")
    page.run("arguments[0].value = arguments[1]", page.find("pasted"), text)  # stands for Ctrl-V
    tab_to("read")
    press(Keys.ENTER)
    page.until(lambda: page.focused() == "speaker-title", "the focus does not go on to the speakers")
    press(Keys.TAB)
    press(Keys.SPACE)
    assert page.run("return document.querySelector('#people :checked').value") == "0"
    tab_to("purpose")
    press("研")
    assert page.find("purpose").get_property("value") == "research"
    tab_to("consent")
    press(Keys.SPACE)
    tab_to("estimate")
    outline = page.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"  # one can see where one is
    press(Keys.ENTER)
    page.until(page.report, "no report")
    assert page.focused() == "report-title"
    tab_to("print")
    assert page.problems() == []


def test_the_reason_stands_at_a_forbidden_purpose(page, examples):
    page.open().upload(examples / "line_1on1.txt")
    page.choose("花子")
    page.agree("hiring")
    assert FORBIDDEN["hiring"].reason_ja in page.problem("purpose")
    page.find("estimate").click()
    assert page.problem("purpose") and page.focused() == "purpose" and not page.shown("step-report")
