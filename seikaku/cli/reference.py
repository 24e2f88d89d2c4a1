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
- コマンドを付けない `seikaku`（`seikaku cloud` なども）はヘルプを表示します。
  コマンドやオプションを打ち間違えると、近いものを示します。
- 進み具合は、端末で動かしたときだけ標準エラーに出ます。
  `--quiet`（`-q`）は進み具合とお知らせを消し、結果とエラーだけを残します。
  `seikaku --quiet …` は、どのコマンドの進み具合も消します。
- 書き出すファイルのフォルダがないときは、始める前にそう伝え、書くときに作ります。
  形式と合わない拡張子（`--html report.pdf` など）と、読み込むファイルへの上書きは、始める前に断ります。

## 表示の言語

`--lang en` か環境変数 `SEIKAKU_LANG=en` で英語になります（両方あれば `--lang`）。
`seikaku --lang en …` はどのコマンドにも効きます。

```sh
export SEIKAKU_LANG=en
```

英語があるのは、`seikaku`・`analyze`・`import`・`batch` のヘルプ、会話とモデルを読むときのエラー・お知らせ・進み具合、
コマンドの使い方のエラーです。まだない言葉（コーパス、学習、AWS など）は日本語のまま表示します。
JSON と CSV の中身は、言語で変わりません。

*English: `--lang en`, or `SEIKAKU_LANG=en` in the environment. In English are then the help of `seikaku`, `analyze`,
`import` and `batch`, and errors, notes and progress about conversations, models and the command line. What has no
English yet (corpora, training, AWS) stays Japanese.*

## シェルの補完

コマンド、オプション、`--format` や `--lang` の値、ファイル名を Tab で補えます（話者の名前は補いません）。
次の 1 行を実行してから、新しい端末を開いてください。

bash（4.4 以上。macOS に付属の bash は古いので、zsh を使ってください）:

```sh
echo 'eval "$(_SEIKAKU_COMPLETE=bash_source seikaku)"' >> ~/.bashrc
```

zsh（`compinit` を有効にしておいてください）:

```sh
echo 'eval "$(_SEIKAKU_COMPLETE=zsh_source seikaku)"' >> ~/.zshrc
```

fish:

```sh
_SEIKAKU_COMPLETE=fish_source seikaku > ~/.config/fish/completions/seikaku.fish
```

*English: one of these lines switches completion on in bash, zsh or fish, in every new terminal.*
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
