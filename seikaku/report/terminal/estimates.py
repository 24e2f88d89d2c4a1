"""Estimates for a terminal of 80 columns. In: estimates. Out: a rich renderable; printing is the caller's. No effects.

Nothing depends on colour: it reads the same with NO_COLOR and through a pipe.
"""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seikaku.config import N_EVIDENCE_TABLE
from seikaku.conversation.turns import ImportReport
from seikaku.inference.estimates import TraitEstimate, TraitEstimates
from seikaku.report.charts.trait_bar import axis_percent, look_of
from seikaku.report.evidence import strongest
from seikaku.report.terminal.wrapping import Prose, shorten_cells
from seikaku.report.words.imports import import_sentence
from seikaku.report.words.labels import LABELS
from seikaku.report.words.summary import explain_statuses, summarize
from seikaku.report.words.texts import (
    EVIDENCE_NOTE,
    NOT_FOR,
    Lang,
    colon,
    format_range,
    joiner,
    norm_name,
    single_line,
    status_label,
    warning_text,
)
from seikaku.traits import TRAITS
from seikaku.version import __version__

_BAR_CELLS = 25
_EXCERPT_CELLS = 40


class _Bar:
    """The 80 % band and the dot on the axis of T 20-80, always ``_BAR_CELLS`` cells wide.

    Drawn with characters that East Asian terminals do not widen; plain ASCII where the encoding is not Unicode.
    """

    def __init__(self, estimate: TraitEstimate) -> None:
        self.estimate = estimate

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(_BAR_CELLS, _BAR_CELLS)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        look = look_of(self.estimate)
        thin, thick, mean, dot = _glyphs(options)
        cells = [" "] * _BAR_CELLS
        interval = self.estimate.interval_80
        if interval is not None:
            for cell in range(_cell(interval.low_t), _cell(interval.high_t) + 1):
                cells[cell] = thick if look == "clear" else thin
        cells[_BAR_CELLS // 2] = mean
        if self.estimate.t_score is not None:
            cells[_cell(self.estimate.t_score)] = dot
        yield Text("".join(cells), style="bold blue" if look == "clear" else "dim")


class _Legend:
    """What the signs of a bar stand for."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Prose]:
        words = LABELS[self.lang]
        thin, thick, mean, dot = _glyphs(options)
        signs = ((dot, "legend_dot"), (mean, "mean"), (thin * 2, "legend_crossing"), (thick * 2, "legend_clear"))
        yield Prose("  ".join(f"{sign} {words[label]}" for sign, label in signs), style="dim")


def _glyphs(options: ConsoleOptions) -> tuple[str, str, str, str]:
    return ("-", "=", "|", "o") if options.ascii_only else ("╌", "╍", "╎", "◉")


def render_table(
    estimates: TraitEstimates, *, lang: Lang, report: ImportReport | None = None, n_evidence: int = N_EVIDENCE_TABLE
) -> RenderableType:
    """The estimates of one speaker: table, summary, warnings, evidence, what it rests on and what it is not for.

    ``report`` adds what the reader kept and dropped; ``n_evidence`` is the number of utterances each way per trait.
    """
    parts: list[RenderableType] = [_title(estimates, lang), Text(), _trait_table(estimates, lang)]
    if any(estimate.t_score is not None for estimate in estimates.traits.values()):
        parts.append(_Legend(lang))
    parts += [Text(), Prose(summarize(estimates, lang), style="bold")]
    parts += [_marked("-", f"{which}{colon(lang)}{why}") for which, why in explain_statuses(estimates, lang)]
    parts += [_marked("!", warning_text(warning, lang)) for warning in estimates.warnings]
    evidence = list(_evidence_lines(estimates, lang, n_evidence))
    if evidence:
        parts += [Text(), Prose(EVIDENCE_NOTE[lang]), Padding(_evidence_grid(evidence), (0, 0, 0, 2))]
    footer = [*_provenance(estimates, lang), joiner(lang).join(NOT_FOR[lang])]
    if report is not None:
        footer.insert(0, import_sentence(report, lang))
    parts.append(Text())
    parts += [Prose(line, style="dim") for line in footer]
    return Group(*parts)


def _marked(mark: str, text: str) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row(mark, Prose(text))
    return grid


def _title(estimates: TraitEstimates, lang: Lang) -> Text:
    amount = estimates.amount
    counts = LABELS[lang]["amount"].format(
        n_conversations=amount.n_conversations, n_utterances=amount.n_utterances, n_chars=amount.n_chars
    )
    return Text.assemble((single_line(estimates.speaker), "bold"), ("  " + counts, "dim"))


def _trait_table(estimates: TraitEstimates, lang: Lang) -> Table:
    words = LABELS[lang]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(words["trait"], no_wrap=True)
    table.add_column(words["t_score"], justify="right", no_wrap=True)
    table.add_column(words["interval"], justify="right", no_wrap=True)
    table.add_column("20" + "50".center(_BAR_CELLS - 4) + "80", no_wrap=True)
    table.add_column(words["status"], no_wrap=True)
    for trait in TRAITS:
        estimate = estimates.traits[trait.key]
        table.add_row(trait.name(lang), *_numbers(estimate, lang), _Bar(estimate), status_label(estimate.status, lang))
    return table


def _numbers(estimate: TraitEstimate, lang: Lang) -> tuple[Text, Text]:
    if estimate.t_score is None or estimate.interval_80 is None:
        return Text("-"), Text("-")
    low, high = estimate.interval_80.low_t, estimate.interval_80.high_t
    return Text(f"{estimate.t_score:.1f}", style="bold"), Text(format_range(f"{low:.1f}", f"{high:.1f}", lang))


def _evidence_lines(estimates: TraitEstimates, lang: Lang, n_evidence: int) -> Iterator[tuple[str, str, str]]:
    """(trait name on its first line only, signed contribution, quoted text)."""
    for trait in TRAITS:
        raised, lowered = strongest(estimates.traits[trait.key], n_evidence)
        name = trait.name(lang)
        for item in raised + lowered:
            excerpt = shorten_cells(single_line(item.text), _EXCERPT_CELLS)
            yield name, f"{item.contribution_t:+.2f}", LABELS[lang]["quote"].format(text=excerpt)
            name = ""


def _evidence_grid(lines: list[tuple[str, str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    for name, contribution, quote in lines:
        grid.add_row(name, contribution, Text(quote))
    return grid


def _provenance(estimates: TraitEstimates, lang: Lang) -> tuple[str, str]:
    words, model = LABELS[lang], estimates.model
    return (
        words["norm"].format(norm=norm_name(estimates.norm, lang), n=estimates.norm.n_speakers),
        words["model"].format(model_id=model.model_id, model_hash=model.model_hash[:8], version=__version__),
    )


def _cell(t_score: float) -> int:
    return round(axis_percent(t_score) / 100 * (_BAR_CELLS - 1))
