import dataclasses
import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from seikaku.cli.cloud.plan import command
from seikaku.cli.language import speaking
from seikaku.cloud.money import plan, workload
from seikaku.cloud.money.encoders import encoder_shape, read_shape
from seikaku.cloud.money.instances import require_instance, training_instances
from seikaku.cloud.money.prices import Price, PriceTable, ServicePrice
from seikaku.cloud.money.step_time import Interval
from seikaku.config import Stage1Config, Stage2Config
from seikaku.errors import UserError, in_lang

LARGE = "FacebookAI/xlm-roberta-large"
SHAPE = encoder_shape(LARGE)
T4 = require_instance("ml.g4dn.xlarge")
H100 = require_instance("ml.p5.4xlarge")
TABLE = PriceTable(
    (
        Price("ml.g4dn.xlarge", "xx-1", "training", 2.0, "made up", "2026-11-01"),
        Price("ml.p3.2xlarge", "xx-1", "training", 2.0, "made up", "2026-11-01"),
    ),
    (ServicePrice("volume_gb_month", "xx-1", 73.0, "GB-month", "made up", "2026-11-01"),),
)


def stage1(**changes):
    return workload.documented_workload(Stage1Config(**changes))


def stage2(**changes):
    return workload.build_workload(Stage2Config(**changes), 4_000, (256.0,), "試験")


def hours(load, instance=T4, shape=SHAPE):
    return plan.training_hours(shape, load, instance)


def test_operations_of_a_token_by_hand():
    shape = read_shape(
        {"model_type": "bert", "num_hidden_layers": 2, "hidden_size": 8, "num_attention_heads": 2,
         "intermediate_size": 32, "vocab_size": 100}, "",
    )  # fmt: skip
    load = dataclasses.replace(stage2(), lora_rank=4)
    layers = 2 * (4 * 64 + 2 * 8 * 32 + 9 * 8 + 32)
    assert shape.n_layer_parameters == layers
    forward, backward = 2 * layers + 4 * 2 * 10 * 8, 2 * layers + 8 * 2 * 10 * 8
    lora = 6 * 2 * 2 * 4 * 2 * 8
    assert workload.flops_per_token(shape, load, 10) == forward + backward + lora
    assert workload.step_flops(shape, load, 10) == 32 * 10 * (forward + backward + lora)


@given(st.integers(1, 64), st.integers(16, 512), st.booleans())
def test_a_larger_batch_or_longer_text_needs_more_memory(n_at_once, max_tokens, checkpointing):
    load = dataclasses.replace(
        stage2(), n_at_once=n_at_once, max_tokens=max_tokens, gradient_checkpointing=checkpointing
    )
    need = workload.memory_gb(SHAPE, load)
    assert need < workload.memory_gb(SHAPE, dataclasses.replace(load, n_at_once=n_at_once + 1))
    assert need < workload.memory_gb(SHAPE, dataclasses.replace(load, max_tokens=max_tokens + 1))
    assert need <= workload.memory_gb(SHAPE, dataclasses.replace(load, gradient_checkpointing=False))


def test_the_batch_counts_windows_and_stage_2_takes_over_what_it_leaves_open():
    assert stage2().n_at_once == 8 * 4
    assert stage1().n_at_once == 8
    left_open = stage2(lora_r=None, max_tokens=None)
    assert (left_open.lora_rank, left_open.max_tokens, left_open.lora_targets) == (16, 256, ("query", "value"))
    named = workload.build_workload(Stage2Config(lora_targets=("k",)), 1, (9.0,), "", ("attn.Wqkv",))
    of_kind = workload.build_workload(Stage2Config(), 1, (9.0,), "", ("attn.Wqkv",))
    assert (named.lora_targets, of_kind.lora_targets) == (("k",), ("attn.Wqkv",))


def test_the_documented_corpora_say_that_they_are_not_at_hand():
    for config in (Stage1Config(), Stage2Config()):
        load = workload.documented_workload(config)
        assert load.tokens_per_epoch > 1_000_000
        assert "手元のデータではありません" in load.source
    everyone, some = stage1(max_personas=0), stage1(max_personas=3_000)
    assert (everyone.n_sequences, some.n_sequences) == (900_000, 3_000) and "使うのは 3,000 人" in some.source
    assert workload.of_personas(some, 50_000).n_sequences == 50_000
    assert stage1(max_tokens=64).mean_tokens < stage1().mean_tokens == pytest.approx(67.4, abs=0.1)


def test_small_batches_take_longer_and_at_some_size_no_larger_one_helps_much():
    # Each step has a floor: what was one figure for every batch size before.
    one, eight, many, most = (hours(stage1(batch_size=size), H100).middle for size in (1, 8, 512, 1024))
    assert one == pytest.approx(8 * eight, rel=0.03)
    assert eight > 5 * many
    assert many < 1.3 * most


def test_61_ms_a_step_make_the_hours_of_the_whole_corpus():
    n_steps = 900_000 * 3 / 8
    found = hours(stage1(max_personas=0), H100)
    assert found.low < n_steps * 0.061 / 3600 < found.high


def test_lengths_that_differ_take_longer_than_their_mean_where_the_throughput_counts_for_the_long_ones():
    mixed = dataclasses.replace(stage1(batch_size=64), lengths=(16.0, 496.0))
    same = dataclasses.replace(mixed, lengths=(256.0, 256.0))
    assert mixed.tokens_per_epoch == same.tokens_per_epoch
    assert hours(mixed, H100).middle > hours(same, H100).middle * 1.02


@given(st.integers(1, 10**7), st.integers(1, 50))
def test_time_is_linear_in_people_and_epochs(n_personas, epochs):
    one = dataclasses.replace(stage1(), n_sequences=10, epochs=1)
    more = dataclasses.replace(one, n_sequences=10 * n_personas, epochs=epochs)
    assert hours(more).middle == pytest.approx(hours(one).middle * n_personas * epochs)


def test_more_gpus_divide_the_steps_and_one_that_was_measured_is_more_certain():
    four = hours(stage2(), require_instance("ml.g4dn.12xlarge"))
    one = hours(stage2())
    assert four.middle == pytest.approx(one.middle / 4) and four.high == pytest.approx(1.25 * one.high / 4)
    own = hours(stage2(), H100)
    assert own.high / own.low < one.high / one.low
    assert hours(stage2(precision="fp32"), H100).middle > hours(stage2(precision="fp16"), H100).middle
    assert hours(stage2(gradient_checkpointing=True), H100).middle > 1.8 * own.middle


def test_the_cost_is_the_hours_times_the_price_and_the_volume():
    found = plan.plan_stage(SHAPE, stage1(), T4, "xx-1", TABLE)
    assert found.is_price_known and not found.is_absent
    assert found.usd.high == pytest.approx(2 * found.hours.high)  # the instance's own disk costs nothing
    with_volume = plan.plan_stage(SHAPE, stage1(), require_instance("ml.p3.2xlarge"), "xx-1", TABLE)
    assert with_volume.usd.low == pytest.approx((2 + 73 * 30 / 730) * with_volume.hours.low)
    assert plan.plan_stage(SHAPE, stage1(), H100, "xx-1", TABLE).usd is None
    assert plan.total_usd([found, with_volume]).middle == pytest.approx(found.usd.middle + with_volume.usd.middle)
    assert plan.total_usd([found, plan.plan_stage(SHAPE, stage1(), H100, "xx-1", TABLE)]) is None


def test_a_computed_price_is_no_known_one_and_an_absent_instance_has_none():
    table = PriceTable((Price("ml.g4dn.xlarge", "us-east-1", "training", 0.8, "made up", "2026-11-01"),), ())
    tokyo = plan.plan_stage(SHAPE, stage1(), T4, "ap-northeast-1", table)
    assert not tokyo.is_price_known and tokyo.usd.middle == pytest.approx(tokyo.hours.middle * 0.71 * 0.8 / 0.526)
    a10g = require_instance("ml.g5.xlarge")
    osaka = plan.plan_stage(SHAPE, stage1(), a10g, "ap-northeast-3", table)
    assert osaka.is_absent and osaka.usd is None
    own = PriceTable((Price("ml.g5.xlarge", "ap-northeast-3", "training", 3.0, "made up", "2026-11-01"),), ())
    assert not plan.plan_stage(SHAPE, stage1(), a10g, "ap-northeast-3", own).is_absent  # AWS sells it after all
    assert osaka.to_dict()["price"] == "unknown" and tokyo.to_dict()["price"] == "computed"


def test_figures_are_shown_with_two_digits_and_their_bounds():
    assert plan.hours_text(Interval(3.66, 7.12, 26.4)) == "7.1 時間 (3.7–26)"
    assert plan.hours_text(Interval(0.01, 0.02, 0.999)) == "1.2 分 (0.6–60)"
    assert in_lang(plan.hours_text(Interval(1, 1234, 5678)), "en") == "1,200 h (1–5,700)"
    assert plan.usd_text(Interval(0.004, 1.005, 1234567)) == "$1 (0.004–1,234,567)"


def run(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


@pytest.fixture
def nothing(tmp_path, monkeypatch):
    """No data, no cache of models, no prices of the user's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "nothing"


def test_the_command_says_first_what_the_region_lacks(nothing):
    output = run("--data", nothing, "--region", "ap-northeast-3", "--batch_size", 32)
    assert output.startswith("ap-northeast-3 の SageMaker の料金が表にあるのは、学習 8 種類のうち 0 種類")
    assert "ap-northeast-3 にないもの: ml.g5.xlarge" in output.splitlines()[1]
    for instance in training_instances():
        assert instance.instance_type in output
    assert "手元のデータではありません" in output
    assert "* は、SageMaker の料金が分からないので、EC2 の料金の" in output
    assert "この GPU では測っていません" in output and "スポットならこれより安く" in output
    assert "足りないおそれ" in output and "--gradient_accumulation_steps 2" in output
    assert "5 万人" in output and "20 万人" in output and "100 万人" in output


def test_the_command_speaks_english_but_for_its_json(nothing, type_in_english):
    osaka = ["--data", nothing, "--region", "ap-northeast-3", "--precision", "bf16"]
    shown = type_in_english("cloud", "plan", *osaka).out
    assert "not from data at hand" in shown and "1,000,000 people" in shown and "lacks ml.g5.xlarge" in shown
    assert "Some of these GPUs have no bf16" in shown and "A * at a cost" in shown
    assert "Warning: ml.p3.2xlarge" in type_in_english("cloud", "plan", "--instance_type", "ml.p3.2xlarge").out
    with speaking("en"):
        english = run(*osaka, "--json")
    assert english == run(*osaka, "--json")


def test_the_command_without_any_price_says_how_to_fetch_one(nothing):
    output = run("--data", nothing, "--region", "mars-north-1", "--instance_type", "ml.p5.4xlarge")
    assert "不明" in output and "seikaku cloud prices --refresh --region mars-north-1" in output
    assert "この GPU で測った 1 回の更新から計算" in output
    assert "ml.g5.xlarge" not in output.partition("公開したとき")[0]


def test_the_command_reads_the_data_at_hand(tmp_path, nothing):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from seikaku.training.personas.stream import TEXT_COLUMNS

    texts = [f"架空の人物{number}は、休みの日に川べりを散歩します。" for number in range(20)]
    pq.write_table(pa.table({name: texts for name in TEXT_COLUMNS}), tmp_path / "personas.parquet")
    pq.write_table(pa.table({"text": ["きょうは散歩に行きました。"] * 40}), tmp_path / "utterances.parquet")
    (tmp_path / "manifest.json").write_text(json.dumps({"schema_version": 3, "files": {}}), encoding="utf-8")
    document = json.loads(
        run("--data", tmp_path, "--region", "us-west-2", "--instance_type", T4.instance_type, "--json")
    )
    first, second = document["training"]
    assert first["sequences_per_epoch"] == 18 and "同梱のトークナイザーで数えた近似" in second["tokens_source"]


def test_the_command_takes_token_counts_and_writes_json(nothing):
    counts = ["--stage1_tokens", 67_000, "--stage2_tokens", 2560]
    document = json.loads(run("--data", nothing, *counts, "--region", "us-west-2", "--precision", "fp16", "--json"))
    rows = {(row["instance_type"], row["stage"]): row for row in document["training"]}
    assert len(rows) == 2 * len(training_instances())
    assert rows["ml.g4dn.xlarge", 1]["sequences_per_epoch"] == round(67_000 / stage1().mean_tokens)
    assert rows["ml.g4dn.xlarge", 2]["tokens_per_epoch"] == 2560
    assert rows["ml.g4dn.xlarge", 2]["tokens_source"] == "指定された値"
    assert {row["precision"] for row in rows.values()} == {"fp16"}
    assert rows["ml.g4dn.xlarge", 1]["price"] == "known" and rows["ml.g4dn.12xlarge", 1]["price"] == "computed"
    assert rows["ml.g4dn.xlarge", 1]["speed"] == "computed"
    people = [row for row in document["personas"] if row["instance_type"] == "ml.g4dn.xlarge"]
    assert [row["sequences_per_epoch"] for row in people] == [50_000, 200_000, 900_000]
    assert people[2]["hours"]["low"] < people[2]["hours"]["middle"] < people[2]["hours"]["high"]


def test_any_backbone_with_a_config_is_planned_with_the_layers_of_its_kind(nothing, tmp_path):
    config = {"model_type": "modernbert", "num_hidden_layers": 4, "hidden_size": 64, "num_attention_heads": 2,
              "intermediate_size": 96, "vocab_size": 500}  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    one = ["--data", nothing, "--region", "us-west-2", "--instance_type", "ml.g4dn.xlarge", "--json"]
    small, large = (
        json.loads(run(*one, "--backbone", name))["training"][0]
        for name in (tmp_path, "sbintuitions/modernbert-ja-310m")
    )
    assert small["hours"]["middle"] < large["hours"]["middle"]
    assert small["lora_targets"] == ["attn.Wqkv"]
    assert json.loads(run(*one))["training"][0]["lora_targets"] == ["query", "value"]
    with pytest.raises(UserError, match="土台 nobody/nothing の大きさが分からない"):
        run(*one, "--backbone", "nobody/nothing")


def test_a_retired_instance_is_warned_of_before_any_figure(nothing):
    output = run("--data", nothing, "--region", "us-west-2", "--instance_type", "ml.p3.2xlarge")
    assert "警告: ml.p3.2xlarge は、EC2 の提供一覧から外れた" in output.partition("読むトークン")[0]


def test_bf16_on_a_gpu_without_it_is_pointed_out(nothing):
    asked = ["--data", nothing, "--region", "us-west-2", "--precision", "bf16", "--instance_type"]
    assert "bf16 を持たない GPU" in run(*asked, "ml.g4dn.xlarge")
    assert "bf16 を持たない GPU" not in run(*asked, "ml.g5.xlarge")


def test_an_instance_without_facts_is_refused(nothing):
    with pytest.raises(UserError, match=r"ml\.x99\.2xlarge の情報がありません"):
        run("--data", nothing, "--instance_type", "ml.x99.2xlarge")
    with pytest.raises(UserError, match=r"ml\.m5\.xlarge には GPU がない"):
        run("--data", nothing, "--instance_type", "ml.m5.xlarge")
