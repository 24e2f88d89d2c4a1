"""The report as one self-contained HTML file. In: estimates. Out: HTML text, no script, no request. No effects."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from seikaku.config import N_EVIDENCE
from seikaku.conversation.turns import ImportReport
from seikaku.inference.estimates import TraitEstimates
from seikaku.inference.trend import Trend
from seikaku.places import PACKAGE
from seikaku.report.charts.trait_bar import TICKS_T
from seikaku.report.comparison import view_comparison
from seikaku.report.speaker_view import view_speaker
from seikaku.report.templating import open_templates
from seikaku.report.words.guide import EVIDENCE_NOTE, guide
from seikaku.report.words.imports import dropped_counts, import_notes, import_sentence
from seikaku.report.words.labels import LABELS
from seikaku.report.words.texts import NOT_FOR, Lang

_STYLE_SHEETS = ("report.css", "language.css", "extras.css")


def render_html(
    estimates: TraitEstimates | Sequence[TraitEstimates],
    *,
    lang: Lang,
    import_report: ImportReport | None = None,
    made_on: date | None = None,
    n_evidence: int = N_EVIDENCE,
    trends: Trend | Sequence[Trend] | None = None,
    compare: bool = False,
    radar: bool = False,
) -> str:
    """The report of one or several speakers as HTML text; the same input gives the same text.

    ``made_on`` None leaves the date out (there is no clock in here); ``n_evidence`` is the number of utterances per
    trait and direction. ``trends``: one for each of ``estimates``, in their order. ``compare``: put two speakers side
    by side. ``radar``: add a radar chart.
    Raises ValueError for no estimates, as many trends as there are not speakers, and a comparison of other than two.
    """
    several = [estimates] if isinstance(estimates, TraitEstimates) else list(estimates)
    if not several:
        raise ValueError("a report needs the estimates of at least one speaker")
    if compare and len(several) != 2:
        raise ValueError(f"a comparison is of two speakers, got {len(several)}")
    views = [
        view_speaker(one, lang, f"s{number}", n_evidence, trend, radar)
        for number, (one, trend) in enumerate(zip(several, _each_trend(trends, len(several)), strict=True), 1)
    ]
    return _template().render(
        lang=lang,
        t=LABELS[lang],
        speakers=views,
        comparison=view_comparison(several[0], several[1], lang) if compare else None,
        style=Markup(report_style()),  # our own files
        style_hash=report_style_hash(),
        axis=TICKS_T,
        evidence_note=EVIDENCE_NOTE[lang],
        guide=guide(several[0].norm, lang),
        not_for=NOT_FOR[lang],
        imported=_import_view(import_report, lang, [one.speaker for one in several]) if import_report else None,
        made_on=LABELS[lang]["made_on"].format(date=made_on.isoformat()) if made_on else None,
    )


def report_style() -> str:
    """The exact text of the style element of every report: a page that embeds one can allow it by its hash."""
    folder = PACKAGE / "report" / "templates"
    return "".join((folder / name).read_text(encoding="utf-8") for name in _STYLE_SHEETS)


def report_style_hash() -> str:
    """The hash of ``report_style`` as a Content-Security-Policy names it: sha256- and Base64 (W3C CSP level 2)."""
    return "sha256-" + b64encode(sha256(report_style().encode()).digest()).decode()


def _each_trend(trends: Trend | Sequence[Trend] | None, n_speakers: int) -> Sequence[Trend | None]:
    """One trend or None for each speaker."""
    if trends is None:
        return [None] * n_speakers
    several = [trends] if isinstance(trends, Trend) else list(trends)
    if len(several) != n_speakers:
        raise ValueError(f"a report of {n_speakers} speakers needs as many trends, got {len(several)}")
    return several


def _template() -> Template:
    return open_templates("seikaku.report").get_template("report.html.j2")


def _import_view(report: ImportReport, lang: Lang, shown_speakers: list[str]) -> dict[str, Any]:
    return {
        "sentence": import_sentence(report, lang),
        "notes": import_notes(report, lang, shown_speakers),
        "dropped": dropped_counts(report, lang),
    }
