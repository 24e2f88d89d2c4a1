"""The code bundle: what travels, what must not, the same bytes for the same code, and that the image can run it."""

import ast
import io
import os
import subprocess
import sys
import tarfile
import time
from importlib import metadata

import pytest

from seikaku.cloud.jobs.bundle import IMAGE_LACKS, build_bundle
from seikaku.errors import UserError
from seikaku.places import REPOSITORY

# Requirements of what the image names (assets/cloud/images.json): torch brings jinja2, datasets brings pyarrow.
IN_THE_IMAGE = {
    "filelock",
    "huggingface_hub",
    "jinja2",
    "numpy",
    "peft",
    "pyarrow",
    "safetensors",
    "torch",
    "transformers",
}
# In functions that a job does not call: the download of the sample, the evaluation, large conversation files.
NOT_IN_A_JOB = {"docx", "httpx", "msgspec", "networkx", "openpyxl", "scipy", "webvtt"}


@pytest.fixture(scope="module")
def bundle():
    return build_bundle(with_encoder=False)


@pytest.fixture(scope="module")
def unpacked(bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    with tarfile.open(fileobj=io.BytesIO(bundle.content)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def members(bundle):
    with tarfile.open(fileobj=io.BytesIO(bundle.content)) as archive:
        return archive.getmembers()


def test_only_the_allow_list_travels(bundle):
    names = [member.name for member in members(bundle)]
    assert {name.partition("/")[0] for name in names} == {"train.py", "requirements.txt", "seikaku", "wheels"}
    assert "seikaku/training/loop/loop.py" in names
    assert not [name for name in names if name.endswith((".pyc", "setup.py", "pyproject.toml")) or "/." in name]
    assert not [name for name in names if name.startswith(("seikaku/assets/encoder/", "seikaku/assets/ngram/"))]
    assert len(bundle.content) < 2_000_000


def test_the_encoder_travels_when_it_is_asked_for(tmp_path):
    (tmp_path / "train.py").touch()
    encoder = tmp_path / "seikaku" / "assets" / "encoder"
    encoder.mkdir(parents=True)
    (encoder / "config.json").write_text("{}")
    for wanted in (True, False):
        names = [member.name for member in members(build_bundle(tmp_path, with_encoder=wanted))]
        assert ("seikaku/assets/encoder/config.json" in names) == wanted


def test_the_same_code_is_the_same_bytes(bundle, tmp_path):
    assert build_bundle(with_encoder=False) == bundle
    for member in members(bundle):
        assert (member.mtime, member.uid, member.gid, member.uname, member.mode) == (0, 0, 0, "", 0o644)
    (tmp_path / "seikaku").mkdir()
    for name, text in (("train.py", "1"), ("seikaku/b.py", "2"), ("seikaku/a.py", "3")):
        (tmp_path / name).write_text(text)
    first = build_bundle(tmp_path, with_encoder=False)
    os.utime(tmp_path / "train.py", (time.time() + 100,) * 2)
    (tmp_path / "seikaku" / "__pycache__").mkdir()
    (tmp_path / "seikaku" / "__pycache__" / "a.pyc").touch()
    assert build_bundle(tmp_path, with_encoder=False).sha256 == first.sha256
    (tmp_path / "train.py").write_text("4")
    assert build_bundle(tmp_path, with_encoder=False).sha256 != first.sha256


def test_its_requirements_install_without_a_network(unpacked, tmp_path):
    lines = (unpacked / "requirements.txt").read_text().splitlines()
    assert [line.partition(">")[0] for line in lines if ">" in line] == list(IMAGE_LACKS)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--ignore-installed",
               "--no-deps", "--target", str(tmp_path), "-r", "requirements.txt"]  # fmt: skip
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    result = subprocess.run(
        command, cwd=unpacked, capture_output=True, text=True, env=clean | {"PIP_ROOT_USER_ACTION": "ignore"}
    )
    assert result.returncode == 0, result.stderr
    code = "import click; print(click.__file__)"
    found = subprocess.run(
        [sys.executable, "-P", "-c", code], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert found.stdout.startswith(str(tmp_path)), found.stderr


def test_training_imports_nothing_that_the_image_lacks(unpacked):
    """Every module that train.py can reach, in the bundle itself."""
    waiting = ["seikaku.cli.train", "seikaku.training.lora.stage1", "seikaku.training.lora.stage2"]
    seen, libraries = set(), set()
    while waiting:
        if (name := waiting.pop()) in seen:
            continue
        seen.add(name)
        for imported in imports(unpacked, name):
            library = imported.partition(".")[0]
            if library == "seikaku":
                waiting.append(imported)
            elif library not in sys.stdlib_module_names:
                libraries.add(library)
    assert libraries - IN_THE_IMAGE == set(IMAGE_LACKS) | NOT_IN_A_JOB


def imports(folder, name):
    """The dotted name of every import of a module of ours."""
    path = folder / f"{name.replace('.', '/')}.py"
    path = path if path.is_file() else folder / name.replace(".", "/") / "__init__.py"
    if not path.is_file():  # a class or a function of the module that was seen
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def test_a_folder_without_the_source_is_refused(tmp_path):
    with pytest.raises(UserError, match="train.py がありません"):
        build_bundle(tmp_path, with_encoder=False)
    assert (REPOSITORY / "train.py").is_file()


def test_a_library_without_a_list_of_its_files_is_refused(monkeypatch):
    monkeypatch.setattr(metadata.Distribution, "files", None)
    with pytest.raises(UserError, match="ライブラリ click のファイルが分かりません"):
        build_bundle(with_encoder=False)
