"""pydantic's complaints about a request -> our error with a sentence for each field. No value is repeated."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from seikaku.serving.requests.problems import FieldsError

_MAX_FIELDS_LISTED = 20
_MAX_FIELD_CHARS = 100
# pydantic's error types, in the order in which the beginnings are tried.
_MESSAGES: tuple[tuple[str, str], ...] = (
    ("missing", "必要な項目です"),
    ("extra_forbidden", "知らない項目です"),
    ("json_", "JSON として壊れています"),
    ("string_too_short", "空にはできません"),
    ("too_short", "空にはできません"),
    ("string_too_long", "長すぎます"),
    ("string_pattern", "書き方が違います"),
    ("string_", "文字列にしてください"),
    ("literal_error", "使えない値です"),
    ("int_", "整数にしてください"),
    ("bool_", "true か false にしてください"),
    ("list_", "配列にしてください"),
    ("model_", "オブジェクトにしてください"),
    ("dict_", "オブジェクトにしてください"),
    ("greater_", "小さすぎます"),
    ("less_", "大きすぎます"),
    ("value_error", "conversation か conversations の、どちらか一方が必要です"),
)


def explain_validation(error: ValidationError) -> FieldsError:
    """The error for what pydantic found wrong with a body."""
    return explain_fields(error.errors(include_url=False, include_context=False, include_input=False))


def explain_fields(found: Sequence[Any]) -> FieldsError:
    """The error for pydantic's list of ``{"loc", "type", ...}``."""
    return FieldsError([(_name(item["loc"]), _message(item["type"])) for item in found[:_MAX_FIELDS_LISTED]])


def _name(loc: Sequence[int | str]) -> str:
    return ".".join(map(str, loc))[:_MAX_FIELD_CHARS]


def _message(kind: str) -> str:
    return next((message for begins, message in _MESSAGES if kind.startswith(begins)), "値が正しくありません")
