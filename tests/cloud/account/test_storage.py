"""Files to the bucket and back: once, in parts, encrypted, whole."""

import hashlib

import pytest
from botocore.exceptions import ClientError

from seikaku.cloud.account import storage
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.errors import UserError

KEY = "arn:aws:kms:ap-northeast-1:123456789012:key/11111111-2222-3333-4444-555555555555"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "processed"
    made.mkdir()
    (made / "manifest.json").write_text("{}")
    (made / "a.parquet").write_bytes(b"a" * 1000)
    (made / "notes.txt").write_text("stays here")
    return made


def head(account, key):
    return account.client("s3").head_object(Bucket=account.bucket, Key=key, ChecksumMode="ENABLED")


def keys(account):
    return [item["Key"] for item in account.client("s3").list_objects_v2(Bucket=account.bucket).get("Contents", [])]


def test_a_folder_goes_up_once(account, folder):
    patterns = ("manifest.json", "*.parquet")
    first = storage.upload_folder(account, folder, "data/abc", patterns=patterns)
    assert (first.n_sent, first.n_unchanged, first.n_bytes_sent) == (2, 0, 1002)
    assert first.uri == f"s3://{account.bucket}/data/abc/"
    assert keys(account) == ["data/abc/a.parquet", "data/abc/manifest.json"]
    again = storage.upload_folder(account, folder, "data/abc", patterns=patterns)
    assert (again.n_sent, again.n_unchanged) == (0, 2)
    (folder / "a.parquet").write_bytes(b"b" * 1000)  # as long as before
    changed = storage.upload_folder(account, folder, "data/abc", patterns=patterns)
    assert (changed.n_sent, changed.n_unchanged) == (1, 1)


def test_every_object_is_encrypted_and_carries_its_hash(account, folder):
    storage.upload_file(account, folder / "a.parquet", "data/x/a.parquet")
    found = head(account, "data/x/a.parquet")
    assert found["ServerSideEncryption"] == "AES256"
    assert found["Metadata"] == {"sha256": hashlib.sha256(b"a" * 1000).hexdigest()}
    assert found["ChecksumSHA256"]


def test_a_key_of_ones_own_encrypts_again(account, folder):
    path = folder / "a.parquet"
    storage.upload_file(account, path, "data/x/a.parquet")
    with_key = Account(CloudSettings(bucket=account.bucket, kms_key=KEY))
    assert storage.upload_file(with_key, path, "data/x/a.parquet")
    found = head(account, "data/x/a.parquet")
    assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", KEY)
    assert not storage.upload_file(with_key, path, "data/x/a.parquet")
    by_id = Account(CloudSettings(bucket=account.bucket, kms_key=KEY.rpartition("/")[2]))
    assert not storage.upload_file(by_id, path, "data/x/a.parquet")


def test_a_large_file_goes_up_in_parts_and_comes_back_the_same(account, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "_PART_BYTES", 5 * 1024**2)  # the least that S3 takes
    content = b"0123456789abcdef" * 400_000
    (tmp_path / "large.safetensors").write_bytes(content)
    told = []
    storage.upload_file(
        account,
        tmp_path / "large.safetensors",
        "base-model/x/large.safetensors",
        progress=lambda *news: told.append(news),
    )
    assert "-2" in head(account, "base-model/x/large.safetensors")["ETag"]  # two parts
    assert told[-1] == ("large.safetensors", len(content), len(content))
    uri = f"s3://{account.bucket}/base-model/x/large.safetensors"
    storage.download_file(account, uri, tmp_path / "back" / "large.safetensors")
    assert (tmp_path / "back" / "large.safetensors").read_bytes() == content


def test_a_broken_download_leaves_nothing(account, tmp_path):
    with pytest.raises(ClientError):
        storage.download_file(account, f"s3://{account.bucket}/models/none.tar.gz", tmp_path / "model.tar.gz")
    assert list(tmp_path.iterdir()) == []


def test_bytes_go_up_once(account, monkeypatch):
    uri = storage.upload_bytes(account, b"code", "code/abc/sourcedir.tar.gz")
    assert uri == f"s3://{account.bucket}/code/abc/sourcedir.tar.gz"
    monkeypatch.setattr(storage, "_send", lambda *_: pytest.fail("sent again"))
    assert storage.upload_bytes(account, b"code", "code/abc/sourcedir.tar.gz") == uri


def test_a_folder_without_files_is_refused(account, tmp_path):
    with pytest.raises(UserError, match="送るファイルがありません"):
        storage.upload_folder(account, tmp_path, "data/abc", patterns=("*",))


def test_the_digest_is_of_names_and_contents_alone(folder, tmp_path):
    files = storage.list_files(folder, ("*.parquet", "manifest.json"))
    digest = storage.digest_files(files)
    assert storage.digest_files(list(reversed(files))) == digest
    other = tmp_path / "other"
    folder.rename(other)
    assert storage.digest_files(storage.list_files(other, ("*.parquet", "manifest.json"))) == digest
    (other / "a.parquet").rename(other / "b.parquet")
    assert storage.digest_files(storage.list_files(other, ("*.parquet", "manifest.json"))) != digest
