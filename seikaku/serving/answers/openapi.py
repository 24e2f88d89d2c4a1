"""The OpenAPI description's parts that routes name, and how they become one document with examples. No effects."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from seikaku.config import MAX_EVIDENCE, N_EVIDENCE
from seikaku.conversation.readers import FORMAT_NAMES
from seikaku.serving.answers.profile_schema import Profile, ProfileRequest
from seikaku.serving.answers.schema import (
    EXAMPLE_REQUEST,
    BatchLine,
    EstimateAnswer,
    EstimateRequest,
    ModelAnswer,
    Problem,
)
from seikaku.serving.requests.problems import MEDIA_TYPE
from seikaku.serving.requests.purposes import ALLOWED
from seikaku.version import __version__

_DESCRIPTION = """日本語の会話から Big Five を推定し、どれだけ確かかを示す API です。
本文は保存も記録もしません。目的（purpose）はどの推定にも必要で、採用・与信・保険・捜査・個人の特定には使えません。"""
_TEMPLATE = "#/components/schemas/{model}"
_ANSWERS = (EstimateAnswer, BatchLine, ModelAnswer, Problem, Profile)
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


JSON_BODY: dict[str, Any] = {"application/json": {"schema": reference("EstimateRequest"), "example": EXAMPLE_REQUEST}}
LINES_BODY: dict[str, Any] = {
    "application/jsonlines": {
        "schema": {"type": "string", "description": "1 行に 1 つの EstimateRequest"},
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
                "file": {"type": "string", "format": "binary", "description": "会話のファイル 1 つ"},
                "purpose": {"type": "string", "enum": list(ALLOWED), "description": "使う目的"},
                "speaker": {"type": "string", "minLength": 1, "description": "推定する話者"},
                "lang": {"type": "string", "enum": ["ja", "en"], "default": "ja"},
                "format": {"type": "string", "enum": list(FORMAT_NAMES), "description": "省略すると自動判定"},
                "n_evidence": {"type": "integer", "minimum": 0, "maximum": MAX_EVIDENCE, "default": N_EVIDENCE},
            },
        }
    }
}


def answers(content: Mapping[str, str | None], *, with_body: bool = False) -> dict[int | str, dict[str, Any]]:
    """A route's responses: ``content`` maps a media type to the name of its model, None for free content."""
    good = {
        media_type: {"schema": reference(model) if model else _free(media_type)}
        for media_type, model in content.items()
    }
    problem = {MEDIA_TYPE: {"schema": reference("Problem")}}
    statuses = _PROBLEMS if with_body else _WITHOUT_BODY
    described: dict[int | str, dict[str, Any]] = {200: {"description": "答え", "content": good}}
    described |= {status: {"description": _PROBLEMS[status], "content": problem} for status in statuses}
    return described


def describe_app(app: FastAPI) -> dict[str, Any]:
    """The whole OpenAPI document; the security schemes stand in it only where a key is asked for."""
    document = get_openapi(title="seikaku", version=__version__, description=_DESCRIPTION, routes=app.routes)
    wanted: list[Any] = [(model, "serialization") for model in _ANSWERS] + [
        (model, "validation") for model in _REQUESTS
    ]
    schemas = models_json_schema(wanted, ref_template=_TEMPLATE)[1]["$defs"]
    components = {"schemas": schemas}
    if app.state.config.api_key:
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        document["security"] = [{"bearer": []}, {"header": []}]
    document["components"] = components
    for path in ("/health", "/ping"):
        document["paths"][path]["get"]["security"] = []
    return document


def _free(media_type: str) -> dict[str, str]:
    return {"type": "object" if media_type.endswith("json") else "string"}
