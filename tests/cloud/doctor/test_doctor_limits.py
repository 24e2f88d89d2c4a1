"""The doctor's checks of permissions, quotas and this machine; whatever is not well has its mend."""

import types

import boto3
import pytest
from botocore.stub import Stubber
from doctor_patient import ACCOUNT_ID, BUCKET, REGION, SERVE, TRAIN, USER, caller, look

from seikaku.cloud.account.session import Account
from seikaku.cloud.doctor import machine, permissions
from seikaku.cloud.doctor import quotas as check_quotas
from seikaku.cloud.doctor.checks import Patient


def simulated(need, decision="allowed", **more):
    results = [{"EvalActionName": action, "EvalDecision": decision} | more for action in need.actions]
    return ("simulate_principal_policy", {"EvaluationResults": results})


def all_needs():
    place = permissions.Place(REGION, ACCOUNT_ID, BUCKET, "ml.g4dn.xlarge")
    return (
        permissions.operator_needs(place, (TRAIN, SERVE)),
        permissions.train_role_needs(place),
        permissions.serve_role_needs(place),
    )


def test_permissions_that_suffice(answer, patient):
    answer("sts", ("get_caller_identity", caller()), ("get_caller_identity", caller()))
    answer("iam", *(simulated(need) for needs in all_needs() for need in needs))
    found = look(permissions.check_permissions, patient)
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
    found = look(permissions.check_permissions, patient)
    assert found["操作する人の権限"].status == "failed" and "iam:PassRole" in found["操作する人の権限"].line
    assert "OperatorPolicy" in found["操作する人の権限"].mend
    assert found["学習のロールの権限"].status == "failed" and "stack up" in found["学習のロールの権限"].mend
    # A condition that the simulation cannot fill in refuses without meaning it: no false alarm.
    assert found["推論のロールの権限"].status == "skipped" and "logs:PutLogEvents" in found["推論のロールの権限"].line


def test_permissions_that_may_not_be_simulated_are_no_illness(answer, patient):
    answer("sts", ("get_caller_identity", caller()), ("get_caller_identity", caller()))
    answer("iam", *(("simulate_principal_policy", code) for code in ("AccessDenied", "NoSuchEntity", "AccessDenied")))
    found = look(permissions.check_permissions, patient)
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
    (check,) = permissions._simulate(patient.account, "権限", USER, [need], "直す")
    assert check.status == "ok"


@pytest.mark.parametrize(
    ("arn", "principal"),
    [
        (USER, USER),
        (f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/Admin/hanako", f"arn:aws:iam::{ACCOUNT_ID}:role/Admin"),
    ],
)
def test_the_principal_behind_a_session(arn, principal):
    assert permissions.principal_arn(arn) == principal


def test_the_root_user_needs_no_simulation(patient):
    (check,) = permissions._simulate(patient.account, "権限", f"arn:aws:iam::{ACCOUNT_ID}:root", [], "直す")
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
    check = look(machine.check_data, patient)["データ"]
    assert check.status == "warning" and "preprocess_data.py" in check.mend
    patient.data_folder.mkdir()
    (patient.data_folder / "manifest.json").write_bytes(b"{}" * 1024**2)
    assert "2 MiB" in look(machine.check_data, patient)["データ"].line


@pytest.mark.parametrize(("free_gib", "status"), [(100, "ok"), (1, "warning")])
def test_disk(patient, monkeypatch, free_gib, status):
    monkeypatch.setattr("shutil.disk_usage", lambda path: types.SimpleNamespace(free=free_gib * 1024**3))
    found = look(machine.check_disk, patient)
    assert {check.status for check in found.values()} == {status}
    assert status == "ok" or "--nemotron_limit" in found["データの取得"].mend


def test_memory(patient):
    assert look(machine.check_memory, patient)["GPU のメモリ"].status == "ok"
    cpu = Patient(patient.settings, "ml.m5.xlarge", patient.repository, patient.data_folder)
    assert look(machine.check_memory, cpu)["GPU のメモリ"].status == "skipped"


def test_memory_that_is_short(patient, monkeypatch):
    monkeypatch.setattr(machine, "memory_gb", lambda shape, workload: 15.0)
    check = look(machine.check_memory, patient)["GPU のメモリ"]
    assert check.status == "warning" and "--gradient_accumulation_steps 2" in check.mend
