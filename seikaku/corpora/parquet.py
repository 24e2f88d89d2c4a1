"""The Parquet tables of ``data/processed``: their columns, and writing rows in bounded memory. Effect: writes.

pyarrow is imported where it is used: the base install does without it.
"""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from seikaku.corpora import nemotron
from seikaku.corpora.realpersonachat import OTHER_SCALES
from seikaku.traits import TRAIT_KEYS

BATCH_ROWS = 5_000


def speaker_schema() -> Any:
    """One row per speaker; scores are null where missing or out of range."""
    import pyarrow as pa

    scales = [(name, pa.float64()) for name in (*TRAIT_KEYS, *OTHER_SCALES)]
    return pa.schema(
        [
            ("speaker_id", pa.string()),
            *scales,
            ("gender", pa.string()),
            ("age_band", pa.string()),
            ("n_dialogues", pa.int32()),
            ("is_careless", pa.bool_()),
            ("community", pa.int32()),
            ("kin", pa.int32()),
            ("split", pa.string()),
        ]
    )


def utterance_schema() -> Any:
    """One row per utterance; the rows of one dialogue stand together, in order of speaking."""
    import pyarrow as pa

    return pa.schema(
        [
            ("dialogue_id", pa.int32()),
            ("utterance_index", pa.int32()),
            ("speaker_id", pa.string()),
            ("text", pa.string()),
            ("timestamp", pa.timestamp("us")),
        ]
    )


def persona_schema() -> Any:
    """One row per persona: the 22 columns, age as int, the list columns as lists."""
    import pyarrow as pa

    types = {"age": pa.int16()} | dict.fromkeys(nemotron.LIST_COLUMNS, pa.list_(pa.string()))
    return pa.schema([(column, types.get(column, pa.string())) for column in nemotron.COLUMNS])


def write_rows(path: Path, schema: Any, rows: Iterable[dict[str, Any]]) -> int:
    """Write ``rows`` as Parquet, ``BATCH_ROWS`` at a time; returns how many there were."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    iterator = iter(rows)
    n_rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while batch := list(islice(iterator, BATCH_ROWS)):
            writer.write_batch(pa.RecordBatch.from_pylist(batch, schema=schema))
            n_rows += len(batch)
    return n_rows
