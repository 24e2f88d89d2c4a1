"""Serverless calls that are kept warm: in the request, within its bounds, priced before anything is made."""

import pytest

from seikaku.cli.main import run
from seikaku.cloud.account.rules import check_request
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.money.prices import PriceTable, ServicePrice
from seikaku.cloud.serving import hosting
from seikaku.cloud.serving.endpoint import deployed_hosting
from seikaku.cloud.serving.endpoint_request import build_config
from seikaku.cloud.serving.hosting import PROVISIONED_SERVICE, Serverless, choose_hosting, estimate_month
from seikaku.errors import UserError

REGION = "ap-northeast-1"
UNSET = dict.fromkeys(("instance_type", "memory_mb", "max_concurrency", "min_instances", "max_instances"))


def prices(monkeypatch, **usd):
    found = tuple(
        ServicePrice(name, REGION, value, "GB-second", "made up", "2026-11-28") for name, value in usd.items()
    )
    monkeypatch.setattr(hosting, "load_prices", lambda: PriceTable((), found))
    monkeypatch.setattr(hosting.costs, "load_prices", lambda: PriceTable((), found))


def test_the_request_carries_it_and_aws_reads_it_back(account):
    request = build_config("seikaku-a", Serverless(2048, 5, 2), CloudSettings())
    assert request["ProductionVariants"][0]["ServerlessConfig"] == {
        "MemorySizeInMB": 2048, "MaxConcurrency": 5, "ProvisionedConcurrency": 2,
    }  # fmt: skip
    check_request("CreateEndpointConfig", request)
    client = account.client("sagemaker")
    client.create_model(ModelName="seikaku-a", ExecutionRoleArn=account.serve_role_arn, PrimaryContainer={"Image": "i"})
    client.create_endpoint_config(**request)
    assert deployed_hosting(account, "seikaku-a") == Serverless(2048, 5, 2)


def test_without_it_the_request_says_nothing_of_it():
    request = build_config("seikaku-a", Serverless(2048), CloudSettings())
    assert "ProvisionedConcurrency" not in request["ProductionVariants"][0]["ServerlessConfig"]


def test_a_month_of_it_is_memory_times_time_whether_asked_or_not(monkeypatch):
    prices(monkeypatch, **{PROVISIONED_SERVICE: 1e-5, "serverless_gb_second": 2e-5})
    estimate = estimate_month(Serverless(2048, 5, 3), REGION, 0)
    assert estimate.upper_usd == pytest.approx(1e-5 * 2 * 730 * 3600 * 3)
    assert any("温めておく 3 × 2048 MB" in line and "呼ばれなくても" in line for line in estimate.lines)
    assert estimate_month(Serverless(2048, 5), REGION, 0).upper_usd == 0


def test_an_unknown_price_is_said_and_a_budget_then_refuses(monkeypatch, account, capsys):
    prices(monkeypatch, serverless_gb_second=2e-5)
    estimate = estimate_month(Serverless(2048, 5, 1), REGION, 100)
    assert estimate.upper_usd is None and "単価が不明" in " ".join(estimate.lines)
    where = ["--bucket", account.bucket, "--serve_role_arn", account.serve_role_arn, "--yes"]
    assert run(["cloud", "deploy", "--provisioned_concurrency", "1", "--max_cost_usd", "5", *where]) == 2
    assert "単価が分からない" in capsys.readouterr().err
    assert account.client("sagemaker").list_models()["Models"] == []


def test_its_bounds():
    with pytest.raises(UserError, match="--provisioned_concurrency 6 が --max_concurrency 5 を超えます"):
        choose_hosting(UNSET | {"provisioned_concurrency": 6}, 0, own_image=True)
    with pytest.raises(UserError, match="--provisioned_concurrency は、サーバーレスのときだけ"):
        choose_hosting(UNSET | {"provisioned_concurrency": 1, "instance_type": "ml.m5.large"}, 0, own_image=True)
    assert choose_hosting(UNSET | {"provisioned_concurrency": 2}, 0, own_image=True).provisioned == 2
