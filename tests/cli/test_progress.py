"""One progress bar for all verbs: what it shows where a person watches."""

import io

import pytest
from rich.console import Console

from seikaku.cli import progress


@pytest.mark.parametrize(("amount", "expected"), [("steps", "2000/4000"), ("bytes", "2.0/4.0 kB"), ("share", "50%")])
def test_how_far_each_line_is(monkeypatch, amount, expected):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120, color_system=None)
    monkeypatch.setattr(progress, "Console", lambda **_: console)
    with progress.show_progress(amount) as report:
        report("一つ目", 1000, None)
        report("一つ目", 2000, 4000)
        report("二つ目", 0, 4000)
    shown = screen.getvalue().splitlines()
    assert any("一つ目" in line and expected in line for line in shown)
    assert any("二つ目" in line for line in shown)


def test_nothing_where_nobody_watches(capsys):
    with progress.show_progress("steps") as report:
        report("一つ目", 1, 2)
    assert capsys.readouterr() == ("", "")
