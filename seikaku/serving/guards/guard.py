"""What stands before every route: who may ask, how much at once, security headers, request id, log line, metrics.

A plain ASGI middleware. In: every HTTP request. Out: the app's answer, or a problem. Effect: one log record a request.
"""

import base64
import binascii
import hmac
import re
import time
import uuid
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seikaku.errors import UserError, both
from seikaku.serving.config import LOOPBACK_HOSTS, ServeConfig
from seikaku.serving.guards.observing import LOGGER, Metrics, method_label
from seikaku.serving.requests.problems import (
    ApiKeyError,
    CrossSiteError,
    HostError,
    OverloadedError,
    build_problem_response,
)

OPEN_PATHS = frozenset({"/health", "/ping"})
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UNMATCHED = "unmatched"


class Guard:
    """The middleware. ``n_places``: requests with a body that may be in hand at once."""

    def __init__(self, app: ASGIApp, config: ServeConfig, metrics: Metrics) -> None:
        self._app = app
        self._config = config
        self._metrics = metrics
        self._n_places = config.max_concurrent + config.max_waiting
        self._n_inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; lifespan messages pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = Headers(scope=scope)
        scope.setdefault("state", {})["request_id"] = request_id = _choose_id(headers)
        status = 500

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _set_headers(message, request_id)
            await send(message)

        with self._metrics.in_flight.track_inprogress():
            await self._answer(scope, headers, receive, send_guarded)
        seconds = time.perf_counter() - began
        route = _route_template(scope)
        self._metrics.count_request(scope["method"], route, status, seconds)
        values = {
            "method": method_label(scope["method"]),
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
            "request_id": request_id,
        }
        LOGGER.info("request", extra={"values": values})

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        """Let the request in, or send the problem. No error leaves: a server's own log would print its message."""
        request_id = scope["state"]["request_id"]
        has_begun = False

        async def send_watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        takes_place = scope["method"] not in _SAFE_METHODS
        try:
            self._check(scope, headers)
            if takes_place and self._n_inside >= self._n_places:
                raise OverloadedError
            self._n_inside += takes_place
            # What GET answers, HEAD does; the server leaves the body out.
            inside = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
            try:
                await self._app(inside, receive, send_watched)
            finally:
                self._n_inside -= takes_place
                scope["route"] = inside.get("route")
        except Exception as error:
            if not isinstance(error, UserError):
                LOGGER.error("error", exc_info=True, extra={"values": {"request_id": request_id}})
            if not has_begun:
                await build_problem_response(error, scope)(scope, receive, send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        """Raise HostError, CrossSiteError or ApiKeyError for a request that may not come in."""
        if self._config.is_loopback and _host_name(headers.get("host", "")) not in LOOPBACK_HOSTS | {self._config.host}:
            raise HostError(
                both("Host ヘッダーがこの機械を指していません。", "The Host header does not name this machine."),
                both(
                    "localhost か 127.0.0.1 で開いてください。ほかの機械から使うには --host を指定してください。",
                    "Use localhost or 127.0.0.1. For use from other machines, start the server with --host.",
                ),
            )
        if scope["method"] not in _SAFE_METHODS and _is_cross_site(headers):
            raise CrossSiteError(
                both(
                    "ほかのサイトのページからの送信は受け付けません。",
                    "What another site's page sends is not taken.",
                ),
                both("同じ住所のページから送ってください。", "Send it from a page of this address."),
            )
        if self._config.api_key and scope["path"] not in OPEN_PATHS and not self._has_key(headers):
            raise ApiKeyError(
                both("API キーがないか、違います。", "The API key is missing or wrong."),
                both(
                    "Authorization: Bearer か X-API-Key ヘッダーでキーを送ってください。",
                    "Send the key in the header Authorization: Bearer or X-API-Key.",
                ),
            )

    def _has_key(self, headers: Headers) -> bool:
        expected = self._config.api_key.encode()
        return any(hmac.compare_digest(given, expected) for given in _given_keys(headers))


def _given_keys(headers: Headers) -> list[bytes]:
    """The keys that a request brings: X-API-Key, a bearer token, or the password of a browser's own prompt."""
    keys = [value.encode("latin-1") for value in headers.getlist("x-api-key")]
    for value in headers.getlist("authorization"):
        scheme, _, credentials = value.partition(" ")
        if scheme.lower() == "bearer":
            keys.append(credentials.strip().encode("latin-1"))
        elif scheme.lower() == "basic":
            try:
                keys.append(base64.b64decode(credentials, validate=True).partition(b":")[2])
            except (binascii.Error, ValueError):
                continue
    return keys


def _choose_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex


def _set_headers(message: Message, request_id: str) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    headers["X-Request-ID"] = request_id


def _host_name(host: str) -> str:
    """The name of a Host header without its port, in lower case; IPv6 without brackets."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_cross_site(headers: Headers) -> bool:
    """Whether a browser says that another site's page sends this. Programs send neither header."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host")


def _route_template(scope: Scope) -> str:
    """The route's template, never the path that was asked for."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        return path
    return "/static" if scope["path"].startswith("/static/") else _UNMATCHED
