"""One input of the import, and all that must be true of what comes out of it. Out: Outcome.

A fault is a pair: its kind, and where (the reader, or the line of the source that raised).
"""

import json
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from seikaku.conversation.readers import parse_conversations
from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.reasons import REASONS
from seikaku.conversation.turns import ImportedFile, Utterance
from seikaku.errors import InputFileError, Words
from tests.fuzz.talks import SECRET, TOKEN, Case

MAX_SECONDS = 1.0
_ABORT_SECONDS = 10.0
# Warnings of the format at large: they do not tell that a speaker of this file may be wrong.
_GENERAL = (
    "ボットかどうか",
    "機械が聞き取った",
    "列の読み取り",
    "日と月の順",
    "アカウントがあります",
    "名前のわからない人",
    "読めない日時",
)

Fault = tuple[str, str]
_Token = tuple[str, ...]  # the number of the speaker, of the message, and of the line


class _TooLong(BaseException):
    """Not an Exception: no reader may catch it."""


@dataclass
class Outcome:
    """How an input was taken, the CPU seconds it took, its faults, and what is counted without being a fault."""

    taken: str = "refused"
    reader: str = ""
    seconds: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Input:
    """What is given to the import. ``case`` is the truth, where it was not damaged."""

    data: bytes
    name: str
    format: str | None = None
    beside: Callable[[str], str | None] | None = None
    case: Case | None = None
    origin: str = ""


def check(given: Input) -> Outcome:
    """Read one input and look at everything that can be known of it."""
    outcome = Outcome()
    imported: ImportedFile | None = None
    start = time.process_time()
    try:
        with _time_limit():
            imported = parse_conversations(given.data, name=given.name, format=given.format, beside=given.beside)
    except InputFileError as error:
        outcome.faults += _faults_of_refusal(error)
        if given.case:
            told = outcome.notes if given.case.is_hostile or given.case.format == "plain" else outcome.faults
            told.append(("a valid file is refused", given.case.kind))
    except _TooLong:
        outcome.faults.append((f"more than {_ABORT_SECONDS:.0f} s of CPU", given.format or given.origin))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        outcome.faults.append((f"raises {type(error).__name__}", _place(error)))
        outcome.taken = "raised"
    outcome.seconds = time.process_time() - start
    if imported is not None:
        outcome.taken = "warned" if imported.report.warnings else "read"
        outcome.reader = imported.report.format
        outcome.faults += [(kind, outcome.reader) for kind in _faults_of_report(imported)]
        if given.case:
            _compare(given.case, imported, outcome)
    if outcome.seconds > MAX_SECONDS:
        outcome.faults.append((f"more than {MAX_SECONDS:g} s of CPU", outcome.reader or given.format or given.origin))
    return outcome


@contextmanager
def _time_limit() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, _ABORT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _place(error: BaseException) -> str:
    """The innermost line of our own that raised."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/seikaku/" in frame.filename]
    last = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename.rpartition('/seikaku/')[2]}:{last.lineno} {last.name}"


def _faults_of_refusal(error: InputFileError) -> list[Fault]:
    found = []
    for label, text in (("message", error.message), ("mend", error.mend)):
        if not isinstance(text, Words) or not text.strip() or not text.english.strip() or text.english == str(text):
            found.append((f"the {label} is not in both languages", _place(error)))
            continue
        if SECRET in text or SECRET in text.english:
            found.append((f"the {label} holds talk", _place(error)))
        if len(text.splitlines()) > 1 or len(text.english.splitlines()) > 1:
            found.append((f"the {label} has several lines", _place(error)))
    return found


def _faults_of_report(imported: ImportedFile) -> Iterator[str]:
    report = imported.report
    kept = [said for talk in imported.conversations for said in talk.utterances]
    if not kept:
        yield "nothing is kept and nothing raised"
    if dict(Counter(said.speaker for said in kept)) != report.speakers or report.n_utterances != len(kept):
        yield "speakers do not add up"
    by_reason: Counter[str] = Counter()
    for one in report.dropped_by:
        by_reason[one.reason] += one.count
        if one.count < 1 or any(line < 1 for line in one.lines) or len(one.lines) > one.count:
            yield "a record of what was dropped is odd"
    if dict(by_reason) != report.dropped:
        yield "dropped do not add up"
    if not (set(by_reason) | {one.reason for one in report.removed_by}) <= set(REASONS):
        yield "a reason without words"
    yield from _faults_of_utterances(kept)
    if report.confidence is None or not 0 <= report.confidence <= 1:
        yield "confidence is not from 0 to 1"
    words = (*report.warnings, *report.evidence, *report.against)
    if not all(isinstance(one, Words) and one.strip() and one.english.strip() for one in words):
        yield "a warning is not in both languages"
    try:
        json.dumps(report.to_dict(), ensure_ascii=False).encode()
    except (TypeError, ValueError):
        yield "the report cannot be written"


def _faults_of_utterances(kept: Sequence[Utterance]) -> Iterator[str]:
    if any(not said.speaker or said.speaker != clean_text(said.speaker) for said in kept):
        yield "a speaker's name is not clean"
    if any(not said.text or said.text != clean_text(said.text) for said in kept):
        yield "a text is not clean"
    if any(said.timestamp is not None and said.timestamp.tzinfo is not None for said in kept):
        yield "a moment has a zone"


def _compare(case: Case, imported: ImportedFile, outcome: Outcome) -> None:
    """Who is said to have said what, against the truth."""
    report = imported.report
    is_told = any(not any(piece in warning for piece in _GENERAL) for warning in report.warnings)
    judged = outcome.notes if case.is_open or is_told else outcome.faults
    where = case.kind if report.format == case.format else f"{case.kind} as {report.format}"
    if report.format != case.format:
        outcome.notes.append(("read as another format", where))
    found: Counter[_Token] = Counter()
    for talk in imported.conversations:
        for said in talk.utterances:
            tokens = [match.groups() for match in TOKEN.finditer(said.text)]
            found.update(tokens)
            if any(case.names[int(one[0])] != said.speaker for one in tokens):
                (outcome.notes if said.speaker in report.uncertain_names else judged).append(("wrong speaker", where))
            elif len({one[1] for one in tokens}) > 1:
                judged.append(("two messages became one", where))
    if any(SECRET in name for name in report.speakers):
        judged.append(("a name holds talk", where))
    if any(SECRET in text for one in report.warnings for text in (one, getattr(one, "english", ""))):
        outcome.notes.append(("a warning holds talk", where))
    wanted = Counter(
        match.groups() for one in case.said if case.names[one.speaker] is not None for match in TOKEN.finditer(one.body)
    )
    if found - wanted and all(case.names[int(one[0])] is not None for one in found):
        judged.append(("talk is kept twice", where))
    _look_for_losses(imported, wanted, found, judged, where)


def _look_for_losses(
    imported: ImportedFile, wanted: Counter[_Token], found: Counter[_Token], judged: list[Fault], where: str
) -> None:
    """Talk that is neither kept nor counted; an assistant's answers are among what is counted."""
    n_lost = len({one[:2] for one in wanted} - {one[:2] for one in found})
    n_counted = sum(count for reason, count in imported.report.dropped.items() if reason != "assistant")
    n_removed = sum(one.count for one in imported.report.removed_by)
    if n_lost > n_counted:
        judged.append(("a message is lost and not counted", where))
    elif not n_lost and len(wanted) > len(found) and not n_removed and not n_counted:
        judged.append(("a line is lost and not counted", where))
