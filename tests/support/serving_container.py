"""Serving containers without Docker: what SageMaker starts, from the model.tar.gz that it would unpack.

In: which image, the artefact, the model's Environment. Out: an address that answers /ping and /invocations. Effects: a
process on the loopback, a temporary folder.

"image": our own. The ENTRYPOINT of the Dockerfile is run as it stands, with ``SEIKAKU_MODEL`` at the unpacked artefact.
"huggingface": AWS's. ``code/inference.py`` of the artefact by the real toolkit (``huggingface_server.py``).
"""

import contextlib
import http.client
import json
import re
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 60
_SERVER = Path(__file__).with_name("huggingface_server.py")


class ContainerError(Exception):
    """The container did not come up; the text is the end of its log."""


@dataclass
class ServingContainer:
    """A container at work; ``folder`` is what it has at /opt/ml/model."""

    url: str
    port: int
    process: "subprocess.Popen[bytes]"
    folder: Path
    log_file: Path

    def log(self) -> str:
        """All that it wrote."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def ask(
        self, body: bytes, content_type: str = "application/json", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower case) and body of an invocation; a header's name may be written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("POST", "/invocations", body, {"Content-Type": content_type} | named)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()


@contextlib.contextmanager
def start_container(kind: str, model_tar: Path | None, environment: dict[str, str]) -> Iterator[ServingContainer]:
    """Start a container and wait for its /ping. Raises ContainerError when it does not come up."""
    with tempfile.TemporaryDirectory(prefix="seikaku-container-") as scratch:
        folder = Path(scratch) / "model"
        folder.mkdir()
        if model_tar is not None:
            with tarfile.open(model_tar) as archive:
                archive.extractall(folder, filter="data")
        port = _free_port()
        command, own = _command(kind, folder, port)
        log_file = Path(scratch) / "container.log"
        with log_file.open("wb") as stream:
            process = subprocess.Popen(
                command, cwd=scratch, env=_environment(environment) | own, stdout=stream, stderr=subprocess.STDOUT
            )
        container = ServingContainer(f"http://127.0.0.1:{port}", port, process, folder, log_file)
        try:
            _wait(container)
            yield container
        finally:
            process.kill()
            process.wait()


def read_entrypoint() -> list[str]:
    """ENTRYPOINT of the Dockerfile."""
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(r"^ENTRYPOINT (\[.*\])$", text, re.MULTILINE)
    assert found, "the Dockerfile has no ENTRYPOINT in JSON form"
    command: list[str] = json.loads(found[1])
    return command


def _command(kind: str, folder: Path, port: int) -> tuple[list[str], dict[str, str]]:
    if kind == "image":
        own = {"SEIKAKU_MODEL": str(folder), "SAGEMAKER_BIND_TO_PORT": str(port)}
        return [*read_entrypoint(), "serve", "--host", "127.0.0.1"], own
    if kind == "huggingface":
        own = {"SAGEMAKER_BASE_DIR": str(folder.parent), "SAGEMAKER_BIND_TO_PORT": str(port)}
        return [sys.executable, str(_SERVER)], own
    raise ValueError(kind)


def _environment(given: dict[str, str]) -> dict[str, Any]:
    """What a container sees: nothing of the tests' own but where programs are."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return {"LANG": "C.UTF-8", "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"} | given | {"PATH": path}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(container: ServingContainer) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while ping(container.port) != 200:
        if container.process.poll() is not None:
            raise ContainerError(f"it ended with {container.process.returncode}: {container.log()[-500:]}")
        if time.monotonic() > deadline:
            raise ContainerError(f"no answer to /ping in {SECONDS_TO_START} s: {container.log()[-500:]}")
        time.sleep(0.05)


def ping(port: int) -> int:
    """The status of GET /ping, 0 where nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status
        except OSError:
            return 0
