"""One file over HTTP, against a real server on the loopback interface."""

import errno
import os

import pytest

from seikaku.corpora.download import MAX_ATTEMPTS, download_file
from seikaku.errors import DataError, SeikakuError

BODY = os.urandom(3_000_000)


@pytest.fixture
def target(server, tmp_path):
    server.files["file.zip"] = BODY
    return tmp_path / "new" / "file.zip"


def leftovers(target):
    return sorted(path.name for path in target.parent.iterdir() if path != target)


def test_downloads_whole_and_reports_progress(server, target):
    seen = []
    download_file(server.url("file.zip"), target, lambda *progress: seen.append(progress))
    assert target.read_bytes() == BODY
    assert seen[-1] == ("file.zip", len(BODY), len(BODY))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert leftovers(target) == []


def test_continues_where_the_connection_was_cut(server, target, no_progress):
    server.cut_after = [1_000_000, 500_000]
    download_file(server.url("file.zip"), target, no_progress)
    assert target.read_bytes() == BODY
    ranges = [request.get("Range") for request in server.requests]
    assert ranges[0] is None
    assert len(ranges) == 3
    assert 0 < int(ranges[1][6:-1]) <= 1_000_000 < int(ranges[2][6:-1]) <= 1_500_000
    assert server.requests[1]["If-Range"] == '"v1"'


def test_continues_in_a_later_run(server, target, no_progress):
    server.cut_after = [1_000_000] + [0] * 20
    with pytest.raises(SeikakuError, match="取得できません"):
        download_file(server.url("file.zip"), target, no_progress)
    assert not target.exists()
    server.cut_after, before = [], len(server.requests)
    download_file(server.url("file.zip"), target, no_progress)
    assert target.read_bytes() == BODY
    assert "Range" in server.requests[before]


def test_starts_over_when_the_server_knows_no_ranges(server, target, no_progress):
    server.has_ranges = False
    server.cut_after = [1_000_000]
    download_file(server.url("file.zip"), target, no_progress)
    assert target.read_bytes() == BODY


def test_starts_over_when_the_file_changed_meanwhile(server, target, no_progress):
    server.cut_after = [1_000_000] + [0] * 20
    with pytest.raises(SeikakuError):
        download_file(server.url("file.zip"), target, no_progress)
    server.cut_after, server.etag = [], '"v2"'
    server.files["file.zip"] = BODY[::-1]
    download_file(server.url("file.zip"), target, no_progress)
    assert target.read_bytes() == BODY[::-1]


@pytest.mark.parametrize("etag", ['W/"weak"', '"strong"'])
def test_a_weak_etag_is_not_trusted_to_continue(server, target, no_progress, etag):
    server.etag = etag
    server.cut_after = [1_000_000]
    download_file(server.url("file.zip"), target, no_progress)
    assert target.read_bytes() == BODY
    assert ("Range" in server.requests[1]) is (etag == '"strong"')


def test_a_part_of_another_url_is_not_continued(server, target, no_progress):
    server.cut_after = [1_000_000] + [0] * 20
    with pytest.raises(SeikakuError):
        download_file(server.url("file.zip"), target, no_progress)
    server.cut_after = []
    server.files["other.zip"] = b"other"
    download_file(server.url("other.zip"), target, no_progress)
    assert target.read_bytes() == b"other"


def test_a_part_longer_than_the_file_is_thrown_away(server, target, no_progress):
    server.cut_after = [1_000_000] + [0] * 20
    with pytest.raises(SeikakuError):
        download_file(server.url("file.zip"), target, no_progress)
    server.cut_after = []
    server.files["file.zip"] = b"short"  # same ETag: a server may lie
    download_file(server.url("file.zip"), target, no_progress)
    assert target.read_bytes() == b"short"


def test_passing_faults_are_retried(server, target, no_progress):
    server.faults = [503, 429]
    download_file(server.url("file.zip"), target, no_progress)
    assert target.read_bytes() == BODY


def test_a_lasting_fault_ends_with_the_status_and_the_mend(server, target, no_progress):
    server.faults = [503] * 20
    with pytest.raises(SeikakuError, match=r"HTTP 503") as caught:
        download_file(server.url("file.zip"), target, no_progress)
    assert len(server.requests) == MAX_ATTEMPTS
    assert "もう一度実行" in caught.value.mend
    assert caught.value.exit_code == 1


def test_a_missing_file_is_the_users_mistake_and_not_retried(server, target, no_progress):
    with pytest.raises(DataError, match=r"nothing\.zip から取得できません（HTTP 404）"):
        download_file(server.url("nothing.zip"), target, no_progress)
    assert len(server.requests) == 1


def test_an_unreachable_server_is_explained(server, target, no_progress):
    server.server_close()  # nobody listens on the port any more
    with pytest.raises(SeikakuError, match="取得できません") as caught:
        download_file(server.url("file.zip"), target, no_progress)
    assert "ネットワーク" in caught.value.mend


def test_a_malformed_url_is_explained(server, tmp_path, no_progress):
    with pytest.raises(DataError, match="開けません"):
        download_file("http://127.0.0.1:port/file.zip", tmp_path / "x", no_progress)


def test_on_a_full_disk_nothing_stands_in_its_place(server, target, no_progress, monkeypatch):
    def no_space(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        download_file(server.url("file.zip"), target, no_progress)
    assert not target.exists()
