"""Imports point one way, heavy libraries load late, and effects stay where docs/architecture.md puts them."""

import ast
import graphlib
import json
import subprocess
import sys

import pytest

# Folder -> the other folders that it may import. The base may be imported from everywhere and imports only itself.
BASE = {"traits", "errors", "settings", "config", "files", "places", "telemetry", "version"}
FOLDERS = {
    "conversation": set(),
    "model": {"conversation"},
    "inference": {"conversation", "model"},
    "api": {"conversation", "inference", "model", "report"},
    "serving": {"conversation", "inference", "model", "report"},
    "report": {"conversation", "model", "inference"},
    "corpora": {"conversation"},
    "training": {"conversation", "corpora", "model"},
    "evaluation": {"conversation", "corpora", "inference", "model", "training"},
    "cloud": set(),
    "cli": {"cloud", "conversation", "corpora", "evaluation", "inference", "model", "report", "serving", "training"},
}
LIBRARIES = {
    "conversation": {"numpy"},
    "model": {
        "huggingface_hub",
        "jinja2",
        "numpy",
        "onnx",
        "onnxruntime",
        "peft",
        "safetensors",
        "tokenizers",
        "torch",
        "transformers",
    },
    "inference": {"numpy"},
    "report": {"jinja2", "markupsafe", "rich"},
    "api": {"markupsafe", "pandas", "polars"},
    "serving": {
        "fastapi",
        "jinja2",
        "markupsafe",
        "prometheus_client",
        "pydantic",
        "python_multipart",
        "starlette",
    },
    "corpora": {"httpx", "huggingface_hub", "networkx", "numpy", "pyarrow"},
    "training": {
        "fugashi",
        "ipadic",
        "numpy",
        "onnx",
        "optuna",
        "pyarrow",
        "safetensors",
        "scipy",
        "tokenizers",
        "torch",
        "transformers",
    },
    "evaluation": {"numpy", "scipy"},
    "cloud": {"boto3", "botocore"},
    "cli": {"click", "rich", "uvicorn"},
}
CONVERSATION_WITH_NUMPY = {"seikaku.conversation.quality", "seikaku.conversation.windows"}
HEAVY = {
    "boto3",
    "botocore",
    "fastapi",
    "fugashi",
    "httpx",
    "huggingface_hub",
    "ipadic",
    "networkx",
    "onnx",
    "onnxruntime",
    "pandas",
    "peft",
    "polars",
    "prometheus_client",
    "pyarrow",
    "pydantic",
    "scipy",
    "starlette",
    "tokenizers",
    "torch",
    "transformers",
    "uvicorn",
}
# Classes of torch and transformers need them when the module loads. So nothing else may import these when it loads.
WITH_TORCH = {
    "seikaku.model.encoder.embedded",
    "seikaku.model.encoder.lora",
    "seikaku.model.encoder.heads",
    "seikaku.model.onnx.graph",
    "seikaku.model.encoder.hardware",
    "seikaku.training.loop.callbacks",
    "seikaku.training.sagemaker.container",
    "seikaku.training.lora.regressor",
    "seikaku.training.loop.loop",
    "seikaku.training.loop.ordering",
    "seikaku.training.lora.runs",
    "seikaku.model.encoder.backbone",
    "seikaku.model.onnx.exporting",
    "seikaku.model.run.loading",
    "seikaku.training.embedded.build",
    "seikaku.training.embedded.weights",
    "seikaku.training.embedded.graph",
    "seikaku.training.tuning.local",
    "seikaku.training.speakers.bags",
    "seikaku.training.speakers.fit",
    "seikaku.training.personas.stream",
    "seikaku.training.lora.stage1",
    "seikaku.training.lora.stage2",
}
# What the web part is made of: its modules load with it, so nothing outside may import them when it loads.
WEB = {"fastapi", "prometheus_client", "pydantic", "starlette"}
LIGHT_SERVING = {"seikaku.serving", "seikaku.serving.config"}
NETWORK = {"aiohttp", "ftplib", "http", "httpx", "huggingface_hub", "requests", "socket", "ssl", "urllib3"}
# serve binds its own listener, so that a taken port is explained; the others fetch.
NETWORK_MODULES = {"seikaku.cli.serve", "seikaku.corpora.download", "seikaku.model.encoder.backbone"}
FORBIDDEN = {"dill", "joblib", "marshal", "pickle", "shelve"}


def folder_of(name: str) -> str:
    """The part of the package that a dotted name belongs to ("" for the package itself)."""
    return (name.split(".") + [""])[1]


def test_every_folder_has_its_row(modules):
    known = BASE | set(FOLDERS) | {"", "__main__"}
    assert {folder_of(name) for name in modules} <= known


def test_imports_between_folders_follow_the_table(modules):
    wrong = []
    for module in modules.values():
        folder = folder_of(module.name)
        if folder in {"", "__main__"}:
            continue
        allowed = BASE if folder in BASE else BASE | FOLDERS[folder] | {folder}
        for imported in module.imports:
            if imported.name.split(".")[0] == "seikaku" and folder_of(imported.name) not in allowed:
                wrong.append(f"{module.name} imports {imported.name}")
    assert not wrong


def test_no_cycle_between_modules(modules):
    graph = {name: {i.name for i in module.imports if i.name in modules} for name, module in modules.items()}
    assert list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError, which names the cycle


def test_libraries_stay_in_their_folders(modules):
    wrong = []
    for module in modules.values():
        for imported in module.imports:
            library = imported.name.split(".")[0]
            if library == "seikaku" or library in sys.stdlib_module_names:
                continue
            if library not in LIBRARIES.get(folder_of(module.name), set()):
                wrong.append(f"{module.name} imports {library}")
            if folder_of(module.name) == "conversation" and module.name not in CONVERSATION_WITH_NUMPY:
                wrong.append(f"{module.name} imports {library}: reading needs only the standard library")
    assert not wrong


def test_heavy_libraries_load_inside_functions(modules):
    wrong = [
        f"{module.name} imports {imported.name} when it loads"
        for module in modules.values()
        for imported in module.imports
        if imported.at_load
        and (imported.name.split(".")[0] in HEAVY or imported.name in WITH_TORCH)
        and module.name not in WITH_TORCH
        and not (folder_of(module.name) == "serving" and imported.name.split(".")[0] in WEB)
    ]
    assert not wrong


def test_the_web_part_loads_only_when_it_serves(modules):
    wrong = [
        f"{module.name} imports {imported.name} when it loads"
        for module in modules.values()
        for imported in module.imports
        if imported.at_load
        and folder_of(imported.name) == "serving"
        and imported.name not in LIGHT_SERVING
        and folder_of(module.name) != "serving"
    ]
    assert not wrong


def test_only_these_modules_reach_the_network(modules):
    wrong = [
        f"{module.name} imports {imported.name}"
        for module in modules.values()
        for imported in module.imports
        if module.name not in NETWORK_MODULES
        and (imported.name.split(".")[0] in NETWORK or imported.name.startswith("urllib.request"))
        # Errors to catch, and types, are no connection.
        and imported.name not in {"huggingface_hub.errors"}
    ]
    assert not wrong


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
from seikaku.cli.main import run
code = run({arguments!r}) if {arguments!r} else 0
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def loaded_modules(arguments: list[str]) -> set[str]:
    """The modules in memory after a command line ran in a fresh interpreter."""
    script = LOADED.format(arguments=arguments)
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 0, result.stderr
    code, names = json.loads(result.stderr.splitlines()[-1])
    assert code == 0, result.stderr[:500]
    return set(names)


@pytest.mark.parametrize("arguments", [[], ["--help"]], ids=["import", "help"])
def test_the_command_starts_light(arguments):
    names = loaded_modules(arguments)
    assert not names & (HEAVY | {"numpy", "jinja2", "rich", "safetensors"})
    assert not {name for name in names if name.startswith("seikaku.") and folder_of(name) in set(FOLDERS) - {"cli"}}


def test_analyze_loads_nothing_heavy(repository):
    example = str(repository / "examples" / "line_1on1.txt")
    names = loaded_modules(["analyze", example, "--speaker", "花子", "--json"])
    assert not names & HEAVY
    assert not {
        name for name in names if name.startswith(("seikaku.training", "seikaku.corpora", "seikaku.evaluation"))
    }
