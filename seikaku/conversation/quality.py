"""Garbage guard. In: the target speaker's utterance texts. Out: figures and issues. Pure.

It answers one question: is this ordinary Japanese talk in the speaker's own words? If not, no model may score it.
"""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from seikaku.conversation.characters import count_written, list_code_points

Level = Literal["withhold", "warn"]

# Below half, most letters are of another language. Loan words, names and "www" bring ordinary chat to about 0.9.
WITHHOLD_JAPANESE_SHARE = 0.5
WARN_JAPANESE_SHARE = 0.8
# Digits, emoji and marks are no letters: text that is nearly all of those has nothing to read either.
WITHHOLD_JAPANESE_PER_CHAR = 0.2
# Japanese without kana is Chinese, or a list of names; in ordinary talk about two thirds of the letters are kana.
WITHHOLD_KANA_SHARE = 0.15
# A few place names alone say nothing about the language.
MIN_JAPANESE_FOR_KANA_SHARE = 50
# 1 - compressed size / size. The highest of 112 speakers of RealPersonaChat is 0.58; one word again and again is 0.99.
WITHHOLD_REPETITION = 0.92
WARN_REPETITION = 0.85
# A few hundred bytes are needed before a compressor says anything.
MIN_CHARS_FOR_REPETITION = 200
# Copies of whole utterances: a greeting comes back, half of all words do not.
WITHHOLD_DUPLICATE_SHARE = 0.5
WARN_DUPLICATE_SHARE = 0.2
# Backchannels and set phrases (はい, うん, 了解です) are talk, however often they come.
MAX_BACKCHANNEL_CHARS = 6
WITHHOLD_URL_OR_CODE_SHARE = 0.5
WARN_URL_OR_CODE_SHARE = 0.2

# Compressing more would cost time and say the same: repetition of whole texts shows within the window.
_MAX_CHARS_COMPRESSED = 300_000
_N_CODE_POINTS = 0x110000
_KANA_RANGES = ((0x3041, 0x30A0), (0x30A1, 0x3100), (0x31F0, 0x3200), (0xFF66, 0xFFA0))
_KANJI_RANGES = ((0x3005, 0x3008), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, 0x32000))
_URL = re.compile(r"https?://[!-~]+")
# Program text: a line of ASCII with a word and a mark that no sentence has. Faces such as (^_^;) have no word.
_ASCII_LINE = re.compile(r"^[ -~\t]{8,}$", re.MULTILINE)
_CODE_MARK = re.compile(r"[{}=;]|\w\(|</?\w|^\s*(?:import|def|class|return|else|#include)\b")
_WORD = re.compile("[A-Za-z]{3}")


@dataclass(frozen=True, slots=True)
class QualityIssue:
    """One thing that is wrong: its code, whether it withholds the estimate, and its figure, a share from 0 to 1.

    Of "not_japanese": kana and kanji among the letters, or what else is too low. Of "repetitive": 1 - compressed size /
    size. Of "copy_paste": characters in utterances that repeat an earlier one exactly, backchannels left out. Of
    "code_or_urls": characters in program text and addresses.
    """

    code: str
    level: Level
    value: float


@dataclass(frozen=True, slots=True)
class QualityReport:
    """How much one speaker's text is, ``n_chars`` without white space, and what is wrong with it."""

    n_utterances: int
    n_chars: int
    issues: tuple[QualityIssue, ...]


def assess_quality(texts: Sequence[str]) -> QualityReport:
    """Measure the texts of one speaker and name what is wrong with them; no text, no issue."""
    joined = "\n".join(texts)
    spoken = _URL.sub("", joined)  # addresses have a figure of their own and are of no language
    letters = _count_letters(spoken)
    n_chars = count_written(joined)
    repetition = _measure_repetition(joined) if n_chars >= MIN_CHARS_FOR_REPETITION else 0.0
    duplicate_share = _share(_count_duplicate_chars(texts), n_chars)
    url_or_code_share = _share(n_chars - count_written(spoken) + _count_code_chars(spoken), n_chars)
    issues = [
        _find_not_japanese(letters, _share(letters.n_japanese, n_chars)),
        _find_excess("repetitive", repetition, WARN_REPETITION, WITHHOLD_REPETITION),
        _find_excess("copy_paste", duplicate_share, WARN_DUPLICATE_SHARE, WITHHOLD_DUPLICATE_SHARE),
        _find_excess("code_or_urls", url_or_code_share, WARN_URL_OR_CODE_SHARE, WITHHOLD_URL_OR_CODE_SHARE),
    ]
    return QualityReport(
        n_utterances=len(texts),
        n_chars=n_chars,
        issues=tuple(issue for issue in issues if issue is not None and n_chars > 0),
    )


@dataclass(frozen=True, slots=True)
class _Letters:
    n_letters: int
    n_kana: int
    n_kanji: int

    @property
    def n_japanese(self) -> int:
        return self.n_kana + self.n_kanji


def _count_letters(text: str) -> _Letters:
    counts = _count_code_points(text)
    present = np.flatnonzero(counts > 0)  # of booleans: six times as fast
    n_letters = sum(int(counts[code]) for code in present if chr(code).isalpha())
    return _Letters(n_letters, _count_ranges(counts, _KANA_RANGES), _count_ranges(counts, _KANJI_RANGES))


def _count_code_points(text: str) -> npt.NDArray[np.int64]:
    return np.bincount(list_code_points(text), minlength=_N_CODE_POINTS)


def _count_ranges(counts: npt.NDArray[np.int64], ranges: tuple[tuple[int, int], ...]) -> int:
    return int(sum(counts[start:stop].sum() for start, stop in ranges))


def _count_duplicate_chars(texts: Sequence[str]) -> int:
    repeated = ((text, count) for text, count in Counter(texts).items() if count > 1)
    lengths = ((count_written(text), count) for text, count in repeated)
    return sum(n_chars * (count - 1) for n_chars, count in lengths if n_chars > MAX_BACKCHANNEL_CHARS)


def _measure_repetition(joined: str) -> float:
    data = joined[:_MAX_CHARS_COMPRESSED].encode("utf-16-le", "surrogatepass")
    return max(0.0, 1 - len(zlib.compress(data, 1)) / len(data))


def _count_code_chars(text: str) -> int:
    lines = _ASCII_LINE.findall(text)
    return sum(count_written(line) for line in lines if _CODE_MARK.search(line) and _WORD.search(line))


def _find_not_japanese(letters: _Letters, japanese_per_char: float) -> QualityIssue | None:
    japanese_share = _share(letters.n_japanese, letters.n_letters)
    kana_share = _share(letters.n_kana, letters.n_japanese)
    if japanese_share < WITHHOLD_JAPANESE_SHARE:
        return QualityIssue("not_japanese", "withhold", japanese_share)
    if letters.n_japanese >= MIN_JAPANESE_FOR_KANA_SHARE and kana_share < WITHHOLD_KANA_SHARE:
        return QualityIssue("not_japanese", "withhold", kana_share)
    if japanese_per_char < WITHHOLD_JAPANESE_PER_CHAR:
        return QualityIssue("not_japanese", "withhold", japanese_per_char)
    if japanese_share < WARN_JAPANESE_SHARE:
        return QualityIssue("not_japanese", "warn", japanese_share)
    return None


def _find_excess(code: str, value: float, warn_from: float, withhold_from: float) -> QualityIssue | None:
    if value < warn_from:
        return None
    return QualityIssue(code, "withhold" if value >= withhold_from else "warn", value)


def _share(part: int, whole: int) -> float:
    return min(1.0, part / whole) if whole else 0.0
