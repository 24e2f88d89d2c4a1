"""JSON Lines: the media types, and the one line that answers a line. No effects."""

import json
from typing import Any

JSON = "application/json"
JSON_LINES = "application/jsonlines"
JSON_LINES_TYPES = frozenset({JSON_LINES, "application/jsonl", "application/x-ndjson"})


def encode_json(value: Any) -> bytes:
    """``value`` as UTF-8 JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def encode_result(number: int, document: dict[str, Any]) -> bytes:
    """The answer to line ``number`` of a request."""
    return encode_json({"line": number, "result": document}) + b"\n"


def encode_error(number: int, problem: dict[str, Any]) -> bytes:
    """The problem with line ``number`` of a request."""
    return encode_json({"line": number, "error": problem}) + b"\n"
