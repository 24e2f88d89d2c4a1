"""The tree of folders and modules in docs/architecture.md (``make docs``). Effect: rewrites it between its markers.

The folders and the modules' names come from the package. A folder's sentence is written in the tree itself, by hand,
and kept: there is no other place that knows it.
"""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from seikaku.evaluation.publishing.tables import fill_markers
from seikaku.files import open_atomic
from seikaku.places import PACKAGE, REPOSITORY

PAGE = REPOSITORY / "docs" / "architecture.md"
UNSAID = "（何の部屋かを、ここに書く）"
_INDENT = "  "
_COLUMN = 28  # where the sentences start
_WIDTH = 110
_ROOM = re.compile(rf"^((?:{_INDENT})*)([\w.-]+)/(?: +(.*))?$", re.MULTILINE)


def fill_rooms(text: str, package: Path = PACKAGE) -> str:
    """The page with the tree as the package is now; a new folder's sentence is ``UNSAID`` until somebody writes it."""
    lines = _draw(package, "", 0, read_sentences(text))
    return fill_markers(text, {"rooms": "\n".join(["```", *lines, "```"])})


def read_sentences(text: str) -> dict[str, str]:
    """Folder -> its sentence, from the tree in the page. A folder is named by its path: ``seikaku/model/onnx``."""
    tree = text.partition("<!-- rooms:begin -->")[2].partition("<!-- rooms:end -->")[0]
    sentences: dict[str, str] = {}
    path: list[str] = []
    for indent, name, sentence in _ROOM.findall(tree):
        path[len(indent) // len(_INDENT) :] = [name]
        sentences["/".join(path)] = sentence
    return sentences


def _draw(folder: Path, parent: str, depth: int, sentences: dict[str, str]) -> Iterator[str]:
    """A line for the folder, its modules, then the folders in it."""
    path = f"{parent}{folder.name}"
    head = f"{_INDENT * depth}{folder.name}/"
    yield f"{head:<{_COLUMN}}{sentences.get(path) or UNSAID}"
    modules = "  ".join(sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("__")))
    margin = _INDENT * (depth + 2)
    yield from textwrap.wrap(modules, _WIDTH, initial_indent=margin, subsequent_indent=margin)
    for child in sorted(folder.iterdir()):
        if child.is_dir() and _holds_anything(child):
            yield from _draw(child, f"{path}/", depth + 1, sentences)


def _holds_anything(folder: Path) -> bool:
    """Whether more is in the folder than what Python leaves behind."""
    return any(file.is_file() and file.suffix != ".pyc" for file in folder.rglob("*"))


if __name__ == "__main__":
    page = fill_rooms(PAGE.read_text(encoding="utf-8"))
    with open_atomic(PAGE) as stream:
        stream.write(page)
