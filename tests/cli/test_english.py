"""Every verb outside `seikaku cloud` in both languages: its help, its flags for that, and what it says of a mistake."""

import re

import pytest

from seikaku.cli.main import VERBS, run

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
SPOKEN = [verb for verb in VERBS if verb != "cloud"]
# A number for a flag that takes one, of every verb that has any.
NUMBERS = {
    "serve": "--max_waiting", "download": "--nemotron_limit", "fit": "--penalty", "train": "--epochs",
    "tune": "--trials", "evaluate": "--n_folds",
}  # fmt: skip
# What two flags mean to each other, and values that a flag's own kind does not refuse.
MISTAKES = [
    (
        ["download", "--skip_nemotron", "--skip_realpersonachat"],
        "Wrong usage: Without either corpus",
    ),
    (["download", "--realpersonachat_sha256", "1"], "'--realpersonachat_sha256' has a wrong value: a sha256 has 64"),
    (["fit", "--penalty", "-3"], "--penalty cannot be -3.0."),
    (["serve", "--port", "70000"], "--port cannot be 70000."),
    (["train", "--stage", "1", "--lora_targets", ","], "--lora_targets cannot be ''."),
    (["train", "--stage", "1", "--lora_targets", "all-linear,query"], "--lora_targets cannot be all-linear,query"),
    (["train", "--stage", "2", "--pooling", "max"], "--pooling cannot be max."),
    (["tune", "--compile", "perhaps"], "'--compile' has a wrong value: perhaps (it must be true or false)."),
    (["evaluate", "--split", "test"], "--split goes with --run."),
    (["evaluate", "--attach"], "--attach writes into a run's folder (--model ngram is none)."),
    (["evaluate", "--run", "x", "--attach", "--model", "y"], "--model, --attach does not go with --run"),
]


@pytest.fixture(autouse=True)
def english(monkeypatch, tmp_path):
    """The environment asks for English; nothing lies where the verbs look by default."""
    monkeypatch.setenv("SEIKAKU_LANG", "en")
    monkeypatch.chdir(tmp_path)


def test_all_verbs_are_looked_at():
    assert {"serve", "download", "preprocess", "fit", "train", "tune", "export", "evaluate"} <= {*SPOKEN}


@pytest.mark.parametrize("verb", SPOKEN)
def test_the_help_is_in_the_language_that_is_asked_for(capsys, verb):
    """By the variable, and by the flag, which wins; the flag and that of quiet are among the verb's own."""
    assert run([verb, "--help"]) == 0
    english = capsys.readouterr().out
    assert JAPANESE.findall(english) == []
    assert "--lang [ja|en]" in english and "-q, --quiet" in english
    assert run([verb, "--lang", "ja", "-q", "--help"]) == 0
    japanese = capsys.readouterr().out
    assert JAPANESE.search(japanese)
    flags = re.compile(r"^  (?:-\w, )?(--[\w-]+)", re.MULTILINE)
    options = [text.partition(head)[2] for text, head in ((english, "Options:\n"), (japanese, "オプション:\n"))]
    assert len(flags.findall(options[0])) > 2 and flags.findall(options[0]) == flags.findall(options[1])


@pytest.mark.parametrize("verb", SPOKEN)
def test_an_unknown_option(capsys, verb):
    assert run([verb, "--zzz"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == "Error: There is no option --zzz."
    assert second == f"Try: seikaku {verb} --help"


@pytest.mark.parametrize(("verb", "flag"), NUMBERS.items())
def test_a_value_that_is_no_number(capsys, verb, flag):
    assert run([verb, flag, "many"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"Error: '{flag}' has a wrong value: many (it must be a")
    assert JAPANESE.findall(error) == []


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=[" ".join(typed)[:40] for typed, _ in MISTAKES])
def test_a_mistake_is_told_in_english_even_where_notes_are_unwanted(capsys, arguments, message):
    assert run([*arguments, "--quiet"]) == 2
    printed = capsys.readouterr()
    first, second = printed.err.splitlines()
    assert first.startswith(f"Error: {message}") and second.startswith("Try: ")
    assert JAPANESE.findall(printed.err) == [] and printed.out == ""
