"""Every error of the API and of `import seikaku` is written in Japanese and English: each place that raises is read."""

import ast
import re

import pytest

from seikaku import errors
from seikaku.errors import SeikakuError
from seikaku.places import PACKAGE

JAPANESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
FOLDERS = ("serving", "api")
WORDS_OF_OTHERS = {"message", "mend"}  # an error's own, handed on


def all_subclasses(kind):
    return {kind} | {found for child in kind.__subclasses__() for found in all_subclasses(child)}


@pytest.fixture(scope="module")
def trees():
    """Path in the package -> module, of the two folders and of the command that starts the server."""
    paths = [path for folder in FOLDERS for path in sorted((PACKAGE / folder).rglob("*.py"))]
    return {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8")) for path in paths} | {
        "cli/serve.py": ast.parse((PACKAGE / "cli" / "serve.py").read_text("utf-8"))
    }


@pytest.fixture(scope="module")
def error_names(trees):
    """The names of all errors: those of ``seikaku.errors``, and the classes in the folders that stand on them."""
    names = {kind.__name__ for kind in all_subclasses(SeikakuError) if kind.__module__ == errors.__name__}
    classes = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for _ in classes:
        names |= {node.name for node in classes for base in node.bases if getattr(base, "id", "") in names}
    return names


def is_both(node):
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "both"


class Module:
    """A module's names that stand for a text in both languages."""

    def __init__(self, tree):
        assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign) and is_both(node.value)]
        self.known = {target.id for node in assigned for target in node.targets if isinstance(target, ast.Name)}

    def speaks_both(self, node):
        if isinstance(node, ast.Attribute):
            return node.attr in WORDS_OF_OTHERS
        return is_both(node) or getattr(node, "id", "") in self.known


def handed_on(tree, node):
    """Whether a call passes on what its own function was given: whoever calls that one is looked at."""
    names = {getattr(argument, "id", "") for argument in node.args}
    return any(
        names <= {argument.arg for argument in function.args.args}
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and node in ast.walk(function)
    )


def find_self_worded(trees):
    """Errors that make their texts themselves, of what else they are given: it is their class that is looked at."""
    return {
        found.name
        for tree in trees.values()
        for found in ast.walk(tree)
        if isinstance(found, ast.ClassDef)
        for made in found.body
        if isinstance(made, ast.FunctionDef)
        and made.name == "__init__"
        and "message" not in [argument.arg for argument in made.args.args]
    }


def texts_of(node, name, self_worded):
    """The texts that a call gives to an error; FieldsError has one for each field."""
    if name == "FieldsError":
        pairs = node.args[0].elts if node.args and isinstance(node.args[0], ast.List) else []
        return [pair.elts[1] for pair in pairs if isinstance(pair, ast.Tuple)]
    return [] if name in self_worded else node.args[:2]


def find_silent(trees, error_names):
    """Places where an error gets a text without English, and how many places were looked at."""
    silent, n_sites, self_worded = [], 0, find_self_worded(trees)
    for path, tree in trees.items():
        module = Module(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", "")
            if getattr(node.func, "attr", "") == "__init__" and isinstance(node.func.value, ast.Call):
                name = "super"
            elif name not in error_names:
                continue
            texts = texts_of(node, name, self_worded)
            n_sites += bool(texts)
            if not all(map(module.speaks_both, texts)) and not handed_on(tree, node):
                silent.append(f"{path}:{node.lineno} {name}")
    return silent, n_sites


def test_every_error_has_english(trees, error_names):
    silent, n_sites = find_silent(trees, error_names)
    assert not silent, "give both(japanese, english)"
    assert n_sites > 50 and {"FieldsError", "ConsentError", "UserError"} <= error_names


@pytest.mark.parametrize("code", [
    'raise UserError("だめです。", "直してください。")',
    'raise UserError(both("だめです。", "No."), "直してください。")',
    'raise UserError(f"{1} はだめです。", both("直してください。", "Mend it."))',
    'mend = "直してください。"\nraise UserError(both("だめです。", "No."), mend)',
    'raise FieldsError([("version", "日付にしてください")])',
    'class Own(UserError):\n    def __init__(self):\n        super().__init__("だめです。", "直してください。")',
])  # fmt: skip
def test_a_place_without_english_is_found(code, error_names):
    silent, _ = find_silent({"planted.py": ast.parse(code)}, error_names)
    assert len(silent) == 1


def test_each_text_is_of_its_language(trees):
    wrong, n_texts = [], 0
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if not is_both(node):
                continue
            japanese, english = (
                "".join(str(part.value) for part in ast.walk(text) if isinstance(part, ast.Constant))
                for text in node.args
            )
            n_texts += 1
            is_written_here = isinstance(node.args[0], ast.Constant | ast.JoinedStr)
            if (is_written_here and not JAPANESE.search(japanese)) or JAPANESE.search(english):
                wrong.append(f"{path}:{node.lineno}")
    assert not wrong and n_texts > 150
