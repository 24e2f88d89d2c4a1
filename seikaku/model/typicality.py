"""How unlike the norm group's chats is a text? In: a speaker's messages. Out: ``Unlikeness``. No effects; only numpy.

Accuracy was measured on strangers who chat. What they never write (mail, prose, translation, program text, three-letter
messages) was never scored, so that an estimate from it deserves less than the measured accuracy, or nothing.
Figures are label-free, and each counts in one direction only: more of it is less like a chat. Left out on purpose is
what tells friends from strangers, or one taste from another, and hardly moves a score: です and ます or plain forms,
僕・俺・私, sentence-final particles, punctuation, kana instead of kanji, emoji, laughter.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.conversation.characters import CodeArray, list_code_points, look_up

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

GROUPS: dict[str, tuple[str, ...]] = {
    "register": ("formal_phrases", "written_phrases", "translated_pronouns", "quoted"),
    "length": ("short_messages", "long_messages"),
    "script": ("kanji", "kanji_compounds", "katakana", "latin", "digits"),
    "vocabulary": ("unknown_pairs", "repeated_pairs"),
}
FIGURES = tuple(name for names in GROUPS.values() for name in names)
LEVELS = np.linspace(0.0, 1.0, 101)
_USUAL, _LAST = 95, 99  # columns of LEVELS: an estimate is whole up to the one and gone from the other
# Nor is it lessened before these distances: a group that hardly varies is no reason to refuse others.
_LEAST_USUAL, _LEAST_LAST = 2.0, 3.0

# Letters of business and of shops; honorific words that friends use as well are not among them.
_FORMAL = (
    "いたし", "致し", "ござい", "申し上げ", "お願い申", "存じ", "賜", "頂戴", "くださいませ", "させていただ",
    "おっしゃ", "いらっしゃ", "いただけますで", "承り", "承知いた", "お伺い", "平素", "何卒", "恐れ入", "恐縮", "誠に",
    "につきまして", "におきまして", "貴社", "弊社", "お客様", "ご査収", "ご了承", "ご返信", "ご連絡", "ご確認",
    "ご利用", "ご登録", "お手続き", "お問い合わせ",
)  # fmt: skip
# What is written rather than said: である, compound particles, こと as a noun, connectives of prose.
_WRITTEN = (
    "である", "であった", "において", "についての", "によると", "によって", "による", "という", "ものの", "として",
    "べき", "ことが", "ことを", "ことは", "ことに", "ことで", "しかし", "および", "及び", "一方", "すること", "とされ",
    "となる", "となっ", "非常に", "様々", "さまざま", "具体的",
)  # fmt: skip
# Japanese leaves them out; translated sentences have one each.
_TRANSLATED = ("あなた", "彼", "私たち", "それは", "それが", "それを")
_QUOTED = re.compile(r"「[^「」\n]*」|『[^『』\n]*』")
_URL = re.compile(r"https?://[!-~]+")  # addresses are nobody's wording; the garbage guard counts them

_OTHER, _HIRAGANA, _KATAKANA, _KANJI, _LATIN, _DIGIT = range(6)
_RANGES = (
    (0x3041, 0x30A0, _HIRAGANA), (0x30A1, 0x30FB, _KATAKANA), (0x30FC, 0x3100, _KATAKANA), (0xFF66, 0xFFA0, _KATAKANA),
    (0x3005, 0x3008, _KANJI), (0x3400, 0x4DC0, _KANJI), (0x4E00, 0xA000, _KANJI), (0xF900, 0xFB00, _KANJI),
    (0x20000, 0x32000, _KANJI), (0x41, 0x5B, _LATIN), (0x61, 0x7B, _LATIN), (0xFF21, 0xFF3B, _LATIN),
    (0xFF41, 0xFF5B, _LATIN), (0x30, 0x3A, _DIGIT), (0xFF10, 0xFF1A, _DIGIT),
)  # fmt: skip
_LAUGHTER = "wWｗＷ"
_COMPOUND = 3  # kanji in a row: 総事業費 rather than 食事
_CODE_POINT_BITS = 21
# Repetition is looked for within so many pairs, so that it does not grow with the amount of text.
_CHUNK_PAIRS = 150
# A share is known well enough from these; more would only cost time.
_MAX_PAIRS = 60_000


def measure_writing(texts: Sequence[str], pairs: IntArray) -> tuple[FloatArray, int]:
    """The figures named in ``FIGURES`` of one speaker's messages, (n_figures,), and the number of characters read.

    Zeros for no messages. ``pairs``, sorted: the letter pairs that the norm group uses (``list_letter_pairs``).
    """
    messages = _strip(texts)
    if not messages:
        return np.zeros(len(FIGURES)), 0
    joined, n_messages = "\n".join(messages), len(messages)
    del messages
    n_chars = len(joined) - n_messages + 1
    codes, kinds = _sort_letters(joined)

    def per_100(phrases: tuple[str, ...]) -> float:
        return 100.0 * sum(map(joined.count, phrases)) / n_chars

    quoted = sum(map(len, _QUOTED.findall(joined))) / n_chars
    register = [per_100(_FORMAL), per_100(_WRITTEN), per_100(_TRANSLATED), quoted]
    length = [n_messages / n_chars, float(np.log(n_chars / n_messages))]
    figures = [*register, *length, *_measure_script(kinds), *_measure_vocabulary(codes, kinds, pairs)]
    return np.array(figures), n_chars


def list_letter_pairs(texts: Sequence[str]) -> IntArray:
    """Every pair of kana or kanji side by side, as a number each; none goes across messages."""
    codes, kinds = _sort_letters("\n".join(_strip(texts)))
    return _number_pairs(codes, _find_pairs(kinds))


@dataclass(frozen=True, slots=True)
class Rarity:
    """How unusual a text is. ``less_usual``: how many of 100 dialogues of the norm group are less usual than it.

    ``reach``: the distance from the norm group's mean, where 1 is the distance at which an estimate is withheld.
    """

    less_usual: float
    reach: float

    def to_json(self) -> dict[str, float]:
        """Rounded, as it is shown."""
        return {"less_usual_of_100": round(self.less_usual, 1), "reach": round(self.reach, 2)}


@dataclass(frozen=True, slots=True)
class Unlikeness:
    """How unlike the norm group's chats a text is, in all and by group of figures.

    ``figures``: how far each lies above the norm group's mean, in its spreads; 0 where it does not. ``kept``: what is
    left of an estimate, 1 where at least 5 of 100 dialogues of the norm group are less usual, 0 where not even one is.
    """

    overall: Rarity
    groups: dict[str, Rarity]
    figures: dict[str, float]
    kept: float

    @property
    def reasons(self) -> tuple[str, ...]:
        """The groups that make an estimate less than whole, the furthest first; none where it is whole."""
        if self.kept >= 1.0:
            return ()
        ordered = sorted(self.groups, key=lambda name: -self.groups[name].reach)
        furthest = self.groups[ordered[0]].reach
        return tuple(name for name in ordered if self.groups[name].reach >= furthest / 2)

    def to_json(self) -> dict[str, Any]:
        """For a report: everything, rounded."""
        return {
            "overall": self.overall.to_json(),
            "groups": {name: rarity.to_json() for name, rarity in self.groups.items()},
            "figures": {name: round(value, 2) for name, value in self.figures.items()},
            "kept": round(self.kept, 3),
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True)
class WritingNorm:
    """How the norm group writes. ``mean`` (n_figures,).

    ``between`` (n_figures,): the spread upwards of whole speakers, and what is tolerated beside it; ``within``
    (n_figures,): what is added to it by how little text there is, as a spread of a text of one character.
    ``quantiles`` (1 + n_groups, n_levels): the distance that the share ``LEVELS`` of the norm group's dialogues stays
    within, in all and by group. ``pairs``, sorted: the letter pairs that the norm group uses.
    """

    mean: FloatArray
    between: FloatArray
    within: FloatArray
    quantiles: FloatArray
    pairs: IntArray

    def assess(self, texts: Sequence[str]) -> Unlikeness:
        """How unlike the norm group's chats one speaker's messages are."""
        deviation = self.deviate(*measure_writing(texts, self.pairs))
        distances = measure_distances(deviation)
        usual, last = max(self.quantiles[0, _USUAL], _LEAST_USUAL), max(self.quantiles[0, _LAST], _LEAST_LAST)
        rarities = [
            Rarity(100.0 * (1.0 - float(np.interp(distance, quantiles, LEVELS))), distance / float(last))
            for distance, quantiles in zip(distances.tolist(), self.quantiles, strict=True)
        ]
        return Unlikeness(
            overall=rarities[0],
            groups=dict(zip(GROUPS, rarities[1:], strict=True)),
            figures=dict(zip(FIGURES, deviation.tolist(), strict=True)),
            kept=float(np.clip((last - distances[0]) / max(last - usual, 1e-9), 0.0, 1.0)),
        )

    def deviate(self, figures: FloatArray, n_chars: int) -> FloatArray:
        """How many spreads each figure lies above the mean, 0 where it does not, (n_figures,)."""
        spread = np.sqrt(self.between**2 + self.within**2 / max(n_chars, 1))
        return np.asarray(np.maximum((figures - self.mean) / spread, 0.0))


def measure_distances(deviation: FloatArray) -> FloatArray:
    """The root of the sum of squares of ``deviation`` (..., n_figures), in all and by group, (1 + n_groups, ...)."""
    squares = deviation**2
    of_groups = [squares[..., [FIGURES.index(name) for name in names]].sum(axis=-1) for names in GROUPS.values()]
    return np.asarray(np.sqrt(np.stack([squares.sum(axis=-1), *of_groups])))


def _strip(texts: Sequence[str]) -> list[str]:
    """Messages without white space and addresses, empty ones left out."""
    return [message for text in texts if (message := "".join(_without_urls(text).split()))]


def _without_urls(text: str) -> str:
    return _URL.sub("", text) if "http" in text else text


def _sort_letters(joined: str) -> tuple[CodeArray, NDArray[np.int8]]:
    """Code points and their kinds, both (n_chars,)."""
    codes = list_code_points(joined)
    return codes, look_up(_kinds(), codes)


@cache
def _kinds() -> NDArray[np.int8]:
    table = np.zeros(0x110000, np.int8)
    for start, stop, kind in _RANGES:
        table[start:stop] = kind
    table[[ord(letter) for letter in _LAUGHTER]] = _OTHER
    return table


def _measure_script(kinds: NDArray[np.int8]) -> list[float]:
    """Shares of the letters: kanji, kanji in compounds, katakana, Latin letters, digits."""
    counts = [int(np.count_nonzero(kinds == kind)) for kind in range(6)]
    n_letters = max(sum(counts) - counts[_OTHER], 1)
    edges = np.flatnonzero(np.diff((kinds == _KANJI).astype(np.int8), prepend=0, append=0))
    runs = edges[1::2] - edges[::2]
    compounds = int(runs[runs >= _COMPOUND].sum())
    return [n / n_letters for n in (counts[_KANJI], compounds, counts[_KATAKANA], counts[_LATIN], counts[_DIGIT])]


def _measure_vocabulary(codes: CodeArray, kinds: NDArray[np.int8], pairs: IntArray) -> list[float]:
    """The share of letter pairs that the norm group does not use, and of those that repeat one shortly before."""
    own = _find_pairs(kinds)
    if not len(own):
        return [0.0, 0.0]
    n_chunks = max(len(own) // _CHUNK_PAIRS, 1)
    every = -(-n_chunks * _CHUNK_PAIRS // _MAX_PAIRS)
    chunks = [
        _number_pairs(codes, own[first * _CHUNK_PAIRS : (first + 1) * _CHUNK_PAIRS])
        for first in range(0, n_chunks, every)
    ]
    read = np.concatenate(chunks) if n_chunks > 1 else _number_pairs(codes, own)
    n_distinct = sum(len(set(chunk.tolist())) for chunk in chunks)
    places = np.minimum(np.searchsorted(pairs, read), len(pairs) - 1)
    unknown = float((pairs[places] != read).mean()) if len(pairs) else 1.0
    return [unknown, 1.0 - n_distinct / sum(map(len, chunks))]


def _find_pairs(kinds: NDArray[np.int8]) -> IntArray:
    """Where each pair of kana or kanji begins."""
    is_japanese = (kinds >= _HIRAGANA) & (kinds <= _KANJI)
    return np.flatnonzero(is_japanese[:-1] & is_japanese[1:])


def _number_pairs(codes: CodeArray, places: IntArray) -> IntArray:
    return np.asarray((codes[places].astype(np.int64) << _CODE_POINT_BITS) | codes[places + 1])
