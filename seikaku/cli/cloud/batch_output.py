"""The answers of a batch transform -> estimates.jsonl and estimates.csv, line by line. Effects: writes both."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seikaku.files import open_atomic
from seikaku.report.csv_table import CSV_COLUMNS, safe_cell, speaker_cells

RESULTS_NAME, TABLE_NAME = "estimates.jsonl", "estimates.csv"
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


def write_results(folder: Path, answers: Iterator[tuple[str, dict[str, Any]]]) -> BatchReport:
    """Write both files, whole or not at all; ``answers``: each line's source with its "result" or its "error"."""
    report = BatchReport()
    with open_atomic(folder / RESULTS_NAME) as lines, open_atomic(folder / TABLE_NAME) as table:
        writer = csv.DictWriter(table, CSV_COLUMNS, lineterminator="\n")
        writer.writeheader()
        for source, answer in answers:
            lines.write(json.dumps({"source": source} | answer, ensure_ascii=False, separators=(",", ":")) + "\n")
            if (document := answer.get("result")) is None:
                report.add_error(source, answer["error"])
            else:
                report.n_answers += 1
                writer.writerow(_row(source, document))
    return report


def _row(source: str, document: dict[str, Any]) -> dict[str, str]:
    return {"source": safe_cell(source)} | speaker_cells(document)
