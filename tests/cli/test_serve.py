"""`seikaku serve` up to where it begins to answer: what it says of itself, in which language, and what quiet leaves."""

import re
import signal

import pytest
import uvicorn

from seikaku.cli.main import run
from seikaku.serving.requests.purposes import ALLOWED

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
OPEN_TO_ALL = ["serve", "--port", "0", "--host", "0.0.0.0", "--default_purpose", "research"]


@pytest.fixture
def served(monkeypatch):
    """The addresses that were served, by a server that stops at once; the tests' signals and logs stay."""
    addresses = []

    def serve(server, sockets):
        addresses.extend(listener.getsockname() for listener in sockets)

    monkeypatch.delenv("SEIKAKU_API_KEY", raising=False)
    monkeypatch.setattr("seikaku.serving.app.build_app", lambda config, model, may_download: None)
    monkeypatch.setattr("seikaku.serving.guards.observing.configure_logging", lambda: None)
    monkeypatch.setattr(uvicorn.Server, "run", serve)
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    return addresses


@pytest.mark.parametrize(
    ("lang", "line", "notes"),
    [
        ("ja", "seikaku を開くには: {} （止めるには Ctrl+C）", ("誰でも使えます", f"「{ALLOWED['research'][0]}」")),
        ("en", "Open seikaku: {} (stop: Ctrl+C)", ("whoever reaches this machine", f"as for {ALLOWED['research'][1]}")),
    ],
)
def test_it_says_where_it_is_and_who_may_come(served, capsys, monkeypatch, lang, line, notes):
    monkeypatch.setenv("SEIKAKU_LANG", lang)
    assert run(OPEN_TO_ALL) == 0
    ((host, port),) = served
    printed = capsys.readouterr()
    assert printed.out == line.format(f"http://{host}:{port}/") + "\n"
    assert all(note in printed.err for note in notes)
    assert bool(JAPANESE.search(printed.out + printed.err)) == (lang == "ja")
    assert run([*OPEN_TO_ALL, "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.out == line.format(f"http://{host}:{served[-1][1]}/") + "\n"  # nobody could open it without
    assert all(note in printed.err for note in notes)  # whoever may use it, and for what, is no mere note
