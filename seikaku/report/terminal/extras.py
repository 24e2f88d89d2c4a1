"""A trend and a comparison for a terminal of 80 columns. In: estimates. Out: rich renderables. No effects.

Nothing depends on colour, as in ``terminal``.
"""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from seikaku.inference.difference import estimate_difference, half_width_t
from seikaku.inference.estimates import TraitEstimate, TraitEstimates
from seikaku.inference.trend import Trend
from seikaku.report.comparison import compare_in_words, comparison_notes, difference_figures, reading
from seikaku.report.terminal.wrapping import Prose, shorten_cells
from seikaku.report.trend import period, trend_gaps, trend_sentences, trend_title
from seikaku.report.words.labels import LABELS
from seikaku.report.words.numbers import format_number
from seikaku.report.words.texts import Lang, colon, single_line
from seikaku.traits import TRAITS

_NAME_CELLS = 8


def render_trend(trend: Trend, *, lang: Lang) -> RenderableType:
    """What may be said of change, then a row for each part: T-score ± half of the 80 % interval, "-" where withheld."""
    sentences = trend_sentences(trend, lang)
    parts: list[RenderableType] = [Text(trend_title(trend, lang), style="bold"), Prose(sentences[0])]
    if trend.reason is None:
        parts += [Text(), _trend_table(trend, lang), Prose(LABELS[lang]["trend_cells"], style="dim")]
        parts += [Prose(f"{which}{colon(lang)}{why}", style="dim") for which, why in trend_gaps(trend, lang)]
    parts += [Prose(sentence) for sentence in sentences[1:]]
    return Group(*parts)


def render_comparison(first: TraitEstimates, second: TraitEstimates, *, lang: Lang) -> RenderableType:
    """Two people side by side: what may be said, the difference with its 80 % interval, and what that rests on."""
    words = LABELS[lang]
    difference = estimate_difference(first, second)
    names = _short_name(first), _short_name(second)
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(words["trait"], no_wrap=True)
    for heading in (*names, words["difference"], words["interval"]):
        table.add_column(Text(heading), justify="right", no_wrap=True)
    table.add_column(words["reading"])
    for trait in TRAITS:
        both = first.traits[trait.key], second.traits[trait.key]
        compared = difference.traits[trait.key]
        table.add_row(
            trait.name(lang),
            *(format_number(estimate.t_score, 1) for estimate in both),
            *difference_figures(compared, lang),
            Text(reading(compared, names, lang)),
        )
    return Group(
        Text(words["comparison"], style="bold"),
        Prose(compare_in_words(difference, lang)),
        Text(),
        table,
        Text(),
        *(Prose(note, style="dim") for note in comparison_notes(lang)),
    )


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


def _plus_minus(estimate: TraitEstimate) -> str:
    half_width = half_width_t(estimate)
    return "-" if half_width is None else f"{estimate.t_score:.1f}±{half_width:.1f}"


def _short_name(estimates: TraitEstimates) -> str:
    return shorten_cells(single_line(estimates.speaker), _NAME_CELLS)
