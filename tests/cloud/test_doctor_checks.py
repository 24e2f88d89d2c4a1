"""Each check of the doctor with a good and a bad answer of AWS; whatever is not well has its mend."""

import json
import types
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from seikaku.cloud import check_access, check_machine, check_permissions, check_quotas, check_resources
from seikaku.cloud.account import Account
from seikaku.cloud.checks import Patient, examine
from seikaku.cloud.settings import CloudSettings

ACCOUNT_ID = "123456789012"
REGION = "ap-northeast-1"
BUCKET = f"seikaku-{ACCOUNT_ID}"
TRAIN = f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-train"
SERVE = f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-serve"
USER = f"arn:aws:iam::{ACCOUNT_ID}:user/hanako"
IMAGE = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/made-up-training:1.0-gpu"


@pytest.fixture
def patient(tmp_path):
    settings = CloudSettings(bucket=BUCKET, role_arn=TRAIN, serve_role_arn=SERVE)
    return Patient(settings, "ml.g4dn.xlarge", tmp_path, tmp_path / "processed")


@pytest.fixture
def answer(monkeypatch):
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


def test_the_library(patient, monkeypatch):
    assert look(check_access.check_library, patient)["boto3"].status == "ok"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    check = look(check_access.check_library, patient)["boto3"]
    assert check.status == "failed" and "pip install 'seikaku[aws]'" in check.mend


def test_credentials_that_work(patient, answer):
    answer("sts", ("get_caller_identity", caller()))
    found = look(check_access.check_credentials, patient)
    assert {check.status for check in found.values()} == {"ok"}
    assert f"アカウント {ACCOUNT_ID}、user/hanako" in found["認証情報"].line
    assert "差は" in found["時計"].line


def test_no_credentials(patient, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    check = look(check_access.check_credentials, patient)["認証情報"]
    assert check.status == "failed" and "aws sso login" in check.mend


@pytest.mark.parametrize(
    ("code", "line"),
    [("ExpiredToken", "期限が切れています"), ("InvalidClientTokenId", "アクセスキーが正しくありません"),
     ("SignatureDoesNotMatch", "署名が合いません"), ("SomethingNew", "SomethingNew")],
)  # fmt: skip
def test_credentials_that_aws_refuses(patient, answer, code, line):
    answer("sts", ("get_caller_identity", code))
    check = look(check_access.check_credentials, patient, "認証情報")["認証情報"]
    assert check.status == "failed" and line in check.line


def test_the_root_user_is_warned_of(patient, answer):
    answer("sts", ("get_caller_identity", caller(f"arn:aws:iam::{ACCOUNT_ID}:root")))
    assert look(check_access.check_credentials, patient)["ルート"].status == "warning"


@pytest.mark.parametrize(("seconds", "status"), [(0, "ok"), (120, "warning"), (-120, "warning"), (900, "failed")])
def test_the_clock(patient, answer, seconds, status):
    answer("sts", ("get_caller_identity", caller(date=datetime.now(UTC) + timedelta(seconds=seconds))))
    check = look(check_access.check_credentials, patient)["時計"]
    assert check.status == status
    assert status == "ok" or "NTP" in check.mend


def test_a_clock_that_aws_does_not_tell(patient, answer):
    answer("sts", ("get_caller_identity", caller() | {"ResponseMetadata": {}}))
    assert look(check_access.check_credentials, patient)["時計"].status == "skipped"


@pytest.mark.parametrize(("soon", "status"), [(True, "warning"), (False, "ok")])
def test_lent_credentials_that_expire(soon, status):
    lent = types.SimpleNamespace(refresh_needed=lambda seconds: soon)
    check = check_access._check_expiry(lent)
    assert check.status == status and "30 分" in check.line
    assert not soon or "aws sso login" in check.mend


def test_the_region(patient):
    assert look(check_access.check_region, patient)["リージョン"].status == "ok"
    elsewhere = Patient(CloudSettings(region="mars-north-1"), "", Path(), Path())
    check = look(check_access.check_region, elsewhere)["リージョン"]
    assert check.status == "failed" and "mars-north-1" in check.line and "--region" in check.mend


def test_a_bucket_as_it_should_be(account, patient):
    s3 = account.client("s3")
    s3.put_public_access_block(
        Bucket=BUCKET,
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    found = look(check_resources.check_bucket, patient)
    assert {check.status for check in found.values()} == {"ok"}
    assert "AES256" in found["バケットの暗号化"].line


def test_a_bucket_that_anyone_might_open(answer, patient):
    answer("s3", ("head_bucket", {}), ("get_bucket_location", {"LocationConstraint": "eu-west-1"}),
           ("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError"),
           ("get_public_access_block", "NoSuchPublicAccessBlockConfiguration"))  # fmt: skip
    found = look(check_resources.check_bucket, patient)
    assert found["バケットのリージョン"].status == "failed" and "eu-west-1" in found["バケットのリージョン"].line
    assert found["バケットの暗号化"].status == "warning"
    assert found["バケットの公開"].status == "failed"
    assert f"put-public-access-block --bucket {BUCKET}" in found["バケットの公開"].mend


def test_a_bucket_whose_settings_may_not_be_read(answer, patient):
    answer("s3", ("head_bucket", {}), ("get_bucket_location", {"LocationConstraint": REGION}),
           ("get_bucket_encryption", "AccessDenied"), ("get_public_access_block", "AccessDenied"))  # fmt: skip
    found = look(check_resources.check_bucket, patient)
    assert found["バケットの暗号化"].status == found["バケットの公開"].status == "skipped"
    assert "s3:GetEncryptionConfiguration" in found["バケットの暗号化"].line


def test_no_such_bucket(account):
    elsewhere = Patient(CloudSettings(bucket="seikaku-nowhere"), "", Path(), Path())
    check = look(check_resources.check_bucket, elsewhere)["バケット"]
    assert check.status == "failed" and "seikaku-nowhere がありません" in check.line
    assert "--bucket" in check.mend and "stack up" in check.mend


def test_no_bucket_named_and_no_stack(moto):
    check = look(check_resources.check_bucket, Patient(CloudSettings(), "", Path(), Path()), "バケット")["バケット"]
    assert check.status == "failed" and "seikaku cloud stack up" in check.mend


def test_a_bucket_that_may_not_be_asked_about_is_skipped(answer, patient):
    answer("s3", ("head_bucket", "403"))
    check = look(check_resources.check_bucket, patient, "バケット")["バケット"]
    assert check.status == "skipped" and "権限" in check.line


def test_roles_that_sagemaker_may_take(account, patient):
    found = look(check_resources.check_roles, patient)
    assert [check.status for check in found.values()] == ["ok", "ok"]


def test_roles_that_are_missing_untrusting_or_hidden(answer, patient):
    policy = {
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]
    }
    role = {
        "Path": "/", "RoleName": "seikaku-train", "RoleId": "AROA" + "A" * 16, "Arn": TRAIN,
        "CreateDate": datetime(2026, 1, 1, tzinfo=UTC), "AssumeRolePolicyDocument": json.dumps(policy),
    }  # fmt: skip
    answer("iam", ("get_role", {"Role": role}), ("get_role", "NoSuchEntity"))
    found = look(check_resources.check_roles, patient)
    assert found["学習のロール"].status == "failed" and "信頼関係" in found["学習のロール"].mend
    assert found["推論のロール"].status == "failed" and "--serve_role_arn" in found["推論のロール"].mend
    answer("iam", ("get_role", "AccessDenied"), ("get_role", "AccessDenied"))
    hidden = look(check_resources.check_roles, patient)
    assert {check.status for check in hidden.values()} == {"skipped"}
    assert "iam:GetRole" in hidden["学習のロール"].line


SAGEMAKER = {"Service": "sagemaker.amazonaws.com"}


@pytest.mark.parametrize(
    ("effect", "action", "principal", "trusts"),
    [
        ("Allow", ["sts:AssumeRole", "sts:TagSession"], {"Service": ["a", "sagemaker.amazonaws.com"]}, True),
        ("Deny", "sts:AssumeRole", SAGEMAKER, False),
        ("Allow", "sts:TagSession", SAGEMAKER, False),
        ("Allow", "sts:AssumeRole", "*", False),
    ],
)
def test_trust(effect, action, principal, trusts):
    statement = {"Effect": effect, "Action": action, "Principal": principal}
    assert check_resources.trusts_sagemaker({"Statement": statement}) is trusts
    assert check_resources.trusts_sagemaker({"Statement": [{}, statement]}) is trusts
    assert check_resources.trusts_sagemaker({}) is False


def test_logs(answer, patient):
    answer("logs", ("describe_log_groups", {"logGroups": []}))
    assert "最初のジョブ" in look(check_resources.check_logs, patient)["ログ"].line
    answer("logs", ("describe_log_groups", "AccessDeniedException"))
    assert look(check_resources.check_logs, patient, "ログ")["ログ"].status == "skipped"


@pytest.fixture
def image(monkeypatch):
    """The training image's address, whichever is pinned."""

    def name(uri):
        monkeypatch.setattr(check_resources, "training_image", lambda region: uri)

    name(IMAGE)
    return name


def test_the_image(answer, patient, image):
    answer("ecr", ("batch_get_image", {"images": [{"imageId": {"imageTag": "1.0-gpu"}}]}))
    check = look(check_resources.check_image, patient)["イメージ"]
    assert check.status == "ok" and "made-up-training:1.0-gpu" in check.line
    missing = {"images": [], "failures": [{"failureCode": "ImageNotFound"}]}
    answer("ecr", ("batch_get_image", missing))
    assert look(check_resources.check_image, patient)["イメージ"].status == "failed"
    answer("ecr", ("batch_get_image", "AccessDeniedException"))
    assert look(check_resources.check_image, patient, "イメージ")["イメージ"].status == "skipped"
    image("no-registry/at-all")
    assert "読み取れません" in look(check_resources.check_image, patient)["イメージ"].line


def test_the_pinned_image_has_an_address_that_can_be_asked_about(answer, patient):
    answer("ecr", ("batch_get_image", {"images": [{"imageId": {"imageTag": "any"}}]}))
    check = look(check_resources.check_image, patient)["イメージ"]
    assert check.status == "ok" and "huggingface-pytorch-training" in check.line


def simulated(need, decision="allowed", **more):
    results = [{"EvalActionName": action, "EvalDecision": decision} | more for action in need.actions]
    return ("simulate_principal_policy", {"EvaluationResults": results})


def all_needs():
    place = check_permissions.Place(REGION, ACCOUNT_ID, BUCKET, "ml.g4dn.xlarge")
    return (
        check_permissions.operator_needs(place, (TRAIN, SERVE)),
        check_permissions.train_role_needs(place),
        check_permissions.serve_role_needs(place),
    )


def test_permissions_that_suffice(answer, patient):
    answer("sts", ("get_caller_identity", caller()), ("get_caller_identity", caller()))
    answer("iam", *(simulated(need) for needs in all_needs() for need in needs))
    found = look(check_permissions.check_permissions, patient)
    assert [check.status for check in found.values()] == ["ok"] * 3
    assert list(found) == ["操作する人の権限", "学習のロールの権限", "推論のロールの権限"]


def test_permissions_that_are_refused_are_named(answer, patient):
    operator, train, serve = all_needs()
    answer("sts", ("get_caller_identity", caller()), ("get_caller_identity", caller()))
    answer(
        "iam",
        *(simulated(need) for need in operator[:-2]),
        *(simulated(need, "implicitDeny") for need in operator[-2:]),
    )
    answer(
        "iam",
        *(simulated(need) for need in train[:-1]),
        simulated(train[-1], "explicitDeny", MissingContextValues=["aws:username"]),
    )
    answer(
        "iam",
        *(simulated(need) for need in serve[:-1]),
        simulated(serve[-1], "implicitDeny", MissingContextValues=["aws:username"]),
    )
    found = look(check_permissions.check_permissions, patient)
    assert found["操作する人の権限"].status == "failed" and "iam:PassRole" in found["操作する人の権限"].line
    assert "OperatorPolicy" in found["操作する人の権限"].mend
    assert found["学習のロールの権限"].status == "failed" and "stack up" in found["学習のロールの権限"].mend
    # A condition that the simulation cannot fill in refuses without meaning it: no false alarm.
    assert found["推論のロールの権限"].status == "skipped" and "logs:PutLogEvents" in found["推論のロールの権限"].line


def test_permissions_that_may_not_be_simulated_are_no_illness(answer, patient):
    answer("sts", ("get_caller_identity", caller()), ("get_caller_identity", caller()))
    answer("iam", *(("simulate_principal_policy", code) for code in ("AccessDenied", "NoSuchEntity", "AccessDenied")))
    found = look(check_permissions.check_permissions, patient)
    assert {check.status for check in found.values()} == {"skipped"}
    assert "iam:SimulatePrincipalPolicy" in found["操作する人の権限"].line


def test_pass_role_is_asked_about_with_its_condition(patient, monkeypatch):
    client = boto3.client("iam", region_name=REGION)
    stub = Stubber(client)
    expected = {
        "PolicySourceArn": USER,
        "ActionNames": ["iam:PassRole"],
        "ResourceArns": [TRAIN],
        "ContextEntries": [
            {"ContextKeyName": "iam:PassedToService", "ContextKeyValues": ["sagemaker.amazonaws.com"],
             "ContextKeyType": "string"}
        ],
    }  # fmt: skip
    need = next(need for need in all_needs()[0] if "iam:PassRole" in need.actions)
    stub.add_response("simulate_principal_policy", simulated(need)[1], expected)
    stub.activate()
    monkeypatch.setattr(Account, "client", lambda account, service: client)
    (check,) = check_permissions._simulate(patient.account, "権限", USER, [need], "直す")
    assert check.status == "ok"


@pytest.mark.parametrize(
    ("arn", "principal"),
    [
        (USER, USER),
        (f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/Admin/hanako", f"arn:aws:iam::{ACCOUNT_ID}:role/Admin"),
    ],
)
def test_the_principal_behind_a_session(arn, principal):
    assert check_permissions.principal_arn(arn) == principal


def test_the_root_user_needs_no_simulation(patient):
    (check,) = check_permissions._simulate(patient.account, "権限", f"arn:aws:iam::{ACCOUNT_ID}:root", [], "直す")
    assert check.status == "ok"


def test_no_asked_permission_is_outside_our_names():
    for need in all_needs()[0]:
        assert "seikaku" in need.resource or ":log-group:/aws/sagemaker/" in need.resource


def quotas(**values):
    found = [
        {
            "QuotaName": f"ml.g4dn.xlarge for {usage}",
            "QuotaCode": f"L-{number}",
            "Value": values.get(usage.split()[0], 2.0),
        }
        for number, usage in enumerate(check_quotas.USAGES)
    ]
    name = "Maximum total concurrency that can be allocated across all serverless endpoints"
    return [*found, {"QuotaName": name, "QuotaCode": "L-S", "Value": values.get("serverless", 10.0)}]


def test_quotas_in_pages(answer, patient):
    first, *others = quotas()
    answer("service-quotas", ("list_service_quotas", {"Quotas": [first], "NextToken": "more"}),
           ("list_service_quotas", {"Quotas": others}))  # fmt: skip
    found = look(check_quotas.check_quotas, patient)
    assert {check.status for check in found.values()} == {"ok"}
    assert len(found) == 2 + len(check_quotas.USAGES)


def test_quotas_of_zero_say_how_to_ask(answer, patient):
    answer("service-quotas", ("list_service_quotas", {"Quotas": quotas(spot=0.0, endpoint=0.0, serverless=0.0)}))
    found = look(check_quotas.check_quotas, patient)
    spot = found["上限: スポットでの学習（既定）"]
    assert spot.status == "failed" and "ml.g4dn.xlarge for spot training job usage: 0" in spot.line
    assert (
        "request-service-quota-increase" in spot.mend
        and f"--quota-code L-0 --desired-value 1 --region {REGION}" in spot.mend
    )
    assert found["上限: 常時動くエンドポイント（任意）"].status == "warning"
    assert found["上限: サーバーレスのエンドポイント（既定）"].status == "failed"


def test_an_instance_type_that_the_region_does_not_know(answer, patient):
    answer("service-quotas", ("list_service_quotas", {"Quotas": quotas()[-1:]}))
    check = look(check_quotas.check_quotas, patient)["インスタンス"]
    assert check.status == "failed" and "--instance_type" in check.mend


def test_quotas_that_may_not_be_read(answer, patient):
    answer("service-quotas", ("list_service_quotas", "AccessDeniedException"))
    assert look(check_quotas.check_quotas, patient, "上限")["上限"].status == "skipped"


def test_data(patient):
    check = look(check_machine.check_data, patient)["データ"]
    assert check.status == "warning" and "preprocess_data.py" in check.mend
    patient.data_folder.mkdir()
    (patient.data_folder / "manifest.json").write_bytes(b"{}" * 1024**2)
    assert "2 MiB" in look(check_machine.check_data, patient)["データ"].line


@pytest.mark.parametrize(("free_gib", "status"), [(100, "ok"), (1, "warning")])
def test_disk(patient, monkeypatch, free_gib, status):
    monkeypatch.setattr("shutil.disk_usage", lambda path: types.SimpleNamespace(free=free_gib * 1024**3))
    found = look(check_machine.check_disk, patient)
    assert {check.status for check in found.values()} == {status}
    assert status == "ok" or "--nemotron_limit" in found["データの取得"].mend


def test_memory(patient):
    assert look(check_machine.check_memory, patient)["GPU のメモリ"].status == "ok"
    cpu = Patient(patient.settings, "ml.m5.xlarge", patient.repository, patient.data_folder)
    assert look(check_machine.check_memory, cpu)["GPU のメモリ"].status == "skipped"


def test_memory_that_is_short(patient, monkeypatch):
    monkeypatch.setattr(check_machine, "memory_gb", lambda shape, workload: 15.0)
    check = look(check_machine.check_memory, patient)["GPU のメモリ"]
    assert check.status == "warning" and "--gradient_accumulation_steps 2" in check.mend
