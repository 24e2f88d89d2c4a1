"""What the doctor's tests examine: an account and a machine of made-up names, and what AWS says of them."""

from datetime import UTC, datetime
from email.utils import format_datetime

import boto3
from botocore.stub import Stubber

from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.doctor.checks import Patient, examine

ACCOUNT_ID = "123456789012"
REGION = "ap-northeast-1"
BUCKET = f"seikaku-{ACCOUNT_ID}"
TRAIN = f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-train"
SERVE = f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-serve"
USER = f"arn:aws:iam::{ACCOUNT_ID}:user/hanako"
IMAGE = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/made-up-training:1.0-gpu"


def build_patient(tmp_path):
    settings = CloudSettings(bucket=BUCKET, role_arn=TRAIN, serve_role_arn=SERVE)
    return Patient(settings, "ml.g4dn.xlarge", tmp_path, tmp_path / "processed")


def answer_with(monkeypatch):
    """Give a service's next answers: (operation, response) or (operation, error code)."""
    clients = {}

    def client(account, service):
        return clients[service]

    def add(service, *answers):
        if service not in clients:
            clients[service] = boto3.client(service, region_name=REGION)
            clients[service].stub = Stubber(clients[service])
            clients[service].stub.activate()
        for operation, given in answers:
            if isinstance(given, str):
                clients[service].stub.add_client_error(operation, given, f"AWS says {given}")
            else:
                clients[service].stub.add_response(operation, given)

    monkeypatch.setattr(Account, "client", client)
    return add


def look(examination, patient, name="検査"):
    """The checks by name; whatever failed says what to do."""
    found = list(examine(name, examination, patient))
    assert all(check.mend for check in found if check.status in {"failed", "warning"})
    assert all(check.line for check in found)
    return {check.name: check for check in found}


def caller(arn=USER, date=None):
    headers = {"date": format_datetime(date or datetime.now(UTC), usegmt=True)}
    return {"Account": ACCOUNT_ID, "Arn": arn, "ResponseMetadata": {"HTTPHeaders": headers}}
