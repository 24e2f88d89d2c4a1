"""The code that a training job runs, as one tar.gz. In: the source checkout. Out: bytes, the same for the same code.

An allow-list: train.py and the package; never data/, output/, tests, or a file whose presence would make the toolkit
install the folder as a package (setup.py, pyproject.toml). Its requirements.txt names what AWS's image lacks, and the
wheel lies beside it: a job installs it without a network, in a VPC as in isolation. Effect: reads files.
"""

import base64
import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from seikaku.errors import UserError, both
from seikaku.places import REPOSITORY

SCRIPT = "train.py"
IMAGE_LACKS = (
    "click",
)  # pure Python; all else that train.py imports is in the image (tests/cloud/jobs/test_bundle.py)
_PACKAGE = "seikaku"
_ENCODER = ("seikaku", "assets", "encoder")
_NOT_NEEDED = (("seikaku", "assets", "ngram"), ("seikaku", "serving", "static"))
_WHEELS = "wheels"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say


@dataclass(frozen=True, slots=True)
class Bundle:
    """The tar.gz and its SHA-256 as hex."""

    content: bytes
    sha256: str


def build_bundle(repository: Path = REPOSITORY, *, with_encoder: bool) -> Bundle:
    """The code bundle of a checkout; ``with_encoder``: with the embedded encoder (26 MB), for --backbone embedded.

    Raises UserError where ``repository`` is no source checkout.
    """
    if not (repository / SCRIPT).is_file():
        raise UserError(
            both(
                f"学習ジョブに送る {SCRIPT} がありません: {repository}",
                f"There is no {SCRIPT} to send to the training job: {repository}",
            ),
            both(
                "seikaku のソースを取得したフォルダで pip install -e '.[train,aws]' として実行してください。",
                "Run it from the source folder of seikaku, after pip install -e '.[train,aws]' there.",
            ),
        )
    packed = io.BytesIO()
    # Level 6 in both: a Python's own default would make another archive of the same code.
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, mtime=0, filename="") as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, content in sorted(_members(repository, with_encoder)):
            archive.addfile(_entry(name, len(content)), io.BytesIO(content))
    content = packed.getvalue()
    return Bundle(content, hashlib.sha256(content).hexdigest())


def _members(repository: Path, with_encoder: bool) -> Iterator[tuple[str, bytes]]:
    yield SCRIPT, (repository / SCRIPT).read_bytes()
    yield "requirements.txt", _requirements().encode()
    for library in IMAGE_LACKS:
        yield _build_wheel(library)
    left_out = (*_NOT_NEEDED, *(() if with_encoder else (_ENCODER,)))
    for path in sorted((repository / _PACKAGE).rglob("*")):
        parts = path.relative_to(repository).parts
        hidden = "__pycache__" in parts or path.name.startswith(".") or path.suffix == ".pyc"
        if path.is_file() and not hidden and not any(parts[: len(folder)] == folder for folder in left_out):
            yield "/".join(parts), path.read_bytes()


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)  # no owner, no time: as its constructor leaves them
    entry.size, entry.mode = size, 0o644
    return entry


def _requirements() -> str:
    lines = [f"{name}>={metadata.version(name)}" for name in IMAGE_LACKS]
    return "\n".join(["# What AWS's training image lacks; nothing is fetched.", "--no-index",
                      f"--find-links {_WHEELS}", *lines, ""])  # fmt: skip


def _build_wheel(name: str) -> tuple[str, bytes]:
    """The installed pure-Python library as the wheel that it came from: name and bytes."""
    installed = metadata.distribution(name)
    info = f"{name}-{installed.version}.dist-info"
    wanted = [
        file
        for file in installed.files or []
        if file.parts[0] in {name, info} and file.name not in {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
    ]
    files = {file.as_posix(): Path(str(file.locate())).read_bytes() for file in wanted if file.suffix != ".pyc"}
    if f"{name}/__init__.py" not in files:  # installed by something that keeps no list of files
        raise UserError(
            both(
                f"学習ジョブに送るライブラリ {name} のファイルが分かりません。",
                f"Which files the library {name} has, which the training job needs, is not known.",
            ),
            both(
                f"pip install --force-reinstall {name} で入れ直してください。",
                f"Install it anew with pip install --force-reinstall {name}.",
            ),
        )
    record = [f"{path},sha256={_record_hash(content)},{len(content)}" for path, content in sorted(files.items())]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:  # compressed once, by the bundle
        for path, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), content)
    return f"{_WHEELS}/{name}-{installed.version}-py3-none-any.whl", packed.getvalue()


def _record_hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
