"""What is written into a message and is not the writer's voice: code, quotes, mentions, addresses. Pure.

Only readers of formats with such marks use it; a message of LINE or of a table stays as it is.
"""

import re
from collections import Counter

_CODE_BLOCK = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_INLINE_CODE = re.compile(r"`[^`\n]+`")
_QUOTED_LINE = re.compile(r"^[ \t]*(?:>|&gt;)(?:>>)?[ \t]?.*$", re.MULTILINE)
_URL = re.compile(r"https?://[!-~]+")
_SPACES = re.compile(r"[ \t]{2,}")
_LINE_ENDS = re.compile(r"[ \t]+\n")
_BLANK_LINES = re.compile(r"\n{3,}")
_PATTERNS = (("code", _CODE_BLOCK), ("code", _INLINE_CODE), ("quote", _QUOTED_LINE), ("url", _URL))


def remove_markup(text: str) -> tuple[str, Counter[str]]:
    """``text`` (Markdown) without code, quoted lines and web addresses, and how many of each were taken out."""
    removed: Counter[str] = Counter()
    for reason, pattern in _PATTERNS:
        text, n_found = pattern.subn(" ", text)
        if n_found:
            removed[reason] += n_found
    return tidy(text) if removed else text, removed


def tidy(text: str) -> str:
    """Without the gaps that a removal leaves."""
    return _BLANK_LINES.sub("\n\n", _LINE_ENDS.sub("\n", _SPACES.sub(" ", text))).strip()
