import json
import runpy
import zipfile
from pathlib import Path

import pytest

from seikaku.corpora import fetch_realpersonachat as module
from seikaku.corpora.fetch_realpersonachat import COMMIT, fetch_realpersonachat
from seikaku.corpora.realpersonachat import digest_content
from seikaku.errors import DataError
from seikaku.files import sha256_of_file

write_archive = runpy.run_path(str(Path(__file__).with_name("conftest.py")))["write_archive"]


@pytest.fixture
def fetch(tmp_path, no_progress):
    def call(source, expected_sha256=None):
        return fetch_realpersonachat(str(source), expected_sha256, tmp_path / "raw", no_progress)

    return call


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "raw"


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_local_zip_is_copied_with_its_provenance(fetch, raw, tiny_archive):
    result = fetch(tiny_archive, sha256_of_file(tiny_archive).upper())
    assert result.is_new
    assert names(raw) == ["realpersonachat.json", "realpersonachat.zip"]
    manifest = json.loads((raw / "realpersonachat.json").read_text(encoding="utf-8"))
    assert manifest == result.manifest
    assert manifest["source"] == "tiny.zip"  # no path of this machine
    assert manifest["sha256"] == sha256_of_file(raw / "realpersonachat.zip") == sha256_of_file(tiny_archive)
    assert manifest["n_bytes"] == tiny_archive.stat().st_size
    assert manifest["licence"] == "CC BY-SA 4.0"
    assert "PACLIC 37, pp. 852-861" in manifest["citations"][0]
    assert "2738-2743" in manifest["citations"][1]


def test_a_second_run_does_nothing_and_another_archive_replaces(fetch, raw, tiny_archive, members, tmp_path):
    fetch(tiny_archive)
    before = (raw / "realpersonachat.zip").stat().st_mtime_ns
    assert not fetch(tiny_archive).is_new
    assert (raw / "realpersonachat.zip").stat().st_mtime_ns == before
    other = write_archive(tmp_path / "other.zip", members, compression=zipfile.ZIP_STORED)
    assert fetch(other).is_new
    assert sha256_of_file(raw / "realpersonachat.zip") == sha256_of_file(other)


def test_downloads_over_http_and_does_not_ask_twice(fetch, raw, tiny_archive, server):
    server.files["a.zip"] = tiny_archive.read_bytes()
    server.cut_after = [1000]
    assert fetch(server.url("a.zip")).is_new
    assert sha256_of_file(raw / "realpersonachat.zip") == sha256_of_file(tiny_archive)
    n_requests = len(server.requests)
    assert not fetch(server.url("a.zip")).is_new
    assert len(server.requests) == n_requests


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(fetch, raw, tiny_archive, server):
    server.files["a.zip"] = tiny_archive.read_bytes()
    for source in (tiny_archive, server.url("a.zip")):
        with pytest.raises(DataError, match="sha256 が一致しません"):
            fetch(source, "0" * 64)
        assert names(raw) == []


def test_a_checksum_given_later_is_checked_too(fetch, tiny_archive):
    fetch(tiny_archive)
    with pytest.raises(DataError, match="sha256 が一致しません"):
        fetch(tiny_archive, "0" * 64)


def test_a_failed_replacement_leaves_the_old_archive(fetch, raw, tiny_archive, tmp_path):
    fetch(tiny_archive)
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    with pytest.raises(DataError, match="zip として読めない"):
        fetch(tmp_path / "bad.zip")
    assert sha256_of_file(raw / "realpersonachat.zip") == sha256_of_file(tiny_archive)
    assert not fetch(tiny_archive).is_new


def test_damage_after_the_fetch_is_found_with_its_mend(fetch, raw, tiny_archive):
    fetch(tiny_archive)
    with (raw / "realpersonachat.zip").open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(DataError, match="ファイルが壊れています") as caught:
        fetch(tiny_archive)
    assert "realpersonachat.json を削除" in caught.value.mend
    (raw / "realpersonachat.json").unlink()
    assert fetch(tiny_archive).is_new


@pytest.mark.parametrize("content", ["null", "{}", "{", '{"source": "x"}'])
def test_an_unreadable_record_is_an_error(fetch, raw, tiny_archive, content):
    raw.mkdir()
    (raw / "realpersonachat.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match="取得の記録を読めません"):
        fetch(tiny_archive)


@pytest.mark.parametrize("keep", [0, 100, -200])
def test_a_truncated_archive_is_refused(fetch, raw, tiny_archive, keep):
    tiny_archive.write_bytes(tiny_archive.read_bytes()[:keep])
    with pytest.raises(DataError, match="zip として読めないか、途中で切れています"):
        fetch(tiny_archive)
    assert names(raw) == []


def test_one_flipped_byte_in_a_member_is_found(fetch, members, tmp_path):
    path = write_archive(tmp_path / "stored.zip", members, compression=zipfile.ZIP_STORED)
    damaged = path.read_bytes().replace("散歩".encode(), "散策".encode(), 1)
    path.write_bytes(damaged)
    with pytest.raises(DataError, match="BadZipFile"):
        fetch(path)


def test_a_wrong_layout_is_named(fetch, members, tmp_path):
    without_speakers = {name: content for name, content in members.items() if "interlocutors" not in name}
    with pytest.raises(DataError, match=r"interlocutors\.json がありません"):
        fetch(write_archive(tmp_path / "1.zip", without_speakers))
    without_dialogues = {name: content for name, content in members.items() if "dialogues/" not in name}
    with pytest.raises(DataError, match=r"dialogues/\*\.json が 1 つもありません"):
        fetch(write_archive(tmp_path / "2.zip", without_dialogues))
    with pytest.raises(DataError, match="フォルダが 1 つではありません（2 個）"):
        fetch(write_archive(tmp_path / "3.zip", members | {"elsewhere/x.txt": b"x"}))


def test_a_missing_path_and_a_folder_are_explained(fetch, tmp_path):
    with pytest.raises(DataError, match=r"ファイルがありません: /no/such\.zip"):
        fetch("/no/such.zip")
    with pytest.raises(DataError, match="フォルダではなく zip") as caught:
        fetch(tmp_path)
    assert "git archive" in caught.value.mend


@pytest.mark.parametrize(("comment", "is_right"), [(COMMIT.encode(), True), (b"", True), (b"0" * 40, False)])
def test_the_commit_in_the_comment_must_be_the_pinned_one(
    fetch, members, tmp_path, server, monkeypatch, comment, is_right
):
    server.files["pinned.zip"] = write_archive(tmp_path / "p.zip", members, comment).read_bytes()
    monkeypatch.setattr(module, "DEFAULT_URL", server.url("pinned.zip"))
    if is_right:
        assert fetch(module.DEFAULT_URL).is_new
    else:
        with pytest.raises(DataError, match=f"zip のコミットが違います（必要 {COMMIT}、実際 0000"):
            fetch(module.DEFAULT_URL)


def test_the_default_url_is_the_pinned_commit():
    assert module.DEFAULT_URL.startswith("https://github.com/nu-dialogue/real-persona-chat/archive/")
    assert COMMIT in module.DEFAULT_URL


def test_the_content_digest_ignores_compression_order_and_top_folder(members, tmp_path):
    def digest(members, **options):
        with zipfile.ZipFile(write_archive(tmp_path / "d.zip", members, **options)) as archive:
            return digest_content(archive)

    expected = digest(members)
    assert digest(members, compression=zipfile.ZIP_STORED) == expected
    assert digest(dict(reversed(members.items()))) == expected
    assert digest({f"renamed/{name.partition('/')[2]}": content for name, content in members.items()}) == expected
    changed = dict(members)
    changed[next(iter(changed))] += b" "
    assert digest(changed) != expected
