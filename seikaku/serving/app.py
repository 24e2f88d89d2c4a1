"""The web application: the page and every route of the API, behind one guard. In: settings and a model folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from seikaku.inference.estimator import Estimator
from seikaku.serving.config import ServeConfig
from seikaku.serving.docs_page import routes as docs_page
from seikaku.serving.guards.guard import Guard
from seikaku.serving.guards.observing import Metrics
from seikaku.serving.guards.work import Workplace
from seikaku.serving.page import routes as page
from seikaku.serving.requests.problems import build_problem_response
from seikaku.serving.requests.purposes import check_default_purpose
from seikaku.serving.requests.validation import explain_fields
from seikaku.serving.v1 import routes as v1
from seikaku.serving.v3 import routes as v3


def build_app(config: ServeConfig, model: Path | None = None, *, may_download: bool = False) -> FastAPI:
    """The application; ``model`` None means the embedded model.

    Raises UserError for a default purpose that is refused, ModelError if the model is not valid.
    """
    check_default_purpose(config.default_purpose)
    workplace = Workplace(Estimator.load(model, may_download=may_download), config)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        workplace.close()

    # FastAPI's own /docs would take its scripts from the network; ours is the room docs_page.
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan)
    app.state.config = config
    app.state.workplace = workplace
    app.state.metrics = metrics
    app.state.is_embedded = model is None
    app.add_middleware(Guard, config=config, metrics=metrics)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(RequestValidationError, _answer_fields_error)
    app.include_router(v1.router)
    app.include_router(v3.router)
    app.include_router(docs_page.router)
    page.mount(app, workplace, config)
    app.state.documents, app.state.docs = {}, {}  # by language, from the first request on
    return app


async def _answer_http_error(request: Request, error: Exception) -> Response:
    return build_problem_response(error, request.scope)


async def _answer_fields_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return build_problem_response(explain_fields(error.errors()), request.scope)
