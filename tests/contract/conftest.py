"""What the contract tests look at: the modules of the package, and the files that belong to the repository."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
_TEXT_SUFFIXES = {
    "", ".cfg", ".css", ".csv", ".html", ".j2", ".json", ".jsonl", ".md", ".py", ".sh", ".svg", ".toml", ".tsv",
    ".txt", ".typed", ".yaml", ".yml",
}  # fmt: skip


@dataclass(frozen=True)
class Import:
    """One imported module, and whether it loads when the importing module does."""

    name: str
    at_load: bool


@dataclass(frozen=True)
class Module:
    """A module of the package, parsed."""

    name: str
    path: Path
    text: str
    tree: ast.Module
    imports: tuple[Import, ...]

    @property
    def folder(self) -> str:
        """Its place in the package: "training/loop", "" for what lies in seikaku/ itself."""
        place = self.path.parent.relative_to(REPOSITORY / "seikaku").as_posix()
        return "" if place == "." else place


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def modules() -> dict[str, Module]:
    """Dotted name -> module, for every file of the package."""
    paths = {_dotted(path): path for path in sorted((REPOSITORY / "seikaku").rglob("*.py"))}
    found = {}
    for name, path in paths.items():
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        found[name] = Module(name, path, text, tree, tuple(_imports(tree, set(paths))))
    assert "seikaku.cli.main" in found
    return found


@pytest.fixture(scope="session")
def page_table() -> Callable[[str], list[list[str]]]:
    """Heading in docs/architecture.md -> the cells of the rows of its section's tables, headers and rules apart."""
    text = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")

    def read(heading: str) -> list[list[str]]:
        section = text.partition(f"\n{heading}\n")[2]
        lines = re.split(r"^#", section, maxsplit=1, flags=re.MULTILINE)[0].splitlines()
        rules = {number for number, line in enumerate(lines) if line.startswith("|---")}
        tables = [line for number, line in enumerate(lines) if line.startswith("| ") and number + 1 not in rules]
        assert tables, f"no table under {heading}"
        return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in tables]

    return read


@pytest.fixture(scope="session")
def tracked_files() -> list[Path]:
    """The repository's files, also those not committed yet; nothing that git ignores."""
    command = ["git", "-C", str(REPOSITORY), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        result = subprocess.run(command, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: which files belong to the repository is unknown")
    paths = [REPOSITORY / name for name in result.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.fixture(scope="session")
def tracked_texts(tracked_files: list[Path]) -> dict[str, str]:
    """Path in the repository -> content, of the text files."""
    texts = {
        path.relative_to(REPOSITORY).as_posix(): path.read_bytes().decode("utf-8", errors="replace")
        for path in tracked_files
        if path.suffix in _TEXT_SUFFIXES
    }
    assert "pyproject.toml" in texts
    return texts


def _dotted(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(tree: ast.Module, own_modules: set[str]) -> Iterator[Import]:
    for node, at_load in _walk(tree, at_load=True):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, at_load) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield Import(full if full in own_modules else str(node.module), at_load)


def _walk(node: ast.AST, *, at_load: bool) -> Iterator[tuple[ast.AST, bool]]:
    for child in ast.iter_child_nodes(node):
        deferred = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing_only = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        child_at_load = at_load and not deferred and not typing_only
        yield child, child_at_load
        yield from _walk(child, at_load=child_at_load)
