"""A batch transform's life: requests to the bucket, the job, answers from the bucket, nothing left behind.

In: lines of JSON, one request each, however many. Out: the answers in the same order. Effects: temporary files, S3,
SageMaker. What is in memory is one line.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from seikaku.cloud.account.layout import s3_uri
from seikaku.cloud.account.polling import poll
from seikaku.cloud.account.rules import check_request
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.storage import download_file, upload_file
from seikaku.cloud.money.costs import CostEstimate, estimate_transform
from seikaku.cloud.serving.batch_lines import SOURCES_NAME, Outgoing, join_sources, note_sources
from seikaku.cloud.serving.batch_request import BatchPlan, build_transform
from seikaku.cloud.serving.endpoint_request import ServedModel, build_model
from seikaku.errors import CloudError, DataError, InputFileError, UserError, both
from seikaku.files import write_json

SHARD_BYTES = 32 * 1024**2  # a file in the bucket; instances share the files among themselves
RECORD_NAME = "batch.json"
_RUNNING = frozenset({"InProgress", "Stopping"})
_RECORD_VERSION = 1

Report = Callable[[str], None]
_Written = TypeVar("_Written")


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """What a later command needs to go on: the job, and how many lines each file has. No text, no names."""

    name: str
    region: str
    bucket: str
    instance_type: str
    n_instances: int
    n_lines: tuple[int, ...]

    @property
    def plan(self) -> BatchPlan:
        """Where its files lie."""
        return BatchPlan(self.name, self.instance_type, self.n_instances)

    def save(self, folder: Path) -> None:
        """Write the record into the results' folder."""
        write_json(folder / RECORD_NAME, {"version": _RECORD_VERSION} | asdict(self))


def load_record(folder: Path) -> BatchRecord:
    """The record in a results' folder. Raises DataError."""
    path = folder / RECORD_NAME
    mend = both(
        "--out に、seikaku cloud batch を実行したときのフォルダを指定してください。",
        "Give --out the folder that seikaku cloud batch was run with.",
    )
    try:
        recorded = json.loads(path.read_text(encoding="utf-8"))
        if recorded.pop("version") != _RECORD_VERSION:
            raise DataError(both(f"{path} は別の版の記録です。", f"{path} is a record of another version."), mend)
        return BatchRecord(**recorded | {"n_lines": tuple(recorded["n_lines"])})
    except FileNotFoundError:
        message = both(f"バッチ変換の記録がありません: {path}", f"There is no record of a batch transform: {path}")
        raise DataError(message, mend) from None
    except (ValueError, KeyError, TypeError) as error:
        message = both(f"バッチ変換の記録が壊れています: {path}", f"The batch transform's record is broken: {path}")
        raise DataError(message, mend) from error


def check_unused(folder: Path) -> None:
    """Raise UserError where the results' folder belongs to a transform that has not come to its end."""
    path = folder / RECORD_NAME
    if path.exists():
        raise UserError(
            both(
                f"{folder} に、終わっていないバッチ変換の記録があります。",
                f"{folder} holds the record of a batch transform that has not ended.",
            ),
            both(
                f"--attach で続きを待つか、要らなければ {path} を消してください。",
                f"Wait for it with --attach, or delete {path} if it is not wanted.",
            ),
        )


def build_requests(account: Account, plan: BatchPlan, model: ServedModel) -> dict[str, dict[str, Any]]:
    """Both requests in order, by operation. Raises UserError for what AWS would refuse."""
    requests = {
        "CreateModel": build_model(plan.name, model, account.serve_role_arn, account.settings),
        "CreateTransformJob": build_transform(plan, account.bucket, account.settings),
    }
    for operation, request in requests.items():
        check_request(operation, request)
    return requests


def begin(
    account: Account,
    plan: BatchPlan,
    requests: Mapping[str, dict[str, Any]],
    lines: Iterable[Outgoing],
    folder: Path,
) -> BatchRecord:
    """Send the lines, start the job, write its record into ``folder``. What lies in the bucket goes when that fails.

    Raises InputFileError where no line can be sent.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        n_lines = upload_requests(account, plan, note_sources(folder, lines))
        if not n_lines:
            raise InputFileError(
                both("推定できる会話がありません。", "There is no conversation to estimate from."),
                both("入力と --speaker を確かめてください。", "Check the input and --speaker."),
            )
        start(account, requests)
    except BaseException:
        (folder / SOURCES_NAME).unlink(missing_ok=True)
        clear(account, plan.name)
        raise
    record = BatchRecord(
        plan.name, account.region, account.bucket, plan.instance_type, plan.n_instances, tuple(n_lines)
    )
    record.save(folder)
    return record


def collect(
    account: Account,
    record: BatchRecord,
    folder: Path,
    write: Callable[[Iterator[tuple[str, dict[str, Any]]]], _Written],
    report: Report,
    max_hours: float,
) -> tuple[dict[str, Any], _Written]:
    """Wait for the end and hand ``write`` every source with its answer; what AWS says of the job, and what it returned.

    Raises as ``follow`` and ``fetched_answers``.
    """
    described = follow(account, record.name, report, max_hours)
    with fetched_answers(account, record) as answers:
        return described, write(join_sources(folder, answers))


def leave(account: Account, record: BatchRecord, folder: Path, *, keep_in_bucket: bool) -> None:
    """Delete what the job left in the bucket, unless it is to be kept, and the records in ``folder``."""
    if not keep_in_bucket:
        clear(account, record.name)
    for name in (SOURCES_NAME, RECORD_NAME):
        (folder / name).unlink()


def bill(record: BatchRecord, described: Mapping[str, Any]) -> tuple[float, CostEstimate] | None:
    """Hours and cost of a job that has ended; None where AWS does not tell its times."""
    if "TransformStartTime" not in described or "TransformEndTime" not in described:
        return None
    hours = (described["TransformEndTime"] - described["TransformStartTime"]).total_seconds() / 3600
    cost = estimate_transform(record.instance_type, record.region, max_hours=hours, n_instances=record.n_instances)
    return hours, cost


def upload_requests(account: Account, plan: BatchPlan, lines: Iterable[bytes]) -> list[int]:
    """Send the lines (each with its newline) as files of about ``SHARD_BYTES``; returns the lines of each file.

    A file leaves this machine's disk as soon as the bucket has it.
    """
    counts: list[int] = []
    with tempfile.TemporaryDirectory(prefix="seikaku-") as scratch:
        path = Path(scratch) / "requests.jsonl"
        remaining = iter(lines)
        while n_lines := _write_shard(path, remaining):
            upload_file(account, path, plan.input_prefix + _shard_name(len(counts)))
            path.unlink()
            counts.append(n_lines)
    return counts


def start(account: Account, requests: Mapping[str, dict[str, Any]]) -> None:
    """Register the model and start the job."""
    client = account.client("sagemaker")
    client.create_model(**requests["CreateModel"])
    try:
        client.create_transform_job(**requests["CreateTransformJob"])
    except Exception:
        client.delete_model(ModelName=requests["CreateModel"]["ModelName"])
        raise


def follow(account: Account, name: str, report: Report, max_hours: float) -> dict[str, Any]:
    """Wait for the end; what AWS says of it then. Stops a job that runs longer. Raises CloudError if it failed."""
    client = account.client("sagemaker")
    begun, status = time.monotonic(), ""
    found: dict[str, Any] = {}
    for found in poll(lambda: dict(client.describe_transform_job(TransformJobName=name))):
        status = found["TransformJobStatus"]
        if status not in _RUNNING:
            break
        report(both(f"推定しています（{status}）", f"estimating ({status})"))
        if time.monotonic() - begun > max_hours * 3600 and status == "InProgress":
            stop(account, name)
    if status == "Completed":
        return found
    if status == "Stopped":
        raise CloudError(
            both(f"バッチ変換 {name} は途中で止まりました。", f"The batch transform {name} was stopped early."),
            both("--max_hours を延ばして、もう一度実行してください。", "Run it again with more --max_hours."),
        )
    reason = found.get("FailureReason", "")
    raise CloudError(
        both(f"バッチ変換 {name} が失敗しました: {reason}", f"The batch transform {name} failed: {reason}"),
        both(
            f"CloudWatch Logs の /aws/sagemaker/TransformJobs（{name}）を確かめてください。",
            f"Look at /aws/sagemaker/TransformJobs ({name}) in CloudWatch Logs.",
        ),
    )


def is_running(account: Account, name: str) -> bool:
    """Whether a batch transform of this name is under way."""
    found = account.client("sagemaker").list_transform_jobs(NameContains=name, StatusEquals="InProgress")
    return name in {item["TransformJobName"] for item in found["TransformJobSummaries"]}


def stop(account: Account, name: str) -> None:
    """Ask for the end of a batch transform that is running."""
    account.client("sagemaker").stop_transform_job(TransformJobName=name)


@contextmanager
def fetched_answers(account: Account, record: BatchRecord) -> Iterator[Iterator[bytes]]:
    """The answers in the order of the requests. Raises CloudError while reading when a file's lines do not add up."""
    with tempfile.TemporaryDirectory(prefix="seikaku-") as scratch:
        yield _read_answers(account, record, Path(scratch) / "answers.jsonl")


def clear(account: Account, name: str) -> None:
    """Delete what the job left: the conversations and the answers in the bucket, and the model's registration."""
    from botocore.exceptions import ClientError

    s3 = account.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=account.bucket, Prefix=f"batch/{name}/")
    for page in pages:
        if found := [{"Key": item["Key"]} for item in page.get("Contents", [])]:
            s3.delete_objects(Bucket=account.bucket, Delete={"Objects": found, "Quiet": True})
    try:
        account.client("sagemaker").delete_model(ModelName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":  # it is gone already
            raise


def _write_shard(path: Path, lines: Iterator[bytes]) -> int:
    n_lines = n_bytes = 0
    with path.open("wb") as stream:
        for line in lines:
            stream.write(line)
            n_lines, n_bytes = n_lines + 1, n_bytes + len(line)
            if n_bytes >= SHARD_BYTES:
                break
    return n_lines


def _read_answers(account: Account, record: BatchRecord, path: Path) -> Iterator[bytes]:
    for number, expected in enumerate(record.n_lines):
        name = _shard_name(number) + ".out"
        download_file(account, s3_uri(record.bucket, record.plan.output_prefix, name), path)
        with path.open("rb") as stream:
            yield from _count(stream, expected, name)
        path.unlink()


def _count(stream: IO[bytes], expected: int, name: str) -> Iterator[bytes]:
    n_lines = 0
    for line in stream:
        if line.strip():
            n_lines += 1
            yield line
    if n_lines != expected:
        raise CloudError(
            both(
                f"結果の行数が合いません（{name}: 送った {expected:,} 行、返った {n_lines:,} 行）。",
                f"The lines do not add up ({name}: sent {expected:,}, came back {n_lines:,}).",
            ),
            both(
                "もう一度実行してください。続くときは、コンテナのログを確かめてください。",
                "Run it again. Should it happen again, look at the container's log.",
            ),
        )


def _shard_name(number: int) -> str:
    return f"part-{number:05d}.jsonl"
