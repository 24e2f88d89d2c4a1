"""The doctor as a whole: the order of its checks, its exit code, its two outputs."""

import json

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ProfileNotFound
from click.testing import CliRunner

from seikaku.cli.cloud import doctor as verb
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.doctor import examination, machine
from seikaku.cloud.doctor.checks import Check, Patient, examine
from seikaku.cloud.jobs.bundle import Bundle
from seikaku.errors import CloudError, UserError
from seikaku.places import REPOSITORY


def build_patient(folder, **settings):
    return Patient(CloudSettings(**settings), "ml.g4dn.xlarge", folder, folder / "processed")


@pytest.fixture
def bundle(monkeypatch):
    """A code bundle of a given size, without building one."""

    def size(n_bytes):
        made = Bundle(bytes(n_bytes), "0123456789abcdef")
        monkeypatch.setattr(machine, "build_bundle", lambda repository, *, with_encoder: made)

    size(1000)
    return size


@pytest.fixture
def steps(monkeypatch):
    """Every examination replaced by one that only says that it ran; returns the list of those that ran."""
    ran = []
    bad = {}

    def fake(name):
        def examination(patient):
            ran.append(name)
            yield Check(name, bad.get(name, "ok"), f"{name} を見ました。", "直してください。" if name in bad else "")

        return examination

    monkeypatch.setattr(examination.access, "check_library", fake("boto3"))
    for group in ("ACCESS", "QUICK", "SLOW", "LOCAL"):
        monkeypatch.setattr(examination, group, {name: fake(name) for name in getattr(examination, group)})
    return ran, bad


def run(folder, *, fast=False):
    return {check.name: check.status for check in examination.run_checks(build_patient(folder), fast=fast)}


def test_a_healthy_account_is_examined_from_top_to_bottom(steps, tmp_path):
    ran, _ = steps
    assert set(run(tmp_path).values()) == {"ok"}
    assert ran == ["boto3", *examination.ACCESS, *examination.QUICK, *examination.SLOW, *examination.LOCAL]


def test_fast_leaves_out_what_takes_long(steps, tmp_path):
    ran, _ = steps
    run(tmp_path, fast=True)
    assert not set(ran) & set(examination.SLOW) and set(examination.QUICK) <= set(ran)


def test_without_credentials_only_this_machine_is_examined(steps, tmp_path):
    ran, bad = steps
    bad["認証情報"] = "failed"
    found = run(tmp_path)
    assert {found[name] for name in (*examination.QUICK, *examination.SLOW)} == {"skipped"}
    assert ran == ["boto3", *examination.ACCESS, *examination.LOCAL]


def test_without_boto3_nothing_of_aws_is_examined(steps, tmp_path):
    ran, bad = steps
    bad["boto3"] = "failed"
    run(tmp_path)
    assert ran == ["boto3", *examination.LOCAL]


def test_a_warning_stops_nothing(steps, tmp_path):
    ran, bad = steps
    bad["認証情報"] = bad["バケット"] = "warning"
    run(tmp_path)
    assert set(examination.SLOW) <= set(ran)


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "HeadBucket"), "skipped", "権限がない"),
        (ClientError({"Error": {"Code": "Throttling", "Message": "slow"}}, "GetRole"), "failed", "混み合って"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:9"), "failed", "つながりません"),
        (ProfileNotFound(profile="hanako"), "failed", "プロファイルがありません"),
        (UserError("バケットが分かりません。", "--bucket を指定してください。"), "failed", "分かりません"),
        (CloudError("AWS が断りました。", "待ってください。", "Odd"), "failed", "断りました"),
    ],
)
def test_an_error_is_a_check_of_its_own(error, status, line, tmp_path):
    def examination(patient):
        yield Check("最初", "ok", "ここまでは見ました。")
        raise error

    first, last = examine("検査", examination, build_patient(tmp_path))
    assert first.status == "ok"
    assert (last.name, last.status) == ("検査", status)
    assert line in last.line and last.mend


def test_a_fault_of_ours_is_not_hidden(tmp_path):
    def examination(patient):
        yield Check("最初", "ok", "ここまでは見ました。")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(examine("検査", examination, build_patient(tmp_path)))


def test_the_bundle(bundle, tmp_path):
    patient = build_patient(tmp_path)
    (check,) = examine("コード", machine.check_bundle, patient)
    assert check.status == "warning" and "train.py" in check.line and check.mend
    (tmp_path / "train.py").touch()
    (check,) = examine("コード", machine.check_bundle, patient)
    assert check.status == "ok" and "0123456789ab…" in check.line
    bundle(60 * 1024**2)
    (check,) = examine("コード", machine.check_bundle, patient)
    assert check.status == "warning" and "60.0 MiB" in check.line and check.mend


def test_the_bundle_of_this_checkout_is_as_small_as_code_is():
    (check,) = examine("コード", machine.check_bundle, build_patient(REPOSITORY))
    assert check.status == "ok" and "sha256" in check.line


CHECKS = [
    Check("boto3", "ok", "boto3 9.9"),
    Check("バケット", "failed", "バケットがありません。", "作ってください。"),
    Check("権限", "skipped", "調べられません。"),
]


@pytest.mark.parametrize(("checks", "exit_code"), [(CHECKS, 1), (CHECKS[:1], 0), (CHECKS[2:], 0)])
def test_the_exit_code_says_whether_something_failed(monkeypatch, checks, exit_code):
    monkeypatch.setattr(verb, "run_checks", lambda patient, *, fast: iter(checks))
    result = CliRunner().invoke(verb.command, [])
    assert result.exit_code == exit_code
    assert CliRunner().invoke(verb.command, ["--json"]).exit_code == exit_code


def test_the_output_names_each_check_and_its_mend(monkeypatch):
    monkeypatch.setattr(verb, "run_checks", lambda patient, *, fast: iter(CHECKS))
    output = CliRunner().invoke(verb.command, []).output
    assert "✓ boto3: boto3 9.9" in output
    assert "✗ バケット: バケットがありません。\n    → 作ってください。" in output
    assert output.endswith("良好 1、注意 0、要対応 1、未確認 1\n")
    document = json.loads(CliRunner().invoke(verb.command, ["--json"]).output)
    assert document["healthy"] is False
    assert document["checks"][1] == {
        "name": "バケット", "status": "failed", "line": "バケットがありません。", "mend": "作ってください。"
    }  # fmt: skip


def test_the_flags_reach_the_patient(monkeypatch):
    seen = []
    monkeypatch.setattr(verb, "run_checks", lambda patient, *, fast: seen.append((patient, fast)) or iter(()))
    arguments = ["--instance_type", "ml.g5.xlarge", "--data", "elsewhere", "--fast", "--bucket", "seikaku-mine"]
    assert CliRunner().invoke(verb.command, arguments).exit_code == 0
    ((patient, fast),) = seen
    assert fast and patient.instance_type == "ml.g5.xlarge"
    assert str(patient.data_folder) == "elsewhere" and patient.settings.bucket == "seikaku-mine"


def test_a_visit_in_english(account, bundle, tmp_path, type_in_english):
    named = account.settings
    place = ["--bucket", named.bucket, "--role_arn", named.role_arn, "--serve_role_arn", named.serve_role_arn]
    shown = type_in_english("cloud", "doctor", "--fast", "--data", tmp_path, *place, exit_code=1).out
    assert "✓ Bucket: The bucket seikaku-123456789012 can be reached." in shown
    assert "→ aws s3api put-public-access-block --bucket seikaku-123456789012" in shown
    assert shown.splitlines()[-1].startswith("fine ")


def test_a_whole_visit_with_motos_account(account, bundle, tmp_path):
    """Real wire: moto answers what it can; quotas and simulation, which it lacks, are left out."""
    patient = Patient(account.settings, "ml.g4dn.xlarge", tmp_path, tmp_path / "processed")
    found = {check.name: check for check in examination.run_checks(patient, fast=True)}
    assert found["認証情報"].status == found["バケット"].status == found["学習のロール"].status == "ok"
    assert found["ログ"].status == "ok"
    assert found["バケットの公開"].status == "failed"  # the fixture's bucket is a bare one
    assert found["データ"].status == "warning" and "preprocess_data.py" in found["データ"].mend
    assert all(check.mend for check in found.values() if check.status == "failed")
