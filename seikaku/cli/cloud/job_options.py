"""The flags of a job's machine, which `train` and `tune` share. No effects."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import click

from seikaku.cloud.jobs.compute import Compute


def compute_options(**defaults: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """One option for each field of Compute; the command gets ``defaults`` and what was given as a dict ``compute``."""
    items = dataclasses.fields(Compute)

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def with_compute(**values: Any) -> Any:
            given = {item.name: value for item in items if (value := values.pop(item.name)) is not None}
            return command(compute=defaults | given, **values)

        decorated: Callable[..., Any] = with_compute
        for item in reversed(items):
            default = defaults.get(item.name, item.default)
            flag: dict[str, Any] = {"type": type(default)}
            text = item.metadata["help"]
            if isinstance(default, bool):
                flag = {"is_flag": True, "default": None}
            else:
                text += f"（既定: {default if isinstance(default, str) else f'{default:g}'}）"
            decorated = click.option(f"--{item.name}", item.name, help=text, **flag)(decorated)
        return decorated

    return decorate
