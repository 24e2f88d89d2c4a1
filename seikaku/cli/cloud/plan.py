"""`seikaku cloud plan`: what training and serving take and cost, before anything starts. Effects: reads, prints."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from seikaku.cli.cloud.options import cloud_options
from seikaku.cloud.account.images import list_registries
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs.launch import list_patch_ends
from seikaku.cloud.money import costs, encoders, plan, regions, step_time, workload
from seikaku.cloud.money.instances import Instance, choose_training_instances, retirement_notice
from seikaku.cloud.money.prices import PriceTable, load_prices
from seikaku.cloud.money.step_time import Interval
from seikaku.cloud.money.workload import Workload
from seikaku.config import PRECISIONS, Stage1Config, Stage2Config
from seikaku.errors import DataError
from seikaku.places import PROCESSED_DATA

_FIRST, _SECOND = Stage1Config(), Stage2Config()
_COLUMNS = ("インスタンス", "GPU", "stage 1", "stage 2", "費用", "メモリ")
_UNKNOWN, _ABSENT = "不明", "なし"
_WIDTH = 118


@click.command("plan")
@click.option("--data", "data_folder", type=click.Path(path_type=Path), default=PROCESSED_DATA,
              help="前処理済みデータのフォルダ（なければ、コーパスの全量で見積もる）")  # fmt: skip
@click.option("--backbone", default=_FIRST.backbone, help=f"土台のエンコーダ（既定: {_FIRST.backbone}）")
@click.option("--instance_type", default="", help="このインスタンスタイプだけを見積もる")
@click.option("--stage1_tokens", type=click.IntRange(1), help="stage 1 の 1 エポックのトークン数（数えずに使う）")
@click.option("--stage2_tokens", type=click.IntRange(1), help="stage 2 の 1 エポックのトークン数（数えずに使う）")
@click.option("--stage1_epochs", type=click.IntRange(1), default=_FIRST.epochs,
              help=f"stage 1 のエポック数（既定: {_FIRST.epochs}）")  # fmt: skip
@click.option("--stage2_epochs", type=click.IntRange(1), default=_SECOND.epochs,
              help=f"stage 2 のエポック数（既定: {_SECOND.epochs}）")  # fmt: skip
@click.option("--batch_size", type=click.IntRange(1), default=_FIRST.batch_size,
              help=f"1 GPU・1 回あたりの件数（既定: {_FIRST.batch_size}）")  # fmt: skip
@click.option("--max_tokens", type=click.IntRange(16), default=_FIRST.max_tokens,
              help=f"1 つの本文・窓の最大トークン数（既定: {_FIRST.max_tokens}）")  # fmt: skip
@click.option("--precision", type=click.Choice(PRECISIONS), default=_FIRST.precision,
              help="計算の精度（既定: auto。bf16 を持つ GPU では bf16、ほかは fp16）")  # fmt: skip
@click.option("--gradient_checkpointing", is_flag=True, help="計算を増やしてメモリを減らす場合")
@click.option("--json", "as_json", is_flag=True, help="JSON で出力する")
@cloud_options()
def command(
    settings: CloudSettings,
    data_folder: Path,
    backbone: str,
    instance_type: str,
    as_json: bool,
    **sizes: Any,
) -> None:
    """2 段階の学習にかかる時間と費用を、インスタンスタイプごとに見積もります。AWS には接続しません。

    \b
    例: seikaku cloud plan
        seikaku cloud plan --region us-west-2 --instance_type ml.g5.xlarge
    """
    region = Account(settings).region
    instances = choose_training_instances(instance_type)
    prices = load_prices()
    notices = _notices(region, instances, prices)
    shape = encoders.encoder_shape(backbone)
    workloads = _workloads(data_folder, shape, sizes)
    plans = {item: [plan.plan_stage(shape, load, item, region, prices) for load in workloads] for item in instances}
    counts = [workload.of_personas(workloads[0], n) for n in plan.PERSONA_COUNTS]
    personas = {item: [plan.plan_stage(shape, load, item, region, prices) for load in counts] for item in instances}
    if as_json:
        document = {
            "region": region,
            "backbone": backbone,
            "notices": notices,
            "training": [stage.to_dict() for stages in plans.values() for stage in stages],
            "personas": [stage.to_dict() for stages in personas.values() for stage in stages],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for line in notices:
        click.echo(line)
    _print_workloads(workloads)
    _print_plans(f"学習（{backbone}、{region}）", plans)
    _print_personas(f"stage 1 を人数で変えると（{workloads[0].epochs} エポック）", personas)
    _explain(region, plans, prices)
    _print_serving(region)


def _notices(region: str, instances: tuple[Instance, ...], prices: PriceTable) -> list[str]:
    """What the user should know before reading any figure."""
    retired = [retirement_notice(instance.instance_type) for instance in instances]
    patches = [f"注意: {line}" for line in list_patch_ends(region)] if region in list_registries() else []
    return [*regions.region_notice(region, prices), *(line for line in retired if line is not None), *patches]


def _workloads(data_folder: Path, shape: encoders.EncoderShape, sizes: dict[str, Any]) -> list[Workload]:
    shared = {name: sizes[name] for name in ("batch_size", "max_tokens", "precision", "gradient_checkpointing")}
    configs: tuple[Stage1Config | Stage2Config, ...] = (
        Stage1Config(epochs=sizes["stage1_epochs"], **shared),
        Stage2Config(epochs=sizes["stage2_epochs"], **shared),
    )
    return [_workload(config, data_folder, shape, sizes[f"stage{n}_tokens"]) for n, config in enumerate(configs, 1)]


def _workload(
    config: Stage1Config | Stage2Config, data_folder: Path, shape: encoders.EncoderShape, n_tokens: int | None
) -> Workload:
    from seikaku.model.encoder.families import FAMILIES
    from seikaku.training.tuning.token_counts import count_stage1_tokens, count_stage2_tokens

    family = FAMILIES.get(shape.model_type)
    targets = workload.QUERY_AND_VALUE if family is None else family.lora_targets
    known = workload.documented_workload(config, targets)
    if n_tokens is not None:
        n_sequences = max(round(n_tokens / known.mean_tokens), 1)
        return dataclasses.replace(known, n_sequences=n_sequences, source="指定された値")
    count = count_stage1_tokens if known.stage == 1 else count_stage2_tokens
    try:
        found = count(data_folder, known.max_tokens)
    except DataError:
        return known  # which says that it is not the data at hand
    source = f"{data_folder} を同梱のトークナイザーで数えた近似"
    return workload.build_workload(config, found.n_sequences, found.lengths, source, targets)


def _print_workloads(workloads: list[Workload]) -> None:
    click.echo("\n読むトークン")
    for load in workloads:
        per_epoch = f"{load.tokens_per_epoch:,} × {load.epochs} エポック、1 回に {load.n_at_once} 本文"
        click.echo(f"  stage {load.stage}: {per_epoch}（{load.source}）")


def _print_table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, title=title, title_justify="left")
    for name in columns:
        table.add_column(name, no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=_WIDTH).print(table)


def _print_plans(title: str, plans: dict[Instance, list[plan.StagePlan]]) -> None:
    rows = []
    for instance, stages in plans.items():
        hours = [plan.hours_text(stage.hours) for stage in stages]
        gpu = f"{instance.gpu} × {instance.n_gpus}"
        rows.append((instance.instance_type, gpu, *hours, _usd(stages), _memory(stages)))
    _print_table(title, _COLUMNS, rows)


def _print_personas(title: str, personas: dict[Instance, list[plan.StagePlan]]) -> None:
    columns = ("インスタンス", *(f"{n / 10_000:g} 万人" for n in plan.PERSONA_COUNTS))
    rows = [
        (instance.instance_type, *(f"{plan.hours_text(stage.hours)}\n{_usd([stage])}" for stage in stages))
        for instance, stages in personas.items()
    ]
    _print_table(title, columns, rows)


def _explain(region: str, plans: dict[Instance, list[plan.StagePlan]], prices: PriceTable) -> None:
    stages = [stage for found in plans.values() for stage in found]
    sources = dict.fromkeys(step_time.describe_speed(stage.instance, stage.precision) for stage in stages)
    click.echo(
        "時間は計算値で、( ) は考えられる幅です。1 回の更新の下限と GPU の計算速度から求めます（docs/performance.md）。"
    )
    for source in sources:
        click.echo(f"  {source}")
    click.echo(
        "起動・データの取り込みの時間は含みません。費用はオンデマンドで、スポットならこれより安く、実行後に表示します。"
    )
    if any(stage.usd is not None and not stage.is_price_known for stage in stages):
        ratio = regions.price_ratio(prices)
        times = f"{ratio.low:.2f}〜{ratio.high:.2f}"
        click.echo(f"費用の * は、SageMaker の料金が分からないので、EC2 の料金の {times} 倍とした計算値です。")
        click.echo("  --max_cost_usd に収まるかの確かめには使いません。")
    if any(stage.usd is None and not stage.is_absent for stage in stages):
        click.echo(f"「{_UNKNOWN}」は、単価が分からないものです。{costs.REFRESH_MEND.format(region=region)}")
    if any(stage.precision == "bf16" and not stage.instance.bf16 for stage in stages):
        click.echo("bf16 を持たない GPU があります。そこでは --precision auto か fp16 にしてください。")
    if tight := [instance.instance_type for instance, found in plans.items() if not all(s.fits for s in found)]:
        click.echo(f"メモリが足りないおそれがあるもの: {'、'.join(tight)}")
        click.echo("  そのときは --batch_size 4 --gradient_accumulation_steps 2（更新の大きさは同じです）。")


def _usd(stages: list[plan.StagePlan]) -> str:
    if any(stage.is_absent for stage in stages):
        return _ABSENT
    total: Interval | None = plan.total_usd(stages)
    if total is None:
        return _UNKNOWN
    return plan.usd_text(total) + ("" if all(stage.is_price_known for stage in stages) else " *")


def _memory(stages: list[plan.StagePlan]) -> str:
    most = max(stages, key=lambda stage: stage.memory_gb)
    verdict = "収まる" if most.fits else "足りないおそれ"
    return f"{most.memory_gb:.1f}/{most.instance.gpu_memory_gb:g} GB {verdict}"


def _print_serving(region: str) -> None:
    example = f"月に {costs.EXAMPLE_REQUESTS:,} 回・1 回 {costs.EXAMPLE_SECONDS:g} 秒の例"
    click.echo(f"\n公開したときの費用（{region}、{example}）")
    for estimate in costs.estimate_serving_examples(region):
        for line in estimate.lines:
            if line != costs.REFRESH_MEND.format(region=region):
                click.echo(f"  {line}")
