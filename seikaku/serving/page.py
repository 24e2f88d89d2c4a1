"""The page: its HTML, and the two routes that only its own script calls. In: a form. Out: HTML, JSON for the script.

The browser sends the conversation with each request; nothing is kept between them, and nothing is written.
"""

import hashlib
import json
import mimetypes
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.staticfiles import StaticFiles

from seikaku.conversation.readers import FORMAT_NAMES, parse_conversations
from seikaku.conversation.turns import Conversation, ImportedFile, ImportReport
from seikaku.errors import InputFileError, SpeakerError
from seikaku.inference.estimator import Estimator
from seikaku.report.document import Result, build_document
from seikaku.report.html import render_html
from seikaku.report.imports import dropped_counts, import_notes
from seikaku.report.table import render_csv
from seikaku.report.texts import LANGS, NOT_FOR, Lang, joiner
from seikaku.serving.config import LOOPBACK_HOSTS, ServeConfig
from seikaku.serving.problems import RequestError, TooLargeError
from seikaku.serving.purposes import ALLOWED, FORBIDDEN, check_purpose
from seikaku.serving.uploads import UploadedForm, read_form
from seikaku.serving.work import Workplace

_FOLDER = Path(__file__).parent
_BYTES_PER_MB = 1_000_000
_FORM_BYTES = 20_000  # what a form adds to the conversation: boundaries, names, the other fields
_MAX_SPEAKERS = 2
_YES = "yes"
_EXAMPLE = {"example_speaker": "花子", "example_purpose": "self_reflection"}

# A frame with srcdoc inherits this policy: the report brings its styles inline. No script but the page's own ever runs.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


class ConsentError(RequestError):
    """The tick that says whose consent there is was not set."""

    kind = "consent"


@dataclass(frozen=True, slots=True)
class _Source:
    """One file, or the pasted text, as it was read."""

    name: str
    pasted: bool
    imported: ImportedFile


def mount(app: FastAPI, workplace: Workplace, config: ServeConfig) -> None:
    """Add the page, its two routes and its static files to ``app``."""
    mimetypes.add_type("text/javascript", ".js")  # the registry of Windows may say otherwise, and modules are refused
    app.state.pages = {
        (lang, local): _render_page(lang, local, config, workplace.estimator.trained.floor_chars)
        for lang in LANGS
        for local in (True, False)
    }
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=_FOLDER / "static"), name="static")


@router.get("/", response_class=HTMLResponse)
async def show_page(request: Request, lang: str = "ja") -> HTMLResponse:
    """The page in Japanese, or in English with ``?lang=en``."""
    config: ServeConfig = request.app.state.config
    local = config.is_loopback and request.url.hostname in LOOPBACK_HOSTS
    html = request.app.state.pages["en" if lang == "en" else "ja", local]
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})


@router.post("/page/read")
async def read_talk(request: Request) -> Response:
    """Who speaks in the conversations of the form, and what was kept and dropped, in both languages."""
    form = await read_form(request)
    return _json(await request.app.state.workplace.run(_describe, form, request.app.state.config))


@router.post("/page/report")
async def make_report(request: Request) -> Response:
    """The report of the chosen speakers as HTML, as the JSON document of `seikaku analyze --json`, and as CSV."""
    form = await read_form(request)
    workplace: Workplace = request.app.state.workplace
    check_purpose(_field(form, "purpose"))
    if _field(form, "consent") != _YES:
        raise ConsentError(
            "本人か、本人の同意があることが確かめられていません。", "本人か、本人の同意があるときだけ送ってください。"
        )
    return _json(await workplace.run(_report, form, request.app.state.config, workplace.estimator))


def _json(value: dict[str, Any]) -> JSONResponse:
    return JSONResponse(value, headers={"Cache-Control": "no-store"})


def _render_page(lang: Lang, local: bool, config: ServeConfig, floor_chars: int) -> str:
    environment = Environment(
        loader=PackageLoader("seikaku.serving"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = _words(config)
    data = {
        "words": words,
        "floor_chars": floor_chars,
        "max_bytes": config.max_body_bytes - _FORM_BYTES,
        "limit_mb": _limit_mb(config),
        "forbidden": list(FORBIDDEN),
        **_EXAMPLE,
    }
    return environment.get_template("page.html.j2").render(
        lang=lang,
        words=words,
        data=data,
        privacy="privacy_local" if local else "privacy_remote",
        formats=FORMAT_NAMES,
        allowed=list(ALLOWED),
        forbidden=list(FORBIDDEN),
    )


def _words(config: ServeConfig) -> dict[str, dict[Lang, str]]:
    """The page's own words, with those of the purposes and of the report among them."""
    text = (_FOLDER / "templates" / "page_words.json").read_text(encoding="utf-8")
    words: dict[str, dict[Lang, str]] = json.loads(text.replace("{limit}", _limit_mb(config)))
    words["not_for"] = {lang: joiner(lang).join(NOT_FOR[lang]) for lang in LANGS}
    for key, (name_ja, name_en) in ALLOWED.items():
        words[f"purpose_{key}"] = {"ja": name_ja, "en": _capitalise(name_en)}
    for key, refused in FORBIDDEN.items():
        words[f"purpose_{key}"] = {"ja": refused.name_ja, "en": _capitalise(refused.name_en)}
        words[f"reason_{key}"] = {"ja": refused.reason_ja, "en": refused.reason_en}
    return words


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]


def _limit_mb(config: ServeConfig) -> str:
    return f"{config.max_body_bytes / _BYTES_PER_MB:g}"


def _field(form: UploadedForm, name: str) -> str:
    return form.fields.get(name, [""])[0]


def _lang(form: UploadedForm) -> Lang:
    found = _field(form, "lang") or "ja"
    for lang in LANGS:
        if found == lang:
            return lang
    raise RequestError("言語（lang）の指定が違います。", f"{' か '.join(get_args(Lang))} を指定してください。")


def _read_sources(form: UploadedForm, config: ServeConfig) -> list[_Source]:
    """The files and the pasted text, read. Raises InputFileError, TooLargeError."""
    format_name = _field(form, "format") or None
    given = [(file.name, False, file.data) for file in form.files.get("files", [])]
    if text := _field(form, "text"):
        given.append((_words(config)["pasted_name"][_lang(form)], True, text.encode()))
    if not given:
        raise InputFileError("会話がありません。", "ファイルを選ぶか、会話を貼り付けてください。")
    _refuse_copies([(name, data) for name, _, data in given])
    sources = [
        _Source(name, pasted, parse_conversations(data, name=name, format=format_name)) for name, pasted, data in given
    ]
    _check_amount([source.imported for source in sources], config)
    return sources


def _refuse_copies(given: Sequence[tuple[str, bytes]]) -> None:
    """The same text twice would make an estimate look twice as sure."""
    first: dict[bytes, str] = {}
    for name, data in given:
        earlier = first.setdefault(hashlib.sha256(data).digest(), name)
        if earlier is not name:
            raise InputFileError(f"{name} の中身は {earlier} と同じです。", "どちらか一つを外してください。")


def _check_amount(files: Sequence[ImportedFile], config: ServeConfig) -> None:
    n_utterances = sum(file.report.n_utterances for file in files)
    if n_utterances > config.max_utterances:
        raise TooLargeError(
            f"発話が多すぎます（{n_utterances:,} 発話）。",
            f"合計 {config.max_utterances:,} 発話までにするか、コマンド seikaku analyze を使ってください。",
        )
    n_chars = sum(len(u.text) for file in files for talk in file.conversations for u in talk.utterances)
    if n_chars > config.max_chars:
        raise TooLargeError(
            f"文章が長すぎます（{n_chars:,} 字）。",
            f"合計 {config.max_chars:,} 字までにするか、コマンド seikaku analyze を使ってください。",
        )


def _describe(form: UploadedForm, config: ServeConfig) -> dict[str, Any]:
    sources = _read_sources(form, config)
    n_chars: Counter[str] = Counter()
    for source in sources:
        for talk in source.imported.conversations:
            for utterance in talk.utterances:
                n_chars[utterance.speaker] += sum(map(len, utterance.text.split()))
    report = _merge_reports([source.imported.report for source in sources])
    return {
        "n_utterances": report.n_utterances,
        "speakers": [
            {"name": name, "n_utterances": count, "n_chars": n_chars[name]} for name, count in report.speakers.items()
        ],
        "files": [_describe_source(source) for source in sources],
    }


def _describe_source(source: _Source) -> dict[str, Any]:
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
    lang = _lang(form)
    sources = _read_sources(form, config)
    report = _merge_reports([source.imported.report for source in sources])
    speakers = _chosen_speakers(form, report)
    conversations = _all_conversations(sources)
    name = "、".join(source.name for source in sources)
    results = [Result(name, estimator.estimate(conversations, speaker), report) for speaker in speakers]
    estimates = [result.estimates for result in results]
    return {
        "html": render_html(estimates, lang=lang, import_report=report, made_on=date.today()),
        "json": build_document(results),
        "csv": render_csv((name, one) for one in estimates),
    }


def _all_conversations(sources: Sequence[_Source]) -> list[Conversation]:
    return [conversation for source in sources for conversation in source.imported.conversations]


def _chosen_speakers(form: UploadedForm, report: ImportReport) -> list[str]:
    """The one or two speakers of the form: a JSON array, since a form changes the line breaks inside a name."""
    try:
        speakers = json.loads(_field(form, "speakers") or "[]")
    except json.JSONDecodeError:
        speakers = None
    if not isinstance(speakers, list) or not all(isinstance(speaker, str) for speaker in speakers):
        raise RequestError("話者（speakers）を読めません。", "speakers には話者の名前の JSON 配列を指定してください。")
    if not 1 <= len(set(speakers)) == len(speakers) <= _MAX_SPEAKERS:
        raise SpeakerError(
            f"話者が {len(speakers)} 人選ばれています。", "推定する人を一人か、比べる二人（別々の人）を選んでください。"
        )
    for speaker in speakers:
        if speaker not in report.speakers:
            raise SpeakerError("選んだ話者は、この会話にいません。", "会話を読み取り直して、話者を選んでください。")
    return speakers


def _merge_reports(reports: Sequence[ImportReport]) -> ImportReport:
    """One report for all sources: sums of the counts, the whole period; formats and encodings side by side."""
    if len(reports) == 1:
        return reports[0]
    speakers: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    for report in reports:
        speakers.update(report.speakers)
        dropped.update(report.dropped)
    starts = [report.first_timestamp for report in reports if report.first_timestamp]
    ends = [report.last_timestamp for report in reports if report.last_timestamp]
    return ImportReport(
        format=", ".join(dict.fromkeys(report.format for report in reports)),
        encoding=", ".join(dict.fromkeys(report.encoding for report in reports)),
        speakers=dict(speakers),
        n_utterances=sum(report.n_utterances for report in reports),
        dropped=dict(dropped.most_common()),
        first_timestamp=min(starts, default=None),
        last_timestamp=max(ends, default=None),
        warnings=tuple(warning for report in reports for warning in report.warnings),
    )
