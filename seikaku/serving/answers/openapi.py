"""The OpenAPI description's parts that routes name, and how they become one document with examples. No effects.

The document is in Japanese or in English; what stands for both languages is ``openapi_words``.
"""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from seikaku.config import MAX_EVIDENCE, N_EVIDENCE
from seikaku.conversation.readers import FORMAT_NAMES
from seikaku.report.words.texts import Lang
from seikaku.serving.answers.lines import JSON_LINES
from seikaku.serving.answers.openapi_words import default_purpose_note, describe_fields, translate
from seikaku.serving.answers.profile_schema import Profile, ProfileProblem, ProfileRequest
from seikaku.serving.answers.schema import (
    EXAMPLE_REQUEST,
    BatchLine,
    EstimateAnswer,
    EstimateRequest,
    ModelAnswer,
    Problem,
)
from seikaku.serving.config import ServeConfig
from seikaku.serving.requests.problems import MEDIA_TYPE
from seikaku.serving.requests.purposes import ALLOWED
from seikaku.version import __version__

_DESCRIPTION = """日本語の会話から Big Five を推定し、どれだけ確かかを示す API です。
本文は保存も記録もしません。どの推定にも目的（purpose）があり、採用・与信・保険・捜査・個人の特定には使えません。
エラーと言葉は日本語です。`Accept-Language: en` を付けると英語になります。"""
_TEMPLATE = "#/components/schemas/{model}"
LINE_SCHEMA = "x-line-schema"  # OpenAPI 3.1 has no word for what one line of JSON Lines is
_ANSWERS = (EstimateAnswer, BatchLine, ModelAnswer, Problem, Profile, ProfileProblem)
_REQUESTS = (EstimateRequest, ProfileRequest)
_PROBLEMS = {
    401: "API キーがないか、違う",
    403: "使えない目的、またはほかのサイトからの送信",
    405: "使えないメソッド",
    406: "Accept の形では答えられない",
    408: "本文が時間内に届かない",
    413: "大きすぎる",
    415: "読めない Content-Type",
    421: "Host ヘッダーがこの機械を指していない",
    422: "書き方か会話に誤りがある",
    500: "サーバーの問題",
    503: "混み合っている（Retry-After 秒後にもう一度）",
    504: "時間の上限を超えた",
}
_WITHOUT_BODY = (401, 405, 421, 500)


def reference(model: str) -> dict[str, str]:
    """A reference to a model of the document's components."""
    return {"$ref": _TEMPLATE.format(model=model)}


# A file that the server itself offers, below /static.
EXAMPLE_FORM = {"file": "@example_line.txt", "speaker": "花子", "purpose": "research", "n_evidence": "1"}
JSON_BODY: dict[str, Any] = {"application/json": {"schema": reference("EstimateRequest"), "example": EXAMPLE_REQUEST}}
LINES_BODY: dict[str, Any] = {
    JSON_LINES: {
        "schema": {
            "type": "string",
            "description": "1 行に 1 つの EstimateRequest",
            LINE_SCHEMA: reference("EstimateRequest"),
        },
        "example": json.dumps(EXAMPLE_REQUEST, ensure_ascii=False) + "\n",
    }
}
UPLOAD_BODY: dict[str, Any] = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file", "purpose"],
            "additionalProperties": False,
            "properties": {
                "file": {"type": "string", "format": "binary", "description": "会話のファイル（いくつでも、ZIP でも）"},
                "purpose": {"type": "string", "enum": list(ALLOWED), "description": "使う目的"},
                "speaker": {
                    "type": "string",
                    "minLength": 1,
                    "description": "推定する話者（話者が 1 人なら省略できる）",
                },
                "lang": {
                    "type": "string",
                    "enum": ["ja", "en"],
                    "description": "texts の言語（省略すると Accept-Language に従う）",
                },
                "format": {
                    "type": "string",
                    "enum": list(FORMAT_NAMES),
                    "description": "ファイルの形式（省略すると自動判定）",
                },
                "n_evidence": {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": MAX_EVIDENCE,
                    "default": N_EVIDENCE,
                    "description": "特性ごと・向きごとに返す発話の数",
                },
            },
        },
        "example": EXAMPLE_FORM,
    }
}


def answers(
    content: Mapping[str, str | None], *, with_body: bool = False, problem: str = "Problem"
) -> dict[int | str, dict[str, Any]]:
    """A route's responses: ``content`` maps a media type to the name of its model, None for free content."""
    good = {media_type: {"schema": _answer_schema(media_type, model)} for media_type, model in content.items()}
    refused = {MEDIA_TYPE: {"schema": reference(problem)}}
    statuses = _PROBLEMS if with_body else _WITHOUT_BODY
    described: dict[int | str, dict[str, Any]] = {200: {"description": "答え", "content": good}}
    described |= {status: {"description": _PROBLEMS[status], "content": refused} for status in statuses}
    return described


def document_of(app: FastAPI, lang: Lang) -> dict[str, Any]:
    """The application's document in ``lang``, made when it is first asked for."""
    documents: dict[Lang, dict[str, Any]] = app.state.documents
    if lang not in documents:
        documents[lang] = describe_app(app, lang)
    return documents[lang]


def describe_app(app: FastAPI, lang: Lang) -> dict[str, Any]:
    """The whole OpenAPI document; the security schemes stand in it only where a key is asked for."""
    config: ServeConfig = app.state.config
    document = get_openapi(title="seikaku", version=__version__, description=_DESCRIPTION, routes=app.routes)
    wanted: list[Any] = [(model, "serialization") for model in _ANSWERS] + [
        (model, "validation") for model in _REQUESTS
    ]
    schemas = models_json_schema(wanted, ref_template=_TEMPLATE)[1]["$defs"]
    components = {"schemas": schemas}
    if config.api_key:
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        document["security"] = [{"bearer": []}, {"header": []}]
    document["components"] = components
    for path in ("/health", "/ping"):
        document["paths"][path]["get"]["security"] = []
    form = document["paths"]["/v1/estimates"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    for schema in (schemas["EstimateRequest"], form):
        _ask_for_purpose(schema, config.default_purpose)
    document = translate(describe_fields(document, lang), lang)
    if config.default_purpose is not None:
        document["info"]["description"] += "\n" + default_purpose_note(config.default_purpose, lang)
    return document


def _ask_for_purpose(schema: dict[str, Any], default: str | None) -> None:
    """Say that a request must name its purpose, or which one is taken where it does not."""
    others = [name for name in schema.get("required", []) if name != "purpose"]
    schema["required"] = ["purpose", *others] if default is None else others
    field = {key: value for key, value in schema["properties"]["purpose"].items() if key != "default"}
    schema["properties"]["purpose"] = field if default is None else field | {"default": default}


def _answer_schema(media_type: str, model: str | None) -> dict[str, Any]:
    if media_type == JSON_LINES:
        return {"type": "string", "description": "1 行に 1 つの BatchLine", LINE_SCHEMA: reference("BatchLine")}
    if model is not None:
        return reference(model)
    return {"type": "object" if media_type.endswith("json") else "string"}
