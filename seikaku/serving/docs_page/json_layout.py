"""A JSON value as people write it: what is short stands on one line. In: a value. Out: its text. No effects."""

import json
from typing import Any

_SHORT = 76


def lay_out(value: Any, indent: str = "") -> str:
    """The text of ``value``; ``indent`` is that of the line on which it begins."""
    text = json.dumps(value, ensure_ascii=False)
    if len(indent + text) <= _SHORT or not isinstance(value, dict | list) or not value:
        return text
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(key, ensure_ascii=False)}: {lay_out(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(inner + part for part in parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + lay_out(item, inner) for item in value) + f"\n{indent}]"
