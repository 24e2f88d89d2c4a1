"""Every verb's --help as one Markdown page. In: the commands themselves. Out: docs/cli.md (``make docs``)."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from seikaku.cli.main import cli
from seikaku.files import open_atomic

_WIDTH = 100  # fixed, so that the page does not depend on the terminal
_HEADER = """\
# コマンド

このページは各コマンドの `--help` から作られています（`make docs`）。手で直さないでください。

- 終了コード: 0 成功、1 seikaku か環境の問題、2 入力か使い方の問題、130 中断。
- エラーは 2 行です。1 行目が起きたこと（見つかった値つき）、2 行目が直し方。
  Python のトレースバックは `seikaku --debug …` のときだけ表示します。
- `python -m seikaku` は `seikaku` と同じです。
"""


def render_reference() -> str:
    """The page's Markdown: the command's own help, then one section a verb in the order of a user's work."""
    with click.Context(cli, info_name="seikaku", terminal_width=_WIDTH, **cli.context_settings) as root:
        sections = [_HEADER, _section("seikaku", cli.get_help(root))]
        sections += _verb_sections(cli, root)
    return "\n".join(sections)


def _verb_sections(group: click.Group, parent: click.Context) -> Iterator[str]:
    """One section a verb, the verbs of a group behind the group's own."""
    for verb in group.list_commands(parent):
        command = group.get_command(parent, verb)
        assert command is not None
        with click.Context(command, parent, info_name=verb, **command.context_settings) as context:
            yield _section(context.command_path, command.get_help(context))
            if isinstance(command, click.Group):
                yield from _verb_sections(command, context)


def _section(title: str, help_text: str) -> str:
    lines = [line.rstrip() for line in help_text.splitlines()]
    return "\n".join([f"## {title}", "", "```text", *lines, "```", ""])


if __name__ == "__main__":
    with open_atomic(Path(sys.argv[1])) as page:
        page.write(render_reference())
