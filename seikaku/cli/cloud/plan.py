"""`seikaku cloud plan`: what training and serving take and cost, before anything starts. Effects: reads, prints."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from seikaku.cli.bilingual import option, verb
from seikaku.cli.cloud.options import Decorator, cloud_options, json_option
from seikaku.cli.cloud.plan_output import explain_plans, print_personas, print_plans, print_serving, print_workloads
from seikaku.cli.language import show
from seikaku.cloud.account.images import list_registries
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs.launch import list_patch_ends
from seikaku.cloud.money import encoders, plan, regions, workload
from seikaku.cloud.money.instances import Instance, choose_training_instances, retirement_notice
from seikaku.cloud.money.prices import PriceTable, load_prices
from seikaku.cloud.money.workload import Workload
from seikaku.config import PRECISIONS, Stage1Config, Stage2Config
from seikaku.errors import DataError, Words, both
from seikaku.places import PROCESSED_DATA

_FIRST, _SECOND = Stage1Config(), Stage2Config()


def _counted_option(name: str, least: int, default: int, japanese: str, english: str) -> Decorator:
    """An option for a whole number, whose help tells the default."""
    return option(
        name,
        type=click.IntRange(least),
        default=default,
        help=both(f"{japanese}（既定: {default}）", f"{english} (default: {default})"),
    )


@verb(
    "plan",
    help=both(
        """2 段階の学習にかかる時間と費用を、インスタンスタイプごとに見積もります。AWS には接続しません。

        \b
        例: seikaku cloud plan
            seikaku cloud plan --region us-west-2 --instance_type ml.g5.xlarge
        """,
        """Estimate how long both stages of training take and what they cost, for each instance type. AWS is not asked.

        \b
        Such as: seikaku cloud plan
                 seikaku cloud plan --region us-west-2 --instance_type ml.g5.xlarge
        """,
    ),
)
@option(
    "--data",
    "data_folder",
    type=click.Path(path_type=Path),
    default=PROCESSED_DATA,
    help=both(
        "前処理済みデータのフォルダ（なければ、コーパスの全量で見積もる）",
        "Folder of the processed data (without it, the estimate is for the whole corpora)",
    ),
)
@option(
    "--backbone",
    default=_FIRST.backbone,
    help=both(f"土台のエンコーダ（既定: {_FIRST.backbone}）", f"The backbone encoder (default: {_FIRST.backbone})"),
)
@option(
    "--instance_type",
    default="",
    help=both("このインスタンスタイプだけを見積もる", "Estimate for this instance type only"),
)
@option(
    "--stage1_tokens",
    type=click.IntRange(1),
    help=both(
        "stage 1 の 1 エポックのトークン数（数えずに使う）", "Tokens of an epoch of stage 1 (none are then counted)"
    ),
)
@option(
    "--stage2_tokens",
    type=click.IntRange(1),
    help=both(
        "stage 2 の 1 エポックのトークン数（数えずに使う）", "Tokens of an epoch of stage 2 (none are then counted)"
    ),
)
@_counted_option("--stage1_epochs", 1, _FIRST.epochs, "stage 1 のエポック数", "Epochs of stage 1")
@_counted_option("--stage2_epochs", 1, _SECOND.epochs, "stage 2 のエポック数", "Epochs of stage 2")
@_counted_option("--batch_size", 1, _FIRST.batch_size, "1 GPU・1 回あたりの件数", "Examples of a step on each GPU")
@_counted_option(
    "--max_tokens", 16, _FIRST.max_tokens, "1 つの本文・窓の最大トークン数", "Tokens of a text or a window at most"
)
@option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default=_FIRST.precision,
    help=both(
        "計算の精度（既定: auto。bf16 を持つ GPU では bf16、ほかは fp16）",
        "Precision to compute in (default: auto, which is bf16 on GPUs that have it, else fp16)",
    ),
)
@option(
    "--gradient_checkpointing",
    is_flag=True,
    help=both("計算を増やしてメモリを減らす場合", "Where more is computed to need less memory"),
)
@json_option
@cloud_options()
def command(
    settings: CloudSettings,
    data_folder: Path,
    backbone: str,
    instance_type: str,
    as_json: bool,
    **sizes: Any,
) -> None:
    """Print what is known of the region, then the tables; or all of it as JSON."""
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
        show(line)
    print_workloads(workloads)
    print_plans(backbone, region, plans)
    print_personas(workloads[0].epochs, personas)
    explain_plans(region, plans, prices)
    print_serving(region)


def _notices(region: str, instances: tuple[Instance, ...], prices: PriceTable) -> list[Words]:
    """What the user should know before reading any figure."""
    retired = [retirement_notice(instance.instance_type) for instance in instances]
    ends = list_patch_ends(region) if region in list_registries() else ()
    patches = [both(f"注意: {line}", f"Note: {line.english}") for line in ends]
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
        return dataclasses.replace(known, n_sequences=n_sequences, source=both("指定された値", "as given"))
    count = count_stage1_tokens if known.stage == 1 else count_stage2_tokens
    try:
        found = count(data_folder, known.max_tokens)
    except DataError:
        return known  # which says that it is not the data at hand
    source = both(
        f"{data_folder} を同梱のトークナイザーで数えた近似",
        f"roughly, by the embedded tokenizer's count of {data_folder}",
    )
    return workload.build_workload(config, found.n_sequences, found.lengths, source, targets)
