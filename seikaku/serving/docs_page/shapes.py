"""A JSON Schema of the OpenAPI document -> what a reader of nested lists needs. No effects.

A model is opened where it comes first in a tree, and is linked to from then on: five traits have one shape. What a
route sends or answers as a whole is linked to from all routes below.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seikaku.report.words.texts import Lang
from seikaku.serving.docs_page.wording import WORDS

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an object. ``notes``: its limits, each a phrase."""

    name: str
    type: str
    presence: str  # whether it must be there, or may be missing; "" where that goes without saying
    description: str
    notes: tuple[str, ...]
    inside: "Shape | None"  # of an object, or of the objects of an array


@dataclass(frozen=True, slots=True)
class Shape:
    """An object's keys. ``anchor``: its place on the page; ``is_elsewhere``: its keys stand there, not here."""

    name: str
    description: str
    anchor: str
    is_elsewhere: bool
    fields: tuple[Field, ...]
    notes: tuple[str, ...]


class ShapeReader:
    """Reads the schemas of one tree. ``tree`` begins every anchor, since ids are unique on a page.

    ``elsewhere``: anchors of the models that other trees show.
    """

    def __init__(
        self, schemas: Mapping[str, Schema], tree: str, lang: Lang, elsewhere: Mapping[str, str], *, is_sent: bool
    ) -> None:
        self._schemas = schemas
        self._tree = tree
        self._is_sent = is_sent
        self._words = WORDS[lang]
        self._anchors = dict(elsewhere)

    def read_object(self, schema: Schema) -> Shape | None:
        """The object that a schema is or holds; None for a plain value."""
        reference = self._find_object(schema)
        if reference is None:
            return None
        name = _name_of(reference)
        model = self._schemas[name] if name else reference
        if name in self._anchors:
            return Shape(name, "", self._anchors[name], True, (), ())
        anchor = f"{self._tree}-{name or 'body'}"
        if name:
            self._anchors[name] = anchor
        required = model.get("required", ())
        fields = tuple(
            self._read_field(key, found, is_required=key in required) for key, found in model["properties"].items()
        )
        return Shape(name, model.get("description", ""), anchor, False, fields, tuple(self._choices(model)))

    def describe_type(self, schema: Schema) -> str:
        """The type in words: "number or null", "array of string"."""
        if "$ref" in schema:
            return _name_of(schema)
        if "anyOf" in schema:
            return self._words["or"].join(self.describe_type(found) for found in schema["anyOf"])
        kind = str(schema.get("type", self._words["any"]))
        if kind == "array":
            items = schema.get("items")
            return self._words["array"].format(item=self.describe_type(items)) if items else self._words["any_array"]
        values = schema.get("additionalProperties")
        if kind == "object" and isinstance(values, Mapping):
            return self._words["map"].format(item=self.describe_type(values))
        return kind

    def describe_presence(self, *, is_required: bool) -> str:
        """The word of what must be sent; in an answer, of what may be missing."""
        if self._is_sent:
            return self._words["required"] if is_required else ""
        return "" if is_required else self._words["may_be_missing"]

    def notes(self, schema: Schema) -> Iterator[str]:
        """The limits of a value as phrases; those of its alternatives as well."""
        for found in schema.get("anyOf", ()):
            yield from self.notes(found)
        if "enum" in schema:
            yield self._words["one_of"].format(values=" · ".join(map(_show, schema["enum"])))
        for key in ("minimum", "maximum", "minLength", "maxLength", "minItems", "pattern"):
            if key in schema:
                yield self._words[key].format(value=_show(schema[key]))
        if schema.get("default") not in (None, "", []):
            yield self._words["default"].format(value=_show(schema["default"]))

    def _read_field(self, name: str, schema: Schema, *, is_required: bool) -> Field:
        description = schema.get("description", "")
        inside = self.read_object(schema)
        notes = tuple(dict.fromkeys(self.notes(schema)))
        presence = self.describe_presence(is_required=is_required)
        return Field(name, self.describe_type(schema), presence, description, notes, inside)

    def _find_object(self, schema: Schema) -> Schema | None:
        """The reference to a model, or the object itself, in a schema, its alternatives or its items."""
        if "$ref" in schema or "properties" in schema:
            return schema
        for found in (*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")):
            if isinstance(found, Mapping) and (inside := self._find_object(found)) is not None:
                return inside
        return None

    def _choices(self, model: Schema) -> Iterator[str]:
        """Which keys exclude each other."""
        keys = [key for found in model.get("oneOf", ()) for key in found.get("required", ())]
        if keys:
            yield self._words["exactly_one"].format(values=" · ".join(keys))


def _name_of(reference: Schema) -> str:
    return str(reference.get("$ref", "")).rpartition("/")[2]


def _show(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():  # FastAPI makes the limits of an integer floats
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
