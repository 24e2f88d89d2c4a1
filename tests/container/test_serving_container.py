"""Both serving containers over real HTTP: the same contract, the same numbers as `seikaku analyze --json`."""

import concurrent.futures
import contextlib
import http.client
import io
import json
import re
import signal
import subprocess
import sys
import tarfile
import time

import pytest
from click.testing import CliRunner
from serving_container import REPOSITORY, ContainerError, ping, start_container

from seikaku.cloud.serving.packing import pack_model
from seikaku.serving.config import ServeConfig
from seikaku.traits import TRAIT_KEYS

EXAMPLE = REPOSITORY / "examples" / "line_1on1.txt"
LINES = "application/jsonlines"
KINDS = ("image", "huggingface")


@pytest.fixture(scope="module")
def model_tar(tmp_path_factory):
    return pack_model(tmp_path_factory.mktemp("packed") / "model.tar.gz", [], with_code=True).path


@pytest.fixture(scope="module", params=KINDS)
def container(request, model_tar):
    with start_container(request.param, model_tar, {}) as started:
        started.kind = request.param
        yield started


@pytest.fixture(scope="module")
def question():
    import seikaku

    (talk,) = seikaku.read(EXAMPLE).conversations
    said = [{"speaker": u.speaker, "text": u.text} for u in talk.utterances]
    return {"purpose": "research", "speaker": "花子", "conversation": {"conversation_id": "1", "utterances": said}}


@pytest.fixture(scope="module")
def expected():
    from seikaku.cli.analyze import command

    result = CliRunner().invoke(command, [str(EXAMPLE), "--speaker", "花子", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)["results"][0]["traits"]


def encode(value):
    return json.dumps(value, ensure_ascii=False).encode()


def numbers(document):
    keys = ("status", "score_1to7", "t_score", "percentile", "interval_80")
    return {key: {name: document["traits"][key][name] for name in keys} for key in TRAIT_KEYS}


def test_the_numbers_are_those_of_analyze(container, question, expected):
    status, headers, body = container.ask(encode(question), Accept="application/json")
    assert (status, headers["content-type"]) == (200, "application/json")
    document = json.loads(body)
    assert numbers(document) == numbers({"traits": expected})
    assert any(trait["score_1to7"] is not None for trait in expected.values())  # else equality says nothing


@pytest.mark.parametrize("accept", ["*/*", LINES, "text/html, application/*;q=0.5"])
def test_every_form_of_answer_that_is_ours_is_accepted(container, question, accept):
    assert container.ask(encode(question), Accept=accept)[0] == 200


@pytest.mark.parametrize(
    ("body", "content_type", "headers", "status", "kind"),
    [
        (b"", "application/json", {}, 422, "fields"),
        ('{"purpose": "秘密の話'.encode(), "application/json", {}, 422, "fields"),
        (b"[]", "application/json", {}, 422, "fields"),
        (encode({"purpose": "hiring", "conversation": {"utterances": [{"speaker": "花子", "text": "秘密の話"}]}}),
         "application/json", {}, 403, "purpose"),
        (encode({"purpose": "research", "conversation": {"utterances": [
            {"speaker": "花子", "text": "秘密の話"}, {"speaker": "太郎", "text": "うん"}]}}),
         "application/json", {}, 422, "speaker"),
        ("秘密の話".encode(), "text/plain", {}, 415, "media-type"),
        (b"{}", "application/json", {"Accept": "image/png"}, 406, "not-acceptable"),
    ],
    ids=["empty", "broken", "no object", "forbidden purpose", "which speaker", "plain text", "accept"],
)  # fmt: skip
def test_a_refusal_is_a_problem_document_without_what_was_said(container, body, content_type, headers, status, kind):
    found, _, answer = container.ask(body, content_type, **headers)
    problem = json.loads(answer)
    assert (found, problem["status"], problem["type"]) == (status, status, f"urn:seikaku:problem:{kind}")
    assert problem["detail"] and problem["mend"] and problem["request_id"]
    assert "秘密の話" not in answer.decode() + container.log()


def test_more_than_the_limit_is_refused(container):
    n_bytes = ServeConfig().max_body_bytes + 1
    if container.kind == "huggingface":
        assert container.ask(b"a" * n_bytes)[0] == 413
        return
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", container.port, timeout=30)) as connection:
        connection.putrequest("POST", "/invocations")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(n_bytes))
        connection.endheaders()
        assert connection.getresponse().status == 413  # before any of it is read


def test_json_lines_are_answered_one_by_one_in_order(container, question, expected):
    bad = question | {"purpose": "hiring"}
    lines = [encode(question), b"", b"{", encode(bad), encode(question)]
    status, _, body = container.ask(b"\n".join(lines) + b"\n", LINES, Accept=LINES)
    assert status == 200
    answers = [json.loads(line) for line in body.splitlines()]
    assert [answer["line"] for answer in answers] == [1, 3, 4, 5]
    assert [answer.get("error", {}).get("status") for answer in answers] == [None, 422, 403, None]
    assert numbers(answers[0]["result"]) == numbers(answers[3]["result"]) == numbers({"traits": expected})


def test_questions_at_once_do_not_mix(container, question):
    def ask(number):
        said = [{"speaker": f"話者{number}", "text": f"架空の話の{number}番。" * 40}]
        asked = question | {"speaker": f"話者{number}", "conversation": {"utterances": said}}
        status, _, body = container.ask(encode(asked))
        return status, json.loads(body)["speaker"]

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, range(12))) == [(200, f"話者{number}") for number in range(12)]


def test_no_log_holds_what_was_said(container, question):
    texts = [said["text"] for said in question["conversation"]["utterances"] if len(said["text"]) > 10]
    assert len(texts) > 20
    assert not [text for text in texts if text in container.log()]


def n_in_flight(container):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", container.port, timeout=30)) as connection:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    return float(re.search(r"^seikaku_http_requests_in_flight (\S+)$", text, re.MULTILINE)[1]) - 1  # less this one


def test_a_stop_lets_the_work_in_hand_end_and_the_packed_model_answered(planted_tar, question):
    lines = b"\n".join([encode(question)] * 40)
    with start_container("image", planted_tar, {}) as container, concurrent.futures.ThreadPoolExecutor(1) as pool:
        at_work = pool.submit(container.ask, lines, LINES)
        while not n_in_flight(container) and not at_work.done():
            time.sleep(0.01)
        container.process.send_signal(signal.SIGTERM)
        status, _, body = at_work.result()
        answers = [json.loads(line) for line in body.splitlines()]
        assert (status, len(answers)) == (200, 40)
        assert {answer["result"]["model"]["model_id"] for answer in answers} == {"planted"}
        assert container.process.wait(20) == 0
        assert ping(container.port) == 0


@pytest.fixture
def planted_tar(trained_model_folder, tmp_path):
    files = [trained_model_folder / name for name in ("model.safetensors", "model.json")]
    return pack_model(tmp_path / "whole.tar.gz", files, with_code=True).path


def repack(source, target, change):
    """A copy of the archive in which ``change(name, bytes)`` gives each member's bytes, None to leave it out."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for entry in old.getmembers():
            content = change(entry.name, old.extractfile(entry).read())
            if content is not None:
                entry.size = len(content)
                new.addfile(entry, io.BytesIO(content))
    return target


@pytest.fixture
def broken_tar(planted_tar, tmp_path):
    return repack(planted_tar, tmp_path / "broken.tar.gz",
                  lambda name, content: content[:-1] if name == "model.safetensors" else content)  # fmt: skip


def test_a_broken_model_ends_our_container_with_its_reason(broken_tar):
    with pytest.raises(ContainerError, match=r"ended with 2: .*モデルの重みが記録と一致しません") as caught:
        start_container("image", broken_tar, {}).__enter__()
    assert "Traceback" not in str(caught.value)


def test_a_broken_model_gives_no_answer_in_the_other(broken_tar, question):
    with start_container("huggingface", broken_tar, {}) as container:
        assert container.ask(encode(question))[0] == 503
        assert "モデルの重みが記録と一致しません" in container.log()


def test_the_packed_model_answers_in_the_other(planted_tar, question):
    with start_container("huggingface", planted_tar, {}) as container:
        document = json.loads(container.ask(encode(question))[2])
    assert document["model"]["model_id"] == "planted"


def test_without_an_artefact_our_image_serves_the_embedded_model(question):
    with start_container("image", None, {"SEIKAKU_SERVE_MAX_BODY_BYTES": "5000"}) as container:
        small = question | {"conversation": {"utterances": question["conversation"]["utterances"][:3]}}
        assert json.loads(container.ask(encode(small))[2])["model"]["model_id"].startswith("seikaku-ngram")
        assert container.ask(encode(question))[0] == 413


IMPORTS = """
import json, sys
sys.path.insert(0, sys.argv[1])
import inference
model = inference.model_fn(sys.argv[2])
inference.predict_fn((sys.stdin.buffer.read(), "application/json"), model)
paths = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
tails = [path.rpartition("site-packages/")[2] for path in paths if "site-packages/" in path]
print(json.dumps(sorted({tail.split("/")[0] for tail in tails})))
"""


def test_the_script_needs_no_more_than_the_image_has_and_what_travels(model_tar, tmp_path, question):
    with tarfile.open(model_tar) as archive:
        archive.extractall(tmp_path, filter="data")
        names = archive.getnames()
    run = subprocess.run(
        [sys.executable, "-c", IMPORTS, tmp_path / "code", tmp_path], input=encode(question), capture_output=True
    )
    assert run.returncode == 0, run.stderr.decode()
    in_the_image = {"numpy", "safetensors"}
    own_of_this_machine = {"_distutils_hack", "distutils-precedence.pth"}
    found = {name for name in json.loads(run.stdout) if not name.startswith(("__editable__", "_virtualenv"))}
    assert found <= in_the_image | own_of_this_machine
    assert {"code/pydantic/main.py", "code/typing_extensions.py"} <= set(names)
    assert "code/requirements.txt" not in names  # the image would run pip at every start
    assert not [name for name in names if "training" in name or "cloud" in name or "/cli/" in name]
