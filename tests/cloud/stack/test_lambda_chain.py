"""The whole edge on the loopback: event -> AWS's Lambda emulator -> handler -> runtime -> the real container."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from aws_environment import ACCOUNT_ID, aws_environment
from lambda_emulator import FunctionFailedError, find_emulator, start_lambda
from runtime_shim import start_shim
from serving_container import start_container
from stage_api import build_event, is_signed
from stage_wire import AwsAnswer, AwsRequest, listen

from seikaku.cli.cloud.ask import build_conversations
from seikaku.cli.main import run
from seikaku.cloud.stack import edge
from seikaku.conversation.readers import read_conversations
from seikaku.places import REPOSITORY

EXAMPLE = str(REPOSITORY / "examples" / "line_1on1.txt")
SECONDS = "1"  # the handler's wait in these tests


def environment_of(folder, url):
    return aws_environment(folder) | {
        "ENDPOINT_NAME": "seikaku",
        "READ_TIMEOUT_SECONDS": SECONDS,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": url,
    }


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """The function from its zip, before a container with the embedded model; ``url`` is its API, IAM and all."""
    folder = tmp_path_factory.mktemp("lambda")
    packed = folder / "handler.zip"
    packed.write_bytes(edge.pack_function().data)
    with start_container("image", None, {}) as container, start_shim({"seikaku": container.url}) as shim:
        with start_lambda(packed, environment_of(folder, shim.url)) as function:
            told = SimpleNamespace(url="", function=function, shim=shim, container=container)

            def answer(request):
                if not is_signed(request, told.url):
                    return AwsAnswer(403, b'{"message":"Forbidden"}', {"Content-Type": "application/json"})
                given = function.invoke(build_event(request, request.path, ""))
                return AwsAnswer(given["statusCode"], given["body"].encode(), given["headers"])

            with listen(answer) as told.url:
                yield told


@pytest.fixture(autouse=True)
def warm(chain):
    """The first call starts the function, which is not what is timed."""
    chain.function.invoke({"routeKey": "GET /health"})
    chain.shim.requests.clear()


def build_request(**more):
    conversations = build_conversations(read_conversations(Path(EXAMPLE)).conversations, "花子")
    return {"purpose": "research", "speaker": "花子", "conversations": conversations} | more


def send(chain, body, headers=None):
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    request = AwsRequest("POST", "/v1/estimates", {"Content-Type": "application/json"} | (headers or {}), raw)
    answer = chain.function.invoke(build_event(request, "/v1/estimates", ""))
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def analyze(capsys):
    assert run(["analyze", EXAMPLE, "--speaker", "花子", "--json"]) == 0
    return json.loads(capsys.readouterr().out)["results"][0]


def test_the_emulator_is_awss_own():
    assert find_emulator() is not None or os.uname().machine not in {"x86_64", "aarch64"}


def test_the_api_gives_the_same_numbers_as_analyze(chain, capsys):
    status, answer, _ = send(chain, build_request())
    assert status == 200
    local = analyze(capsys)
    for key in ("traits", "amount", "language", "unlikeness", "model", "norm", "warnings", "speaker"):
        assert answer[key] == local[key], key
    (call,) = chain.shim.requests
    assert call.path == "/endpoints/seikaku/invocations"
    assert "/sagemaker/aws4_request" in call.headers["Authorization"]


def test_ask_shows_the_same_table_as_analyze(chain, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert run(["analyze", EXAMPLE, "--speaker", "花子"]) == 0
    local = capsys.readouterr().out
    arguments = ["cloud", "ask", EXAMPLE, "--speaker", "花子", "--purpose", "self_reflection", "--url", chain.url]
    assert run(arguments) == 0
    assert capsys.readouterr().out == local
    assert run([*arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["purpose"] == "self_reflection" and answer["traits"] == analyze(capsys)["traits"]


def test_a_wrong_signature_stays_outside(chain, capsys, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    assert run(["cloud", "ask", EXAMPLE, "--speaker", "花子", "--purpose", "research", "--url", chain.url]) == 1
    assert "推論 API が呼び出しを断りました。（403）" in capsys.readouterr().err
    assert not chain.shim.requests


@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [({"purpose": "hiring"}, 403, "purpose"), ({"speaker": "次郎"}, 422, "speaker"), ({"n": 1}, 422, "fields")],
)
def test_the_containers_refusals_come_through(chain, change, status, kind):
    found, problem, headers = send(chain, build_request(**change))
    assert (found, problem["type"]) == (status, f"urn:seikaku:problem:{kind}")
    assert problem["request_id"] == headers["x-request-id"] and problem["mend"]


def test_the_containers_words_come_in_the_language_of_the_caller(chain):
    _, problem, _ = send(chain, build_request(purpose="hiring"), {"accept-language": "en"})
    assert problem["detail"].isascii() and problem["mend"].isascii()
    status, answer, _ = send(chain, build_request(), {"accept-language": "en"})
    assert (status, answer["texts"]["lang"]) == (200, "en")


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_broken_json_reads_as_at_the_api_itself(chain, lang):
    status, problem, _ = send(chain, b"{", {"accept-language": lang})
    assert not chain.shim.requests, "no endpoint is woken for it"
    found, _, body = chain.container.ask(b"{", accept_language=lang)
    direct = json.loads(body)
    for answer in (problem, direct):
        answer.pop("request_id")
    assert (status, problem) == (found, direct)


@pytest.mark.parametrize(
    ("code", "http_status", "status"),
    [("ThrottlingException", 400, 429), ("ModelNotReadyException", 429, 503), ("InternalFailure", 500, 502)],
)
def test_awss_refusals_on_the_wire(chain, code, http_status, status):
    chain.shim.fail_next(code, http_status)
    found, problem, headers = send(chain, {})
    assert (found, problem["status"]) == (status, status)
    assert ("retry-after" in headers) == (status != 502)
    assert len(chain.shim.requests) == 1, "no second try"


def test_an_endpoint_that_is_gone(chain):
    kept = dict(chain.shim.containers)
    chain.shim.containers.clear()
    assert send(chain, {})[0] == 503
    chain.shim.containers.update(kept)


def test_a_slow_endpoint_is_not_waited_for_longer_than_told(chain):
    chain.shim.delay_next(float(SECONDS) + 1)
    status, problem, _ = send(chain, {})
    assert (status, problem["type"]) == (504, "urn:seikaku:problem:time-limit")


def test_no_word_of_the_talk_is_logged(chain):
    request = build_request()
    send(chain, request)
    send(chain, request | {"speaker": "次郎"})
    lines = [json.loads(line) for line in chain.function.log.splitlines() if line.startswith("{")]
    assert {200, 422} <= {line["status"] for line in lines}
    spoken = {said["text"] for talk in request["conversations"] for said in talk["utterances"] if len(said["text"]) > 5}
    for word in (*spoken, "花子", "次郎", ACCOUNT_ID):
        assert word not in chain.function.log


def test_the_stub_runs_the_same_function_where_the_emulator_is_missing(chain, tmp_path):
    packed = tmp_path / "handler.zip"
    packed.write_bytes(edge.pack_function().data)
    with start_lambda(packed, environment_of(tmp_path, chain.shim.url), stub=True, timeout_seconds=20) as function:
        status, answer, _ = send(SimpleNamespace(function=function), build_request())
    assert (status, answer["speaker"]) == (200, "花子")


def test_a_function_that_cannot_start_says_why(tmp_path):
    (tmp_path / "lambda_handler.py").write_text("raise ValueError('broken at the start')", encoding="utf-8")
    with start_lambda(tmp_path, {}, timeout_seconds=5) as function:
        with pytest.raises(FunctionFailedError, match="broken at the start"):
            function.invoke({})
