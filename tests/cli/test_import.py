"""`seikaku import`."""

import io
import json
import sys
from pathlib import Path

import pytest

from seikaku.cli.main import run
from seikaku.conversation.readers import FORMAT_NAMES

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")


def test_json_holds_exactly_the_report(capsys):
    assert run(["import", str(EXAMPLES / "table_cp932.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "format": "table",
        "encoding": "cp932",
        "speakers": {"ゆうき": 4, "さくら": 4},
        "n_utterances": 8,
        "dropped": {"photo": 1},
        "first_timestamp": "2024-06-01T08:30:00",
        "last_timestamp": "2024-06-01T08:46:00",
        "warnings": ["列の読み取り: 話者=「話者」、発話=「発話内容」、日時=「日時」"],
        "confidence": 0.93,
        "evidence": ["話者と発話の列があります"],
        "against": [],
        "dropped_by": [{"reason": "photo", "speaker": "さくら", "count": 1, "lines": [8], "file": ""}],
        "removed_by": [],
        "me": None,
        "uncertain_names": [],
        "renamed": [],
    }


def test_json_without_timestamps(capsys):
    assert run(["import", str(EXAMPLES / "plain.txt"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["first_timestamp"], report["last_timestamp"], report["warnings"]) == (None, None, [])


def test_table_says_everything_in_japanese(capsys):
    assert run(["import", str(EXAMPLES / "line_pc.txt")]) == 0
    out = capsys.readouterr().out
    for part in ("LINE のトーク履歴（PC）（line-pc）", "utf-8", "13 件", "2026-01-09 21:40:00 ～ 2026-01-10 22:31:00",
                 "山田 花子", "佐藤健", "スタンプ", "送信取り消し", "注意: 話者名の終わりが"):  # fmt: skip
        assert part in out
    assert "sticker" not in out
    assert "うらやましい" not in out  # no text of the conversation


def test_names_are_not_read_as_markup(capsys, tmp_path):
    path = tmp_path / "[red]a.json"
    path.write_text(json.dumps({"utterances": [{"speaker": "[bold]b[/bold]", "text": "やあ"}]}), encoding="utf-8")
    assert run(["import", str(path)]) == 0
    out = capsys.readouterr().out
    assert "[bold]b[/bold]" in out
    assert "[red]a.json" in out


def test_standard_input(capsys, monkeypatch):
    data = io.BytesIO("花子：おはよう\n太郎：うん\n".encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(data))
    assert run(["import", "-"]) == 0
    out = capsys.readouterr().out
    assert "標準入力" in out
    assert "日時の記録なし" in out


def test_format_can_be_named(capsys):
    assert run(["import", str(EXAMPLES / "line_1on1.txt"), "--format", "json"]) == 2
    assert "は JSON として壊れています（1 行 2 列）。" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message", "mend"),
    [
        (
            ["ない.txt"],
            "ファイル ない.txt が見つかりません。",
            "パスとファイル名（空白があれば引用符で囲む）を確かめてください。",
        ),
        ([], "'パス...' を指定してください。", "seikaku import --help で使い方を確かめてください。"),
        (
            [str(EXAMPLES / "plain.txt"), "--format", "docx"],
            "形式 docx はありません。",
            f"--format には {'、'.join(FORMAT_NAMES)} のどれかを指定してください。",
        ),
    ],
)
def test_errors_are_two_lines(capsys, arguments, message, mend):
    assert run(["import", *arguments]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"エラー: {message}\n対処: {mend}\n")


def test_help_is_japanese(capsys):
    assert run(["import", "--help"]) == 0
    out = capsys.readouterr().out
    assert "会話を読み" in out
    assert "--format" in out


def test_a_folder_is_its_files_together_and_each(capsys, tmp_path):
    for name, text in (
        ("a.txt", "花子：おはよう\n太郎：うん\n花子：ね\n"),
        ("b.txt", "花子：また\n次郎：うん\n花子：ね\n"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert run(["import", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "2 個" in out and "「花子」（2 個）" in out and "a.txt" in out
    assert run(["import", str(tmp_path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["speakers"] == {"花子": 4, "太郎": 1, "次郎": 1}
    assert [(Path(file["name"]).name, file["n_utterances"]) for file in report["files"]] == [("a.txt", 3), ("b.txt", 3)]


def test_what_was_left_out_is_told_by_speaker(capsys):
    assert run(["import", str(EXAMPLES / "line_1on1.txt")]) == 0
    out = capsys.readouterr().out
    assert "LINE の見出しがあります" in out and "0.98" in out
    row = next(line for line in out.splitlines() if "スタンプ" in line)
    assert "花子" in row and "太郎" in row
