"""What the garbage guard may find: issues and a report of them. Figures in, values out. Pure."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["withhold", "warn"]


@dataclass(frozen=True, slots=True)
class QualityIssue:
    """One thing that is wrong: its code, whether it withholds the estimate, and its figure, a share from 0 to 1.

    Shares of characters are of all that are written. "stickers_only": those of utterances without a word, and of an
    app's stand-ins. "not_japanese": kana and kanji among the letters, or what else is too low. "repetitive": 1 -
    compressed size / size. "copy_paste": characters in utterances that repeat an earlier one exactly, backchannels
    left out. "templates": in utterances that differ from near ones only in numbers or in a part. "code_or_urls": in
    program text and addresses. "borrowed": in quotation marks, verse with a refrain, or documents (which only warn).
    Warnings only: "two_writers": how much rarer than by chance one word for oneself follows another; "transcribed":
    characters without any pause, or of fillers, or spaces a letter.
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


def find_excess(code: str, value: float, warn_from: float, withhold_from: float) -> QualityIssue | None:
    """An issue where ``value`` reaches a threshold."""
    if value < warn_from:
        return None
    return QualityIssue(code, "withhold" if value >= withhold_from else "warn", value)


def share(part: int, whole: int) -> float:
    """``part`` of ``whole``, 0 of nothing."""
    return min(1.0, part / whole) if whole else 0.0
