"""The report as one self-contained HTML file. In: estimates. Out: HTML text, no script, no request. No effects."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from seikaku.conversation.turns import ImportReport
from seikaku.inference.estimates import Evidence, TraitEstimate, TraitEstimates
from seikaku.inference.trend import Trend
from seikaku.places import PACKAGE
from seikaku.report.charts.radar_chart import radar_chart
from seikaku.report.charts.trait_bar import TICKS_T, Look, look_of, trait_chart
from seikaku.report.comparison import view_comparison
from seikaku.report.evidence import strongest
from seikaku.report.trend import TrendView, view_trend
from seikaku.report.words.imports import dropped_counts, import_notes, import_sentence
from seikaku.report.words.labels import LABELS
from seikaku.report.words.numbers import format_accuracy, format_interval, format_number, format_signed
from seikaku.report.words.summary import explain_statuses, summarize
from seikaku.report.words.texts import (
    EVIDENCE_NOTE,
    NOT_FOR,
    Lang,
    guide,
    norm_name,
    single_line,
    status_label,
    warning_text,
)
from seikaku.traits import TRAITS, Trait
from seikaku.version import __version__

_STYLE_SHEETS = ("report.css", "extras.css")


@dataclass(frozen=True, slots=True)
class _TraitView:
    """One trait as the template prints it: every number already in words."""

    name: str
    low_pole: str
    high_pole: str
    look: Look
    status: str
    chart: Markup
    t_score: str
    interval: str
    accuracy: str
    score: str
    score_interval: str
    percentile: str
    raised: tuple[tuple[str, str], ...]
    lowered: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _SpeakerView:
    """One speaker's section as the template prints it."""

    speaker: str
    summary: str
    amount: str
    reasons: list[tuple[str, str]]
    warnings: list[str]
    traits: list[_TraitView]
    radar: Markup | None
    trend: TrendView | None
    norm: str
    model: str
    raw_note: str

    @property
    def has_evidence(self) -> bool:
        """Whether any trait has an utterance to show."""
        return any(trait.raised or trait.lowered for trait in self.traits)


def render_html(
    estimates: TraitEstimates | Sequence[TraitEstimates],
    *,
    lang: Lang,
    import_report: ImportReport | None = None,
    title: str | None = None,
    made_on: date | None = None,
    n_evidence: int = 5,
    trends: Trend | Sequence[Trend] | None = None,
    compare: bool = False,
    radar: bool = False,
) -> str:
    """The report of one or several speakers as HTML text; the same input gives the same text.

    ``title`` None means the standard title; ``made_on`` None leaves the date out (there is no clock in here);
    ``n_evidence`` is the number of utterances per trait and direction. ``trends``: one for each of ``estimates``, in
    their order. ``compare``: put two speakers side by side. ``radar``: add a radar chart.
    Raises ValueError for no estimates, as many trends as there are not speakers, and a comparison of other than two.
    """
    several = [estimates] if isinstance(estimates, TraitEstimates) else list(estimates)
    if not several:
        raise ValueError("a report needs the estimates of at least one speaker")
    if compare and len(several) != 2:
        raise ValueError(f"a comparison is of two speakers, got {len(several)}")
    views = [
        _speaker_view(one, lang, f"s{number}", n_evidence, trend, radar)
        for number, (one, trend) in enumerate(zip(several, _each_trend(trends, len(several)), strict=True), 1)
    ]
    return _template().render(
        lang=lang,
        t=LABELS[lang],
        title=single_line(title) if title else LABELS[lang]["title"],
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
    environment = Environment(
        loader=PackageLoader("seikaku.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2")


def _speaker_view(
    estimates: TraitEstimates, lang: Lang, section_id: str, n_evidence: int, trend: Trend | None, radar: bool
) -> _SpeakerView:
    words, amount, model = LABELS[lang], estimates.amount, estimates.model
    return _SpeakerView(
        speaker=single_line(estimates.speaker),
        summary=summarize(estimates, lang),
        amount=words["amount"].format(
            n_conversations=amount.n_conversations, n_utterances=amount.n_utterances, n_chars=amount.n_chars
        ),
        reasons=explain_statuses(estimates, lang),
        warnings=[warning_text(warning, lang) for warning in estimates.warnings],
        traits=[
            _trait_view(trait, estimates.traits[trait.key], lang, f"{section_id}-{trait.letter}", n_evidence)
            for trait in TRAITS
        ],
        radar=radar_chart(estimates, lang, f"{section_id}-radar") if radar else None,
        trend=view_trend(trend, lang, f"{section_id}-trend") if trend is not None else None,
        norm=words["norm"].format(norm=norm_name(estimates.norm, lang), n=estimates.norm.n_speakers),
        model=words["model"].format(model_id=model.model_id, model_hash=model.model_hash[:12], version=__version__),
        raw_note=words["raw_note"].format(n=estimates.norm.n_speakers),
    )


def _trait_view(trait: Trait, estimate: TraitEstimate, lang: Lang, chart_id: str, n_evidence: int) -> _TraitView:
    low_pole, high_pole = trait.poles(lang)
    raised, lowered = strongest(estimate, n_evidence)
    interval = estimate.interval_80
    ends_t = (interval.low_t, interval.high_t) if interval else None
    ends_1to7 = (interval.low_1to7, interval.high_1to7) if interval else None
    return _TraitView(
        name=trait.name(lang),
        low_pole=low_pole,
        high_pole=high_pole,
        look=look_of(estimate),
        status=status_label(estimate.status, lang),
        chart=trait_chart(trait, estimate, lang, chart_id),
        t_score=format_number(estimate.t_score, 1),
        interval=format_interval(ends_t, 1, lang),
        accuracy=format_accuracy(estimate.accuracy, lang),
        score=format_number(estimate.score_1to7, 2),
        score_interval=format_interval(ends_1to7, 2, lang),
        percentile=format_number(estimate.percentile, 0),
        raised=_quotes(raised),
        lowered=_quotes(lowered),
    )


def _import_view(report: ImportReport, lang: Lang, shown_speakers: list[str]) -> dict[str, Any]:
    return {
        "sentence": import_sentence(report, lang),
        "notes": import_notes(report, lang, shown_speakers),
        "dropped": dropped_counts(report, lang),
    }


def _quotes(evidence: tuple[Evidence, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((format_signed(item.contribution_t, 2), single_line(item.text)) for item in evidence)
