"""SageMaker's runtime on the loopback, in front of a real container: what InvokeEndpoint checks, and how it fails.

In: containers by endpoint name. Out: an address for AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME. Effect: listens on 127.0.0.1.

    with start_shim({"seikaku": container_url}) as shim:
        shim.fail_next("ThrottlingException", 400)
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from stage_serving import INSTANCE_BYTES, ask
from stage_wire import AwsAnswer, AwsRequest, listen

_INVOCATION = re.compile(r"/endpoints/([^/?]+)/invocations$")


class RuntimeShim:
    """The runtime; ``requests`` holds every call in the order in which they came."""

    def __init__(self, containers: Mapping[str, str]) -> None:
        self.containers = dict(containers)
        self.requests: list[AwsRequest] = []
        self.url = ""
        self._failures: list[tuple[str, int]] = []
        self._delay_seconds = 0.0

    def fail_next(self, code: str, status: int) -> None:
        """Answer the next call with AWS's error of that name."""
        self._failures.append((code, status))

    def delay_next(self, seconds: float) -> None:
        """Answer the next call late."""
        self._delay_seconds = seconds

    def answer(self, request: AwsRequest) -> AwsAnswer:
        """The answer to one call."""
        self.requests.append(request)
        delay, self._delay_seconds = self._delay_seconds, 0.0
        time.sleep(delay)
        if request.service != "sagemaker" or "Signature=" not in request.headers.get("Authorization", ""):
            return _refuse("MissingAuthenticationTokenException", 403)
        if self._failures:
            return _refuse(*self._failures.pop(0))
        found = _INVOCATION.search(request.path)
        url = self.containers.get(found.group(1)) if found else None
        if url is None:
            return _refuse("ValidationError", 400)
        if len(request.body) > INSTANCE_BYTES:
            return _refuse("ValidationError", 400)
        return ask(url, request)


def _refuse(code: str, status: int) -> AwsAnswer:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return AwsAnswer(status, json.dumps({"Message": f"{code} (played)"}).encode(), headers)


@contextmanager
def start_shim(containers: Mapping[str, str]) -> Iterator[RuntimeShim]:
    """Run the shim in front of ``containers`` (endpoint name -> address)."""
    shim = RuntimeShim(containers)
    with listen(shim.answer) as shim.url:
        yield shim
