"""The page: its HTML, and the two routes that only its own script calls. In: a form. Out: HTML, JSON for the script.

The browser sends the conversation with each request; nothing is kept between them, and nothing is written.
"""

import mimetypes
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import zip_longest
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

from seikaku.conversation.characters import count_written
from seikaku.conversation.inputs.part_reading import ReadFile, Reading
from seikaku.conversation.readers import FORMAT_NAMES, title_of_format
from seikaku.conversation.turns import ImportReport
from seikaku.errors import both, in_lang
from seikaku.inference.estimator import Estimator
from seikaku.inference.trend import estimate_trend
from seikaku.places import PACKAGE
from seikaku.report.csv_table import render_csv
from seikaku.report.document import Result, build_document
from seikaku.report.html import render_html, report_style_hash
from seikaku.report.words.imports import dropped_counts, import_notes
from seikaku.report.words.texts import LANGS, Lang, joiner
from seikaku.serving.config import LOOPBACK_HOSTS, ServeConfig
from seikaku.serving.guards.work import Workplace
from seikaku.serving.page.form import MAX_SPEAKERS, check_terms, choose_speakers, is_ticked, read_all, read_lang
from seikaku.serving.page.monologue import MONOLOGUE, MONOLOGUE_TITLE, name_in_lang
from seikaku.serving.page.sources import is_pasted
from seikaku.serving.page.words import render_page
from seikaku.serving.requests.language import lang_headers, lang_of
from seikaku.serving.requests.uploads import UploadedForm, read_form

# The frame with the report inherits this policy: the report's own styles are let in by their hash, and nothing else is.
_POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' '{report_style_hash()}'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_MAX_NAMES = 5  # of sources, in the JSON and CSV: more would only be a long line

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
async def show_page(request: Request, lang: str = "") -> HTMLResponse:
    """The page in the language of ``?lang=``, else in the one that the browser prefers."""
    config: ServeConfig = request.app.state.config
    chosen: Lang = next((known for known in LANGS if known == lang), lang_of(request.headers.raw))
    local = config.is_loopback and request.url.hostname in LOOPBACK_HOSTS
    headers = {"Content-Security-Policy": _POLICY} | lang_headers(chosen)
    return HTMLResponse(request.app.state.pages[chosen, local], headers=headers)


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
    reading, talk = read_all(form, config)
    n_chars: Counter[str] = Counter()
    for conversation in talk.conversations:
        for utterance in conversation.utterances:
            n_chars[utterance.speaker] += count_written(utterance.text)
    return {
        "n_utterances": talk.report.n_utterances,
        "speakers": [
            {"names": _in_each(name_in_lang, name), "name": name, "n_utterances": count, "n_chars": n_chars[name]}
            for name, count in talk.report.speakers.items()
        ],
        "dropped": _in_each(dropped_counts, talk.report),
        "files": [_describe_file(file, is_pasted(form, file)) for file in reading.files],
        "warnings": [_in_each(in_lang, warning) for warning in _of_all(reading, talk.report)],
        "skipped": [_in_each(in_lang, sentence) for sentence in reading.skipped],
    }


def _of_all(reading: Reading, report: ImportReport) -> list[str]:
    """What is to be said of all files together, and of none alone."""
    alone = {warning for file in reading.files for warning in file.imported.report.warnings}
    return [warning for warning in report.warnings if warning not in alone]


def _describe_file(file: ReadFile, pasted: bool) -> dict[str, Any]:
    report = file.imported.report
    titled = replace(_titled(report), warnings=())  # they stand apart
    return {
        "name": file.name,
        "pasted": pasted,
        "format": report.format,
        "encoding": report.encoding,
        "kept": {lang: import_notes(titled, lang, report.speakers) for lang in LANGS},
        "dropped": _in_each(dropped_counts, report),
        "warnings": [_in_each(in_lang, warning) for warning in report.warnings],
    }


def _report(form: UploadedForm, config: ServeConfig, estimator: Estimator) -> dict[str, Any]:
    lang = read_lang(form)
    reading, talk = read_all(form, config)
    speakers = choose_speakers(form, talk.report)
    estimates = [estimator.estimate(talk.conversations, speaker) for speaker in speakers]
    with_trend = is_ticked(form, "trend")
    trends = [estimate_trend(estimator, talk.conversations, speaker) for speaker in speakers if with_trend]
    name = _list_names([file.name for file in reading.files], lang)
    results = [Result(name, one, talk.report, trend) for one, trend in zip_longest(estimates, trends)]
    compare = len(speakers) == MAX_SPEAKERS
    html = render_html(
        estimates,
        lang=lang,
        import_report=_titled(talk.report),
        made_on=date.today(),
        trends=trends or None,
        compare=compare,
        radar=is_ticked(form, "radar"),
    )
    return {
        "html": html,
        "json": build_document(results, compare=compare),
        "csv": render_csv(((name, one) for one in estimates), bom=True),
    }


def _titled(report: ImportReport) -> ImportReport:
    """For people: with the titles of the formats in both languages, where the JSON has their names."""
    titles = [_title(name) for name in report.format.split(", ")]
    return replace(report, format=both("、".join(titles), ", ".join(in_lang(title, "en") for title in titles)))


def _title(format_name: str) -> str:
    if format_name == MONOLOGUE:
        return MONOLOGUE_TITLE
    return title_of_format(format_name) if format_name in FORMAT_NAMES else format_name


def _list_names(names: Sequence[str], lang: Lang) -> str:
    n_more = len(names) - _MAX_NAMES
    listed = "、".join(names[:_MAX_NAMES])
    if n_more <= 0:
        return listed
    return listed + joiner(lang) + in_lang(both(f"ほか {n_more} 個", f"and {n_more} more"), lang)


def _in_each(say: Callable[[Any, Lang], Any], value: object) -> dict[str, Any]:
    """What ``say(value, lang)`` answers, for each language."""
    return {lang: say(value, lang) for lang in LANGS}
