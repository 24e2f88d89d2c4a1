"""What every reader fills: utterances, counts of what was dropped, warnings. Out: ImportedFile. No effects."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from seikaku.conversation.readers.bodies import classify_body, clean_text
from seikaku.conversation.readers.reasons import describe_dropped
from seikaku.conversation.readers.timestamps import parse_timestamp
from seikaku.conversation.turns import Conversation, ImportedFile, ImportReport, Utterance
from seikaku.errors import InputFileError, Words, both, in_lang


@dataclass(frozen=True, slots=True)
class Source:
    """One file's display name (in both languages where it is no path) and decoded text (newlines are LF)."""

    name: str
    text: str

    @property
    def english_name(self) -> str:
        """The name for an English text."""
        return in_lang(self.name, "en")

    @property
    def stem(self) -> str:
        """The name without folder and suffix: the conversation's id where the file gives none."""
        return PurePath(self.name).stem or self.name

    @property
    def suffix(self) -> str:
        """The suffix in lower case with its dot, or an empty string."""
        return PurePath(self.name).suffix.lower()


@dataclass(frozen=True, slots=True)
class Reader:
    """One format: its name for ``--format``, its title, whether a text looks like it, and how to read it."""

    name: str
    title: Words
    recognises: Callable[[Source], bool]
    parse: Callable[[Source], "Collector"]


class Collector:
    """Takes messages one by one, cleans them, and keeps those that are speech."""

    def __init__(self, source: Source, classify: Callable[[str], str | None] = classify_body) -> None:
        self._source = source
        self._default_id = source.stem  # once: taking a path apart is slow
        self._classify = classify
        self._utterances: dict[str, list[Utterance]] = {}
        self._dropped: Counter[str] = Counter()
        self._warnings: list[Words] = []
        self._n_bad_timestamps = 0
        self._ids: set[str] = set()
        self._n_same: Counter[str] = Counter()

    def add(self, speaker: str, body: str, timestamp: datetime | None, conversation_id: str | None = None) -> None:
        """Keep one message, or count why it is not speech."""
        text = clean_text(body)
        reason = self._classify(text)
        if reason is not None:
            self._dropped[reason] += 1
            return
        self._utterances.setdefault(conversation_id or self._default_id, []).append(Utterance(speaker, text, timestamp))

    def drop(self, reason: str) -> None:
        """Count one line that is no message."""
        self._dropped[reason] += 1

    def warn(self, warning: Words) -> None:
        """Tell the user something about the whole file, once."""
        self._warnings.append(warning)

    def read_timestamp(self, written: object) -> datetime | None:
        """A timestamp as written in a table or in JSON; None, and a warning at the end, where it cannot be read."""
        timestamp, readable = parse_timestamp(written)
        self._n_bad_timestamps += not readable
        return timestamp

    def unused_id(self, wanted: str) -> str:
        """``wanted``, with a number behind it if an earlier call gave that id away."""
        unused = wanted
        while unused in self._ids:
            self._n_same[wanted] += 1
            unused = f"{wanted}-{self._n_same[wanted] + 1}"
        self._ids.add(unused)
        return unused

    def finish(self, format_name: str, encoding: str) -> ImportedFile:
        """The conversations and the report. Raises InputFileError if no utterance is left."""
        kept = [utterance for utterances in self._utterances.values() for utterance in utterances]
        if not kept:
            raise _without_speech(self._source, self._dropped)
        if self._n_bad_timestamps:
            self.warn(
                both(
                    f"読めない日時が {self._n_bad_timestamps} 件ありました。その発話は日時なしとして残しました。",
                    f"{self._n_bad_timestamps} timestamps could not be read; their utterances were kept without one.",
                )
            )
        timestamps = [utterance.timestamp for utterance in kept if utterance.timestamp]
        report = ImportReport(
            format=format_name,
            encoding=encoding,
            speakers=dict(Counter(utterance.speaker for utterance in kept)),
            n_utterances=len(kept),
            dropped=dict(self._dropped.most_common()),
            first_timestamp=min(timestamps).isoformat(timespec="seconds") if timestamps else None,
            last_timestamp=max(timestamps).isoformat(timespec="seconds") if timestamps else None,
            warnings=tuple(self._warnings),
        )
        conversations = tuple(Conversation(key, tuple(items)) for key, items in self._utterances.items())
        return ImportedFile(conversations, report)


def _without_speech(source: Source, dropped: Counter[str]) -> InputFileError:
    found = describe_dropped(dropped)
    return InputFileError(
        both(
            f"{source.name} に発話がありません{f'（除いたもの: {found}）' if dropped else ''}。",
            f"{source.english_name} holds no utterance{f' (left out: {found.english})' if dropped else ''}.",
        ),
        both(
            "話した言葉の入ったファイルを指定してください。形式の判定が違うときは --format で指定してください。",
            "Name a file that holds what people said. If the format was taken for another, name it with --format.",
        ),
    )
