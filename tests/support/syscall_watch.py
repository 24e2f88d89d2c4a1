"""What a process and its children ask of the network, and which files they write, as the kernel is asked: strace.

In: a command and a folder. Out: ``Watched``. Effects: the process, files under the folder.

A guard in Python (``socket_guard``) sees nothing of what compiled libraries do; this does. The process gets an empty
home and no variable of the tests: one like CI=1, by which libraries keep quiet, would make the proof worth nothing.
"""

import ipaddress
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
# -D: the tracer stands aside, so that the process is our child. seccomp: only these calls stop it, else it crawls.
_CALLS = "network,io_uring_setup,openat,?openat2,?open,?creat"
_STRACE = ("strace", "-D", "-f", "-y", "--seccomp-bpf", "-e", f"trace={_CALLS}")
_STOP_SECONDS = 60
_REACHES = re.compile(r"^\d+ +(connect|bind|sendto|sendmsg|sendmmsg)\((.*)")
_OPENS = re.compile(r'^\d+ +(?:openat2?\((?:AT_FDCWD|\d+)<([^>]*)>, |open\(|creat\()"([^"]*)"(?:, (.*))?')
_FAMILY = re.compile(r"sa_family=(\w+)")
_INET = re.compile(r'sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"')
_LOCAL_FAMILIES = {"AF_UNIX", "AF_NETLINK", "AF_UNSPEC"}  # AF_UNSPEC: a socket is let go
# To ask who a host is, glibc reads this first, whether it then asks the network or a service of the machine.
_NAMES = "/etc/resolv.conf"
_RESOLVERS = re.compile(r'sun_path=@?"[^"]*resolve[^"]*"')
_DNS = "53"
# Not files: what is written there is kept by nobody (sem: processes that wait for each other).
_NO_FILES = re.compile(r"^/dev/(null|tty|shm/sem\..*)$|^/proc/")


@dataclass
class Watched:
    """A process under watch. ``folder``: its home, its temporary files, where it works, and ``made``: its results."""

    process: "subprocess.Popen[bytes]"
    folder: Path
    started: float

    @property
    def output(self) -> str:
        """What it wrote on both streams."""
        return (self.folder / "output").read_text(encoding="utf-8", errors="replace")

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.started

    def finish(self) -> int:
        """Wait for its end and the tracer's; the exit code."""
        code = self.process.wait(timeout=_STOP_SECONDS)
        last = re.compile(rf"^{self.process.pid} +\+\+\+ (exited|killed)", re.MULTILINE)
        deadline = time.monotonic() + _STOP_SECONDS
        while not last.search(self._trace()):
            assert time.monotonic() < deadline, "the tracer did not come to an end"
            time.sleep(0.05)
        return code

    def leaks(self) -> list[str]:
        """Calls that would leave the loopback, and look-ups of a host's name."""
        return [line for line in self._trace().splitlines() if leaves_the_machine(line)]

    def left(self) -> list[str]:
        """Files that lie in its home, its temporary folder and where it worked."""
        tops = [self.folder / name for name in ("home", "tmp", "work")]
        return sorted(str(path.relative_to(self.folder)) for top in tops for path in top.rglob("*") if path.is_file())

    def written_elsewhere(self) -> list[str]:
        """Files outside its folder that were opened to be written, also those that are gone."""
        found = (written_file(line, self.folder / "work") for line in self._trace().splitlines())
        return sorted({str(path) for path in found if path is not None and not path.is_relative_to(self.folder)})

    def n_calls(self) -> int:
        """How many calls were seen: none would mean that nothing was watched."""
        return self._trace().count("\n")

    def _trace(self) -> str:
        path = self.folder / "trace"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def leaves_the_machine(line: str) -> bool:
    """Whether a line of a trace shows a call beyond the loopback, or the look-up of a name."""
    if "io_uring_setup(" in line or f'"{_NAMES}"' in line:  # the first: what goes through it is not seen here
        return True
    reaches = _REACHES.match(line)
    if reaches is None:
        return False
    if any(port == _DNS or not ipaddress.ip_address(host).is_loopback for port, host in _INET.findall(reaches[2])):
        return True
    families = set(_FAMILY.findall(reaches[2]))
    return bool(_RESOLVERS.search(reaches[2]) or families - _LOCAL_FAMILIES - {"AF_INET", "AF_INET6"})


def written_file(line: str, folder: Path) -> Path | None:
    """The file that a line shows opened to be written, else None; ``folder``: where the older calls start from."""
    found = _OPENS.match(line)
    if found is None or ("creat(" not in line and not re.search(r"O_(WRONLY|RDWR|CREAT)", found[3] or "")):
        return None
    path = Path(found[1] or folder, found[2])
    return None if _NO_FILES.match(str(path)) else path


def start(folder: Path, command: list[str], **variables: str) -> Watched:
    """Start a command under watch, with a home of its own and no variable but these."""
    for name in ("home", "tmp", "work", "made"):
        (folder / name).mkdir(parents=True)
    environment = {
        "HOME": str(folder / "home"),
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(REPOSITORY),
        "TMPDIR": str(folder / "tmp"),
    }
    with (folder / "output").open("wb") as stream:
        process = subprocess.Popen(
            [*_STRACE, "-o", str(folder / "trace"), *command],
            env=environment | variables,
            cwd=folder / "work",
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    return Watched(process, folder, time.monotonic())


def wait_until(watched: Watched, is_true: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is true; False when the process has ended or the time is over before."""
    deadline = time.monotonic() + seconds
    while not is_true():
        if watched.process.poll() is not None or time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def check_strace() -> None:
    """Skip, and say what is not proven by that, where there is no strace or it may not trace."""
    if shutil.which("strace") is None:
        pytest.skip("NOT PROVEN that nothing leaves the machine: strace is not installed (make setup-browser)")
    probe = subprocess.run([*_STRACE, "-o", os.devnull, "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        pytest.skip(f"NOT PROVEN that nothing leaves the machine: strace may not trace here ({probe.stderr.strip()})")
