"""What an endpoint runs on: serverless, or instances that are always up. In: flags, the model's size. No effects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seikaku.cloud.account.rules import SERVERLESS_MEMORY_MB, SERVERLESS_STEP_MB
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.money import costs
from seikaku.cloud.money.instances import has_gpus
from seikaku.cloud.money.prices import load_prices
from seikaku.errors import UserError, Words, both
from seikaku.settings import check_ranges, setting

DEFAULT_CONCURRENCY = 5
PROVISIONED_SERVICE = "serverless_provisioned_gb_second"  # its name in the price table
# Before the model comes: the server, Python with its libraries (the Hugging Face image also loads torch), and room.
_BASE_MB = {True: 2048, False: 512}
_MB = 1024**2
SCALED = ("target_invocations", "startup_seconds", "alarms")  # fields of Instances that are flags by their own names
_ONLY_INSTANCES = ("min_instances", "max_instances", *SCALED)
_ONLY_SERVERLESS = ("memory_mb", "max_concurrency", "provisioned_concurrency")


@dataclass(frozen=True, slots=True)
class Serverless:
    """Nothing is paid while nobody asks, but for the ``provisioned`` ones of the simultaneous calls: kept warm."""

    memory_mb: int
    max_concurrency: int = DEFAULT_CONCURRENCY
    provisioned: int = 0

    def __post_init__(self) -> None:
        if self.provisioned > self.max_concurrency:
            raise UserError(
                both(
                    f"--provisioned_concurrency {self.provisioned} が"
                    f" --max_concurrency {self.max_concurrency} を超えます。",
                    f"--provisioned_concurrency {self.provisioned} is more than "
                    f"--max_concurrency {self.max_concurrency}.",
                ),
                both(
                    "--max_concurrency を、--provisioned_concurrency 以上にしてください。",
                    "Make --max_concurrency at least --provisioned_concurrency.",
                ),
            )


@dataclass(frozen=True, slots=True)
class Instances:
    """Hosts that are always up; ``target_invocations`` a minute and host is what the scaling aims at."""

    instance_type: str
    min_count: int = 1
    max_count: int = 1
    target_invocations: int = setting(
        60,
        both(
            "1 台・1 分あたりの呼び出しがこの数になるよう増減する（既定: 60）",
            "Scale towards this many calls a minute on each instance (default: 60)",
        ),
        1,
    )
    startup_seconds: int = setting(
        600,
        both("コンテナの起動を待つ時間（秒。既定: 600）", "Seconds in which a container may start (default: 600)"),
        60,
        3600,
    )
    download_seconds: int = 1200
    alarms: tuple[str, ...] = setting(
        (),
        both(
            "鳴ったら前のモデルに自動で戻す CloudWatch アラームの名前（コンマ区切り）",
            "CloudWatch alarms that bring the previous model back (names, with commas between)",
        ),
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.max_count < self.min_count:
            raise UserError(
                both(
                    f"--max_instances {self.max_count} が --min_instances {self.min_count} より小さくなっています。",
                    f"--max_instances {self.max_count} is less than --min_instances {self.min_count}.",
                ),
                both(
                    "--max_instances を --min_instances 以上にしてください。",
                    "Make --max_instances at least --min_instances.",
                ),
            )


Hosting = Serverless | Instances


def choose_hosting(asked: Mapping[str, Any], n_model_bytes: int, *, own_image: bool) -> Hosting:
    """The kind of host that the flags ask for; ``asked``: ``instance_type`` and the flags of both kinds, None: unset.

    Raises UserError for a flag of the other kind, and for a size of memory that AWS does not offer.
    """
    if asked["instance_type"] is None:
        why = both("--instance_type を指定したときだけ使えます", "only with --instance_type")
        _refuse(asked, _ONLY_INSTANCES, why)
        memory_mb = asked["memory_mb"] or choose_memory_mb(n_model_bytes, own_image=own_image)
        check_memory_mb(memory_mb)
        concurrency = asked["max_concurrency"] or DEFAULT_CONCURRENCY
        return Serverless(memory_mb, concurrency, asked.get("provisioned_concurrency") or 0)
    _refuse(asked, _ONLY_SERVERLESS, both("サーバーレスのときだけ使えます", "only for serverless"))
    fewest = asked["min_instances"] or 1
    given = {name: asked[name] for name in SCALED if asked.get(name)}
    return Instances(asked["instance_type"], fewest, asked["max_instances"] or fewest, **given)


def estimate_month(hosting: Hosting, region: str, n_requests: int) -> costs.CostEstimate:
    """A month of the host; serverless by ``n_requests`` of ``costs.EXAMPLE_SECONDS`` each, instances at their most."""
    if isinstance(hosting, Serverless):
        used = costs.estimate_serverless_month(hosting.memory_mb, region, n_requests, costs.EXAMPLE_SECONDS)
        return costs.add_estimates(used, _estimate_provisioned(hosting, region)) if hosting.provisioned else used
    return costs.estimate_instance_month(hosting.instance_type, region, hosting.max_count)


def _estimate_provisioned(hosting: Serverless, region: str) -> costs.CostEstimate:
    """A month of what is kept warm, paid by memory and time whether anybody asks or not."""
    price = load_prices().find_service(PROVISIONED_SERVICE, region)
    amount = f"{hosting.provisioned} × {hosting.memory_mb} MB × {costs.HOURS_PER_MONTH}"
    what = both(f"温めておく {amount} 時間", f"kept warm, {amount} h")
    if price is None:
        return costs.CostEstimate(None, (costs.price_unknown(what, region), costs.refresh_mend(region)))
    usd = price.usd * hosting.memory_mb / 1024 * costs.HOURS_PER_MONTH * 3600 * hosting.provisioned
    line = both(
        f"{what} = {costs.usd_text(usd)}/月（1 GB・1 秒 ${price.usd:.8f}（{price.as_of}）。呼ばれなくても）",
        f"{what.english} = {costs.usd_text(usd)}/month "
        f"(${price.usd:.8f} a GB and second, {price.as_of}; called or not)",
    )
    return costs.CostEstimate(usd, (line,))


def check_hosting(hosting: Hosting, settings: CloudSettings, *, own_image: bool) -> None:
    """Raise UserError for what AWS does not offer together."""
    if isinstance(hosting, Serverless) and (settings.subnets or settings.network_isolation):
        raise UserError(
            both(
                "サーバーレスのエンドポイントは、VPC にもネットワークの隔離にも置けません。",
                "A serverless endpoint can be neither in a VPC nor isolated from the network.",
            ),
            both(
                "--instance_type ml.m5.xlarge のようにインスタンスを指定するか、その指定を外してください。",
                "Give an instance, as with --instance_type ml.m5.xlarge, or leave those flags out.",
            ),
        )
    if isinstance(hosting, Instances) and not own_image and has_gpus(hosting.instance_type):
        raise UserError(
            both(
                f"{hosting.instance_type} の GPU は使われません（Hugging Face のイメージでの推論は CPU です）。",
                f"The GPU of {hosting.instance_type} would not be used (in the Hugging Face image the CPU estimates).",
            ),
            both(
                "ml.m5.xlarge のような CPU のものにするか、GPU を使う自分のイメージを --image で指定してください。",
                "Choose one without, such as ml.m5.xlarge, or give --image an image of yours that uses the GPU.",
            ),
        )


def choose_memory_mb(n_model_bytes: int, *, own_image: bool) -> int:
    """The least serverless memory that holds the model. Raises UserError where none does."""
    needed = _BASE_MB[not own_image] + 1.5 * n_model_bytes / _MB
    found = next((memory for memory in SERVERLESS_MEMORY_MB if memory >= needed), None)
    if found is None:
        size, most = f"{n_model_bytes / 1e9:.1f} GB", f"{SERVERLESS_MEMORY_MB[-1]} MB"
        raise UserError(
            both(
                f"モデル（{size}）は、サーバーレスの {most} に入りません。",
                f"The model ({size}) does not fit serverless's {most}.",
            ),
            both(
                "seikaku export --int8 で小さくするか、--instance_type でインスタンスを指定してください。",
                "Make it smaller with seikaku export --int8, or give an instance with --instance_type.",
            ),
        )
    return found


def check_memory_mb(memory_mb: int) -> None:
    """Raise UserError for a size of memory that AWS does not offer."""
    if memory_mb not in SERVERLESS_MEMORY_MB:
        least, most = SERVERLESS_MEMORY_MB[0], SERVERLESS_MEMORY_MB[-1]
        raise UserError(
            both(f"--memory_mb {memory_mb} は選べません。", f"--memory_mb cannot be {memory_mb}."),
            both(
                f"{least} から {most} まで、{SERVERLESS_STEP_MB} ごとの数を指定してください。",
                f"Give a number from {least} to {most} in steps of {SERVERLESS_STEP_MB}.",
            ),
        )


def _refuse(asked: Mapping[str, Any], names: tuple[str, ...], why: Words) -> None:
    if given := [f"--{name}" for name in names if asked.get(name) is not None]:
        raise UserError(
            both(f"{'、'.join(given)} は、{why}。", f"{', '.join(given)}: {why.english}."),
            both("外すか、--instance_type の指定を見直してください。", "Leave it out, or think about --instance_type."),
        )
