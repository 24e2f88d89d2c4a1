"""A Lambda function on the loopback: AWS's own emulator and Python runtime client around a handler.

In: a zip or a folder with the handler's file, and its environment. Out: ``invoke(event)``. Effects: processes.

    with start_lambda(folder, {"ENDPOINT_NAME": "seikaku", ...}) as function:
        answer = function.invoke(event)

The emulator is the binary that AWS ships in the aws-sam-cli wheel (looked for under ``sys.prefix``); where it is
missing or does not fit this machine, a stub of the runtime API takes its place: the same client runs the handler.
"""

import http.client
import json
import os
import platform
import queue
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HANDLER = "lambda_handler.handle"
FUNCTION_ARN = "arn:aws:lambda:ap-northeast-1:123456789012:function:seikaku-api"
_MACHINES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
_START_SECONDS = 20
_PATH = "/2015-03-31/functions/function/invocations"


class FunctionFailedError(Exception):
    """The function did not answer: it raised, it ran out of time, or its process ended."""


class LambdaFunction:
    """A running function; ``log`` is what it wrote so far."""

    def __init__(self, log_path: Path, url: tuple[str, int]) -> None:
        self._log_path, self._url = log_path, url
        self._one = threading.Lock()  # an instance of a function takes one event at a time

    @property
    def log(self) -> str:
        """Everything that the function and the emulator wrote."""
        return self._log_path.read_text(encoding="utf-8", errors="replace")

    def invoke(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The function's answer. Raises FunctionFailedError."""
        with self._one:
            connection = http.client.HTTPConnection(*self._url, timeout=60)
            try:
                connection.request("POST", _PATH, json.dumps(event), {"Content-Type": "application/json"})
                body = connection.getresponse().read().decode()
            finally:
                connection.close()
        try:
            answer = json.loads(body)
        except ValueError:  # "Task timed out after ..." is plain text
            raise FunctionFailedError(body[:500]) from None
        if "statusCode" not in answer:
            raise FunctionFailedError(body[:500])
        return answer


def find_emulator() -> Path | None:
    """AWS's emulator for this machine, None where it is not installed."""
    name = f"aws-lambda-rie-{_MACHINES.get(platform.machine(), 'none')}"
    for folder in (Path(sys.prefix) / "lambda-emulator", Path(sys.prefix) / "lib"):
        found = next(folder.glob(f"**/samcli/local/rapid/{name}"), None)
        if found is not None and sys.platform == "linux":
            return found
    return None


@contextmanager
def start_lambda(
    code: Path, environment: Mapping[str, str], *, handler: str = HANDLER, timeout_seconds: int = 29, stub: bool = False
) -> Iterator[LambdaFunction]:
    """Run the function; ``code`` is its zip or its folder. ``stub`` forces the stub of the runtime API."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        if code.is_file():
            with zipfile.ZipFile(code) as packed:
                packed.extractall(folder / "task")
            code = folder / "task"
        log_path = folder / "function.log"
        log = opened.enter_context(log_path.open("wb"))
        emulator = None if stub else find_emulator()
        _make_executable(emulator)
        client = [sys.executable, "-m", "awslambdaric", handler]
        variables = _variables(environment, handler, timeout_seconds, code)
        if emulator is not None:
            outside, inside = _free_port(), _free_port()
            command = [
                str(emulator),
                *("--runtime-interface-emulator-address", f"127.0.0.1:{outside}"),
                *("--runtime-api-address", f"127.0.0.1:{inside}"),
                *client,
            ]
            url = ("127.0.0.1", outside)
        else:
            url = opened.enter_context(_runtime_api(timeout_seconds))
            command = client
            variables["AWS_LAMBDA_RUNTIME_API"] = f"{url[0]}:{url[1]}"
        process = subprocess.Popen(
            command, cwd=code, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        opened.callback(_stop, process)
        _wait_until_open(url, process, log_path)
        yield LambdaFunction(log_path, url)


def _variables(environment: Mapping[str, str], handler: str, timeout_seconds: int, code: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
    region = environment.get("AWS_DEFAULT_REGION", "ap-northeast-1")
    return (
        kept
        | {
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_LAMBDA_FUNCTION_NAME": "seikaku-api",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_seconds),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "_HANDLER": handler,
            "LAMBDA_TASK_ROOT": str(code),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        | dict(environment)
    )


def _make_executable(emulator: Path | None) -> None:
    if emulator is not None and not os.access(emulator, os.X_OK):
        emulator.chmod(0o755)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait_until_open(url: tuple[str, int], process: subprocess.Popen[bytes], log_path: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise FunctionFailedError(log_path.read_text(encoding="utf-8", errors="replace")[-2000:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _runtime_api(timeout_seconds: int) -> Iterator[tuple[str, int]]:
    """The runtime API and the emulator's own route on one port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _RuntimeApi)
    server.daemon_threads = True
    server.events, server.answers = queue.Queue(), {}  # type: ignore[attr-defined]
    server.timeout_seconds = timeout_seconds  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield ("127.0.0.1", server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


class _RuntimeApi(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        request_id, body = self.server.events.get()
        self._send(
            body,
            {
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + self.server.timeout_seconds) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
                "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000",
                "Content-Type": "application/json",
            },
        )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != _PATH:
            *_, request_id, _what = self.path.split("/")
            if request_id in self.server.answers:
                self.server.answers[request_id].put(body)
            self._send(b"{}", {})
            return
        request_id = secrets.token_hex(8)
        answer = self.server.answers[request_id] = queue.Queue()
        self.server.events.put((request_id, body))
        try:
            self._send(answer.get(timeout=self.server.timeout_seconds), {})
        except queue.Empty:
            self._send(f"Task timed out after {self.server.timeout_seconds}.00 seconds".encode(), {})

    def _send(self, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
