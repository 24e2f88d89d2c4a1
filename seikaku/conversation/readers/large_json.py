"""A large file of JSON -> its value in less memory: no text of the whole file, equal parts only once. Pure.

Python keeps the text of a file with one emoji in four bytes a character, and each of a hundred thousand equal authors
as one more object. Here one record is read after the other (msgspec). Nobody may change the value.
"""

from typing import Any

import msgspec

MIN_BYTES_DIVIDED = 1_000_000
_MAX_CHARS_SHARED = 40
_MAX_SHARED = 10_000  # what comes again comes early; ids and times never do


def load_large(data: bytes) -> Any:
    """The value of ``data``; None where it is no JSON, or such as only the standard library reads (NaN)."""
    if data[:100].lstrip()[:1] not in (b"{", b"["):
        return None
    shared: dict[bytes | str, Any] = {}
    try:
        return _load(msgspec.Raw(data), shared)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _load(raw: msgspec.Raw, shared: dict[bytes | str, Any]) -> Any:
    """A large value part by part, a small one at once."""
    view = memoryview(raw)
    if len(view) < MIN_BYTES_DIVIDED:
        return _slim(msgspec.json.decode(raw), shared)
    if bytes(view[:100]).lstrip()[:1] == b"{":
        parts = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        return {key: _load(part, shared) for key, part in parts.items()}
    if bytes(view[:100]).lstrip()[:1] == b"[":
        return [_load(part, shared) for part in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    return msgspec.json.decode(raw)


def _slim(value: Any, shared: dict[bytes | str, Any]) -> Any:
    """The same value, of which equal short strings, lists and objects inside are one."""
    if isinstance(value, dict):
        return {key: _share(part, shared) for key, part in value.items()}
    return [_share(part, shared) for part in value] if isinstance(value, list) else value


def _share(value: Any, shared: dict[bytes | str, Any]) -> Any:
    if isinstance(value, str):
        key: bytes | str = value
        if len(value) > _MAX_CHARS_SHARED:
            return value
    elif isinstance(value, dict | list):
        value = _slim(value, shared)
        key = msgspec.json.encode(value) if value else repr(value)
    else:
        return value
    return shared.setdefault(key, value) if len(shared) < _MAX_SHARED else shared.get(key, value)
