"""What a region's prices are known to be, and what it lacks. In: a price table. Effect: reads EC2's prices.

Where SageMaker's price is unknown, EC2's for the same machine (assets/cloud/ec2_prices.json) gives a range: times what
SageMaker is seen to charge above EC2 elsewhere, for this instance type or, if it is known nowhere, for any. It is
computed, said to be, and never what a budget is checked against (``costs``). EC2's list also says what a region does
not have: SageMaker runs on EC2's machines.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from seikaku.cloud.money.instances import offered_instances, training_instances
from seikaku.cloud.money.prices import PriceTable, Usage
from seikaku.cloud.money.step_time import Interval
from seikaku.errors import Words, both
from seikaku.places import ASSETS

_PATH = ASSETS / "cloud" / "ec2_prices.json"
_USAGES: dict[Usage, Words] = {"training": both("学習", "training"), "hosting": both("推論", "hosting")}


@dataclass(frozen=True, slots=True)
class HourlyPrice:
    """USD an hour of training; ``is_known``: SageMaker's own price, and no range computed from EC2's."""

    usd: Interval
    is_known: bool
    source: str


def training_price(instance_type: str, region: str, table: PriceTable) -> HourlyPrice | None:
    """SageMaker's price, else the range that EC2's leads to; None where neither is known."""
    price = table.find(instance_type, region, "training")
    if price is not None:
        usd = price.usd_per_hour
        source = both(f"{price.source}（{price.as_of}）", f"{price.source} ({price.as_of})")
        return HourlyPrice(Interval(usd, usd, usd), True, source)
    ec2 = _ec2_price(instance_type, region)
    if ec2 is None:
        return None
    ratio = price_ratio(table, instance_type)
    source = both(
        f"EC2 の {ec2:g} ドル（{_document()['as_of']}）× {ratio.low:.2f}〜{ratio.high:.2f}。計算値",
        f"EC2's ${ec2:g} ({_document()['as_of']}) × {ratio.low:.2f}–{ratio.high:.2f}, computed",
    )
    return HourlyPrice(ratio.scaled(ec2), False, source)


def price_ratio(table: PriceTable, instance_type: str = "") -> Interval:
    """SageMaker's training price over EC2's: the least, the middle and the most that is seen of this type, or of all.

    Where both are known of one type in several regions, the ratio is the same (1.40 for ml.g6.xlarge in three).
    """
    ratios = {
        (price.instance_type, price.region): price.usd_per_hour / ec2
        for price in table.instances
        if price.usage == "training" and (ec2 := _ec2_price(price.instance_type, price.region))
    }
    own = sorted(ratio for (name, _), ratio in ratios.items() if name == instance_type)
    found = own or sorted(ratios.values())
    return Interval(found[0], found[len(found) // 2], found[-1])


def is_absent(instance_type: str, region: str) -> bool:
    """Whether EC2 is known to have no such machine in the region (a price of SageMaker's own would say otherwise)."""
    document = _document()
    row = document["usd_per_hour"].get(instance_type)
    return row is not None and region in document["regions"] and row[document["regions"].index(region)] is None


def absence_notice(instance_type: str, region: str) -> Words | None:
    """What is to be said of an instance type that the region is known to lack; None of any other."""
    if not is_absent(instance_type, region):
        return None
    return both(
        f"警告: {instance_type} は {region} にありません（EC2 の提供一覧 {_document()['as_of']} による）。"
        "--region か --instance_type を変えてください。",
        f"Warning: {region} has no {instance_type} (by EC2's list of {_document()['as_of']}). "
        "Choose another --region or --instance_type.",
    )


def region_notice(region: str, table: PriceTable) -> tuple[Words, ...]:
    """What is known of a region's prices and what it lacks: to be said before anything is asked."""
    offered = offered_instances()
    counts: list[Words] = []
    for usage, name in _USAGES.items():
        relevant = training_instances() if usage == "training" else offered
        n_known = sum(table.find(instance.instance_type, region, usage) is not None for instance in relevant)
        counts.append(
            both(
                f"{name} {len(relevant)} 種類のうち {n_known} 種類",
                f"{n_known} of {len(relevant)} instance types for {name.english}",
            )
        )
    lines = [
        both(
            f"{region} の SageMaker の料金が表にあるのは、{'、'.join(counts)}です。",
            f"SageMaker's prices in {region} that the table has: {', '.join(count.english for count in counts)}.",
        )
    ]
    absent = [
        instance.instance_type
        for instance in offered
        if is_absent(instance.instance_type, region) and table.find(instance.instance_type, region, "training") is None
    ]
    if absent:
        lines.append(
            both(
                f"{region} にないもの: {'、'.join(absent)}"
                f"（EC2 の提供一覧 {_document()['as_of']} による。あるリージョンは --region で選べます）",
                f"{region} lacks {', '.join(absent)} "
                f"(by EC2's list of {_document()['as_of']}; --region chooses one that has them)",
            )
        )
    return tuple(lines)


def _ec2_price(instance_type: str, region: str) -> float | None:
    document = _document()
    row = document["usd_per_hour"].get(instance_type)
    if row is None or region not in document["regions"]:
        return None
    usd: float | None = row[document["regions"].index(region)]
    return usd


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_PATH.read_text(encoding="utf-8"))
    return document
