"""click's commands, options and arguments with their help in both languages, and the options that verbs share.

In: texts of ``errors.both``. Out: help in the language of the command line, chosen when it is printed. No effects.
"""

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import click

from seikaku.cli.cells import count_cells, wrap, wrap_paragraphs
from seikaku.cli.language import LANGS, VARIABLE, hush, language, words
from seikaku.errors import both

HELP_FLAG = "--help"
_HELP = both("この説明を表示して終わる", "Show this message and exit")


class _HelpInBoth:
    """Of a command or an option: ``help`` is read in the language of the command line."""

    _help: str | None = None

    @property
    def help(self) -> str | None:
        """The help text."""
        return None if self._help is None else words(self._help)

    @help.setter
    def help(self, text: str | None) -> None:
        self._help = text


class Command(_HelpInBoth, click.Command):
    """A command whose help is in both languages."""


class Option(_HelpInBoth, click.Option):
    """An option whose help and metavar are in both languages."""

    def __init__(self, param_decls: Sequence[str] | None = None, **attributes: Any) -> None:
        super().__init__(param_decls, **attributes)
        self.help = attributes.get("help")  # click cleans it, and what is made of it knows no English

    def make_metavar(self, *args: Any, **kwargs: Any) -> str:
        """What stands for the value in the help (click before 8.2 gives no context)."""
        return words(super().make_metavar(*args, **kwargs))


class Argument(click.Argument):
    """An argument whose metavar, which errors show too, is in both languages."""

    def make_metavar(self, *args: Any, **kwargs: Any) -> str:
        """What stands for the argument in the help and in errors."""
        return words(super().make_metavar(*args, **kwargs))


verb = functools.partial(click.command, cls=Command)
option = functools.partial(click.option, cls=Option)
argument = functools.partial(click.argument, cls=Argument)

lang_option: Callable[[Callable[..., Any]], Callable[..., Any]] = option(
    "--lang",
    type=click.Choice(LANGS),
    expose_value=False,
    help=both(
        f"表示の言語（既定: 環境変数 {VARIABLE}、なければ ja）",
        f"Language of what is shown (default: the variable {VARIABLE}, else ja)",
    ),
)
quiet_option: Callable[[Callable[..., Any]], Callable[..., Any]] = option(
    "--quiet",
    "-q",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=hush,
    help=both(
        "お知らせと進み具合を表示しない（結果・警告・エラーだけ）",
        "No notes, no progress: results, warnings and errors only",
    ),
)


model_option: Callable[[Callable[..., Any]], Callable[..., Any]] = option(
    "--model",
    metavar=both("フォルダ", "FOLDER"),
    type=click.Path(path_type=Path),
    help=both("モデル（既定: 同梱モデル）", "Model (default: the embedded one)"),
)


allow_download_option: Callable[[Callable[..., Any]], Callable[..., Any]] = option(
    "--allow_download",
    is_flag=True,
    help=both(
        "モデルの土台が手元になければ、Hugging Face から取得する",
        "Fetch the model's backbone from Hugging Face if it is not here",
    ),
)


class HelpFormatter(click.HelpFormatter):
    """click's help; in Japanese also its own fixed words."""

    _HEADINGS: ClassVar = {"Options": "オプション", "Commands": "コマンド", "Positional arguments": "引数"}
    _USAGE: ClassVar = {"[OPTIONS]": "[オプション]", "COMMAND [ARGS]...": "コマンド [引数]..."}
    _KINDS: ClassVar = {
        "INTEGER": "整数",
        "FLOAT": "数",
        "TEXT": "文字",
        "BOOLEAN": "true|false",
        "FILE": "ファイル",
        "DIRECTORY": "フォルダ",
        "PATH": "パス",
    }
    _KIND: ClassVar = re.compile(rf"(?<![\w|\[])({'|'.join(_KINDS)})(?: RANGE)?(?![\w|\]])")
    _NOTES: ClassVar = (("[default: ", "[既定: "), ("[required]", "[必須]"), ("; required]", "; 必須]"))

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The usage line."""
        if language() == "ja":
            prefix = "使い方: "
            for english, japanese in self._USAGE.items():
                args = args.replace(english, japanese)
        super().write_usage(prog, args, prefix)

    def write_heading(self, heading: str) -> None:
        """The heading of a section."""
        super().write_heading(self._HEADINGS.get(heading, heading) if language() == "ja" else heading)

    def write_text(self, text: str) -> None:
        """Paragraphs."""
        if language() != "ja":
            super().write_text(text)
            return
        for line in wrap_paragraphs(text, self.width - self.current_indent):
            self.write(f"{'':{self.current_indent}}{line}".rstrip() + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Options and their texts; the help option's own text is click's."""
        shown = [(name, words(_HELP) if HELP_FLAG in name else text) for name, text in rows]
        if language() != "ja":
            super().write_dl(shown, col_max, col_spacing)
            return
        shown = [self._in_japanese(name, text) for name, text in shown]
        column = min(max(count_cells(name) for name, _ in shown), col_max) + col_spacing
        margin = " " * (self.current_indent + column)
        for name, text in shown:
            room = column - col_spacing - count_cells(name)
            head = f"{'':{self.current_indent}}{name}" + (" " * (room + col_spacing) if room >= 0 else f"\n{margin}")
            self.write(head + f"\n{margin}".join(wrap(text, self.width - column - 2)) + "\n")

    def _in_japanese(self, name: str, text: str) -> tuple[str, str]:
        for english, japanese in self._NOTES:
            text = text.replace(english, japanese)
        return self._KIND.sub(lambda found: self._KINDS[found[1]], name), text


click.Context.formatter_class = HelpFormatter


def read_count(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    """A callback: a whole number from 0 on."""
    if value is not None and not (value.isascii() and value.isdigit()):
        raise click.BadParameter(
            both(f"{value}（0 以上の整数を指定してください）", f"{value} (it must be a whole number, 0 or more)")
        )
    return None if value is None else int(value)
