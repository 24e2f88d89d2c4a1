"""Nothing leaves the machine: a connection or a look-up of a name beyond the loopback fails and is remembered.

In: what the process asks of its sockets. Effect: patches ``socket`` while the block runs. A child process is guarded
by ``guarded_children``: a ``sitecustomize`` that writes what it stopped into a file.
"""

import ipaddress
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

LOG_VARIABLE = "SEIKAKU_SOCKET_GUARD_LOG"
_SITE = """
import socket_guard
socket_guard.install_in_child()
"""


class LeftTheMachineError(OSError):
    """A connection or look-up that would have left the loopback."""


def is_loopback(host: object) -> bool:
    """Whether ``host`` (a name, an address, or None for this machine) is the machine itself."""
    if host in (None, "", b"", "localhost", b"localhost", "testserver"):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text == socket.gethostname()
    return address.is_loopback or address.is_unspecified


class SocketGuard:
    """The patched functions of ``socket``; ``stopped`` holds what was tried, as ``connect 192.0.2.1:443``."""

    def __init__(self, log: Path | None = None) -> None:
        self.stopped: list[str] = []
        self._log = log
        self._real = {
            "connect": socket.socket.connect,
            "connect_ex": socket.socket.connect_ex,
            "sendto": socket.socket.sendto,
            "getaddrinfo": socket.getaddrinfo,
            "gethostbyname": socket.gethostbyname,
        }

    def check(self, what: str, host: object, port: object = "") -> None:
        """Remember and refuse what is not loopback."""
        if is_loopback(host):
            return
        self.stopped.append(f"{what} {host}:{port}")
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as stream:
                stream.write(self.stopped[-1] + "\n")
        raise LeftTheMachineError(f"stopped by the socket guard: {self.stopped[-1]}")

    def _of_socket(self, name: str):
        real = self._real[name]

        def guarded(connection: socket.socket, *arguments: object) -> object:
            target = arguments[-1]
            if connection.family in (socket.AF_INET, socket.AF_INET6) and isinstance(target, tuple):
                self.check(name, target[0], target[1])
            return real(connection, *arguments)

        return guarded

    def _of_name(self, name: str):
        real = self._real[name]

        def guarded(host: object, *arguments: object, **keywords: object) -> object:
            self.check(name, host, arguments[0] if arguments else "")
            return real(host, *arguments, **keywords)

        return guarded

    def patches(self) -> list[object]:
        """The patches to start, as unittest.mock makes them."""
        methods = [
            mock.patch.object(socket.socket, name, self._of_socket(name))
            for name in ("connect", "connect_ex", "sendto")
        ]
        names = [mock.patch.object(socket, name, self._of_name(name)) for name in ("getaddrinfo", "gethostbyname")]
        return [*methods, *names]


@contextmanager
def only_loopback() -> Iterator[SocketGuard]:
    """Guard this process within the block."""
    guard = SocketGuard()
    patches = guard.patches()
    for patch in patches:
        patch.start()
    try:
        yield guard
    finally:
        for patch in reversed(patches):
            patch.stop()


def guarded_children(folder: Path) -> dict[str, str]:
    """The environment that guards every Python process started with it; what it stopped stands in ``stopped_by``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(_SITE, encoding="utf-8")
    paths = [str(folder), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    return {
        LOG_VARIABLE: str(folder / "stopped.log"),
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
    }


def stopped_by(folder: Path) -> list[str]:
    """What the guard stopped in children started with ``guarded_children(folder)``."""
    log = folder / "stopped.log"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def install_in_child() -> None:
    """Guard this process for its whole life."""
    for patch in SocketGuard(Path(os.environ[LOG_VARIABLE])).patches():
        patch.start()
