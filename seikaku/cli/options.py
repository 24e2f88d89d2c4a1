"""Settings dataclasses as command-line flags: a field is a flag, its text is the help, its default the default.

A flag that was not typed is None, so that a command may start from other settings than the class's defaults.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
_Config = TypeVar("_Config")


def config_options(config_class: type[Any]) -> Callable[[Command], Command]:
    """One option for each field of a frozen settings class; a tuple field takes numbers with commas between."""

    def decorate(command: Command) -> Command:
        for item in reversed(dataclasses.fields(config_class)):
            default = item.default
            kind: Any = _number_list(type(default[0])) if isinstance(default, tuple) else type(default)
            if isinstance(default, bool):
                text = item.metadata["help"]
                command = click.option(f"--{item.name}", item.name, is_flag=True, default=None, help=text)(command)
                continue
            shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
            text = f"{item.metadata['help']}（既定: {shown}）"
            command = click.option(f"--{item.name}", item.name, type=kind, default=None, help=text)(command)
        return command

    return decorate


def build_config(config_class: type[_Config], values: dict[str, Any], **base: Any) -> _Config:
    """Take the class's own fields out of ``values`` (they are removed there) and build it, over ``base``."""
    names = [item.name for item in dataclasses.fields(config_class)]  # type: ignore[arg-type]
    given = {name: value for name in names if (value := values.pop(name)) is not None}
    return config_class(**base | given)


def _number_list(number: type[int] | type[float]) -> Callable[[Any], tuple[float, ...]]:
    def parse(value: Any) -> tuple[float, ...]:
        try:
            return tuple(number(part) for part in str(value).split(",") if part)
        except ValueError:
            raise click.BadParameter(f"{value}（1,3,10 のように数をコンマで並べてください）") from None

    parse.__name__ = "数,数,…"  # click shows it as the option's metavar
    return parse
