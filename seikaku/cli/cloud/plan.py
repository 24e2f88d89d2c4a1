"""`seikaku cloud plan`: what training and serving take and cost, before anything starts. Effects: reads, prints."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from seikaku.cli.cloud.options import cloud_options
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.money import costs, plan
from seikaku.cloud.money.instances import Instance, choose_training_instances
from seikaku.config import Stage1Config, Stage2Config
from seikaku.errors import DataError
from seikaku.places import PROCESSED_DATA

_FIRST, _SECOND = Stage1Config(), Stage2Config()
_COLUMNS = ("インスタンス", "GPU", "stage 1", "stage 2", "費用", "メモリ")


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
    workloads = _workloads(data_folder, sizes)
    plans = {
        instance: [plan.plan_stage(backbone, workload, instance, region) for workload in workloads]
        for instance in choose_training_instances(instance_type)
    }
    if as_json:
        document = {"region": region, "training": [stage.to_dict() for stages in plans.values() for stage in stages]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    _print_workloads(workloads)
    _print_plans(backbone, region, plans)
    _print_serving(region)


def _workloads(data_folder: Path, sizes: dict[str, Any]) -> list[plan.Workload]:
    shared = {name: sizes[name] for name in ("batch_size", "max_tokens", "gradient_checkpointing")}
    configs: tuple[Stage1Config | Stage2Config, ...] = (
        Stage1Config(epochs=sizes["stage1_epochs"], **shared),
        Stage2Config(epochs=sizes["stage2_epochs"], **shared),
    )
    return [_workload(config, data_folder, sizes[f"stage{n}_tokens"]) for n, config in enumerate(configs, 1)]


def _workload(config: Stage1Config | Stage2Config, data_folder: Path, n_tokens: int | None) -> plan.Workload:
    known = plan.documented_workload(config)
    if n_tokens is not None:
        return dataclasses.replace(known, tokens_per_epoch=n_tokens, source="指定された値")
    from seikaku.training.tuning.token_counts import count_stage1_tokens, count_stage2_tokens

    count = count_stage1_tokens if known.stage == 1 else count_stage2_tokens
    try:
        found = count(data_folder, known.max_tokens)
    except DataError:
        return known  # which says that it is not the data at hand
    source = f"{data_folder} を同梱のトークナイザーで数えた近似"
    return plan.build_workload(config, found.n_tokens, found.mean_tokens, source)


def _print_workloads(workloads: list[plan.Workload]) -> None:
    click.echo("読むトークン")
    for workload in workloads:
        per_epoch = f"{workload.tokens_per_epoch:,} × {workload.epochs} エポック"
        click.echo(f"  stage {workload.stage}: {per_epoch}（{workload.source}）")


def _print_plans(backbone: str, region: str, plans: dict[Instance, list[plan.StagePlan]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, title=f"学習（{backbone}、{region}）", title_justify="left")
    for name in _COLUMNS:
        table.add_column(name, no_wrap=True)
    for instance, stages in plans.items():
        total = costs.add_estimates(*(stage.cost for stage in stages))
        hours = [_duration(stage.hours) for stage in stages]
        gpu = f"{instance.gpu} × {instance.n_gpus}"
        table.add_row(instance.instance_type, gpu, *hours, total.text, _memory(stages))
    Console(width=110).print(table)
    sources = dict.fromkeys(plan.find_utilisation(backbone, instance.gpu).source for instance in plans)
    click.echo(f"時間は計算値です（GPU の公称の計算速度 × 使用率。使用率は {'、'.join(sources)}）。")
    click.echo("起動・データの取り込み・検証の時間は含みません。GPU が複数なら、その数だけ速くなると仮定しています。")
    click.echo("費用は、その時間をオンデマンドの料金で計算した値です。スポットならこれより安く、実行後に表示します。")
    if any(stage.cost.upper_usd is None for stages in plans.values() for stage in stages):
        click.echo(f"「不明」は、単価が分からないものです。{costs.REFRESH_MEND.format(region=region)}")
    if tight := [instance.instance_type for instance, stages in plans.items() if not all(s.fits for s in stages)]:
        click.echo(f"メモリが足りないおそれがあるもの: {'、'.join(tight)}")
        click.echo("  そのときは --batch_size 4 --gradient_accumulation_steps 2（更新の大きさは同じです）。")


def _duration(hours: float) -> str:
    if hours >= 1:
        return f"{hours:,.1f} 時間"
    return f"{hours * 60:.0f} 分" if hours * 60 >= 1 else "1 分未満"


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
