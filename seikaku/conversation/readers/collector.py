"""What every reader fills: utterances, counts of what was dropped, warnings. Out: ImportedFile. No effects."""

import gc
from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import compress, repeat

from seikaku.conversation.readers.bodies import FIRSTS_OF_NO_SPEECH, classify_body, clean_text
from seikaku.conversation.readers.reasons import describe_dropped
from seikaku.conversation.readers.source import Source
from seikaku.conversation.readers.timestamps import parse_timestamp
from seikaku.conversation.turns import Conversation, Dropped, ImportedFile, ImportReport, Utterance
from seikaku.errors import InputFileError, Words, both

# Apps take 10,000 (LINE) to 65,536 (WhatsApp); spoken, so much is five hours without a break. It is no message.
MAX_CHARS_OF_MESSAGE = 100_000


class Collector:
    """Takes messages one by one, cleans them, and keeps those that are speech."""

    def __init__(self, source: Source, classify: Callable[[str], str | None] = classify_body) -> None:
        self._source = source
        self._default_id = source.stem  # once: taking a path apart is slow
        self._classify = classify
        self._utterances: dict[str, list[Utterance]] = {}
        self._dropped = _Record()
        self._removed = _Record()
        self._me: str | None = None
        self._uncertain: list[str] = []
        self._renamed: list[tuple[str, str]] = []
        self._warnings: list[Words] = []
        self._n_bad_timestamps = 0
        self._ids: set[str] = set()
        self._n_same: Counter[str] = Counter()

    def add(
        self,
        speaker: str,
        body: str,
        timestamp: datetime | None,
        conversation_id: str | None = None,
        *,
        line: int = 0,
        removed: Mapping[str, int] | None = None,
    ) -> None:
        """Keep one message, or count why it is not speech.

        ``line`` is the number of its first line or record in the file (from 1; 0: not known); ``removed`` counts what
        the reader has taken out of the body (``markup.remove_markup``), by reason.
        """
        text = clean_text(body)
        dropped = self._why_dropped(speaker, text)
        if removed:
            for reason, count in removed.items():
                self._removed.add(reason, speaker, line, count)
            if dropped == "empty":
                dropped = max(removed, key=removed.__getitem__)
        if dropped is not None:
            self._dropped.add(dropped, speaker, line)
            return
        key = conversation_id or self._default_id
        kept = self._utterances.get(key)
        if kept is None:
            kept = self._utterances[key] = []
        kept.append(Utterance(speaker, text, timestamp))

    def add_all(
        self,
        speakers: Sequence[str],
        bodies: Sequence[str],
        timestamps: Sequence[datetime | None],
        indices: Sequence[int],
        wanted: Sequence[int],
    ) -> None:
        """``add`` for all messages of a file's one conversation, in columns: in a third of the time.

        ``indices`` are those of the lines, from 0. ``wanted`` is 0 for those that the reader has left out already.
        ``classify`` must be one of ``bodies``.
        """
        texts = [body.strip() if body.isprintable() else clean_text(body) for body in bodies]
        is_kept = bytearray(wanted)
        rare = [
            number
            for number, (text, speaker) in enumerate(zip(texts, speakers, strict=True))
            if text[:1] in FIRSTS_OF_NO_SPEECH or not speaker
        ]
        if max(map(len, texts), default=0) > MAX_CHARS_OF_MESSAGE:
            rare = [*range(len(texts))]
        for number in compress(rare, map(is_kept.__getitem__, rare)):
            reason = self._why_dropped(speakers[number], texts[number])
            if reason is not None:
                self._dropped.add(reason, speakers[number], indices[number] + 1)
                is_kept[number] = False
        columns = [compress(column, is_kept) for column in (speakers, texts, timestamps)]
        self._utterances.setdefault(self._default_id, []).extend(_make_utterances(columns, sum(is_kept)))

    def _why_dropped(self, speaker: str, text: str) -> str | None:
        if not speaker:
            return "no_speaker"
        return self._classify(text) or ("too_long" if len(text) > MAX_CHARS_OF_MESSAGE else None)

    def drop(self, reason: str, speaker: str = "", line: int = 0) -> None:
        """Count one message or line that is no speech; ``speaker`` is empty where it has none."""
        self._dropped.add(reason, speaker, line)

    def tell_me(self, speaker: str) -> None:
        """The file says who exported it."""
        self._me = speaker

    def tell_uncertain(self, speaker: str) -> None:
        """It is not certain that this name ends where it was read to end, or that it is one person's."""
        if speaker not in self._uncertain:
            self._uncertain.append(speaker)

    def tell_renamed(self, earlier: str, later: str) -> None:
        """One account bore both names. They are not merged; the user is told."""
        if (earlier, later) not in self._renamed:
            self._renamed.append((earlier, later))

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
            raise _without_speech(self._source, self._dropped.by_reason())
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
            dropped=dict(self._dropped.by_reason().most_common()),
            dropped_by=self._dropped.listed(),
            removed_by=self._removed.listed(),
            me=self._me,
            uncertain_names=tuple(self._uncertain),
            renamed=tuple(self._renamed),
            first_timestamp=min(timestamps).isoformat(timespec="seconds") if timestamps else None,
            last_timestamp=max(timestamps).isoformat(timespec="seconds") if timestamps else None,
            warnings=tuple(self._warnings),
        )
        conversations = tuple(Conversation(key, tuple(items)) for key, items in self._utterances.items())
        return ImportedFile(conversations, report)


def _make_utterances(columns: Sequence[Iterable[object]], n_made: int) -> list[Utterance]:
    """``list(map(Utterance, *columns))``, column by column: the guard of a frozen ``__init__`` doubles its time."""
    made = list(map(object.__new__, repeat(Utterance, n_made)))
    for name, column in zip(Utterance.__slots__, columns, strict=True):
        deque(map(getattr(Utterance, name).__set__, made, column), maxlen=0)
    return made


@contextmanager
def without_gc() -> Iterator[None]:
    """Python looks for no reference cycles meanwhile: of big lists that are in use this takes a quarter of the time.

    Two threads that overlap here never leave it off.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Record:
    """What was left out: for each reason and speaker how many, and on which lines."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lines: dict[tuple[str, str], array[int]] = {}

    def add(self, reason: str, speaker: str, line: int, count: int = 1) -> None:
        key = (reason, speaker)
        self._counts[key] += count
        if line:
            lines = self._lines.get(key)
            if lines is None:
                lines = self._lines[key] = array("L")
            lines.append(line)

    def by_reason(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for (reason, _), count in self._counts.items():
            total[reason] += count
        return total

    def listed(self) -> tuple[Dropped, ...]:
        return tuple(
            Dropped(reason, speaker, count, tuple(self._lines.get((reason, speaker), ())))
            for (reason, speaker), count in self._counts.most_common()
        )


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
