"""An encoder's vectors of dialogue sides, kept on disk: what was read once is not read again, a kill loses one portion.

In: token ids. Out: one vector a row, the same whether read or loaded. Effects: reads and writes ``folder``, reports.

Rows are pooled in portions of fixed size, and a portion's file is named by what it depends on: the encoder's weights,
the settings and the token ids. Another corpus, encoder or setting therefore never finds the wrong file.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seikaku.errors import both
from seikaku.files import open_atomic
from seikaku.training.speakers.pooling import PooledRows
from seikaku.training.speakers.windows import EncodedRows, IntArray

PORTION_ROWS = 500

Pool = Callable[[IntArray], PooledRows]
Report = Callable[[str], None]


def pool_stored(
    pool: Pool, encoded: EncodedRows, identity: Mapping[str, Any], folder: Path | None, report: Report
) -> PooledRows:
    """``pool`` of every row of ``encoded``; portions that ``folder`` holds are loaded, the others written there.

    ``identity``: JSON-ready, all that decides the vectors beside the token ids. ``folder`` None, or one that cannot be
    written (told once): nothing is kept.
    """
    n_rows = len(encoded.speaker)
    found: list[PooledRows] = []
    for start in range(0, n_rows, PORTION_ROWS):
        rows = np.arange(start, min(start + PORTION_ROWS, n_rows))
        path = folder / f"{_name(encoded, rows, identity)}.safetensors" if folder else None
        portion = _load(path, len(rows)) if path else None
        if portion is None:
            told = both("（読んだ分は保存されます）", " (what is read is kept)") if path else both("", "")
            report(
                both(
                    f"土台が本文を読んでいます: {start}/{n_rows} 対話{told}",
                    f"The backbone reads: {start}/{n_rows} dialogues{told.english}",
                )
            )
            portion = pool(rows)
            if path and not _save(path, portion):
                report(
                    both(
                        f"読んだ結果を保存できないので、次の評価でも読み直します: {folder}",
                        f"What was read cannot be kept, and is read again the next time: {folder}",
                    )
                )
                folder = None
        found.append(portion)
    return PooledRows(np.concatenate([one.sums for one in found]), np.concatenate([one.n_tokens for one in found]))


def _name(encoded: EncodedRows, rows: IntArray, identity: Mapping[str, Any]) -> str:
    """What the portion depends on, as a file name."""
    first, last = encoded.row_bounds[rows[0]], encoded.row_bounds[rows[-1] + 1]
    digest = hashlib.sha256(json.dumps(dict(identity), sort_keys=True).encode())
    digest.update(np.diff(encoded.row_bounds[rows[0] : rows[-1] + 2]).tobytes())
    digest.update(np.diff(encoded.bounds[first : last + 1]).tobytes())
    digest.update(encoded.tokens[encoded.bounds[first] : encoded.bounds[last]].tobytes())
    return digest.hexdigest()


def _load(path: Path, n_rows: int) -> PooledRows | None:
    """The stored portion; None for a file that is missing or damaged, which is then read anew."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        stored = load_file(path)
        portion = PooledRows(stored["sums"], stored["n_tokens"])
    except (OSError, SafetensorError, KeyError):
        return None
    return portion if len(portion.sums) == len(portion.n_tokens) == n_rows else None


def _save(path: Path, portion: PooledRows) -> bool:
    from safetensors.numpy import save

    try:
        with open_atomic(path, "wb") as stream:
            stream.write(save({"sums": portion.sums, "n_tokens": portion.n_tokens}))
    except OSError:
        return False
    return True
