"""Flags that every verb of `seikaku cloud` shares. A flag wins over SEIKAKU_<NAME>, that over the script's default."""

from collections.abc import Callable
from typing import Any

from seikaku.cli.options import settings_options
from seikaku.cloud.account.settings import CloudSettings

_NETWORK = ("kms_key", "subnets", "security_groups", "network_isolation")
WHERE = ("region", "profile", "stack", "max_attempts")
JOBS = ("bucket", "role_arn", "tags", *_NETWORK)
SERVING = ("bucket", "serve_role_arn", "tags", *_NETWORK)


def cloud_options(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Options for the named fields of CloudSettings and for ``WHERE``; the command gets them as one ``settings``."""
    chosen = list(dict.fromkeys((*names, *WHERE)))
    return settings_options("settings", CloudSettings, build=_build, only=chosen, explains_defaults=False)


def _build(**given: Any) -> CloudSettings:
    return CloudSettings(**{name: value for name, value in given.items() if value != ""})  # "": as if it were not given
