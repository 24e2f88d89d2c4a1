"""The OpenAPI document -> what the page shows of each route, in the document's order. In: JSON. Out: values. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seikaku.report.words.texts import Lang
from seikaku.serving.answers.openapi import EXAMPLE_FORM, LINE_SCHEMA
from seikaku.serving.docs_page.curl import FORM, write_curl, write_download
from seikaku.serving.docs_page.shapes import Shape, ShapeReader
from seikaku.serving.docs_page.wording import WORDS
from seikaku.serving.requests.problems import MEDIA_TYPE

Json = Mapping[str, Any]
_OK = "200"
_ERRORS = "errors"  # the section's own anchor


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a route takes beside its body. ``place``: query, header or path."""

    name: str
    place: str
    type: str
    presence: str
    description: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """A body of one media type, sent or answered. ``by_line``: ``shape`` is that of each of its lines."""

    media_type: str
    type: str
    description: str
    shape: Shape | None
    by_line: bool


@dataclass(frozen=True, slots=True)
class Example:
    """A command that sends the route's example; ``media_type`` is that of the body, "" without one."""

    media_type: str
    command: str


@dataclass(frozen=True, slots=True)
class Status:
    """One status of a route. ``model``: the name of the problem's shape, "" for an answer."""

    code: str
    meaning: str
    model: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    bodies: tuple[Content, ...]
    answers: tuple[Content, ...]
    examples: tuple[Example, ...]
    statuses: tuple[Status, ...]

    @property
    def can_be_opened(self) -> bool:
        """Whether a plain link shows its answer."""
        return self.method == "GET"


def read_groups(document: Json, lang: Lang) -> dict[str, list[Operation]]:
    """Group -> its routes."""
    groups: dict[str, list[Operation]] = {}
    shown = {name: f"{_ERRORS}-{name}" for name in _problem_names(document)}
    for path, methods in document["paths"].items():
        for method, found in methods.items():
            operation = _read_operation(document, path, method, found, lang, shown)
            groups.setdefault(found["tags"][0], []).append(operation)
            shapes = [content.shape for content in (*operation.bodies, *operation.answers)]
            shown |= {shape.name: shape.anchor for shape in shapes if shape is not None and shape.name}
    return groups


def read_problems(document: Json, lang: Lang) -> list[Shape]:
    """The shapes of errors."""
    reader = ShapeReader(document["components"]["schemas"], _ERRORS, lang, {}, is_sent=False)
    shapes = (reader.read_object({"$ref": name}) for name in _problem_names(document))
    return [shape for shape in shapes if shape is not None]


def _problem_names(document: Json) -> list[str]:
    """The models of errors, each once."""
    routes = (found for methods in document["paths"].values() for found in methods.values())
    statuses = (_read_status(code, one) for found in routes for code, one in found["responses"].items())
    return list(dict.fromkeys(status.model for status in statuses if status.model))


def _read_operation(
    document: Json, path: str, method: str, found: Json, lang: Lang, shown: Mapping[str, str]
) -> Operation:
    anchor = f"{method}{path.replace('/', '-')}"
    schemas = document["components"]["schemas"]
    sent = found.get("requestBody", {}).get("content", {})
    answered = found["responses"][_OK]["content"]
    body_reader = ShapeReader(schemas, f"{anchor}-body", lang, shown, is_sent=True)
    answer_reader = ShapeReader(schemas, f"{anchor}-answer", lang, shown, is_sent=False)
    return Operation(
        anchor=anchor,
        method=method.upper(),
        path=path,
        summary=found["summary"],
        description=found.get("description", ""),
        parameters=tuple(_read_parameter(one, body_reader, lang) for one in found.get("parameters", ())),
        bodies=tuple(_read_content(kind, one["schema"], body_reader) for kind, one in sent.items()),
        answers=tuple(_read_content(kind, one["schema"], answer_reader) for kind, one in answered.items()),
        examples=tuple(_write_examples(document, path, found, lang)),
        statuses=tuple(_read_status(code, one) for code, one in found["responses"].items()),
    )


def _read_parameter(found: Json, reader: ShapeReader, lang: Lang) -> Parameter:
    schema = found["schema"]
    return Parameter(
        name=found["name"].title() if found["in"] == "header" else found["name"],
        place=WORDS[lang][f"in_{found['in']}"],
        type=reader.describe_type(schema),
        presence=reader.describe_presence(is_required=found.get("required", False)),
        description=found.get("description", ""),
        notes=tuple(reader.notes(schema)),
    )


def _read_content(media_type: str, schema: Json, reader: ShapeReader) -> Content:
    line = schema.get(LINE_SCHEMA)
    return Content(
        media_type=media_type,
        type=reader.describe_type(schema),
        description=schema.get("description", ""),
        shape=reader.read_object(line or schema),
        by_line=line is not None,
    )


def _read_status(code: str, found: Json) -> Status:
    problem = found.get("content", {}).get(MEDIA_TYPE, {}).get("schema", {})
    return Status(code, found["description"], problem.get("$ref", "").rpartition("/")[2])


def _write_examples(document: Json, path: str, found: Json, lang: Lang) -> Iterator[Example]:
    needs_key = bool(found.get("security", document.get("security")))
    parameters = found.get("parameters", ())
    query = {one["name"]: one["schema"]["examples"][0] for one in parameters if "examples" in one["schema"]}
    sent = found.get("requestBody", {}).get("content", {"": {"schema": {}}})
    for media_type, one in sent.items():
        example = one.get("example", _example_of(document, one["schema"]))
        command = write_curl(path, query, media_type, example, lang, needs_key=needs_key)
        if media_type == FORM:
            file = EXAMPLE_FORM["file"].removeprefix("@")
            command = f"{write_download(f'/static/{file}', needs_key=needs_key)}\n{command}"
        yield Example(media_type, command)


def _example_of(document: Json, schema: Json) -> Any:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name]["examples"][0] if name else None
