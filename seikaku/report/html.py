"""The report as one self-contained HTML file. In: estimates. Out: HTML text, no script, no request. No effects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from seikaku.conversation.turns import ImportReport
from seikaku.inference.estimates import Accuracy, Evidence, TraitEstimate, TraitEstimates
from seikaku.report.charts import Look, axis_labels, look_of, trait_chart
from seikaku.report.evidence import strongest
from seikaku.report.imports import dropped_counts, import_notes
from seikaku.report.labels import LABELS
from seikaku.report.summary import explain_statuses, summarize
from seikaku.report.texts import (
    EVIDENCE_NOTE,
    NOT_FOR,
    Lang,
    format_range,
    guide,
    norm_name,
    single_line,
    status_label,
    warning_text,
)
from seikaku.traits import TRAITS, Trait
from seikaku.version import __version__

_NONE = "—"


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
) -> str:
    """The report of one or several speakers as HTML text; the same input gives the same text.

    ``title`` None means the standard title; ``made_on`` None leaves the date out (there is no clock in here);
    ``n_evidence`` is the number of utterances per trait and direction. Raises ValueError for no estimates.
    """
    several = [estimates] if isinstance(estimates, TraitEstimates) else list(estimates)
    if not several:
        raise ValueError("a report needs the estimates of at least one speaker")
    views = [_speaker_view(one, lang, f"s{number}", n_evidence) for number, one in enumerate(several, 1)]
    return _template().render(
        lang=lang,
        t=LABELS[lang],
        title=single_line(title) if title else LABELS[lang]["title"],
        speakers=views,
        axis=axis_labels(),
        evidence_note=EVIDENCE_NOTE[lang],
        guide=guide(several[0].norm, lang),
        not_for=NOT_FOR[lang],
        imported=_import_view(import_report, lang, [one.speaker for one in several]) if import_report else None,
        made_on=LABELS[lang]["made_on"].format(date=made_on.isoformat()) if made_on else None,
    )


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


def _speaker_view(estimates: TraitEstimates, lang: Lang, section_id: str, n_evidence: int) -> _SpeakerView:
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
        norm=words["norm"].format(norm=norm_name(estimates.norm, lang), n=estimates.norm.n_speakers),
        model=words["model"].format(model_id=model.model_id, model_hash=model.model_hash, version=__version__),
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
        t_score=_number(estimate.t_score, 1),
        interval=_range(ends_t, 1, lang),
        accuracy=_accuracy(estimate.accuracy, lang),
        score=_number(estimate.score_1to7, 2),
        score_interval=_range(ends_1to7, 2, lang),
        percentile=_number(estimate.percentile, 0),
        raised=_quotes(raised),
        lowered=_quotes(lowered),
    )


def _import_view(report: ImportReport, lang: Lang, shown_speakers: list[str]) -> dict[str, Any]:
    return {"notes": import_notes(report, lang, shown_speakers), "dropped": dropped_counts(report, lang)}


def _quotes(evidence: tuple[Evidence, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((_minus(f"{item.contribution_t:+.2f}"), single_line(item.text)) for item in evidence)


def _number(value: float | None, digits: int) -> str:
    return _NONE if value is None else f"{value:.{digits}f}"


def _range(ends: tuple[float, float] | None, digits: int, lang: Lang) -> str:
    if ends is None:
        return _NONE
    low, high = ends
    return format_range(f"{low:.{digits}f}", f"{high:.{digits}f}", lang)


def _accuracy(accuracy: Accuracy | None, lang: Lang) -> str:
    if accuracy is None:
        return _NONE
    low, high = f"{accuracy.r_low_95:.2f}", f"{accuracy.r_high_95:.2f}"
    return _minus(f"{accuracy.r:.2f} ({format_range(low, high, lang)})")


def _minus(formatted: str) -> str:
    return formatted.replace("-", "\N{MINUS SIGN}")
