"""A model as SageMaker serves it: model.tar.gz. In: a checked model folder, or none. Effects: writes it, runs pip.

The model's files lie at the top. For AWS's Hugging Face image, `code/` holds the script, this package's part that
estimates, and the few libraries that the image lacks. There is no requirements.txt: the image would install it at every
start. The same content gives the same bytes.
"""

import gzip
import os
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from seikaku.cloud.serving.libraries import install_libraries
from seikaku.files import open_atomic, sha256_of_file
from seikaku.places import PACKAGE

ARCHIVE_NAME = "model.tar.gz"
# The parts of the package that answer a request. Never what trains, and no page.
_MODULES = (
    "__init__.py", "accept_language.py", "config.py", "errors.py", "files.py", "places.py", "settings.py",
    "telemetry.py", "traits.py", "version.py",
)  # fmt: skip
_FOLDERS = ("conversation", "inference", "model", "report", "serving", "assets/language")
_EMBEDDED = "assets/ngram"
_SCRIPT = "serving/inference.py"
_SUFFIXES = frozenset({".py", ".json", ".safetensors", ".md"})


@dataclass(frozen=True, slots=True)
class PackedModel:
    """The archive; ``n_model_bytes`` is what the model itself takes, unpacked."""

    path: Path
    sha256: str
    n_model_bytes: int

    @property
    def key(self) -> str:
        """Where it lies in the bucket."""
        return f"serve/{self.sha256}/{ARCHIVE_NAME}"


def pack_model(out: Path, files: Sequence[Path], *, with_code: bool, is_onnx: bool = False) -> PackedModel:
    """Write ``out``. ``files``: the model's, none for the embedded model; ``with_code``: for the Hugging Face image."""
    with tempfile.TemporaryDirectory(prefix="seikaku-") as scratch:
        members = [(path.name, path) for path in files]
        if with_code:
            members += [*_code(is_embedded=not files), *_libraries(Path(scratch), is_onnx=is_onnx)]
        _write(out, members)
    return PackedModel(out, sha256_of_file(out), sum(path.stat().st_size for path in files))


def _write(out: Path, members: Sequence[tuple[str, Path]]) -> None:
    # Level 1: weights hardly shrink, and a large model is packed in seconds instead of minutes.
    with (
        open_atomic(out, "wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0, filename="") as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, content in sorted(members, key=lambda member: member[0]):
            _add(archive, name, content)


def _libraries(folder: Path, *, is_onnx: bool) -> Iterator[tuple[str, Path]]:
    for path in install_libraries(folder, is_onnx=is_onnx):
        yield f"code/{path.relative_to(folder).as_posix()}", path


def _code(*, is_embedded: bool) -> Iterator[tuple[str, Path]]:
    yield "code/inference.py", PACKAGE / _SCRIPT
    folders = (*_FOLDERS, *((_EMBEDDED,) if is_embedded else ()))
    paths = [PACKAGE / name for name in _MODULES]
    paths += [path for name in folders for path in (PACKAGE / name).rglob("*") if path.suffix in _SUFFIXES]
    for path in paths:
        yield f"code/{PACKAGE.name}/{path.relative_to(PACKAGE).as_posix()}", path


def _add(archive: tarfile.TarFile, name: str, content: Path) -> None:
    entry = tarfile.TarInfo(name)  # no owner, no time: as its constructor leaves them
    entry.mode = 0o644
    with content.open("rb") as stream:
        entry.size = os.fstat(stream.fileno()).st_size
        archive.addfile(entry, stream)
