"""The line that begins a message in Zoom's saved chats -> time, writer, words on the same line. Pure.

Japanese: ``18:00:27 開始 花子 終了 皆様 : おはよう`` (2020), ``19:52:03 開始 花子 から 皆様:`` (2022),
``19:52:03 開始 花子 に 全員:`` (later). English: ``18:00:27 From Hanako to Everyone:``, ``… : words``,
``18:00:27\tHanako:\twords``. A name may hold the words that stand behind names: a message to all tells where it ends.
"""

import re
from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple

from seikaku.conversation.readers.bodies import clean_text

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)[ \t]+", re.ASCII)
_FROM = re.compile(r"From[ \t]+")
_ALL_JAPANESE = ("皆様", "全員")
_DIRECT_JAPANESE = ("（ダイレクトメッセージ）", "(ダイレクトメッセージ)")
_LINKS_JAPANESE = (" から ", " に ")
_TO_ALL = re.compile(r"[ \t]+to[ \t]+Everyone\Z", re.IGNORECASE)
_TO = re.compile(r"[ \t]+to[ \t]+", re.IGNORECASE)
_DIRECT = ("(direct message)", "(privately)", "(direct")
_MAX_HEAD_CHARS = 400


class Head(NamedTuple):
    """One message's first line. ``names``: where the name may end; ``worded``: Zoom's own words are in it.

    ``alone``: nothing of the body stands on the line, and the body's lines begin with tabs.
    """

    clock: timedelta
    names: tuple[str, ...]
    body: str
    worded: bool
    alone: bool

    @property
    def name(self) -> str:
        """The shortest name that it can be, or the one that was settled."""
        return self.names[0]

    @property
    def uncertain(self) -> bool:
        """Whether the name may end elsewhere."""
        return len(self.names) > 1

    def settle(self, known: Collection[str]) -> "Head":
        """The head with the name that is known from others, if just one of the possible ones is."""
        found = [name for name in self.names if name in known]
        return self._replace(names=(found[0],)) if self.uncertain and len(found) == 1 else self


def find_head(line: str) -> Head | None:
    """What a line begins, or None if it begins no message."""
    match = _CLOCK.match(line)
    if match is None or int(match[1]) > 99:
        return None
    clock = timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3]))
    rest = line[match.end() :]
    if rest.startswith("開始 "):
        found = _japanese(rest[len("開始 ") :])
        return _make(clock, found, worded=True)
    if begin := _FROM.match(rest):
        return _make(clock, _english(rest[begin.end() :]), worded=True)
    name, tab, body = rest.partition(":\t")
    if not tab or len(name) > _MAX_HEAD_CHARS:
        return None
    return _make(clock, (_named(name), body), worded=False)


def _make(clock: timedelta, found: tuple[list[str], str | None] | None, *, worded: bool) -> Head | None:
    if found is None:
        return None
    names = tuple(dict.fromkeys(name for name in map(clean_text, found[0]) if name))
    return Head(clock, names, found[1] or "", worded, found[1] is None) if names else None


def _japanese(rest: str) -> tuple[list[str], str | None] | None:
    """The possible names and the body (None: on the following lines)."""
    spaced = f"{rest} "
    ends = [spaced.find(f" 終了 {everyone} : ") for everyone in _ALL_JAPANESE]
    everyone_at = min((end for end in ends if end > 0), default=-1)
    directs = [(spaced.find(f"{mark} : "), mark) for mark in _DIRECT_JAPANESE]
    direct_at, mark = min((one for one in directs if one[0] > 0), default=(-1, ""))
    if everyone_at > 0 and not 0 < direct_at < everyone_at:
        return [rest[:everyone_at]], spaced[everyone_at:-1].partition(" : ")[2]
    if direct_at > 0 and (names := _befores(rest[:direct_at], (" 終了 ",))):
        return names, rest[direct_at + len(mark) + len(" : ") :]
    left = rest.rstrip()
    if not left.endswith((":", "：")) or len(left) > _MAX_HEAD_CHARS:
        return None
    left = left[:-1].rstrip()
    for link in _LINKS_JAPANESE:
        for everyone in _ALL_JAPANESE:
            if left.endswith(f"{link}{everyone}"):
                return [left.removesuffix(f"{link}{everyone}")], None
    names = _befores(left, _LINKS_JAPANESE)
    return (names, None) if names and left.endswith(_DIRECT_JAPANESE) else None


def _english(rest: str) -> tuple[list[str], str | None] | None:
    left, colon, body = rest.partition(" : ")
    if colon and len(left) <= _MAX_HEAD_CHARS:
        return _named(left), body
    left = rest.rstrip()
    if not left.endswith(":") or len(left) > _MAX_HEAD_CHARS:
        return None
    return _named(left[:-1]), None


def _named(left: str) -> list[str]:
    """The possible names in what stands before the colon: with a receiver behind them or without."""
    left = left.rstrip()
    if match := _TO_ALL.search(left):
        return [left[: match.start()]]
    if left.lower().endswith(_DIRECT) or "  to  " in left:
        return [left[: match.start()] for match in _TO.finditer(left) if match.start()] or [left]
    return [left]


def _befores(left: str, links: tuple[str, ...]) -> list[str]:
    """What stands before each of the links, the shortest first."""
    places = sorted(match.start() for link in links for match in re.finditer(re.escape(link), left[:_MAX_HEAD_CHARS]))
    return [left[:place] for place in places if place]
