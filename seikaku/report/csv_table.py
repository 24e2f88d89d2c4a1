"""Estimates as CSV, one row a speaker. In: estimates. Out: text for a file or a pipe. No effects.

Every number is the one of ``TraitEstimates.to_dict``; an empty cell stands for None. What follows ``{trait}_`` is named
as in JSON and in ``api.frames``: ``_1to7`` is on the label's scale, ``_t`` in T-scores.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from seikaku.inference.estimates import TraitEstimates
from seikaku.traits import TRAIT_KEYS

# Column -> where its value stands in a trait's JSON form.
_FIELDS: dict[str, tuple[str, ...]] = {
    "score_1to7": ("score_1to7",),
    "low_1to7": ("interval_80", "low_1to7"),
    "high_1to7": ("interval_80", "high_1to7"),
    "t_score": ("t_score",),
    "low_t": ("interval_80", "low_t"),
    "high_t": ("interval_80", "high_t"),
    "before_low_t": ("before_80", "low_t"),
    "before_high_t": ("before_80", "high_t"),
    "percentile": ("percentile",),
    "probability_above": ("probability_above",),
    "status": ("status",),
    "reason": ("reason",),
    "readability": ("readability",),
    "r": ("accuracy", "r"),
    "r_low_95": ("accuracy", "r_low_95"),
    "r_high_95": ("accuracy", "r_high_95"),
    "language_percentile": ("language", "percentile"),
    "language_low_80": ("language", "low_80"),
    "language_high_80": ("language", "high_80"),
}
# What the estimates rest on: column -> where it stands in the document.
_ORIGIN: dict[str, tuple[str, ...]] = {
    "norm": ("norm", "name_ja"),
    "norm_n_speakers": ("norm", "n_speakers"),
    "model_id": ("model", "model_id"),
    "model_hash": ("model", "model_hash"),
    "seikaku_version": ("seikaku_version",),
    "schema_version": ("schema_version",),
}
CSV_AMOUNT_COLUMNS = ("n_conversations", "n_utterances", "n_chars")
CSV_TRAIT_COLUMNS: tuple[str, ...] = tuple(f"{key}_{field}" for key in TRAIT_KEYS for field in _FIELDS)
CSV_ORIGIN_COLUMNS: tuple[str, ...] = tuple(_ORIGIN)
CSV_SPEAKER_COLUMNS: tuple[str, ...] = ("speaker", *CSV_AMOUNT_COLUMNS, *CSV_TRAIT_COLUMNS, *CSV_ORIGIN_COLUMNS)
CSV_COLUMNS: tuple[str, ...] = ("source", *CSV_SPEAKER_COLUMNS)

# Excel takes UTF-8 for the encoding of its country unless the text begins with it.
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
# A spreadsheet reads a cell that begins so as a formula (OWASP, CSV injection; some editions take full-width forms).
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """``text`` with a leading apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def speaker_row(estimates: TraitEstimates) -> list[str]:
    """The cells of ``CSV_SPEAKER_COLUMNS``."""
    cells = speaker_cells(estimates.to_dict(with_evidence=False))
    return [cells[column] for column in CSV_SPEAKER_COLUMNS]


def speaker_cells(document: Mapping[str, Any]) -> dict[str, str]:
    """The cells of ``CSV_SPEAKER_COLUMNS`` by column, from the JSON document of one speaker; "" for None.

    What an older server did not send stays empty.
    """
    cells = {"speaker": safe_cell(str(document["speaker"]))}
    cells |= {column: _cell(document, ("amount", column)) for column in CSV_AMOUNT_COLUMNS}
    for key in TRAIT_KEYS:
        cells |= {f"{key}_{field}": _cell(document["traits"][key], path) for field, path in _FIELDS.items()}
    return cells | {column: safe_cell(_cell(document, path)) for column, path in _ORIGIN.items()}


def render_csv(rows: Iterable[tuple[str, TraitEstimates]], *, bom: bool = False) -> str:
    """CSV text with a header for (source, estimates) pairs; lines end in LF. ``bom``: begin as Excel needs it."""
    stream = io.StringIO()
    if bom:
        stream.write(BOM)
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for source, estimates in rows:
        writer.writerow([safe_cell(source), *speaker_row(estimates)])
    return stream.getvalue()


def _cell(value: Any, path: tuple[str, ...]) -> str:
    """The value at the end of ``path``, "" where anything on the way is None or absent."""
    for name in path:
        value = None if value is None else value.get(name)
    return "" if value is None else str(value)
