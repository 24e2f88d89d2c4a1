"""``POST /v3/profile``: the route and headers of IBM Watson Personality Insights v3, answered by our estimates."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from seikaku.report.words.texts import Lang
from seikaku.serving.answers.lines import encode_json
from seikaku.serving.answers.openapi import answers, reference
from seikaku.serving.requests.problems import FieldsError, MediaTypeError, NotAcceptableError, RequestError
from seikaku.serving.requests.purposes import check_purpose
from seikaku.serving.requests.uploads import charset_of, media_type_of, read_body
from seikaku.serving.v3.profile import ProfileOptions, build_profile, render_profile_csv

CSV = "text/csv"
_BODY = {
    "application/json": {"schema": reference("ProfileRequest")},
    "text/plain": {
        "schema": {"type": "string"},
        "example": "昨日は友だちと海まで歩いた。\n帰りに買ったパンがおいしかった。\n",
    },
}

router = APIRouter(default_response_class=Response)


@router.post(
    "/v3/profile",
    summary="IBM Personality Insights v3 と同じ形の答え",
    tags=["互換"],
    responses=answers({"application/json": "Profile", CSV: None}, with_body=True),
    openapi_extra={"requestBody": {"required": True, "content": _BODY}},
)
async def create_profile(
    request: Request,
    version: Annotated[str, Query(description="版の日付（YYYY-MM-DD）", pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")],
    purpose: Annotated[str, Query(description="使う目的（X-Seikaku-Purpose ヘッダーでもよい）")] = "",
    raw_scores: Annotated[bool, Query(description="raw_score を付ける")] = False,
    csv_headers: Annotated[bool, Query(description="CSV に見出しの行を付ける")] = False,
    consumption_preferences: Annotated[bool, Query(description="いつも空の一覧を付ける")] = False,
    x_seikaku_purpose: Annotated[str, Header(description="使う目的")] = "",
    content_language: Annotated[str, Header(description="本文の言語。ja だけを読む")] = "ja",
    accept_language: Annotated[str, Header(description="答えの言葉の言語（ja か en）")] = "ja",
    accept: Annotated[str, Header(description="application/json か text/csv")] = "*/*",
) -> Response:
    """1 人の文章を text/plain（1 行を 1 発話とする）か contentItems の JSON で送ります。"""
    _check_version(version)
    check_purpose(purpose or x_seikaku_purpose)
    media_type = media_type_of(request)
    if media_type not in _BODY:
        raise MediaTypeError(
            "Content-Type がここでは読めないものです。", "text/plain;charset=utf-8 か application/json にしてください。"
        )
    if content_language.split("-")[0].strip().lower() != "ja":
        raise RequestError(
            "Content-Language が ja ではありません。", "日本語の文章を Content-Language: ja で送ってください。"
        )
    options = ProfileOptions(
        media_type, charset_of(request), _choose_lang(accept_language), raw_scores, consumption_preferences
    )
    as_csv = _wants_csv(accept)
    body = await read_body(request)
    state = request.app.state
    answer = await state.workplace.run(build_profile, body, options, state.workplace.estimator, state.config)
    state.metrics.count_estimates(answer.estimates)
    headers = {"Content-Language": options.lang}
    if as_csv:
        rows = render_profile_csv(answer.document, with_headers=csv_headers)
        return Response(rows, media_type=f"{CSV}; charset=utf-8", headers=headers)
    return Response(encode_json(answer.document), media_type="application/json", headers=headers)


def _check_version(version: str) -> None:
    try:
        date.fromisoformat(version)
    except ValueError:
        raise FieldsError([("version", "YYYY-MM-DD の日付にしてください")]) from None


def _choose_lang(accept_language: str) -> Lang:
    """English only where it is asked for first."""
    return "en" if accept_language.strip().lower().startswith("en") else "ja"


def _wants_csv(accept: str) -> bool:
    """Whether CSV is asked for and JSON is not. Raises NotAcceptableError if neither would do."""
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    if kinds & {"application/json", "application/*", "*/*", ""}:
        return False
    if kinds & {CSV, "text/*"}:
        return True
    raise NotAcceptableError(
        "Accept の形では答えられません。", "Accept を application/json か text/csv にしてください。"
    )
