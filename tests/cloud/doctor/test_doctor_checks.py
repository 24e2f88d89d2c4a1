"""The doctor's checks of access and resources, with good and bad answers of AWS; what is not well has its mend."""

import json
import types
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from doctor_patient import ACCOUNT_ID, BUCKET, REGION, TRAIN, caller, look

from seikaku.cloud.account.images import TRAINING, TRAINING_SUCCESSOR, find_image
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.doctor import access, resources
from seikaku.cloud.doctor.checks import Patient


def test_the_library(patient, monkeypatch):
    assert look(access.check_library, patient)["boto3"].status == "ok"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    check = look(access.check_library, patient)["boto3"]
    assert check.status == "failed" and "pip install '.[aws]'" in check.mend


def test_credentials_that_work(patient, answer):
    answer("sts", ("get_caller_identity", caller()))
    found = look(access.check_credentials, patient)
    assert {check.status for check in found.values()} == {"ok"}
    assert f"アカウント {ACCOUNT_ID}、user/hanako" in found["認証情報"].line
    assert "差は" in found["時計"].line


def test_no_credentials(patient, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    check = look(access.check_credentials, patient)["認証情報"]
    assert check.status == "failed" and "aws sso login" in check.mend


@pytest.mark.parametrize(
    ("code", "line"),
    [("ExpiredToken", "期限が切れています"), ("InvalidClientTokenId", "アクセスキーが正しくありません"),
     ("SignatureDoesNotMatch", "署名が合いません"), ("SomethingNew", "SomethingNew")],
)  # fmt: skip
def test_credentials_that_aws_refuses(patient, answer, code, line):
    answer("sts", ("get_caller_identity", code))
    check = look(access.check_credentials, patient, "認証情報")["認証情報"]
    assert check.status == "failed" and line in check.line


def test_the_root_user_is_warned_of(patient, answer):
    answer("sts", ("get_caller_identity", caller(f"arn:aws:iam::{ACCOUNT_ID}:root")))
    assert look(access.check_credentials, patient)["ルート"].status == "warning"


@pytest.mark.parametrize(("seconds", "status"), [(0, "ok"), (120, "warning"), (-120, "warning"), (900, "failed")])
def test_the_clock(patient, answer, seconds, status):
    answer("sts", ("get_caller_identity", caller(date=datetime.now(UTC) + timedelta(seconds=seconds))))
    check = look(access.check_credentials, patient)["時計"]
    assert check.status == status
    assert status == "ok" or "NTP" in check.mend


def test_a_clock_that_aws_does_not_tell(patient, answer):
    answer("sts", ("get_caller_identity", caller() | {"ResponseMetadata": {}}))
    assert look(access.check_credentials, patient)["時計"].status == "skipped"


@pytest.mark.parametrize(("soon", "status"), [(True, "warning"), (False, "ok")])
def test_lent_credentials_that_expire(soon, status):
    lent = types.SimpleNamespace(refresh_needed=lambda seconds: soon)
    check = access._check_expiry(lent)
    assert check.status == status and "30 分" in check.line
    assert not soon or "aws sso login" in check.mend


def test_the_region(patient):
    assert look(access.check_region, patient)["リージョン"].status == "ok"
    elsewhere = Patient(CloudSettings(region="mars-north-1"), "", Path(), Path())
    check = look(access.check_region, elsewhere)["リージョン"]
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
    found = look(resources.check_bucket, patient)
    assert {check.status for check in found.values()} == {"ok"}
    assert "AES256" in found["バケットの暗号化"].line


def test_a_bucket_that_anyone_might_open(answer, patient):
    answer("s3", ("head_bucket", {}), ("get_bucket_location", {"LocationConstraint": "eu-west-1"}),
           ("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError"),
           ("get_public_access_block", "NoSuchPublicAccessBlockConfiguration"))  # fmt: skip
    found = look(resources.check_bucket, patient)
    assert found["バケットのリージョン"].status == "failed" and "eu-west-1" in found["バケットのリージョン"].line
    assert found["バケットの暗号化"].status == "warning"
    assert found["バケットの公開"].status == "failed"
    assert f"put-public-access-block --bucket {BUCKET}" in found["バケットの公開"].mend


def test_a_bucket_whose_settings_may_not_be_read(answer, patient):
    answer("s3", ("head_bucket", {}), ("get_bucket_location", {"LocationConstraint": REGION}),
           ("get_bucket_encryption", "AccessDenied"), ("get_public_access_block", "AccessDenied"))  # fmt: skip
    found = look(resources.check_bucket, patient)
    assert found["バケットの暗号化"].status == found["バケットの公開"].status == "skipped"
    assert "s3:GetEncryptionConfiguration" in found["バケットの暗号化"].line


def test_no_such_bucket(account):
    elsewhere = Patient(CloudSettings(bucket="seikaku-nowhere"), "", Path(), Path())
    check = look(resources.check_bucket, elsewhere)["バケット"]
    assert check.status == "failed" and "seikaku-nowhere がありません" in check.line
    assert "--bucket" in check.mend and "stack up" in check.mend


def test_no_bucket_named_and_no_stack(moto):
    check = look(resources.check_bucket, Patient(CloudSettings(), "", Path(), Path()), "バケット")["バケット"]
    assert check.status == "failed" and "seikaku cloud stack up" in check.mend


def test_a_bucket_that_may_not_be_asked_about_is_skipped(answer, patient):
    answer("s3", ("head_bucket", "403"))
    check = look(resources.check_bucket, patient, "バケット")["バケット"]
    assert check.status == "skipped" and "権限" in check.line


def test_roles_that_sagemaker_may_take(account, patient):
    found = look(resources.check_roles, patient)
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
    found = look(resources.check_roles, patient)
    assert found["学習のロール"].status == "failed" and "信頼関係" in found["学習のロール"].mend
    assert found["推論のロール"].status == "failed" and "--serve_role_arn" in found["推論のロール"].mend
    answer("iam", ("get_role", "AccessDenied"), ("get_role", "AccessDenied"))
    hidden = look(resources.check_roles, patient)
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
    assert resources.trusts_sagemaker({"Statement": statement}) is trusts
    assert resources.trusts_sagemaker({"Statement": [{}, statement]}) is trusts
    assert resources.trusts_sagemaker({}) is False


def test_logs(answer, patient):
    answer("logs", ("describe_log_groups", {"logGroups": []}))
    assert "最初のジョブ" in look(resources.check_logs, patient)["ログ"].line
    answer("logs", ("describe_log_groups", "AccessDeniedException"))
    assert look(resources.check_logs, patient, "ログ")["ログ"].status == "skipped"


LISTED = {"images": [{"imageId": {"imageTag": "any"}}]}
NOT_LISTED = {"images": [], "failures": [{"failureCode": "ImageNotFound"}]}


def test_the_successor_is_found_and_still_patched(answer, patient):
    answer("ecr", ("batch_get_image", LISTED))
    found = look(resources.check_image, patient)
    assert found["イメージ"].status == "ok" and find_image(TRAINING_SUCCESSOR).tag in found["イメージ"].line
    assert found["イメージの修正（学習）"].status == "ok"


def test_an_image_past_its_date_is_warned_of(answer, patient):
    answer("ecr", ("batch_get_image", NOT_LISTED), ("batch_get_image", LISTED))
    found = look(resources.check_image, patient)
    assert found["イメージ"].status == "ok" and find_image(TRAINING).tag in found["イメージ"].line
    training, inference = found["イメージの修正（学習）"], found["イメージの修正（推論）"]
    assert training.status == inference.status == "warning"
    assert "2026-08-06" in training.line and find_image(TRAINING_SUCCESSOR).tag in training.mend
    assert "2026-06-30" in inference.line and "seikaku cloud image" in inference.mend


def test_images_that_are_nowhere_and_images_that_may_not_be_looked_for(answer, patient):
    answer("ecr", ("batch_get_image", NOT_LISTED), ("batch_get_image", NOT_LISTED))
    check = look(resources.check_image, patient)["イメージ"]
    assert check.status == "failed" and find_image(TRAINING).tag in check.line
    answer("ecr", ("batch_get_image", "AccessDeniedException"))
    assert look(resources.check_image, patient, "イメージ")["イメージ"].status == "skipped"
