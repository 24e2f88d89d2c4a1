import json
from datetime import UTC, datetime
from types import SimpleNamespace

import boto3
import pytest
from botocore.stub import Stubber
from click.testing import CliRunner

from seikaku.cli.cloud.prices import command
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.money import prices
from seikaku.cloud.money.instances import find_instance, offered_instances, require_instance, training_instances
from seikaku.cloud.money.prices import (
    Price,
    PriceTable,
    ServicePrice,
    load_prices,
    merge_prices,
    parse_products,
    refresh_prices,
    user_path,
    write_prices,
)
from seikaku.errors import CloudError, DataError, UserError

TOKYO = "ap-northeast-1"
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def build_product(usage_type, usd, region=TOKYO):
    """A product in the shape of AWS's price list, with made-up figures; first a free tier, as some have."""
    dimensions = {
        "A.B.0": {"unit": "Hrs", "pricePerUnit": {"USD": "0.0000000000"}},
        "A.B.1": {"unit": "Hrs", "pricePerUnit": {"USD": f"{usd:.10f}"}},
    }
    return {
        "product": {"attributes": {"regionCode": region, "usagetype": usage_type, "servicecode": "AmazonSageMaker"}},
        "terms": {"OnDemand": {"A.B": {"priceDimensions": dimensions}}},
    }


PRODUCTS = [
    build_product("APN1-Train:ml.g4dn.xlarge", 1.25),
    build_product("APN1-Host:ml.g4dn.xlarge", 1.5),
    build_product("APN1-Tsform:ml.g4dn.xlarge", 1.75),
    build_product("APN1-Notebk:ml.g4dn.xlarge", 9),
    build_product("APN1-AsyncInf:ml.g4dn.xlarge", 9),
    build_product("APN1-Train:ml.x99.xlarge", 9),
    build_product("USE1-Train:ml.g4dn.xlarge", 9, "us-east-1"),
    build_product("APN1-ServerlessInf:Mem-6GB", 0.00018),
    build_product("APN1-ServerlessInf:Mem-1GB", 0.00002),
    build_product("APN1-Train:VolumeUsage.gp2", 0.2),
    {"product": {"attributes": {"regionCode": TOKYO, "usagetype": "APN1-Host:ml.m5.xlarge"}}, "terms": {}},
]


def stubbed_pricing(*pages):
    client = boto3.client("pricing", region_name="us-east-1")
    stub = Stubber(client)
    for number, page in enumerate(pages, 1):
        expected = {
            "ServiceCode": "AmazonSageMaker",
            "FormatVersion": "aws_v1",
            "Filters": [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": TOKYO}],
        } | ({"NextToken": str(number - 1)} if number > 1 else {})
        more = {"NextToken": str(number)} if number < len(pages) else {}
        answer = {"FormatVersion": "aws_v1", "PriceList": [json.dumps(product) for product in page]} | more
        stub.add_response("get_products", answer, expected)
    stub.activate()
    return client


def test_every_shipped_price_has_a_source_and_a_date():
    table = load_prices()
    assert table.instances and table.services
    for price in (*table.instances, *table.services):
        assert len(price.source) > 10
        assert datetime.strptime(price.as_of, "%Y-%m-%d").year >= 2025
    assert all(0 < price.usd_per_hour < 100 for price in table.instances)
    assert {price.usage for price in table.instances} <= {"training", "hosting", "transform"}
    keys = [(price.instance_type, price.region, price.usage) for price in table.instances]
    assert len(keys) == len(set(keys))
    assert {price.instance_type for price in table.instances} <= {i.instance_type for i in offered_instances()}


def test_what_is_not_in_the_table_is_unknown():
    assert load_prices().find("ml.g4dn.xlarge", "mars-north-1", "training") is None
    assert load_prices().find_service("serverless_gb_second", "mars-north-1") is None


def test_products_become_prices_of_the_region_the_usage_and_what_we_offer():
    table = parse_products(PRODUCTS, TOKYO, "2026-11-30")
    found = {(price.instance_type, price.usage): price.usd_per_hour for price in table.instances}
    assert found == {
        ("ml.g4dn.xlarge", "training"): 1.25,
        ("ml.g4dn.xlarge", "hosting"): 1.5,
        ("ml.g4dn.xlarge", "transform"): 1.75,
    }
    assert {price.service: price.usd for price in table.services} == {
        "serverless_gb_second": pytest.approx(0.00003),
        "volume_gb_month": pytest.approx(0.2),
    }
    assert table.instances[0].source == "AWS Price List API, APN1-Train:ml.g4dn.xlarge"


@pytest.fixture
def pricing(monkeypatch):
    """Give the price list its next pages."""

    def give(*pages):
        monkeypatch.setattr(
            prices, "Account", lambda settings: SimpleNamespace(client=lambda _: stubbed_pricing(*pages))
        )
        monkeypatch.setattr(prices, "datetime", SimpleNamespace(now=lambda _: NOW))

    return give


def test_a_refresh_reads_every_page_writes_a_copy_and_wins_over_what_ships(pricing):
    before = load_prices()
    assert before.find("ml.g4dn.xlarge", TOKYO, "training") is None
    pricing(PRODUCTS[:1], PRODUCTS[1:])
    found = refresh_prices(CloudSettings(), TOKYO)
    assert len(found.instances) == 3
    after = load_prices()
    price = after.find("ml.g4dn.xlarge", TOKYO, "training")
    assert (price.usd_per_hour, price.as_of) == (1.25, "2026-11-30")
    # What AWS did not name stays.
    assert after.find("ml.g6.xlarge", TOKYO, "training") == before.find("ml.g6.xlarge", TOKYO, "training")
    pricing([build_product("APN1-Host:ml.g4dn.xlarge", 7)])
    refresh_prices(CloudSettings(), TOKYO)
    assert load_prices().find("ml.g4dn.xlarge", TOKYO, "training").usd_per_hour == 1.25
    assert load_prices().find("ml.g4dn.xlarge", TOKYO, "hosting").usd_per_hour == 7
    assert [path.name for path in user_path().parent.iterdir()] == ["prices.json"]


def test_an_answer_without_prices_changes_nothing(pricing):
    pricing([PRODUCTS[3]])
    with pytest.raises(CloudError, match="ap-northeast-1 の SageMaker の料金がありません") as caught:
        refresh_prices(CloudSettings(), TOKYO)
    assert "--region" in caught.value.mend
    assert not user_path().exists()


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"schema_version": 9}', '{"schema_version": 1, "instances": [{}], "services": []}']
)
def test_a_broken_copy_is_named_with_its_mend(content):
    user_path().parent.mkdir(parents=True)
    user_path().write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match="料金表が壊れています") as caught:
        load_prices()
    assert "--refresh" in caught.value.mend


def test_a_table_survives_writing(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    table = PriceTable(
        (Price("ml.m5.large", "xx-1", "hosting", 0.5, "made up", "2026-01-01"),),
        (ServicePrice("logs_gb", "xx-1", 0.25, "GB", "made up", "2026-01-01"),),
    )
    write_prices(user_path(), table)
    assert load_prices() == merge_prices(merge_prices(load_prices(), PriceTable((), ())), table)
    assert load_prices().find("ml.m5.large", "xx-1", "hosting").usd_per_hour == 0.5


def test_the_command_shows_prices_and_says_what_is_unknown(moto):
    result = CliRunner().invoke(command, ["--region", TOKYO], catch_exceptions=False)
    assert "$1.634" in result.output and "2026-09-22" in result.output
    assert "不明" in result.output and "--refresh" in result.output
    document = json.loads(CliRunner().invoke(command, ["--region", "us-west-2", "--json"]).output)
    assert {row["region"] for row in document["instances"]} == {"us-west-2"}


def test_the_command_speaks_english(moto, type_in_english):
    shown = type_in_english("cloud", "prices", "--region", TOKYO).out
    assert "$1.634" in shown and "What is unknown is not guessed." in shown


def test_the_command_refreshes_in_the_pricing_region(monkeypatch, type_in_english):
    asked = []

    def client(account, service):
        asked.append((service, account.region))
        return stubbed_pricing(PRODUCTS)

    monkeypatch.setattr("seikaku.cloud.account.session.Account.client", client)
    result = CliRunner().invoke(command, ["--refresh"], catch_exceptions=False)
    assert asked == [("pricing", "us-east-1")]
    assert "AWS から ap-northeast-1 の料金 3 件を取り込みました" in result.output
    assert "$1.25" in result.output
    assert "Took in 3 prices of ap-northeast-1 from AWS" in type_in_english("cloud", "prices", "--refresh").err
    printed = type_in_english("cloud", "prices", "--refresh", "--quiet")
    assert printed.err == "" and "$1.25" in printed.out


def test_instances_are_what_we_offer():
    names = [instance.instance_type for instance in offered_instances()]
    assert "ml.g4dn.xlarge" in names and not [name for name in names if name.startswith("ml.p3.")]
    assert all(instance.n_gpus and instance.peak_fp16_tflops > 0 for instance in training_instances())
    t4 = require_instance("ml.g4dn.xlarge")
    assert (t4.gpu, t4.n_gpus, t4.gpu_memory_gb, t4.bf16) == ("T4", 1, 16, False)
    assert find_instance("ml.m5.xlarge").gpu is None
    with pytest.raises(UserError, match=r"ml\.x99\.2xlarge の情報がありません") as caught:
        require_instance("ml.x99.2xlarge")
    assert "ml.g4dn.xlarge" in caught.value.mend


def test_every_offered_instance_type_is_one_of_sagemakers():
    model = boto3.client("sagemaker", region_name=TOKYO).meta.service_model
    for shape in ("TrainingInstanceType", "ProductionVariantInstanceType"):
        known = set(model.shape_for(shape).enum)
        of_shape = training_instances() if shape.startswith("Training") else offered_instances()
        assert {instance.instance_type for instance in of_shape} <= known
