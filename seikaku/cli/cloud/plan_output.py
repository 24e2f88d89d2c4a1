"""How `seikaku cloud plan` is told: tables, and what their figures are. In: workloads, plans. Effect: prints."""

from collections.abc import Sequence

import click

from seikaku.cli.language import show, words
from seikaku.cloud.money import costs, plan, regions, step_time
from seikaku.cloud.money.instances import Instance
from seikaku.cloud.money.prices import PriceTable
from seikaku.cloud.money.step_time import Interval
from seikaku.cloud.money.workload import Workload
from seikaku.errors import both, in_lang

_INSTANCE = both("インスタンス", "Instance")
_COLUMNS = (_INSTANCE, "GPU", "stage 1", "stage 2", both("費用", "Cost"), both("メモリ", "Memory"))
_UNKNOWN, _ABSENT = both("不明", "unknown"), both("なし", "none")
_WIDTH = 118


def print_workloads(workloads: list[Workload]) -> None:
    """How many tokens each stage reads."""
    show(both("\n読むトークン", "\nTokens that are read"))
    for load in workloads:
        n_tokens = f"{load.tokens_per_epoch:,}"
        show(
            both(
                f"  stage {load.stage}: {n_tokens} × {load.epochs} エポック、"
                f"1 回に {load.n_at_once} 本文（{load.source}）",
                f"  stage {load.stage}: {n_tokens} × {load.epochs} epochs, {load.n_at_once} texts a step "
                f"({in_lang(load.source, 'en')})",
            )
        )


def _print_table(title: str, columns: Sequence[str], rows: list[tuple[str, ...]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, title=words(title), title_justify="left")
    for name in columns:
        table.add_column(words(name), no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=_WIDTH).print(table)


def print_plans(backbone: str, region: str, plans: dict[Instance, list[plan.StagePlan]]) -> None:
    """Both stages on each instance type: time, cost, memory."""
    rows = []
    for instance, stages in plans.items():
        hours = [words(plan.hours_text(stage.hours)) for stage in stages]
        gpu = f"{instance.gpu} × {instance.n_gpus}"
        rows.append((instance.instance_type, gpu, *hours, _usd(stages), _memory(stages)))
    _print_table(both(f"学習（{backbone}、{region}）", f"Training ({backbone}, {region})"), _COLUMNS, rows)


def print_personas(n_epochs: int, personas: dict[Instance, list[plan.StagePlan]]) -> None:
    """Stage 1 with fewer people and with more."""
    people = [both(f"{n / 10_000:g} 万人", f"{n:,} people") for n in plan.PERSONA_COUNTS]
    rows = [
        (instance.instance_type, *(f"{words(plan.hours_text(stage.hours))}\n{_usd([stage])}" for stage in stages))
        for instance, stages in personas.items()
    ]
    title = both(
        f"stage 1 を人数で変えると（{n_epochs} エポック）", f"stage 1 by the number of people ({n_epochs} epochs)"
    )
    _print_table(title, (_INSTANCE, *people), rows)


def explain_plans(region: str, plans: dict[Instance, list[plan.StagePlan]], prices: PriceTable) -> None:
    """What the figures in the tables are, and what they are not."""
    stages = [stage for found in plans.values() for stage in found]
    show(
        both(
            "時間は計算値で、( ) は考えられる幅です。1 回の更新の下限と GPU の計算速度から求めます"
            "（docs/performance.md）。",
            "Times are computed, from the least that a step takes and how fast the GPU computes; ( ) is how far off "
            "they may be (docs/performance.md).",
        )
    )
    for source in dict.fromkeys(step_time.describe_speed(stage.instance, stage.precision) for stage in stages):
        show(both(f"  {source}", f"  {source.english}"))
    show(
        both(
            "起動・データの取り込みの時間は含みません。費用はオンデマンドで、スポットならこれより安く、"
            "実行後に表示します。",
            "Starting and reading the data come on top. The cost is on demand; on spot it is less, and is shown "
            "afterwards.",
        )
    )
    _explain_prices(region, stages, prices)
    if any(stage.precision == "bf16" and not stage.instance.bf16 for stage in stages):
        show(
            both(
                "bf16 を持たない GPU があります。そこでは --precision auto か fp16 にしてください。",
                "Some of these GPUs have no bf16: give --precision auto or fp16 there.",
            )
        )
    if tight := [instance.instance_type for instance, found in plans.items() if not all(s.fits for s in found)]:
        show(
            both(
                f"メモリが足りないおそれがあるもの: {'、'.join(tight)}\n"
                "  そのときは --batch_size 4 --gradient_accumulation_steps 2（更新の大きさは同じです）。",
                f"May have too little memory: {', '.join(tight)}\n"
                "  If so: --batch_size 4 --gradient_accumulation_steps 2 (as large an update).",
            )
        )


def _explain_prices(region: str, stages: list[plan.StagePlan], prices: PriceTable) -> None:
    if any(stage.usd is not None and not stage.is_price_known for stage in stages):
        ratio = regions.price_ratio(prices)
        low, high = f"{ratio.low:.2f}", f"{ratio.high:.2f}"
        show(
            both(
                f"費用の * は、SageMaker の料金が分からないので、EC2 の料金の {low}〜{high} 倍とした計算値です。\n"
                "  --max_cost_usd に収まるかの確かめには使いません。",
                f"A * at a cost: SageMaker's price is not known, and computed as {low}–{high} times EC2's.\n"
                "  --max_cost_usd is never checked against it.",
            )
        )
    if any(stage.usd is None and not stage.is_absent for stage in stages):
        mend = costs.refresh_mend(region)
        show(
            both(
                f"「{_UNKNOWN}」は、単価が分からないものです。{mend}",
                f"Where it says “{_UNKNOWN.english}”, no price is known. {mend.english}",
            )
        )


def _usd(stages: list[plan.StagePlan]) -> str:
    if any(stage.is_absent for stage in stages):
        return words(_ABSENT)
    total: Interval | None = plan.total_usd(stages)
    if total is None:
        return words(_UNKNOWN)
    return plan.usd_text(total) + ("" if all(stage.is_price_known for stage in stages) else " *")


def _memory(stages: list[plan.StagePlan]) -> str:
    most = max(stages, key=lambda stage: stage.memory_gb)
    verdict = both("収まる", "fits") if most.fits else both("足りないおそれ", "may not fit")
    return f"{most.memory_gb:.1f}/{most.instance.gpu_memory_gb:g} GB {words(verdict)}"


def print_serving(region: str) -> None:
    """What a month of each way to serve costs."""
    n_requests, seconds = f"{costs.EXAMPLE_REQUESTS:,}", f"{costs.EXAMPLE_SECONDS:g}"
    show(
        both(
            f"\n公開したときの費用（{region}、月に {n_requests} 回・1 回 {seconds} 秒の例）",
            f"\nWhat serving costs ({region}, such as {n_requests} calls a month of {seconds} s)",
        )
    )
    for estimate in costs.estimate_serving_examples(region):
        for line in estimate.lines:
            if line != costs.refresh_mend(region):
                click.echo(f"  {words(line)}")
