"""The five traits for a terminal: a bar each, drawn on the range before reading, and two facts. No effects.

In: estimates. Out: rich renderables that fit the width they get: in a row each from 72 columns on, in blocks below.
Nothing depends on colour, and no number is ever cut.
"""

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from seikaku.inference.estimates import Interval, TraitEstimate, TraitEstimates
from seikaku.report.charts.trait_bar import axis_percent, look_of
from seikaku.report.terminal.wrapping import Prose
from seikaku.report.words.facts import ends_t, say_before_after, say_found, say_reading
from seikaku.report.words.labels import LABELS
from seikaku.report.words.numbers import format_interval
from seikaku.report.words.texts import Lang
from seikaku.traits import TRAITS

WIDE_CELLS = 72

_BAR_CELLS = 25
_GAP = "  "
_INDENT = "  "
_SEPARATOR: dict[Lang, str] = {"ja": "／", "en": "; "}


class TraitRows:
    """Every trait with its T-score, its range after reading, its bar and its facts.

    The facts are left out where nothing is read of any trait: the summary says so once.
    """

    def __init__(self, estimates: TraitEstimates, lang: Lang) -> None:
        self.estimates = estimates
        self.lang = lang
        self.has_facts = any(look_of(estimate) != "withheld" for estimate in estimates.traits.values())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        is_wide = options.max_width >= WIDE_CELLS
        if is_wide:
            yield self._heading()
        for trait in TRAITS:
            estimate = self.estimates.traits[trait.key]
            yield from (
                self._wide(trait.name(self.lang), estimate, options)
                if is_wide
                else self._narrow(trait.name(self.lang), estimate, options)
            )

    def _heading(self) -> Text:
        words = LABELS[self.lang]
        axis = "20" + "50".center(_BAR_CELLS - 4) + "80"
        return Text(self._columns(words["trait"], words["t_score"], words["interval"]) + axis, style="dim")

    def _columns(self, name: str, t_score: str, interval: str) -> str:
        """The first three columns; figures stand to the right."""
        words = LABELS[self.lang]
        width = max(cell_len(trait.name(self.lang)) for trait in TRAITS)
        cells = set_cell_size(name, width) + _GAP + _right(t_score, cell_len(words["t_score"])) + _GAP
        return cells + _right(interval, max(cell_len(words["interval"]), 10)) + _GAP

    def _wide(self, name: str, estimate: TraitEstimate, options: ConsoleOptions) -> Iterator[RenderableType]:
        t_score, interval = _numbers(estimate, self.lang)
        yield Text.assemble(self._columns(name, t_score, interval), draw_bar(estimate, options), no_wrap=True)
        if self.has_facts:
            before = say_before(estimate, self.lang) if look_of(estimate) != "withheld" else ""
            facts = (say_found(estimate, self.lang), say_reading(estimate, self.lang), before)
            yield Prose(_SEPARATOR[self.lang].join(filter(None, facts)), lead=_INDENT)

    def _narrow(self, name: str, estimate: TraitEstimate, options: ConsoleOptions) -> Iterator[RenderableType]:
        t_score, _ = _numbers(estimate, self.lang)
        score = "" if t_score == "-" else f"{_GAP}{LABELS[self.lang]['t_score']} {t_score}"
        yield Text(name + score, no_wrap=True)
        yield Text.assemble(_INDENT, draw_bar(estimate, options), no_wrap=True)
        if self.has_facts:
            yield Prose(say_before_after(estimate, self.lang, 1), lead=_INDENT)
            yield Prose(say_found(estimate, self.lang), lead=_INDENT)
            yield Prose(say_reading(estimate, self.lang), "dim", _INDENT)


class Legend:
    """What the signs of a bar stand for."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Prose]:
        words = LABELS[self.lang]
        before, thin, thick, mean, dot = _glyphs(options)
        signs = (
            (dot, "legend_dot"), (mean, "mean"), (before * 2, "legend_before"), (thin * 2, "legend_crossing"),
            (thick * 2, "legend_clear"),
        )  # fmt: skip
        yield Prose("  ".join(f"{sign} {words[label]}" for sign, label in signs), style="dim")


def draw_bar(estimate: TraitEstimate, options: ConsoleOptions) -> Text:
    """The ranges before and after reading, the mean and the dot on the axis of T 20-80, ``_BAR_CELLS`` cells wide.

    Drawn with characters that East Asian terminals do not widen; plain ASCII where the encoding is not Unicode.
    """
    look = look_of(estimate)
    before, thin, thick, mean, dot = _glyphs(options)
    cells = [" "] * _BAR_CELLS
    _fill(cells, estimate.before_80, before)
    if look != "withheld":
        _fill(cells, estimate.interval_80, thick if look == "clear" else thin)
    cells[_BAR_CELLS // 2] = mean
    if look != "withheld" and estimate.t_score is not None:
        cells[_cell(estimate.t_score)] = dot
    return Text("".join(cells), style="bold blue" if look == "clear" else "dim", no_wrap=True)


def say_before(estimate: TraitEstimate, lang: Lang) -> str:
    """The range before reading; "" where it is not known."""
    if estimate.before_80 is None:
        return ""
    return f"{LABELS[lang]['before']} {format_interval(ends_t(estimate.before_80), 1, lang)}"


def _numbers(estimate: TraitEstimate, lang: Lang) -> tuple[str, str]:
    if look_of(estimate) == "withheld" or estimate.t_score is None:
        return "-", "-"
    return f"{estimate.t_score:.1f}", format_interval(ends_t(estimate.interval_80), 1, lang)


def _fill(cells: list[str], interval: Interval | None, sign: str) -> None:
    if interval is not None:
        for cell in range(_cell(interval.low_t), _cell(interval.high_t) + 1):
            cells[cell] = sign


def _cell(t_score: float) -> int:
    return round(axis_percent(t_score) / 100 * (_BAR_CELLS - 1))


def _right(text: str, width: int) -> str:
    return " " * max(0, width - cell_len(text)) + text


def _glyphs(options: ConsoleOptions) -> tuple[str, str, str, str, str]:
    return (".", "-", "=", "|", "o") if options.ascii_only else ("⋅", "╌", "╍", "╎", "◉")
