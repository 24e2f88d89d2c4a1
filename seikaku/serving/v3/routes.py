"""``POST /v3/profile``: the route and headers of IBM Watson Personality Insights v3, answered by our estimates."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from seikaku.errors import both
from seikaku.serving.answers.lines import encode_json
from seikaku.serving.answers.openapi import answers, reference
from seikaku.serving.requests.language import lang_headers, lang_of
from seikaku.serving.requests.problems import FieldsError, NotAcceptableError, RequestError, wrong_type
from seikaku.serving.requests.purposes import choose_purpose
from seikaku.serving.requests.uploads import charset_of, media_type_of, read_body
from seikaku.serving.v3.profile import ProfileOptions, build_profile, render_profile_csv

CSV = "text/csv"
PLAIN = "text/plain"  # what the old service took a body for that came without a type
_BODY = {
    "application/json": {"schema": reference("ProfileRequest")},
    PLAIN: {
        "schema": {"type": "string"},
        "example": "昨日は友だちと海まで歩いた。\n帰りに買ったパンがおいしかった。\n",
    },
}

router = APIRouter(default_response_class=Response)


@router.post(
    "/v3/profile",
    summary="IBM Personality Insights v3 と同じ形の答え",
    tags=["互換"],
    responses=answers({"application/json": "Profile", CSV: None}, with_body=True, problem="ProfileProblem"),
    openapi_extra={"requestBody": {"required": True, "content": _BODY}},
)
async def create_profile(
    request: Request,
    version: Annotated[
        str,
        Query(
            description="版の日付（YYYY-MM-DD）",
            pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            examples=["2017-10-13"],
        ),
    ],
    purpose: Annotated[
        str, Query(description="使う目的（X-Seikaku-Purpose ヘッダーでもよい）", examples=["research"])
    ] = "",
    raw_scores: Annotated[bool, Query(description="raw_score を付ける")] = False,
    csv_headers: Annotated[bool, Query(description="CSV に見出しの行を付ける")] = False,
    consumption_preferences: Annotated[bool, Query(description="いつも空の一覧を付ける")] = False,
    x_seikaku_purpose: Annotated[str, Header(description="使う目的")] = "",
    content_language: Annotated[str, Header(description="本文の言語。ja だけを読む")] = "ja",
    accept_language: Annotated[str, Header(description="答えの言葉の言語（ja か en）")] = "ja",
    accept: Annotated[str, Header(description="application/json か text/csv")] = "*/*",
) -> Response:
    """1 人の文章を text/plain（1 行を 1 発話とする）か contentItems の JSON で送ります。"""
    state, lang = request.app.state, lang_of(request.headers.raw)
    _check_version(version)
    named = choose_purpose(purpose or x_seikaku_purpose, state.config.default_purpose)
    media_type = media_type_of(request) or PLAIN
    _check_input(media_type, content_language)
    options = ProfileOptions(media_type, charset_of(request), lang, named, raw_scores, consumption_preferences)
    as_csv = _wants_csv(accept)
    body = await read_body(request)
    answer = await state.workplace.run(build_profile, body, options, state.workplace.estimator, state.config)
    state.metrics.count_estimates(answer.estimates)
    headers = lang_headers(lang)
    if as_csv:
        rows = render_profile_csv(answer.document, with_headers=csv_headers)
        return Response(rows, media_type=f"{CSV}; charset=utf-8", headers=headers)
    return Response(encode_json(answer.document), media_type="application/json", headers=headers)


def _check_version(version: str) -> None:
    try:
        date.fromisoformat(version)
    except ValueError:
        wrong = both("YYYY-MM-DD の日付にしてください", "must be a date (YYYY-MM-DD)")
        raise FieldsError([("version", wrong)]) from None


def _check_input(media_type: str, content_language: str) -> None:
    """Raise MediaTypeError or RequestError for what the old service read and we do not."""
    if media_type not in _BODY:
        raise wrong_type(media_type, "text/plain;charset=utf-8", "application/json")
    if content_language.split("-")[0].strip().lower() != "ja":
        raise RequestError(
            both("Content-Language が ja ではありません。", "Content-Language is not ja."),
            both(
                "日本語の文章を Content-Language: ja で送ってください。",
                "Send Japanese text with Content-Language: ja.",
            ),
        )


def _wants_csv(accept: str) -> bool:
    """Whether CSV is asked for and JSON is not. Raises NotAcceptableError if neither would do."""
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    if kinds & {"application/json", "application/*", "*/*", ""}:
        return False
    if kinds & {CSV, "text/*"}:
        return True
    raise NotAcceptableError(
        both("Accept の形では答えられません。", "No answer of ours is of a kind that Accept names."),
        both("Accept を application/json か text/csv にしてください。", "Set Accept to application/json or text/csv."),
    )
