"""Estimates as CSV, one row a speaker. In: estimates. Out: text for a file or a pipe. No effects.

Every number is the one of ``TraitEstimates.to_dict``; an empty cell stands for None.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from seikaku.inference.estimates import TraitEstimates
from seikaku.traits import TRAIT_KEYS

_FIELDS = ("score_1to7", "t_score", "low_80", "high_80", "status")
CSV_AMOUNT_COLUMNS = ("n_conversations", "n_utterances", "n_chars")
CSV_TRAIT_COLUMNS: tuple[str, ...] = tuple(f"{key}_{field}" for key in TRAIT_KEYS for field in _FIELDS)
CSV_COLUMNS: tuple[str, ...] = ("source", "speaker", *CSV_AMOUNT_COLUMNS, *CSV_TRAIT_COLUMNS)

# A spreadsheet reads a cell that begins so as a formula (OWASP, CSV injection; some editions take full-width forms).
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """``text`` with a leading apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def trait_cells(estimates: TraitEstimates) -> dict[str, str]:
    """The cells of ``CSV_TRAIT_COLUMNS``: scores and the 80 % interval on 1-7, T-scores, status; "" for None."""
    return document_cells(estimates.to_dict(with_evidence=False))


def document_cells(document: Mapping[str, Any]) -> dict[str, str]:
    """The same cells from an answer's JSON document."""
    traits = document["traits"]
    cells: dict[str, str] = {}
    for key in TRAIT_KEYS:
        trait = traits[key]
        interval = trait["interval_80"] or {}
        values = (
            trait["score_1to7"],
            trait["t_score"],
            interval.get("low_1to7"),
            interval.get("high_1to7"),
            trait["status"],
        )
        cells |= {
            f"{key}_{field}": "" if value is None else str(value) for field, value in zip(_FIELDS, values, strict=True)
        }
    return cells


def render_csv(rows: Iterable[tuple[str, TraitEstimates]]) -> str:
    """CSV text with a header for (source, estimates) pairs; lines end in LF."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for source, estimates in rows:
        amount = {column: str(getattr(estimates.amount, column)) for column in CSV_AMOUNT_COLUMNS}
        names = {"source": safe_cell(source), "speaker": safe_cell(estimates.speaker)}
        writer.writerow(names | amount | trait_cells(estimates))
    return stream.getvalue()
