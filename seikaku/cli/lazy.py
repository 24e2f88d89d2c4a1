"""Groups of commands whose verbs load late. No effects."""

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from seikaku.cli.bilingual import Command
from seikaku.cli.language import words
from seikaku.errors import both

if TYPE_CHECKING:  # only a shell that completes a line needs it
    from click.shell_completion import CompletionItem

_COMMANDS = both("コマンド", "Commands")


class LazyGroup(Command, click.Group):
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

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; what its parser finds wrong is told with the verb's help, which the parser does not name."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            command = self.get_command(ctx, ctx.invoked_subcommand or "") if error.ctx is None else None
            if command is not None:
                error.ctx = click.Context(command, ctx, info_name=ctx.invoked_subcommand)
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section(words(_COMMANDS)):
            formatter.write_dl([(verb, words(text)) for verb, (_, text) in self.verbs.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """The verbs that the word may become, without importing them, and the group's options."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(verb, help=words(text))
            for verb, (_, text) in self.verbs.items()
            if verb.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]
