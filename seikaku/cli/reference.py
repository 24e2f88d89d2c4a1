"""Every verb's --help as one Markdown page. In: the commands themselves. Out: docs/cli.md (``make docs``)."""

import sys
from pathlib import Path

import click

from seikaku.cli.main import VERBS, cli
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
        for verb in VERBS:
            command = cli.get_command(root, verb)
            assert command is not None
            with click.Context(command, root, info_name=verb, **command.context_settings) as context:
                sections.append(_section(f"seikaku {verb}", command.get_help(context)))
    return "\n".join(sections)


def _section(title: str, help_text: str) -> str:
    lines = [line.rstrip() for line in help_text.splitlines()]
    return "\n".join([f"## {title}", "", "```text", *lines, "```", ""])


if __name__ == "__main__":
    with open_atomic(Path(sys.argv[1])) as page:
        page.write(render_reference())
