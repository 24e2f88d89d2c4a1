"""Help, completion and suggestions: in one language at a time, and without loading what is not asked for."""

import os
import re
import subprocess
import sys

import click
import pytest

from seikaku.cli.language import speaking
from seikaku.cli.main import cli, run
from seikaku.conversation.readers import FORMAT_NAMES

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
# The words that click itself writes.
CLICKS = re.compile(
    r"\b(?:Usage|Options|Commands|Positional|OPTIONS|COMMAND|ARGS|INTEGER|FLOAT|TEXT|BOOLEAN|DIRECTORY|FILE|PATH|default:"
    r"|required|env var|dynamic|Show|Aborted)\b"
)


def walk(group, context, path=()):
    """(path, command, its context) for the root, every group and every verb."""
    yield path, group, context
    for verb in group.list_commands(context) if isinstance(group, click.Group) else ():
        command = group.get_command(context, verb)
        yield from walk(command, click.Context(command, context, info_name=verb), (*path, verb))


ALL = {path: (command, context) for path, command, context in walk(cli, click.Context(cli, info_name="seikaku"))}


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_the_japanese_help_holds_no_word_of_clicks(path):
    command, context = ALL[path]
    text = command.get_help(context)
    assert JAPANESE.search(text)
    assert CLICKS.findall(text) == []


@pytest.mark.parametrize("path", [path for path in ALL if path[:1] != ("cloud",)], ids=" ".join)
def test_the_english_help_holds_no_japanese(path):
    command, context = ALL[path]
    with speaking("en"):
        text = command.get_help(context)
    assert "Usage: " in text and "Options:" in text
    assert JAPANESE.findall(text) == []


@pytest.mark.parametrize("verbs", [[], ["cloud"], ["cloud", "stack"]], ids=" ".join)
@pytest.mark.parametrize(("lang", "usage"), [("ja", "使い方: "), ("en", "Usage: ")])
def test_a_group_without_a_verb_is_its_help(capsys, monkeypatch, verbs, lang, usage):
    monkeypatch.setenv("SEIKAKU_LANG", lang)
    assert run(verbs) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.startswith(" ".join([usage.strip(), "seikaku", *verbs]))
    assert run([*verbs, "--help"]) == 0
    assert capsys.readouterr().out == printed.out


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["analyse"], "analyze"),
        (["serv"], "serve"),
        (["cloud", "stauts"], "status"),
        (["cloud", "stack", "dwon"], "down"),
    ],
)
def test_a_mistyped_verb_is_told_the_one_that_is_meant(capsys, arguments, near):
    assert run(arguments) == 2
    path = " ".join(["seikaku", *arguments[:-1]])
    assert capsys.readouterr().err == (
        f"エラー: コマンド {arguments[-1]} はありません（近いもの: {near}）。\n"
        f"対処: {path} --help で使い方を確かめてください。\n"
    )


def test_a_verb_that_is_like_none_is_told_without_a_guess(capsys):
    assert run(["zzz"]) == 2
    assert capsys.readouterr().err.startswith("エラー: コマンド zzz はありません。\n")


def complete(*typed):
    """What a shell offers for the last word, and which modules that took."""
    line = " ".join(["seikaku", *typed])
    environ = {**os.environ, "_SEIKAKU_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(typed))}
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        "from seikaku.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    offered = [tuple(line.split(",", 1)) for line in done.stdout.splitlines() if line]
    return offered, set(done.stderr.split())


def test_verbs_are_completed_without_loading_them():
    offered, modules = complete("")
    assert [word for _, word in offered] == list(cli.verbs)
    assert not {"numpy", "rich", "seikaku.cli.analyze"} & modules


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (("im",), ["import"]),
        (("cloud", "sta"), ["stack", "status"]),
        (("analyze", "--form"), ["--format"]),
        (("analyze", "--format", "l"), [name for name in FORMAT_NAMES if name.startswith("l")]),
        (("import", "--format", ""), list(FORMAT_NAMES)),
        (("batch", "--lang", ""), ["ja", "en"]),
        (("--lang", "e"), ["en"]),
        (("evaluate", "--split", ""), ["test", "validation"]),
    ],
    ids=" ".join,
)
def test_what_is_completed(typed, expected):
    assert [word for _, word in complete(*typed)[0]] == expected


@pytest.mark.parametrize("typed", [("analyze", "ta"), ("import", "ta"), ("batch", "ta"), ("analyze", "--csv", "ta")])
def test_files_are_left_to_the_shell(typed):
    assert complete(*typed)[0] == [("file", "ta")]


def test_speakers_are_not_completed():
    assert complete("analyze", "--speaker", "")[0] == []
