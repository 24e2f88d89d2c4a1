"""What every test of the cloud part stands on: a fake account, and a guard that nothing leaves the loopback."""

import functools
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aws_environment import ACCOUNT_ID, REGION, aws_environment, is_foreign
from doctor_patient import answer_with, build_patient
from moto.iam.responses import IamResponse
from socket_guard import SocketGuard, only_loopback
from stage_iam import Permissions
from stage_wire import AwsRequest

BUCKET = f"seikaku-{ACCOUNT_ID}"
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}},
        }
    ],
}


@pytest.fixture(autouse=True, scope="session")
def one_loader() -> Iterator[None]:
    """botocore's descriptions of AWS are read once: each test makes clients anew, and reading is most of that work."""
    import botocore.loaders
    import botocore.session

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", functools.cache(botocore.loaders.create_loader))
        yield


@pytest.fixture(autouse=True)
def fake_aws(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keys that open nothing, and no setting of the caller's own; returns the folder that stands for the home."""
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if is_foreign(name)]:
        monkeypatch.delenv(name)
    for name, value in aws_environment(home).items():
        monkeypatch.setenv(name, value)
    return home


@pytest.fixture(autouse=True)
def socket_guard() -> Iterator[SocketGuard]:
    """Fails the test when anything tried to leave the loopback, even where the code caught the error."""
    with only_loopback() as guard:
        yield guard
    assert not guard.stopped


ROLE_POLICY = {  # what both roles of the fixture may do, on anything
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject",
                       "ecr:GetAuthorizationToken", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": "*",
        }
    ],
}  # fmt: skip


def simulate(response: Any) -> str:
    """SimulatePrincipalPolicy, which moto lacks: read from the policies that moto keeps."""
    import boto3

    form = urlencode(response.querystring, doseq=True)
    answer = Permissions(boto3.client("iam")).simulate(AwsRequest("POST", "/", {}, form.encode()))
    return answer.body.decode()


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS in this process: an empty account."""
    from moto import mock_aws

    monkeypatch.setattr(IamResponse, "simulate_principal_policy", simulate, raising=False)
    with mock_aws():
        yield


@pytest.fixture
def account(moto: None) -> Any:
    """The account with the bucket and the two roles that `stack up` would make, named in its settings."""
    from seikaku.cloud.account.session import Account
    from seikaku.cloud.account.settings import CloudSettings

    roles = {name: f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-{name}" for name in ("train", "serve")}
    made = Account(CloudSettings(bucket=BUCKET, role_arn=roles["train"], serve_role_arn=roles["serve"]))
    made.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in roles:
        iam = made.client("iam")
        iam.create_role(RoleName=f"seikaku-{name}", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.put_role_policy(RoleName=f"seikaku-{name}", PolicyName=name, PolicyDocument=json.dumps(ROLE_POLICY))
    return made


@pytest.fixture
def patient(tmp_path: Path) -> Any:
    """What the doctor examines."""
    return build_patient(tmp_path)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a service's next answers: (operation, response) or (operation, error code)."""
    return answer_with(monkeypatch)


@pytest.fixture
def type_in_english(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a command line in English; what it printed, which held no Japanese but for ``quoted``: another's words."""
    from seikaku.cli.main import run

    def type_line(*arguments: Any, exit_code: int = 0, quoted: str = "") -> Any:
        capsys.readouterr()
        assert run([*map(str, arguments), "--lang", "en"]) == exit_code
        printed = capsys.readouterr()
        said = printed.out + printed.err
        assert JAPANESE.findall(said.replace(quoted, "") if quoted else said) == []
        return printed

    return type_line


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between questions, which take no time."""
    from seikaku.cloud.account import polling

    waited: list[float] = []
    monkeypatch.setattr(polling.time, "sleep", waited.append)
    return waited
