"""Where each line of a batch transform comes from, kept beside the results while the job runs. Effects: disk.

The answers come back in the order of the requests and name nobody: ``sources.part`` says what each belongs to, and
which lines were never sent.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCES_NAME = "sources.part"  # no .jsonl: it is no result


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request by where it comes from: its ``line`` with the newline, or the ``problem`` for which it is not sent."""

    source: str
    line: bytes
    problem: dict[str, Any] | None


def note_sources(folder: Path, requests: Iterable[Outgoing]) -> Iterator[bytes]:
    """The lines that can be sent, while the source of every one is written into ``folder``."""
    with (folder / SOURCES_NAME).open("w", encoding="utf-8") as sources:
        for request in requests:
            sources.write(json.dumps([request.source, request.problem], ensure_ascii=False) + "\n")
            if request.problem is None:
                yield request.line


def join_sources(folder: Path, answers: Iterator[bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line's source with its answer: "result", or "error" with the problem, whoever found it."""
    with (folder / SOURCES_NAME).open(encoding="utf-8") as sources:
        for noted in sources:
            source, problem = json.loads(noted)
            if problem is not None:
                yield source, {"error": problem}
                continue
            answer = json.loads(next(answers))
            yield source, {key: answer[key] for key in ("result", "error") if key in answer}
    for _ in answers:  # a file's lines are counted when it is read to its end
        pass
