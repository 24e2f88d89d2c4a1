"""Exports of one talk that overlap (exported twice, the second longer): each message counts once. Pure.

In: messages, part by part. Out: which of them an earlier part holds already, and how many those were.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from seikaku.conversation.turns import Conversation, ImportedFile
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
        return _repeated(self.n_repeats) if self.n_repeats else None


def count_once(files: Sequence[ImportedFile], formats: Sequence[str]) -> list[ImportedFile]:
    """``files`` without the messages that an earlier one of these ``formats`` holds; what was left out is told.

    A file that holds nothing new stays, with its report and without conversations.
    """
    repeats = Repeats()
    merged: list[ImportedFile] = []
    for part, file in enumerate(files):
        if file.report.format in formats:
            n_before = repeats.n_repeats
            conversations = _without_repeats(file.conversations, part, repeats)
            if repeats.n_repeats > n_before:
                file = _report_anew(file, conversations, repeats.n_repeats - n_before)
        merged.append(file)
    return merged


def _without_repeats(conversations: Sequence[Conversation], part: int, repeats: Repeats) -> list[Conversation]:
    kept = [
        replace(
            one,
            utterances=tuple(
                said for said in one.utterances if not repeats.is_repeat(part, said.speaker, said.text, said.timestamp)
            ),
        )
        for one in conversations
    ]
    return [one for one in kept if one.utterances]


def _report_anew(file: ImportedFile, conversations: Sequence[Conversation], n_repeats: int) -> ImportedFile:
    speakers = Counter(said.speaker for one in conversations for said in one.utterances)
    report = replace(
        file.report,
        speakers=dict(speakers),
        n_utterances=speakers.total(),
        dropped=file.report.dropped | {"repeated": n_repeats},
        warnings=(*file.report.warnings, _repeated(n_repeats)),
    )
    return ImportedFile(tuple(conversations), report)


def _repeated(n: int) -> Words:
    return both(
        f"同じトークの書き出しが重なっていたため、重なった {n} 件は 1 回だけ数えました。",
        f"Exports of the same talk overlap. Repeated messages, counted only once: {n}.",
    )
