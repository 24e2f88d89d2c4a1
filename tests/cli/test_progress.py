"""One progress bar for all verbs: what it shows where a person watches, when, and where nobody does."""

import io
import sys
import threading

import pytest
from rich.console import Console

from seikaku.cli import progress
from seikaku.cli.language import speaking
from seikaku.cli.main import run
from seikaku.errors import both


@pytest.fixture
def screen(monkeypatch):
    """What a person who watches sees."""
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=120, color_system=None)
    monkeypatch.setattr(progress, "_open_console", lambda: console)
    return shown


@pytest.mark.parametrize(("amount", "expected"), [("steps", "2000/4000"), ("bytes", "2.0/4.0 kB"), ("share", "50%")])
def test_how_far_each_line_is(screen, amount, expected):
    with progress.show_progress(amount) as report:
        report("一つ目", 1000, None)
        report("一つ目", 2000, 4000)
        report("二つ目", 0, 4000)
    shown = screen.getvalue().splitlines()
    assert any("一つ目" in line and expected in line for line in shown)
    assert any("二つ目" in line for line in shown)


def test_in_english(screen):
    with speaking("en"), progress.show_progress("steps") as report:
        report(both("読み込み", "Reading"), 1, 2)
    assert "Reading" in screen.getvalue() and "読み込み" not in screen.getvalue()


def test_what_is_soon_done_shows_nothing(screen):
    with progress.show_progress("steps", after=60) as report:
        report("一つ目", 1, 2)
    assert screen.getvalue() == ""
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def test_what_takes_longer_is_shown_after_a_while(screen):
    started = threading.Event()
    screen.flush = started.set  # rich writes and flushes when the bar appears
    with progress.show_progress("steps", after=0.01) as report:
        report("一つ目", 1, 2)
        assert started.wait(timeout=20)
    assert "一つ目" in screen.getvalue()


def test_nothing_where_nobody_watches(capsys):
    with progress.show_progress("steps") as report:
        report("一つ目", 1, 2)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_a_terminal_is_watched_unless_it_shall_be_quiet(monkeypatch, capsys, tmp_path, quiet):
    talk = tmp_path / "talk.txt"
    talk.write_text("花子：おはよう\n太郎：うん\n", encoding="utf-8")
    monkeypatch.setattr("seikaku.cli.reading.SHORT_SECONDS", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for arguments in ([*quiet, "import", str(talk)], ["import", str(talk), *quiet]):
        assert run(arguments) == 0
        assert ("読み込み" in capsys.readouterr().err) == (not quiet)


def test_reading_a_folder_counts_its_files(monkeypatch, screen, tmp_path, capsys):
    monkeypatch.setattr("seikaku.cli.reading.SHORT_SECONDS", 0.0)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"花子：おはよう\n太郎：うん{name}\n", encoding="utf-8")
    assert run(["analyze", str(tmp_path), "--speaker", "次郎", "--each-file"]) == 2
    assert "読み込み" in screen.getvalue() and "1/2" in screen.getvalue()
    assert "のどれにもいません" in capsys.readouterr().err
