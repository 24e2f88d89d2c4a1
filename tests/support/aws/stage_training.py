"""SageMaker training on the stage: moto only keeps records, so the jobs run here, in the real container contract.

In: CreateTrainingJob and its relatives, as sent. Out: answers of AWS's shape. Effects: processes, S3, CloudWatch Logs.

What AWS does and this does too: role and inputs are checked, a name is used once, spot wants a waiting time, statuses
pass from InProgress to the end, FailureReason is the container's failure file, metrics are what the request's own
expressions find in the log, checkpoints go to S3, the artefact lies under <output>/<job>/output/model.tar.gz.
What is simplified: no queue, no instance (seconds are this machine's), no interruption, the log comes at the end;
a spot job is billed ``SPOT_SHARE`` of its time, a number made up here.
"""

import copy
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aws_environment import ACCOUNT_ID, REGION
from stage_iam import Permissions
from stage_wire import AwsError

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
SPOT_SHARE = 0.3
_REQUEST_FIELDS = (
    "TrainingJobName", "HyperParameters", "AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig",
    "ResourceConfig", "VpcConfig", "StoppingCondition", "EnableNetworkIsolation", "EnableManagedSpotTraining",
    "CheckpointConfig", "Environment", "RetryStrategy",
)  # fmt: skip


@dataclass
class TrainingJob:
    """A job: what was asked, what Describe tells, and whether it has ended."""

    request: dict[str, Any]
    told: dict[str, Any]
    ended: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    drawn: dict[str, str] = field(default_factory=dict)  # a trial's own hyperparameters
    log: str = ""

    @property
    def status(self) -> str:
        """InProgress, Stopping, Completed, Failed or Stopped."""
        return str(self.told["TrainingJobStatus"])

    def turn(self, secondary: str, status: str = "InProgress", message: str = "") -> None:
        """Go on to the next status."""
        now = time.time()
        transitions = self.told.setdefault("SecondaryStatusTransitions", [])
        if transitions:
            transitions[-1]["EndTime"] = now
        transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": message})
        self.told |= {"TrainingJobStatus": status, "SecondaryStatus": secondary, "LastModifiedTime": now}


class TrainingJobs:
    """The account's training jobs. ``run_container(request, root, stop)`` runs one; it gives a ContainerResult."""

    def __init__(self, clients: Callable[[str], Any], root: Path, run_container: Callable[..., Any]) -> None:
        self._clients, self._root, self._run_container = clients, root, run_container
        self._permissions = Permissions(clients("iam"))
        self._lock = threading.Lock()
        self._cores = threading.Semaphore(2)
        self.jobs: dict[str, TrainingJob] = {}

    def create(self, request: dict[str, Any], tuning_arn: str | None = None) -> dict[str, Any]:
        """CreateTrainingJob: refuse what AWS refuses, then start the container in a thread."""
        self.check(request)
        name = request["TrainingJobName"]
        arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:training-job/{name}"
        told = {key: request[key] for key in _REQUEST_FIELDS if key in request}
        told |= {"TrainingJobArn": arn, "CreationTime": time.time()} | (
            {"TuningJobArn": tuning_arn} if tuning_arn else {}
        )
        job = TrainingJob(request, copy.deepcopy(told))
        job.turn("Starting", message="Starting the training job")
        with self._lock:
            if name in self.jobs:
                raise AwsError("ResourceInUse", f"Training job names must be unique within an AWS account and region, "
                               f"and a training job with this name already exists ({arn})")  # fmt: skip
            self.jobs[name] = job
        threading.Thread(target=self._run, args=(job,), daemon=True, name=name).start()
        return {"TrainingJobArn": arn}

    def check(self, request: dict[str, Any]) -> None:
        """What AWS checks before it takes a job (facts note, 7 and 8); botocore has checked types and patterns."""
        stopping, resources = request["StoppingCondition"], request["ResourceConfig"]
        if request.get("EnableManagedSpotTraining"):
            if "MaxWaitTimeInSeconds" not in stopping:
                raise AwsError("ValidationException", "MaxWaitTimeInSeconds must be set for managed spot training")
            if stopping["MaxWaitTimeInSeconds"] < stopping["MaxRuntimeInSeconds"]:
                raise AwsError("ValidationException", "MaxWaitTimeInSeconds must not be below MaxRuntimeInSeconds")
            if resources.get("KeepAlivePeriodInSeconds"):
                raise AwsError("ValidationException", "Warm pools cannot be used with managed spot training")
        role = request["RoleArn"]
        self._permissions.require_role(role)
        for channel in request.get("InputDataConfig", []):
            self._check_input(role, channel["DataSource"]["S3DataSource"]["S3Uri"])
        output = request["OutputDataConfig"]["S3OutputPath"].rstrip("/").removeprefix("s3://")
        self._permissions.require(
            role, "s3:PutObject", f"arn:aws:s3:::{output}/{request.get('TrainingJobName', '')}/output/model.tar.gz"
        )
        if checkpoints := request.get("CheckpointConfig"):
            place = checkpoints["S3Uri"].rstrip("/").removeprefix("s3://")
            self._permissions.require(role, "s3:PutObject", f"arn:aws:s3:::{place}/file")

    def _check_input(self, role: str, uri: str) -> None:
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        found = self._clients("s3").list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        if not found:
            raise AwsError("ValidationException", f"S3 data source {uri} does not hold any object")
        for item in found:
            self._permissions.require(role, "s3:GetObject", f"arn:aws:s3:::{bucket}/{item['Key']}")

    def find(self, request: dict[str, Any]) -> TrainingJob:
        """The job that a request names."""
        try:
            return self.jobs[request["TrainingJobName"]]
        except KeyError:
            raise AwsError("ValidationException", "Requested resource not found.") from None

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeTrainingJob."""
        return copy.deepcopy(self.find(request).told)

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        """StopTrainingJob: SIGTERM to the container, then the end."""
        job = self.find(request)
        if job.ended.is_set():
            raise AwsError("ValidationException", f"The request was rejected because the training job is in status "
                           f"{job.status}.")  # fmt: skip
        job.turn("Stopping", "Stopping")
        job.stop.set()
        return {}

    def list_jobs(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListTrainingJobs, newest first, in one page."""
        return {
            "TrainingJobSummaries": [
                {key: job.told[key] for key in ("TrainingJobName", "TrainingJobArn", "CreationTime", "LastModifiedTime",
                                                "TrainingJobStatus", "SecondaryStatus", "TrainingEndTime")
                 if key in job.told}
                for job in reversed(list(self.jobs.values()))
                if request.get("NameContains", "") in job.told["TrainingJobName"]
                and request.get("StatusEquals", job.status) == job.status
            ]
        }  # fmt: skip

    def _run(self, job: TrainingJob) -> None:
        try:
            with self._cores:
                self._run_to_the_end(job)
        except Exception as error:  # the stage's own fault must not leave a job that never ends
            job.told["FailureReason"] = f"InternalServerError: {type(error).__name__}: {error}"[:1024]
            job.turn("Failed", "Failed")
        finally:
            job.ended.set()

    def _run_to_the_end(self, job: TrainingJob) -> None:
        name = job.told["TrainingJobName"]
        if job.stop.is_set():
            job.turn("Stopped", "Stopped")
            return
        job.turn("Downloading", message="Downloading input data")
        job.turn("Training", message="Training image download completed. Training in progress.")
        begun = time.time()
        job.told["TrainingStartTime"] = begun
        result = self._run_container(job.request, self._root / name, job.stop)
        seconds = max(1, round(time.time() - begun))
        share = SPOT_SHARE if job.request.get("EnableManagedSpotTraining") else 1.0
        job.told |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": max(1, round(seconds * share)),
                     "TrainingEndTime": time.time()}  # fmt: skip
        job.log = result.log
        self._keep_log(name, result.log)
        job.told["FinalMetricDataList"] = read_metrics(
            job.request["AlgorithmSpecification"].get("MetricDefinitions", []), result.log
        )
        if result.model_tar is not None:  # also of a failed or stopped job: AWS packs what is there
            job.turn("Uploading", "Stopping" if job.stop.is_set() else "InProgress")
            job.told["ModelArtifacts"] = {"S3ModelArtifacts": self._keep_artefact(job.request, result.model_tar)}
        if job.stop.is_set():
            job.turn("Stopped", "Stopped")
        elif result.exit_code == 0:
            job.turn("Completed", "Completed")
        else:
            job.told["FailureReason"] = f"AlgorithmError: {result.failure or ''}, exit code: {result.exit_code}"[:1024]
            job.turn("Failed", "Failed")

    def _keep_artefact(self, request: dict[str, Any], model_tar: Path) -> str:
        place = request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        uri = f"{place}/{request['TrainingJobName']}/output/model.tar.gz"
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        self._clients("s3").upload_file(str(model_tar), bucket, key)
        return uri

    def _keep_log(self, name: str, log: str) -> None:
        logs = self._clients("logs")
        now = int(time.time() * 1000)
        stream = f"{name}/algo-1-{now // 1000}"
        if not logs.describe_log_groups(logGroupNamePrefix=LOG_GROUP)["logGroups"]:
            logs.create_log_group(logGroupName=LOG_GROUP)
        logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
        events = [{"timestamp": now + number, "message": line} for number, line in enumerate(log.splitlines()) if line]
        for begin in range(0, len(events), 1000):
            logs.put_log_events(logGroupName=LOG_GROUP, logStreamName=stream, logEvents=events[begin : begin + 1000])


def read_metrics(definitions: list[dict[str, str]], log: str) -> list[dict[str, Any]]:
    """The last value that each definition's expression finds in the log, as FinalMetricDataList tells it."""
    found = []
    for definition in definitions:
        values = re.findall(definition["Regex"], log)
        if values:
            found.append({"MetricName": definition["Name"], "Value": float(values[-1]), "Timestamp": time.time()})
    return found
