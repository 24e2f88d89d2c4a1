"""The function of the inference API: HTTP API event (payload 2.0) -> SageMaker endpoint -> the same answer as the API.

This file and seikaku/accept_language.py are the function's zip. They run in Lambda's Python: standard library, boto3.
Effects: calls the endpoint named by ENDPOINT_NAME; writes one JSON line a request to the log, never text nor names.
Time limits in order: HTTP API 30 s > this function 29 s > its wait for the endpoint (READ_TIMEOUT_SECONDS, 25 s).
"""

import base64
import binascii
import functools
import json
import os
import re
import sys
import time
import uuid
from collections.abc import Mapping
from typing import Any

from seikaku.accept_language import choose_lang

Words = tuple[str, str]  # Japanese, English

MAX_BODY_BYTES = 256 * 1024
CONNECT_TIMEOUT_SECONDS = 3
JSON = "application/json"
PROBLEM = "application/problem+json"
# As the API's own guard sets them.
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_TITLES = {
    400: "Bad Request",
    404: "Not Found",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PROBLEM_KEYS = ("type", "title", "status", "detail", "mend", "errors")
_WAIT = ("少し待ってから、もう一度送ってください。", "Wait a moment, then send it again.")
_TELL = (
    "もう一度試し、続くときは request_id を添えて管理者に伝えてください。",
    "Try again. If it goes on, tell whoever runs the server, with the request_id.",
)
_SHORTER = ("会話を短く分けて送ってください。", "Send the conversation in shorter parts.")
# Word for word what the API says.
_BROKEN_JSON = ("JSON として壊れています", "is not valid JSON")
_IN_FIELDS = ("リクエストの書き方が正しくありません。本文: ", "The request is not well formed. body: ")
_SEE_EXAMPLE = ("書き方は /docs の例を見てください。", "See the examples at /docs.")
# AWS's name for it -> (status, kind, detail, mend, seconds to wait)
_BUSY = (429, "throttled", ("ただいま混み合っています。", "The service is busy."), _WAIT, 1)
_NOT_READY = (503, "not-ready", ("モデルの準備ができていません。", "The model is not ready."), _WAIT, 10)
_NO_ENDPOINT = (503, "no-endpoint", ("モデルが公開されていません。", "No model is deployed."), _TELL, 60)
_TOO_SLOW = (
    504,
    "time-limit",
    ("推定が時間の上限までに終わりませんでした。", "The estimate did not end within the time limit."),
    _SHORTER,
    None,
)
_BROKEN = (502, "model", ("モデルが答えを返せませんでした。", "The model could not answer."), _TELL, None)
_AWS_ERRORS = {
    "ThrottlingException": _BUSY,
    "Throttling": _BUSY,
    "TooManyRequestsException": _BUSY,
    "ModelNotReadyException": _NOT_READY,
    "ServiceUnavailable": _NOT_READY,
    "InternalDependencyException": _NOT_READY,
    "ValidationError": _NO_ENDPOINT,
    "ReadTimeoutError": _TOO_SLOW,
    "ConnectTimeoutError": _TOO_SLOW,
}


class RefusalError(Exception):
    """An answer that is an error: its status, the body's own keys, the headers, and AWS's name for the cause.

    Of texts that are in both languages ``say`` chooses one.
    """

    def __init__(
        self, status: int, kind: str, detail: Words, mend: Words, wait_seconds: int | None = None, cause: str = ""
    ) -> None:
        super().__init__(kind)
        self.problem: dict[str, Any] = {
            "type": f"urn:seikaku:problem:{kind}",
            "title": _TITLES[status],
            "status": status,
            "detail": detail,
            "mend": mend,
        }
        self.headers = {} if wait_seconds is None else {"retry-after": str(wait_seconds)}
        self.cause = cause

    def say(self, lang: str) -> dict[str, Any]:
        """The body's own keys in a language; what the container said is in it already."""
        return {key: value[lang == "en"] if isinstance(value, tuple) else value for key, value in self.problem.items()}


def handle(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """The answer to one event."""
    began = time.perf_counter()
    request_id = _choose_id(event)
    line: dict[str, Any] = {"event": "request", "request_id": request_id, "route": event.get("routeKey", "")}
    line["aws_request_id"] = event.get("requestContext", {}).get("requestId", "")
    lang = choose_lang(_headers(event).get("accept-language", ""))
    headers = HEADERS | {"x-request-id": request_id}
    try:
        body = _route(event, line, lang)
        status, headers = 200, headers | {"content-type": JSON}
    except RefusalError as refusal:
        status = refusal.problem["status"]
        headers |= refusal.headers | {"content-type": PROBLEM, "content-language": lang, "vary": "accept-language"}
        body = json.dumps(refusal.say(lang) | {"request_id": request_id}, ensure_ascii=False)
        line |= {"cause": refusal.cause} if refusal.cause else {}
    duration_ms = round((time.perf_counter() - began) * 1000, 1)
    line |= {"status": status, "duration_ms": duration_ms, "n_bytes_out": len(body.encode())}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}


def _route(event: dict[str, Any], line: dict[str, Any], lang: str) -> str:
    """The body of a good answer. Raises RefusalError and nothing else: another's message may hold what a user wrote."""
    try:
        if event.get("routeKey") == "GET /health":
            return json.dumps({"status": "ok"})
        if event.get("routeKey") == "POST /v1/estimates":
            return _estimate(_read_body(event, line), lang)
    except RefusalError:
        raise
    except Exception as error:
        cause = _describe(error)
        detail = ("サーバーの内部で問題が起きました。", "Something went wrong inside the server.")
        raise RefusalError(500, "internal", detail, _TELL, cause=cause) from None
    detail = ("この住所には何もありません。", "There is nothing at this address.")
    raise RefusalError(404, "not-found", detail, ("POST /v1/estimates に送ってください。", "Use POST /v1/estimates."))


def _read_body(event: dict[str, Any], line: dict[str, Any]) -> bytes:
    """The request's JSON, as sent. Raises RefusalError for another type, a body too large, or what is no JSON."""
    media_type = _headers(event).get("content-type", "").partition(";")[0].strip().lower()
    if media_type != JSON:
        given = media_type[:100]
        detail = (
            f"Content-Type（{given or 'なし'}）はここでは読めません。",
            f"Content-Type ({given or 'none'}) cannot be read here.",
        )
        mend = (f"Content-Type を {JSON} にしてください。", f"Set Content-Type to {JSON}.")
        raise RefusalError(415, "media-type", detail, mend)
    body = _decode(event)
    line["n_bytes_in"] = len(body)
    if len(body) > MAX_BODY_BYTES:
        detail = (
            f"本文が {len(body):,} バイトあります（上限 {MAX_BODY_BYTES:,} バイト）。",
            f"The body has {len(body):,} bytes (limit: {MAX_BODY_BYTES:,}).",
        )
        raise RefusalError(413, "too-large", detail, _SHORTER)
    try:
        json.loads(body)
    except (ValueError, RecursionError):  # refused here, so that no sleeping endpoint is woken for it
        detail = (_IN_FIELDS[0] + _BROKEN_JSON[0], _IN_FIELDS[1] + _BROKEN_JSON[1])
        refusal = RefusalError(422, "fields", detail, _SEE_EXAMPLE)
        ja, en = ([{"field": "", "message": message}] for message in _BROKEN_JSON)
        refusal.problem["errors"] = (ja, en)
        raise refusal from None
    return body


def _decode(event: dict[str, Any]) -> bytes:
    """The body's bytes. Raises RefusalError for base64 that is none."""
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode()
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        detail = ("本文が base64 として壊れています。", "The body is damaged as base64.")
        raise RefusalError(400, "base64", detail, ("もう一度送ってください。", "Send it again.")) from None


def _estimate(body: bytes, lang: str) -> str:
    """What the container answers. Raises RefusalError where it refuses, and where AWS does."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = _client().invoke_endpoint(
            EndpointName=os.environ["ENDPOINT_NAME"], ContentType=JSON, Accept=JSON, Body=body,
            CustomAttributes=f"accept-language={lang}",
        )  # fmt: skip
        return str(answer["Body"].read().decode())
    except ClientError as error:
        raise _explain(error.response) from None
    except BotoCoreError as error:
        name = type(error).__name__
        raise RefusalError(*_AWS_ERRORS.get(name, _BROKEN), cause=name) from None


def _explain(response: Mapping[str, Any]) -> RefusalError:
    """The refusal for AWS's answer; what the container itself says about the request is passed on."""
    code = str(response.get("Error", {}).get("Code", ""))
    if code != "ModelError":
        return RefusalError(*_AWS_ERRORS.get(code, _BROKEN), cause=code)
    status = int(response.get("OriginalStatusCode") or 0)
    refusal = RefusalError(*_BROKEN, cause=f"ModelError {status}")
    if 400 <= status < 500 and (problem := _read_problem(response.get("OriginalMessage"))):
        refusal.problem = problem | {"status": status}
    return refusal


def _read_problem(message: Any) -> dict[str, Any] | None:
    """The problem document in a container's answer, None where it is something else."""
    try:
        found = json.loads(message or "")
    except ValueError:
        return None
    if not isinstance(found, dict) or not str(found.get("type", "")).startswith("urn:seikaku:problem:"):
        return None
    return {key: found[key] for key in _PROBLEM_KEYS if key in found}


@functools.cache
def _client() -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=float(os.environ["READ_TIMEOUT_SECONDS"]),
        retries={"total_max_attempts": 1},  # a second try would outlive the function
    )
    return boto3.client("sagemaker-runtime", config=config)


def _headers(event: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def _choose_id(event: dict[str, Any]) -> str:
    """The caller's own X-Request-ID if it is a sane one, else the HTTP API's (without its padding)."""
    of_api = event.get("requestContext", {}).get("requestId", "").rstrip("=")
    for given in (_headers(event).get("x-request-id", ""), of_api):
        if _SANE_ID.fullmatch(given):
            return str(given)
    return uuid.uuid4().hex


def _describe(error: BaseException) -> str:
    """The class of an error and where in the code it came from, never its message."""
    place, trace = "", error.__traceback__
    while trace is not None:
        place, trace = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}", trace.tb_next
    return type(error).__name__ + place


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _client()  # in Lambda the start is not counted against the first request
