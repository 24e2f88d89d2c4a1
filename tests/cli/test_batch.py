"""`seikaku batch`: one row a speaker, the same numbers as `analyze`, and a kill loses nothing."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from seikaku.cli.main import run
from seikaku.report.csv_table import CSV_SPEAKER_COLUMNS

COLUMNS = list(CSV_SPEAKER_COLUMNS)


@pytest.fixture
def batch(trained_model_folder, capsys):
    """Runs the verb with the small model; returns standard error (standard output is empty)."""

    def call(*arguments, expected=0):
        code = run(["batch", *map(str, arguments), "--model", str(trained_model_folder)])
        captured = capsys.readouterr()
        assert (code, captured.out) == (expected, ""), captured.err
        return captured.err

    return call


def write_talks(path, messages, n_conversations, n_speakers):
    with path.open("w", encoding="utf-8") as stream:
        for number in range(n_conversations):
            pair = [f"話者{number % n_speakers}", f"話者{(number * 7 + 1) % n_speakers}"]
            texts = messages(30, number, (number % 5 - 2) / 2)
            utterances = [{"speaker": pair[turn % 2], "text": text} for turn, text in enumerate(texts)]
            stream.write(json.dumps({"conversation_id": str(number), "utterances": utterances}) + "\n")
    return path


def read_rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_one_row_a_speaker_with_the_numbers_of_analyze(batch, messages, tmp_path, capsys, trained_model_folder):
    path = write_talks(tmp_path / "talks.jsonl", messages, 20, 6)
    err = batch(path, "--out", tmp_path / "out.csv")
    assert err == f"CSV を書きました: {tmp_path / 'out.csv'}（会話 20 件、話者 6 人）\n"
    rows = read_rows(tmp_path / "out.csv")
    assert list(rows[0]) == COLUMNS
    assert [row["speaker"] for row in rows] == [f"話者{number}" for number in range(6)]
    assert run(["analyze", str(path), "--all-speakers", "--csv", "-", "--model", str(trained_model_folder)]) == 0
    analyzed = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    for row in analyzed:
        del row["source"]
    assert sorted(analyzed, key=lambda row: row["speaker"]) == rows
    assert {row["openness_status"] for row in rows} == {"ok"}
    assert {row["agreeableness_score_1to7"] for row in rows} == {""}
    assert sorted(item.name for item in tmp_path.iterdir()) == ["out.csv", "talks.jsonl"]


def test_standard_input_gives_the_same_file(batch, messages, tmp_path, monkeypatch):
    path = write_talks(tmp_path / "talks.jsonl", messages, 8, 4)
    batch(path, "--out", tmp_path / "a.csv")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    batch("-", "--out", tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize("flag", ["--skip_bad_lines", "--skip-bad-lines"])
def test_bad_lines_are_counted_and_listed(batch, messages, tmp_path, flag):
    path = write_talks(tmp_path / "talks.jsonl", messages, 4, 2)
    path.write_text("{\n" * 7 + path.read_text(encoding="utf-8"), encoding="utf-8")
    lines = batch(path, "--out", tmp_path / "out.csv", flag).splitlines()
    assert lines[0] == "飛ばした行: 7 行"
    assert lines[1] == f"  {path} は JSON として壊れています（1 行 2 列）。"
    assert lines[6:] == ["  ほか 2 行", f"CSV を書きました: {tmp_path / 'out.csv'}（会話 4 件、話者 2 人）"]


def test_a_failed_run_leaves_the_earlier_file(batch, messages, tmp_path):
    path = write_talks(tmp_path / "talks.jsonl", messages, 4, 2)
    batch(path, "--out", tmp_path / "out.csv")
    before = (tmp_path / "out.csv").read_bytes()
    path.write_text(path.read_text(encoding="utf-8") + "{\n", encoding="utf-8")
    batch(path, "--out", tmp_path / "out.csv", expected=2)
    assert (tmp_path / "out.csv").read_bytes() == before
    assert sorted(item.name for item in tmp_path.iterdir()) == ["out.csv", "talks.jsonl"]


def test_a_formula_stays_text(batch, messages, tmp_path):
    path = tmp_path / "talks.jsonl"
    utterances = [{"speaker": "=SUM(A1)", "text": text} for text in messages(20)]
    path.write_text(json.dumps({"utterances": utterances}), encoding="utf-8")
    batch(path, "--out", tmp_path / "out.csv")
    assert read_rows(tmp_path / "out.csv")[0]["speaker"] == "'=SUM(A1)"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_kill_loses_nothing(messages, tmp_path, trained_model_folder):
    path = write_talks(tmp_path / "talks.jsonl", messages, 120, 120)
    command = [sys.executable, "-m", "seikaku", "batch", str(path), "--model", str(trained_model_folder), "--out"]
    subprocess.run([*command, str(tmp_path / "whole.csv")], check=True, capture_output=True)
    out, part = tmp_path / "out.csv", tmp_path / "out.csv.part"
    process = subprocess.Popen([*command, str(out)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (part.exists() and part.read_bytes().count(b"\n") > 10):
        assert process.poll() is None and time.monotonic() < deadline, "it ended before it could be killed"
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    n_done = part.read_bytes().count(b"\n") - 1
    assert 10 <= n_done < 120
    assert not out.exists()
    left = [".out.csv.lock", "out.csv.part", "talks.jsonl", "whole.csv"]  # the lock locks nothing any more
    assert sorted(item.name for item in tmp_path.iterdir()) == left
    again = subprocess.run([*command, str(out)], check=True, capture_output=True, encoding="utf-8")
    assert again.stderr.splitlines()[0] == f"前回の続きから始めました（済んでいた話者 {n_done} 人）。"
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not part.exists()


def test_help_says_that_a_name_is_a_person(batch, capsys):
    assert run(["batch", "--help"]) == 0
    out = capsys.readouterr().out.replace("\n", "").replace(" ", "")
    assert "名前が同じなら同じ人としてまとめます" in out
    assert "名前の順に並びます" in out
