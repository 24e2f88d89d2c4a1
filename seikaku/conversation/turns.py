"""What a conversation is. In: what a reader parsed. Out: frozen values that every other part takes. No effects."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message by one speaker. ``timestamp`` is naive local time; None means that the source gives none."""

    speaker: str
    text: str
    timestamp: datetime | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """Utterances in the order in which they were said, by one or more speakers."""

    conversation_id: str
    utterances: tuple[Utterance, ...]

    def count_by_speaker(self) -> dict[str, int]:
        """Number of utterances of each speaker, in order of first appearance."""
        return dict(Counter(utterance.speaker for utterance in self.utterances))


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a reader kept and dropped, and why.

    ``speakers`` counts the messages kept per speaker; ``dropped`` counts per reason;
    timestamps are ISO 8601 without zone, None where the source gives none.
    """

    format: str
    encoding: str
    speakers: dict[str, int]
    n_utterances: int
    dropped: dict[str, int] = field(default_factory=dict)
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values, keys in a stable order."""
        return asdict(self) | {"warnings": list(self.warnings)}


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """One file, read: its conversations and the import report."""

    conversations: tuple[Conversation, ...]
    report: ImportReport
