"""The HTTP API on the stage: a signed call becomes an event of API Gateway and reaches the real Lambda handler.

In: the request of a client of the inference API. Out: the function's answer. Effects: an emulated Lambda function.

What AWS does and this does too: only a call with a right SigV4 signature for `execute-api` gets in (403 else), a route
that the API has not is 404, the function runs from the zip in S3 with the environment of the stack, and its role must
allow the call of the endpoint. What is simplified: moto ignores the API's resources, so the routes are named here; no
throttling, no CORS, no JWT.
"""

import base64
import hashlib
import io
import json
import secrets
import time
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aws_environment import ACCOUNT_ID, REGION
from stage_iam import Permissions
from stage_wire import AwsAnswer, AwsRequest

ROUTES = {("POST", "/v1/estimates"), ("GET", "/health")}
PREFIX = "/execute-api"


class InferenceApi:
    """The stack's API; the function starts at the first call."""

    def __init__(
        self,
        clients: Callable[[str], Any],
        root: Path,
        start_lambda: Callable[..., AbstractContextManager[Any]],
        environment: dict[str, str],
    ) -> None:
        self._clients, self._root, self._start, self._environment = clients, root, start_lambda, environment
        self._running = ExitStack()
        self._function: Any = None
        self._digest = ""
        self._permissions = Permissions(clients("iam"))
        self._old_logs: list[str] = []

    def answer(self, request: AwsRequest) -> AwsAnswer:
        """The API's answer."""
        if not is_signed(request, self._environment["AWS_ENDPOINT_URL"]):
            return _json({"message": "Forbidden"}, 403)
        parts = urlsplit(request.path)
        path = parts.path.removeprefix(PREFIX)
        if (request.method, path) not in ROUTES:
            return _json({"message": "Not Found"}, 404)
        given = self._find().invoke(build_event(request, path, parts.query))
        body = given.get("body", "")
        raw = base64.b64decode(body) if given.get("isBase64Encoded") else body.encode()
        return AwsAnswer(given.get("statusCode", 500), raw, given.get("headers", {}))

    @property
    def log(self) -> str:
        """Everything that the function has written."""
        return "".join([*self._old_logs, self._function.log if self._function else ""])

    def close(self) -> None:
        """Stop the function."""
        if self._function is not None:
            self._old_logs.append(self._function.log)
        self._running.close()
        self._function = None

    def _find(self) -> Any:
        """The stack's function, running the code that it has now."""
        functions = self._clients("lambda").list_functions()["Functions"]
        found = next(item for item in functions if item["FunctionName"].startswith("seikaku"))
        if self._function is not None and found["CodeSha256"] == self._digest:
            return self._function
        self.close()
        folder = self._root / f"lambda-{secrets.token_hex(2)}"
        with zipfile.ZipFile(io.BytesIO(self._read_code(found["FunctionName"]))) as packed:
            packed.extractall(folder)
        given = dict(found.get("Environment", {}).get("Variables", {}))
        endpoint = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:endpoint/{given.get('ENDPOINT_NAME', '')}"
        self._permissions.require(found["Role"], "sagemaker:InvokeEndpoint", endpoint)
        self._function = self._running.enter_context(self._start(folder, self._environment | given))
        self._digest = found["CodeSha256"]
        return self._function

    def _read_code(self, name: str) -> bytes:
        """The zip in S3: moto tells no address from which the code could be fetched, so the newest one is taken."""
        s3 = self._clients("s3")
        for bucket in s3.list_buckets()["Buckets"]:
            found = s3.list_objects_v2(Bucket=bucket["Name"], Prefix="lambda/").get("Contents", [])
            if found:
                newest = max(found, key=lambda item: item["LastModified"])
                return bytes(s3.get_object(Bucket=bucket["Name"], Key=newest["Key"])["Body"].read())
        raise LookupError(f"no code of {name} in S3")


def build_event(request: AwsRequest, path: str, query: str) -> dict[str, Any]:
    """The request as an HTTP API hands it to a function (payload format 2.0)."""
    is_text = request.headers.get("Content-Type", "").startswith(("application/json", "text/"))
    return {
        "version": "2.0",
        "routeKey": f"{request.method} {path}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "requestContext": {
            "http": {"method": request.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                     "userAgent": request.headers.get("User-Agent", "")},
            "requestId": secrets.token_hex(8),
            "stage": "$default",
            "timeEpoch": int(time.time() * 1000),
        },
        "body": request.body.decode() if is_text else base64.b64encode(request.body).decode(),
        "isBase64Encoded": not is_text,
    }  # fmt: skip


def is_signed(request: AwsRequest, endpoint_url: str) -> bool:
    """Whether the signature is right: made for `execute-api`, over this body and path, with the test's own keys."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    authorization = request.headers.get("Authorization", "")
    if request.service != "execute-api" or "SignedHeaders=" not in authorization:
        return False
    sent_digest = request.headers.get("X-Amz-Content-SHA256")
    if sent_digest is not None and sent_digest != hashlib.sha256(request.body).hexdigest():
        return False
    names = authorization.split("SignedHeaders=")[1].split(",")[0].split(";")
    region = authorization.split("/")[2]
    again = AWSRequest(request.method, endpoint_url + request.path, data=request.body,
                       headers={name: request.headers.get(name, "") for name in names})  # fmt: skip
    again.context["timestamp"] = request.headers.get("X-Amz-Date", "")
    signer = SigV4Auth(Credentials("testing", "testing", "testing"), "execute-api", region)
    signature = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
    return authorization.endswith(f"Signature={signature}")


def _json(value: Any, status: int) -> AwsAnswer:
    return AwsAnswer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})
