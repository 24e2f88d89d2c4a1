"""The page: its HTML, and the two routes that only its own script calls. In: a form. Out: HTML, JSON for the script.

The browser sends the conversation with each request; nothing is kept between them, and nothing is written.
"""

import mimetypes
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import zip_longest
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

from seikaku.inference.estimator import Estimator
from seikaku.inference.trend import estimate_trend
from seikaku.places import PACKAGE
from seikaku.report.csv_table import render_csv
from seikaku.report.document import Result, build_document
from seikaku.report.html import render_html, report_style_hash
from seikaku.report.words.imports import dropped_counts, import_notes
from seikaku.report.words.texts import LANGS
from seikaku.serving.config import LOOPBACK_HOSTS, ServeConfig
from seikaku.serving.guards.work import Workplace
from seikaku.serving.page.form import (
    MAX_SPEAKERS,
    Source,
    check_terms,
    choose_speakers,
    is_ticked,
    merge_sources,
    read_lang,
    read_sources,
)
from seikaku.serving.page.words import render_page
from seikaku.serving.requests.uploads import UploadedForm, read_form

# The frame with the report inherits this policy: the report's own styles are let in by their hash, and nothing else is.
_POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' '{report_style_hash()}'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


def mount(app: FastAPI, workplace: Workplace, config: ServeConfig) -> None:
    """Add the page, its two routes and its static files to ``app``."""
    mimetypes.add_type("text/javascript", ".js")  # the registry of Windows may say otherwise, and modules are refused
    app.state.pages = {
        (lang, local): render_page(lang, local, config, workplace.estimator.trained.calibration.floor_chars)
        for lang in LANGS
        for local in (True, False)
    }
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=PACKAGE / "serving" / "static"), name="static")


@router.get("/", response_class=HTMLResponse)
async def show_page(request: Request, lang: str = "ja") -> HTMLResponse:
    """The page in Japanese, or in English with ``?lang=en``."""
    config: ServeConfig = request.app.state.config
    local = config.is_loopback and request.url.hostname in LOOPBACK_HOSTS
    html = request.app.state.pages["en" if lang == "en" else "ja", local]
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})


@router.post("/page/read")
async def read_talk(request: Request) -> Response:
    """Who speaks in the conversations of the form, and what was kept and dropped, in both languages."""
    form = await read_form(request)
    return JSONResponse(await request.app.state.workplace.run(_describe, form, request.app.state.config))


@router.post("/page/report")
async def make_report(request: Request) -> Response:
    """The report of the chosen speakers as HTML, as the JSON document of `seikaku analyze --json`, and as CSV."""
    form = await read_form(request)
    workplace: Workplace = request.app.state.workplace
    check_terms(form)
    return JSONResponse(await workplace.run(_report, form, request.app.state.config, workplace.estimator))


def _describe(form: UploadedForm, config: ServeConfig) -> dict[str, Any]:
    sources = read_sources(form)
    talk = merge_sources(sources, config)
    n_chars: Counter[str] = Counter()
    for conversation in talk.conversations:
        for utterance in conversation.utterances:
            n_chars[utterance.speaker] += sum(map(len, utterance.text.split()))
    return {
        "n_utterances": talk.report.n_utterances,
        "speakers": [
            {"name": name, "n_utterances": count, "n_chars": n_chars[name]}
            for name, count in talk.report.speakers.items()
        ],
        "files": [_describe_source(source) for source in sources],
    }


def _describe_source(source: Source) -> dict[str, Any]:
    report = source.imported.report
    without_warnings = replace(report, warnings=())  # they stand apart: the readers speak Japanese only
    return {
        "name": source.name,
        "pasted": source.pasted,
        "format": report.format,
        "encoding": report.encoding,
        "kept": {lang: import_notes(without_warnings, lang, report.speakers) for lang in LANGS},
        "dropped": {lang: dropped_counts(report, lang) for lang in LANGS},
        "warnings": list(report.warnings),
    }


def _report(form: UploadedForm, config: ServeConfig, estimator: Estimator) -> dict[str, Any]:
    lang = read_lang(form)
    sources = read_sources(form)
    talk = merge_sources(sources, config)
    speakers = choose_speakers(form, talk.report)
    estimates = [estimator.estimate(talk.conversations, speaker) for speaker in speakers]
    with_trend = is_ticked(form, "trend")
    trends = [estimate_trend(estimator, talk.conversations, speaker) for speaker in speakers if with_trend]
    name = "、".join(source.name for source in sources)
    results = [Result(name, one, talk.report, trend) for one, trend in zip_longest(estimates, trends)]
    compare = len(speakers) == MAX_SPEAKERS
    html = render_html(
        estimates,
        lang=lang,
        import_report=talk.report,
        made_on=date.today(),
        trends=trends or None,
        compare=compare,
        radar=is_ticked(form, "radar"),
    )
    return {
        "html": html,
        "json": build_document(results, compare=compare),
        "csv": render_csv((name, one) for one in estimates),
    }
