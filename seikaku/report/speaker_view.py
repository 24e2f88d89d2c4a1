"""One speaker's part of a report: every figure already in words. In: estimates. Out: what the template prints. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from seikaku.inference.estimates import MoreText, TraitEstimate, TraitEstimates
from seikaku.inference.trend import Trend
from seikaku.report.charts.radar_chart import radar_chart
from seikaku.report.charts.trait_bar import Look, look_of, trait_chart
from seikaku.report.evidence import EvidenceView, view_evidence
from seikaku.report.language_layer import LanguageView, figures_of, view_language
from seikaku.report.trend import TrendView, view_trend
from seikaku.report.words.facts import ends_t, find, say_before_after, say_found, say_percent, say_reading
from seikaku.report.words.labels import LABELS
from seikaku.report.words.more_text import say_more_text
from seikaku.report.words.numbers import NONE, format_accuracy, format_interval, format_number
from seikaku.report.words.summary import explain_statuses, summarize
from seikaku.report.words.texts import Lang, norm_name, single_line, warning_text
from seikaku.traits import TRAITS, Trait
from seikaku.version import __version__


@dataclass(frozen=True, slots=True)
class TraitView:
    """One trait as the template prints it: two facts, the range before and after, the bar, the evidence."""

    name: str
    low_pole: str
    high_pole: str
    look: Look
    chart: Markup
    reading: str
    found: str
    t_score: str
    ranges: str
    evidence: EvidenceView


@dataclass(frozen=True, slots=True)
class FiguresTable:
    """A table of the five traits: a heading for each column but the first, and the rows (name, cells)."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class SpeakerView:
    """One speaker's section as the template prints it.

    ``is_read``: whether any trait can be read; where not, the summary says so and why, and ``reasons`` is empty.
    """

    speaker: str
    summary: str
    amount: str
    warnings: list[str]
    traits: list[TraitView]
    is_read: bool
    reasons: list[tuple[str, str]]
    more_text: tuple[str, ...]
    language: LanguageView
    tables: tuple[FiguresTable, ...]
    radar: Markup | None
    trend: TrendView | None
    norm: str
    model: str
    raw_note: str

    @property
    def has_evidence(self) -> bool:
        """Whether any trait has words to show."""
        return any(trait.evidence for trait in self.traits)


def view_speaker(
    estimates: TraitEstimates, lang: Lang, section_id: str, n_evidence: int, trend: Trend | None, radar: bool
) -> SpeakerView:
    """Everything that a report shows of one speaker; ``section_id`` makes the ids of its charts unique."""
    words, model = LABELS[lang], estimates.model
    is_read = any(find(estimate).kind != "nothing" for estimate in estimates.traits.values())
    return SpeakerView(
        speaker=single_line(estimates.speaker),
        summary=summarize(estimates, lang, describes_language=bool(figures_of(estimates))),
        amount=say_amount(estimates, lang),
        warnings=[warning_text(warning, lang) for warning in estimates.warnings],
        traits=[
            _trait_view(trait, estimates.traits[trait.key], lang, f"{section_id}-{trait.letter}", n_evidence)
            for trait in TRAITS
        ],
        is_read=is_read,
        reasons=explain_statuses(estimates, lang) if is_read else [],
        more_text=say_more_text(estimates, lang),
        language=view_language(estimates, lang, section_id),
        tables=(_tabulate(estimates, lang, _FIGURES), _tabulate(estimates, lang, _RAW)),
        radar=radar_chart(estimates, lang, f"{section_id}-radar") if radar else None,
        trend=view_trend(trend, lang, f"{section_id}-trend") if trend is not None else None,
        norm=words["norm"].format(norm=norm_name(estimates.norm, lang), n=estimates.norm.n_speakers),
        model=words["model"].format(model_id=model.model_id, model_hash=model.model_hash[:12], version=__version__),
        raw_note=words["raw_note"].format(n=estimates.norm.n_speakers),
    )


def say_amount(estimates: TraitEstimates, lang: Lang) -> str:
    """How much of the speaker's own text was used."""
    amount = estimates.amount
    return LABELS[lang]["amount"].format(
        n_conversations=amount.n_conversations, n_utterances=amount.n_utterances, n_chars=amount.n_chars
    )


def _trait_view(trait: Trait, estimate: TraitEstimate, lang: Lang, chart_id: str, n_evidence: int) -> TraitView:
    low_pole, high_pole = trait.poles(lang)
    look = look_of(estimate)
    return TraitView(
        name=trait.name(lang),
        low_pole=low_pole,
        high_pole=high_pole,
        look=look,
        chart=trait_chart(trait, estimate, lang, chart_id),
        reading=say_reading(estimate, lang),
        found=say_found(estimate, lang),
        t_score=format_number(estimate.t_score if look != "withheld" else None, 1),
        ranges=say_before_after(estimate, lang),
        evidence=view_evidence(estimate, n_evidence, lang),
    )


_Cell = Callable[[TraitEstimate, Lang], str]


def _raw_interval(estimate: TraitEstimate, lang: Lang) -> str:
    interval = estimate.interval_80
    return format_interval((interval.low_1to7, interval.high_1to7) if interval else None, 2, lang)


def _say_more(more: MoreText | None) -> str:
    return NONE if more is None else f"{more.r:.2f} (±{more.half_width_t:.1f})"


# Label of the column -> its cells.
_FIGURES: dict[str, _Cell] = {
    "t_score": lambda estimate, lang: format_number(estimate.t_score, 1),
    "interval_before": lambda estimate, lang: format_interval(ends_t(estimate.before_80), 1, lang),
    "interval_after": lambda estimate, lang: format_interval(ends_t(estimate.interval_80), 1, lang),
    "chance": lambda estimate, lang: say_chance(estimate, lang),
    "accuracy": lambda estimate, lang: format_accuracy(estimate.accuracy, lang),
}
_RAW: dict[str, _Cell] = {
    "score": lambda estimate, lang: format_number(estimate.score_1to7, 2),
    "score_interval": _raw_interval,
    "percentile": lambda estimate, lang: format_number(estimate.percentile, 0),
    "r_with_more": lambda estimate, lang: _say_more(estimate.more_text),
}


def say_chance(estimate: TraitEstimate, lang: Lang) -> str:
    """The chance of the side that was found, as a table has it."""
    finding = find(estimate)
    if finding.side is None or finding.percent is None:
        return NONE
    return f"{LABELS[lang]['side_' + finding.side]} {say_percent(finding)}"


def _tabulate(estimates: TraitEstimates, lang: Lang, columns: dict[str, _Cell]) -> FiguresTable:
    return FiguresTable(
        headings=tuple(LABELS[lang][label] for label in columns),
        rows=tuple(
            (trait.name(lang), tuple(cell(estimates.traits[trait.key], lang) for cell in columns.values()))
            for trait in TRAITS
        ),
    )
