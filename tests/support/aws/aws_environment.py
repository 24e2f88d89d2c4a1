"""The environment of a test that speaks AWS: keys that open nothing, proxies that lead nowhere, no metadata service.

In: a folder of the test's own. Out: the variables. Effect: builds a folder of wheels for pip, once a process.
"""

from collections.abc import Mapping
from pathlib import Path

from wheelhouse import pip_environment

REGION = "ap-northeast-1"
ACCOUNT_ID = "123456789012"  # moto's
DEAD_PROXY = "http://127.0.0.1:9"
# Whatever the caller's own environment sets must not reach a test.
FOREIGN = ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "PIP_", "SEIKAKU_")


def aws_environment(home: Path) -> dict[str, str]:
    """The variables; ``home`` takes the place of the user's configuration and cache."""
    variables = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(home / "no-aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "no-aws-credentials"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "HF_HUB_OFFLINE": "1",
    }
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        variables |= {name: DEAD_PROXY, name.upper(): DEAD_PROXY}
    return variables | pip_environment() | {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost"}


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` less what is foreign."""
    return {name: value for name, value in environment.items() if not is_foreign(name)}


def is_foreign(name: str) -> bool:
    """Whether a variable of the caller's environment would change what a test sees."""
    return name.startswith(FOREIGN)
