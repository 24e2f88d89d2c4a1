"""Prose for a terminal: wrapped by cells, never within a number, never before a Japanese closing mark. No effects."""

import re
from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions
from rich.text import Text

_CLOSING_MARKS = "、。，．・：；？！）」』】〉》”…ー～%"
# What a line break may stand before: a run of ASCII, also a range (37～63) or an equation (r＝0.1), or one other
# character, each with the marks that close it.
_UNITS = re.compile(rf"(?:[±−]?[!-~]+(?:[～＝][±−]?[!-~]+)*|\s|.)[{_CLOSING_MARKS}]*", re.DOTALL)
# An opening bracket belongs to what it opens.
_OPENED_UNITS = re.compile(rf"[（「『【〈《“]*{_UNITS.pattern}", re.DOTALL)


class Prose:
    """A paragraph that wraps at the console's width; Japanese by character, Latin words and numbers whole.

    ``lead`` stands before the first line; the others begin below what follows it.
    """

    def __init__(self, text: str, style: str = "", lead: str = "") -> None:
        self.text = text
        self.style = style
        self.lead = lead

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        indent = " " * cell_len(self.lead)
        for number, line in enumerate(wrap_cells(self.text, options.max_width - len(indent))):
            yield Text.assemble(indent if number else self.lead, (line, self.style), no_wrap=True)


def wrap_cells(text: str, width: int) -> list[str]:
    """``text`` as lines of at most ``width`` cells (a single longer unit is left for the terminal to break)."""
    lines = [""]
    for unit in _OPENED_UNITS.findall(text):
        if lines[-1] and cell_len(lines[-1]) + cell_len(unit.rstrip()) > width:
            lines.append("")
        lines[-1] += unit if lines[-1] else unit.lstrip()
    return [line.rstrip() for line in lines]


def shorten_cells(text: str, width: int) -> str:
    """``text`` cut to ``width`` cells, with an ellipsis where something was cut."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"
