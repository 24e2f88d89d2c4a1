"""The curl line that sends a route's example. In: what the OpenAPI document says of it. Out: shell text. No effects."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from seikaku.report.words.texts import Lang
from seikaku.serving.answers.lines import JSON
from seikaku.serving.docs_page.json_layout import lay_out

BASE = "http://seikaku.invalid"  # stands for the server's address, which the request knows
FORM = "multipart/form-data"
PLAIN = "text/plain"
KEY_HEADER = '-H "Authorization: Bearer $SEIKAKU_API_KEY"'
_BREAK = " \\\n  "


def write_curl(
    path: str, query: Mapping[str, str], media_type: str, example: Any, lang: Lang, *, needs_key: bool
) -> str:
    """The command; ``media_type`` "" is a request without a body. English is asked for on the English page."""
    address = f"{BASE}{path}" + (f"?{urlencode(query)}" if query else "")
    parts = [f"curl -s {shlex.quote(address)}"]
    if needs_key:
        parts.append(KEY_HEADER)
    if lang == "en":
        parts.append("-H 'Accept-Language: en'")
    if media_type:
        parts += _write_body(media_type, example)
    return _BREAK.join(parts)


def write_download(path: str, *, needs_key: bool) -> str:
    """The command that fetches a file of the server's own into the folder where it runs."""
    return _BREAK.join([f"curl -sO {shlex.quote(BASE + path)}", *([KEY_HEADER] if needs_key else [])])


def _write_body(media_type: str, example: Any) -> Iterator[str]:
    if media_type == FORM:
        for name, value in example.items():
            yield f"-F {shlex.quote(f'{name}={value}')}"
        return
    text = lay_out(example) if media_type == JSON else str(example).rstrip("\n")
    charset = ";charset=utf-8" if media_type == PLAIN else ""
    yield f"-H {shlex.quote(f'Content-Type: {media_type}{charset}')}"
    yield f"--data-binary {shlex.quote(text)}"
