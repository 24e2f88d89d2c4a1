"""The only network access for data: one file over HTTP, resumable, and Parquet shards on the Hugging Face hub.

In: a URL or a hub data set. Out: a complete file, or open shards. Effects: network, writes.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seikaku.errors import DataError, SeikakuError, both, in_lang
from seikaku.files import write_json

if TYPE_CHECKING:
    import httpx

# (what is being fetched, done so far, total or None where unknown)
OnProgress = Callable[[str, int, int | None], None]

CHUNK_BYTES = 1 << 18
MAX_ATTEMPTS = 4  # without progress in between: a long download over a poor line may break more often
BACKOFF_SECONDS = 1.0  # doubled with each attempt
TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})

_MEND_NETWORK = both(
    "ネットワーク（プロキシーを使う環境では HTTPS_PROXY）を確かめて、同じコマンドをもう一度実行してください。"
    "続きから再開します。手元にファイルがあれば、URL の代わりにそのパスを指定できます。",
    "Check the network (HTTPS_PROXY, where there is a proxy) and run the same command again: it goes on where it was. "
    "A path of a file at hand may stand for the URL.",
)


class _TransientError(Exception):
    """The server's answer is one that may be better next time."""


def download_file(url: str, path: Path, on_progress: OnProgress) -> None:
    """Download ``url`` to ``path``, which appears only when complete.

    Continues a ``.part`` file left by an earlier run when the server supports it and still has the same file; retries
    passing faults with growing pauses. Raises DataError when the server refuses, SeikakuError when it stays away.
    """
    import httpx

    part = path.with_name(f"{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    n_failures = furthest = 0
    try:
        with httpx.Client(follow_redirects=True, timeout=httpx.Timeout(30.0, connect=15.0)) as client:
            while True:
                try:
                    _fetch(client, url, part, on_progress)
                    break
                except (httpx.TransportError, _TransientError) as error:
                    reached = _size(part)
                    n_failures = 1 if reached > furthest else n_failures + 1
                    furthest = max(reached, furthest)
                    if n_failures >= MAX_ATTEMPTS:
                        told = error.args[0] if isinstance(error, _TransientError) else str(error)
                        reason = told or type(error).__name__
                        raise SeikakuError(
                            both(
                                f"{url} から取得できません（{reason}）。",
                                f"Cannot fetch from {url} ({in_lang(reason, 'en')}).",
                            ),
                            _MEND_NETWORK,
                        ) from error
                    time.sleep(BACKOFF_SECONDS * 2 ** (n_failures - 1))
    except (httpx.InvalidURL, httpx.TooManyRedirects) as error:
        raise DataError(
            both(f"{url} を開けません（{error}）。", f"Cannot open {url} ({error})."),
            both("URL が正しいか確かめてください。", "Check the URL."),
        ) from error
    part.replace(path)
    _validator_path(part).unlink(missing_ok=True)


def _fetch(client: "httpx.Client", url: str, part: Path, on_progress: OnProgress) -> None:
    """One request: append to ``part`` when the server continues the same file, else write it anew."""
    headers = {"Accept-Encoding": "identity"}
    validator = _load_validator(part, url)
    start = _size(part) if validator else 0
    if validator and start:
        headers |= {"Range": f"bytes={start}-", "If-Range": validator}
    with client.stream("GET", url, headers=headers) as response:
        _check_status(response, url, part)
        continues = response.status_code == 206 and response.headers.get("Content-Range", "").startswith(
            f"bytes {start}-"
        )
        if not continues:
            if response.status_code == 206:  # another range than the one asked for
                part.unlink(missing_ok=True)
                raise _TransientError(both("範囲の違う応答", "an answer with another range"))
            start = 0
            _save_validator(part, url, response)
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdecimal() else None
        with part.open("ab" if continues else "wb") as stream:
            for chunk in response.iter_bytes(CHUNK_BYTES):
                stream.write(chunk)
                on_progress(part.name.removesuffix(".part").lstrip("."), stream.tell(), total)
            stream.flush()
            os.fsync(stream.fileno())


def _check_status(response: "httpx.Response", url: str, part: Path) -> None:
    status = response.status_code
    if status == 416:  # the part is longer than what the server has now
        part.unlink(missing_ok=True)
        raise _TransientError("HTTP 416")
    if status in TRANSIENT_STATUSES:
        raise _TransientError(f"HTTP {status}")
    if status not in (200, 206):
        raise DataError(
            both(f"{url} から取得できません（HTTP {status}）。", f"Cannot fetch from {url} (HTTP {status})."),
            both(
                "URL が正しいか確かめてください。手元にファイルがあれば、URL の代わりにそのパスを指定できます。",
                "Check the URL. A path of a file at hand may stand for it.",
            ),
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _validator_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _save_validator(part: Path, url: str, response: "httpx.Response") -> None:
    """Remember which version of the file the part belongs to; If-Range takes a strong ETag or a date."""
    etag = response.headers.get("ETag", "")
    validator = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified")
    write_json(_validator_path(part), {"url": url, "validator": validator})


def _load_validator(part: Path, url: str) -> str | None:
    try:
        record = json.loads(_validator_path(part).read_text(encoding="utf-8"))
        return record["validator"] if record["url"] == url else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # without it there is no telling whether the file changed: start over


@dataclass(frozen=True, slots=True)
class HubShards:
    """The Parquet files of one revision (a commit id) of a hub data set; ``open_shard`` reads by range."""

    revision: str
    paths: tuple[str, ...]
    open_shard: Callable[[str], Any]


def list_hub_shards(repo_id: str, revision: str | None) -> HubShards:
    """The Parquet shards of a data set on the hub (``HF_ENDPOINT`` is honoured), sorted; ``revision`` None: newest.

    Raises DataError when there is none, SeikakuError when the hub cannot be reached.
    """
    from huggingface_hub import HfApi, HfFileSystem

    endpoint = os.environ.get("HF_ENDPOINT") or None
    with explain_hub_errors(repo_id):
        info = HfApi(endpoint=endpoint).dataset_info(repo_id, revision=revision)
        names = sorted(name for file in info.siblings or () if (name := file.rfilename).endswith(".parquet"))
    if not names:
        raise DataError(
            both(
                f"Hugging Face の {repo_id} に Parquet ファイルがありません。",
                f"{repo_id} on Hugging Face has no Parquet files.",
            ),
            both("手元のファイルを --nemotron に指定してください。", "Give --nemotron a file at hand."),
        )
    root = f"datasets/{repo_id}@{info.sha}"
    hub = HfFileSystem(endpoint=endpoint)
    return HubShards(str(info.sha), tuple(f"{root}/{name}" for name in names), lambda path: hub.open(path, "rb"))


@contextmanager
def explain_hub_errors(repo_id: str) -> Iterator[None]:
    """Turn what huggingface_hub raises, also while a shard is read, into an error with a mend.

    Catches every exception: the hub's network library, and so its exceptions, changed with each major version.
    """
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        yield
    except SeikakuError:
        raise
    except RepositoryNotFoundError as error:
        raise DataError(
            both(f"Hugging Face に {repo_id} が見つかりません。", f"There is no {repo_id} on Hugging Face."),
            both("手元のファイルを --nemotron に指定してください。", "Give --nemotron a file at hand."),
        ) from error
    except Exception as error:
        message = both(
            f"Hugging Face の {repo_id} を読めません（{type(error).__name__}）。",
            f"Cannot read {repo_id} on Hugging Face ({type(error).__name__}).",
        )
        raise SeikakuError(message, _MEND_NETWORK) from error
