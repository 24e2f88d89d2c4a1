"""What stays when the stack is gone: things that still cost money, and the bucket.

In: the account. Out: names and figures. Effects: reads SageMaker and S3; deletes a bucket when asked to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seikaku.cloud.account.layout import PREFIX
from seikaku.cloud.account.session import Account
from seikaku.errors import CloudError, UserError, Words, both

_BATCH = 1000  # the most that one DeleteObjects takes
_IN_PROGRESS = {"StatusEquals": "InProgress"}
_RUNNING: tuple[tuple[str, str, str, Words, dict[str, Any], str], ...] = (
    # operation, key of the answer, key of the name, what it is, the filter of those that run, how to end it
    ("list_endpoints", "Endpoints", "EndpointName", both("エンドポイント", "the endpoint"), {},
     "seikaku cloud delete {name}"),
    ("list_training_jobs", "TrainingJobSummaries", "TrainingJobName", both("学習ジョブ", "the training job"),
     _IN_PROGRESS, "seikaku cloud stop {name}"),
    ("list_hyper_parameter_tuning_jobs", "HyperParameterTuningJobSummaries", "HyperParameterTuningJobName",
     both("チューニング", "the search"), _IN_PROGRESS, "seikaku cloud stop {name}"),
    ("list_transform_jobs", "TransformJobSummaries", "TransformJobName", both("バッチ変換", "the batch transform"),
     _IN_PROGRESS, "seikaku cloud stop {name}"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that still stands or runs, and the command that ends it."""

    kind: Words
    name: str
    ends_with: str


@dataclass(frozen=True, slots=True)
class BucketContent:
    """How much lies in a bucket."""

    n_objects: int
    n_bytes: int


def find_running(account: Account) -> list[Leftover]:
    """Endpoints and jobs of ours: SageMaker bills them for as long as they stand."""
    client = account.client("sagemaker")
    found = []
    for operation, answer_key, name_key, kind, which, command in _RUNNING:
        pages = client.get_paginator(operation).paginate(NameContains=PREFIX, **which)
        names = [item[name_key] for page in pages for item in page[answer_key]]
        found += [Leftover(kind, name, command.format(name=name)) for name in names if name.startswith(PREFIX)]
    return found


def measure_bucket(account: Account, name: str) -> BucketContent | None:
    """The bucket's content, None where there is no such bucket."""
    from botocore.exceptions import ClientError

    try:
        sizes = [size for _, _, size in _versions(account, name)]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            return None
        raise
    return BucketContent(len(sizes), sum(sizes))


def check_ours(account: Account, name: str) -> None:
    """Raise UserError for a bucket that no stack of ours made: only what seikaku made may seikaku delete."""
    from botocore.exceptions import ClientError

    try:
        tags = account.client("s3").get_bucket_tagging(Bucket=name)["TagSet"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchTagSet":
            raise
        tags = []
    if {"Key": "project", "Value": PREFIX} not in tags:
        raise UserError(
            both(
                f"バケット {name} は seikaku が作ったものではないので、消しません。",
                f"The bucket {name} is none that seikaku has made, so it is not deleted.",
            ),
            both(
                "中身を確かめて、AWS のコンソールで消してください。",
                "See what it holds, and delete it in the AWS console.",
            ),
        )


def delete_bucket(account: Account, name: str) -> None:
    """Delete every object in every version, then the bucket. Raises CloudError where an object cannot be deleted."""
    s3 = account.client("s3")
    batch: list[dict[str, str]] = []
    for key, version, _ in _versions(account, name):
        batch.append({"Key": key, "VersionId": version})
        if len(batch) == _BATCH:
            _delete(account, name, batch)
            batch = []
    if batch:
        _delete(account, name, batch)
    s3.delete_bucket(Bucket=name)


def _delete(account: Account, name: str, batch: list[dict[str, str]]) -> None:
    answer = account.client("s3").delete_objects(Bucket=name, Delete={"Objects": batch, "Quiet": True})
    if errors := answer.get("Errors"):
        raise CloudError(
            both(
                f"バケット {name} の {len(errors)} 個のオブジェクトを消せませんでした（{errors[0].get('Code', '')}）。",
                f"{len(errors)} objects of the bucket {name} could not be deleted ({errors[0].get('Code', '')}).",
            ),
            both(
                "権限（s3:DeleteObject、s3:DeleteObjectVersion）を確かめて、もう一度実行してください。",
                "Check that s3:DeleteObject and s3:DeleteObjectVersion are allowed, and run it again.",
            ),
        )


def _versions(account: Account, name: str) -> Iterator[tuple[str, str, int]]:
    """Key, version and bytes of everything in the bucket, delete markers too."""
    for page in account.client("s3").get_paginator("list_object_versions").paginate(Bucket=name):
        for item in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            yield item["Key"], item["VersionId"], item.get("Size", 0)
