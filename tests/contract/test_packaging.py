"""What installs: ranges and pins agree, the base stays light, and the wheel holds what it needs and no more."""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from seikaku.traits import TRAITS

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
def wheel(repository, tmp_path_factory):
    """A freshly built wheel. Built from a copy: a `build/` left behind would leak in."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(repository / "seikaku", source / "seikaku", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(repository / name, source)
    run_pip("wheel", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    (wheel,) = folder.glob("*.whl")
    return wheel


def run_pip(verb, *arguments, python=sys.executable):
    command = [sys.executable, "-m", "pip", "--python", python, verb, "--quiet", "--no-deps", "--no-index", *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def wheel_files(wheel):
    """Name -> size of every file in the wheel."""
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


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The `seikaku` command of a new virtual environment: the package from the wheel, the libraries from the tests'.

    Not our own package, wherever the tests have it from: of a folder that a .pth file names, no .pth file is read, and
    the environment's own packages come before it.
    """
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=False)
    run_pip("install", str(wheel), python=str(folder / "venv" / "bin" / "python"))
    packages = next((folder / "venv" / "lib").glob("python3*")) / "site-packages"
    (packages / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return folder / "venv" / "bin" / "seikaku"


@pytest.fixture
def elsewhere(installed, tmp_path, monkeypatch):
    """An empty working folder, far from the checkout, with no hint at it in the environment."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # a price table of the user's own would win
    monkeypatch.chdir(tmp_path)
    code = "import seikaku; print(seikaku.__file__)"
    place = Path(subprocess.check_output([installed.with_name("python"), "-c", code], text=True).strip())
    assert place.is_relative_to(installed.parents[1])
    return tmp_path


def output_of(*command):
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.slow
def test_the_installed_wheel_estimates_as_the_checkout_does(installed, elsewhere, repository):
    shutil.copy(repository / "examples" / "line_1on1.txt", elsewhere / "talk.txt")
    arguments = ["analyze", "talk.txt", "--speaker", "花子", "--json"]
    document = json.loads(output_of(installed, *arguments, "--html", "report.html"))
    source = (
        f"import sys; sys.path.insert(0, {str(repository)!r}); from seikaku.cli.main import run; run({arguments!r})"
    )
    assert document == json.loads(output_of(sys.executable, "-c", source))
    assert "<svg" in (elsewhere / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_installed_wheel_serves(installed, elsewhere, repository):
    process = subprocess.Popen(
        [installed, "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    )
    try:
        address = re.search(r"http://[\d.]+:\d+", process.stdout.readline()).group()
        assert httpx.get(f"{address}/health").status_code == 200
        parts = re.findall(r'(?:src|href)="(static/[^"]+)"', httpx.get(f"{address}/").text)
        assert parts and {httpx.get(f"{address}/{part}").status_code for part in parts} == {200}
        form = {"speaker": "花子", "purpose": "research"}
        talk = {"file": (repository / "examples" / "line_1on1.txt").read_bytes()}
        answer = httpx.post(f"{address}/v1/estimates", data=form, files=talk, timeout=60)
        assert answer.status_code == 200, answer.text
        assert set(answer.json()["traits"]) == {trait.key for trait in TRAITS}
    finally:
        process.terminate()
        process.stdout.close()
        assert process.wait(30) == 0


@pytest.mark.slow
def test_the_installed_wheel_reads_its_price_table(installed, elsewhere, repository):
    document = json.loads(output_of(installed, "cloud", "prices", "--region", "us-east-1", "--json"))
    shipped = json.loads((repository / "seikaku" / "assets" / "cloud" / "prices.json").read_text(encoding="utf-8"))
    expected = [price for price in shipped["instances"] if price["region"] == "us-east-1"]
    assert document["instances"] == expected and expected
