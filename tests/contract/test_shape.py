"""Files and folders that a reader can hold, names that stand for one thing, and doors that are nothing but doors."""

import ast
from collections import defaultdict

import pytest

MAX_FILE_LINES = 320  # aim at 300
MAX_FUNCTION_LINES = 60
MAX_SCRIPT_LINES = 10
MAX_MODULES = 14
VERBS = {"cli", "cli/cloud"}  # one file a verb, however many there are; a verb is named like what it calls
MIN_SENTENCE_WORDS = 5
EMPTY_NAMES = {"common", "helpers", "misc", "utils"}
# A name that stands in several rooms, and why it is the same thing there.
SAME = {
    "card": "the model card, of each kind of model",
    "config": "settings as a frozen dataclass, of learning and of serving",
    "estimates": "the values, and how a terminal shows them",
    "evidence": "the values, and which of them a report shows",
    "failures": "what another system's errors mean, one system each",
    "folder": "a model's folder on disk, of each kind of model",
    "loading": "a folder -> a model, of each kind and of any kind",
    "realpersonachat": "the data set, as a talk to read and as a corpus",
    "regressor": "the interface, and stage 2 behind it",
    "routes": "a part's routes on the server",
    "settings": "what a model's folder, and an account on AWS, are set to",
    "trend": "the values, and what is said of them",
    "typicality": "how the norm group writes, applied and measured",
    "windows": "windows of a model's size, cut, and gathered for stage 2",
}
# Root script -> the verb that it opens.
ROOT_SCRIPTS = {
    "download_datasets.py": "download",
    "preprocess_data.py": "preprocess",
    "train.py": "train",
    "train_stage1_local.py": "train",
    "train_stage2_local.py": "train",
    "run_sagemaker.py": "cloud",
}


def test_every_module_says_what_it_is(modules):
    assert not [name for name, module in modules.items() if not ast.get_docstring(module.tree)]


def test_files_are_short(modules):
    lengths = {name: len(module.text.splitlines()) for name, module in modules.items()}
    assert not {name: length for name, length in lengths.items() if length > MAX_FILE_LINES}


def test_functions_are_short(modules):
    long = [
        f"{module.name}.{node.name}: {length} lines"
        for module in modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    ]
    assert not long


def test_folders_are_small(modules):
    n_modules = defaultdict(int)
    for module in modules.values():
        n_modules[module.folder] += module.path.stem != "__init__"
    assert not {folder: n for folder, n in n_modules.items() if n > MAX_MODULES and folder not in VERBS}


def test_every_folder_says_its_subject_in_a_sentence_of_its_own(modules):
    sentences = {
        module.folder: (ast.get_docstring(module.tree) or "").partition("\n\n")[0]
        for module in modules.values()
        if module.path.stem == "__init__"
    }
    assert {module.folder for module in modules.values()} == set(sentences)
    assert not [
        f"{folder}: {sentence}"
        for folder, sentence in sentences.items()
        if len(sentence.split()) < MIN_SENTENCE_WORDS or not sentence.endswith(".")
    ]
    assert len(set(sentences.values())) == len(sentences)


def test_a_name_stands_for_one_thing(modules):
    rooms = defaultdict(set)
    for module in modules.values():
        if module.folder not in VERBS and module.path.stem != "__init__":
            rooms[module.path.stem].add(module.folder)
    shared = {name: sorted(folders) for name, folders in rooms.items() if len(folders) > 1}
    assert not {name: folders for name, folders in shared.items() if name not in SAME}, "another name, or why it is one"
    assert not set(SAME) - set(shared), "names that one room alone has by now"
    assert not {part for name in modules for part in name.split(".")} & EMPTY_NAMES


def test_one_module_knows_where_the_package_lies(modules):
    knowing = {
        name
        for name, module in modules.items()
        for node in ast.walk(module.tree)
        if "__file__" in (getattr(node, "id", ""), getattr(node, "attr", ""))
        or (isinstance(node, ast.ImportFrom) and node.module == "importlib.resources")
    }
    assert knowing == {"seikaku.places"}


def test_exactly_the_known_scripts_stand_at_the_root(repository):
    assert {path.name for path in repository.glob("*.py")} == set(ROOT_SCRIPTS)


@pytest.mark.parametrize(("script", "verb"), ROOT_SCRIPTS.items())
def test_a_root_script_only_opens_its_verb(repository, script, verb):
    text = (repository / script).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_SCRIPT_LINES
    last = text.splitlines()[-1]
    assert last.startswith(f'sys.exit(run(["{verb}", ') and last.endswith("*sys.argv[1:]]))")
