"""Groups of commands whose verbs load late, and click's help in Japanese. No effects."""

import importlib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import click


class JapaneseFormatter(click.HelpFormatter):
    """click's help with its few fixed English words in Japanese."""

    _WORDS: ClassVar = {"Options": "オプション", "Commands": "コマンド", "Arguments": "引数"}

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The usage line."""
        super().write_usage(prog, args, prefix="使い方: ")

    def write_heading(self, heading: str) -> None:
        """The heading of a section."""
        super().write_heading(self._WORDS.get(heading, heading))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Options and their texts; the help option's own text is click's."""
        shown = [(name, "この説明を表示して終わる" if "--help" in name else text) for name, text in rows]
        super().write_dl(shown, col_max, col_spacing)


click.Context.formatter_class = JapaneseFormatter


class LazyGroup(click.Group):
    """A click group that imports a verb's module only when that verb is called; ``verbs``: verb -> (module, help)."""

    def __init__(self, *args: Any, verbs: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Verbs in the order of a user's work, not of the alphabet."""
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's click command, or None for an unknown verb."""
        if cmd_name not in self.verbs:
            return None
        command = importlib.import_module(self.verbs[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("コマンド"):
            formatter.write_dl([(verb, text) for verb, (_, text) in self.verbs.items()])
