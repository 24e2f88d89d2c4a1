"""Files to and from the bucket. In: folders, addresses. Out: what was sent. Effects: S3, disk.

A file goes up in parts, encrypted, and S3 checks its parts; its SHA-256 stays with it as metadata, so that an unchanged
file is not sent again.
"""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seikaku.cloud.account.layout import s3_uri, split_uri
from seikaku.cloud.account.session import Account
from seikaku.errors import UserError, both
from seikaku.files import open_atomic, sha256_of_file

_MISSING = {"404", "NoSuchKey", "NotFound"}
_METADATA = "sha256"
_PART_BYTES = 16 * 1024**2
Progress = Callable[[str, int, int], None]  # what, bytes done, bytes in total


def no_progress(what: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class UploadReport:
    """What an upload did; ``uri`` ends with a slash."""

    uri: str
    n_sent: int
    n_unchanged: int
    n_bytes_sent: int


def list_files(folder: Path, patterns: Sequence[str]) -> list[Path]:
    """The files right under ``folder`` that match, sorted. Raises UserError where there is none."""
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    chosen = sorted(path for path in found if not path.name.startswith("."))
    if not chosen:
        raise UserError(
            both(
                f"送るファイルがありません: {folder}（{'、'.join(patterns)}）",
                f"There is no file to send: {folder} ({', '.join(patterns)})",
            ),
            both("フォルダを確かめてください。", "Check the folder."),
        )
    return chosen


def digest_files(files: Sequence[Path]) -> str:
    """A hash of the files' names and contents: the same for the same content, wherever it lies."""
    lines = [f"{sha256_of_file(path)}  {path.name}\n" for path in sorted(files, key=lambda path: path.name)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def upload_folder(
    account: Account,
    folder: Path,
    prefix: str,
    *,
    patterns: Sequence[str],
    progress: Progress = no_progress,
) -> UploadReport:
    """Send the matching files of a folder (not of its sub-folders) to ``prefix`` in the bucket."""
    n_sent = n_bytes = 0
    files = list_files(folder, patterns)
    for path in files:
        if upload_file(account, path, f"{prefix.rstrip('/')}/{path.name}", progress=progress):
            n_sent, n_bytes = n_sent + 1, n_bytes + path.stat().st_size
    return UploadReport(s3_uri(account.bucket, prefix) + "/", n_sent, len(files) - n_sent, n_bytes)


def upload_file(account: Account, path: Path, key: str, *, progress: Progress = no_progress) -> bool:
    """Send one file; False where the bucket has the same content already."""
    digest, size = sha256_of_file(path), path.stat().st_size
    if _is_unchanged(account, key, digest, size):
        return False
    with path.open("rb") as stream:
        _send(account, stream, key, digest, _counting(path.name, size, progress))
    return True


def upload_bytes(account: Account, content: bytes, key: str) -> str:
    """Send ``content``; the address. What the bucket has already is not sent again."""
    digest = hashlib.sha256(content).hexdigest()
    if not _is_unchanged(account, key, digest, len(content)):
        _send(account, io.BytesIO(content), key, digest, None)
    return s3_uri(account.bucket, key)


def download_file(account: Account, uri: str, target: Path, *, progress: Progress = no_progress) -> None:
    """Fetch one object, whole or not at all."""
    bucket, key = split_uri(uri)
    s3 = account.client("s3")
    size = int(s3.head_object(Bucket=bucket, Key=key)["ContentLength"])
    with open_atomic(target, "wb") as stream:
        s3.download_fileobj(bucket, key, stream, Callback=_counting(target.name, size, progress), Config=_transfer())


def encryption(account: Account) -> dict[str, str]:
    """How every object is encrypted: with the key of the settings, else with S3's own."""
    key = account.settings.kms_key
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {"ServerSideEncryption": "AES256"}


def _is_unchanged(account: Account, key: str, digest: str, size: int) -> bool:
    from botocore.exceptions import ClientError

    try:
        found = account.client("s3").head_object(Bucket=account.bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return False
        raise
    is_same = found["ContentLength"] == size and found.get("Metadata", {}).get(_METADATA) == digest
    # Another key was asked for: the same content must lie there under it.
    return is_same and _is_encrypted(found, encryption(account))


def _is_encrypted(found: dict[str, Any], wanted: dict[str, str]) -> bool:
    if found.get("ServerSideEncryption") != wanted["ServerSideEncryption"]:
        return False
    key = wanted.get("SSEKMSKeyId", "")
    # S3 tells the ARN, of which an ID is the end; which key an alias stands for it does not tell.
    return key.startswith("alias/") or str(found.get("SSEKMSKeyId", "")).endswith(key)


def _send(account: Account, stream: Any, key: str, digest: str, count: Callable[[int], None] | None) -> None:
    extra = encryption(account) | {"Metadata": {_METADATA: digest}, "ChecksumAlgorithm": "SHA256"}
    account.client("s3").upload_fileobj(
        stream, account.bucket, key, ExtraArgs=extra, Callback=count, Config=_transfer()
    )


def _transfer() -> Any:
    from boto3.s3.transfer import TransferConfig

    return TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, max_concurrency=4)


def _counting(what: str, total: int, progress: Progress) -> Callable[[int], None]:
    done = 0

    def count(n_bytes: int) -> None:
        nonlocal done
        done += n_bytes
        progress(what, done, total)

    return count
