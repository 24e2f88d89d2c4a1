"""Every kind of bad input: two lines, word for word, exit code 2, no traceback, no word of the conversation."""

import json
import shutil
from pathlib import Path

import pytest

from seikaku.cli.main import run

# Stands in every input that has text at all: no error may repeat it.
SECRET = "合言葉は秘密の桃缶"
TALK = f"花子：おはよう\n太郎：{SECRET}\n花子：ね\n"
FORMATS = "table、line-pc、line、realpersonachat、jsonl、json、plain"
SHAPE = '{"conversation_id": "1", "utterances": [{"speaker": "花子", "text": "こんにちは"}]} の形にしてください。'
HELP = "seikaku analyze --help で使い方を確かめてください。"
EXPORT = "会話をテキスト（.txt）、CSV、JSON のどれかで書き出したファイルを指定してください。"
JSON_MEND = "その場所の引用符・かっこ・カンマを確かめるか、もとのアプリから書き出し直してください。"
NO_SPEECH = "話した言葉の入ったファイルを指定してください。形式の判定が違うときは --format で指定してください。"
MODEL_MEND = "seikaku fit で作り直すか、--model を省いて同梱モデルを使ってください。"
WRITE_MEND = "書き込めるフォルダを出力先に指定してください。"

# name -> (files, arguments after "analyze", message, mend)
ANALYZE = {
    "missing file": (
        {}, ["ない.txt"],
        "ファイル ない.txt が見つかりません。", "パスとファイル名（空白があれば引用符で囲む）を確かめてください。",
    ),
    "folder without files": (
        {"空/.keep": ""}, ["空"],
        "フォルダ 空 に会話のファイルがありません。", "会話のファイルが入ったフォルダを指定してください。",
    ),
    "empty file": (
        {"a.txt": ""}, ["a.txt"],
        "a.txt は空です（0 バイト）。", "会話の入ったファイルを指定してください。",
    ),
    "blank file": (
        {"a.txt": "\n 　\n"}, ["a.txt"],
        "a.txt には空白しかありません。", "会話の入ったファイルを指定してください。",
    ),
    "picture": (
        {"a.txt": b"\x89PNG\r\n\x1a\n" + SECRET.encode()}, ["a.txt"],
        "a.txt はテキストではありません（PNG 画像のファイルです）。", EXPORT,
    ),
    "binary": (
        {"a.txt": b"\x00\x01\x02\x00\xff\xfe" * 50}, ["a.txt"],
        "a.txt はテキストではありません（バイナリのデータが入っています）。", EXPORT,
    ),
    "unknown format": (
        {"a.txt": f"{SECRET}。\nただの日記です。\n"}, ["a.txt"],
        "a.txt の形式がわかりません。",
        f"--format で {FORMATS} のどれかを指定するか、「名前：発話」の行にしてください。",
    ),
    "unknown --format": (
        {"a.txt": TALK}, ["a.txt", "--format", "docx"],
        "形式 docx はありません。", f"--format には {FORMATS} のどれかを指定してください。",
    ),
    "broken JSON": (
        {"a.json": f'{{"utterances": [{{"speaker": "花子", "text": "{SECRET}"'}, ["a.json"],
        "a.json は JSON として壊れています（1 行 54 列）。", JSON_MEND,
    ),
    "broken JSON line": (
        {"a.jsonl": f'{{"utterances": []}}\n{{"text": "{SECRET}"\n'}, ["a.jsonl"],
        "a.jsonl は JSON として壊れています（2 行 21 列）。", JSON_MEND,
    ),
    "JSON without utterances": (
        {"a.json": f'{{"messages": ["{SECRET}"]}}'}, ["a.json"],
        'a.json の 1 番目の会話に "utterances" の配列がありません。', SHAPE,
    ),
    "utterance without text": (
        {"a.json": '{"utterances": [{"speaker": "花子", "body": "やあ"}]}'}, ["a.json"],
        'a.json の 1 番目の会話、1 番目の発話に "text"（文字列）がありません。', SHAPE,
    ),
    "utterance without speaker": (
        {"a.json": f'{{"utterances": [{{"text": "{SECRET}"}}]}}'}, ["a.json"],
        'a.json の 1 番目の会話、1 番目の発話に "speaker"（話者の名前）がありません。', SHAPE,
    ),
    "table without speaker column": (
        {"a.csv": f"日時,本文\n2024-01-01,{SECRET}\n"}, ["a.csv"],
        "a.csv に話者の列がありません（1 行目の 2 列を見出しとしました）。",
        "1 行目を見出しにし、話者の列の名前を「speaker」「話者」「発話者」「発言者」「話者名」のどれかにしてください。",
    ),
    "only stickers": (
        {"a.txt": "花子：[スタンプ]\n太郎：[スタンプ]\n花子：[写真]\n"}, ["a.txt", "--all-speakers"],
        "a.txt に発話がありません（除いたもの: スタンプ 2 件、写真 1 件）。", NO_SPEECH,
    ),
    "no choice of speaker": (
        {"a.txt": TALK}, ["a.txt"],
        "話者が 2 人います: 花子（2 発話）、太郎（1 発話）。",
        "--speaker 名前 で 1 人を選ぶか、--all-speakers で全員を指定してください。",
    ),
    "unknown speaker": (
        {"a.txt": TALK}, ["a.txt", "--speaker", "華子"],
        "話者「華子」はいません。いるのは 花子（2 発話）、太郎（1 発話）。",
        "--speaker 花子 のように、上の名前のどれかを指定してください。",
    ),
    "speaker in none of the files": (
        {"t/a.txt": TALK, "t/b.txt": TALK}, ["t", "--speaker", "次郎"],
        "話者「次郎」は 2 件のファイルのどれにもいません。", "seikaku import ファイル で話者の名前を確かめてください。",
    ),
    "no choice of speaker in a folder": (
        {"t/a.txt": TALK, "t/b.txt": TALK}, ["t"],
        "t/a.txt: 話者が 2 人います: 花子（2 発話）、太郎（1 発話）。",
        "--speaker 名前 で 1 人を選ぶか、--all-speakers で全員を指定してください。",
    ),
    "one speaker and all": (
        {"a.txt": TALK}, ["a.txt", "--speaker", "花子", "--all-speakers"],
        "--speaker 花子 と --all-speakers が両方指定されています。", "どちらか一方だけを指定してください。",
    ),
    "unknown option": (
        {"a.txt": TALK}, ["a.txt", "--evidense", "3"],
        "オプション --evidense はありません（近いもの: --evidence）。", HELP,
    ),
    "no file": ({}, [], "'パス...' を指定してください。", HELP),
    "unknown language": (
        {"a.txt": TALK}, ["a.txt", "--lang", "fr"],
        "'--lang' の値が正しくありません: fr（ja か en を指定してください）。", HELP,
    ),
    "evidence is no number": (
        {"a.txt": TALK}, ["a.txt", "--evidence", "-1"],
        "'--evidence' の値が正しくありません: -1（0 以上の整数を指定してください）。", HELP,
    ),
    "two documents on standard output": (
        {"a.txt": TALK}, ["a.txt", "--json", "--csv", "-"],
        "使い方が正しくありません: --json と --csv - は同時に使えません（どちらも標準出力に書きます）。", HELP,
    ),
    "missing model": (
        {"a.txt": TALK}, ["a.txt", "--speaker", "花子", "--model", "ない"],
        "モデルのフォルダがありません: ない", MODEL_MEND,
    ),
    "model folder without a model": (
        {"a.txt": TALK, "空/x": ""}, ["a.txt", "--speaker", "花子", "--model", "空"],
        "モデルのフォルダに model.json、model.safetensors がありません: 空", MODEL_MEND,
    ),
    "output is a folder": (
        {"a.txt": TALK, "出力/x": ""}, ["a.txt", "--speaker", "花子", "--html", "出力"],
        "出力先 出力 はフォルダです。", "ファイルの名前まで指定してください。",
    ),
    "output below a file": (
        {"a.txt": TALK, "x": ""}, ["a.txt", "--speaker", "花子", "--csv", "x/out.csv"],
        "x/out.csv に書けません（途中にフォルダでないものがあります）。", WRITE_MEND,
    ),
}  # fmt: skip

BATCH = {
    "broken line": (
        {"a.jsonl": f'{{"utterances": []}}\n{{"text": "{SECRET}"\n'}, ["a.jsonl", "--out", "out.csv"],
        "a.jsonl は JSON として壊れています（2 行 21 列）。",
        f"{JSON_MEND} 壊れた行を飛ばすには --skip_bad_lines を付けてください。",
    ),
    "not JSON Lines": (
        {"a.txt": TALK}, ["a.txt", "--out", "out.csv"],
        "a.txt は JSON として壊れています（1 行 1 列）。",
        f"{JSON_MEND} 壊れた行を飛ばすには --skip_bad_lines を付けてください。",
    ),
    "missing file": (
        {}, ["ない.jsonl", "--out", "out.csv"],
        "ファイル ない.jsonl が見つかりません。", "パスとファイル名（空白があれば引用符で囲む）を確かめてください。",
    ),
    "folder": (
        {"t/a.jsonl": "{}"}, ["t", "--out", "out.csv"],
        "t はフォルダです。", "JSON Lines のファイルを 1 つ指定してください。",
    ),
    "no --out": (
        {"a.jsonl": "{}"}, ["a.jsonl"],
        "'--out' を指定してください。", "seikaku batch --help で使い方を確かめてください。",
    ),
    "output is a folder": (
        {"a.jsonl": "{}", "出力/x": ""}, ["a.jsonl", "--out", "出力"],
        "出力先 出力 はフォルダです。", "ファイルの名前まで指定してください。",
    ),
    "no conversation": (
        {"a.jsonl": '{"utterances": []}\n'}, ["a.jsonl", "--out", "out.csv"],
        "a.jsonl に発話のある会話がありません。", "1 行に 1 会話の JSON を入れてください。",
    ),
}  # fmt: skip

CASES = {f"analyze: {name}": ("analyze", *case) for name, case in ANALYZE.items()}
CASES |= {f"batch: {name}": ("batch", *case) for name, case in BATCH.items()}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Each test stands in a folder of its own, so that messages hold short paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("verb", "files", "arguments", "message", "mend"), CASES.values(), ids=CASES)
def test_two_lines_and_exit_code_2(capsys, here, trained_model_folder, verb, files, arguments, message, mend):
    for name, content in files.items():
        path = here / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = sorted(here.rglob("*"))
    model = [] if "--model" in arguments else ["--model", str(trained_model_folder)]
    assert run([verb, *arguments, *model]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"エラー: {message}\n対処: {mend}\n"
    assert SECRET not in captured.err
    assert sorted(here.rglob("*")) == before  # nothing was written


@pytest.mark.parametrize("verb", ["analyze", "batch"])
def test_a_read_only_folder_is_found_out_before_the_work(capsys, here, monkeypatch, verb):
    monkeypatch.setattr("seikaku.cli.writing.os.access", lambda folder, mode: folder != here)
    flag = "--html" if verb == "analyze" else "--out"
    assert run([verb, "ない.jsonl", flag, "新しい/out"]) == 2
    assert capsys.readouterr().err == (
        f"エラー: 新しい/out に書けません（書き込みの権限がありません）。\n対処: {WRITE_MEND}\n"
    )


def test_unknown_command(capsys):
    assert run(["analyse"]) == 2
    assert capsys.readouterr().err == (
        "エラー: コマンド analyse はありません。\n対処: seikaku --help で使い方を確かめてください。\n"
    )


@pytest.mark.parametrize("verb", ["analyze", "batch"])
def test_an_altered_model(capsys, here, trained_model_folder, verb):
    shutil.copytree(trained_model_folder, here / "model")
    weights = here / "model" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    line = {"utterances": [{"speaker": "花子", "text": SECRET}]}
    Path("a.jsonl").write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    out = ["--out", "out.csv"] if verb == "batch" else []
    assert run([verb, "a.jsonl", *out, "--model", "model"]) == 2
    assert capsys.readouterr().err == (
        f"エラー: モデルの重みが記録と一致しません（破損または改変）: model/model.safetensors\n対処: {MODEL_MEND}\n"
    )
    assert not Path("out.csv").exists()


def test_a_full_disk_leaves_nothing_half_written(capsys, monkeypatch, here, trained_model_folder, messages):
    Path("a.txt").write_text("\n".join(f"花子：{text}" for text in messages(30)), encoding="utf-8")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("seikaku.files.os.fsync", full)
    assert run(["analyze", "a.txt", "--html", "r.html", "--model", str(trained_model_folder)]) == 1
    assert capsys.readouterr().err == (
        "エラー: ディスクの空きが足りず、r.html を書けません。\n対処: 空きを作るか、別の出力先を指定してください。\n"
    )
    assert [path.name for path in here.iterdir()] == ["a.txt"]
