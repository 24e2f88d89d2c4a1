"""The guide's commands, and a user who types them into a folder of their own before the stage.

In: a Markdown file; an ``AwsStage``. Out: each command's line, exit code and output. Effects: runs the commands.
"""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import tiny_encoder
from aws_environment import aws_environment, clean_environment
from aws_stage import AwsStage
from socket_guard import guarded_children, only_loopback, stopped_by

REPOSITORY = Path(__file__).resolve().parents[3]
BACKBONE = "FacebookAI/xlm-roberta-large"
_BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
# These start as real processes; the others run in this one, which spares each the imports.
AS_PROCESSES = ("python ", "seikaku cloud doctor", "seikaku cloud status", "seikaku cloud train", "seikaku cloud tune")
_TIMEOUT_SECONDS = 300


def read_commands(guide: str) -> list[str]:
    """The command lines of the guide's bash blocks, in order, without comments."""
    lines = [line for block in _BLOCK.findall(guide) for line in block.replace("\\\n", " ").splitlines()]
    return [" ".join(words) for line in lines if (words := line.partition(" #")[0].split())]


@dataclass(frozen=True)
class Typed:
    """A command that has ended; ``exit_code`` is negative where a signal ended it."""

    line: str
    exit_code: int
    output: str


class User:
    """Types commands in ``folder``. Where one asks, the answer is yes."""

    def __init__(self, stage: AwsStage, folder: Path) -> None:
        self.folder = folder
        self._stage = stage
        self._guard = folder.parent / "guard"
        self.environment = clean_environment(os.environ) | aws_environment(folder.parent / "user")
        self.environment |= {"AWS_ENDPOINT_URL": stage.url, "COLUMNS": "120"} | guarded_children(self._guard)
        self.typed: list[Typed] = []
        self.left_the_machine: list[str] = []

    def prepare(self) -> None:
        """A checkout with data/processed, and a tiny backbone in the cache where the big one would lie."""
        from seikaku.cli.local_data import SAMPLE_FOLDER, prepare_sample

        self.folder.mkdir()
        for name in ("run_sagemaker.py", "examples"):
            (self.folder / name).symlink_to(REPOSITORY / name)
        prepare_sample(SAMPLE_FOLDER, self.folder / "data")
        entry = self._hub / f"models--{BACKBONE.replace('/', '--')}"
        with mock.patch.object(tiny_encoder, "MAX_TOKENS", 512):  # as long as the big one reads
            tiny_encoder.build_tiny_backbone(entry / "snapshots" / "fictional")
        (entry / "refs").mkdir()
        (entry / "refs" / "main").write_text("fictional", encoding="utf-8")

    def type(self, line: str) -> Typed:
        """Run one command to its end."""
        if line.startswith(AS_PROCESSES):
            process = self.start(line)
            output = process.communicate(timeout=_TIMEOUT_SECONDS)[0]
            return self.note(line, process.returncode, output)
        return self.note(line, *self._run_here(line))

    def start(self, line: str) -> "subprocess.Popen[str]":
        """Begin one command as a process."""
        words = shlex.split(line)
        program = {"python": [sys.executable], "seikaku": [sys.executable, "-m", "seikaku"]}[words[0]]
        process = subprocess.Popen(
            [*program, *words[1:]],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        return process

    def lose_terminal(self, line: str, when: Callable[[], bool]) -> Typed:
        """Run one command and kill it, without a warning, as soon as ``when`` is true."""
        process = self.start(line)
        end = time.monotonic() + _TIMEOUT_SECONDS
        while process.poll() is None and not when() and time.monotonic() < end:
            time.sleep(0.05)
        process.kill()
        return self.note(line, process.wait(), process.communicate()[0])

    def note(self, line: str, exit_code: int, output: str) -> Typed:
        """Remember what a command did."""
        self.typed.append(Typed(line, exit_code, output))
        self.left_the_machine += stopped_by(self._guard)
        return self.typed[-1]

    def _run_here(self, line: str) -> tuple[int, str]:
        from seikaku.cli.main import run

        output = io.StringIO()
        with (
            self._at_home(),
            only_loopback() as guard,
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            exit_code = run(shlex.split(line)[1:])
        self.left_the_machine += guard.stopped
        return exit_code, output.getvalue()

    @property
    def _hub(self) -> Path:
        return Path(self.environment["XDG_CACHE_HOME"]) / "huggingface" / "hub"

    @contextlib.contextmanager
    def _at_home(self) -> Iterator[None]:
        before = Path.cwd()
        # huggingface_hub read the environment when it was imported, which may be long ago.
        hub = mock.patch.multiple("huggingface_hub.constants", HF_HUB_CACHE=str(self._hub), HF_HUB_OFFLINE=True)
        with hub, mock.patch.dict(os.environ, self.environment, clear=True):
            os.chdir(self.folder)
            try:
                yield
            finally:
                os.chdir(before)
