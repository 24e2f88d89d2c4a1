"""Every verb's --help as Markdown, a page a language. In: the commands. Out: docs/cli.md, cli.en.md (``make docs``)."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from seikaku.cli.language import LANGS, Lang, speaking
from seikaku.cli.main import cli
from seikaku.files import open_atomic

_WIDTH = 100  # fixed, so that the page does not depend on the terminal
_JAPANESE_HEADER = """\
# コマンド

[English]({english})

このページは各コマンドの `--help` から作られています（`make docs`）。手で直さないでください。

- 終了コード: 0 成功、1 seikaku か環境の問題、2 入力か使い方の問題、130 中断。
- エラーは 2 行です。1 行目が起きたこと（見つかった値つき）、2 行目が直し方。
  Python のトレースバックは `seikaku --debug …` のときだけ表示します。
- `python -m seikaku` は `seikaku` と同じです。
- コマンドを付けない `seikaku`（`seikaku cloud` なども）はヘルプを表示します。
  コマンドやオプションを打ち間違えると、近いものを示します。
- 進み具合は、端末で動かしたときだけ標準エラーに出ます。
  `--quiet`（`-q`）は進み具合とお知らせを消し、結果・警告・エラーだけを残します。
  `seikaku --quiet …` は、どのコマンドの進み具合も消します。
- 書き出すファイルのフォルダがないときは、始める前にそう伝え、書くときに作ります。
  形式と合わない拡張子（`--html report.pdf` など）と、読み込むファイルへの上書きは、始める前に断ります。

## 表示の言語

`--lang en` か環境変数 `SEIKAKU_LANG=en` で英語になります（両方あれば `--lang`）。
`seikaku --lang en …` はどのコマンドにも効きます。

```sh
export SEIKAKU_LANG=en
```

どのコマンドも、ヘルプ、結果の表示、お知らせが英語になります。まだ英語のない言葉（学習の記録の行、一部のエラー）は
日本語のまま表示します。JSON と CSV の中身は、言語で変わりません。

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
"""
_ENGLISH_HEADER = """\
# Commands

[日本語]({japanese})

This page is made of each command's `--help` (`make docs`). Do not edit it by hand.

- Exit codes: 0 fine, 1 a fault of seikaku or of the machine, 2 a mistake in the input or the call, 130 interrupted.
- An error has two lines: what happened (with the value that was found), and how to mend it.
  Python's traceback is shown with `seikaku --debug …` only.
- `python -m seikaku` is the same as `seikaku`.
- `seikaku` without a command (`seikaku cloud` and the like too) shows its help.
  To a mistyped command or option the nearest ones are named.
- Progress goes to standard error, and only where a terminal shows it.
  `--quiet` (`-q`) silences progress and notes, and leaves results, warnings and errors.
  `seikaku --quiet …` does so for every command.
- Where the folder of an output is not there, this is told before the work begins, and it is made when the file is
  written. An ending of another format (`--html report.pdf`), and an output that is also read, are refused before that.

## Language

`--lang en`, or `SEIKAKU_LANG=en` in the environment, makes it English (the flag wins).
`seikaku --lang en …` does so for every command.

```sh
export SEIKAKU_LANG=en
```

Help, results and notes of every command are then in English. What has no English yet (lines of training logs, some
errors) stays Japanese. What is in JSON and CSV is the same in both languages.

## Completion

Tab completes commands, options, values of `--format` and `--lang`, and names of files (but not of speakers).
Run one of these lines, then open a new terminal.

bash (4.4 or later; that of macOS is older, so use zsh there):

```sh
echo 'eval "$(_SEIKAKU_COMPLETE=bash_source seikaku)"' >> ~/.bashrc
```

zsh (with `compinit` switched on):

```sh
echo 'eval "$(_SEIKAKU_COMPLETE=zsh_source seikaku)"' >> ~/.zshrc
```

fish:

```sh
_SEIKAKU_COMPLETE=fish_source seikaku > ~/.config/fish/completions/seikaku.fish
```
"""


def render_reference(lang: Lang, names: Mapping[Lang, str]) -> str:
    """The page's Markdown: the command's own help, then one section a verb in the order of a user's work.

    ``names``: the pages' files, which link to each other.
    """
    header = {"ja": _JAPANESE_HEADER, "en": _ENGLISH_HEADER}[lang].format(japanese=names["ja"], english=names["en"])
    with speaking(lang), click.Context(cli, info_name="seikaku", terminal_width=_WIDTH, **cli.context_settings) as root:
        return "\n".join([header, _section("seikaku", cli.get_help(root)), *_verb_sections(cli, root)])


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


def write_pages(japanese: Path) -> None:
    """Write the Japanese page, and the English one beside it."""
    names: dict[Lang, str] = {"ja": japanese.name, "en": f"{japanese.stem}.en{japanese.suffix}"}
    for lang in LANGS:
        with open_atomic(japanese.with_name(names[lang])) as page:
            page.write(render_reference(lang, names))


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
