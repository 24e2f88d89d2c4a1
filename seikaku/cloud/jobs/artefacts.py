"""What a job made, brought home. In: an address. Out: a folder, whole or not at all. Effects: S3, disk."""

import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

from seikaku.cloud.account.session import Account
from seikaku.cloud.account.storage import Progress, download_file, no_progress
from seikaku.errors import CloudError, both

ARTEFACT_NAME = "model.tar.gz"


def fetch_artefact(
    account: Account,
    uri: str,
    target: Path,
    check: Callable[[Path], None],
    *,
    progress: Progress = no_progress,
) -> None:
    """Download ``uri``, unpack it beside ``target``, let ``check`` look at it, and only then put it there.

    What lay at ``target`` is replaced. Raises CloudError for an archive that cannot be unpacked safely, and what
    ``check`` raises; nothing is left behind then.
    """
    work = target.with_name(f".{target.name}.{os.getpid()}.part")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        download_file(account, uri, work / ARTEFACT_NAME, progress=progress)
        unpacked = work / "unpacked"
        _unpack(work / ARTEFACT_NAME, unpacked)
        check(unpacked)
        _replace(unpacked, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _unpack(archive_path: Path, folder: Path) -> None:
    try:
        with tarfile.open(archive_path, "r:gz") as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise CloudError(
            both(
                f"ジョブの結果を開けません（{type(error).__name__}）: {archive_path.name}",
                f"The job's result cannot be opened ({type(error).__name__}): {archive_path.name}",
            ),
            both(
                "もう一度 seikaku cloud attach を実行してください。続けて起きるなら、学習し直してください。",
                "Run seikaku cloud attach again. Should it happen again, train anew.",
            ),
        ) from error


def _replace(new: Path, target: Path) -> None:
    """Rename ``new`` to ``target``. A folder cannot be renamed over another: the old one steps aside for a moment."""
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)
