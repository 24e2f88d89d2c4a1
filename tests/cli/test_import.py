"""`seikaku import`."""

import io
import json
import sys
from pathlib import Path

import pytest

from seikaku.cli.main import run

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
        ([], "'ファイル' を指定してください。", "seikaku import --help で使い方を確かめてください。"),
        (
            [str(EXAMPLES / "plain.txt"), "--format", "docx"],
            "形式 docx はありません。",
            "--format には table、line-pc、line、realpersonachat、jsonl、json、plain のどれかを指定してください。",
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
    assert "会話ファイルを読み" in out
    assert "--format" in out
