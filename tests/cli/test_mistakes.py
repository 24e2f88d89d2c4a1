"""Every kind of mistake in both languages: two lines word for word, exit code 2, no traceback, no word of the talk."""

import re
import shutil
from pathlib import Path

import pytest
from mistakes import CASES, FORMATS, MODEL, SECRET, TALK, WRITE

from seikaku.cli.main import run
from seikaku.conversation.readers import FORMAT_NAMES

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
LATIN = re.compile(r"[A-Za-z][\w-]+")
# Names that Japanese writes in Latin letters, and keys of our formats.
NAMES = set(
    "JSON Lines CSV HTML PNG UTF-8 UTF-16 Shift_JIS Excel stage python train py seikaku analyze import batch fit "
    "frozen ngram plain-ngram constant conversation_id utterances speaker text test validation txt csv html htm ja en "
    "other model json safetensors each file taro".split()
) | {*FORMATS}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Each test stands in a folder of its own, so that messages hold short paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lay(here, files):
    """Write the files of a case."""
    for name, content in files.items():
        path = here / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def test_there_are_many_kinds():
    assert len(CASES) >= 25


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("name", CASES)
def test_two_lines_in_one_language(capsys, monkeypatch, here, lang, name):
    files, arguments, message, mend = CASES[name]
    lay(here, files)
    before = sorted(here.rglob("*"))
    monkeypatch.setenv("SEIKAKU_LANG", lang)
    assert run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    happened, try_this = (("エラー", "対処"), ("Error", "Try"))[lang == "en"]
    chosen = lang == "en"
    assert printed.err == f"{happened}: {message[chosen]}\n{try_this}: {mend[chosen]}\n"
    assert "Traceback" not in printed.err and SECRET not in printed.err
    assert sorted(here.rglob("*")) == before  # nothing was written


@pytest.mark.parametrize("name", CASES)
def test_no_word_of_the_other_language(name):
    files, arguments, message, mend = CASES[name]
    japanese, english = (f"{message[lang]} {mend[lang]}" for lang in (0, 1))
    assert JAPANESE.findall(english) == []
    typed = {part for word in (*files, *arguments, *FORMAT_NAMES, "Hanako", "Taro") for part in LATIN.findall(word)}
    written = re.sub(r"--[\w-]+", "", japanese)
    assert {word for word in LATIN.findall(written)} - typed - NAMES == set()


@pytest.mark.parametrize("verb", ["analyze", "batch"])
def test_a_read_only_folder_is_found_out_before_the_work(capsys, here, monkeypatch, verb):
    monkeypatch.setattr("seikaku.cli.writing.os.access", lambda folder, mode: folder != here)
    flag = "--html" if verb == "analyze" else "--out"
    assert run([verb, "none.jsonl", flag, "new/out"]) == 2
    assert (
        capsys.readouterr().err == f"エラー: new/out に書けません（書き込みの権限がありません）。\n対処: {WRITE[0]}\n"
    )
    assert run([verb, "none.jsonl", flag, "new/out", "--lang", "en"]) == 2
    assert capsys.readouterr().err == f"Error: new/out cannot be written (no permission to write).\nTry: {WRITE[1]}\n"


@pytest.mark.parametrize("verb", ["analyze", "batch"])
def test_an_altered_model(capsys, here, trained_model_folder, verb):
    shutil.copytree(trained_model_folder, here / "model")
    weights = here / "model" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    lay(here, {"a.jsonl": f'{{"utterances": [{{"speaker": "Hanako", "text": "{SECRET}"}}]}}'})
    out = ["--out", "out.csv"] if verb == "batch" else []
    assert run([verb, "a.jsonl", *out, "--model", "model"]) == 2
    assert capsys.readouterr().err == (
        f"エラー: モデルの重みが記録と一致しません（破損または改変）: model/model.safetensors\n対処: {MODEL[0]}\n"
    )
    assert not Path("out.csv").exists()


def test_a_full_disk_leaves_nothing_half_written(capsys, monkeypatch, here, trained_model_folder, messages):
    lay(here, {"a.txt": "\n".join(f"Hanako：{text}" for text in messages(30))})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("seikaku.files.os.fsync", full)
    assert run(["analyze", "a.txt", "--html", "r.html", "--model", str(trained_model_folder)]) == 1
    assert capsys.readouterr().err == (
        "エラー: ディスクの空きが足りず、r.html を書けません。\n対処: 空きを作るか、別の出力先を指定してください。\n"
    )
    assert [path.name for path in here.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    ("lang", "lines"),
    [
        ("ja", "エラー: 中断しました。\n対処: もう一度同じコマンドを実行してください。\n"),
        ("en", "Error: Interrupted.\nTry: Run the same command again.\n"),
    ],
)
def test_an_interruption(capsys, monkeypatch, here, lang, lines):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    lay(here, {"a.txt": TALK})
    monkeypatch.setattr("seikaku.cli.reading.read_parts", interrupt)
    assert run(["import", "a.txt", "--lang", lang]) == 130
    assert capsys.readouterr().err.lstrip("\n") == lines
