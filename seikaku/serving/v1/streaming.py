"""JSON Lines in, JSON Lines out, in bounded memory: one request a line, one answer or error a line, in order.

In: a request's stream. Out: a streamed response. A bad line gives its error and the rest goes on.
"""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from seikaku.errors import UserError, both
from seikaku.serving.answers.estimating import estimate_json
from seikaku.serving.answers.lines import JSON_LINES, encode_error, encode_result
from seikaku.serving.config import ServeConfig
from seikaku.serving.guards.observing import LOGGER
from seikaku.serving.guards.work import Workplace
from seikaku.serving.requests.language import lang_of
from seikaku.serving.requests.problems import SlowBodyError, describe_problem, too_large_body

Line = bytes | UserError  # a line's bytes, or why it cannot be read


class BatchResponse(Response):
    """Answers each line of the request while later ones still arrive."""

    def __init__(self, request: Request) -> None:
        super().__init__(media_type=JSON_LINES)
        del self.headers["content-length"]
        self._request = request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head, then a line for each line."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for answer in _answer_lines(self._request):
            await send({"type": "http.response.body", "body": answer, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class LineReader:
    """The lines of a request's body.

    It reads ahead of the work by up to ``max_body_bytes``, so that a client which sends all before it reads anything
    is not stuck up to that size; beyond it the client has to read while it sends.
    """

    def __init__(self, request: Request, config: ServeConfig) -> None:
        self._request = request
        self._config = config
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue()  # an empty chunk ends it
        self._n_ahead = 0
        self._has_room = asyncio.Event()

    async def lines(self) -> AsyncIterator[tuple[int, Line]]:
        """Yield (line number, line). A line over the limit, or one that does not come in time, is an error."""
        reading = asyncio.create_task(self._read_ahead())
        number, pending, too_long = 1, b"", False
        try:
            while chunk := await self._next_chunk():
                *whole, pending = (pending + chunk).split(b"\n")
                for line in whole:
                    yield number, too_large_body(self._config) if too_long or self._is_over(line) else line
                    number, too_long = number + 1, False
                if self._is_over(pending):
                    pending, too_long = b"", True
            if pending or too_long:
                yield number, too_large_body(self._config) if too_long else pending
        except TimeoutError:
            limit = self._config.timeout_seconds
            yield (
                number,
                SlowBodyError(
                    both(
                        f"次の行が {limit:g} 秒以内に届きませんでした。",
                        f"The next line did not arrive within {limit:g} seconds.",
                    ),
                    both("残りをもう一度送ってください。", "Send the rest again."),
                ),
            )
        finally:
            reading.cancel()

    async def _read_ahead(self) -> None:
        try:
            async for chunk in self._request.stream():
                if not chunk:
                    continue
                self._n_ahead += len(chunk)
                self._chunks.put_nowait(chunk)
                while self._n_ahead > self._config.max_body_bytes:
                    self._has_room.clear()
                    await self._has_room.wait()
        except ClientDisconnect:
            pass  # nobody is left to answer
        finally:
            self._chunks.put_nowait(b"")

    async def _next_chunk(self) -> bytes:
        chunk = await asyncio.wait_for(self._chunks.get(), self._config.timeout_seconds)
        self._n_ahead -= len(chunk)
        self._has_room.set()
        return chunk

    def _is_over(self, line: bytes) -> bool:
        return len(line) > self._config.max_body_bytes


async def _answer_lines(request: Request) -> AsyncIterator[bytes]:
    async for number, line in LineReader(request, request.app.state.config).lines():
        if isinstance(line, UserError) or line.strip():
            yield await _answer_line(request, number, line)


async def _answer_line(request: Request, number: int, line: Line) -> bytes:
    state, request_id, lang = request.app.state, request.state.request_id, lang_of(request.headers.raw)
    workplace: Workplace = state.workplace
    try:
        if isinstance(line, UserError):
            raise line
        answer = await workplace.run(estimate_json, line, workplace.estimator, state.config, lang)
    except Exception as error:
        if not isinstance(error, UserError):
            LOGGER.error("error", exc_info=True, extra={"values": {"request_id": request_id}})
        state.metrics.count_line(is_error=True)
        return encode_error(number, describe_problem(error, request_id, lang))
    state.metrics.count_line(is_error=False)
    state.metrics.count_estimates(answer.estimates)
    return encode_result(number, answer.document)
