"""Every link inside the documents leads somewhere: to a heading of the same page, of another page, or to a file."""

import posixpath
import re
import unicodedata
from collections.abc import Iterator

import pytest

FENCE = re.compile(r"^ {0,3}(```+|~~~+)[^\n]*\n.*?^ {0,3}\1[`~]*[ \t]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
UNDERLINED = re.compile(r"^(?! {0,3}[-=|>#])(\S.*)\n(?:=+|-{2,})[ \t]*$", re.MULTILINE)
MADE = re.compile(r"<a\s[^>]*?(?:id|name)=\"([^\"]+)\"")
LINK = re.compile(r"\]\(\s*<?([^)\s>]*)>?(?:\s+\"[^\"]*\")?\s*\)|<(?:a|img)\s[^>]*?(?:href|src)=\"([^\"]+)\"")
REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$", re.MULTILINE)
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:|//")


def anchor(heading: str) -> str:
    """GitHub's anchor of a heading: letters, digits, marks, ``_`` and ``-`` in lower case; a space is a ``-``."""
    shown = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)  # a link is its text
    shown = re.sub(r"<[^>]+>", "", shown)
    kept = (
        character for character in shown.lower() if character in " -_" or unicodedata.category(character)[0] in "LNM"
    )
    return "".join(kept).replace(" ", "-")


def anchors(page: str) -> set[str]:
    """All anchors of a page; a heading that comes again has a number behind it."""
    plain = FENCE.sub("", page)
    headings = sorted(
        (found.start(), found[1]) for pattern in (HEADING, UNDERLINED) for found in pattern.finditer(plain)
    )
    names: set[str] = set(MADE.findall(plain))
    n_same: dict[str, int] = {}
    for _, heading in headings:
        name = anchor(heading)
        names.add(f"{name}-{n_same[name]}" if name in n_same else name)
        n_same[name] = n_same.get(name, 0) + 1
    return names


def links(page: str) -> Iterator[str]:
    """Where the links of a page lead, addresses of other places apart."""
    plain = CODE.sub("", FENCE.sub("", page))
    found = [first or second for first, second in LINK.findall(plain)] + REFERENCE.findall(plain)
    yield from (link for link in found if not ADDRESS.match(link))


@pytest.fixture(scope="module")
def pages(tracked_texts) -> dict[str, str]:
    """Every Markdown page of the repository, by its path."""
    return {name: text for name, text in tracked_texts.items() if name.endswith(".md")}


def test_every_link_leads_to_a_file_and_a_heading(pages, repository):
    broken = []
    n_anchors = 0
    for name, text in pages.items():
        for link in links(text):
            path, sharp, fragment = link.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            if not (repository / target).exists():
                broken.append(f"{name}: {link}: there is no {target}")
            elif sharp:
                n_anchors += 1
                if target not in pages or fragment not in anchors(pages[target]):
                    broken.append(f"{name}: {link}: there is no such heading")
    assert not broken
    assert n_anchors > 20


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("import の向き", "import-の向き"),
        ("使ってはいけないこと", "使ってはいけないこと"),
        ("精度（話者単位）・r と 95% 区間", "精度話者単位r-と-95-区間"),
        ("`seikaku analyze` の使い方", "seikaku-analyze-の使い方"),
        ("What it costs, and *why*", "what-it-costs-and-why"),
        ("[Docs](docs/model.md): a_b-c", "docs-a_b-c"),
        ("ユーザー名　と　IDs", "ユーザー名とids"),
    ],
)
def test_the_anchor_of_a_heading(heading, expected):
    assert anchor(heading) == expected


def test_the_anchors_of_a_page():
    page = '# 題\n\n## 同じ\n\n```sh\n# これは見出しでない\n```\n\n## 同じ\n\n下線\n----\n\n<a id="own"></a>\n'
    assert anchors(page) == {"題", "同じ", "同じ-1", "下線", "own"}


def test_the_links_of_a_page():
    page = '[a](#x) ![b](c.png "d") <img src="e.svg"> [f](https://example.org/#g) `[h](#i)` [j](k.md#l)\n[m]: n.md\n'
    assert list(links(page)) == ["#x", "c.png", "e.svg", "k.md#l", "n.md"]
