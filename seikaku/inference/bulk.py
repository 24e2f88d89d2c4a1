"""A file of conversations (JSON Lines) -> one CSV row a speaker, in bounded memory, and resumable after a kill.

In: a stream of lines and an estimator. Effects: writes the CSV; while at work also ``OUT.part`` and unnamed files
beside it. Pass 1 deals each speaker's own text into buckets on disk, pass 2 estimates bucket by bucket: what is in
memory is one bucket's text and a few words per speaker. The buckets have no name, so that no conversation text stays
behind even when the process is killed; ``OUT.part`` holds the rows that are done.
"""

import csv
import hashlib
import json
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from seikaku.conversation.readers.generic.dialogues import collect_dialogues
from seikaku.conversation.readers.json_text import load_json
from seikaku.conversation.readers.source import Source
from seikaku.conversation.turns import Conversation, Utterance
from seikaku.errors import InputFileError, both, in_lang
from seikaku.files import open_atomic
from seikaku.inference.estimates import TraitEstimates
from seikaku.inference.estimator import Estimator
from seikaku.version import __version__

# Each bucket is an open file: well below the 256 that macOS allows a process.
N_BUCKETS = 64

_ESTIMATING = both("推定（話者）", "Estimating (speakers)")

Row = list[str]
OnProgress = Callable[[str, int, int], None]  # (what, steps done, steps in all)


@dataclass
class BulkReport:
    """What was done. ``bad_lines``: (line number, what is wrong) of lines that were skipped."""

    n_conversations: int = 0
    n_speakers: int = 0
    n_resumed: int = 0
    bad_lines: list[tuple[int, str]] = field(default_factory=list)


def estimate_bulk(
    lines: Iterable[bytes],
    out: Path,
    estimator: Estimator,
    *,
    name: str,
    columns: Sequence[str],
    make_row: Callable[[TraitEstimates], Row],
    skip_bad_lines: bool = False,
    on_progress: OnProgress = lambda what, done, total: None,
) -> BulkReport:
    """Estimate every speaker of ``lines`` across all conversations; write ``out``, sorted by speaker.

    The same name is the same person. ``make_row`` gives the cells of ``columns``; ``name`` is the input's name in
    errors. If ``out``'s part file is of the same input and model, its rows are taken over. Raises InputFileError,
    naming the line, for a line that is no conversation (unless they are skipped) and for input without any speech.
    """
    report = BulkReport()
    out.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        buckets = [stack.enter_context(tempfile.TemporaryFile(dir=out.parent)) for _ in range(N_BUCKETS)]
        input_hash = hashlib.sha256()
        speakers: set[str] = set()
        for number, line in enumerate(lines, start=1):
            input_hash.update(line)
            for conversation in _parse(line, number, name, skip_bad_lines, report):
                report.n_conversations += 1
                speakers |= _deal(conversation, str(number), buckets)
        if not speakers:
            raise InputFileError(
                both(
                    f"{name} に発話のある会話がありません。",
                    f"{in_lang(name, 'en')} has no conversation with an utterance.",
                ),
                both("1 行に 1 会話の JSON を入れてください。", "Put one conversation a line in it, as JSON."),
            )
        report.n_speakers = len(speakers)
        identity = [input_hash.hexdigest(), estimator.trained.model_hash, __version__, *columns]
        part = stack.enter_context(_PartFile(out.with_name(out.name + ".part"), identity))
        report.n_resumed = len(part.offsets)
        for bucket in buckets:
            for speaker, conversations in _collect(bucket).items():
                if speaker not in part.offsets:
                    part.add(
                        speaker, make_row(estimator.estimate(conversations, speaker, n_evidence=0, describes=False))
                    )
                    on_progress(_ESTIMATING, len(part.offsets), report.n_speakers)
        with open_atomic(out) as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(part.rows_by_speaker())
    part.path.unlink()
    return report


def _parse(line: bytes, number: int, name: str, skip_bad_lines: bool, report: BulkReport) -> tuple[Conversation, ...]:
    """The conversation of one line; none for a blank line, for one without speech, and for a bad one to be skipped."""
    try:
        return _parse_line(line, number, name)
    except InputFileError as error:
        if not skip_bad_lines:
            mend = both(
                f"{error.mend} 壊れた行を飛ばすには --skip_bad_lines を付けてください。",
                f"{in_lang(error.mend, 'en')} To pass over broken lines add --skip_bad_lines.",
            )
            raise InputFileError(error.message, mend) from None
        report.bad_lines.append((number, error.message))
        return ()


def _parse_line(line: bytes, number: int, name: str) -> tuple[Conversation, ...]:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip()
    except UnicodeDecodeError:
        raise InputFileError(
            both(
                f"{name} の {number} 行目は UTF-8 ではありません。",
                f"Line {number} of {in_lang(name, 'en')} is not UTF-8.",
            ),
            both("ファイルを UTF-8 で保存し直してください。", "Save the file as UTF-8."),
        ) from None
    if not text:
        return ()
    value = load_json(Source(name, text), text, number)
    source = Source(both(f"{name}（{number} 行目）", f"{in_lang(name, 'en')} (line {number})"), text)
    collector = collect_dialogues(source, [value], id_key="conversation_id", speaker_key="speaker")
    try:
        return collector.finish("jsonl", "utf-8").conversations
    except InputFileError:  # nothing but stickers and the like: a fault of a file, not of one line among many
        return ()


def _deal(conversation: Conversation, conversation_id: str, buckets: Sequence[IO[bytes]]) -> set[str]:
    """Write each speaker's texts into the speaker's bucket; returns the speakers."""
    texts: dict[str, list[str]] = {}
    for utterance in conversation.utterances:
        texts.setdefault(utterance.speaker, []).append(utterance.text)
    for speaker, said in texts.items():
        record = json.dumps([speaker, conversation_id, said], ensure_ascii=False).encode()
        buckets[zlib.crc32(speaker.encode()) % len(buckets)].write(record + b"\n")
    return set(texts)


def _collect(bucket: IO[bytes]) -> dict[str, list[Conversation]]:
    """The conversations of each speaker of a bucket, with the speaker's own utterances only."""
    bucket.seek(0)
    found: dict[str, list[Conversation]] = {}
    for line in bucket:
        speaker, conversation_id, texts = json.loads(line)
        utterances = tuple(Utterance(speaker, text) for text in texts)
        found.setdefault(speaker, []).append(Conversation(conversation_id, utterances))
    return found


class _PartFile:
    """Rows that are done, one JSON line each below a line that says of what input and model; a context manager.

    ``offsets``: where each speaker's row begins. Rows of another input or model are thrown away.
    """

    def __init__(self, path: Path, identity: list[str]) -> None:
        self.path = path
        self.offsets: dict[str, int] = {}
        self._identity = identity

    def __enter__(self) -> "_PartFile":
        self._stream = self.path.open("a+b")
        self._stream.seek(0)
        if _load(self._stream.readline()) == self._identity:
            end = self._read_rows()
        else:
            end = 0
        self._stream.truncate(end)  # also cuts off a row that was being written when the process was killed
        if end == 0:
            self._write(self._identity)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stream.close()

    def add(self, speaker: str, row: Row) -> None:
        """Append a row; once this returns, a kill does not lose it."""
        self.offsets[speaker] = self._stream.seek(0, 2)
        self._write([speaker, row])

    def rows_by_speaker(self) -> Iterator[Row]:
        """All rows in the order of the speakers' names."""
        for _, offset in sorted(self.offsets.items()):
            self._stream.seek(offset)
            row: Row = json.loads(self._stream.readline())[1]
            yield row

    def _read_rows(self) -> int:
        """Find the rows; returns where the last whole one ends."""
        end = self._stream.tell()
        for line in self._stream:
            value = _load(line)
            if value is None:
                break
            self.offsets[value[0]] = end
            end += len(line)
        return end

    def _write(self, value: Any) -> None:
        self._stream.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")
        self._stream.flush()


def _load(line: bytes) -> Any:
    """The value of a whole line, None for a torn one."""
    try:
        return json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None
