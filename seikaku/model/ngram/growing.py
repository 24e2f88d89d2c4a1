"""Character n-grams to the readable words that they are parts of, in one text. Places in, places out; no effects.

An n-gram grows at either end while nearly all of its occurrences go on with the same character, but not over the end of
a word where the script shows one (before kanji, between kanji or katakana and a particle, at a mark, at a space). Where
it would end inside a word (カ|レー, まし|た), it grows into the few words that it is part of, one by one. What shows no
end of a word on both sides, by the script or by going on with anything, is dropped. No dictionary: the text decides.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seikaku.conversation.characters import LINE_FEED, CodeArray, IntArray, list_code_points, look_up

ScriptArray = NDArray[np.int8]

MAX_LENGTH = 10  # characters
MARGIN = MAX_LENGTH + 2

_BREAK, _HIRAGANA, _PREFIX, _PARTICLE, _KATAKANA, _KANJI, _LETTER, _LONG, _MARK = range(9)
_RANGES = (
    (0x0000, 0x0021, _BREAK), (0x0030, 0x003A, _BREAK), (0x3013, 0x3014, _BREAK),  # blank, numbers, 〓 (a masked name)
    (0x0061, 0x007B, _LETTER), (0x00DF, 0x0250, _LETTER), (0x0370, 0x0530, _LETTER), (0xAC00, 0xD7A4, _LETTER),
    (0x3041, 0x30A0, _HIRAGANA), (0x30A1, 0x30FB, _KATAKANA), (0x31F0, 0x3200, _KATAKANA), (0x30FC, 0x30FD, _LONG),
    (0x3005, 0x3008, _KANJI), (0x3400, 0x4DC0, _KANJI), (0x4E00, 0xA000, _KANJI), (0xF900, 0xFB00, _KANJI),
    (0x20000, 0x32000, _KANJI),
    *((ord(character), ord(character) + 1, _PREFIX) for character in "おご"),
    *((ord(character), ord(character) + 1, _PARTICLE) for character in "はがをのへとにでもや"),
)  # fmt: skip
# Pairs of scripts that one word may go across. ー goes with either kana; a particle after kanji begins a word.
_JOINED = np.zeros((9, 9), np.bool_)
for _before, _after in (
    (_HIRAGANA, (_HIRAGANA, _PREFIX, _PARTICLE, _LONG)),
    (_PREFIX, (_HIRAGANA, _PREFIX, _PARTICLE, _LONG, _KANJI, _KATAKANA)),
    (_PARTICLE, (_HIRAGANA, _PREFIX, _PARTICLE, _LONG)),
    (_KATAKANA, (_KATAKANA, _LONG, _HIRAGANA, _KANJI)),
    (_KANJI, (_KANJI, _HIRAGANA, _KATAKANA)),
    (_LETTER, (_LETTER,)),
    (_LONG, (_LONG, _HIRAGANA, _KATAKANA)),
    (_MARK, (_MARK,)),
):
    _JOINED[_before, _after] = True
# Pairs inside a run that only makes sense whole; a part of a run of kanji may be a word.
_IN_RUN = np.zeros((9, 9), np.bool_)
_IN_RUN[[_KATAKANA, _KATAKANA, _LONG, _LETTER], [_KATAKANA, _LONG, _KATAKANA, _LETTER]] = True
_IN_RUN_OR_KANJI = _IN_RUN.copy()
_IN_RUN_OR_KANJI[_KANJI, _KANJI] = True
_ALONE = (_KANJI, _LETTER, _MARK)  # a single character of these can be one
_NO_FIRST = frozenset(map(ord, "ぁぃぅぇぉっゃゅょゎんー"))
_NO_LAST = frozenset(map(ord, "っッ"))
_AFTER_GA = np.array([ord(character) for character in "っらりるれろ"])  # 上がった: no particle
_NEARLY_ALL = 0.75
_FEW = 3  # continuations that make nearly all occurrences together: the n-gram ends inside a word
_MIN_BRANCH = 0.15
_ANY = 0.4  # the most that one continuation may have of them, where a word ends
_MIN_ENDS = 0.1  # of the occurrences end there by script
_MIN_TO_JUDGE = 5  # occurrences
_MAX_TO_JUDGE = 400


@dataclass(frozen=True)
class Page:
    """A text as arrays with a margin of line feeds, each (n_chars + 2 * MARGIN,).

    What stands at place p of the text stands at p + MARGIN here. ``joined``: whether one word may go across from each
    character to the next; ``runs_on``: whether both are of the same run: each (n_chars + 2 * MARGIN - 1,).
    """

    code_points: CodeArray
    scripts: ScriptArray
    joined: NDArray[np.bool_]
    runs_on: NDArray[np.bool_]

    @classmethod
    def of(cls, text: str) -> "Page":
        """The page of ``text``."""
        margin = LINE_FEED * MARGIN
        code_points = list_code_points(f"{margin}{text}{margin}")
        scripts = look_up(_script_table(), code_points)
        ga = np.flatnonzero(code_points == ord("が"))
        scripts[ga[np.isin(code_points[ga + 1], _AFTER_GA)]] = _HIRAGANA
        pairs = scripts[:-1] * np.int8(len(_JOINED)) + scripts[1:]
        return cls(code_points, scripts, look_up(_JOINED.ravel(), pairs), look_up(_IN_RUN_OR_KANJI.ravel(), pairs))

    def go_on(self, places: IntArray, is_after: bool) -> tuple[CodeArray, NDArray[np.bool_]]:
        """The character after or before each place, 0 where no word goes on with it; and if that is of the same run."""
        edge = places if is_after else places - 1
        beside = places + 1 if is_after else edge
        return self.code_points[beside] * self.joined[edge], self.runs_on[edge]

    def read(self, start: int, length: int) -> str:
        """The characters there."""
        return "".join(map(chr, self.code_points[start : start + length].tolist()))


class _Span(NamedTuple):
    """Where an n-gram's first characters stand, and how far its word reaches before and after those."""

    seeds: IntArray
    before: int
    after: int

    def widen(self, going_on: NDArray[np.bool_], is_after: bool) -> "_Span":
        """One character wider, where occurrences go on so."""
        return _Span(self.seeds[going_on], self.before + (not is_after), self.after + is_after)


class _Edge(NamedTuple):
    """How occurrences go on at one end: the next characters, most frequent first, with their shares of them all."""

    is_after: bool
    nexts: list[int]
    shares: list[float]
    of_occurrence: CodeArray  # 0 where the word ends there
    ended: float  # the share of the occurrences that end there by script
    is_same_run: bool
    is_open: bool

    @property
    def ends_words(self) -> bool:
        """Whether words can end there: the script shows it now and then, or they go on with anything (Harris 1955)."""
        goes_on_anyhow = len(self.of_occurrence) >= _MIN_TO_JUDGE and self.most <= _ANY
        return goes_on_anyhow or self.ended >= _MIN_ENDS

    @property
    def most(self) -> float:
        """The share of the most frequent next character."""
        return self.shares[0] if self.shares else 0.0


@cache
def _script_table() -> ScriptArray:
    table = np.full(0x110000, _MARK, np.int8)
    for start, stop, script in _RANGES:
        table[start:stop] = script
    return table


def can_seed(first: IntArray, second: IntArray) -> NDArray[np.bool_]:
    """Which pairs of characters may lie inside a word, and (``second`` 0) which characters may be one; each (n,).

    A mark after a word's end (です。) goes with it.
    """
    one, other = _script_table()[first], _script_table()[second]
    before_mark = (other == _MARK) & (one != _BREAK)
    return np.asarray(np.where(second == 0, np.isin(one, _ALONE), _JOINED[one, other] | before_mark))


def grow(page: Page, seeds: IntArray, length: int) -> Iterator[tuple[IntArray, int]]:
    """The words that an n-gram of ``length`` characters at ``seeds`` is part of: (first characters' places, length)."""
    sample = seeds[:: -(-len(seeds) // _MAX_TO_JUDGE)]
    pending, seen = [_Span(sample, 0, length)], set[bytes]()
    while pending:
        span = pending.pop()
        edges = _look_both_ways(page, span)
        if span.before + span.after < MAX_LENGTH:
            wider = _widen(span, edges)
            if wider:
                pending += wider
                continue
        if not all(edge.ends_words for edge in edges):
            continue
        start = int(span.seeds[0]) - span.before
        word = page.code_points[start : start + span.before + span.after]
        if word.tobytes() in seen or not _is_word(word):
            continue
        seen.add(word.tobytes())
        places = _find(page, seeds - span.before, word)
        if len(places):
            yield places, len(word)


def _look_both_ways(page: Page, span: _Span) -> list[_Edge]:
    return sorted((_look(page, span, is_after) for is_after in (True, False)), key=lambda edge: -edge.most)


def _widen(span: _Span, edges: list[_Edge]) -> list[_Span]:
    """The one or the few wider spans that the occurrences go on to; none where their words end here."""
    likeliest = edges[0]
    if likeliest.most >= _NEARLY_ALL:
        return [span.widen(likeliest.of_occurrence == likeliest.nexts[0], likeliest.is_after)]
    for edge in edges:
        nexts = [following for following, share in zip(edge.nexts, edge.shares, strict=True) if share >= _MIN_BRANCH]
        if edge.is_open and nexts:
            wider = [span.widen(edge.of_occurrence == following, edge.is_after) for following in nexts]
            ended = span.seeds[edge.of_occurrence == 0]
            return wider + ([_Span(ended, span.before, span.after)] if edge.is_same_run and len(ended) else [])
    return []


def _look(page: Page, span: _Span, is_after: bool) -> _Edge:
    inner = span.seeds + (span.after - 1 if is_after else -span.before)
    of_occurrence, runs_on = page.go_on(inner, is_after)
    counts = Counter(of_occurrence.tolist())
    ended = counts.pop(0, 0) / len(inner)
    common = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    shares = [count / len(inner) for _, count in common]
    is_same_run = bool(runs_on.any())
    is_unfinished = int(page.code_points[inner[0]]) in (_NO_LAST if is_after else _NO_FIRST)
    goes_few_ways = len(inner) >= _MIN_TO_JUDGE and sum(shares[:_FEW]) >= _NEARLY_ALL
    is_open = is_same_run or is_unfinished or goes_few_ways
    return _Edge(is_after, [following for following, _ in common], shares, of_occurrence, ended, is_same_run, is_open)


def _is_word(word: CodeArray) -> bool:
    if int(word[0]) in _NO_FIRST or int(word[-1]) in _NO_LAST:
        return False
    return len(word) > 1 or int(_script_table()[word[0]]) in _ALONE


def _find(page: Page, starts: IntArray, word: CodeArray) -> IntArray:
    """Those of ``starts`` where ``word`` stands, and not as a part of a longer run that only makes sense whole."""
    for offset, character in enumerate(word.tolist()):
        starts = starts[page.code_points[starts + offset] == character]
    inside = _IN_RUN_OR_KANJI if len(word) == 1 else _IN_RUN
    starts = starts[~inside[page.scripts[starts - 1], page.scripts[starts]]]
    end = starts + len(word)
    return starts[~inside[page.scripts[end - 1], page.scripts[end]]]
