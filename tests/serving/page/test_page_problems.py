"""What goes wrong is said where the reader is, with the mend, and nothing entered is lost."""

import json
import re

import httpx
import pytest

pytestmark = pytest.mark.browser

BINARY = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


@pytest.fixture
def ready(page, examples):
    """The page with a talk read and nothing chosen yet."""
    page.open().upload(examples / "line_1on1.txt")
    return page


def near(page, place, field):
    """Whether the problem is in the window, at most a hand below its field."""
    script = """
    const [box, field] = [arguments[0], arguments[1]].map((element) => element.getBoundingClientRect());
    return [box.top - field.bottom, box.top >= -1 && box.bottom <= innerHeight + 1];
    """
    distance, visible = page.run(script, page.find(f"{place}-problem"), page.find(field))
    return visible and -1 <= distance <= 200


@pytest.mark.parametrize(("query", "what", "mend"), [
    ("", "会話がまだありません", "ファイルを選ぶか、会話を貼り付けてください"),
    ("?lang=en", "There is no conversation yet", "Choose a file or paste a conversation"),
])  # fmt: skip
def test_nothing_entered(page, query, what, mend):
    page.open(query).find("read").click()
    assert what in page.problem("talk") and mend in page.problem("talk")
    assert page.focused() == "pasted" and near(page, "talk", "pasted")
    assert page.find("pasted").get_attribute("aria-invalid") == "true"
    page.find("pasted").send_keys("花")
    assert page.problem("talk") == "" and page.find("pasted").get_attribute("aria-invalid") is None


@pytest.mark.parametrize(("data", "words"), [
    (b"", "空"), (BINARY, "PNG 画像"), ("ただの文章です。\n会話ではありません。\n".encode(), "うまく読めないとき"),
])  # fmt: skip
def test_a_file_that_is_no_conversation(page, tmp_path, data, words):
    path = tmp_path / "だめ.txt"
    path.write_bytes(data)
    page.open().upload(path)
    assert words in page.problem("talk") and "だめ.txt" in page.problem("talk")
    assert page.focused() == "talk-problem" and near(page, "talk", "pasted")
    assert page.find("format").is_displayed() and not page.shown("step-speaker")
    page.speak("en")
    page.find("format").find_element("css selector", "[value=plain]").click()
    page.until(lambda: page.problem("talk"), "no answer to the format")
    assert "だめ.txt" in page.problem("talk") and "空" not in page.problem("talk").replace("だめ.txt", "")
    assert not re.search("[ぁ-ん]{2}", page.problem("talk").replace("だめ", ""))  # the server speaks English as well
    assert page.find("talk-problem").find_element("css selector", "p").get_attribute("lang") == "en"


def test_the_same_file_twice_counts_once(page, examples):
    page.open().upload(examples / "plain.txt")
    page.find("files").send_keys(str(examples / "plain.txt"))
    page.until(lambda: "1 回だけ数えました" in page.find("read-files").text, "the copy is told")
    assert not page.problem("talk")


def test_too_many_and_too_large(page, tmp_path, serve, drive):
    paths = [tmp_path / f"{number}.txt" for number in range(91)]
    for path in paths:
        path.write_text("花子：はい\n", encoding="utf-8")
    page.open().upload(*paths)
    assert "多すぎます" in page.problem("talk") and "90 個まで" in page.problem("talk")
    small = drive(serve(max_body_bytes=50_000).url).open()
    paths[0].write_bytes("花子：はい\n".encode() * 2_500)
    small.upload(paths[0])
    assert "大きすぎます" in small.problem("talk") and "0.05 MB" in small.problem("talk")
    assert [url for url in small.requests() if "/page/read" in url] == []  # it is not even sent


def test_what_is_missing_is_asked_for_one_after_the_other(ready):
    ready.find("estimate").click()
    assert "話者が選ばれていません" in ready.problem("speaker") and near(ready, "speaker", "speakers")
    assert ready.run("return document.activeElement.name") == "speaker"
    ready.choose("花子", "花子")
    ready.find("estimate").click()
    assert "同じ人" in ready.problem("speaker") and ready.focused() == "with"
    ready.choose("花子", "比べない")
    ready.find("estimate").click()
    assert "目的が選ばれていません" in ready.problem("purpose") and ready.focused() == "purpose"
    assert near(ready, "purpose", "purpose") and ready.problem("speaker") == ""
    ready.agree()
    ready.find("consent").click()
    ready.find("estimate").click()
    assert "同意が確かめられていません" in ready.problem("consent") and ready.focused() == "consent"
    assert not ready.shown("step-report")
    ready.find("consent").click()
    assert ready.problems() == []
    ready.estimate()
    assert "花子" in ready.report()


def test_consent_is_asked_again_for_another_person(ready):
    ready.choose("花子")
    ready.agree()
    ready.choose("太郎")
    assert not ready.find("consent").is_selected()


def test_names_and_texts_are_never_markup(page, tmp_path):
    name = "<img src=x onerror=alert(1)>"
    said = [{"speaker": name, "text": f"<b>とても</b>長い話をその{number}回しました"} for number in range(40)]
    path = tmp_path / "印.json"
    path.write_text(json.dumps({"conversation_id": "1", "utterances": said}), encoding="utf-8")
    page.open().upload(path)
    assert page.speakers() == [name]
    page.agree()
    page.estimate()
    count = "return document.images.length + arguments[0].contentDocument.images.length"
    assert name in page.report() and page.run(count, page.find("report")) == 0
    assert page.console() == []


def test_a_server_that_has_gone(serve, drive, examples):
    running = serve()
    page = drive(running.url).open()
    page.upload(examples / "line_1on1.txt")
    page.choose("花子")
    page.agree()
    running.stop()
    page.estimate()
    assert "seikaku serve に届きません" in page.problem("estimate") and "残っています" in page.problem("estimate")
    assert page.focused() == "estimate-problem" and page.speakers() == ["花子", "太郎"]


def test_a_long_estimate_shows_progress_and_can_be_left(serve, slow_down, drive, examples):
    running = serve()
    page = drive(running.url).open()
    page.upload(examples / "line_1on1.txt")
    page.choose("花子")
    page.agree()
    slow = slow_down(running)
    page.find("estimate").click()
    page.until(lambda: page.shown("estimate-progress"), "no progress is shown")
    assert "推定しています" in page.find("estimate-progress").text
    assert page.find("status").get_attribute("textContent") == "推定しています…"
    page.find("estimate-progress").find_element("css selector", "button").click()
    page.until(lambda: not page.shown("estimate-progress"), "the progress stays")
    assert page.problems() == [] and page.focused() == "estimate" and not page.shown("step-report")
    assert page.find("status").get_attribute("textContent") == "取りやめました。"
    slow.go_on.set()
    page.estimate()
    assert "花子" in page.report()


def test_a_server_with_too_much_to_do(serve, slow_down, drive, examples):
    running = serve(max_concurrent=1, max_waiting=0)
    page = drive(running.url).open("?lang=en")
    page.upload(examples / "line_1on1.txt")
    page.choose("花子")
    page.agree()
    slow = slow_down(running)
    page.find("estimate").click()
    assert slow.begun.acquire(timeout=30)
    problem = httpx.post(running.url + "/page/read", files={"text": (None, "花子：はい")}, timeout=30)
    assert problem.status_code == 503
    page.find("read").click()  # a second request of the page: the first one still holds the only place
    page.until(lambda: page.problem("talk"), "no answer")
    assert "The server is busy" in page.problem("talk")
