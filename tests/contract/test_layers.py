"""Imports point one way, heavy libraries load late, and effects stay where docs/architecture.md puts them.

The tables are those of the page itself; what a module loads is measured, not listed.
"""

import ast
import functools
import graphlib
import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROBE = Path(__file__).resolve().parents[1] / "support" / "load_probe.py"
CONVERSATION_WITH_NUMPY = {f"seikaku.conversation.{name}" for name in ("characters", "quality.japanese", "windows")}
CONVERSATION_WITH_NUMPY |= {
    f"seikaku.conversation.description.{name}"
    for name in ("counting", "endings", "own_text", "placing", "turn_taking", "word_counts")
}
CONVERSATION_WITH_A_LIBRARY = CONVERSATION_WITH_NUMPY | {
    f"seikaku.conversation.readers.{name}" for name in ("documents", "large_json", "meetings.vtt")
}
NETWORK = {"aiohttp", "ftplib", "http", "httpx", "huggingface_hub", "requests", "socket", "ssl", "urllib3"}
# serve binds its own listener, so that a taken port is explained; the others fetch.
NETWORK_MODULES = {"seikaku.cli.serve", "seikaku.corpora.download", "seikaku.model.encoder.backbone"}
FORBIDDEN = {"dill", "joblib", "marshal", "pickle", "shelve"}


# Modules of nobody, measured with ours: the proof that the measurement sees what it has to see.
PLANTED = {
    "planted_heavy": "import torch",
    "planted_by_ours": "import seikaku.training.loop.ordering",
    "planted_by_a_light_library": "import safetensors.torch",
    "planted_late": "def fit():\n    import torch",
}


def subject_of(name: str) -> str:
    """The part of the package that a dotted name belongs to ("" for the package itself)."""
    return (name.split(".") + [""])[1]


def names_in(cell: str) -> set[str]:
    """The names in a cell of a table."""
    return set(cell.split("、")) - {"–"}


@pytest.fixture(scope="module")
def base(modules):
    """What lies in seikaku/ itself: may be imported from everywhere, and imports nothing else."""
    return {subject_of(name) for name, module in modules.items() if not module.folder} - {"", "__main__"}


@pytest.fixture(scope="module")
def layers(page_table):
    """Folder -> its row: the folders that it imports, libraries of the base install, extra -> its libraries."""
    rows = {}
    for folder, folders, libraries, extras in page_table("## import の向き"):
        by_extra = {extra: names_in(names) for extra, names in re.findall(r"(\w+): (\S+)", extras)}
        rows[folder] = names_in(folders), names_in(libraries), by_extra
    return rows


def imported_folders(modules, base):
    """Folder -> the folders that its modules import, the base apart; the base's own modules under their names."""
    found = {}
    for module in modules.values():
        subject = subject_of(module.name)
        if subject not in {"", "__main__"}:
            names = {subject_of(item.name) for item in module.imports if item.name.split(".")[0] == "seikaku"}
            found.setdefault(subject, set()).update(names - base - {subject, ""})
    return found


def imported_libraries(modules):
    """Folder -> the libraries that its modules name in an import, at load or inside functions."""
    found = {}
    for module in modules.values():
        names = {item.name.split(".")[0] for item in module.imports} - {"seikaku"} - sys.stdlib_module_names
        found.setdefault(subject_of(module.name), set()).update(names)
    return found


def test_imports_between_folders_are_those_of_the_table(modules, base, layers):
    expected = {folder: folders for folder, (folders, _, _) in layers.items()} | dict.fromkeys(base, set())
    assert imported_folders(modules, base) == expected


def test_libraries_are_those_of_the_table(modules, layers):
    used = {folder: libraries for folder, libraries in imported_libraries(modules).items() if libraries}
    known = {folder: libraries.union(*extras.values()) for folder, (_, libraries, extras) in layers.items()}
    assert used == known
    used_by_conversation = {
        name
        for name, module in modules.items()
        if module.folder.startswith("conversation")
        and any(item.name.split(".")[0] not in {"seikaku", *sys.stdlib_module_names} for item in module.imports)
    }
    assert used_by_conversation == CONVERSATION_WITH_A_LIBRARY, "reading a talk needs next to no library"


@pytest.fixture(scope="module")
def project(repository):
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@functools.cache
def import_names():
    """Import name -> the canonical names of the distributions that install it."""
    return {name: {*map(canonicalize_name, homes)} for name, homes in metadata.packages_distributions().items()}


def brought_along(texts):
    """Import names of what these requirements install, and of what that installs in turn."""
    waiting, found = [Requirement(text) for text in texts], set()
    while waiting:
        name = canonicalize_name(waiting.pop().name)
        if name not in found:
            found.add(name)
            needed = map(Requirement, metadata.requires(name) or ())
            waiting += [item for item in needed if item.marker is None or item.marker.evaluate({"extra": ""})]
    return {name for name, homes in import_names().items() if homes & found}


def test_libraries_of_the_table_are_installed_by_what_it_names(project, layers):
    installed = {name: brought_along(texts) for name, texts in project["optional-dependencies"].items()}
    light = brought_along(project["dependencies"])
    for folder, (_, libraries, extras) in layers.items():
        assert libraries <= light, folder
        for extra, names in extras.items():
            assert names <= installed[extra] - light, (folder, extra)


def test_every_library_of_the_package_says_why_it_was_chosen(project, page_table):
    chosen = {"": set()} | {extra: set() for extra in project["optional-dependencies"]}
    for names, _ in page_table("## ライブラリの選び方"):
        libraries, _, extra = names.rstrip("）").partition("（")
        chosen[extra] |= names_in(libraries)
    required = {"": project["dependencies"]} | project["optional-dependencies"]
    required = {extra: {Requirement(text).name for text in texts} for extra, texts in required.items()}
    assert chosen.pop("dev") <= required.pop("dev")  # of the tools, only those that need a reason
    assert chosen == required


def test_no_cycle_between_modules(modules):
    graph = {name: {i.name for i in module.imports if i.name in modules} for name, module in modules.items()}
    assert list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError, which names the cycle


def room_graph(modules):
    """Room -> the rooms that it imports. A module that stands beside rooms is one by itself."""
    with_rooms = {module.folder.rpartition("/")[0] for module in modules.values()}
    room = {name: name if module.folder in with_rooms else module.folder for name, module in modules.items()}
    graph = {}
    for name, module in modules.items():
        if module.folder:  # the package itself opens every door, late
            found = {room[item.name] for item in module.imports if item.name in room}
            graph.setdefault(room[name], set()).update(found - {room[name]})
    return graph


def test_no_cycle_between_rooms(modules):
    assert list(graphlib.TopologicalSorter(room_graph(modules)).static_order())  # raises CycleError, which names it


def test_rooms_that_need_each_other_are_a_cycle_though_no_modules_are():
    def module(folder, *imported):
        return SimpleNamespace(folder=folder, imports=[SimpleNamespace(name=name) for name in imported])

    modules = {
        "seikaku.fit.top": module("fit", "seikaku.style.low"),
        "seikaku.fit.low": module("fit"),
        "seikaku.style.low": module("style"),
    }
    assert room_graph(modules) == {"fit": {"style"}, "style": set()}
    modules["seikaku.style.low"] = module("style", "seikaku.fit.low")
    with pytest.raises(graphlib.CycleError):
        list(graphlib.TopologicalSorter(room_graph(modules)).static_order())


@pytest.fixture(scope="module")
def loads(modules, project, repository, tmp_path_factory):
    """Module -> the libraries beyond the base install that are loaded when it alone is imported; ours and planted ones.

    Only libraries that some module of ours names: what those load in turn is their business.
    """
    folder = tmp_path_factory.mktemp("planted")
    for name, code in PLANTED.items():
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    asked = {
        "modules": [*PLANTED, *(name for name in modules if not name.endswith("__main__"))],
        "light": sorted(brought_along(project["dependencies"])),
        "folders": [str(folder), str(repository)],
    }
    result = subprocess.run([sys.executable, str(PROBE)], input=json.dumps(asked), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    named = set().union(*imported_libraries(modules).values())
    return {name: named.intersection(libraries) for name, libraries in json.loads(result.stdout).items()}


@pytest.mark.slow  # imports every library
def test_the_measurement_sees_what_is_heavy_and_nothing_else(loads):
    assert {name: loads[name] for name in PLANTED} == {
        "planted_heavy": {"torch"},
        "planted_by_ours": {"torch"},
        "planted_by_a_light_library": {"torch"},
        "planted_late": set(),
    }


def room_complaints(rooms, loads, allowed):
    """What modules load that their rooms may not, and what the table allows though nothing loads it any more."""
    used = {}
    for name, room in rooms.items():
        used.setdefault(room, set()).update(loads[name])
        for library in sorted(loads[name] - allowed.get(room, set())):
            yield f"{name} loads {library}: import it inside the function that needs it"
    for room, libraries in allowed.items():
        yield from (f"{room}: nothing loads {library}" for library in sorted(libraries - used.get(room, set())))


def test_a_planted_module_and_a_stale_row_are_complained_of():
    rooms = {"inside": "fitting", "outside": "report"}
    allowed = {"fitting": {"torch"}}
    assert not list(room_complaints(rooms, {"inside": {"torch"}, "outside": set()}, allowed))
    (complaint,) = room_complaints(rooms, {"inside": {"torch"}, "outside": {"torch"}}, allowed)
    assert complaint.startswith("outside loads torch")
    assert list(room_complaints(rooms, {"inside": set(), "outside": set()}, allowed)) == [
        "fitting: nothing loads torch"
    ]


@pytest.mark.slow  # imports every library
def test_only_the_rooms_of_the_table_load_more_than_the_base_install(modules, loads, page_table):
    allowed = {room: names_in(libraries) for room, libraries in page_table("### 読み込むだけで重いもの")}
    rooms = {name: module.folder for name, module in modules.items() if name in loads}
    planted = dict.fromkeys(PLANTED, "report")
    found = list(room_complaints(rooms | planted, loads, allowed))
    assert [complaint.partition(" ")[0] for complaint in found if complaint.startswith("planted")] == [*PLANTED][:3]
    assert not [complaint for complaint in found if not complaint.startswith("planted")]


def test_exactly_these_modules_reach_the_network(modules):
    reaching = {
        module.name
        for module in modules.values()
        for imported in module.imports
        if (imported.name.split(".")[0] in NETWORK or imported.name.startswith("urllib.request"))
        # Errors to catch, and types, are no connection.
        and imported.name not in {"huggingface_hub.errors"}
    }
    assert reaching == NETWORK_MODULES


def test_nothing_that_runs_foreign_data(modules):
    wrong = []
    for module in modules.values():
        wrong += [f"{module.name} imports {i.name}" for i in module.imports if i.name.split(".")[0] in FORBIDDEN]
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}:
                wrong.append(f"{module.name}:{node.lineno} calls {node.func.id}")
            if isinstance(node, ast.keyword) and node.arg in {"allow_pickle", "shell"}:
                wrong.append(f"{module.name}:{node.lineno} sets {node.arg}")
    assert not wrong


LOADED = """
import json, sys
before = set(sys.modules)
from seikaku.cli.main import run
code = run({arguments!r}) if {arguments!r} else 0
print(json.dumps([code, sorted(set(sys.modules) - before)]), file=sys.stderr)
"""


def loaded_modules(arguments: list[str]) -> set[str]:
    """The modules that a command line loads in a fresh interpreter."""
    script = LOADED.format(arguments=arguments)
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 0, result.stderr
    code, names = json.loads(result.stderr.splitlines()[-1])
    assert code == 0, result.stderr[:500]
    return set(names)


def libraries_among(names):
    """Import names of the libraries among loaded modules."""
    return {name.split(".")[0] for name in names} & import_names().keys() - {"seikaku"}


def subjects_among(names):
    """Folders of ours, and modules of the base, among loaded modules."""
    return {subject_of(name) for name in names if name.startswith("seikaku.")}


@pytest.mark.parametrize("arguments", [[], ["--help"]], ids=["import", "help"])
def test_the_command_starts_light(arguments, base):
    names = loaded_modules(arguments)
    assert libraries_among(names) == {"click"}
    assert subjects_among(names) - base == {"cli"}


def test_analyze_loads_nothing_heavy(repository, project):
    example = str(repository / "examples" / "line_1on1.txt")
    names = loaded_modules(["analyze", example, "--speaker", "花子", "--json"])
    assert libraries_among(names) <= brought_along(project["dependencies"])
    assert not subjects_among(names) & {"training", "corpora", "evaluation"}
