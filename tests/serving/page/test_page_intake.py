"""What can be put into the page: files and folders dropped anywhere, archives, and text without names."""

import shutil
import zipfile

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

pytestmark = pytest.mark.browser

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
DIARY = "".join(f"今日は{number}回目の架空の散歩に出かけた。\n風が強かった（{number}日目）。\n" for number in range(30))


@pytest.fixture
def folder(tmp_path, examples):
    """A folder as people have them: talks on two floors, a photograph, and what the system hides."""
    root = tmp_path / "私の会話"
    (root / "去年").mkdir(parents=True)
    (root / ".隠し").mkdir()
    shutil.copy(examples / "line_1on1.txt", root)
    shutil.copy(examples / "plain.txt", root / "去年")
    shutil.copy(examples / "table.csv", root / ".隠し")
    (root / "去年" / "メモ.txt").write_text("買い物の一覧", encoding="utf-8")
    (root / "写真.png").write_bytes(PNG)
    (root / ".DS_Store").write_bytes(b"\0\0")
    return root


def check_folder(page):
    """Both talks are read by their paths; the note is told, the photograph is not even sent."""
    page.until(lambda: page.shown("step-speaker") or page.problem("talk"), "the folder is not read")
    assert page.speakers() == ["花子", "太郎", "店長", "新人"]
    listed = page.find("chosen-files").text
    assert "私の会話" in listed and "3 個のファイル" in listed and "会話のファイルでない 1 個は開きません" in listed
    told = page.find("read-files").text
    assert "私の会話/去年/plain.txt" in told and "読まなかったもの（1 個）" in told and "私の会話/去年/メモ.txt" in told


def test_a_folder_is_dropped_and_taken_away(page, folder):
    page.open().drop(page.find("drop"), folder)
    check_folder(page)
    page.find("chosen-files").find_element(By.TAG_NAME, "button").click()
    page.until(lambda: not page.shown("step-speaker"), "the removed folder's speakers stay")
    assert page.focused() == "files" and not page.shown("chosen-files") and page.console() == []


def test_a_folder_is_chosen(page, folder):
    page.open().find("folder").send_keys(str(folder))
    check_folder(page)
    assert page.find("folder-choice").is_displayed()


def test_a_folder_without_talk(page, tmp_path):
    (tmp_path / "空の棚").mkdir()
    (tmp_path / "空の棚" / "写真.png").write_bytes(PNG)
    page.open().drop(page.find("drop"), tmp_path / "空の棚")
    page.until(lambda: page.problem("talk"), "nothing is said")
    assert "空の棚" in page.problem("talk") and ".csv" in page.problem("talk")
    assert [url for url in page.requests() if "page/read" in url] == []


def test_several_are_dropped_anywhere_even_on_the_report(page, examples):
    page.open().sample("much")
    frame = page.find("report")
    page.run("arguments[0].scrollIntoView()", frame)
    page.hover(frame, examples / "plain.txt")
    page.until(lambda: page.browser.find_element(By.CLASS_NAME, "drop-anywhere").is_displayed(), "no sign of a drop")
    page.drop(frame, examples / "plain.txt", examples / "table.csv")
    page.until(lambda: len(page.speakers()) == 4, "the files dropped on the report are not read")
    assert page.speakers()[:2] == ["店長", "新人"]  # of the sample nothing is left
    assert not page.browser.find_element(By.CLASS_NAME, "drop-anywhere").is_displayed()
    assert not page.find("consent").is_selected() and not page.shown("step-report")
    assert page.browser.current_url.startswith(page.url) and page.console() == []


def test_text_that_is_dragged_about_stays_the_browsers(page):
    page.open()
    prevented = page.run("""
      const transfer = new DataTransfer();
      transfer.setData("text/plain", "花子：はい");
      const event = new DragEvent("dragover", { dataTransfer: transfer, bubbles: true, cancelable: true });
      document.getElementById("pasted").dispatchEvent(event);
      return event.defaultPrevented;
    """)
    assert prevented is False


def test_an_archive(page, examples, tmp_path):
    path = tmp_path / "束.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("line_1on1.txt", "line_pc.txt", "table.csv", "plain.txt"):
            archive.write(examples / name, f"会話/{name}")
        archive.writestr("写真.png", PNG)
    page.open().upload(path)
    told = page.find("read-files").text
    assert "4 個から合わせて" in told and "読まなかったもの（1 個）" in told and "写真.png" in told
    assert "束.zip/会話/line_pc.txt" not in told  # so many are folded away
    page.find("read-files").find_element(By.TAG_NAME, "summary").click()
    assert "束.zip/会話/line_pc.txt" in page.find("read-files").text
    page.choose("花子")
    page.agree()
    page.estimate()
    assert "花子" in page.report() and page.problems() == []


def test_text_without_names_with_a_hint_and_a_way_back(page):
    page.open().paste(DIARY)
    assert "一人の言葉として読みました" in page.find("monologue").text and page.speakers() == ["書いた人（名前なし）"]
    assert page.browser.find_element(By.NAME, "speaker").is_selected() and page.shown("alone")
    page.speak("en")
    assert page.speakers() == ["The writer (no name given)"]
    page.agree()
    page.estimate()
    assert "The writer (no name given)" in page.report() and "one person's text" in page.report()
    page.speak("ja")
    page.until(lambda: "書いた人" in page.report(), "no Japanese report")
    page.find("monologue-no").click()
    assert "だれの発言かがわかりません" in page.problem("talk") and page.focused() == "pasted"
    assert not page.shown("step-speaker") and not page.shown("step-report") and page.find("format").is_displayed()
    Select(page.find("format")).select_by_value("monologue")  # it is, after all
    page.until(lambda: page.shown("step-speaker"), "not read as one person's")


def test_a_file_without_names_is_read_when_it_is_said_to_be_one_persons(page, tmp_path):
    path = tmp_path / "日記.txt"
    path.write_text(DIARY, encoding="utf-8")
    page.open().upload(path)
    assert "うまく読めないとき" in page.problem("talk")
    Select(page.find("format")).select_by_value("monologue")
    page.until(lambda: page.shown("step-speaker"), "not read as one person's")
    assert "一人の文章から 60 発話" in page.find("read-files").text and not page.shown("monologue")
