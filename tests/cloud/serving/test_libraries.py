"""What AWS's inference image lacks: pinned as in constraints.txt, for the image's Python, and enough to import."""

import re
import subprocess
import sys

import pytest

from seikaku.cloud.serving import libraries
from seikaku.errors import CloudError
from seikaku.places import REPOSITORY


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_versions_are_those_of_the_constraints():
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict((normal(name), version) for name, _, version in (line.partition("==") for line in lines) if version)
    wanted = libraries.pinned_libraries(is_onnx=True)
    assert {name: pinned[normal(name)] for name in wanted} == wanted


@pytest.mark.parametrize("is_onnx", [False, True])
def test_what_is_installed_can_be_imported_with_nothing_of_it_elsewhere(tmp_path, is_onnx):
    """From the folder alone, next to what the image has (numpy)."""
    files = libraries.install_libraries(tmp_path, is_onnx=is_onnx)
    assert files == sorted(files) and all(path.is_file() for path in files)
    assert any(path.parts[-2:] == ("onnxruntime", "__init__.py") for path in files) == is_onnx
    names = ("pydantic", "pydantic_core", "annotated_types", "typing_inspection", "typing_extensions")
    code = f"""
import importlib, numpy, sys
names = {names + ("onnxruntime",) * is_onnx!r}
sys.path[:] = [{str(tmp_path)!r}] + [path for path in sys.path if "site-packages" not in path]
for name in names:
    assert importlib.import_module(name).__file__.startswith({str(tmp_path)!r}), name
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_wheels_of_the_images_python_are_asked_for(tmp_path, monkeypatch):
    """The only index here has wheels of another Python: pip must not take them."""
    version = libraries.pinned_libraries(is_onnx=False)["pydantic_core"]
    wheel = tmp_path / "wheels" / f"pydantic_core-{version}-cp311-cp311-manylinux_2_17_x86_64.whl"
    wheel.parent.mkdir()
    wheel.write_bytes(b"")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    with pytest.raises(CloudError, match="ライブラリを取得できませんでした") as told:
        libraries.install_libraries(tmp_path / "out", is_onnx=False)
    assert "seikaku cloud image" in told.value.mend


def test_a_python_without_pip_is_told_so():
    error = libraries._explain("/usr/bin/python: No module named pip")
    assert "pip がありません" in error.message and "ensurepip" in error.mend
