"""Names of what is made on AWS, and where things lie in the bucket. No effects.

data/<digest>/                     the processed data of a run (manifest.json, Parquet)
base-model/<name>/                 the backbone's files
code/<sha256>/sourcedir.tar.gz     what the container runs
checkpoints/<job>/                 synced while a job runs
models/<job>/output/model.tar.gz   what a job made (SageMaker appends /<job>/output/)
serve/<sha256>/model.tar.gz        a model packed for an endpoint
batch/<job>/input/ and output/     batch transform
lambda/<sha256>/handler.zip        the inference API's function
"""

import re
import secrets
from datetime import UTC, datetime

from seikaku.errors import UserError, both

PREFIX = "seikaku"  # every name begins with it: the roles' permissions are bound to it
MAX_NAME_CHARS = 63
MAX_TUNING_NAME_CHARS = 32  # SageMaker appends a trial's number and a hash
STAMP_PATTERN = r"-\d{8}-\d{6}-[0-9a-f]{2,3}"  # two: names made earlier
NAME_PATTERN = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_STACK_NAME = re.compile(r"seikaku(-?[a-z0-9])*")
_MAX_STACK_NAME_CHARS = 32  # the bucket's name adds account and region, and may have 63


def build_name(purpose: str) -> str:
    """A new name, as ``seikaku-stage1-20261122-213000-1f3``."""
    return stamp_name(f"{PREFIX}-{purpose}")


def stamp_name(name: str) -> str:
    """``name`` with ``STAMP_PATTERN`` behind it: sortable by time, and new even in the same second."""
    return f"{name}-{datetime.now(UTC).strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)[:3]}"


def build_tuning_name() -> str:
    """A new name for a tuning job, at most ``MAX_TUNING_NAME_CHARS``: ``seikaku-tune-1122-2130-1f3``."""
    return f"{PREFIX}-tune-{datetime.now(UTC).strftime('%m%d-%H%M')}-{secrets.token_hex(2)[:3]}"


def check_stack_name(name: str) -> None:
    """Raise UserError for a name that the roles' permissions and the bucket's name cannot carry."""
    if not _STACK_NAME.fullmatch(name) or len(name) > _MAX_STACK_NAME_CHARS:
        raise UserError(
            both(f"スタックの名前 {name} は使えません。", f"The stack's name cannot be {name}."),
            both(
                "--stack は seikaku で始まる英小文字・数字・ハイフン（seikaku-test など、32 字まで）にしてください。",
                "Give --stack lower-case letters, digits and hyphens that begin with seikaku (such as seikaku-test, "
                "32 characters at most).",
            ),
        )


def s3_uri(bucket: str, *parts: str) -> str:
    """``s3://bucket/part/part``."""
    return "s3://" + "/".join((bucket, *(part.strip("/") for part in parts)))


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an s3:// address."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
