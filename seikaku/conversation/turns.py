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
class Dropped:
    """How much of one speaker's ("": nobody's) was left out for one reason, and on which lines (from 1) it stood.

    ``lines`` is empty where the format has none; JSON counts records in the place of lines. ``file`` says which one of
    several files, and is empty where there is one.
    """

    reason: str
    speaker: str
    count: int
    lines: tuple[int, ...] = ()
    file: str = ""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a reader kept and dropped, and why.

    ``speakers`` counts the messages kept per speaker; ``dropped`` counts per reason; ``dropped_by`` gives the same by
    speaker with lines, ``removed_by`` what was taken out of messages that were kept (code, quotes, addresses);
    timestamps are ISO 8601 without zone, None where the source gives none. ``confidence`` (0 to 1) says how sure the
    format is, with ``evidence`` for it and ``against`` it; None where nothing had to be recognised. ``me`` is who
    exported the file, where it tells; ``renamed`` lists (earlier, later) names of one account, which are not merged.
    """

    format: str
    encoding: str
    speakers: dict[str, int]
    n_utterances: int
    dropped: dict[str, int] = field(default_factory=dict)
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    warnings: tuple[str, ...] = ()
    confidence: float | None = None
    evidence: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    dropped_by: tuple[Dropped, ...] = ()
    removed_by: tuple[Dropped, ...] = ()
    me: str | None = None
    uncertain_names: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()

    def to_dict(self, *, max_lines: int | None = None) -> dict[str, Any]:
        """The report as plain JSON values, keys in a stable order; of each record the first ``max_lines`` lines."""
        values = asdict(self)
        for key in ("warnings", "evidence", "against", "uncertain_names"):
            values[key] = list(values[key])
        for key in ("dropped_by", "removed_by"):
            values[key] = [one | {"lines": list(one["lines"][:max_lines])} for one in values[key]]
        return values | {"renamed": [list(pair) for pair in self.renamed]}


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """One file, read: its conversations and the import report."""

    conversations: tuple[Conversation, ...]
    report: ImportReport
