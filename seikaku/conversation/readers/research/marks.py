"""A transcriber's marks -> gone, without gaps. Pure."""

import re
from collections.abc import Iterable

_HOLE = "\x00"  # clean text has none
_BETWEEN_LATIN = re.compile(r"(?<=[!-~])\x00+(?=[!-~])")

_NO_WORDS = re.compile(r"[、。，．,.…？?！!ー\-\s]*")


def take_out(text: str, patterns: Iterable[re.Pattern[str]]) -> tuple[str, int]:
    """``text`` (clean) without what ``patterns`` match, one after another, and how many that were.

    Japanese closes up; Latin words on both sides are kept apart. Of a text of nothing but marks no full stop is left.
    """
    n_marks = 0
    for pattern in patterns:
        text, n_found = pattern.subn(_HOLE, text)
        n_marks += n_found
    if not n_marks:
        return text, 0
    text = _BETWEEN_LATIN.sub(" ", text).replace(_HOLE, "").strip()
    return ("" if _NO_WORDS.fullmatch(text) else text), n_marks
