"""A trend and a comparison for a terminal. In: estimates. Out: rich renderables. No effects.

Nothing depends on colour, and no number is ever cut: where a table has no room, its rows become blocks.
"""

from collections.abc import Callable, Iterator

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.table import Table
from rich.text import Text

from seikaku.inference.difference import Difference, estimate_difference, half_width_t
from seikaku.inference.estimates import TraitEstimate, TraitEstimates
from seikaku.inference.trend import Trend
from seikaku.report.comparison import (
    compare_figures,
    compare_in_words,
    compare_wording,
    comparison_notes,
    difference_figures,
    reading,
    weaker_reading,
)
from seikaku.report.terminal.bars import WIDE_CELLS
from seikaku.report.terminal.wrapping import Prose, shorten_cells
from seikaku.report.trend import has_estimates, period, trend_gaps, trend_sentences, trend_title
from seikaku.report.words.labels import LABELS
from seikaku.report.words.numbers import format_number
from seikaku.report.words.texts import Lang, colon, single_line
from seikaku.traits import TRAITS

_NAME_CELLS = 8
_INDENT = "  "


class _ByWidth:
    """One of two drawings of the same figures: a table where there is room for it, blocks where there is not."""

    def __init__(self, wide: RenderableType, narrow: Callable[[], Iterator[RenderableType]]) -> None:
        self.wide = wide
        self.narrow = narrow

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        if options.max_width >= WIDE_CELLS:
            yield self.wide
        else:
            yield from self.narrow()


def render_trend(trend: Trend, *, lang: Lang) -> RenderableType:
    """What may be said of change, then each part: T-score ± half of the 80 % interval, "-" where it cannot be read."""
    sentences = trend_sentences(trend, lang)
    parts: list[RenderableType] = [Text(trend_title(trend, lang), style="bold"), Prose(sentences[0])]
    if has_estimates(trend):
        table = _ByWidth(_trend_table(trend, lang), lambda: _trend_blocks(trend, lang))
        parts += [Text(), table, Prose(LABELS[lang]["trend_cells"], style="dim")]
    if trend.reason is None:
        parts += [Prose(f"{which}{colon(lang)}{why}", style="dim") for which, why in trend_gaps(trend, lang)]
    parts += [Prose(sentence) for sentence in sentences[1:]]
    return Group(*parts)


def render_comparison(first: TraitEstimates, second: TraitEstimates, *, lang: Lang) -> RenderableType:
    """Two people side by side: traits with what may be said, then language, and what the intervals rest on."""
    words = LABELS[lang]
    difference = estimate_difference(first, second)
    both = first, second
    parts: list[RenderableType] = [
        Text(words["comparison"], style="bold"),
        Prose(compare_in_words(difference, lang)),
        Text(),
        _ByWidth(_comparison_table(both, difference, lang), lambda: _comparison_blocks(both, difference, lang)),
        *_compare_language(both, lang),
        Text(),
        *(Prose(note, style="dim") for note in comparison_notes(lang)),
    ]
    return Group(*parts)


def _trend_table(trend: Trend, lang: Lang) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(LABELS[lang]["part"], no_wrap=True)
    for trait in TRAITS:
        # The English names are wider than their figures: the usual letters stand for them.
        table.add_column(trait.name(lang) if lang == "ja" else trait.letter, justify="right", no_wrap=True)
    for number, part in enumerate(trend.parts, 1):
        cells = (_plus_minus(part.estimates.traits[trait.key]) for trait in TRAITS)
        table.add_row(f"{number} {period(part, lang)}", *cells)
    return table


def _trend_blocks(trend: Trend, lang: Lang) -> Iterator[RenderableType]:
    for number, part in enumerate(trend.parts, 1):
        yield Text(f"{number} {period(part, lang)}", no_wrap=True)
        for trait in TRAITS:
            yield Text(f"{_INDENT}{trait.name(lang)} {_plus_minus(part.estimates.traits[trait.key])}", no_wrap=True)


def _comparison_table(both: tuple[TraitEstimates, TraitEstimates], difference: Difference, lang: Lang) -> Table:
    words, names = LABELS[lang], _short_names(both)
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(words["trait"], no_wrap=True)
    for heading in (*names, words["difference"], words["difference_interval"]):
        table.add_column(Text(heading), justify="right", no_wrap=True)
    table.add_column(words["reading"])
    for trait in TRAITS:
        compared = difference.traits[trait.key]
        table.add_row(
            trait.name(lang),
            *(format_number(one.traits[trait.key].t_score, 1) for one in both),
            *difference_figures(compared, lang),
            Text(reading(compared, names, lang)),
        )
    return table


def _comparison_blocks(
    both: tuple[TraitEstimates, TraitEstimates], difference: Difference, lang: Lang
) -> Iterator[RenderableType]:
    words, names = LABELS[lang], _short_names(both)
    for trait in TRAITS:
        estimates = both[0].traits[trait.key], both[1].traits[trait.key]
        scores = [f"{name} {format_number(one.t_score, 1)}" for name, one in zip(names, estimates, strict=True)]
        compared = difference.traits[trait.key]
        shown, interval = difference_figures(compared, lang)
        yield Text(trait.name(lang))
        yield Prose("  ".join(scores), lead=_INDENT)
        if compared.difference_t is not None:
            yield Prose(f"{words['difference']} {shown}", lead=_INDENT)
            yield Prose(f"{words['difference_interval']} {interval}", lead=_INDENT)
        yield Prose(reading(compared, names, lang), lead=_INDENT)
        yield Prose(weaker_reading(estimates, lang), "dim", _INDENT)


def _compare_language(both: tuple[TraitEstimates, TraitEstimates], lang: Lang) -> Iterator[RenderableType]:
    words, names = LABELS[lang], _short_names(both)
    wording, figures = compare_wording(*both, lang), compare_figures(*both, lang)
    if wording or figures:
        yield Text()
        yield Text(words["language"], style="bold")
    if wording:
        yield Prose(words["comparison_wording_note"], style="dim")
    for row in wording:
        yield Prose(row.wording)
        yield Prose(f"{names[0]} {row.first}  {names[1]} {row.second}", lead=_INDENT)
        yield Prose(row.found, lead=_INDENT)
    for label, first, second in figures:
        yield Prose(f"{label}{colon(lang)}{names[0]} {first}  {names[1]} {second}")


def _plus_minus(estimate: TraitEstimate) -> str:
    half_width = half_width_t(estimate)
    return "-" if half_width is None else f"{estimate.t_score:.1f}±{half_width:.1f}"


def _short_names(both: tuple[TraitEstimates, TraitEstimates]) -> tuple[str, str]:
    return _short_name(both[0]), _short_name(both[1])


def _short_name(estimates: TraitEstimates) -> str:
    return shorten_cells(single_line(estimates.speaker), _NAME_CELLS)
