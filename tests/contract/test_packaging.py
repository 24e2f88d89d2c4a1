"""What installs: ranges and pins agree, the base stays light, and the wheel holds what it needs and no more."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

MAX_AWS_BYTES = 80_000_000
HEAVY = {"pyarrow", "scipy", "torch", "transformers", "pandas", "scikit-learn", "boto3"}


@pytest.fixture(scope="module")
def project(repository):
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def pins(repository):
    """Canonical name -> exact version, from constraints.txt."""
    found = {}
    for requirement in read_requirements(repository / "constraints.txt"):
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", f"{requirement} is no exact pin"
        found[canonicalize_name(requirement.name)] = Version(specifier.version)
    return found


def read_requirements(path):
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def all_ranges(project):
    extras = project["optional-dependencies"].values()
    return [Requirement(text) for group in (project["dependencies"], *extras) for text in group]


def test_requirements_are_the_base_and_the_train_extra(repository, project):
    expected = project["dependencies"] + project["optional-dependencies"]["train"]
    expected = [text for text in expected if not text.startswith("torch")]  # a training container brings its own
    found = read_requirements(repository / "requirements.txt")
    assert {str(r) for r in found} == {str(Requirement(text)) for text in expected}


def test_every_range_holds_its_pin(project, pins):
    for requirement in all_ranges(project):
        pin = pins.get(canonicalize_name(requirement.name))
        assert pin is not None, f"{requirement.name} is not pinned"
        assert pin in requirement.specifier, f"{requirement} does not hold {pin}"


def test_what_the_ranges_bring_along_is_pinned_too(project, pins):
    waiting = all_ranges(project)
    seen = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if (name, frozenset(requirement.extras)) in seen:
            continue
        seen.add((name, frozenset(requirement.extras)))
        if name == "pip":  # whoever installs has one, and a pin would have it replace itself
            continue
        assert name in pins, f"{name} is not pinned"
        for text in metadata.requires(name) or ():
            needed = Requirement(text)
            environments = [{"extra": extra} for extra in ("", *requirement.extras)]
            if needed.marker is None or any(needed.marker.evaluate(environment) for environment in environments):
                waiting.append(needed)


def test_the_base_is_light(project):
    assert not {canonicalize_name(Requirement(text).name) for text in project["dependencies"]} & HEAVY
    assert not brought_along(project["dependencies"]) & {"boto3", "botocore"}


def brought_along(texts):
    """Canonical names of the distributions that these requirements install."""
    waiting, found = [Requirement(text) for text in texts], set()
    while waiting:
        name = canonicalize_name(waiting.pop().name)
        if name not in found:
            found.add(name)
            needed = map(Requirement, metadata.requires(name) or ())
            waiting += [item for item in needed if item.marker is None or item.marker.evaluate({"extra": ""})]
    return found


def test_the_aws_extra_is_small(project):
    extra = brought_along(project["optional-dependencies"]["aws"]) - brought_along(project["dependencies"])
    assert "botocore" in extra
    files = [path for name in extra for path in metadata.files(name) or () if path.suffix != ".pyc"]
    assert sum(path.locate().stat().st_size for path in files if path.locate().is_file()) < MAX_AWS_BYTES


@pytest.fixture(scope="module")
def wheel_files(repository, tmp_path_factory):
    """Name -> size of every file in a freshly built wheel. Built from a copy: a `build/` left behind would leak in."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(repository / "seikaku", source / "seikaku", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(repository / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    result = subprocess.run([*command, "--wheel-dir", str(folder), str(source)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {info.filename: info.file_size for info in archive.infolist()}


def test_the_wheel_holds_the_whole_package(repository, wheel_files):
    source = {
        path.relative_to(repository).as_posix()
        for path in (repository / "seikaku").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    packed = {name for name in wheel_files if ".dist-info/" not in name}
    assert packed == source
    assert {"seikaku/py.typed", "seikaku/assets/ngram/model.safetensors"} <= packed
    assert any(name.startswith("seikaku/report/templates/") for name in packed)


def test_the_wheel_carries_its_licences(wheel_files):
    names = {re.sub(r".*/", "", name) for name in wheel_files if ".dist-info/licenses/" in name}
    assert names == {"LICENSE", "NOTICE"}
