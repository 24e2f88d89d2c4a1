"""`seikaku download` and its root script."""

import errno
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from seikaku.cli.main import run

NEXT = "次は python preprocess_data.py を実行してください。\n"
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
ROOT = Path(__file__).parents[2]
builders = runpy.run_path(str(ROOT / "tests" / "corpora" / "conftest.py"))


@pytest.fixture
def sources(tmp_path):
    archive = builders["write_archive"](tmp_path / "tiny.zip", builders["tiny_members"]())
    table = builders["write_personas_csv"](tmp_path / "personas.csv", builders["tiny_personas"](7))
    return ["--realpersonachat", str(archive), "--nemotron", str(table), "--out", str(tmp_path / "raw")]


def test_fetches_both_and_prints_licence_citation_and_cautions(sources, capsys):
    assert run(["download", *sources]) == 0
    captured = capsys.readouterr()
    for text in ("CC BY-SA 4.0", "PACLIC 37", "2738-2743", "特定しようとしない", "なりすます", "推定されたくない人"):
        assert text in captured.out
    for text in ("Nemotron-Personas-Japan: 取得しました（7 件）", "CC BY 4.0", "NVIDIA", "実在の人物は含まれません"):
        assert text in captured.out
    assert re.search(r"sha256 [0-9a-f]{64}", captured.out)
    assert captured.err == NEXT  # no progress bar where there is no terminal
    assert run(["download", *sources]) == 0
    assert capsys.readouterr().out.count("すでにそろっているので、何もしません") == 2


def test_in_english_all_but_a_japanese_paper_is(sources, capsys):
    assert run(["download", *sources, "--lang", "en"]) == 0
    captured = capsys.readouterr()
    for text in (
        "RealPersonaChat: fetched (sha256 ",
        "Nemotron-Personas-Japan: fetched (personas: 7)",
        "Licence: CC BY",
    ):
        assert text in captured.out
    assert captured.err == "Next: python preprocess_data.py\n"
    cited = [line for line in captured.out.splitlines() if line.startswith("  Cite: ")]
    assert len(cited) == 3
    # Of a paper in Japanese its own words are kept.
    assert not JAPANESE.findall("".join(line for line in captured.out.splitlines() if line not in cited))
    assert run(["download", *sources, "--lang", "en", "-q"]) == 0
    captured = capsys.readouterr()
    assert captured.out.count("all there, nothing to do") == 2  # the terms are a result, what to do next is a note
    assert captured.err == ""


def test_flags_may_be_spelt_with_hyphens(sources, capsys):
    assert run(["download", *sources, "--nemotron-limit", "3", "--skip-realpersonachat"]) == 0
    out = capsys.readouterr().out
    assert "（3 件）" in out
    assert "RealPersonaChat:" not in out


def test_one_failure_does_not_stop_the_other(sources, capsys, tmp_path):
    sources[1] = str(tmp_path / "absent.zip")
    assert run(["download", *sources]) == 2
    captured = capsys.readouterr()
    assert "Nemotron-Personas-Japan: 取得しました" in captured.out
    assert "エラー: ファイルがありません" in captured.err
    assert "absent.zip" in captured.err
    assert "preprocess_data.py" not in captured.out


def test_two_failures_are_both_shown(sources, capsys, tmp_path):
    sources[1], sources[3] = str(tmp_path / "absent.zip"), str(tmp_path / "absent.csv")
    assert run(["download", *sources]) == 2
    err = capsys.readouterr().err
    assert err.count("エラー:") == err.count("対処:") == 2


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--realpersonachat_sha256", "12ab"], "16 進数 64 桁"),
        (["--nemotron_limit", "0"], "nemotron_limit"),
        (["--skip_nemotron", "--skip_realpersonachat"], "することがありません"),
        (["--realpersonachat_sha256", "0" * 64], "sha256 が一致しません"),
    ],
)
def test_wrong_flags_are_the_users_mistake(sources, capsys, flags, message):
    assert run(["download", *sources, *flags]) == 2
    assert message in capsys.readouterr().err


def test_an_unwritable_folder_is_explained(sources, capsys, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    sources[-1] = str(tmp_path / "file" / "raw")
    assert run(["download", *sources, "--skip_nemotron"]) == 2
    assert f"{sources[-1]} に書けません（途中にフォルダでないものがあります）。" in capsys.readouterr().err


def test_a_full_disk_is_the_machines(sources, capsys, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("seikaku.files.os.fsync", full)
    assert run(["download", *sources, "--skip_nemotron"]) == 1
    assert f"ディスクの空きが足りず、{sources[-1]} を書けません。" in capsys.readouterr().err


def test_the_root_scripts_work_in_a_plain_checkout(sources, tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    options = {"cwd": ROOT, "env": environment, "capture_output": True, "text": True, "encoding": "utf-8"}
    first = subprocess.run([sys.executable, "download_datasets.py", *sources], check=False, **options)
    assert (first.returncode, first.stderr) == (0, NEXT)
    folders = ["--raw", str(tmp_path / "raw"), "--out", str(tmp_path / "processed")]
    second = subprocess.run([sys.executable, "preprocess_data.py", *folders], check=False, **options)
    assert (second.returncode, second.stderr) == (0, "")
    assert (tmp_path / "processed" / "manifest.json").is_file()
    for script in ("download_datasets.py", "preprocess_data.py"):
        assert len((ROOT / script).read_text(encoding="utf-8").splitlines()) <= 10
