"""The libraries' own reports are off, whoever imports what: the switch, where it is known, and who was looked at.

That it works is proven at the system calls: tests/e2e/test_nothing_leaves.py.
"""

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from packaging.requirements import Requirement

from seikaku.telemetry import OFF, OFF_IN_COMMANDS

CHANGED = """
import json, os
before = dict(os.environ)
import {module}
print(json.dumps({{name: value for name, value in os.environ.items() if before.get(name) != value}}))
"""
ASKED = """
{first}
from seikaku.errors import ModelError
from seikaku.model.encoder.backbone import find_backbone
try:
    find_backbone("nobody/nothing")
except ModelError as error:
    print(error.message)
"""


def run_python(code, **variables):
    environment = {name: value for name, value in os.environ.items() if name not in {**OFF, "HF_HUB_OFFLINE": ""}}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment | variables, capture_output=True, text=True, encoding="utf-8"
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("module", ["seikaku", "seikaku.version", "seikaku.serving.config"])
def test_importing_anything_sets_the_switches_and_no_other_variable(module):
    assert json.loads(run_python(CHANGED.format(module=module))) == OFF


def test_a_value_that_would_mean_on_does_not_stay():
    for value in ("0", "false", "", "2"):
        assert json.loads(run_python(CHANGED.format(module="seikaku"), **dict.fromkeys(OFF, value))) == OFF


def test_a_command_of_ours_reports_to_no_monitoring_and_importing_us_leaves_it_to_others(monkeypatch, capsys):
    from seikaku.cli.main import run

    assert not set(OFF_IN_COMMANDS) & set(OFF)
    for name in OFF_IN_COMMANDS:
        monkeypatch.setenv(name, "other")
    assert run(["--version"]) == 0
    assert {name: os.environ[name] for name in OFF_IN_COMMANDS} == OFF_IN_COMMANDS


def test_the_image_sets_them_too(repository):
    (variables,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", (repository / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    found = dict(item.split("=", 1) for item in variables.replace("\\\n", " ").split())
    assert {name: found.get(name) for name in OFF} == OFF


def test_one_module_knows_the_names(modules):
    names = [*OFF, *OFF_IN_COMMANDS]
    assert [name for name, module in modules.items() if any(known in module.text for known in names)] == [
        "seikaku.telemetry"
    ]


class Hub(BaseHTTPRequestHandler):
    """A hub that has nothing, and remembers what it was asked by whom."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers["User-Agent"]))
        self.send_error(404)

    def do_HEAD(self):
        self.do_GET()

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("is_first", [False, True], ids=["we", "another"])
def test_a_download_says_no_more_than_it_needs(hub, tmp_path, is_first):
    """Not which agent runs us, not torch's version, no question besides; all of which the hub's library tells else."""
    pytest.importorskip("huggingface_hub")
    first = "import huggingface_hub.constants" if is_first else ""
    variables = {"HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}", "HF_HOME": str(tmp_path), "AGENT": "somebody"}
    run_python(ASKED.format(first=first), **variables)
    paths, agents = zip(*hub.asked, strict=True)
    others = [path for path in paths if not path.startswith("/api/models/")]
    talkative = [agent for agent in agents if "torch/" in agent or "agent/" in agent]
    # What was loaded before us had read its variable by then: the proof that this test would see it.
    assert bool(others or talkative) == is_first


def test_every_library_of_ours_was_looked_at(repository):
    """A new one has no row yet: look into it for reports to its maker, then write the row."""
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    text = (repository / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition("## 外に何も送らない\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ")]
    looked_at = {name.strip(" `").lower() for row in rows for name in row.split("、")}
    missing = {Requirement(text).name.lower() for text in ours} - looked_at
    assert not missing
    assert set(re.findall(r"`([A-Z_]{8,})=", section)) >= {*OFF, *OFF_IN_COMMANDS}
