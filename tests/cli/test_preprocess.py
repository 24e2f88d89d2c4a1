"""`seikaku preprocess`."""

import errno
import re
import runpy
from pathlib import Path

import pytest

from seikaku.cli.main import run
from seikaku.cli.preprocess import summarise

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
builders = runpy.run_path(str(Path(__file__).parents[1] / "corpora" / "conftest.py"))


@pytest.fixture
def folders(tmp_path):
    archive = builders["write_archive"](tmp_path / "tiny.zip", builders["tiny_members"]())
    raw = ["--out", str(tmp_path / "raw")]
    assert run(["download", "--realpersonachat", str(archive), "--skip_nemotron", *raw]) == 0
    return ["--raw", str(tmp_path / "raw"), "--out", str(tmp_path / "processed")]


def test_prints_counts_what_was_left_out_and_what_is_absent(folders, capsys):
    assert run(["preprocess", *folders]) == 0
    out = capsys.readouterr().out
    for text in (
        "話者: 12",
        "対話のある話者: 11",
        "対話: 30",
        "発話: 180",
        "train 7、validation 3、test 2",
    ):
        assert text in out
    assert "除いたもの timestamp_missing_set_null: 30" in out
    assert "Nemotron-Personas-Japan: 取得されていないので含めません" in out
    assert run(["preprocess", *folders]) == 0
    assert "元データが前回と同じなので、何もしません" in capsys.readouterr().out
    assert run(["preprocess", *folders, "--force"]) == 0
    assert "Parquet にしました" in capsys.readouterr().out


def test_the_summary_in_english(folders, capsys, monkeypatch):
    capsys.readouterr()  # of the download
    monkeypatch.setenv("SEIKAKU_LANG", "en")
    assert run(["preprocess", *folders, "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert not JAPANESE.findall(printed.out)
    for line in (
        "Parquet is written.",
        "  Nemotron-Personas-Japan: not fetched, so it is left out (python download_datasets.py fetches it)",
        "  Speakers: 12",
        "  Speakers with dialogues: 11",
        "  Utterances: 180",
        "  Parts of the speakers: train 7, validation 3, test 2",
        "  Left out, timestamp_missing_set_null: 30",
    ):
        assert line in printed.out.splitlines()
    assert run(["preprocess", *folders]) == 0
    assert capsys.readouterr().out.startswith("The data are those of the last time: nothing to do.\n")


def test_speakers_who_write_alike_are_told_in_both_languages():
    """The names stand in the manifest, and nothing else of the people."""
    manifest = {"counts": {}, "kin": [["AA", "AB"]], "splits": {}, "dropped": {}}
    (line,) = summarise(manifest)
    assert line.startswith("  注意: AA、AB は、")
    assert line.english.startswith("  Note: AA, AB write as much alike") and not JAPANESE.findall(line.english)


def test_nothing_downloaded_is_explained(tmp_path, capsys):
    assert run(["preprocess", "--raw", str(tmp_path), "--out", str(tmp_path / "processed")]) == 2
    err = capsys.readouterr().err
    assert "取得済みのコーパスがありません" in err
    assert "python download_datasets.py" in err
    assert not (tmp_path / "processed").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("raw/realpersonachat.zip", "raw/realpersonachat.zip を読めません（読み取りの権限がありません）。"),
        (".processed.part/speakers.parquet", "processed に書けません（書き込みの権限がありません）。"),
        ("processed/manifest.json", "processed に書けません（書き込みの権限がありません）。"),
    ],
)
def test_what_cannot_be_read_is_told_from_what_cannot_be_written(folders, capsys, monkeypatch, tmp_path, name, message):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / name))

    monkeypatch.setattr("seikaku.corpora.raw.sha256_of_file", refuse)
    assert run(["preprocess", *folders]) == 2
    assert f"エラー: {tmp_path / message}\n対処: " in capsys.readouterr().err
