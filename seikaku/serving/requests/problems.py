"""Errors of a request and their JSON form, problem+json (RFC 9457). In: an error. Out: a response. No effects.

What a problem says names sizes, limits and fields; it never holds conversation text. It says so in the language that
the request prefers: every error knows itself in both.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from seikaku.conversation.inputs.limits import TooLargeInputError
from seikaku.errors import InputFileError, SeikakuError, SpeakerError, UserError, both, in_lang
from seikaku.report.words.texts import Lang
from seikaku.serving.config import ServeConfig
from seikaku.serving.requests.language import lang_headers, lang_of

if TYPE_CHECKING:  # a container of somebody else's server has no starlette
    from starlette.responses import Response
    from starlette.types import Scope

MEDIA_TYPE = "application/problem+json"
_IBM_PATHS = "/v3/"


class RequestError(UserError):
    """A request that is refused. ``status`` is its HTTP status, ``kind`` the last part of the problem's type."""

    status = 422
    kind = "invalid-request"
    headers: ClassVar[dict[str, str]] = {}


class FieldsError(RequestError):
    """Fields of the request are missing or wrong: ``errors`` has (field, what is wrong) for each."""

    kind = "fields"

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        name, message = errors[0]
        n_more = len(errors) - 1
        more_ja, more_en = (f"（ほか {n_more} 件）", f" (and {n_more} more)") if n_more else ("", "")
        super().__init__(
            both(
                f"リクエストの書き方が正しくありません。{name or '本文'}: {message}{more_ja}",
                f"The request is not well formed. {name or 'body'}: {in_lang(message, 'en')}{more_en}",
            ),
            both("書き方は /docs の例を見てください。", "See the examples at /docs."),
        )
        self.errors = tuple(errors)


class PurposeError(RequestError):
    """The purpose is forbidden (403), or missing or unknown (422)."""

    kind = "purpose"

    def __init__(self, message: str, mend: str, *, status: int = 422) -> None:
        super().__init__(message, mend)
        self.status = status


class ApiKeyError(RequestError):
    """The API key is missing or wrong."""

    status = 401
    kind = "api-key"
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": 'Bearer, Basic realm="seikaku", charset="UTF-8"'}


class CrossSiteError(RequestError):
    """The request comes from another web site's page."""

    status = 403
    kind = "cross-site"


class HostError(RequestError):
    """The Host header names another machine (DNS rebinding)."""

    status = 421
    kind = "host"


class SlowBodyError(RequestError):
    """The body did not arrive in time."""

    status = 408
    kind = "slow-body"
    headers: ClassVar[dict[str, str]] = {"Connection": "close"}


class TooLargeError(RequestError):
    """The body, or what is in it, is over a limit."""

    status = 413
    kind = "too-large"
    headers: ClassVar[dict[str, str]] = {"Connection": "close"}  # the rest of the body is not read


class MediaTypeError(RequestError):
    """The body's type or character set is none that this route reads."""

    status = 415
    kind = "media-type"


class NotAcceptableError(RequestError):
    """None of the forms of answer that the client takes is one of ours."""

    status = 406
    kind = "not-acceptable"


class OverloadedError(RequestError):
    """Too many requests are waiting."""

    status = 503
    kind = "overloaded"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}

    def __init__(self) -> None:
        super().__init__(
            both("ただいま混み合っています。", "The server is busy."),
            both("少し待ってから、もう一度送ってください。", "Wait a moment and send it again."),
        )


class TimeLimitError(RequestError):
    """The work took longer than allowed."""

    status = 504
    kind = "time-limit"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            both(
                f"処理が時間の上限（{seconds:g} 秒）を超えたため中止しました。",
                f"The work took longer than the limit ({seconds:g} seconds) and was given up.",
            ),
            both("会話を短く分けて送ってください。", "Send the conversation in smaller parts."),
        )


def too_large_body(config: ServeConfig) -> TooLargeError:
    """The error for a body, or for a line of one, over the limit."""
    return TooLargeError(
        both(
            f"本文が大きすぎます（上限 {config.max_body_bytes:,} バイト）。",
            f"The body is too large (limit: {config.max_body_bytes:,} bytes).",
        ),
        both(
            "会話を分けて送るか、サーバーの --max_body_bytes を大きくしてください。",
            "Send the conversation in parts, or raise the server's --max_body_bytes.",
        ),
    )


def wrong_type(found: str, *readable: str) -> MediaTypeError:
    """The error for a body of a type that a route does not read."""
    shown = found[:100]
    return MediaTypeError(
        both(
            f"Content-Type（{shown or 'なし'}）はここでは読めません。",
            f"This Content-Type ({shown or 'none'}) cannot be read here.",
        ),
        both(
            f"Content-Type を {' か '.join(readable)} にしてください。",
            f"Set Content-Type to {' or '.join(readable)}.",
        ),
    )


# What Starlette itself raises: (message, mend) by status.
_HTTP_WORDS: dict[int, tuple[str, str]] = {
    404: (
        both("この住所には何もありません。", "There is nothing at this address."),
        both("URL を確かめてください。使える住所は /docs にあります。", "Check the URL. /docs lists the addresses."),
    ),
    405: (
        both("この住所では使えないメソッドです。", "This method cannot be used here."),
        both("Allow ヘッダーにあるメソッドで送ってください。", "Use a method that the Allow header names."),
    ),
}
# The standard's words; Python's own table lies in a module that also opens connections.
_PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    421: "Misdirected Request",
    422: "Unprocessable Entity",
    500: "Internal Server Error",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_OWN_FAULT = (
    both("サーバーの内部で問題が起きました。", "Something went wrong in the server."),
    both(
        "もう一度試し、続くときは request_id を添えて管理者に伝えてください。",
        "Try again; if it goes on, tell the server's administrator the request_id.",
    ),
)


def describe_problem(error: Exception, request_id: str, lang: Lang = "ja") -> dict[str, Any]:
    """The problem's JSON object: type, title, status, detail, mend, request_id (and ``errors`` of fields, if any)."""
    status, kind = _status_and_kind(error)
    message, mend = _words(error, status)
    problem: dict[str, Any] = {
        "type": f"urn:seikaku:problem:{kind}",
        "title": _phrase(status),
        "status": status,
        "detail": in_lang(message, lang),
        "mend": in_lang(mend, lang),
        "request_id": request_id,
    }
    if isinstance(error, FieldsError):
        problem["errors"] = [{"field": name, "message": in_lang(wrong, lang)} for name, wrong in error.errors]
    return problem


def build_problem_response(error: Exception, scope: "Scope") -> "Response":
    """The response to a request that failed, of whatever class; an error that is not ours says nothing of its cause."""
    from starlette.responses import Response

    lang = lang_of(scope["headers"])
    problem = describe_problem(error, scope["state"]["request_id"], lang)
    if scope["path"].startswith(_IBM_PATHS):  # the keys that its clients look for, else they say "Unknown error"
        problem |= {"code": problem["status"], "error": f"{problem['detail']} {problem['mend']}"}
    headers = {**(getattr(error, "headers", None) or {}), **lang_headers(lang)}
    return Response(
        json.dumps(problem, ensure_ascii=False).encode(), problem["status"], headers=headers, media_type=MEDIA_TYPE
    )


def describe_error(error: BaseException) -> str:
    """For logs: the class of an error and where in the code it came from, never its message."""
    place, trace = "", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        place, trace = f" at {code.co_qualname}:{trace.tb_lineno}", trace.tb_next
    return type(error).__name__ + place


def _status_and_kind(error: Exception) -> tuple[int, str]:
    if isinstance(error, RequestError):
        return error.status, error.kind
    if isinstance(error, TooLargeInputError):
        return TooLargeError.status, TooLargeError.kind
    if isinstance(error, SpeakerError):
        return 422, "speaker"
    if isinstance(error, InputFileError):
        return 422, "conversation"
    if not isinstance(error, SeikakuError) and (status := getattr(error, "status_code", 0)):
        return int(status), _phrase(int(status)).lower().replace(" ", "-")
    return 500, "internal"


def _phrase(status: int) -> str:
    """The standard's words for a status."""
    return _PHRASES.get(status, "Error")


def _words(error: Exception, status: int) -> tuple[str, str]:
    if status != 500 and isinstance(error, SeikakuError):
        return error.message, error.mend
    return _HTTP_WORDS.get(status, _OWN_FAULT)
