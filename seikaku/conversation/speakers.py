"""Speakers' names: which are labels, and how an error shows them. In: names and counts. Out: words. No effects."""

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence

from seikaku.errors import Words, both

_LABEL = re.compile(
    r"(?:話者|発話者|発言者|参加者|人物|ゲスト|speaker|participant|person|guest|spk)[ _#-]?(?:\d{1,3}|[a-z])"
    r"|[a-z]|[a-z]さん|[甲乙丙]|不明|話者不明|unknown(?: speaker)?|user|human|ユーザー?|匿名|質問者|回答者"
)
_MAX_NAMES_LISTED = 20
_MAX_NAME_CHARS = 40  # a longer "name" is a sentence of a file that was read in the wrong format


def is_label(name: str) -> bool:
    """Whether a name is one that a machine or a form gives to anybody."""
    return _LABEL.fullmatch(unicodedata.normalize("NFKC", name).strip().lower()) is not None


def shorten_name(name: str) -> str:
    """A name of at most 40 characters."""
    return name if len(name) <= _MAX_NAME_CHARS else name[: _MAX_NAME_CHARS - 1] + "…"


def list_speakers(counts: Mapping[str, int], names: Sequence[str] | None = None) -> Words:
    """``names`` (None: all, in their order) with their numbers of utterances; of very many the first."""
    shown = list(counts) if names is None else names
    first = [(shorten_name(name), counts[name]) for name in shown[:_MAX_NAMES_LISTED]]
    n_more = max(0, len(shown) - _MAX_NAMES_LISTED)
    japanese = [f"{name}（{count} 発話）" for name, count in first] + [f"ほか {n_more} 人"] * bool(n_more)
    english = [f"{name} ({count} utterance{'s' * (count != 1)})" for name, count in first]
    return both("、".join(japanese), ", ".join(english + [f"and {n_more} more"] * bool(n_more)))


def nearest_speakers(counts: Mapping[str, int], wanted: str) -> list[str]:
    """All names, the one most like ``wanted`` first."""
    return sorted(counts, key=lambda name: -difflib.SequenceMatcher(None, wanted, shorten_name(name)).ratio())
