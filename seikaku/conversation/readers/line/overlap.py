"""Exports of one talk that overlap (exported twice, the second longer): each message counts once. Pure.

In: messages, part by part. Out: which of them an earlier part holds already, and how many those were.
"""

from collections import Counter
from datetime import datetime

from seikaku.errors import Words, both

_Key = tuple[str, str, datetime]


class Repeats:
    """Knows the messages of earlier parts; the same words twice in one minute of one part are two messages."""

    def __init__(self) -> None:
        self._earlier: Counter[_Key] = Counter()
        self._here: Counter[_Key] = Counter()
        self._part = 0
        self.n_repeats = 0

    def is_repeat(self, part: int, speaker: str, body: str, timestamp: datetime | None) -> bool:
        """Whether an earlier part holds this message (parts come in order); without a time nothing can be told."""
        if timestamp is None:
            return False
        if part != self._part:
            self._earlier |= self._here
            self._here, self._part = Counter(), part
        key = (speaker, body, timestamp)
        self._here[key] += 1
        repeated = self._here[key] <= self._earlier[key]
        self.n_repeats += repeated
        return repeated

    def warning(self) -> Words | None:
        """What to tell, or None where nothing was repeated."""
        if not self.n_repeats:
            return None
        n = self.n_repeats
        return both(
            f"同じトークの書き出しが重なっていたため、重なった {n} 件は 1 回だけ数えました。",
            f"Exports of the same talk overlap. Repeated messages, counted only once: {n}.",
        )
