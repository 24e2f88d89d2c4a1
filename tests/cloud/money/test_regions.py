import json

import pytest

from seikaku.cloud.money import regions
from seikaku.cloud.money.instances import offered_instances, retirement_notice, training_instances
from seikaku.cloud.money.prices import Price, PriceTable, shipped_prices
from seikaku.places import ASSETS

TOKYO, OSAKA = "ap-northeast-1", "ap-northeast-3"


def table(*prices):
    return PriceTable(tuple(Price(*row, "made up", "2026-11-01") for row in prices), ())


def test_a_price_of_sagemaker_wins_over_one_computed_from_ec2():
    own = table(("ml.g4dn.xlarge", TOKYO, "training", 5.0), ("ml.g4dn.xlarge", TOKYO, "hosting", 9.0))
    found = regions.training_price("ml.g4dn.xlarge", TOKYO, own)
    assert found.is_known and (found.usd.low, found.usd.high) == (5.0, 5.0)


def test_an_unknown_price_is_a_range_of_what_is_seen_above_ec2():
    seen = table(("ml.g4dn.xlarge", "us-east-1", "training", 0.526 * 1.5), ("ml.g6.xlarge", TOKYO, "training", 1.1672))
    assert (regions.price_ratio(seen).low, regions.price_ratio(seen).high) == pytest.approx((1, 1.5))
    found = regions.training_price("ml.g5.xlarge", TOKYO, seen)
    assert not found.is_known and "計算値" in found.source and "2026-08-26" in found.source
    assert (found.usd.low, found.usd.high) == pytest.approx((1.459, 1.459 * 1.5))
    same = regions.training_price("ml.g4dn.xlarge", TOKYO, seen)  # of the same type elsewhere
    assert (same.usd.low, same.usd.high) == pytest.approx((0.71 * 1.5, 0.71 * 1.5))


def test_where_neither_is_known_there_is_no_price():
    assert regions.training_price("ml.g4dn.xlarge", "mars-north-1", shipped_prices()) is None
    assert regions.training_price("ml.m5.large", TOKYO, shipped_prices()) is None
    assert not regions.is_absent("ml.g4dn.xlarge", "mars-north-1")


def test_the_one_price_known_in_japan_is_what_ec2_leads_to():
    known = next(price for price in shipped_prices().instances if price.region == TOKYO)
    others = PriceTable(tuple(price for price in shipped_prices().instances if price != known), ())
    computed = regions.training_price(known.instance_type, TOKYO, others)
    assert not computed.is_known and computed.usd.middle == pytest.approx(known.usd_per_hour, rel=0.01)


def test_no_shipped_price_is_ec2s_own():
    for price in shipped_prices().instances:
        ec2 = regions.training_price(
            price.instance_type, price.region, table(("ml.g4dn.xlarge", TOKYO, "training", 0.71))
        )
        assert ec2 is None or price.usd_per_hour > 1.1 * ec2.usd.low


def test_japan_has_a_price_for_every_gpu_instance_or_is_known_not_to_have_it():
    for instance in training_instances():
        for region in (TOKYO, OSAKA):
            price = regions.training_price(instance.instance_type, region, shipped_prices())
            assert (price is None) == regions.is_absent(instance.instance_type, region)


def test_the_notice_counts_prices_and_names_what_is_missing():
    lines = regions.region_notice(OSAKA, shipped_prices())
    assert f"{OSAKA} の SageMaker の料金が表にあるのは、学習 8 種類のうち 0 種類" in lines[0]
    assert "ml.g5.xlarge" in lines[1] and "ml.g4dn.xlarge" not in lines[1]
    one = table(("ml.g4dn.xlarge", TOKYO, "training", 5.0))
    assert len(regions.region_notice(TOKYO, one)) == 1
    assert "学習 8 種類のうち 1 種類" in regions.region_notice(TOKYO, one)[0]


def test_the_table_of_ec2_has_a_source_a_date_and_a_column_for_every_region():
    document = json.loads((ASSETS / "cloud" / "ec2_prices.json").read_text(encoding="utf-8"))
    assert len(document["source"]) > 10 and document["as_of"] == "2026-08-26"
    assert set(document["usd_per_hour"]) <= {instance.instance_type for instance in offered_instances()}
    for row in document["usd_per_hour"].values():
        assert len(row) == len(document["regions"])
        assert all(usd is None or 0 < usd < 100 for usd in row)


def test_a_retired_instance_is_warned_of_with_its_source():
    notice = retirement_notice("ml.p3.2xlarge")
    assert notice.startswith("警告: ml.p3.2xlarge は、EC2 の提供一覧から外れた") and "docs.aws.amazon.com" in notice
    assert retirement_notice("ml.g5.xlarge") is None
