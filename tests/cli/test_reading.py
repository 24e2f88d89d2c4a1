"""Input of several files, and the choice of speakers."""

import io
import sys
import zipfile
from pathlib import Path

import pytest

from seikaku.cli.reading import choose_speakers, read_files, read_pooled
from seikaku.conversation.readers import parse_conversations
from seikaku.errors import InputFileError, SpeakerError

EXAMPLES = Path(__file__).parents[2] / "examples"
TALK = "花子：おはよう\n太郎：うん\n花子：ね\n"


def imported(text: str = TALK):
    return parse_conversations(text.encode(), name="a.txt", format="plain")


def test_files_folders_and_standard_input_in_order(tmp_path, monkeypatch, capsys):
    for name in ("b.txt", "a.txt", "sub/c.txt", ".hidden.txt", ".git/d.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(TALK + f"花子：{name}\n", encoding="utf-8")
    (tmp_path / "メモ.md").write_text("ただのメモです。", encoding="utf-8")
    (tmp_path / "image.png").write_bytes(b"\x89PNG....")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TALK.encode())))
    found = read_files([str(EXAMPLES / "plain.txt"), str(tmp_path), "-"], None).files
    assert [file.name for file in found] == [
        str(EXAMPLES / "plain.txt"),
        *(str(tmp_path / name) for name in ("a.txt", "b.txt", "sub/c.txt")),
        "標準入力",
    ]
    assert capsys.readouterr().err == (
        "読まなかったファイル: 2 件\n"
        f"  {tmp_path / 'image.png'} はテキストではありません（PNG 画像のファイルです）。\n"
        f"  {tmp_path / 'メモ.md'} の形式がわかりません。\n"
    )


def test_many_passed_over_files_are_summed_up(tmp_path, capsys):
    for number in range(7):
        (tmp_path / f"{number}.md").write_text(f"メモ{number}です。", encoding="utf-8")
    with pytest.raises(InputFileError) as caught:
        read_files([str(tmp_path)], None)
    assert caught.value.message.startswith(f"会話として読めるファイルがありません。{tmp_path / '0.md'} の形式")
    assert caught.value.message.endswith("（ほかに 6 個）") and "会話の入った" in caught.value.mend
    (tmp_path / "talk.txt").write_text(TALK, encoding="utf-8")
    assert len(read_files([str(tmp_path)], None).files) == 1
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (7, "読まなかったファイル: 7 件", "  ほか 2 件")


def test_the_examples_are_all_read(capsys):
    found = [Path(file.name) for file in read_files([str(EXAMPLES)], None).files]
    names = [path.name for path in found if path.parent == EXAMPLES]
    assert len(names) == 12
    assert "README.md の形式がわかりません" in capsys.readouterr().err


def test_a_named_file_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(InputFileError, match="が見つかりません"):
        read_files([str(EXAMPLES / "plain.txt"), str(tmp_path / "ない.txt")], None)


def test_format_is_passed_on(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("花子：おはよう\n", encoding="utf-8")
    assert read_pooled([str(path)], "plain")[1].report.format == "plain"


def test_an_archive_is_its_files_and_named_by_its_own_path(tmp_path, capsys):
    path = tmp_path / "束.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", TALK)
        archive.writestr("b/b.txt", "花子：また\n次郎：うん\n花子：ね\n")
        archive.writestr("memo.txt", "ただのメモ。")
    name, pooled = read_pooled([str(path)], None)
    assert (name, pooled.report.speakers) == (str(path), {"花子": 4, "太郎": 1, "次郎": 1})
    assert "memo.txt の形式がわかりません" in capsys.readouterr().err


def test_the_same_bytes_count_once_whatever_they_are_called(tmp_path, capsys):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(TALK, encoding="utf-8")
    paths = [str(tmp_path / name) for name in ("a.txt", "b.txt", "a.txt")]
    assert read_pooled(paths, None)[1].report.speakers == {"花子": 2, "太郎": 1}
    assert "b.txt の中身は" in capsys.readouterr().err


def test_the_only_speaker_needs_no_choice():
    assert choose_speakers(imported("花子：おはよう\n花子：ね\n"), None, False) == ["花子"]


def test_one_or_all():
    assert choose_speakers(imported(), "太郎", False) == ["太郎"]
    assert choose_speakers(imported(), None, True) == ["花子", "太郎"]


@pytest.mark.parametrize(
    ("text", "speaker", "all_speakers", "message", "mend"),
    [
        (
            TALK, None, False, "話者が 2 人います: 花子（2 発話）、太郎（1 発話）。",
            "--speaker 名前 で 1 人を選ぶか、--all-speakers で全員を指定してください。",
        ),
        (
            TALK, "太朗", False, "話者「太朗」はいません。いるのは 太郎（1 発話）、花子（2 発話）。",
            "--speaker 太郎 のように、上の名前のどれかを指定してください。",
        ),
        (
            TALK, "花子", True, "--speaker 花子 と --all-speakers が両方指定されています。",
            "どちらか一方だけを指定してください。",
        ),
    ],
)  # fmt: skip
def test_errors(text, speaker, all_speakers, message, mend):
    with pytest.raises(SpeakerError) as caught:
        choose_speakers(imported(text), speaker, all_speakers)
    assert (caught.value.message, caught.value.mend) == (message, mend)


def test_a_long_list_and_long_names_are_cut():
    report = imported("".join(f"人{i}：やあ\n" for i in range(9)))
    many = parse_conversations(
        ("話者,本文\n" + "".join(f"人{i},やあ\n" for i in range(25)) + "長" * 100 + ",やあ\n").encode(), name="a.csv"
    )
    with pytest.raises(SpeakerError) as caught:
        choose_speakers(many, None, False)
    assert caught.value.message.endswith("人19（1 発話）、ほか 6 人。")
    assert report.report.n_utterances == 9
    with pytest.raises(SpeakerError) as caught:
        choose_speakers(many, "長長", False)
    assert "長" * 39 + "…（1 発話）" in caught.value.message
