"""pydantic's complaints about a request -> our error with a sentence for each field. No value is repeated."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from seikaku.errors import both
from seikaku.serving.requests.problems import FieldsError

_MAX_FIELDS_LISTED = 20
_MAX_FIELD_CHARS = 100
# pydantic's error types, in the order in which the beginnings are tried.
_MESSAGES: tuple[tuple[str, str], ...] = (
    ("missing", both("必要な項目です", "is required")),
    ("extra_forbidden", both("知らない項目です", "is not known")),
    ("json_", both("JSON として壊れています", "is not valid JSON")),
    ("string_too_short", both("空にはできません", "must not be empty")),
    ("too_short", both("空にはできません", "must not be empty")),
    ("string_too_long", both("長すぎます", "is too long")),
    ("string_pattern", both("書き方が違います", "is not written as it should be")),
    ("string_", both("文字列にしてください", "must be a string")),
    ("literal_error", both("使えない値です", "is not one of the allowed values")),
    ("int_", both("整数にしてください", "must be an integer")),
    ("bool_", both("true か false にしてください", "must be true or false")),
    ("list_", both("配列にしてください", "must be an array")),
    ("model_", both("オブジェクトにしてください", "must be an object")),
    ("dict_", both("オブジェクトにしてください", "must be an object")),
    ("greater_", both("小さすぎます", "is too small")),
    ("less_", both("大きすぎます", "is too large")),
    (
        "value_error",
        both(
            "conversation か conversations の、どちらか一方が必要です",
            "exactly one of conversation and conversations is required",
        ),
    ),
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
    return next(
        (message for begins, message in _MESSAGES if kind.startswith(begins)),
        both("値が正しくありません", "is not a correct value"),
    )
