"""The plan and its measurements as rows of tables, for documents (`cli.publish`). In: measurement rows. No effects.

Documents show shipped prices only: a price table of the user's own must not get into them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from seikaku.cloud.money import plan
from seikaku.cloud.money.encoders import encoder_shape
from seikaku.cloud.money.instances import DEFAULT_INSTANCE_TYPE, require_instance, training_instances
from seikaku.cloud.money.prices import shipped_prices
from seikaku.cloud.money.step_time import load_fits
from seikaku.cloud.money.workload import Workload, documented_workload, of_personas
from seikaku.config import Stage1Config, Stage2Config
from seikaku.errors import in_lang

Row = tuple[str, ...]
REGIONS = ("us-west-2", "ap-northeast-1")
_UNITS = {"ja": (" 時間", " 分"), "en": (" h", " min")}
_NONE = "–"


class _Words(NamedTuple):
    """The table of measurements in one language; ``result`` takes tokens a second and milliseconds."""

    header: Row
    works: Mapping[str, str]
    run: str
    dropout: str
    checkpointing: str
    result: str
    seconds: str
    comma: str
    stop: str


_MEASUREMENT_WORDS = {
    "ja": _Words(
        header=("日付", "装置", "土台", "何を", "窓 × トークン", "精度", "結果", "測り方"),
        works={"learn": "学習", "read": "推定"},
        run="全体",
        dropout="注意のドロップアウト 0",
        checkpointing="勾配チェックポイント",
        result="{:,} トークン/秒（{:,.0f} ms）",
        seconds="{:,} 秒",
        comma="、",
        stop="。",
    ),
    "en": _Words(
        header=("Date", "Device", "Backbone", "what", "windows × tokens", "precision", "result", "how"),
        works={"learn": "training", "read": "inference"},
        run="whole run",
        dropout="attention dropout 0",
        checkpointing="gradient checkpointing",
        result="{:,} tokens/s ({:,.0f} ms)",
        seconds="{:,} s",
        comma=", ",
        stop=": ",
    ),
}


def cost_rows(measurements: Sequence[Mapping[str, Any]], lang: str) -> list[Row]:
    """The default encoder on the default instance, at three numbers of people, beside the first version's claims."""
    claim_name, oregon, tokyo = {
        "ja": ("最初の版の主張", "オレゴン", "東京"),
        "en": ("claimed by the first version", "Oregon", "Tokyo"),
    }[lang]
    header = {
        "ja": (f"学習（{DEFAULT_INSTANCE_TYPE}）", "時間", f"費用、{oregon}", f"費用、{tokyo}", claim_name),
        "en": (f"Training ({DEFAULT_INSTANCE_TYPE})", "time", f"cost, {oregon}", f"cost, {tokyo}", claim_name),
    }[lang]
    first, second = Stage1Config(), Stage2Config()
    rows: list[Row] = [header]
    for n_personas in plan.PERSONA_COUNTS:
        people = {"ja": f"{n_personas / 10_000:g} 万人", "en": f"{n_personas:,} people"}[lang]
        claim = _claim(measurements, "stage 1", lang) if n_personas == max(plan.PERSONA_COUNTS) else _NONE
        name = f"stage 1, {people} × {first.epochs}".replace(", ", "、" if lang == "ja" else ", ")
        rows.append((name, *_cells(of_personas(documented_workload(first), n_personas), lang), claim))
    name = f"stage 2 × {second.epochs}"
    rows.append((name, *_cells(documented_workload(second), lang), _claim(measurements, "stage 2", lang)))
    return rows


def plan_rows(lang: str) -> list[Row]:
    """Every instance that is offered: the default encoder's two stages, what they cost, and where the speed is from."""
    header = {
        "ja": ("インスタンス", "GPU", "精度", "stage 1（100 万人）", "stage 2", "費用、オレゴン", "費用、東京", "根拠"),
        "en": ("Instance", "GPU", "precision", "stage 1 (1M people)", "stage 2", "cost, Oregon", "cost, Tokyo", "from"),
    }[lang]
    kinds = {"ja": {True: "測定", False: "計算"}, "en": {True: "measured", False: "computed"}}[lang]
    shape, table = encoder_shape(Stage1Config().backbone), shipped_prices()
    everyone = of_personas(documented_workload(Stage1Config()), max(plan.PERSONA_COUNTS))
    workloads = [everyone, documented_workload(Stage2Config())]
    rows: list[Row] = [header]
    for instance in training_instances():
        by_region = [
            [plan.plan_stage(shape, load, instance, region, table) for load in workloads] for region in REGIONS
        ]
        stages = by_region[0]
        rows.append((
            instance.instance_type,
            f"{instance.gpu} × {instance.n_gpus}",
            stages[0].precision,
            *(in_lang(plan.hours_text(stage.hours), lang) for stage in stages),
            *(_usd(found, lang) for found in by_region),
            kinds[stages[0].is_measured],
        ))  # fmt: skip
    return rows


def measurement_rows(measurements: Sequence[Mapping[str, Any]], lang: str) -> list[Row]:
    """Every measured step, memory and run. What a row says in words it has as ``method`` and ``method_en``."""
    words = _MEASUREMENT_WORDS[lang]
    rows: list[Row] = [words.header]
    for row in measurements:
        if row["kind"] == "claim":
            continue
        is_run = row["kind"] == "run"
        size = f"{row['windows']} × {row['tokens']}" if "windows" in row else _NONE
        notes = [words.dropout] if row.get("attention_dropout") == 0 else []
        notes += [words.checkpointing] if row.get("gradient_checkpointing") else []
        what = words.comma.join([words.run if is_run else words.works[row["work"]], *notes])
        command = f"`{_said(row, 'work', lang)}`{words.stop}" if is_run else ""
        rows.append((
            row["date"], row["device"], row["model"], what, size, row.get("precision", _NONE), _result(row, words),
            command + _said(row, "method", lang),
        ))  # fmt: skip
    return rows


def fit_rows(lang: str) -> list[Row]:
    """The fitted floor (for 24 layers) and throughput of both forms."""
    header = {
        "ja": ("GPU", "精度", "点", "大きいほう: 下限", "大きいほう: 速さ", "和: 下限", "和: 速さ"),
        "en": ("GPU", "precision", "points", "larger: floor", "larger: speed", "sum: floor", "sum: speed"),
    }[lang]
    rows: list[Row] = [header]
    for fit in load_fits():
        cells = []
        for form in (fit.larger, fit.added):
            cells += [f"{form.floor_per_layer * 24_000:.0f} ms", f"{form.flops_per_second / 1e12:.0f} TFLOPS"]
        rows.append((fit.gpu, fit.precision, str(fit.n_points), *cells))
    return rows


def _cells(workload: Workload, lang: str) -> Row:
    shape, table = encoder_shape(Stage1Config().backbone), shipped_prices()
    instance = require_instance(DEFAULT_INSTANCE_TYPE)
    stages = [plan.plan_stage(shape, workload, instance, region, table) for region in REGIONS]
    return (in_lang(plan.hours_text(stages[0].hours), lang), *(_usd([stage], lang) for stage in stages))


def _usd(stages: list[plan.StagePlan], lang: str) -> str:
    total = plan.total_usd(stages)
    if total is None:
        return {"ja": "不明", "en": "unknown"}[lang]
    return plan.usd_text(total) + ("" if all(stage.is_price_known for stage in stages) else " *")


def _claim(measurements: Sequence[Mapping[str, Any]], work: str, lang: str) -> str:
    row = next(row for row in measurements if row["kind"] == "claim" and row["work"] == work)
    hours = f"{row['hours']:g}{_UNITS[lang][0]}" if row["hours"] >= 1 else f"{60 * row['hours']:g}{_UNITS[lang][1]}"
    return f"{hours}、${row['usd']:g}" if lang == "ja" else f"{hours}, ${row['usd']:g}"


def _result(row: Mapping[str, Any], words: _Words) -> str:
    found = []
    if "tokens_per_second" in row:
        milliseconds = 1000 * row["windows"] * row["tokens"] / row["tokens_per_second"]
        found.append(words.result.format(row["tokens_per_second"], milliseconds))
    if "memory_gb" in row:
        found.append(f"{row['memory_gb']:g} GB")
    if "seconds" in row:
        found.append(words.seconds.format(row["seconds"]))
    return words.comma.join(found)


def _said(row: Mapping[str, Any], field: str, lang: str) -> str:
    """What a measurement says of itself in words."""
    said: str = row[field if lang == "ja" else f"{field}_{lang}"]
    return said
