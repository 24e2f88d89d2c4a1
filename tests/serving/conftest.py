"""A real server in a process of its own, a server in a thread with settings of one's own, and fictional talk."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from seikaku.conversation.readers import read_conversations
from seikaku.serving.app import build_app
from seikaku.serving.config import ServeConfig

START_SECONDS = 60
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class ServerProcess:
    """`seikaku serve` at work: its address, its process, and the folders and files that it could leave traces in."""

    url: str
    process: subprocess.Popen[str]
    folder: Path
    stderr: Path

    def log(self) -> str:
        return self.stderr.read_text(encoding="utf-8")


@dataclass
class ServerThread:
    """An app on a loopback port, in a thread of the tests."""

    url: str
    app: Any
    server: uvicorn.Server
    thread: threading.Thread

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=30)
        assert not self.thread.is_alive()


@contextmanager
def run_process(folder: Path, *arguments: str, key: str = "") -> Iterator[ServerProcess]:
    """Start `seikaku serve --port 0`; all of its temporary files would come to lie in ``folder``."""
    stderr = folder.parent / f"{folder.name}.stderr"
    environment = os.environ | {"TMPDIR": str(folder), "SEIKAKU_API_KEY": key, "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    with stderr.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "seikaku", "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=stream,
            cwd=folder,
            env=environment,
            text=True,
            encoding="utf-8",
        )
        try:
            assert process.stdout is not None
            announced = process.stdout.readline()
            found = re.search(r"http://\S+:(\d+)/", announced)
            assert found, announced + stderr.read_text(encoding="utf-8")
            url = f"http://127.0.0.1:{found[1]}"
            wait_until_healthy(url)
            yield ServerProcess(url, process, folder, stderr)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
            process.stdout.close()


def wait_until_healthy(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(f"{url}/health", timeout=5)
            return
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.05)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """`seikaku serve` with its defaults and the embedded model."""
    with run_process(tmp_path_factory.mktemp("serve")) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: ServerProcess) -> Iterator[httpx.Client]:
    """A client of the real server."""
    with httpx.Client(base_url=server.url, timeout=60) as opened:
        yield opened


@pytest.fixture
def serve() -> Iterator[Callable[..., ServerThread]]:
    """Start an app with settings of one's own: serve(timeout_seconds=0.2).url."""
    started: list[ServerThread] = []

    def start(**settings: Any) -> ServerThread:
        app = build_app(ServeConfig(**settings))
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        uvicorn_config = uvicorn.Config(app, log_config=None, access_log=False, ws="none")
        one = uvicorn.Server(uvicorn_config)
        thread = threading.Thread(target=one.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        running = ServerThread(f"http://127.0.0.1:{listener.getsockname()[1]}", app, one, thread)
        wait_until_healthy(running.url)
        started.append(running)
        return running

    yield start
    for running in started:
        if running.thread.is_alive():
            running.stop()


class SlowEstimator:
    """An estimator that begins, says so, and goes on when it is told to."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.trained = real.trained
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()

    def estimate(self, *arguments: Any, **keywords: Any) -> Any:
        self.begun.release()
        assert self.go_on.wait(timeout=30)
        return self._real.estimate(*arguments, **keywords)


@pytest.fixture
def slow_down() -> Iterator[Callable[[ServerThread], SlowEstimator]]:
    """Put a slow estimator into a running app."""
    slowed: list[SlowEstimator] = []

    def put(running: ServerThread) -> SlowEstimator:
        slow = SlowEstimator(running.app.state.workplace.estimator)
        running.app.state.workplace.estimator = slow
        slowed.append(slow)
        return slow

    yield put
    for slow in slowed:
        slow.go_on.set()


@pytest.fixture(scope="session")
def dialogue() -> dict[str, Any]:
    """A fictional conversation of 花子 and 太郎 as a JSON object: hers is long enough for estimates, his is not.

    The project's own example: sentences put together by a generator are withheld as nobody's talk.
    """
    talk = read_conversations(REPOSITORY / "examples" / "line_1on1.txt").conversations[0]
    said = [
        {"speaker": one.speaker, "text": one.text, "timestamp": one.timestamp.isoformat() if one.timestamp else None}
        for one in talk.utterances
    ]
    return {"conversation_id": "1", "utterances": said}


@pytest.fixture
def ask(dialogue: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """A good request for 花子; keywords change it, None takes a key out."""

    def build(**changes: Any) -> dict[str, Any]:
        request = {"purpose": "research", "speaker": "花子", "conversation": dialogue} | changes
        return {key: value for key, value in request.items() if value is not None}

    return build


@pytest.fixture(scope="session")
def dialogue_file(dialogue: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("talk") / "dialogue.json"
    path.write_text(json.dumps(dialogue, ensure_ascii=False), encoding="utf-8")
    return path


def check_problem(response: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem of a refused request, after what holds for all of them."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"urn:seikaku:problem:{kind}"
    assert problem["status"] == status
    assert problem["detail"] and problem["mend"]
    assert problem["request_id"] == response.headers["x-request-id"]
    for_ibm = {"code", "error"} if response.request.url.path.startswith("/v3/") else set()
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail", "mend", "request_id"} | for_ibm
    assert response.headers["content-language"] == "ja" and response.headers["vary"] == "Accept-Language"
    return problem


@pytest.fixture(scope="session")
def problem_of() -> Callable[[httpx.Response, int, str], dict[str, Any]]:
    return check_problem


@pytest.fixture(scope="session")
def start_process() -> Callable[..., Any]:
    """The context manager that runs `seikaku serve`."""
    return run_process
