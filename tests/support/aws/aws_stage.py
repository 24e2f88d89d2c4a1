"""AWS on the loopback: a front that forwards to a moto server, and plays for real what moto only records.

In: nothing but a folder. Out: an address for AWS_ENDPOINT_URL. Effects: listens on 127.0.0.1; runs containers there.

    with AwsStage(folder) as stage:
        environment = os.environ | stage.environment()

Who plays what: ``stage_training`` (jobs in the real container contract), ``stage_tuning`` (trials as such jobs),
``stage_serving`` and ``stage_transform`` (real containers), ``stage_api`` (the HTTP API before the real
Lambda handler), ``stage_iam`` (what roles may do), ``stage_records`` (quotas, prices, images: answers of shape),
``moto_stacks`` (change sets).
"""

import contextlib
import logging
import re
import threading
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

from aws_environment import REGION, aws_environment
from moto_stacks import real_change_sets
from socket_guard import guarded_children, stopped_by
from stage_api import PREFIX, InferenceApi
from stage_iam import Permissions
from stage_records import RECORDS
from stage_serving import Containers, Endpoints
from stage_training import TrainingJobs
from stage_transform import TransformJobs
from stage_tuning import OBJECTIVE, TuningJobs
from stage_wire import AwsAnswer, AwsError, AwsRequest, forward, json_answer, listen

_API_HOST = re.compile(rb"https://[A-Za-z0-9-]+\.execute-api\.[a-z0-9-]+\.[a-z.]+")
_INVOCATION = re.compile(r"/endpoints/([^/?]+)/invocations$")


class AwsStage:
    """The stage; ``calls`` holds every call as (service, operation) in the order in which they came.

    ``play_trial(request, training)``: what a tuning job's trial comes to, in place of its container; None: it is run.
    """

    def __init__(
        self,
        root: Path,
        *,
        max_trials: int = 2,
        play_trial: Callable[[dict[str, Any], TrainingJobs], Any] | None = None,
    ) -> None:
        self.root = root
        self.calls: list[tuple[str, str]] = []
        self.faults: list[str] = []
        self.url = ""
        self._moto_port = 0
        self._made: dict[str, Any] = {}
        self._max_trials = max_trials
        self._play_trial = play_trial
        self._open = ExitStack()
        self.tags: dict[str, list[dict[str, str]]] = {}

    def __enter__(self) -> "AwsStage":
        from moto.moto_server.threaded_moto_server import ThreadedMotoServer

        self._open.enter_context(real_change_sets())
        self._open.enter_context(mock.patch.object(logging.getLogger("werkzeug"), "disabled", True))  # a line a call
        moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        moto.start()
        self._open.callback(moto.stop)
        self._moto_port = moto.get_host_and_port()[1]
        self.url = self._open.enter_context(listen(self.answer))
        self._set()
        self.reset()
        return self

    def __exit__(self, *_: Any) -> None:
        self.reset()
        self._open.close()

    def reset(self) -> None:
        """Empty the account: stop what serves, forget everything."""
        self.endpoints.close()
        self.api.close()
        forward(AwsRequest("POST", "/moto-api/reset", {}, b""), self._moto_port)
        self.calls.clear()
        self.tags.clear()
        self._set()

    def _set(self) -> None:
        for name in ("jobs", "serving"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.containers = containers = Containers(self.client, self.root / "serving", _start_container, self._inside())
        self.training = TrainingJobs(self.client, self.root / "jobs", self._run_container)
        self.tuning = TuningJobs(self.training, self._max_trials)
        self.endpoints = Endpoints(self.client, containers)
        self.transforms = TransformJobs(self.client, containers)
        self.permissions = Permissions(self.client("iam"))
        self.api = InferenceApi(self.client, self.root, _start_lambda, self._inside())
        self._overrides: dict[tuple[str, str], Callable[[AwsRequest], AwsAnswer]] = dict(RECORDS)
        played: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "CreateTrainingJob": self.training.create,
            "DescribeTrainingJob": self.training.describe,
            "StopTrainingJob": self.training.stop,
            "ListTrainingJobs": self.training.list_jobs,
            "CreateHyperParameterTuningJob": self.tuning.create,
            "DescribeHyperParameterTuningJob": self.tuning.describe,
            "ListHyperParameterTuningJobs": self.tuning.list_jobs,
            "ListTrainingJobsForHyperParameterTuningJob": self.tuning.list_trials,
            "StopHyperParameterTuningJob": self.tuning.stop,
            "CreateTransformJob": self.transforms.create,
            "DescribeTransformJob": self.transforms.describe,
            "StopTransformJob": self.transforms.stop,
            "ListTransformJobs": self.transforms.list_jobs,
            "UpdateEndpoint": self.endpoints.update,
        }
        for operation, play in played.items():
            self._overrides["sagemaker", operation] = self._as_json(play)
        for operation, alter in (
            ("CreateEndpoint", self._create_endpoint),
            ("DescribeEndpoint", self._describe_endpoint),
            ("DeleteEndpoint", self._delete_endpoint),
        ):
            self._overrides["sagemaker", operation] = alter
        self._overrides["sagemaker", "ListTags"] = self._list_tags
        self._overrides["iam", "SimulatePrincipalPolicy"] = self.permissions.simulate
        self._overrides["cloudformation", "DescribeStacks"] = self._describe_stacks
        self._overrides["cloudformation", "DeleteStack"] = self._delete_stack

    def _run_container(self, request: dict[str, Any], folder: Path, stop: threading.Event) -> Any:
        from training_container import run_training_job

        if self._play_trial is not None and OBJECTIVE in request["HyperParameters"]:
            return self._play_trial(request, self.training)
        return run_training_job(request, self.client("s3"), folder, stop=stop, extra_env=self._inside())

    def _inside(self) -> dict[str, str]:
        """The variables of what runs here for AWS: it too speaks to the stage only, and is guarded."""
        alone = {"OMP_NUM_THREADS": "1"}  # tiny models: threads would only wait for each other
        return self.environment() | guarded_children(self.root / "guard") | alone

    def left_the_machine(self) -> list[str]:
        """What containers and the function tried to reach beyond the loopback."""
        return stopped_by(self.root / "guard")

    def environment(self) -> dict[str, str]:
        """The variables with which a process speaks to this stage and to nothing else."""
        return aws_environment(self.root / "home") | {"AWS_ENDPOINT_URL": self.url}

    def client(self, service: str) -> Any:
        """A boto3 client that speaks to moto itself, behind the front."""
        import boto3

        if service not in self._made:
            self._made[service] = boto3.client(
                service,
                region_name=REGION,
                endpoint_url=f"http://127.0.0.1:{self._moto_port}",
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
            )
        return self._made[service]

    def answer(self, request: AwsRequest) -> AwsAnswer:
        """The answer to one request; the stage's own mistakes are kept in ``faults``."""
        try:
            return self._answer(request)
        except AwsError as error:
            return error.answer()
        except Exception:
            self.faults.append(f"{request.service} {request.operation or request.path}\n{traceback.format_exc()}")
            return AwsError("NotPlayed", "the stage failed; see its faults").answer()

    def _answer(self, request: AwsRequest) -> AwsAnswer:
        if request.path.startswith(PREFIX):
            self.calls.append(("execute-api", f"{request.method} {request.path.removeprefix(PREFIX)}"))
            return self.api.answer(request)
        if found := _INVOCATION.search(request.path):
            self.calls.append(("sagemaker", "InvokeEndpoint"))
            return self.endpoints.invoke(request, found.group(1))
        self.calls.append((request.service, request.operation or request.method))
        if not request.service:
            raise AwsError("MissingAuthenticationToken", "Missing Authentication Token", 403)
        return self._overrides.get((request.service, request.operation), self._forward)(request)

    def _forward(self, request: AwsRequest) -> AwsAnswer:
        return forward(request, self._moto_port)

    def _as_json(self, play: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[AwsRequest], AwsAnswer]:
        def answer(request: AwsRequest) -> AwsAnswer:
            asked = request.json()
            told = play(asked)
            for name, value in told.items():
                if name.endswith("Arn") and isinstance(value, str) and "Tags" in asked:
                    self.tags[value] = asked["Tags"]
            return json_answer(told)

        return answer

    def _list_tags(self, request: AwsRequest) -> AwsAnswer:
        """Moto does not know the jobs that run here."""
        arn = request.json()["ResourceArn"]
        return json_answer({"Tags": self.tags[arn]}) if arn in self.tags else self._forward(request)

    def _create_endpoint(self, request: AwsRequest) -> AwsAnswer:
        asked = request.json()
        if asked["EndpointName"] in self.endpoints.served:
            raise AwsError("ValidationException", "Cannot create already existing endpoint "
                           f'"{asked["EndpointName"]}".')  # fmt: skip
        answer = self._forward(request)
        if answer.status == 200:
            self.endpoints.check(asked["EndpointConfigName"])
            self.endpoints.create(asked["EndpointName"], asked["EndpointConfigName"])
        return answer

    def _describe_endpoint(self, request: AwsRequest) -> AwsAnswer:
        answer = self._forward(request)
        return json_answer(self.endpoints.overlay(answer.json())) if answer.status == 200 else answer

    def _delete_endpoint(self, request: AwsRequest) -> AwsAnswer:
        self.endpoints.delete(request.json()["EndpointName"])
        return self._forward(request)

    def _describe_stacks(self, request: AwsRequest) -> AwsAnswer:
        """The API's address on the loopback: nothing else would lead to it."""
        answer = self._forward(request)
        body = _API_HOST.sub(f"{self.url}{PREFIX}".encode(), answer.body)
        return AwsAnswer(answer.status, body, answer.headers)

    def _delete_stack(self, request: AwsRequest) -> AwsAnswer:
        """Moto leaves a stack's managed policies behind; AWS deletes them."""
        cloudformation, iam = self.client("cloudformation"), self.client("iam")
        (stack,) = request.form["StackName"]
        resources: list[dict[str, Any]] = []
        with contextlib.suppress(cloudformation.exceptions.ClientError):  # to delete what is not there is no mistake
            resources = cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
        answer = self._forward(request)
        for item in resources:
            if item["ResourceType"] == "AWS::IAM::ManagedPolicy":
                iam.delete_policy(PolicyArn=item["PhysicalResourceId"])
        return answer


def _start_container(*arguments: Any) -> Any:
    from serving_container import start_container

    return start_container(*arguments)


def _start_lambda(*arguments: Any) -> Any:
    from lambda_emulator import start_lambda

    return start_lambda(*arguments)
