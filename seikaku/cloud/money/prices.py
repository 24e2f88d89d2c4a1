"""The price table: what ships, and what a user fetched from AWS. In: assets/cloud/prices.json, the user's copy.

Effects: reads both files; ``refresh_prices`` calls AWS's price list and writes the user's copy.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.money.instances import offered_instances
from seikaku.errors import CloudError, DataError, both
from seikaku.files import write_json
from seikaku.places import ASSETS

Usage = Literal["training", "hosting", "transform"]

# How AWS names what is billed, as APN1-Train:ml.g6.xlarge.
_INSTANCE = re.compile(r"(?:^|-)(Train|Host|Tsform):(ml\.[\w.-]+)$")
_USAGES: dict[str, Usage] = {"Train": "training", "Host": "hosting", "Tsform": "transform"}
_SERVERLESS = re.compile(r"(?:^|-)ServerlessInf:Mem-(\d+)GB$")
_VOLUME = re.compile(r"(?:^|-)Train:VolumeUsage\.gp2$")
_PRICING_REGION = "us-east-1"  # one of the few regions that answer for the price list, whatever region is asked about
_SHIPPED = ASSETS / "cloud" / "prices.json"
_SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Price:
    """An instance's price an hour, on demand, without tax; ``as_of`` is a date, ``source`` where it was seen."""

    instance_type: str
    region: str
    usage: Usage
    usd_per_hour: float
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class ServicePrice:
    """A price of something that is no instance, for one ``unit`` of it."""

    service: str
    region: str
    usd: float
    unit: str
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Everything known about prices."""

    instances: tuple[Price, ...]
    services: tuple[ServicePrice, ...]

    def find(self, instance_type: str, region: str, usage: Usage) -> Price | None:
        """The price of an instance, None where it is unknown."""
        wanted = (instance_type, region, usage)
        return next((p for p in self.instances if (p.instance_type, p.region, p.usage) == wanted), None)

    def find_service(self, service: str, region: str) -> ServicePrice | None:
        """The price of a service, None where it is unknown."""
        return next((price for price in self.services if (price.service, price.region) == (service, region)), None)


def user_path() -> Path:
    """Where the user's own copy lies: $XDG_CACHE_HOME/seikaku, else ~/.cache/seikaku."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "seikaku" / "prices.json"


def shipped_prices() -> PriceTable:
    """The shipped table alone."""
    return _read(_SHIPPED)


def load_prices() -> PriceTable:
    """The shipped table, with the user's rows in the place of the shipped ones. Raises DataError for a broken copy."""
    table = shipped_prices()
    return merge_prices(table, _read(user_path())) if user_path().is_file() else table


def merge_prices(old: PriceTable, new: PriceTable) -> PriceTable:
    """``new`` over ``old``: what ``new`` lacks stays."""
    instances = {(p.instance_type, p.region, p.usage): p for p in (*old.instances, *new.instances)}
    services = {(price.service, price.region): price for price in (*old.services, *new.services)}
    return PriceTable(tuple(instances.values()), tuple(services.values()))


def refresh_prices(settings: CloudSettings, region: str) -> PriceTable:
    """Ask AWS for the SageMaker prices of ``region`` and write the user's copy; returns what AWS said.

    Raises CloudError when the answer holds no price we use.
    """
    client = Account(replace(settings, region=_PRICING_REGION)).client("pricing")
    pages = client.get_paginator("get_products").paginate(
        ServiceCode="AmazonSageMaker",
        FormatVersion="aws_v1",
        Filters=[{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}],
    )
    as_of = datetime.now(UTC).date().isoformat()
    found = parse_products((json.loads(text) for page in pages for text in page["PriceList"]), region, as_of)
    if not found.instances:
        raise CloudError(
            both(
                f"AWS の料金表に、リージョン {region} の SageMaker の料金がありませんでした。",
                f"AWS's price list has no SageMaker prices of the region {region}.",
            ),
            both(
                "--region の綴りと、そのリージョンで SageMaker が使えることを確かめてください。",
                "Check how --region is spelt, and that SageMaker can be used there.",
            ),
        )
    own = _read(user_path()) if user_path().is_file() else PriceTable((), ())
    write_prices(user_path(), merge_prices(own, found))
    return found


def parse_products(products: Iterable[dict[str, Any]], region: str, as_of: str) -> PriceTable:
    """The prices that we use among AWS's products: offered instance types, serverless inference, training volumes."""
    offered = {instance.instance_type for instance in offered_instances()}
    instances: list[Price] = []
    services: list[ServicePrice] = []
    largest_gb = 0  # a serverless price grows with the memory, so the largest size speaks for all
    for product in products:
        attributes = product.get("product", {}).get("attributes", {})
        usd = _on_demand_usd(product)
        if attributes.get("regionCode") != region or usd is None:
            continue
        usage_type = attributes.get("usagetype", "")
        source = f"AWS Price List API, {usage_type}"
        if (found := _INSTANCE.search(usage_type)) and found[2] in offered:
            instances.append(Price(found[2], region, _USAGES[found[1]], usd, source, as_of))
        elif _VOLUME.search(usage_type):
            services.append(ServicePrice("volume_gb_month", region, usd, "GB-month", source, as_of))
        elif (found := _SERVERLESS.search(usage_type)) and int(found[1]) > largest_gb:
            largest_gb = int(found[1])
            services.append(ServicePrice("serverless_gb_second", region, usd / largest_gb, "GB-second", source, as_of))
    return merge_prices(PriceTable((), ()), PriceTable(tuple(instances), tuple(services)))


def write_prices(path: Path, table: PriceTable) -> None:
    """Write a table, atomically."""
    document = {
        "schema_version": _SCHEMA_VERSION,
        "currency": "USD",
        "instances": [asdict(price) for price in table.instances],
        "services": [asdict(price) for price in table.services],
    }
    write_json(path, document)


def _on_demand_usd(product: dict[str, Any]) -> float | None:
    """The first price above 0 of the terms on demand (0 is a free tier), None without one."""
    return next((usd for usd in _dimension_usd(product) if usd > 0), None)


def _dimension_usd(product: dict[str, Any]) -> Iterator[float]:
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            if "USD" in dimension["pricePerUnit"]:
                yield float(dimension["pricePerUnit"]["USD"])


def _read(path: Path) -> PriceTable:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema_version"] != _SCHEMA_VERSION:
            raise ValueError(document["schema_version"])
        return PriceTable(
            tuple(Price(**row) for row in document["instances"]),
            tuple(ServicePrice(**row) for row in document["services"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            both(
                f"料金表が壊れています: {path}（{type(error).__name__}）",
                f"The price table is broken: {path} ({type(error).__name__})",
            ),
            both(
                f"{path.name} を消すか、seikaku cloud prices --refresh で作り直してください。",
                f"Delete {path.name}, or make it anew with seikaku cloud prices --refresh.",
            ),
        ) from error
