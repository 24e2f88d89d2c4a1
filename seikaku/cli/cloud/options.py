"""Flags that every verb of `seikaku cloud` shares. A flag wins over SEIKAKU_<NAME>, that over the script's default."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import click

from seikaku.cloud.account.settings import CloudSettings

VERB_SETTINGS = {"token_normalize_func": lambda token: token.replace("-", "_")}
_FIELDS = {item.name: item for item in dataclasses.fields(CloudSettings)}
_NETWORK = ("kms_key", "subnets", "security_groups", "network_isolation")
WHERE = ("region", "profile", "stack", "max_attempts")
JOBS = ("bucket", "role_arn", "tags", *_NETWORK)
SERVING = ("bucket", "serve_role_arn", "tags", *_NETWORK)


def words(value: Any) -> tuple[str, ...]:
    """Texts between commas."""
    return value if isinstance(value, tuple) else tuple(part.strip() for part in value.split(",") if part.strip())


words.__name__ = "名前,名前,…"  # click shows it as the option's metavar


def cloud_options(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Options for ``WHERE`` and the named fields of CloudSettings; the command gets them as one ``settings``."""
    chosen = list(dict.fromkeys((*names, *WHERE)))

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def with_settings(**values: Any) -> Any:
            given = {name: value for name in chosen if (value := values.pop(name)) not in (None, "")}
            return command(settings=CloudSettings(**given), **values)

        decorated: Callable[..., Any] = with_settings
        for name in reversed(chosen):
            item = _FIELDS[name]
            flag: dict[str, Any] = {"type": words if isinstance(item.default, tuple) else type(item.default)}
            if isinstance(item.default, bool):
                flag = {"is_flag": True}
            variable = f"SEIKAKU_{name.upper()}"
            decorated = click.option(
                f"--{name}", name, default=None, envvar=variable, help=item.metadata["help"], **flag
            )(decorated)
        return decorated

    return decorate
