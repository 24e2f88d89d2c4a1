"""One question to an endpoint. In: a request of the API. Out: its answer. Effects: calls AWS, waits for cold starts."""

import json
import time
from typing import Any

from seikaku.cloud.account.session import Account
from seikaku.errors import CloudError, Words, both

PAUSE_SECONDS = 5.0
_N_TRIES = 4
_NOT_YET = frozenset({"ModelNotReadyException", "ServiceUnavailable", "InternalFailure"})


def ask_endpoint(account: Account, name: str, request: dict[str, Any]) -> dict[str, Any]:
    """One question. Raises CloudError when the container refuses it, or is not ready after some tries."""
    from botocore.exceptions import ClientError, ReadTimeoutError

    client = account.client("sagemaker-runtime")
    body = json.dumps(request, ensure_ascii=False).encode()
    for tries_left in reversed(range(_N_TRIES)):
        try:
            answer = client.invoke_endpoint(
                EndpointName=name, Body=body, ContentType="application/json", Accept="application/json"
            )
            document: dict[str, Any] = json.loads(answer["Body"].read())
            return document
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ModelError":
                raise _refused(name, error.response) from error
            if code not in _NOT_YET:
                raise
            if not tries_left:
                raise _no_answer(name, both(code, code)) from error
            time.sleep(PAUSE_SECONDS)
        except ReadTimeoutError as error:  # boto3 has tried again already
            raise _no_answer(name, both("60 秒以内に答えません", "no answer within 60 s")) from error
        except ValueError as error:
            raise CloudError(
                both(
                    f"エンドポイント {name} の答えが JSON ではありません。",
                    f"The endpoint {name} does not answer in JSON.",
                ),
                both("--image が seikaku のものか確かめてください。", "Check that --image is one of seikaku."),
            ) from error
    raise AssertionError("the last try returns or raises")


def warm_up(account: Account, name: str, request: dict[str, Any]) -> float:
    """The seconds until the first answer: whoever asks next does not wait for a cold start."""
    began = time.monotonic()
    ask_endpoint(account, name, request)
    return time.monotonic() - began


def _no_answer(name: str, why: Words) -> CloudError:
    return CloudError(
        both(
            f"エンドポイント {name} が質問に答えられませんでした（{why}）。",
            f"The endpoint {name} could not answer ({why.english}).",
        ),
        both(
            f"CloudWatch Logs の /aws/sagemaker/Endpoints/{name} を確かめてください。",
            f"Look at /aws/sagemaker/Endpoints/{name} in CloudWatch Logs.",
        ),
    )


def _refused(name: str, response: dict[str, Any]) -> CloudError:
    """What the container answered: the words of its problem document, never anything else of its body."""
    status = response.get("OriginalStatusCode", "")
    try:
        detail = str(json.loads(response.get("OriginalMessage", "")).get("detail", ""))
    except (ValueError, AttributeError):
        detail = ""
    why = f"{status}: {detail}" if detail else str(status)
    return _no_answer(name, both(why, why))
