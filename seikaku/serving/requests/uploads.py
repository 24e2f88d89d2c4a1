"""Request bodies, read into memory under the limits; nothing is ever spooled to disk as form libraries do by default.

In: a request. Out: bytes, or the fields and files of a multipart form. Raises TooLargeError while reading.
"""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from seikaku.errors import both
from seikaku.serving.config import ServeConfig
from seikaku.serving.requests.problems import MediaTypeError, RequestError, SlowBodyError, too_large_body

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MAX_PARTS = 100
_MAX_PART_HEADER_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file of a form: its name as the client gave it, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class UploadedForm:
    """A form's text fields and its files, by field name, each in the order in which they came."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[UploadedFile]] = field(default_factory=dict)


def media_type_of(request: Request) -> str:
    """The Content-Type without its parameters, in lower case; "" where there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def charset_of(request: Request) -> str | None:
    """The charset that the Content-Type names, None where it names none."""
    named = parse_options_header(request.headers.get("content-type", ""))[1].get(b"charset")
    return named.decode("latin-1") if named else None


async def read_body(request: Request) -> bytes:
    """The whole body. Raises TooLargeError as soon as it is over the limit, SlowBodyError when it takes too long."""
    config: ServeConfig = request.app.state.config
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > config.max_body_bytes:
        raise too_large_body(config)
    body = bytearray()
    try:
        async with asyncio.timeout(config.timeout_seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > config.max_body_bytes:
                    raise too_large_body(config)
    except TimeoutError:
        raise SlowBodyError(
            both(
                f"リクエストの本文が {config.timeout_seconds:g} 秒以内に届きませんでした。",
                f"The body did not arrive within {config.timeout_seconds:g} seconds.",
            ),
            both("もう一度送ってください。", "Send it again."),
        ) from None
    return bytes(body)


async def read_form(request: Request) -> UploadedForm:
    """The multipart form of a request, wholly in memory. Raises as ``read_body`` and ``parse_form`` do."""
    if media_type_of(request) != "multipart/form-data":
        raise MediaTypeError(
            both("本文が multipart/form-data ではありません。", "The body is not multipart/form-data."),
            both("ファイルはフォームとして送ってください。", "Send files as a form."),
        )
    body = await read_body(request)
    form: UploadedForm = await request.app.state.workplace.run(parse_form, body, request.headers["content-type"])
    return form


def parse_form(body: bytes, content_type: str) -> UploadedForm:
    """Take a multipart body apart. Raises RequestError (422) if it is broken or has too many parts."""
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise _broken_form("boundary がありません", "it has no boundary")
    reading = _FormReading()
    try:
        parser = MultipartParser(boundary, reading.callbacks())  # refuses a boundary that is too long
        parser.write(body)
        parser.finalize()
    except (FormParserError, UnicodeDecodeError):
        raise _broken_form("区切りかヘッダーが壊れています", "a boundary or a header is broken") from None
    return reading.form


class _FormReading:
    """What has been read of a form so far; filled by the parser's callbacks."""

    def __init__(self) -> None:
        self.form = UploadedForm()
        self._n_parts = 0

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_header_name,
            "on_header_value": self._add_header_value,
            "on_header_end": self._end_header,
            "on_part_data": self._add_data,
            "on_part_end": self._end_part,
        }

    def _begin(self) -> None:
        self._n_parts += 1
        if self._n_parts > _MAX_PARTS:
            raise _broken_form(f"{_MAX_PARTS} 個より多くの部分があります", f"it has more than {_MAX_PARTS} parts")
        self._data = bytearray()
        self._header_name = self._header_value = b""
        self._disposition = b""

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]
        if len(self._header_value) > _MAX_PART_HEADER_BYTES:
            raise _broken_form("部分のヘッダーが長すぎます", "a part's header is too long")

    def _end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._data += memoryview(data)[start:end]

    def _end_part(self) -> None:
        options = parse_options_header(self._disposition)[1]
        if b"name" not in options:
            raise _broken_form("名前のない部分があります", "a part has no name")
        name = options[b"name"].decode("utf-8", "replace")
        if b"filename" in options:
            file = UploadedFile(options[b"filename"].decode("utf-8", "replace"), bytes(self._data))
            self.form.files.setdefault(name, []).append(file)
        else:
            self.form.fields.setdefault(name, []).append(self._data.decode("utf-8", "replace"))


def _broken_form(why_ja: str, why_en: str) -> RequestError:
    return RequestError(
        both(f"フォームを読めません（{why_ja}）。", f"The form cannot be read ({why_en})."),
        both("multipart/form-data の書き方を確かめてください。", "Check how the multipart/form-data is written."),
    )
