import io
import json
import runpy
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seikaku.corpora import fetch_nemotron as module
from seikaku.corpora.fetch_nemotron import DEFAULT_SOURCE, REPO_ID, fetch_nemotron
from seikaku.corpora.nemotron import COLUMNS
from seikaku.errors import DataError, SeikakuError
from seikaku.files import sha256_of_file

builders = runpy.run_path(str(Path(__file__).with_name("conftest.py")))
tiny_personas, write_personas_csv = builders["tiny_personas"], builders["write_personas_csv"]
COMMIT = "a" * 40


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(module, "PART_ROWS", 10)
    monkeypatch.setattr(module, "BATCH_ROWS", 4)


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "raw"


@pytest.fixture
def fetch(raw, no_progress):
    return lambda source, limit=None: fetch_nemotron(str(source), limit, raw, no_progress)


def parquet_bytes(rows, with_int_age=True):
    table = pa.Table.from_pylist([row | ({"age": int(row["age"])} if with_int_age else {}) for row in rows])
    buffer = io.BytesIO()
    pq.write_table(table, buffer, row_group_size=7)
    return buffer.getvalue()


def stored_rows(raw, result):
    tables = [pq.read_table(raw / "nemotron_personas_japan" / name) for name in result.manifest["parts"]]
    assert all(table.schema.types == [pa.string()] * 22 for table in tables)
    return [row for table in tables for row in table.to_pylist()]


def test_a_csv_becomes_bounded_parts_with_provenance(fetch, raw, tiny_csv):
    result = fetch(tiny_csv)
    assert result.is_new
    assert stored_rows(raw, result) == tiny_personas(25)
    assert list(result.manifest["parts"]) == ["part-00000.parquet", "part-00001.parquet", "part-00002.parquet"]
    assert result.manifest["rows"] == 25
    assert result.manifest["source"] == "personas.csv"
    assert result.manifest["licence"] == "CC BY 4.0"
    for name, sha256 in result.manifest["parts"].items():
        assert sha256_of_file(raw / "nemotron_personas_japan" / name) == sha256
    assert sorted(path.name for path in raw.iterdir()) == ["nemotron_personas_japan", "nemotron_personas_japan.json"]


def test_quotes_newlines_extra_columns_and_a_bom_survive(fetch, raw, tmp_path):
    rows = [row | {"persona": '一行目\n"二行目", 終わり', "more": "1"} for row in tiny_personas(3)]
    path = write_personas_csv(tmp_path / "odd.csv", rows)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert [row["persona"] for row in stored_rows(raw, fetch(path))] == [rows[0]["persona"]] * 3


@pytest.mark.parametrize("limit", [1, 9, 10, 11, 25, 99])
def test_the_limit_is_exact(fetch, raw, tiny_csv, limit):
    assert stored_rows(raw, fetch(tiny_csv, limit)) == tiny_personas(25)[:limit]


def test_a_folder_of_parquet_is_read_in_order_of_names(fetch, raw, tmp_path):
    rows = tiny_personas(30)
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "b.parquet").write_bytes(parquet_bytes(rows[16:], with_int_age=False))
    (tmp_path / "shards" / "a.parquet").write_bytes(parquet_bytes(rows[:16]))
    assert stored_rows(raw, fetch(tmp_path / "shards")) == rows
    assert not fetch(tmp_path / "shards").is_new


def test_a_second_run_does_nothing_until_source_or_limit_change(fetch, raw, tiny_csv):
    fetch(tiny_csv, 5)
    assert not fetch(tiny_csv, 5).is_new
    assert fetch(tiny_csv, 6).is_new
    write_personas_csv(tiny_csv, tiny_personas(26))
    assert fetch(tiny_csv, 6).is_new
    assert len(stored_rows(raw, fetch(tiny_csv))) == 26


def test_a_url_is_downloaded_and_cleaned_up(fetch, raw, tiny_csv, server):
    server.files["p.csv"] = tiny_csv.read_bytes()
    server.cut_after = [2000]
    result = fetch(server.url("p.csv?download=true"))
    assert stored_rows(raw, result) == tiny_personas(25)
    assert sorted(path.name for path in raw.iterdir()) == ["nemotron_personas_japan", "nemotron_personas_japan.json"]
    n_requests = len(server.requests)
    assert not fetch(server.url("p.csv?download=true")).is_new
    assert len(server.requests) == n_requests
    with pytest.raises(DataError, match="末尾が .csv でも .parquet でもありません"):
        fetch(server.url("p.zip"))


class HubLike:
    """Adds the hub's few answers to the loopback server: data set info, folder listing, files by range."""

    def __init__(self, server, shards):
        info = {"id": REPO_ID, "sha": COMMIT, "private": False, "downloads": 0, "likes": 0, "tags": []}
        info["siblings"] = [{"rfilename": name} for name in ("README.md", *shards)]
        api = f"api/datasets/{REPO_ID}"
        for path in (api, f"{api}/revision/{COMMIT}"):
            server.files[path] = json.dumps(info).encode()
        listing = [{"type": "file", "path": n, "size": len(b), "oid": "1" * 40} for n, b in shards.items()]
        server.files[f"{api}/tree/{COMMIT}/data"] = json.dumps(listing).encode()
        for name, content in shards.items():
            server.files[f"datasets/{REPO_ID}/resolve/{COMMIT}/{name}"] = content


@pytest.fixture
def hub(server, monkeypatch):
    rows = tiny_personas(40)
    shards = {"data/train-0.parquet": parquet_bytes(rows[:25]), "data/train-1.parquet": parquet_bytes(rows[25:])}
    HubLike(server, shards)
    monkeypatch.setenv("HF_ENDPOINT", server.url("").rstrip("/"))
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    return server


def test_the_hub_is_streamed_shard_after_shard_at_one_commit(fetch, raw, hub):
    result = fetch(DEFAULT_SOURCE)
    assert stored_rows(raw, result) == tiny_personas(40)
    assert result.manifest["source"] == DEFAULT_SOURCE
    assert result.manifest["fingerprint"] == COMMIT
    n_requests = len(hub.requests)
    assert not fetch(DEFAULT_SOURCE).is_new
    assert len(hub.requests) == n_requests


def test_a_limit_leaves_later_shards_alone(fetch, raw, hub):
    assert len(stored_rows(raw, fetch(DEFAULT_SOURCE, 20))) == 20
    assert not any("train-1" in request["path"] for request in hub.requests)


def test_a_hub_without_the_data_set_is_explained(fetch, server, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", server.url("").rstrip("/"))
    with pytest.raises(SeikakuError, match=f"Hugging Face の {REPO_ID} を読めません") as caught:
        fetch(DEFAULT_SOURCE)
    assert "もう一度実行" in caught.value.mend


def test_an_interrupted_run_continues_after_the_last_complete_part(fetch, raw, hub, monkeypatch):
    original, calls = module._as_text, []

    def break_down(batch, name):
        calls.append(name)
        if len(calls) == 7:
            raise KeyboardInterrupt
        return original(batch, name)

    monkeypatch.setattr(module, "_as_text", break_down)
    with pytest.raises(KeyboardInterrupt):
        fetch(DEFAULT_SOURCE)
    assert not (raw / "nemotron_personas_japan.json").exists()
    assert not (raw / "nemotron_personas_japan").exists()
    complete = sorted((raw / ".nemotron_personas_japan.part").glob("part-*.parquet"))
    before = [(path.name, sha256_of_file(path)) for path in complete]
    assert len(before) >= 1
    hub.requests.clear()
    result = fetch(DEFAULT_SOURCE)
    assert stored_rows(raw, result) == tiny_personas(40)
    assert list(result.manifest["parts"].items())[: len(before)] == before
    assert f"/revision/{COMMIT}" in hub.requests[0]["path"]


def test_leftovers_of_another_source_are_not_continued(fetch, raw, tiny_csv, tmp_path):
    building = raw / ".nemotron_personas_japan.part"
    building.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(tiny_personas(10)), building / "part-00000.parquet")
    (building / "state.json").write_text('{"source": "other", "fingerprint": "x", "limit": null}', encoding="utf-8")
    rows = tiny_personas(12)[::-1]
    assert stored_rows(raw, fetch(write_personas_csv(tmp_path / "r.csv", rows))) == rows


def test_damage_after_the_fetch_is_found(fetch, raw, tiny_csv):
    fetch(tiny_csv)
    part = raw / "nemotron_personas_japan" / "part-00001.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"ファイルが壊れています: .*part-00001\.parquet"):
        fetch(tiny_csv)
    part.unlink()
    with pytest.raises(DataError, match="取得したはずのファイルがありません"):
        fetch(tiny_csv)


def test_a_missing_column_is_named_for_both_formats(fetch, tmp_path):
    rows = [{k: v for k, v in row.items() if k != "occupation"} for row in tiny_personas(3)]
    with pytest.raises(DataError, match=r"short\.csv に必要な列がありません: occupation"):
        fetch(write_personas_csv(tmp_path / "short.csv", rows))
    (tmp_path / "short.parquet").write_bytes(parquet_bytes(rows))
    with pytest.raises(DataError, match=r"short\.parquet に必要な列がありません: occupation"):
        fetch(tmp_path / "short.parquet")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.parquet", b"PAR1 not really"),
        ("x.parquet", b""),
        ("x.csv", ",".join(COLUMNS).encode() + b"\nonly,two\n"),
        ("x.csv", "氏名,年齢".encode("cp932")),
        ("x.csv", ",".join(COLUMNS).encode() + b"\n" + b",".join([b"\xff"] * 22) + b"\n"),
    ],
)
def test_an_unreadable_file_is_named(fetch, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=f"{name} を読めません"):
        fetch(tmp_path / name)


def test_no_rows_a_missing_path_and_another_kind_are_explained(fetch, raw, tmp_path):
    (tmp_path / "empty.csv").write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="1 行もありません"):
        fetch(tmp_path / "empty.csv")
    with pytest.raises(DataError, match=r"ファイルがありません: /no/such\.csv"):
        fetch("/no/such.csv")
    with pytest.raises(DataError, match="parquet がありません"):
        fetch(tmp_path)
    (tmp_path / "x.jsonl").write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match=r"種類がわかりません: x\.jsonl"):
        fetch(tmp_path / "x.jsonl")
    assert not (raw / "nemotron_personas_japan.json").exists()


def test_a_column_of_lists_is_refused_by_name(fetch, tmp_path):
    rows = [row | {"skills_and_expertise_list": ["経理"]} for row in tiny_personas(2)]
    (tmp_path / "x.parquet").write_bytes(parquet_bytes(rows))
    with pytest.raises(DataError, match="列 skills_and_expertise_list が文字列にできない型"):
        fetch(tmp_path / "x.parquet")
