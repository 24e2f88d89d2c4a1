"""The answers of a batch transform -> estimates.jsonl and estimates.csv, line by line. Effects: writes both.

While the job runs, ``sources.jsonl`` beside them says where each line comes from, and which were never sent.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from seikaku.files import open_atomic
from seikaku.report.csv_table import CSV_AMOUNT_COLUMNS, CSV_COLUMNS, document_cells, safe_cell

RESULTS_NAME, TABLE_NAME = "estimates.jsonl", "estimates.csv"
SOURCES_NAME = "sources.part"  # no .jsonl: it is no result
_MAX_LISTED = 5


@dataclass
class BatchReport:
    """How many answers there are, and what went wrong with which source (the first few)."""

    n_answers: int = 0
    n_errors: int = 0
    errors: list[tuple[str, str]] = field(default_factory=list)

    def add_error(self, source: str, problem: dict[str, Any]) -> None:
        """Count one line that has no estimate."""
        self.n_errors += 1
        if len(self.errors) < _MAX_LISTED:
            self.errors.append((source, str(problem.get("detail", ""))))


def write_results(folder: Path, answers: Iterator[bytes]) -> BatchReport:
    """Write both files, whole or not at all; ``answers`` are the lines that AWS gave, in the order of the requests."""
    report = BatchReport()
    with open_atomic(folder / RESULTS_NAME) as lines, open_atomic(folder / TABLE_NAME) as table:
        writer = csv.DictWriter(table, CSV_COLUMNS, lineterminator="\n")
        writer.writeheader()
        for source, answer in _join(folder / SOURCES_NAME, answers):
            lines.write(json.dumps({"source": source} | answer, ensure_ascii=False, separators=(",", ":")) + "\n")
            if (document := answer.get("result")) is None:
                report.add_error(source, answer["error"])
            else:
                report.n_answers += 1
                writer.writerow(_row(source, document))
    (folder / SOURCES_NAME).unlink()
    return report


def note_source(stream: IO[str], source: str, problem: dict[str, Any] | None) -> None:
    """Remember where the next line comes from; ``problem``: why it is not sent."""
    stream.write(json.dumps([source, problem], ensure_ascii=False) + "\n")


def _join(path: Path, answers: Iterator[bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8") as sources:
        for line in sources:
            source, problem = json.loads(line)
            if problem is not None:
                yield source, {"error": problem}
                continue
            answer = json.loads(next(answers))
            yield source, {key: answer[key] for key in ("result", "error") if key in answer}
    for _ in answers:  # a file's lines are counted when it is read to its end
        pass


def _row(source: str, document: dict[str, Any]) -> dict[str, str]:
    amount = {column: str(document["amount"][column]) for column in CSV_AMOUNT_COLUMNS}
    names = {"source": safe_cell(source), "speaker": safe_cell(str(document["speaker"]))}
    return names | amount | document_cells(document)
