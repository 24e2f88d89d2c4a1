"""A package index of this environment's own libraries: pip finds in it what it would fetch from PyPI.

In: the distributions that are installed here. Out: a folder of wheels for any platform (they hold this Python's own
binaries: what is installed from them runs here, not in the image). Effect: a temporary folder, once a process.
"""

import atexit
import base64
import functools
import hashlib
import shutil
import tempfile
import zipfile
from importlib import metadata
from pathlib import Path

from seikaku.cloud.serving.libraries import pinned_libraries


def pip_environment() -> dict[str, str]:
    """The variables by which pip asks the folder and nobody else."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(build_wheelhouse()), "PIP_CONFIG_FILE": "/dev/null"}


@functools.cache
def build_wheelhouse() -> Path:
    """The folder, with a wheel of every library that an inference archive may hold."""
    folder = Path(tempfile.mkdtemp(prefix="seikaku-wheels-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in pinned_libraries(is_onnx=True):
        _build_wheel(name, folder)
    return folder


def _build_wheel(name: str, folder: Path) -> None:
    installed = metadata.distribution(name)
    stem = f"{name.replace('-', '_')}-{installed.version}"
    info = f"{stem}.dist-info"
    files = {}
    for file in installed.files or []:
        if file.suffix == ".pyc" or ".." in file.parts or file.name in {"RECORD", "INSTALLER", "REQUESTED", "WHEEL"}:
            continue
        parts = (info, *file.parts[1:]) if file.parts[0].endswith(".dist-info") else file.parts
        files["/".join(parts)] = Path(str(file.locate())).read_bytes()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w", zipfile.ZIP_STORED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
