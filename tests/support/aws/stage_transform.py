"""Batch transforms on the stage: a real serving container answers the lines that lie in S3.

In: CreateTransformJob, as sent. Out: answers of AWS's shape. Effects: a process, S3.

What AWS does and this does too: lines go to /invocations in batches of at most MaxPayloadInMB, the answers are joined
in the order of the lines and lie in one `.out` beside the name of each input, a refusal fails the job. What is
simplified: one container, one batch at a time, whatever the request says about instances and concurrency.
"""

import contextlib
import copy
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from aws_environment import ACCOUNT_ID, REGION
from stage_iam import Permissions
from stage_serving import Containers
from stage_wire import AwsError

_MAX_PAYLOAD_MB = 6  # where the request names none
_BATCH_SECONDS = 60


class TransformJobs:
    """The account's batch transforms."""

    def __init__(self, clients: Callable[[str], Any], containers: Containers) -> None:
        self._clients, self._containers = clients, containers
        self._permissions = Permissions(clients("iam"))
        self._told: dict[str, dict[str, Any]] = {}

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateTransformJob."""
        name = request["TransformJobName"]
        if name in self._told:
            raise AwsError("ResourceInUse", f"Job name must be unique: {name}")
        role = self._containers.check(request["ModelName"])["ExecutionRoleArn"]
        source = request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"].removeprefix("s3://")
        output = request["TransformOutput"]["S3OutputPath"].rstrip("/").removeprefix("s3://")
        self._permissions.require(role, "s3:GetObject", f"arn:aws:s3:::{source}")
        self._permissions.require(role, "s3:PutObject", f"arn:aws:s3:::{output}/part.out")
        arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:transform-job/{name}"
        told = {key: value for key, value in copy.deepcopy(request).items() if key != "Tags"}
        self._told[name] = told | {
            "TransformJobArn": arn, "TransformJobStatus": "InProgress", "CreationTime": time.time(),
        }  # fmt: skip
        threading.Thread(target=self._run, args=(self._told[name],), daemon=True, name=name).start()
        return {"TransformJobArn": arn}

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeTransformJob."""
        if request["TransformJobName"] not in self._told:
            raise AwsError("ValidationException", f"Could not find requested job with name: {request}")
        return copy.deepcopy(self._told[request["TransformJobName"]])

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        """StopTransformJob: no further file is begun."""
        self._told[request["TransformJobName"]]["TransformJobStatus"] = "Stopping"
        return {}

    def list_jobs(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListTransformJobs, newest first, in one page."""
        keys = ("TransformJobName", "TransformJobArn", "CreationTime", "TransformEndTime", "TransformJobStatus")
        return {"TransformJobSummaries": [
            {key: told[key] for key in keys if key in told}
            for told in reversed(list(self._told.values()))
            if request.get("NameContains", "") in told["TransformJobName"]
            and request.get("StatusEquals", told["TransformJobStatus"]) == told["TransformJobStatus"]
        ]}  # fmt: skip

    def _run(self, told: dict[str, Any]) -> None:
        told["TransformStartTime"] = time.time()
        try:
            with self._containers.running(told["ModelName"], SAGEMAKER_BATCH="true") as url:
                self._transform(told, url)
            told["TransformJobStatus"] = "Stopped" if told["TransformJobStatus"] == "Stopping" else "Completed"
        except Exception as error:
            told |= {"FailureReason": f"{type(error).__name__}: {error}"[:1024], "TransformJobStatus": "Failed"}
        told["TransformEndTime"] = time.time()

    def _transform(self, told: dict[str, Any], url: str) -> None:
        s3 = self._clients("s3")
        source = told["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
        bucket, _, prefix = source.removeprefix("s3://").partition("/")
        out_bucket, _, out_prefix = told["TransformOutput"]["S3OutputPath"].removeprefix("s3://").partition("/")
        found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        if not found:
            raise AwsError("ClientError", f"No S3 objects found under S3 URL {source}")
        for item in found:
            if told["TransformJobStatus"] == "Stopping":
                return
            text = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            answers = [self._ask(told, url, batch) for batch in self._batches(told, text)]
            joined = b"\n".join(answer.rstrip(b"\n") for answer in answers)
            if told["TransformOutput"].get("AssembleWith") == "Line":
                joined += b"\n"
            name = item["Key"].removeprefix(prefix).lstrip("/") or item["Key"].rpartition("/")[2]
            s3.put_object(Bucket=out_bucket, Key=f"{out_prefix.rstrip('/')}/{name}.out", Body=joined)

    @staticmethod
    def _batches(told: dict[str, Any], text: bytes) -> Iterator[bytes]:
        if told["TransformInput"].get("SplitType") != "Line":
            yield text
            return
        limit = told.get("MaxPayloadInMB", _MAX_PAYLOAD_MB) * 1_000_000
        batch = b""
        for line in text.splitlines(keepends=True):
            if batch and (len(batch) + len(line) > limit or told.get("BatchStrategy") == "SingleRecord"):
                yield batch
                batch = b""
            batch += line
        if batch:
            yield batch

    @staticmethod
    def _ask(told: dict[str, Any], url: str, body: bytes) -> bytes:
        headers = {"Content-Type": told["TransformInput"].get("ContentType", "")}
        if accept := told["TransformOutput"].get("Accept"):
            headers["Accept"] = accept
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_BATCH_SECONDS)
        with contextlib.closing(connection):
            connection.request("POST", "/invocations", body, headers)
            answer = connection.getresponse()
            text = answer.read()
        if answer.status != http.client.OK:
            raise AwsError("ClientError", f"the container answered {answer.status}; see job logs for more information")
        return text
