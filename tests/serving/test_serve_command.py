"""`seikaku serve`: its one line, its warnings, its errors."""

import builtins
import socket

import httpx
import pytest

from seikaku.cli.main import run
from seikaku.cli.serve import _announce, _listen
from seikaku.serving.config import ServeConfig


@pytest.fixture
def never_listen(monkeypatch):
    """Should a test reach the server, it must not hang."""
    import uvicorn

    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: pytest.fail("the server was started"))


def test_help_names_every_setting(capsys):
    assert run(["serve", "--help"]) == 0
    text = capsys.readouterr().out
    for flag in ("--host", "--port", "--model", "--max_body_bytes", "--max_utterances", "--timeout_seconds"):
        assert flag in text
    assert "--api_key" not in text and "SEIKAKU_API_KEY" in text


def test_a_taken_port_is_told(capsys, never_listen):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run(["serve", "--port", str(port)]) == 2
    error = capsys.readouterr().err
    assert f"ポート {port} はほかのプログラムが使っています" in error and "--port 0" in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "70000"], "--port 70000 は使えません"),
        (["--port", "abc"], "整数を指定してください"),
        (["--host", "192.0.2.1", "--port", "0"], "--host 192.0.2.1 で待ち受けられません"),
        (["--model", "/nothing/here"], "モデルのフォルダがありません"),
        (["--max-body-bytes", "1"], "--max_body_bytes 1 は使えません"),
    ],
)
def test_wrong_settings_are_told(capsys, never_listen, arguments, message):
    assert run(["serve", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_missing_library_is_told(capsys, monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **keywords):
        if name.partition(".")[0] == "uvicorn":
            raise ModuleNotFoundError("No module named 'uvicorn'", name="uvicorn")
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without)
    assert run(["serve"]) == 2
    assert "pip install '.[serve]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "key", "warned"),
    [("0.0.0.0", "", True), ("0.0.0.0", "k", False), ("127.0.0.1", "", False), ("::1", "", False), ("::", "", True)],
)
def test_an_open_door_is_warned_of(capsys, host, key, warned):
    _announce(ServeConfig(host=host, api_key=key), 8080)
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 1
    assert (f"http://[{host}]:8080/" if ":" in host else f"http://{host}:8080/") in captured.out
    assert ("誰でも使えます" in captured.err) == warned


def test_answers_are_sent_at_once():
    with _listen(ServeConfig(port=0)) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # else asyncio leaves Nagle's algorithm on: 40 ms an answer


def test_the_key_never_shows():
    assert "himitsu" not in repr(ServeConfig(api_key="himitsu"))


def test_the_key_comes_from_the_environment(start_process, tmp_path):
    (tmp_path / "served").mkdir()
    with start_process(tmp_path / "served", key="himitsu") as running:
        assert httpx.get(f"{running.url}/v1/model").status_code == 401
        assert httpx.get(f"{running.url}/v1/model", headers={"X-API-Key": "himitsu"}).status_code == 200
    assert running.process.returncode == 0
    assert "himitsu" not in running.log()
