"""Files that a reader can hold, and six doors at most that are nothing but doors."""

import ast

import pytest

MAX_FILE_LINES = 320  # aim at 300
MAX_FUNCTION_LINES = 60
MAX_SCRIPT_LINES = 10
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


def test_exactly_the_known_scripts_stand_at_the_root(repository):
    assert {path.name for path in repository.glob("*.py")} == set(ROOT_SCRIPTS)


@pytest.mark.parametrize(("script", "verb"), ROOT_SCRIPTS.items())
def test_a_root_script_only_opens_its_verb(repository, script, verb):
    text = (repository / script).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_SCRIPT_LINES
    last = text.splitlines()[-1]
    assert last.startswith(f'sys.exit(run(["{verb}", ') and last.endswith("*sys.argv[1:]]))")
