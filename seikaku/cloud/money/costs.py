"""What things cost, before they start and after. In: price table, AWS's description of a job. No effects but reading.

An unknown price is None, never a guess: the amount is then unknown too, and a budget cannot be kept.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seikaku.cloud.money.instances import has_own_disk
from seikaku.cloud.money.prices import Price, PriceTable, Usage, load_prices
from seikaku.errors import UserError, Words, both, in_lang

HOURS_PER_MONTH = 730  # AWS's own month
DEFAULT_VOLUME_GB = 30
EXAMPLE_REQUESTS, EXAMPLE_SECONDS = 10_000, 1.0  # of a month of serving, and of a call: assumed, and said to be
_EXAMPLE_SERVERLESS_MB = 6144
_FUNCTION_MB = 256  # the memory of the API's function, as the stack makes it
_UNKNOWN = both("不明", "unknown")


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """An upper bound in USD, None when a price is unknown; ``lines`` say how it comes about, in words."""

    upper_usd: float | None
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The amount as it is shown."""
        return usd_text(self.upper_usd)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a finished job is billed: seconds of one instance; ``cost_usd`` is None when the price is unknown."""

    billable_seconds: int
    cost_usd: float | None
    lines: tuple[str, ...]


def find_price(instance_type: str, region: str, usage: Usage) -> Price | None:
    """The price of an instance on demand, None where it is unknown."""
    return load_prices().find(instance_type, region, usage)


def refresh_mend(region: str) -> Words:
    """How a price that is not known becomes known."""
    command = f"seikaku cloud prices --refresh --region {region}"
    return both(f"{command} で AWS の料金を取り込めます。", f"{command} takes in AWS's prices.")


def usd_text(usd: float | None) -> str:
    """An amount as it is shown, a word for None."""
    return _UNKNOWN if usd is None else f"${usd:,.2f}"


def add_estimates(*estimates: CostEstimate) -> CostEstimate:
    """The sum; unknown as soon as one part is."""
    amounts = [estimate.upper_usd for estimate in estimates]
    known = [amount for amount in amounts if amount is not None]
    return CostEstimate(
        sum(known) if len(known) == len(amounts) else None,
        tuple(line for estimate in estimates for line in estimate.lines),
    )


def estimate_training(
    instance_type: str,
    region: str,
    *,
    max_runtime_seconds: int,
    n_jobs: int = 1,
    volume_gb: float = DEFAULT_VOLUME_GB,
) -> CostEstimate:
    """The upper bound of ``n_jobs`` jobs that each run for ``max_runtime_seconds`` at the price on demand.

    Spot costs at most that: its discount is only known afterwards (``bill_training``).
    """
    hours = max_runtime_seconds / 3600 * n_jobs
    price = find_price(instance_type, region, "training")
    lines: list[str] = [_hours_line(instance_type, region, both("学習", "training"), price, hours)]
    volume = _volume_usd(instance_type, region, volume_gb, hours)
    if volume is None:
        lines.append(
            both(
                f"ディスク {volume_gb:g} GB: 単価が不明（{region}）",
                f"disk, {volume_gb:g} GB: price unknown ({region})",
            )
        )
    elif volume:
        lines.append(
            both(
                f"ディスク {volume_gb:g} GB × {hours:.1f} 時間 = {usd_text(volume)}",
                f"disk, {volume_gb:g} GB × {hours:.1f} h = {usd_text(volume)}",
            )
        )
    if price is None or volume is None:
        return CostEstimate(None, (*lines, refresh_mend(region)))
    return CostEstimate(price.usd_per_hour * hours + volume, tuple(lines))


def estimate_serverless_month(memory_mb: int, region: str, requests: int, seconds_each: float) -> CostEstimate:
    """A month of a serverless endpoint: nothing while nobody asks."""
    price = load_prices().find_service("serverless_gb_second", region)
    gb_seconds = memory_mb / 1024 * requests * seconds_each
    what = both(
        f"サーバーレス {memory_mb} MB × {requests:,} 回 × {seconds_each:g} 秒",
        f"serverless, {memory_mb} MB × {requests:,} calls × {seconds_each:g} s",
    )
    if price is None:
        return CostEstimate(None, (price_unknown(what, region), refresh_mend(region)))
    usd = gb_seconds * price.usd
    line = both(
        f"{what} = {usd_text(usd)}/月（1 GB・1 秒 ${price.usd:.8f}（{price.as_of}）。呼ばれない間は 0）",
        f"{what.english} = {usd_text(usd)}/month "
        f"(${price.usd:.8f} a GB and second, {price.as_of}; 0 while nobody calls)",
    )
    return CostEstimate(usd, (line,))


def estimate_instance_month(instance_type: str, region: str, n_instances: int = 1) -> CostEstimate:
    """A month of a real-time endpoint that is never deleted, ``HOURS_PER_MONTH`` hours."""
    price = find_price(instance_type, region, "hosting")
    hours = HOURS_PER_MONTH * n_instances
    line = _hours_line(instance_type, region, both("推論", "hosting"), price, hours)
    if price is None:
        return CostEstimate(None, (line, refresh_mend(region)))
    a_month = both(f"{line}/月（使わなくても）", f"{line.english}/month (used or not)")
    return CostEstimate(price.usd_per_hour * hours, (a_month,))


def estimate_transform(instance_type: str, region: str, *, max_hours: float, n_instances: int = 1) -> CostEstimate:
    """The upper bound of a batch transform that runs for at most ``max_hours``."""
    price = find_price(instance_type, region, "transform")
    line = _hours_line(instance_type, region, both("バッチ変換", "batch transform"), price, max_hours * n_instances)
    if price is None:
        return CostEstimate(None, (line, refresh_mend(region)))
    return CostEstimate(price.usd_per_hour * max_hours * n_instances, (line,))


def estimate_api_month(region: str, requests: int, *, seconds_each: float) -> CostEstimate:
    """A month of the inference API's own parts: Lambda (which waits for the endpoint) and the HTTP API."""
    table = load_prices()
    parts = {
        both("Lambda（時間）", "Lambda (time)"): ("lambda_gb_second", _FUNCTION_MB / 1024 * requests * seconds_each),
        both("Lambda（呼び出し）", "Lambda (calls)"): ("lambda_request", requests),
        both("HTTP API", "HTTP API"): ("http_api_request", requests),
    }
    estimates = []
    for name, (service, amount) in parts.items():
        price = table.find_service(service, region)
        usd = None if price is None else price.usd * amount
        line = both(f"{name}: {usd_text(usd)}/月", f"{name.english}: {in_lang(usd_text(usd), 'en')}/month")
        estimates.append(CostEstimate(usd, (line,)))
    return add_estimates(*estimates)


def estimate_serving_examples(region: str) -> tuple[CostEstimate, ...]:
    """A month of each way to serve, with ``EXAMPLE_REQUESTS`` of ``EXAMPLE_SECONDS``, and of the API before it."""
    return (
        estimate_serverless_month(_EXAMPLE_SERVERLESS_MB, region, EXAMPLE_REQUESTS, EXAMPLE_SECONDS),
        estimate_instance_month("ml.m5.xlarge", region),
        estimate_instance_month("ml.g4dn.xlarge", region),
        estimate_api_month(region, EXAMPLE_REQUESTS, seconds_each=EXAMPLE_SECONDS),
    )


def bill_training(description: Mapping[str, Any], region: str) -> Bill:
    """The bill of a job from DescribeTrainingJob's answer; seconds are 0 where AWS has not said them yet."""
    training = int(description.get("TrainingTimeInSeconds", 0))
    billable = int(description.get("BillableTimeInSeconds", training))
    resources = description["ResourceConfig"]
    instance_type, n_instances = resources["InstanceType"], int(resources.get("InstanceCount", 1))
    price = find_price(instance_type, region, "training")
    hours = billable / 3600 * n_instances
    volume = _volume_usd(instance_type, region, resources.get("VolumeSizeInGB", 0), hours)
    cost = None if price is None or volume is None else price.usd_per_hour * hours + volume
    lines = [
        both(
            f"学習時間 {training:,} 秒、請求対象 {billable:,} 秒（{instance_type} × {n_instances}）: {usd_text(cost)}",
            f"training took {training:,} s, billed are {billable:,} s ({instance_type} × {n_instances}): "
            f"{in_lang(usd_text(cost), 'en')}",
        )
    ]
    if description.get("EnableManagedSpotTraining"):
        saved = max(1 - billable / training, 0.0) if training else 0.0
        lines.append(both(f"スポットで {saved:.0%} 安くなりました。", f"Spot made it {saved:.0%} cheaper."))
    if cost is None:
        lines.append(refresh_mend(region))
    return Bill(billable, cost, tuple(lines))


def running_cost(description: Mapping[str, Any], region: str) -> tuple[float, float | None] | None:
    """Minutes since a job's training began, and the most that they cost on demand; None before it began."""
    if (started := description.get("TrainingStartTime")) is None:
        return None
    seconds = time.time() - started.timestamp()
    price = find_price(description["ResourceConfig"]["InstanceType"], region, "training")
    return seconds / 60, None if price is None else price.usd_per_hour * seconds / 3600


def check_budget(estimate: CostEstimate, max_cost_usd: float | None) -> None:
    """Raise UserError when the upper bound is above ``max_cost_usd`` (None: no limit), or unknown under a limit."""
    if max_cost_usd is None:
        return
    if estimate.upper_usd is None:
        first = estimate.lines[0] if estimate.lines else both("内訳なし", "no details")
        raise UserError(
            both(
                f"単価が分からないので、--max_cost_usd {max_cost_usd:g} に収まるかを確かめられません。（{first}）",
                f"Without a price, nobody can say whether it stays within --max_cost_usd {max_cost_usd:g} "
                f"({in_lang(first, 'en')}).",
            ),
            both(
                "seikaku cloud prices --refresh で AWS の料金を取り込むか、--max_cost_usd を外してください。",
                "Take in AWS's prices with seikaku cloud prices --refresh, or leave --max_cost_usd out.",
            ),
        )
    if estimate.upper_usd > max_cost_usd:
        raise UserError(
            both(
                f"費用の上限 {estimate.text} が --max_cost_usd {max_cost_usd:g} を超えます。",
                f"It may cost up to {estimate.text}, which is more than --max_cost_usd {max_cost_usd:g}.",
            ),
            both(
                "最大実行時間やジョブの数を減らすか、別の --instance_type にするか、--max_cost_usd を上げてください。",
                "Allow less time or fewer jobs, choose another --instance_type, or raise --max_cost_usd.",
            ),
        )


def volume_usd_per_hour(
    instance_type: str, region: str, table: PriceTable, volume_gb: float = DEFAULT_VOLUME_GB
) -> float | None:
    """What an hour of the volume costs; 0 where the instance's own disk is used, None when the price is unknown."""
    if volume_gb <= 0 or has_own_disk(instance_type):
        return 0.0
    price = table.find_service("volume_gb_month", region)
    return None if price is None else price.usd * volume_gb / HOURS_PER_MONTH


def price_unknown(what: Words, region: str) -> Words:
    """The line of something whose price in the region is not known."""
    return both(f"{what}: 単価が不明（{region}）", f"{what.english}: price unknown ({region})")


def _hours_line(instance_type: str, region: str, what: Words, price: Price | None, hours: float) -> Words:
    name = both(f"{what} {instance_type}（{region}）", f"{what.english}, {instance_type} ({region})")
    if price is None:
        return both(f"{name} × {hours:,.1f} 時間: 単価が不明", f"{name.english} × {hours:,.1f} h: price unknown")
    total = f"${price.usd_per_hour:g} = {usd_text(price.usd_per_hour * hours)}"
    return both(
        f"{name} × {hours:,.1f} 時間 × {total}（{price.as_of} の料金）",
        f"{name.english} × {hours:,.1f} h × {total} (price of {price.as_of})",
    )


def _volume_usd(instance_type: str, region: str, volume_gb: float, hours: float) -> float | None:
    each = volume_usd_per_hour(instance_type, region, load_prices(), volume_gb)
    return None if each is None else each * hours
