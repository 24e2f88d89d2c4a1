"""Estimates as tables of pandas or Polars, one row a trait. In: estimates. Out: a data frame. No effects.

Every number is the one of ``TraitEstimates.to_dict``. None stays missing: NaN in pandas, null in Polars.
"""

import importlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from seikaku.errors import UserError, both
from seikaku.inference.estimates import TraitEstimates
from seikaku.traits import TRAITS

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]
    import polars

# Column -> its Python type; the table's columns in this order. The names are those of the CSV (``report.csv_table``).
COLUMNS: dict[str, type] = {
    "speaker": str,
    "trait": str,
    "name": str,
    "status": str,
    "reason": str,
    "t_score": float,
    "low_t": float,
    "high_t": float,
    "score_1to7": float,
    "low_1to7": float,
    "high_1to7": float,
    "before_low_t": float,
    "before_high_t": float,
    "percentile": float,
    "probability_above": float,
    "crosses_mean": bool,
    "readability": str,
    "r": float,
    "r_low_95": float,
    "r_high_95": float,
    "language_percentile": float,
    "language_low_80": float,
    "language_high_80": float,
    "n_chars": int,
    "norm": str,
    "model_id": str,
    "model_hash": str,
    "seikaku_version": str,
}


def trait_rows(several: Iterable[TraitEstimates]) -> list[dict[str, Any]]:
    """One row a speaker and trait, with the keys of ``COLUMNS``; ``name`` is the trait's Japanese name."""
    return [row for estimates in several for row in _rows_of(estimates)]


def to_pandas(several: Iterable[TraitEstimates]) -> "pandas.DataFrame":
    """The rows as a pandas frame (``crosses_mean`` is the nullable boolean). Raises UserError without pandas."""
    library = _import("pandas")
    frame = library.DataFrame(trait_rows(several), columns=list(COLUMNS))
    kinds = {str: "object", float: "float64", bool: "boolean", int: "int64"}
    return frame.astype({column: kinds[kind] for column, kind in COLUMNS.items()})


def to_polars(several: Iterable[TraitEstimates]) -> "polars.DataFrame":
    """The rows as a Polars frame. Raises UserError without Polars."""
    library = _import("polars")
    kinds = {str: library.String, float: library.Float64, bool: library.Boolean, int: library.Int64}
    frame: polars.DataFrame = library.DataFrame(
        trait_rows(several), schema={column: kinds[kind] for column, kind in COLUMNS.items()}
    )
    return frame


def _rows_of(estimates: TraitEstimates) -> Iterable[dict[str, Any]]:
    document = estimates.to_dict(with_evidence=False)
    origin = {"norm": estimates.norm.name_ja, "seikaku_version": document["seikaku_version"]} | document["model"]
    for trait in TRAITS:
        value = document["traits"][trait.key]
        before = {f"before_{name}": end for name, end in (value["before_80"] or {}).items()}
        language = {f"language_{name}": place for name, place in (value["language"] or {}).items()}
        parts = value | (value["interval_80"] or {}) | (value["accuracy"] or {}) | before | language | origin
        known = {
            "speaker": estimates.speaker,
            "trait": trait.key,
            "name": trait.name_ja,
            "n_chars": estimates.amount.n_chars,
        }
        yield {column: known.get(column, parts.get(column)) for column in COLUMNS}


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise UserError(
            both(f"この操作には {name} が必要ですが、入っていません。", f"This needs {name}, which is not installed."),
            both(f"pip install {name} を実行してください。", f"Run pip install {name}."),
        ) from None
