"""The inference API from outside: its function as a zip in the bucket, and calls to it.

In: the account, a conversation as JSON. Out: the API's answer. Effects: writes to S3; sends the conversation.
"""

import hashlib
import io
import json
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from seikaku.cloud.account.session import Account
from seikaku.cloud.account.storage import encryption
from seikaku.errors import CloudError, UserError, both
from seikaku.places import PACKAGE

# Sent as they are: never imported here.
_HANDLER = PACKAGE / "cloud" / "stack" / "lambda_handler.py"
_LANGUAGE = PACKAGE / "accept_language.py"
TIMEOUT_SECONDS = 35  # the HTTP API itself gives up after 30
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold: the same code gives the same bytes
_REGION = re.compile(r"\.execute-api\.([a-z0-9-]+)\.")
# What the HTTP API answers by itself, before the function: status -> (what happened, mend).
_GATEWAY = {
    401: (
        both("推論 API がトークンを受け付けませんでした。", "The inference API did not take the token."),
        both(
            "有効な JWT を環境変数 SEIKAKU_API_TOKEN に入れてください。",
            "Put a valid JWT into the variable SEIKAKU_API_TOKEN.",
        ),
    ),
    403: (
        both("推論 API が呼び出しを断りました。", "The inference API refused the call."),
        both(
            "スタックの出力 ApiCallerPolicyArn のポリシーを、呼び出す人に付けてください。"
            "JWT の API なら、SEIKAKU_API_TOKEN にトークンを入れてください。",
            "Attach the policy of the stack's output ApiCallerPolicyArn to whoever calls. For an API with JWT, put the "
            "token into SEIKAKU_API_TOKEN.",
        ),
    ),
    404: (
        both("この URL に推論 API はありません。", "There is no inference API at this URL."),
        both(
            "--url か、seikaku cloud stack up の出力を確かめてください。",
            "Check --url, or what seikaku cloud stack up printed.",
        ),
    ),
    413: (
        both("会話が大きすぎます。", "The conversation is too large."),
        both(
            "会話を短く分けるか、seikaku cloud batch を使ってください。",
            "Split the conversation, or use seikaku cloud batch.",
        ),
    ),
    429: (
        both("推論 API が混み合っています。", "The inference API is busy."),
        both("少し待って、同じコマンドを実行してください。", "Wait a moment, and run the same command."),
    ),
}
_NO_ANSWER = (
    both("推論 API が答えを返せませんでした。", "The inference API could not answer."),
    both("少し待って、もう一度試してください。", "Wait a moment, and try again."),
)


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """The function's zip and where it lies in the bucket."""

    data: bytes
    key: str


def pack_function() -> FunctionCode:
    """The zip of the handler and what it imports, byte for byte the same for the same code."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, name in ((_HANDLER, _HANDLER.name), (_LANGUAGE, f"seikaku/{_LANGUAGE.name}")):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    data = packed.getvalue()
    return FunctionCode(data, f"lambda/{hashlib.sha256(data).hexdigest()}/handler.zip")


def upload_function(account: Account, bucket: str, code: FunctionCode) -> None:
    """Put the zip into the bucket, encrypted."""
    account.client("s3").put_object(Bucket=bucket, Key=code.key, Body=code.data, **encryption(account))


def find_url(account: Account) -> str:
    """The address of the stack's API. Raises UserError where the stack has none."""
    url = account.stack_outputs.get("ApiUrl", "")
    if not url:
        raise UserError(
            both(
                f"推論 API がありません（スタック {account.settings.stack} に ApiUrl がありません）。",
                f"There is no inference API (the stack {account.settings.stack} has no ApiUrl).",
            ),
            both(
                "seikaku cloud stack up --endpoint_name seikaku で作るか、--url を指定してください。",
                "Make one with seikaku cloud stack up --endpoint_name seikaku, or give --url.",
            ),
        )
    return url


def ask(account: Account, url: str, request: dict[str, Any], token: str, lang: str) -> dict[str, Any]:
    """Send one request to the API, which answers in the words of ``lang``; returns its answer.

    Signed with the account's credentials, or with ``token`` as a bearer. Raises UserError where the API refuses the
    request, CloudError where it cannot answer, botocore's exceptions where it cannot be reached.
    """
    headers = {"Content-Type": "application/json", "Accept-Language": lang}
    status, document = _send(account, url.rstrip("/") + "/v1/estimates", json.dumps(request).encode(), headers, token)
    if status == 200:
        return document
    if "detail" in document:
        kind = UserError if status < 429 else CloudError
        detail, mend, request_id = (str(document.get(key, "")) for key in ("detail", "mend", "request_id"))
        raise kind(  # in the words of the API itself
            both(detail, f"The inference API says: {detail}"),
            both(f"{mend}（{status}、request_id: {request_id}）", f"{mend} ({status}, request_id: {request_id})"),
        )
    message, mend = _GATEWAY.get(status, _NO_ANSWER)
    told = both(f"{message}（{status}）", f"{message.english} ({status})")
    raise CloudError(told, both(mend, mend.english), str(status))


def _send(account: Account, url: str, body: bytes, headers: dict[str, str], token: str) -> tuple[int, dict[str, Any]]:
    """Status and JSON of the answer; an empty object where it is no JSON object."""
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    request = AWSRequest("POST", url, headers, body)
    if token:
        request.headers["Authorization"] = f"Bearer {token}"
    else:
        _sign(account, request)
    session = URLLib3Session(timeout=TIMEOUT_SECONDS, proxies=get_environ_proxies(url))
    answer = session.send(request.prepare())
    try:
        document = json.loads(answer.content)
    except ValueError:
        document = None
    return int(answer.status_code), document if isinstance(document, dict) else {}


def _sign(account: Account, request: Any) -> None:
    """Add the signature of the account's credentials. Raises NoCredentialsError where there are none."""
    import boto3
    from botocore.auth import SigV4Auth
    from botocore.exceptions import NoCredentialsError

    credentials = boto3.Session(profile_name=account.settings.profile or None).get_credentials()
    if credentials is None:
        raise NoCredentialsError
    named = _REGION.search(request.url)
    region = named.group(1) if named else account.region
    SigV4Auth(credentials.get_frozen_credentials(), "execute-api", region).add_auth(request)
