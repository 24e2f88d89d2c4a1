"""Whether text is Japanese at all, and has letters. In: text. Out: an issue or None. Pure.

Quantiles are of the 17,126 dialogues of RealPersonaChat's 184 speakers, each alone: benchmarks/quality_thresholds.py.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seikaku.conversation.characters import list_code_points
from seikaku.conversation.quality.issues import QualityIssue, share

# Below half, most letters are of another language. Loan words, names and "www" bring ordinary chat to about 0.9.
WITHHOLD_JAPANESE_SHARE = 0.5
WARN_JAPANESE_SHARE = 0.8  # lowest .79 (one of all is below .8), 1 % below .93
# Digits, emoji and marks are no letters: text that is nearly all of those has nothing to read either.
WITHHOLD_JAPANESE_PER_CHAR = 0.2  # lowest .76
# Japanese without kana is Chinese, or a list of names; in ordinary talk four fifths of the letters are kana.
WITHHOLD_KANA_SHARE = 0.15  # lowest .64
# A few place names alone say nothing about the language.
MIN_JAPANESE_FOR_KANA_SHARE = 50

_N_CODE_POINTS = 0x110000
_KANA_RANGES = ((0x3041, 0x30A0), (0x30A1, 0x3100), (0x31F0, 0x3200), (0xFF66, 0xFFA0))
_KANJI_RANGES = ((0x3005, 0x3008), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, 0x32000))


@dataclass(frozen=True, slots=True)
class Letters:
    """How many letters of any language, kana and kanji."""

    n_letters: int
    n_kana: int
    n_kanji: int

    @property
    def n_japanese(self) -> int:
        """Kana and kanji."""
        return self.n_kana + self.n_kanji


def count_letters(text: str) -> Letters:
    """The letters of ``text``."""
    counts = np.bincount(list_code_points(text), minlength=_N_CODE_POINTS)
    present = np.flatnonzero(counts > 0)  # of booleans: six times as fast
    n_letters = sum(int(counts[code]) for code in present if chr(code).isalpha())
    return Letters(n_letters, _count_ranges(counts, _KANA_RANGES), _count_ranges(counts, _KANJI_RANGES))


def find_not_japanese(letters: Letters, n_chars: int) -> QualityIssue | None:
    """The issue of letters of another language, of hardly any kana, or of hardly any letters among ``n_chars``."""
    japanese_share = share(letters.n_japanese, letters.n_letters)
    kana_share = share(letters.n_kana, letters.n_japanese)
    japanese_per_char = share(letters.n_japanese, n_chars)
    if japanese_share < WITHHOLD_JAPANESE_SHARE:
        return QualityIssue("not_japanese", "withhold", japanese_share)
    if letters.n_japanese >= MIN_JAPANESE_FOR_KANA_SHARE and kana_share < WITHHOLD_KANA_SHARE:
        return QualityIssue("not_japanese", "withhold", kana_share)
    if japanese_per_char < WITHHOLD_JAPANESE_PER_CHAR:
        return QualityIssue("not_japanese", "withhold", japanese_per_char)
    if japanese_share < WARN_JAPANESE_SHARE:
        return QualityIssue("not_japanese", "warn", japanese_share)
    return None


def _count_ranges(counts: npt.NDArray[np.int64], ranges: tuple[tuple[int, int], ...]) -> int:
    return int(sum(counts[start:stop].sum() for start, stop in ranges))
