"""What quotes a talk is for its owner alone."""

import os
import stat

import pytest

from seikaku.cli.main import run
from seikaku.places import REPOSITORY

EXAMPLE = str(REPOSITORY / "examples" / "line_1on1.txt")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_report_is_for_its_owner_alone_whoever_could_read_the_one_before(tmp_path, capsys):
    report = tmp_path / "a.html"
    report.write_text("before")
    report.chmod(0o666)
    before = os.umask(0)
    try:
        assert run(["analyze", EXAMPLE, "--speaker", "花子", "--html", str(report)]) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert report.read_text(encoding="utf-8").lower().startswith("<!doctype html>")
