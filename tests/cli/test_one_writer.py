"""One process for each output: the second is told, with the number of the first, and nothing is touched."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from planted import write_raw

from seikaku.cli.main import run
from seikaku.cli.writing import claim
from seikaku.corpora.fetch_realpersonachat import fetch_realpersonachat
from seikaku.corpora.store import load_manifest, verify_files
from seikaku.errors import TakenError

HOLD = "import sys, time; from pathlib import Path; from seikaku.cli.writing import claim\n"
HOLD += "with claim(Path(sys.argv[1])):\n"
HOLD += "    print('held', flush=True)\n    time.sleep(60)\n"
BATCH = '{"conversation_id": "1", "utterances": [{"speaker": "花子", "text": "こんにちは"}]}\n'


@contextmanager
def held(path):
    """A process that holds ``path`` until it is killed."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout.readline() == b"held\n"
            yield child
        finally:
            child.kill()


@pytest.fixture
def holder(tmp_path):
    with held(tmp_path / "out") as child:
        yield child


def test_the_second_is_told_who_the_first_is(tmp_path, holder):
    with pytest.raises(TakenError, match=str(holder.pid)), claim(tmp_path / "out"):
        pass
    with claim(tmp_path / "other"):
        pass


def test_a_killed_process_leaves_no_lock(tmp_path, holder):
    holder.kill()
    holder.wait()
    with claim(tmp_path / "out"):
        assert (tmp_path / ".out.lock").read_text() == f"{os.getpid()}\n"
    with claim(tmp_path / "out"):  # and again
        pass


@pytest.mark.parametrize(
    "arguments",
    [
        ["preprocess", "--raw", "raw", "--out", "out"],
        ["download", "--skip_nemotron", "--realpersonachat", "a.zip", "--out", "out"],
        ["fit", "--data", "data", "--out", "out"],
        ["evaluate", "--data", "data", "--out", "out"],
        ["evaluate", "--run", "run", "--data", "data", "--out", "out"],
        ["export", "--run", "run", "--onnx", "out"],
        ["train", "--stage", "2", "--data", "data", "--out", "out"],
        ["tune", "--data", "data", "--out", "out"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_every_verb_that_writes_asks_first(tmp_path, monkeypatch, capsys, holder, arguments):
    monkeypatch.chdir(tmp_path)
    start = time.monotonic()
    assert run(arguments) == 2
    told = capsys.readouterr().err
    assert f"ほかのプロセス（{holder.pid}）が out に書いています。" in told, told
    assert "別の出力先" in told
    assert time.monotonic() - start < 30
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.lock"]


def test_batch_asks_first(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jsonl").write_text(BATCH)
    with held(tmp_path / "out.csv") as child:
        assert run(["batch", "a.jsonl", "--out", "out.csv"]) == 2
        assert f"ほかのプロセス（{child.pid}）が out.csv に" in capsys.readouterr().err


@pytest.fixture
def raw_corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    write_raw(folder / "planted.zip")
    fetch_realpersonachat(str(folder / "planted.zip"), None, folder / "raw", lambda *_: None)
    return folder / "raw"


def test_two_preprocess_on_one_folder_leave_a_whole_corpus(tmp_path, raw_corpus):
    """Both begin at once: one writes, the other is told or finds it written."""
    command = [sys.executable, "-m", "seikaku", "preprocess", "--raw", str(raw_corpus), "--out", str(tmp_path / "out")]
    both_at_once = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    told = [child.communicate(timeout=120) for child in both_at_once]
    codes = [child.returncode for child in both_at_once]
    assert sorted(codes) in ([0, 0], [0, 2]), told
    manifest = load_manifest(tmp_path / "out")
    verify_files(tmp_path / "out", manifest)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
