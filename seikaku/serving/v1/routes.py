"""The API's own routes: estimates, batch, model and schema; and SageMaker's two, which answer the same."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from seikaku.serving.answers.describing import describe_model, describe_schema
from seikaku.serving.answers.estimating import Answer, estimate_form, estimate_json
from seikaku.serving.answers.invoking import check_accept
from seikaku.serving.answers.lines import JSON, JSON_LINES, JSON_LINES_TYPES, encode_json
from seikaku.serving.answers.openapi import JSON_BODY, LINES_BODY, UPLOAD_BODY, answers, document_of
from seikaku.serving.guards.work import Workplace
from seikaku.serving.requests.language import lang_headers, lang_of
from seikaku.serving.requests.problems import OverloadedError, wrong_type
from seikaku.serving.requests.uploads import media_type_of, read_body, read_form
from seikaku.serving.v1.streaming import BatchResponse

FORM = "multipart/form-data"
SCHEMA = "application/schema+json"

router = APIRouter(default_response_class=Response)


@router.post(
    "/v1/estimates",
    summary="会話から 1 人を推定する",
    tags=["推定"],
    responses=answers({JSON: "EstimateAnswer"}, with_body=True),
    openapi_extra={"requestBody": {"required": True, "content": JSON_BODY | UPLOAD_BODY}},
)
async def create_estimates(request: Request) -> Response:
    """会話を JSON で送るか、会話のファイルをフォームで送ります。結果は `seikaku analyze --json` と同じ数値です。"""
    workplace, config = _workplace(request), request.app.state.config
    media_type = media_type_of(request)
    if media_type == FORM:
        form = await read_form(request)
        lang = lang_of(request.headers.raw)
        return _send(request, await workplace.run(estimate_form, form, workplace.estimator, config, lang))
    if media_type == JSON:
        return await _estimate_json(request)
    raise wrong_type(media_type, JSON, FORM)


@router.post(
    "/v1/batch",
    summary="1 行 1 件の JSON Lines を次々に推定する",
    tags=["推定"],
    responses=answers({JSON_LINES: None}, with_body=True),
    openapi_extra={"requestBody": {"required": True, "content": LINES_BODY}},
)
async def create_batch(request: Request) -> Response:
    """各行は `/v1/estimates` の JSON です。答えも 1 行に 1 件で、誤りのある行はその行だけが error になります。"""
    media_type = media_type_of(request)
    if media_type not in JSON_LINES_TYPES:
        raise wrong_type(media_type, *sorted(JSON_LINES_TYPES))
    return BatchResponse(request)


@router.get("/v1/model", summary="モデルと、測った精度", tags=["説明"], responses=answers({JSON: "ModelAnswer"}))
async def show_model(request: Request) -> Response:
    """モデルの名前・ハッシュ・基準集団・本文量ごとの精度・上限・使える目的です。"""
    state, lang = request.app.state, lang_of(request.headers.raw)
    document = describe_model(state.workplace.estimator.trained, state.config, lang, is_embedded=state.is_embedded)
    return Response(encode_json(document), media_type=JSON, headers=lang_headers(lang))


@router.get("/v1/schema", summary="答えの JSON Schema", tags=["説明"], responses=answers({SCHEMA: None}))
async def show_schema() -> Response:
    """`/v1/estimates` の答えの JSON Schema（2020-12）です。"""
    return Response(encode_json(describe_schema()), media_type=SCHEMA)


@router.get("/ping", summary="SageMaker の生存確認", tags=["運用"], responses=answers({JSON: None}))
@router.get("/health", summary="生存確認", tags=["運用"], responses=answers({JSON: None}))
async def show_health(request: Request) -> Response:
    """モデルを読み込み終えて、推定できるなら 200、推定がすべて詰まっていれば 503 です（API キーは要りません）。"""
    if _workplace(request).is_stuck:
        raise OverloadedError
    return Response(encode_json({"status": "ok"}), media_type=JSON)


@router.get("/metrics", summary="Prometheus の指標", tags=["運用"], responses=answers({"text/plain": None}))
async def show_metrics(request: Request) -> Response:
    """件数・時間・状態の数です。本文や名前は含みません。"""
    return Response(request.app.state.metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/openapi.json", include_in_schema=False)
async def show_openapi(request: Request) -> Response:
    """この API の OpenAPI の文書です。"""
    lang = lang_of(request.headers.raw)
    return Response(encode_json(document_of(request.app, lang)), media_type=JSON, headers=lang_headers(lang))


@router.post(
    "/invocations",
    summary="SageMaker の推論",
    tags=["推定"],
    responses=answers({JSON: "EstimateAnswer", JSON_LINES: None}, with_body=True),
    openapi_extra={"requestBody": {"required": True, "content": JSON_BODY | LINES_BODY}},
)
async def invoke(request: Request) -> Response:
    """JSON なら `/v1/estimates`、JSON Lines（バッチ変換）なら `/v1/batch` と同じです。"""
    check_accept(request.headers.get("accept", ""))
    media_type = media_type_of(request)
    if media_type in JSON_LINES_TYPES:
        return BatchResponse(request)
    if media_type == JSON:
        return await _estimate_json(request)
    raise wrong_type(media_type, JSON, *sorted(JSON_LINES_TYPES))


async def _estimate_json(request: Request) -> Response:
    workplace = _workplace(request)
    body = await read_body(request)
    config, lang = request.app.state.config, lang_of(request.headers.raw)
    return _send(request, await workplace.run(estimate_json, body, workplace.estimator, config, lang))


def _send(request: Request, answer: Answer) -> Response:
    request.app.state.metrics.count_estimates(answer.estimates)
    headers = lang_headers(answer.document["texts"]["lang"])
    return Response(encode_json(answer.document), media_type=JSON, headers=headers)


def _workplace(request: Request) -> Workplace:
    workplace: Workplace = request.app.state.workplace
    return workplace
