"""Text in the cells of a terminal, where a Japanese character takes two. In: text. Out: lines. Pure.

For click's help, which counts characters. It must not wait for rich, whose own cells the tables use.
"""

import re
import unicodedata
from collections.abc import Iterator

_CLOSING_MARKS = r"、。，．・：；？！）」』】〉》”…ー～%:)\]"
# What a line break may stand before: a run of ASCII or one other character, with the marks that open and close it.
_UNITS = re.compile(rf"[（「『【〈《“]*(?:[!-~]+|\s|.)[{_CLOSING_MARKS}]*", re.DOTALL)
_VERBATIM = "\b"  # click's sign above lines that are not to be wrapped


def count_cells(text: str) -> int:
    """How many cells a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def wrap(text: str, width: int) -> list[str]:
    """``text`` as lines of at most ``width`` cells: Japanese by character, Latin words and numbers whole."""
    lines = [""]
    for unit in _UNITS.findall(text):
        if lines[-1] and count_cells(lines[-1]) + count_cells(unit.rstrip()) > width:
            lines.append("")
        lines[-1] += unit if lines[-1] else unit.lstrip()
    return [line.rstrip() for line in lines]


def wrap_paragraphs(text: str, width: int) -> Iterator[str]:
    """The lines of a text whose paragraphs stand between empty lines, which stay."""
    for number, paragraph in enumerate(re.split(r"\n[ \t]*\n", text.strip("\n"))):
        if number:
            yield ""
        first, *others = paragraph.split("\n")
        yield from others if first.strip(" ") == _VERBATIM else wrap(_join([first, *others]), width)


def _join(lines: list[str]) -> str:
    """The lines as one: between two Japanese characters there is no space."""
    joined = ""
    for line in map(str.strip, lines):
        gap = " " if joined and not (count_cells(joined[-1]) == count_cells(line[:1]) == 2) else ""
        joined += gap + line
    return joined
