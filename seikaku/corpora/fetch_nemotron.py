"""Fetch Nemotron-Personas-Japan into the raw folder as bounded Parquet parts. Effects: network, writes.

In: the hub (default), a URL, a CSV or Parquet file, or a folder of Parquet files. Out: parts with the 22 columns as
text, and their provenance. Parts are written to a hidden folder and moved in at the end; an interrupted run continues
after the last complete part.
"""

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from seikaku.corpora import download, raw
from seikaku.corpora.download import OnProgress
from seikaku.corpora.nemotron import COLUMNS, validate_columns
from seikaku.corpora.raw import NEMOTRON, FetchResult
from seikaku.errors import DataError, both
from seikaku.files import open_atomic, sha256_of_file, write_json

if TYPE_CHECKING:
    import pyarrow as pa

REPO_ID = "nvidia/Nemotron-Personas-Japan"
DEFAULT_SOURCE = f"hf://datasets/{REPO_ID}"
PART_ROWS = 20_000  # about 90 MB of text in memory
BATCH_ROWS = 5_000

_SUFFIXES = (".csv", ".parquet")
_STATE_NAME = "state.json"


@dataclass(frozen=True, slots=True)
class _Shards:
    """Files to read in order. ``fingerprint`` names the content: a hash, or the hub's commit."""

    fingerprint: str
    names: tuple[str, ...]
    open_shard: Callable[[str], Any]
    explain_errors: Callable[[], AbstractContextManager[None]] = nullcontext


def fetch_nemotron(source: str, limit: int | None, raw_folder: Path, on_progress: OnProgress) -> FetchResult:
    """Put the first ``limit`` rows (None: all) and their record into ``raw_folder``; do nothing when they are there.

    ``source`` is ``DEFAULT_SOURCE``, a URL, or a path. Raises DataError for a missing file, column or row.
    """
    local = None if raw.is_url(source) or source == DEFAULT_SOURCE else _find_local(source)
    manifest = raw.load_raw_manifest(raw_folder, NEMOTRON)
    if manifest is not None and manifest["limit"] == limit and _is_same(manifest, source, local):
        raw.verify_parts(raw_folder, manifest)
        return FetchResult(manifest, is_new=False)
    building = raw_folder / f".{NEMOTRON.name}.part"
    downloaded = raw_folder / f".{NEMOTRON.name}.new{Path(urlsplit(source).path).suffix}"
    try:
        shards = _open_source(source, local, downloaded, building, on_progress)
        _prepare(building, {"source": source, "fingerprint": shards.fingerprint, "limit": limit})
        n_rows = _write_parts(shards, limit, building, on_progress)
    finally:
        downloaded.unlink(missing_ok=True)
    if not n_rows:
        shutil.rmtree(building)
        raise DataError(
            both(f"{source} に 1 行もありません。", f"{source} has no rows."),
            both(
                "--nemotron に指定したファイルの中身を確かめてください。",
                "Check what is in the file that --nemotron names.",
            ),
        )
    manifest = {
        "source": local.name if local else source,
        "fingerprint": shards.fingerprint,
        "limit": limit,
        "rows": n_rows,
        "parts": {path.name: sha256_of_file(path) for path in sorted(building.glob("*.parquet"))},
        "retrieved": date.today().isoformat(),
        **NEMOTRON.provenance(),
    }
    _move_in(building, raw_folder, manifest)
    return FetchResult(manifest, is_new=True)


def _is_same(manifest: dict[str, Any], source: str, local: Path | None) -> bool:
    if local is None:
        return bool(manifest["source"] == source)
    return bool(manifest["fingerprint"] == _fingerprint(_local_files(local)))


def _find_local(source: str) -> Path:
    path = Path(source).expanduser()
    if not path.exists():
        raise DataError(
            both(f"ファイルがありません: {source}", f"There is no file: {source}"),
            both("--nemotron のパスを確かめてください。", "Check the path of --nemotron."),
        )
    if path.is_dir() and not _local_files(path):
        raise DataError(
            both(f"フォルダに .parquet がありません: {source}", f"The folder has no .parquet: {source}"),
            both("--nemotron のパスを確かめてください。", "Check the path of --nemotron."),
        )
    if path.is_file() and path.suffix not in _SUFFIXES:
        raise DataError(
            both(
                f"--nemotron のファイルの種類がわかりません: {path.name}",
                f"--nemotron names a file of an unknown kind: {path.name}",
            ),
            both(".csv か .parquet を指定してください。", "Give a .csv or a .parquet."),
        )
    return path


def _local_files(path: Path) -> list[Path]:
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def _fingerprint(files: list[Path]) -> str:
    return hashlib.sha256("".join(sha256_of_file(file) for file in files).encode()).hexdigest()


def _open_source(source: str, local: Path | None, downloaded: Path, building: Path, on_progress: OnProgress) -> _Shards:
    if source == DEFAULT_SOURCE:
        state = _load_state(building)
        revision = state.get("fingerprint") if state.get("source") == source else None  # continue at the same commit
        hub = download.list_hub_shards(REPO_ID, revision)
        return _Shards(hub.revision, hub.paths, hub.open_shard, lambda: download.explain_hub_errors(REPO_ID))
    if local is None:
        if downloaded.suffix not in _SUFFIXES:
            raise DataError(
                both(
                    f"URL の末尾が .csv でも .parquet でもありません: {source}",
                    f"The URL ends neither in .csv nor in .parquet: {source}",
                ),
                both("--nemotron の URL を確かめてください。", "Check the URL of --nemotron."),
            )
        download.download_file(source, downloaded, on_progress)
        local = downloaded
    files = {file.name: file for file in _local_files(local)}
    return _Shards(_fingerprint(list(files.values())), tuple(files), lambda name: files[name].open("rb"))


def _load_state(building: Path) -> dict[str, Any]:
    try:
        state = json.loads((building / _STATE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _prepare(building: Path, state: dict[str, Any]) -> None:
    """Keep the complete parts of an interrupted run over the same content; else start with an empty folder."""
    if _load_state(building) != state:
        shutil.rmtree(building, ignore_errors=True)
        write_json(building / _STATE_NAME, state)


def _write_parts(shards: _Shards, limit: int | None, building: Path, on_progress: OnProgress) -> int:
    """Write the parts that are not there yet; returns the number of rows of all parts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    complete = sorted(building.glob("part-*.parquet"))
    n_rows = sum(int(pq.read_metadata(path).num_rows) for path in complete)
    batches = _take(_read_batches(shards, n_rows), None if limit is None else limit - n_rows)
    for index, batches_of_part in enumerate(_chunk(batches, PART_ROWS), start=len(complete)):
        with open_atomic(building / f"part-{index:05d}.parquet", "wb") as stream:
            pq.write_table(
                pa.Table.from_batches(batches_of_part), stream, row_group_size=BATCH_ROWS, compression="zstd"
            )
        n_rows += sum(batch.num_rows for batch in batches_of_part)
        on_progress(NEMOTRON.title, n_rows, limit)
    return n_rows


def _take(batches: Iterator["pa.RecordBatch"], n_rows: int | None) -> Iterator["pa.RecordBatch"]:
    """The first ``n_rows`` rows (None: all), pulling no batch beyond them."""
    if n_rows is None:
        yield from batches
        return
    while n_rows > 0 and (batch := next(batches, None)) is not None:
        yield batch.slice(0, n_rows)
        n_rows -= batch.num_rows


def _chunk(batches: Iterator["pa.RecordBatch"], n_rows: int) -> Iterator[list["pa.RecordBatch"]]:
    """Groups of batches that hold exactly ``n_rows`` rows; the last may hold fewer."""
    group: list[pa.RecordBatch] = []
    room = n_rows
    for batch in batches:
        while batch.num_rows >= room:
            yield [*group, batch.slice(0, room)]
            batch, group, room = batch.slice(room), [], n_rows
        if batch.num_rows:
            group.append(batch)
            room -= batch.num_rows
    if group:
        yield group


def _read_batches(shards: _Shards, skip: int) -> Iterator["pa.RecordBatch"]:
    """All rows after the first ``skip``, shard after shard, as the 22 columns of text."""
    for name in shards.names:
        with shards.explain_errors(), shards.open_shard(name) as stream, _explain_arrow_errors(name):
            open_batches = _open_csv if name.endswith(".csv") else _open_parquet
            batches, skip = open_batches(stream, Path(name).name, skip)
            for batch in batches:
                if skip >= batch.num_rows:
                    skip -= batch.num_rows
                else:
                    yield _as_text(batch.slice(skip), name)
                    skip = 0


def _open_parquet(stream: Any, name: str, skip: int) -> tuple[Iterator["pa.RecordBatch"], int]:
    """The batches of a shard without the row groups that ``skip`` covers, and how much is left to skip."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(stream)
    validate_columns(file.schema_arrow.names, name)
    groups = list(range(file.metadata.num_row_groups))
    while groups and file.metadata.row_group(groups[0]).num_rows <= skip:
        skip -= file.metadata.row_group(groups.pop(0)).num_rows
    return file.iter_batches(BATCH_ROWS, row_groups=groups, columns=list(COLUMNS)), skip


def _open_csv(stream: IO[bytes], name: str, skip: int) -> tuple[Iterator["pa.RecordBatch"], int]:
    from pyarrow import csv as arrow_csv
    from pyarrow import string

    header = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    validate_columns(next(csv.reader(header), []), name)
    header.detach().seek(0)
    reader = arrow_csv.open_csv(
        stream,
        arrow_csv.ReadOptions(block_size=1 << 22),
        arrow_csv.ParseOptions(newlines_in_values=True),
        arrow_csv.ConvertOptions(include_columns=COLUMNS, column_types=dict.fromkeys(COLUMNS, string())),
    )
    return iter(reader), skip


def _as_text(batch: "pa.RecordBatch", name: str) -> "pa.RecordBatch":
    import pyarrow as pa

    columns = []
    for column in COLUMNS:
        try:
            columns.append(batch.column(column).cast(pa.string()))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            found = batch.schema.field(column).type
            raise DataError(
                both(
                    f"{name} の列 {column} が文字列にできない型です（{found}）。",
                    f"The column {column} of {name} is of a type that makes no text ({found}).",
                ),
                both("公式の配布物か確かめてください。", "Check that it is the official distribution."),
            ) from error
    return pa.RecordBatch.from_arrays(columns, names=list(COLUMNS))


@contextmanager
def _explain_arrow_errors(name: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowInvalid, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(name) from error
    except OSError as error:
        # Arrow reports damaged pages as a bare OSError; one with an errno, or of a network library, is another matter.
        if type(error) is OSError and error.errno is None:
            raise _unreadable(name) from error
        raise


def _unreadable(name: str) -> DataError:
    return DataError(
        both(
            f"{Path(name).name} を読めません。壊れているか、UTF-8 の CSV・Parquet ではありません。",
            f"Cannot read {Path(name).name}. It is damaged, or neither Parquet nor CSV in UTF-8.",
        ),
        both(
            "もう一度取得するか、--nemotron に別のファイルを指定してください。",
            "Fetch it again, or give --nemotron another file.",
        ),
    )


def _move_in(building: Path, raw_folder: Path, manifest: dict[str, Any]) -> None:
    """Replace what was there before; the record goes first and comes last."""
    record, parts = raw.manifest_path(raw_folder, NEMOTRON), raw.parts_folder(raw_folder)
    record.unlink(missing_ok=True)
    (building / _STATE_NAME).unlink()
    shutil.rmtree(parts, ignore_errors=True)
    building.replace(parts)
    write_json(record, manifest)
