"""What changes after a report was made: it goes, and is said to; samples, the language, and what a reload leaves."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

pytestmark = pytest.mark.browser

GONE = "前のレポートを消しました"
# A prompt of the browser itself cannot be read; whether the page asks for one can.
ASKS_TO_STAY = "const e = new Event('beforeunload', { cancelable: true }); dispatchEvent(e); return e.defaultPrevented"


@pytest.fixture
def reported(page, examples):
    """The page with a report of 花子."""
    page.open().upload(examples / "line_1on1.txt")
    page.choose("花子")
    page.agree()
    page.estimate()
    assert "花子" in page.report()
    return page


def check_gone(page):
    assert not page.shown("step-report") and page.report() == ""
    assert GONE in page.find("step-purpose").text and GONE in page.status()
    assert page.run("return document.getElementById('report').hasAttribute('srcdoc')") is False


def change(page, name):
    if name == "speaker":
        page.choose("太郎")
    elif name == "with":
        Select(page.find("with")).select_by_visible_text("花子")
    elif name == "purpose":
        Select(page.find("purpose")).select_by_value("education")
    elif name == "consent":
        page.find("consent").click()


def test_the_report_goes_when_the_choice_changes_and_comes_back_by_one_press(reported):
    page = reported
    for name in ("purpose", "consent", "speaker", "with"):
        change(page, name)
        check_gone(page)
        assert page.focused() == name or page.run("return document.activeElement.name") == name
        assert page.find("consent").is_selected() == (name == "purpose")  # another person's consent is another one
        page.agree()
        page.estimate()
        assert page.problems() == [] and not page.shown("report-gone")
    assert "太郎" in page.report() and "花子" in page.report()
    assert page.console() == []


def test_the_report_goes_with_the_text_the_file_and_the_format(reported, examples):
    page = reported
    page.find("pasted").send_keys("花")
    assert not page.shown("step-report") and not page.shown("step-speaker") and GONE in page.status()
    assert page.focused() == "pasted"
    page.find("pasted").clear()
    page.find("read").click()
    page.until(lambda: page.shown("step-speaker"), "not read again")
    assert not page.find("consent").is_selected()  # asked anew for what is read anew
    assert page.find("purpose").get_property("value") == "research"
    page.choose("花子")
    page.agree()
    page.estimate()
    page.find("files").send_keys(str(examples / "plain.txt"))
    page.until(lambda: len(page.speakers()) == 4, "the second file is not read")
    check_gone(page)
    assert "話者は 4 人です" in page.status()
    page.choose("花子")
    page.agree()
    page.estimate()
    page.find("format-choice").find_element(By.TAG_NAME, "summary").click()
    Select(page.find("format")).select_by_value("line")
    page.until(lambda: page.problem("talk"), "no answer to the format")
    assert not page.shown("step-report") and "plain.txt" in page.problem("talk")


def test_an_estimate_under_way_is_given_up_when_the_choice_changes(serve, slow_down, drive, examples):
    running = serve()
    page = drive(running.url).open()
    page.upload(examples / "line_1on1.txt")
    page.choose("花子")
    page.agree()
    slow = slow_down(running)
    page.find("estimate").click()
    assert slow.begun.acquire(timeout=30)
    page.choose("太郎")
    slow.go_on.set()
    page.until(lambda: not page.shown("estimate-progress"), "the progress stays")
    page.agree()
    page.estimate()
    assert "太郎" in page.report() and "花子" not in page.report()


def test_what_the_report_holds_changes_in_place(reported):
    page = reported
    count = "return document.getElementById('report').contentDocument.querySelectorAll(arguments[0]).length"
    for option, selector in (("radar", ".radar"), ("trend", "[class*=trend]")):
        assert page.run(count, selector) == 0
        page.find(f"with-{option}").click()
        page.until(lambda wanted=selector: page.run(count, wanted) > 0, f"the report does not get its {option}")
        assert page.focused() == f"with-{option}" and page.status() == "レポートができました。"
    assert page.shown("step-report") and not page.shown("report-gone")


@pytest.mark.parametrize(("key", "speaker"), [("much", "花子"), ("little", "太郎"), ("odd", "書いた人（名前なし）")])
def test_a_sample_is_one_press_away_and_says_what_it_is(page, key, speaker):
    page.open().sample(key)
    assert speaker in page.report() and page.problems() == []
    assert "架空" in page.find("sample-note").text and page.focused() == "report-title"
    assert any("/page/report" in url for url in page.requests())  # by the way of everybody's files
    assert not page.shown("self")  # a fictional person has no answers of its own
    assert page.run(ASKS_TO_STAY) is False
    page.find("sample-leave").click()
    assert page.focused() == "files" and not page.shown("step-speaker") and not page.shown("chosen-files")
    assert not page.find("consent").is_selected() and page.find("format").get_property("value") == ""
    assert page.shown("samples") and page.console() == []


def test_from_one_sample_to_the_next_and_to_ones_own_text(page):
    page.open().sample("much")
    page.browser.find_element(By.CSS_SELECTOR, "[data-sample=odd]").click()
    page.until(lambda: "書いた人" in page.report(), "no report of the second sample")
    page.find("pasted").send_keys("花")
    assert page.find("pasted").get_property("value") == "花"
    assert not page.shown("step-report") and not page.shown("chosen-files") and not page.shown("samples")
    assert not page.find("consent").is_selected()


def test_the_language_is_the_browsers_at_first_and_then_the_one_chosen(page):
    page.open(accept="en-GB")
    heading = "return document.querySelector('h1').textContent"
    assert page.run("return document.documentElement.lang") == "en" and "Personality" in page.run(heading)
    page.speak("ja")
    assert page.browser.current_url == f"{page.url}/?lang=ja"
    assert page.browser.find_element(By.CSS_SELECTOR, "footer a").get_attribute("href") == f"{page.url}/docs?lang=ja"
    page.browser.refresh()
    assert page.run("return document.documentElement.lang") == "ja" and "会話" in page.run(heading)
    page.open("?lang=en")
    page.browser.find_element(By.CSS_SELECTOR, "footer a").click()
    in_english = "return location.pathname === '/docs' && document.documentElement.lang === 'en'"
    page.until(lambda: page.run(in_english), "the API's page does not open in English")


def test_a_report_asks_to_stay_until_it_is_saved(reported):
    page = reported
    assert page.run(ASKS_TO_STAY) is True
    assert "何も覚えません" in page.find("step-report").text
    page.speak("en")
    page.until(lambda: "Openness" in page.report(), "no English report")
    assert page.run(ASKS_TO_STAY) is True
    page.save("csv")
    assert page.run(ASKS_TO_STAY) is False
    page.find("with-radar").click()
    page.until(lambda: "report is ready" in page.status(), "no new report")
    assert page.run(ASKS_TO_STAY) is False  # once taken along, it does not ask again and again


def test_a_reload_leaves_nothing_and_says_so(page, examples):
    page.open()
    assert not page.shown("reloaded")
    page.upload(examples / "line_1on1.txt")
    page.run("arguments[0].value = '花子：はい'", page.find("pasted"))
    page.browser.refresh()
    assert "何も覚えない" in page.find("reloaded").text
    assert not page.shown("step-speaker") and not page.shown("chosen-files")
    assert page.find("pasted").get_property("value") == ""
    page.upload(examples / "plain.txt")
    assert not page.shown("reloaded")
