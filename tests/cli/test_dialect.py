"""One dialect: every flag of every command works with hyphens and with underscores, whichever its help shows."""

import click
import pytest

from seikaku.cli.main import cli, run


def commands(group, context, path=()):
    """(path, command, its context) for the root, every group and every verb."""
    yield path, group, context
    if isinstance(group, click.Group):
        for verb in group.list_commands(context):
            command = group.get_command(context, verb)
            inner = click.Context(command, context, info_name=verb, **command.context_settings)
            yield from commands(command, inner, (*path, verb))


ALL = list(commands(cli, click.Context(cli, info_name="seikaku", **cli.context_settings)))


def test_the_walk_reaches_every_level():
    paths = {path for path, _, _ in ALL}
    assert {(), ("analyze",), ("train",), ("cloud", "train"), ("cloud", "stack", "up")} <= paths
    assert len(paths) > 25


@pytest.mark.parametrize(("path", "command", "context"), ALL, ids=[" ".join(path) or "seikaku" for path, _, _ in ALL])
def test_every_option_works_in_both_spellings(path, command, context):
    checked = 0
    for param in command.get_params(context):
        for option in param.opts if isinstance(param, click.Option) else ():
            if not option.startswith("--"):
                continue
            name = option.removeprefix("--")
            for spelling in (name.replace("-", "_"), name.replace("_", "-")):
                value = [] if param.is_flag or param.count else ["x"]
                values, rest, _ = command.make_parser(context).parse_args([f"--{spelling}", *value])
                assert param.name in values and not rest, f"--{spelling}"
                checked += 1
    assert checked >= 2  # at least --help


@pytest.mark.parametrize(("path", "command", "context"), ALL, ids=[" ".join(path) or "seikaku" for path, _, _ in ALL])
def test_only_the_root_decides(path, command, context):
    assert bool(command.context_settings) == (command is cli)
    assert context.help_option_names == ["-h", "--help"]


@pytest.mark.parametrize("flag", ["--all-speakers", "--all_speakers"])
def test_analyze_takes_both(flag, tmp_path, trained_model_folder, capsys):
    talk = tmp_path / "talk.txt"
    talk.write_text("花子：おはよう\n太郎：おはようございます\n", encoding="utf-8")
    assert run(["analyze", str(talk), flag, "--csv", "-", "--model", str(trained_model_folder)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_mistyped_flag_is_told_the_one_that_the_help_shows(capsys):
    assert run(["analyze", "talk.txt", "--all_speaker"]) == 2
    assert "（近いもの: --all-speakers" in capsys.readouterr().err
    assert run(["serve", "--max-char", "1"]) == 2
    assert "--max_chars" in capsys.readouterr().err
