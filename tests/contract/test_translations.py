"""Pages in both languages go together: headings, code, tables and links, so that neither changes without the other."""

import posixpath
import re
from itertools import zip_longest

import pytest

FENCE = re.compile(r"^```(\w*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"(?:^|[ \t]+)#.*$", re.MULTILINE)
HEADING = re.compile(r"^(#{1,6}) ", re.MULTILINE)
TABLE = re.compile(r"(?:^[ \t]*\|.*\n)+", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:")
PRINTED = "text"  # what a command prints is in the page's language
ENGLISH_ONLY = re.compile(r" --lang en\b")
# What LINE itself calls the file that it exports, in either language.
NAMES = {"[LINE] Chat with Taro.txt": "[LINE] 太郎とのトーク.txt"}
# For contributors, who are read and answered in Japanese.
JAPANESE_ONLY = {"docs/architecture.md", "docs/experiments.md", "docs/security.md"}
N_LINES_OF_TOP = 6


def headings(page: str) -> list[int]:
    """The levels of the headings, in order."""
    return [len(marks) for marks in HEADING.findall(FENCE.sub("", page))]


def code(page: str) -> list[str]:
    """The fenced blocks without comments, and without what only the English page says."""
    blocks = []
    for kind, block in FENCE.findall(page):
        plain = ENGLISH_ONLY.sub("", COMMENT.sub("", block))
        for english, japanese in NAMES.items():
            plain = plain.replace(english, japanese)
        blocks.append(kind if kind == PRINTED else f"{kind}\n{plain}")
    return blocks


def n_rows(page: str) -> list[int]:
    """The number of rows of each table, in order."""
    return [len(table.splitlines()) for table in TABLE.findall(FENCE.sub("", page))]


@pytest.fixture(scope="module")
def pages(tracked_texts) -> dict[str, str]:
    return {name: text for name, text in tracked_texts.items() if name.endswith(".md")}


@pytest.fixture(scope="module")
def pairs(pages) -> dict[str, str]:
    """The English page -> the Japanese one."""
    found = {name: name.replace(".en.md", ".md") for name in pages if name.endswith(".en.md")}
    assert len(found) >= 8
    return found


@pytest.mark.parametrize("shape", [headings, code, n_rows])
def test_both_pages_have_the_same_shape(pages, pairs, shape):
    wrong = [
        f"{english}: {place}: {here!r} beside {there!r}"
        for english, japanese in pairs.items()
        for place, (here, there) in enumerate(zip_longest(shape(pages[english]), shape(pages[japanese])))
        if here != there
    ]
    assert not wrong


def test_every_page_for_users_is_there_in_english(pages, pairs):
    documents = {name for name in pages if posixpath.dirname(name) == "docs" and not name.endswith(".en.md")}
    assert documents - set(pairs.values()) == JAPANESE_ONLY


def test_both_pages_link_each_other_at_their_top(pages, pairs):
    missing = []
    for english, japanese in _of_documents(pairs):
        for page, other in ((english, japanese), (japanese, english)):
            top = "\n".join(pages[page].splitlines()[:N_LINES_OF_TOP])
            if posixpath.basename(other) not in LINK.findall(top):
                missing.append(f"{page}: no link to {other}")
    assert not missing


def test_english_pages_link_english_pages(pages, pairs):
    english_of = {japanese: english for english, japanese in pairs.items()}
    wrong = []
    for english, japanese in _of_documents(pairs):
        for link in LINK.findall(FENCE.sub("", pages[english])):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(english), link))
            if not ADDRESS.match(link) and target in english_of and target != japanese:
                wrong.append(f"{english}: {link}: there is {english_of[target]}")
    assert not wrong


def _of_documents(pairs: dict[str, str]) -> list[tuple[str, str]]:
    """The pairs outside the package: a model card stands by itself."""
    return [pair for pair in pairs.items() if not pair[0].startswith("seikaku/")]


def test_the_shape_of_a_page():
    page = (
        "# T\n\n```bash\n# all\nmake  # it\nseikaku a --lang en --json\n```\n\n| a |\n|---|\n| `b` |\n\n## S\n\n"
        "1. x\n\n   | c |\n   |---|\n\n```text\nUsage\n| no row |\n```\n"
    )
    assert headings(page) == [1, 2]
    assert code(page) == ["bash\n\nmake\nseikaku a --json\n", "text"]
    assert n_rows(page) == [3, 2]
