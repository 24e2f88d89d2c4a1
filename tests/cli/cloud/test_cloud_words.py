"""`seikaku cloud` in both languages: the help of every verb, the flags that each takes, and no text in one language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from seikaku.cli.main import cli, run
from seikaku.places import PACKAGE

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
# Japanese that is no text for whoever runs a command, and why.
OWN = {
    "cloud/jobs/training.py": {"\n対処: ", "メモリ"},  # what a job's own failure file says
    "cloud/money/plan_tables.py": None,  # tables of documents, in a language each
    "cloud/serving/trial.py": None,  # a question to the model
    "cloud/stack/lambda_handler.py": None,  # both languages in pairs of its own: nothing of the package is at hand
    "cli/cloud/batch_input.py": {"（", " 行目）"},  # a line's name in the results
}


def walk(command, context, path):
    """Every path of verbs below a command, and its own."""
    yield path
    for verb in command.list_commands(context) if isinstance(command, click.Group) else ():
        inner = command.get_command(context, verb)
        yield from walk(inner, click.Context(inner, context, info_name=verb), (*path, verb))


ROOT = click.Context(cli, info_name="seikaku")
PATHS = list(walk(cli.get_command(ROOT, "cloud"), ROOT, ("cloud",)))


def test_every_verb_is_walked():
    assert len(PATHS) == 1 + 14 + 3


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_the_help_is_in_the_language_that_is_asked_for(capsys, monkeypatch, path):
    monkeypatch.setenv("SEIKAKU_LANG", "en")
    assert run([*path, "--help"]) == 0
    english = capsys.readouterr().out
    assert english.startswith("Usage: seikaku cloud") and JAPANESE.findall(english) == []
    assert run([*path, "--lang", "ja", "--quiet", "--help"]) == 0
    japanese = capsys.readouterr().out
    assert japanese.startswith("使い方: seikaku cloud") and "お知らせと進み具合を表示しない" in japanese
    monkeypatch.delenv("SEIKAKU_LANG")
    assert run([*path, "-q", "--help"]) == 0
    assert capsys.readouterr().out == japanese


@pytest.mark.parametrize("before", [True, False])
def test_the_flags_stand_before_the_verb_or_behind(capsys, before):
    flags = ["--lang", "en", "-q"]
    assert run(["cloud", *flags, "stop"] if before else ["cloud", "stop", *flags]) == 2
    assert capsys.readouterr().err == "Error: 'NAME' is missing.\nTry: seikaku cloud stop --help\n"


def texts(path: Path) -> Iterator[tuple[str, bool]]:
    """Every text with Japanese in a module, but for docstrings, and whether it is the first of ``both``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef))
    passed = {id(node.body[0].value) for node in documented if node.body and isinstance(node.body[0], ast.Expr)}
    first = set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", "")
        if name in {
            "both",
            "_counted_option",
        }:  # of the latter the text before the last, which it hands on to the former
            first |= {id(part) for part in ast.walk(call.args[0 if name == "both" else -2])}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            if JAPANESE.search(node.value):
                yield node.value, id(node) in first


def test_no_text_is_in_japanese_alone():
    paths = [path for folder in ("cloud", "cli/cloud") for path in (PACKAGE / folder).rglob("*.py")]
    found = {path.relative_to(PACKAGE).as_posix(): list(texts(path)) for path in paths}
    assert sum(is_both for said in found.values() for _, is_both in said) > 600
    alone = {name: {text for text, is_both in said if not is_both} for name, said in found.items()}
    assert {name for name, known in OWN.items() if not alone[name]} == set()  # nothing is excused that is not there
    left = {name: said - (OWN.get(name) or set()) for name, said in alone.items() if OWN.get(name, set()) is not None}
    assert {name: said for name, said in left.items() if said} == {}
