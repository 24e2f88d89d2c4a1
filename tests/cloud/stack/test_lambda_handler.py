"""The function of the inference API, called directly: what it refuses, how AWS's errors read, what it logs."""

import ast
import base64
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from seikaku.cloud.stack import edge, lambda_handler
from seikaku.serving.guards.guard import SECURITY_HEADERS
from seikaku.serving.requests.problems import MEDIA_TYPE

SECRET = "秘密の話"
BODY = json.dumps({"purpose": "research", "conversation": {"utterances": [{"speaker": "花子", "text": SECRET}]}},
                  ensure_ascii=False)  # fmt: skip
PROBLEM = {
    "type": "urn:seikaku:problem:speaker",
    "title": "Unprocessable Entity",
    "status": 422,
    "detail": "話者が 2 人います。",
    "mend": "speaker に推定する話者の名前を指定してください。",
    "request_id": "of-the-container",
}


@pytest.fixture
def runtime(monkeypatch):
    """The runtime's client, stubbed."""
    monkeypatch.setenv("ENDPOINT_NAME", "seikaku")
    monkeypatch.setenv("READ_TIMEOUT_SECONDS", "25")
    client = boto3.client("sagemaker-runtime")
    monkeypatch.setattr(lambda_handler, "_client", lambda: client)
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def call(body=BODY, route="POST /v1/estimates", content_type="application/json; charset=utf-8", **more):
    event = {
        "version": "2.0",
        "routeKey": route,
        "headers": {"content-type": content_type, "user-agent": "花子のブラウザ"} | more.pop("headers", {}),
        "requestContext": {"requestId": "JKJaXmPLvHcESHA=", "http": {"method": route.split()[0]}},
        "body": body,
        "isBase64Encoded": False,
    }
    answer = lambda_handler.handle(event | more)
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def tell(runtime, answer, lang="ja"):
    body = json.dumps(answer, ensure_ascii=False).encode()
    expected = {
        "EndpointName": "seikaku",
        "ContentType": "application/json",
        "Accept": "application/json",
        "Body": BODY.encode(),
        "CustomAttributes": f"accept-language={lang}",
    }
    runtime.add_response("invoke_endpoint", {"Body": StreamingBody(_File(body), len(body))}, expected)


class _File:
    def __init__(self, data):
        self.data = data

    def read(self, *_):
        data, self.data = self.data, b""
        return data


def tell_model_error(runtime, status, message):
    runtime.add_client_error("invoke_endpoint", "ModelError", "Received error", 424,
                             modeled_fields={"OriginalStatusCode": status, "OriginalMessage": message})  # fmt: skip


def test_a_request_goes_to_the_endpoint_as_it_came_and_so_does_the_answer(runtime, capsys):
    tell(runtime, {"speaker": "花子"})
    status, answer, headers = call()
    assert (status, answer, headers["content-type"]) == (200, {"speaker": "花子"}, "application/json")
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert line.pop("duration_ms") >= 0
    assert headers["x-request-id"] == "JKJaXmPLvHcESHA"
    assert line == {
        "event": "request",
        "request_id": "JKJaXmPLvHcESHA",
        "route": "POST /v1/estimates",
        "aws_request_id": "JKJaXmPLvHcESHA=",
        "n_bytes_in": len(BODY.encode()),
        "status": 200,
        "n_bytes_out": len('{"speaker": "花子"}'.encode()),
    }


def test_base64_is_undone(runtime):
    tell(runtime, {})
    assert call(base64.b64encode(BODY.encode()).decode(), isBase64Encoded=True)[0] == 200


def test_every_answer_has_the_apis_headers(runtime):
    tell(runtime, {})
    for headers in (call()[2], call(route="GET /other")[2]):
        assert {name.lower(): value for name, value in SECURITY_HEADERS.items()}.items() <= headers.items()
    assert call(route="GET /other")[2]["content-type"] == MEDIA_TYPE


@pytest.mark.parametrize(("given", "kept"), [("abc-1.2_3", True), ("x" * 65, False), ("話", False), ("", False)])
def test_a_sane_request_id_of_the_caller_is_kept(given, kept):
    _, _, headers = call(route="GET /health", headers={"X-Request-ID": given})
    assert (headers["x-request-id"] == given) == kept and headers["x-request-id"]


def test_health_asks_no_endpoint(runtime):
    status, answer, _ = call(None, route="GET /health")
    assert (status, answer) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("arguments", "status", "kind", "detail"),
    [
        ({"route": "GET /v1/model"}, 404, "not-found", "この住所には何もありません"),
        ({"content_type": "text/plain"}, 415, "media-type", "Content-Type（text/plain）はここでは読めません"),
        ({"content_type": "multipart/form-data; boundary=x"}, 415, "media-type", "multipart/form-data"),
        ({"content_type": ""}, 415, "media-type", "Content-Type（なし）"),
        ({"body": "{"}, 422, "fields", "本文: JSON として壊れています"),
        ({"body": None}, 422, "fields", "JSON として壊れています"),
        ({"body": "[" * 200_000}, 422, "fields", "JSON として壊れています"),
        ({"body": "gICA", "isBase64Encoded": True}, 422, "fields", "JSON として壊れています"),
        ({"body": "!!", "isBase64Encoded": True}, 400, "base64", "base64 として壊れています"),
        ({"body": '"' + "あ" * 87_382 + '"'}, 413, "too-large", "262,148 バイトあります（上限 262,144 バイト）"),
    ],
)
def test_what_is_refused_before_the_endpoint_is_asked(runtime, arguments, status, kind, detail):
    found, problem, headers = call(**arguments)
    assert (found, problem["status"], problem["type"]) == (status, status, f"urn:seikaku:problem:{kind}")
    assert detail in problem["detail"] and problem["mend"]
    assert problem["request_id"] == headers["x-request-id"]
    assert headers["content-type"] == MEDIA_TYPE


def test_the_largest_body_passes(runtime):
    body = '"' + "a" * (lambda_handler.MAX_BODY_BYTES - 2) + '"'
    runtime.add_client_error("invoke_endpoint", "ThrottlingException")
    assert call(body)[0] == 429


@pytest.mark.parametrize(
    ("code", "http_status", "status", "kind", "wait"),
    [
        ("ThrottlingException", 400, 429, "throttled", "1"),
        ("ModelNotReadyException", 429, 503, "not-ready", "10"),
        ("ServiceUnavailable", 503, 503, "not-ready", "10"),
        ("InternalDependencyException", 530, 503, "not-ready", "10"),
        ("ValidationError", 400, 503, "no-endpoint", "60"),
        ("InternalFailure", 500, 502, "model", None),
        ("AccessDeniedException", 403, 502, "model", None),
    ],
)
def test_aws_errors(runtime, capsys, code, http_status, status, kind, wait):
    runtime.add_client_error("invoke_endpoint", code, f"about {SECRET}", http_status)
    found, problem, headers = call()
    assert (found, problem["type"], headers.get("retry-after")) == (status, f"urn:seikaku:problem:{kind}", wait)
    line = json.loads(capsys.readouterr().out)
    assert (line["status"], line["cause"]) == (status, code)
    assert SECRET not in json.dumps([line, problem], ensure_ascii=False)


@pytest.mark.parametrize("status", [403, 413, 422])
def test_what_the_container_says_of_the_request_is_passed_on(runtime, status):
    errors = [{"field": "purpose", "message": "必要な項目です"}]
    tell_model_error(runtime, status, json.dumps(PROBLEM | {"status": status, "errors": errors, "other": 1}))
    found, problem, headers = call(headers={"x-request-id": "mine"})
    assert found == status
    assert problem == PROBLEM | {"status": status, "errors": errors, "request_id": "mine"}
    assert headers["x-request-id"] == "mine"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (500, json.dumps(PROBLEM)),
        (503, json.dumps(PROBLEM)),
        (400, f"Traceback: {SECRET}"),
        (400, f'"{SECRET}"'),
        (0, ""),
    ],
)
def test_a_container_that_fails_is_a_bad_gateway_and_its_words_stay_inside(runtime, capsys, status, message):
    tell_model_error(runtime, status, message)
    found, problem, _ = call()
    assert (found, problem["type"]) == (502, "urn:seikaku:problem:model")
    logged = capsys.readouterr().out
    assert json.loads(logged)["cause"] == f"ModelError {status}"
    assert SECRET not in logged + json.dumps(problem, ensure_ascii=False)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ReadTimeoutError(endpoint_url="https://x"), 504),
        (ConnectTimeoutError(endpoint_url="https://x"), 504),
        (EndpointConnectionError(endpoint_url="https://x"), 502),
        (ValueError(SECRET), 500),
    ],
)
def test_time_limits_network_and_our_own_faults(runtime, monkeypatch, capsys, error, status):
    def fail(**_):
        raise error

    monkeypatch.setattr(lambda_handler._client(), "invoke_endpoint", fail)
    found, problem, _ = call()
    assert (found, problem["status"]) == (status, status)
    logged = capsys.readouterr().out
    assert type(error).__name__ in json.loads(logged)["cause"]
    assert SECRET not in logged + json.dumps(problem, ensure_ascii=False)


def test_the_client_waits_once_and_as_long_as_it_is_told(monkeypatch):
    monkeypatch.setenv("READ_TIMEOUT_SECONDS", "25")
    lambda_handler._client.cache_clear()
    config = lambda_handler._client().meta.config
    assert (config.connect_timeout, config.read_timeout) == (3, 25.0)
    assert config.retries["total_max_attempts"] == 1
    lambda_handler._client.cache_clear()


ENGLISH = {"accept-language": "en-GB,en;q=0.9,ja;q=0.1"}
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")


@pytest.mark.parametrize(
    "arguments",
    [
        {"route": "GET /v1/model"}, {"content_type": ""}, {"body": "{"}, {"body": "!!", "isBase64Encoded": True},
        {"body": '"' + "あ" * 87_382 + '"'},
    ],
)  # fmt: skip
def test_its_own_words_come_in_english_too(runtime, arguments):
    japanese, english = call(**arguments), call(**arguments, headers=ENGLISH)
    for key in ("type", "status"):
        assert japanese[1][key] == english[1][key]
    texts = [english[1]["detail"], english[1]["mend"], *(error["message"] for error in english[1].get("errors", []))]
    assert not any(JAPANESE.search(text) for text in texts)
    assert JAPANESE.search(japanese[1]["detail"]) and JAPANESE.search(japanese[1]["mend"])
    assert (japanese[2]["content-language"], english[2]["content-language"]) == ("ja", "en")


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ModelNotReadyException", "ValidationError", "InternalFailure"]
)
def test_awss_errors_come_in_english_too(runtime, code):
    runtime.add_client_error("invoke_endpoint", code)
    _, problem, _ = call(headers=ENGLISH)
    assert not JAPANESE.search(problem["detail"] + problem["mend"])


def test_the_container_is_told_the_language(runtime):
    tell(runtime, {}, lang="en")
    assert call(headers=ENGLISH)[0] == 200


def test_what_is_sent_imports_nothing_of_the_package():
    """The zip holds the handler and one file beside it: the standard library, and boto3 inside functions."""
    with zipfile.ZipFile(io.BytesIO(edge.pack_function().data)) as archive:
        assert archive.namelist() == ["lambda_handler.py", "seikaku/accept_language.py"]
        alone = ast.parse(archive.read("seikaku/accept_language.py"))
    names = {name.name for node in ast.walk(alone) if isinstance(node, ast.Import) for name in node.names}
    names |= {node.module for node in ast.walk(alone) if isinstance(node, ast.ImportFrom)}
    assert names <= set(sys.stdlib_module_names)
    tree = ast.parse(Path(lambda_handler.__file__).read_text(encoding="utf-8"))
    imported = {
        name.name.split(".")[0] if isinstance(node, ast.Import) else (node.module or "").split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported - set(sys.stdlib_module_names) == {"boto3", "botocore", "seikaku"}
    ours = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module[:7] == "seikaku"}
    assert ours == {"seikaku.accept_language"}


def test_the_zip_runs_where_nothing_of_the_package_is(tmp_path):
    """Unpacked, as Lambda has it."""
    with zipfile.ZipFile(io.BytesIO(edge.pack_function().data)) as archive:
        archive.extractall(tmp_path)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import lambda_handler as h; print(h.choose_lang('en'))"
    )
    result = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("en\n", "")
