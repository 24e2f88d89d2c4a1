"""``GET /docs``: the API explained. In: a request. Out: HTML without a script, made of the OpenAPI document.

An answer's example is what this server's own model says to the example that the page shows.
"""

import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from seikaku.errors import UserError
from seikaku.places import PACKAGE
from seikaku.report.templating import open_templates
from seikaku.report.words.texts import LANGS, Lang
from seikaku.serving.answers.estimating import Answer, estimate_form
from seikaku.serving.answers.openapi import EXAMPLE_FORM, document_of
from seikaku.serving.docs_page.curl import BASE
from seikaku.serving.docs_page.json_layout import lay_out
from seikaku.serving.docs_page.operations import read_groups, read_problems
from seikaku.serving.docs_page.wording import WORDS
from seikaku.serving.requests.language import lang_headers, lang_of
from seikaku.serving.requests.uploads import UploadedFile, UploadedForm

# Stricter than the page's: nothing runs here.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HOST = re.compile(r"https?://[A-Za-z0-9.:\-\[\]]+")

router = APIRouter(include_in_schema=False)


@router.get("/docs", response_class=HTMLResponse)
async def show_docs(request: Request, lang: str = "") -> HTMLResponse:
    """The page in the language of ``?lang=``, else in the one that the browser prefers."""
    chosen: Lang = next((known for known in LANGS if known == lang), lang_of(request.headers.raw))
    pages: dict[Lang, str] = request.app.state.docs
    html = pages.get(chosen, "")
    if not html:
        answer = await _answer_example(request, chosen)
        html = render_docs(document_of(request.app, chosen), chosen, answer)
        if answer is not None:
            pages[chosen] = html
    headers = {"Content-Security-Policy": _POLICY} | lang_headers(chosen)
    return HTMLResponse(html.replace(BASE, _base_of(request)), headers=headers)


def render_docs(document: dict[str, Any], lang: Lang, answer: dict[str, Any] | None) -> str:
    """The page. ``answer``: to the example form; None where there is none just now."""
    environment = open_templates("seikaku.serving")
    environment.filters["prose"] = split_prose
    return environment.get_template("api_page.html.j2").render(
        lang=lang,
        words=WORDS[lang],
        info=document["info"],
        needs_key="security" in document,
        groups=read_groups(document, lang),
        problems=read_problems(document, lang),
        answer=None if answer is None else lay_out(answer),
    )


async def _answer_example(request: Request, lang: Lang) -> dict[str, Any] | None:
    """What the model answers to the example form; None while the server is too busy to say."""
    state = request.app.state
    name = EXAMPLE_FORM["file"].removeprefix("@")
    fields = {key: [value] for key, value in EXAMPLE_FORM.items() if key != "file"} | {"lang": [lang]}
    data = (PACKAGE / "serving" / "static" / name).read_bytes()
    form = UploadedForm(fields, {"file": [UploadedFile(name, data)]})
    try:
        answer: Answer = await state.workplace.run(estimate_form, form, state.workplace.estimator, state.config)
    except UserError:
        return None
    return answer.document


def _base_of(request: Request) -> str:
    """The server's address as the browser has it; the usual one for a Host that could not stand in a command."""
    base = str(request.base_url).rstrip("/")
    return base if _HOST.fullmatch(base) else "http://127.0.0.1:8080"


def split_prose(text: str) -> list[list[tuple[bool, str]]]:
    """The lines of a text, each as (is code, text) parts: what stands between backticks is code."""
    lines = (line.split("`") for line in text.strip().split("\n"))
    return [[(bool(place % 2), part) for place, part in enumerate(parts) if part] for parts in lines]
