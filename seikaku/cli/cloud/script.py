"""What stands behind `run_sagemaker.py`: its three names as defaults of `cloud train`. Reads the environment."""

import os
from collections.abc import Callable, Mapping
from functools import partial

from seikaku.cli.main import run

_FLAGS = {"ROLE_ARN": "role_arn", "BUCKET_NAME": "bucket", "REGION": "region"}


def run_with(written: Mapping[str, str]) -> Callable[..., int]:
    """`seikaku` with these values where neither a flag nor a SEIKAKU_ variable gives one.

    ``written``: what the script says, by the script's names; a variable of the same name wins over it.
    """
    values = {flag: os.environ.get(name) or written[name] for name, flag in _FLAGS.items()}
    return partial(run, defaults={"cloud": {"train": values}})
