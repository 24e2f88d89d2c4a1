"""Fetch RealPersonaChat into the raw folder. In: a URL or a zip. Out: zip + provenance. Effects: network, writes.

GitHub does not promise that an archive's bytes stay the same, and we know no checksum of this one. So integrity is
held by the commit id that GitHub writes into the zip's comment, by the CRC of every member, by the layout, and
from then on by the SHA-256 that is recorded here; ``content_sha256`` does not depend on the compression.
"""

import shutil
import zipfile
import zlib
from datetime import date
from pathlib import Path

from seikaku.corpora import raw, realpersonachat
from seikaku.corpora.download import OnProgress, download_file
from seikaku.corpora.raw import REALPERSONACHAT, FetchResult
from seikaku.errors import DataError, both
from seikaku.files import sha256_of_file, write_json

COMMIT = "5cff96f5b11f4a93be762866632157c8c49f0d8f"
DEFAULT_URL = f"https://github.com/nu-dialogue/real-persona-chat/archive/{COMMIT}.zip"

# What zipfile raises on a damaged member, an encrypted or unsupported one (RuntimeError and its subclasses).
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


def fetch_realpersonachat(
    source: str, expected_sha256: str | None, raw_folder: Path, on_progress: OnProgress
) -> FetchResult:
    """Put the archive and its record into ``raw_folder``; do nothing when this source is there and undamaged.

    ``source`` is a URL or a local zip. Raises DataError for a wrong or damaged archive, which is then not kept.
    """
    manifest = raw.load_raw_manifest(raw_folder, REALPERSONACHAT)
    local = None if raw.is_url(source) else _find_zip(source)
    if manifest is not None and _is_same(manifest, source, local):
        raw.verify_archive(raw_folder, manifest)
        _check_sha256(manifest["sha256"], expected_sha256)
        return FetchResult(manifest, is_new=False)
    incoming = raw_folder / f".{REALPERSONACHAT.name}.zip.new"
    raw_folder.mkdir(parents=True, exist_ok=True)
    try:
        if local is None:
            download_file(source, incoming, on_progress)
        else:
            shutil.copyfile(local, incoming)
        sha256 = sha256_of_file(incoming)
        _check_sha256(sha256, expected_sha256)
        content_sha256 = _check_archive(incoming, COMMIT if source == DEFAULT_URL else None)
        manifest = {
            "source": local.name if local else source,
            "sha256": sha256,
            "content_sha256": content_sha256,
            "n_bytes": incoming.stat().st_size,
            "retrieved": date.today().isoformat(),
            **REALPERSONACHAT.provenance(),
        }
        raw.manifest_path(raw_folder, REALPERSONACHAT).unlink(missing_ok=True)
        incoming.replace(raw.archive_path(raw_folder))
    finally:
        incoming.unlink(missing_ok=True)
    write_json(raw.manifest_path(raw_folder, REALPERSONACHAT), manifest)
    return FetchResult(manifest, is_new=True)


def _find_zip(source: str) -> Path:
    path = Path(source).expanduser()
    if path.is_dir():
        raise DataError(
            both(
                f"--realpersonachat にはフォルダではなく zip を指定してください: {source}",
                f"--realpersonachat takes a zip, not a folder: {source}",
            ),
            both(
                "git clone したフォルダなら、その中で git archive --format=zip --prefix=real-persona-chat/ "
                "-o ../real-persona-chat.zip HEAD を実行すると zip ができます。",
                "In a folder that git clone has made, git archive --format=zip --prefix=real-persona-chat/ "
                "-o ../real-persona-chat.zip HEAD makes a zip.",
            ),
        )
    if not path.is_file():
        raise DataError(
            both(f"ファイルがありません: {source}", f"There is no file: {source}"),
            both("--realpersonachat のパスを確かめてください。", "Check the path of --realpersonachat."),
        )
    return path


def _is_same(manifest: dict[str, object], source: str, local: Path | None) -> bool:
    if local is None:
        return manifest["source"] == source
    return manifest["sha256"] == sha256_of_file(local)


def _check_sha256(found: str, expected: str | None) -> None:
    if expected is not None and found != expected.lower():
        raise DataError(
            both(
                f"sha256 が一致しません（指定 {expected.lower()}、実際 {found}）。ファイルは使いません。",
                f"The sha256 is another (given {expected.lower()}, found {found}). The file is not used.",
            ),
            both(
                "取得元と --realpersonachat_sha256 の値を確かめてください。",
                "Check the source and the value of --realpersonachat_sha256.",
            ),
        )


def _check_archive(path: Path, commit: str | None) -> str:
    """The content digest of a sound archive of the right layout (and of ``commit``, where GitHub noted one)."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.comment.decode("ascii", errors="replace")
            if commit is not None and found and found != commit:
                raise DataError(
                    both(
                        f"zip のコミットが違います（必要 {commit}、実際 {found[:40]}）。",
                        f"The zip is of another commit (needed {commit}, found {found[:40]}).",
                    ),
                    both(
                        "もう一度取得してください。"
                        "続くときは、正しい zip のパスを --realpersonachat に指定してください。",
                        "Fetch it again. If it stays so, give --realpersonachat the path of the right zip.",
                    ),
                )
            realpersonachat.find_layout(archive)
            return realpersonachat.digest_content(archive)
    except _ZIP_ERRORS as error:
        n_bytes, kind = path.stat().st_size, type(error).__name__
        raise DataError(
            both(
                f"zip として読めないか、途中で切れています（{n_bytes:,} バイト、{kind}）。",
                f"It is no zip, or a part of one ({n_bytes:,} bytes, {kind}).",
            ),
            both(
                "もう一度取得してください。手元のファイルなら、GitHub から取り直してください。",
                "Fetch it again. A file at hand: get it anew from GitHub.",
            ),
        ) from error
