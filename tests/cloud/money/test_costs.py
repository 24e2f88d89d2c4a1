import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.cloud.money import costs, prices
from seikaku.errors import UserError

TABLE = prices.PriceTable(
    tuple(
        prices.Price(name, "xx-1", usage, usd, "made up", "2026-11-01")
        for name, usage, usd in (
            ("ml.g4dn.xlarge", "training", 1.0),
            ("ml.m5.xlarge", "training", 0.5),
            ("ml.m5.xlarge", "hosting", 0.2),
            ("ml.m5.xlarge", "transform", 0.3),
        )
    ),
    tuple(
        prices.ServicePrice(name, "xx-1", usd, "unit", "made up", "2026-11-01")
        for name, usd in (
            ("volume_gb_month", 0.73),
            ("serverless_gb_second", 0.00002),
            ("lambda_gb_second", 0.00001),
            ("lambda_request", 0.000001),
            ("http_api_request", 0.000002),
        )
    ),
)


@pytest.fixture(autouse=True, scope="module")
def table():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(costs, "load_prices", lambda: TABLE)
        yield


def estimate(instance_type="ml.g4dn.xlarge", region="xx-1", **changes):
    return costs.estimate_training(instance_type, region, **({"max_runtime_seconds": 7200} | changes))


def test_training_costs_its_longest_time():
    found = estimate(n_jobs=3)
    assert found.upper_usd == pytest.approx(6.0)  # the instance's own disk costs nothing
    assert found.text == "$6.00"
    assert "6.0 時間 × $1 = $6.00（2026-11-01 の料金）" in found.lines[0]


def test_a_volume_is_billed_where_the_instance_has_no_disk_of_its_own():
    found = estimate("ml.m5.xlarge", volume_gb=100)
    assert found.upper_usd == pytest.approx(1.0 + 0.73 * 100 * 2 / 730)
    assert "ディスク 100 GB × 2.0 時間 = $0.20" in found.lines[1]


@given(st.integers(1, 10**6), st.integers(1, 50), st.integers(1, 500))
def test_training_grows_in_proportion(seconds, n_jobs, volume):
    one = estimate("ml.m5.xlarge", max_runtime_seconds=seconds, volume_gb=volume)
    many = estimate("ml.m5.xlarge", max_runtime_seconds=seconds, n_jobs=n_jobs, volume_gb=volume)
    assert many.upper_usd == pytest.approx(one.upper_usd * n_jobs)
    longer = estimate("ml.m5.xlarge", max_runtime_seconds=seconds + 1, volume_gb=volume)
    assert longer.upper_usd > one.upper_usd


@pytest.mark.parametrize("where", [{"instance_type": "ml.g5.xlarge"}, {"region": "mars-north-1"}])
def test_an_unknown_price_is_no_number(where):
    found = estimate(**where)
    assert found.upper_usd is None and found.text == "不明"
    assert "単価が不明" in found.lines[0]
    assert "seikaku cloud prices --refresh --region" in found.lines[-1]


def test_serving_costs():
    serverless = costs.estimate_serverless_month(6144, "xx-1", 10_000, 2.0)
    assert serverless.upper_usd == pytest.approx(6 * 10_000 * 2 * 0.00002)
    assert "呼ばれない間は 0" in serverless.lines[0]
    assert costs.estimate_serverless_month(6144, "xx-1", 0, 2.0).upper_usd == 0
    assert costs.estimate_serverless_month(2048, "mars-north-1", 1, 1).upper_usd is None
    month = costs.estimate_instance_month("ml.m5.xlarge", "xx-1", 2)
    assert month.upper_usd == pytest.approx(0.2 * 730 * 2)
    assert "使わなくても" in month.lines[0]
    assert costs.estimate_instance_month("ml.g4dn.xlarge", "xx-1").upper_usd is None
    assert costs.estimate_transform("ml.m5.xlarge", "xx-1", max_hours=2, n_instances=3).upper_usd == pytest.approx(1.8)
    assert costs.estimate_transform("ml.g4dn.xlarge", "xx-1", max_hours=2).upper_usd is None
    api = costs.estimate_api_month("xx-1", 1_000_000, seconds_each=2)
    assert api.upper_usd == pytest.approx(5 + 1 + 2)
    assert costs.estimate_api_month("mars-north-1", 1, seconds_each=1).upper_usd is None


def test_a_sum_is_unknown_as_soon_as_a_part_is():
    known, unknown = estimate(), estimate("ml.g5.xlarge")
    assert costs.add_estimates(known, known).upper_usd == pytest.approx(4.0)
    assert costs.add_estimates(known, unknown).upper_usd is None
    assert len(costs.add_estimates(known, unknown).lines) == len(known.lines) + len(unknown.lines)


def describe(spot=True, billable=None, training=3600, instance_type="ml.g4dn.xlarge"):
    found = {
        "ResourceConfig": {"InstanceType": instance_type, "InstanceCount": 1, "VolumeSizeInGB": 30},
        "EnableManagedSpotTraining": spot,
        "TrainingTimeInSeconds": training,
    }
    return found if billable is None else found | {"BillableTimeInSeconds": billable}


def test_a_bill_counts_billable_seconds_and_shows_what_spot_saved():
    bill = costs.bill_training(describe(billable=1080), "xx-1")
    assert bill.billable_seconds == 1080
    assert bill.cost_usd == pytest.approx(0.3)
    assert "学習時間 3,600 秒、請求対象 1,080 秒（ml.g4dn.xlarge × 1）: $0.30" in bill.lines[0]
    assert "70% 安く" in bill.lines[1]


def test_a_bill_on_demand_and_of_an_unknown_price():
    bill = costs.bill_training(describe(spot=False), "xx-1")
    assert (bill.billable_seconds, bill.cost_usd, len(bill.lines)) == (3600, 1.0, 1)
    unknown = costs.bill_training(describe(instance_type="ml.g5.xlarge"), "xx-1")
    assert unknown.cost_usd is None and "不明" in unknown.lines[0] and "--refresh" in unknown.lines[-1]
    unfinished = {"ResourceConfig": {"InstanceType": "ml.g4dn.xlarge"}}
    assert costs.bill_training(unfinished, "xx-1").cost_usd == 0


def test_a_budget_is_kept():
    costs.check_budget(estimate(), None)
    costs.check_budget(estimate("ml.g5.xlarge"), None)
    costs.check_budget(estimate(), 2.0)
    with pytest.raises(UserError, match=r"費用の上限 \$2\.00 が --max_cost_usd 1\.99 を超えます") as caught:
        costs.check_budget(estimate(), 1.99)
    assert "--max_cost_usd" in caught.value.mend


def test_an_unknown_price_cannot_keep_a_budget():
    with pytest.raises(
        UserError, match=r"--max_cost_usd 1e\+06 に収まるかを確かめられません.*ml\.g5\.xlarge"
    ) as caught:
        costs.check_budget(estimate("ml.g5.xlarge"), 1_000_000)
    assert "seikaku cloud prices --refresh" in caught.value.mend
