"""Speakers' names as an error shows them. In: names and counts. Out: words. No effects."""

import difflib
from collections.abc import Mapping, Sequence

from seikaku.errors import Words, both

_MAX_NAMES_LISTED = 20
_MAX_NAME_CHARS = 40  # a longer "name" is a sentence of a file that was read in the wrong format


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
