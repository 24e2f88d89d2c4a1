"""Nothing leaves the machine, libraries' reports to their makers included: the real commands, at the system calls.

Beside them ONNX Runtime runs without our switch: where the watch did not see that it reports, it would prove nothing.
"""

import contextlib
import http.client
import json
import re
import signal
import socket
import sys

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

from syscall_watch import REPOSITORY, check_strace, leaves_the_machine, start, wait_until

from seikaku.model.onnx.loading import MODEL_NAME

pytestmark = pytest.mark.slow

EXAMPLE = REPOSITORY / "examples" / "line_1on1.txt"
MANY = REPOSITORY / "examples" / "conversations.jsonl"
TALK = json.loads((REPOSITORY / "examples" / "conversation.json").read_text(encoding="utf-8"))
SPEAKER = TALK["utterances"][0]["speaker"]
# What monitoring may be told by variables that others set for the whole machine (192.0.2.0/24 is nobody's).
KUBEFLOW = {"KUBEFLOW_TRAINER_SERVER_URL": "https://192.0.2.1:8443"}
OPENTELEMETRY = {"FASTAPI_OTEL_AUTO_CONFIGURE": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://192.0.2.1:4318"}
START_SECONDS = 120
# ONNX Runtime sends its first report some seconds after it was loaded. A server is watched for longer than that took.
REPORT_SECONDS = 90
MARGIN_SECONDS = 3

TALKATIVE = """
import onnxruntime, sys, time
onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
time.sleep(600)
"""
AS_SAGEMAKER = """
import sys
from pathlib import Path
from seikaku.serving import inference
asked = inference.input_fn(Path(sys.argv[2]).read_bytes(), "application/json")
answer = inference.predict_fn(asked, inference.model_fn(sys.argv[1]))
assert answer.status == 200, answer.body
"""
IN_PYTHON = """
import sys
import seikaku
conversation, = seikaku.read(sys.argv[2]).conversations
print(seikaku.estimate(conversation, "花子", model=sys.argv[1]).to_dict())
"""


def seikaku(*arguments):
    return [sys.executable, "-m", "seikaku", *map(str, arguments)]


def program(text, *arguments):
    return [sys.executable, "-c", text, *map(str, arguments)]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    check_strace()
    return tmp_path_factory.mktemp("watched")


@pytest.fixture(scope="module")
def makers(root):
    """Training by the script that a SageMaker job runs, and the export of what it made, run to their end."""
    from planted import write_processed
    from tiny_encoder import build_tiny_backbone

    (root / "planted").mkdir()
    data, backbone = write_processed(root / "planted", n_speakers=30, n_dialogues=60), root / "backbone"
    build_tiny_backbone(backbone)
    small = ["--max_tokens", "48", "--max_steps", "1", "--max_dialogues", "1", "--epochs", "1"]
    small += ["--stage1_model_path", "none", "--backbone", str(backbone), "--data", str(data)]
    run = root / "train" / "made" / "run"
    train = [sys.executable, str(REPOSITORY / "train.py"), "--stage", "2", "--out", str(run), *small]
    token = root / "token"
    token.write_text("token", encoding="ascii")
    return {
        "train": finish(root / "train", train, **KUBEFLOW, KUBEFLOW_TRAINER_SERVER_TOKEN=str(token)),
        "export": finish(root / "export", seikaku("export", "--run", run, "--onnx", root / "export" / "made" / "onnx")),
    }


@pytest.fixture(scope="module")
def talkative(root, makers):
    """ONNX Runtime as any other program loads it; started just before the server that is compared with it."""
    graph = root / "export" / "made" / "onnx" / MODEL_NAME
    watched = start(root / "talkative", program(TALKATIVE, graph))
    yield watched
    watched.process.kill()
    watched.finish()


@pytest.fixture(scope="module")
def commands(root, makers, talkative):
    """Every command that has run to its end, by name: those that made the model, and all the ways to estimate by it."""
    onnx = root / "export" / "made" / "onnx"
    ended = {}
    server = start(root / "serve", seikaku("serve", "--port", "0", "--model", onnx), **OPENTELEMETRY)
    try:
        port = wait_for_port(server)
        loaded = server.age
        ask(port)
        asked = root / "asked.json"
        asked.write_text(request(), encoding="utf-8")
        table = root / "batch" / "made" / "table.csv"
        for name, command in {
            "analyze": seikaku("analyze", EXAMPLE, "--speaker", "花子", "--json", "--model", onnx),
            "batch": seikaku("batch", MANY, "--out", table, "--model", onnx),
            "inference": program(AS_SAGEMAKER, onnx, asked),
            "python": program(IN_PYTHON, onnx, EXAMPLE),
        }.items():
            ended[name] = finish(root / name, command)
        wait_until(talkative, lambda: bool(talkative.leaks()), REPORT_SECONDS)
        seconds = loaded + talkative.age + MARGIN_SECONDS
        assert wait_until(server, lambda: server.age > seconds, seconds), server.output
    finally:
        server.process.send_signal(signal.SIGTERM)
        assert server.finish() == 0, server.output
    return makers | ended | {"serve": server}


def finish(folder, command, **variables):
    watched = start(folder, command, **variables)
    assert watched.finish() == 0, watched.output
    return watched


def request():
    return json.dumps({"purpose": "research", "speaker": SPEAKER, "conversation": TALK}, ensure_ascii=False)


def wait_for_port(server):
    """The port, as soon as the server has loaded its model and listens."""
    address = re.compile(r"http://127\.0\.0\.1:(\d+)/")

    def listens():
        found = address.search(server.output)  # announced a moment before it listens
        if found is None:
            return False
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(found[1]))) == 0

    assert wait_until(server, listens, START_SECONDS), server.output
    return int(address.search(server.output)[1])


def ask(port):
    """One good request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/v1/estimates", request().encode(), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
    assert answer.status == 200, body
    assert json.loads(body)["model"]["model_id"] == "seikaku-lora-onnx"


NAMES = ("train", "export", "analyze", "batch", "inference", "python", "serve")


@pytest.mark.parametrize("name", NAMES)
def test_no_call_leaves_the_loopback_and_no_name_is_looked_up(commands, name):
    assert commands[name].leaks() == []
    assert commands[name].n_calls() > 100  # it was watched


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_behind_but_the_results(commands, name):
    """No id of this machine in an empty home, nor anything else: there, in the temporary folder, where it worked."""
    assert commands[name].left() == []
    assert commands[name].written_elsewhere() == []


def test_the_same_watch_sees_onnx_runtime_report(commands, talkative):
    assert any("/deviceid" in name for name in talkative.left())
    leaks = talkative.leaks()
    assert any("htons(53)" in line or "resolve" in line for line in leaks), talkative.output


INET = "sa_family=AF_INET, sin_port=htons({}), sin_addr=inet_addr({})"
INET6 = "sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, {}, &sin6_addr)"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("connect(3, {" + INET.format(443, '"192.0.2.1"') + "}, 16 <unfinished ...>", True),
        ("connect(3<socket:[1]>, {" + INET.format(80, '"127.0.0.1"') + "}, 16) = 0", False),
        ("connect(3, {" + INET.format(53, '"127.0.0.53"') + "}, 16) = 0", True),
        ("connect(3, {" + INET6.format('"2001:db8::1"') + ", sin6_scope_id=0}, 28) = 0", True),
        ("bind(3, {" + INET6.format('"::1"') + ", sin6_scope_id=0}, 28) = 0", False),
        ("bind(3, {" + INET.format(0, '"0.0.0.0"') + "}, 16) = 0", True),
        ("sendmmsg(3, [{msg_hdr={msg_name={" + INET.format(9, '"192.0.2.1"') + "}, msg_namelen=16}}], 1, 0) = 1", True),
        ('sendto(3, "text", 4, MSG_NOSIGNAL, NULL, 0) = 4', False),
        ('connect(3, {sa_family=AF_UNIX, sun_path="/run/systemd/resolve/io.systemd.Resolve"}, 42) = 0', True),
        ('connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT', False),  # who a user is
        ("connect(3, {sa_family=AF_VSOCK, svm_cid=2}, 16) = 0", True),
        ('openat(AT_FDCWD</>, "/etc/resolv.conf", O_RDONLY|O_CLOEXEC) = 4', True),
        ("io_uring_setup(8, 0x7ffd) = 4", True),
    ],
)
def test_what_counts_as_leaving(call, expected):
    assert leaves_the_machine(f"1234  {call}") == expected
