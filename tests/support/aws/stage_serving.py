"""Endpoints on the stage: moto keeps the records, real serving containers answer.

In: the requests, as sent. Out: answers of AWS's shape. Effects: processes, S3.

What AWS does and this does too: the model's artefact is fetched from S3 by the model's role, an endpoint is InService
only when its container's /ping says so, an update swaps containers only when the new one is ready and else keeps the
old one, InvokeEndpoint takes 6 MB (serverless 4 MB), lets three headers through and tells a container's refusal as
ModelError 424. What is simplified: one container whatever the instance count and the concurrency, statuses pass
quickly, no cold start, no blue/green alarms.
"""

import contextlib
import copy
import http.client
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aws_environment import ACCOUNT_ID, REGION
from stage_iam import Permissions
from stage_wire import AwsAnswer, AwsError, AwsRequest

_DEEP_LEARNING_REGISTRY = "763104351884"  # AWS's own images; anything else is our image
INSTANCE_BYTES, SERVERLESS_BYTES = 6 * 1024**2, 4 * 1024**2
INVOCATION_SECONDS = 60
PASSED_HEADERS = ("Content-Type", "Accept", "X-Amzn-SageMaker-Custom-Attributes")


@dataclass
class Served:
    """An endpoint's state beside moto's record."""

    told: dict[str, Any]
    container: ExitStack = field(default_factory=ExitStack)
    url: str = ""
    is_serverless: bool = False


class Containers:
    """Starts the container of a model that moto has a record of."""

    def __init__(
        self,
        clients: Callable[[str], Any],
        root: Path,
        start: Callable[..., AbstractContextManager[Any]],
        environment: dict[str, str],
    ) -> None:
        self._clients, self._root, self._start, self._environment = clients, root, start, environment
        self._permissions = Permissions(clients("iam"))
        self.logs: list[str] = []  # of those that have ended

    def check(self, model_name: str) -> dict[str, Any]:
        """The model's description. Refuses a role that is missing or may not read the artefact."""
        model = self._clients("sagemaker").describe_model(ModelName=model_name)
        self._permissions.require_role(model["ExecutionRoleArn"])
        if uri := _artefact(model):
            self._permissions.require(
                model["ExecutionRoleArn"], "s3:GetObject", f"arn:aws:s3:::{uri.removeprefix('s3://')}"
            )
        return dict(model)

    @contextlib.contextmanager
    def running(self, model_name: str, **environment: str) -> Iterator[str]:
        """The address of a container that serves the model; an exception where it does not come up."""
        model = self.check(model_name)
        primary = model["PrimaryContainer"]
        model_tar = None
        if uri := _artefact(model):
            bucket, _, key = uri.removeprefix("s3://").partition("/")
            model_tar = self._root / f"{model_name}-{secrets.token_hex(2)}.tar.gz"
            self._clients("s3").download_file(bucket, key, str(model_tar))
        kind = "huggingface" if _DEEP_LEARNING_REGISTRY in primary["Image"] else "image"
        variables = self._environment | primary.get("Environment", {}) | environment
        with self._start(kind, model_tar, variables) as container:
            try:
                yield container.url
            finally:
                self.logs.append(container.log())


class Endpoints:
    """The account's endpoints."""

    def __init__(self, clients: Callable[[str], Any], containers: Containers) -> None:
        self._clients, self._containers = clients, containers
        self.served: dict[str, Served] = {}

    def check(self, config_name: str) -> None:
        """Refuse a configuration whose model cannot be served."""
        self._containers.check(self._variant(config_name)["ModelName"])

    def create(self, name: str, config_name: str) -> None:
        """Start serving; moto has the record already."""
        told = {"EndpointConfigName": config_name, "EndpointStatus": "Creating", "CreationTime": time.time()}
        served = self.served[name] = Served(told)
        threading.Thread(target=self._bring_up, args=(served, config_name, "Failed"), daemon=True).start()

    def update(self, request: dict[str, Any]) -> dict[str, Any]:
        """UpdateEndpoint (moto has none)."""
        name, config_name = request["EndpointName"], request["EndpointConfigName"]
        served = self._find(name)
        if served.told["EndpointStatus"] != "InService":
            raise AwsError("ValidationException", f"Cannot update in-progress endpoint {self._arn(name)}.")
        self.check(config_name)
        served.told |= {"EndpointStatus": "Updating"}
        served.told.pop("FailureReason", None)
        threading.Thread(target=self._bring_up, args=(served, config_name, "InService"), daemon=True).start()
        return {"EndpointArn": self._arn(name)}

    def invoke(self, request: AwsRequest, name: str) -> AwsAnswer:
        """InvokeEndpoint, with AWS's limits and its way of telling a container's refusal."""
        served = self.served.get(name)
        if served is None or not served.url:
            return _refuse("ValidationError", f"Endpoint {name} of account {ACCOUNT_ID} not found.", 400)
        limit = SERVERLESS_BYTES if served.is_serverless else INSTANCE_BYTES
        if len(request.body) > limit:
            return _refuse("ValidationError", f"The body has {len(request.body)} bytes; the limit is {limit}", 400)
        return ask(served.url, request)

    def overlay(self, described: dict[str, Any]) -> dict[str, Any]:
        """Moto's description of an endpoint with what is true of it."""
        if served := self.served.get(described["EndpointName"]):
            variants = described.get("ProductionVariants") or [{}]
            variants[0]["VariantName"] = self._variant(served.told["EndpointConfigName"])["VariantName"]
            described = described | copy.deepcopy(served.told) | {"ProductionVariants": variants}
        return described

    def delete(self, name: str) -> None:
        """Stop serving."""
        if served := self.served.pop(name, None):
            served.container.close()

    def close(self) -> None:
        """Stop every container."""
        for name in list(self.served):
            self.delete(name)

    def _bring_up(self, served: Served, config_name: str, status_on_failure: str) -> None:
        fresh = ExitStack()
        try:
            variant = self._variant(config_name)
            url = fresh.enter_context(self._containers.running(variant["ModelName"]))
        except Exception as error:
            fresh.close()
            reason = (
                f"The primary container for production variant AllTraffic did not pass the ping health check: {error}"
            )
            served.told |= {"FailureReason": reason[:1024], "EndpointStatus": status_on_failure}
            return
        old, served.container, served.url = served.container, fresh, url
        served.is_serverless = "ServerlessConfig" in variant
        served.told |= {
            "EndpointConfigName": config_name, "EndpointStatus": "InService", "LastModifiedTime": time.time(),
        }  # fmt: skip
        old.close()

    def _variant(self, config_name: str) -> dict[str, Any]:
        config = self._clients("sagemaker").describe_endpoint_config(EndpointConfigName=config_name)
        return dict(config["ProductionVariants"][0])

    def _find(self, name: str) -> Served:
        if name not in self.served:
            raise AwsError("ValidationException", f'Could not find endpoint "{self._arn(name)}".')
        return self.served[name]

    @staticmethod
    def _arn(name: str) -> str:
        return f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:endpoint/{name}"


def _artefact(model: dict[str, Any]) -> str:
    primary = model["PrimaryContainer"]
    source = primary.get("ModelDataSource", {}).get("S3DataSource", {})
    return str(primary.get("ModelDataUrl") or source.get("S3Uri") or "")


def ask(url: str, request: AwsRequest) -> AwsAnswer:
    """What the container at ``url`` answers to an invocation, as InvokeEndpoint tells it."""
    passed = {name: request.headers[name] for name in PASSED_HEADERS if name in request.headers}
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=INVOCATION_SECONDS)
    with contextlib.closing(connection):
        connection.request("POST", "/invocations", request.body, passed)
        answer = connection.getresponse()
        body = answer.read()
    if answer.status == http.client.OK:
        kept = {"Content-Type": answer.getheader("Content-Type", ""), "x-Amzn-Invoked-Production-Variant": "AllTraffic"}
        return AwsAnswer(200, body, kept)
    message = (
        f'Received client error ({answer.status}) from primary with message "{body.decode(errors="replace")}". '
        "See the account's logs for more information."
    )
    told = {"Message": message, "OriginalStatusCode": answer.status, "OriginalMessage": body.decode(errors="replace")}
    return _refuse("ModelError", told, 424)


def _refuse(code: str, told: str | dict[str, Any], status: int) -> AwsAnswer:
    body = {"Message": told} if isinstance(told, str) else told
    return AwsAnswer(status, json.dumps(body).encode(), {
        "Content-Type": "application/json", "x-amzn-ErrorType": code})  # fmt: skip
