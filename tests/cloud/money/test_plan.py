import dataclasses
import json
import math
import subprocess
import sys

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open

from seikaku.cli.cloud.plan import command
from seikaku.cloud.money import plan
from seikaku.cloud.money.instances import Measurement, require_instance, training_instances
from seikaku.config import Stage1Config, Stage2Config
from seikaku.errors import DataError, UserError
from seikaku.places import ASSETS
from seikaku.training.tuning import token_counts

LARGE = "FacebookAI/xlm-roberta-large"
ENCODER = ASSETS / "encoder" / "model.safetensors"
T4 = require_instance("ml.g4dn.xlarge")


def stage2(**changes):
    return plan.build_workload(Stage2Config(**changes), 1_000_000, 256, "試験")


def hours(workload, instance=T4, backbone=LARGE):
    return plan.plan_stage(backbone, workload, instance, "us-east-1").hours


def test_the_large_encoders_have_about_their_known_number_of_parameters():
    assert plan.encoder_shape(LARGE).n_parameters == pytest.approx(560e6, rel=0.005)
    assert plan.encoder_shape("FacebookAI/xlm-roberta-base").n_parameters == pytest.approx(278e6, rel=0.005)
    assert plan.encoder_shape(LARGE).n_lora_parameters(16, 2) == 24 * 2 * 16 * 2 * 1024
    with pytest.raises(UserError, match="土台 nobody/nothing の大きさを知らない") as caught:
        plan.encoder_shape("nobody/nothing")
    assert LARGE in caught.value.mend


def test_the_formula_counts_the_embedded_encoder_as_its_own_file_does():
    # Two weights of 4 bits stand in a byte, beside their scales; the formula leaves out token types and the first norm.
    with safe_open(ENCODER, "numpy") as file:
        sizes = {name: math.prod(file.get_slice(name).get_shape()) for name in file.keys()}
    n_parameters = sum(
        size * (2 if name.endswith(".q4") else 1) for name, size in sizes.items() if ".scale" not in name
    )
    assert plan.encoder_shape("embedded").n_parameters == n_parameters - 2 * 384 - 2 * 384


def test_operations_of_a_token_by_hand():
    shape = plan.EncoderShape(n_layers=2, width=8, n_heads=2, feed_forward_width=32, n_embedding_rows=100)
    workload = dataclasses.replace(stage2(), sequence_tokens=10, lora_rank=4, n_lora_targets=2)
    layers = 2 * (4 * 64 + 2 * 8 * 32 + 9 * 8 + 32)
    assert shape.n_layer_parameters == layers
    forward, backward = 2 * layers + 4 * 2 * 10 * 8, 2 * layers + 8 * 2 * 10 * 8
    lora = 6 * 2 * 2 * 4 * 2 * 8
    assert plan.flops_per_token(shape, workload) == forward + backward + lora
    again = dataclasses.replace(workload, gradient_checkpointing=True)
    assert plan.flops_per_token(shape, again) == 2 * forward + backward + lora


@given(st.integers(1, 10**9), st.integers(1, 50))
def test_time_is_linear_in_tokens_and_epochs(tokens, epochs):
    one = dataclasses.replace(stage2(), tokens_per_epoch=tokens, epochs=1)
    assert hours(dataclasses.replace(one, epochs=epochs)) == pytest.approx(hours(one) * epochs)
    assert hours(dataclasses.replace(one, tokens_per_epoch=2 * tokens)) == pytest.approx(hours(one) * 2)


@given(st.integers(1, 64), st.integers(16, 512), st.booleans())
def test_a_larger_batch_or_longer_text_needs_more_memory(n_at_once, max_tokens, checkpointing):
    shape = plan.encoder_shape(LARGE)
    workload = dataclasses.replace(
        stage2(), n_at_once=n_at_once, max_tokens=max_tokens, gradient_checkpointing=checkpointing
    )
    more = dataclasses.replace(workload, n_at_once=n_at_once + 1)
    longer = dataclasses.replace(workload, max_tokens=max_tokens + 1)
    assert plan.memory_gb(shape, workload) < plan.memory_gb(shape, more)
    assert plan.memory_gb(shape, workload) < plan.memory_gb(shape, longer)
    kept = dataclasses.replace(workload, gradient_checkpointing=False)
    assert plan.memory_gb(shape, workload) <= plan.memory_gb(shape, kept)


def test_more_gpus_and_faster_ones_take_less_time():
    assert hours(stage2(), require_instance("ml.g4dn.12xlarge")) == pytest.approx(hours(stage2()) / 4)
    by_peak = sorted(training_instances(), key=lambda i: i.peak_fp16_tflops * i.n_gpus)
    times = [hours(stage2(), instance) for instance in by_peak]
    assert times == sorted(times, reverse=True)


def test_the_batch_counts_windows_and_halving_it_saves_memory():
    assert stage2().n_at_once == 8 * 4
    assert plan.build_workload(Stage1Config(), 1, 60, "").n_at_once == 8
    shape = plan.encoder_shape(LARGE)
    assert plan.memory_gb(shape, stage2(batch_size=4)) < plan.memory_gb(shape, stage2())
    assert plan.plan_stage(LARGE, stage2(), T4, "us-east-1").fits
    assert not plan.plan_stage(LARGE, stage2(batch_size=32), T4, "us-east-1").fits


def test_stage_2_takes_over_what_it_leaves_open():
    workload = stage2(lora_r=None, max_tokens=None)
    assert (workload.lora_rank, workload.max_tokens, workload.n_lora_targets) == (16, 256, 2)
    assert stage2(lora_r=32, max_tokens=128, lora_targets=("query",)).n_lora_targets == 1


def test_a_measured_utilisation_takes_the_place_of_the_assumed_one(monkeypatch):
    monkeypatch.setattr(plan, "measurements", lambda: ())
    assumed = plan.find_utilisation(LARGE, "T4")
    assert assumed.share == plan.ASSUMED_UTILISATION and "仮定" in assumed.source
    rows = (Measurement("H100", LARGE, 0.2), Measurement("T4", "other", 0.9))
    monkeypatch.setattr(plan, "measurements", lambda: rows)
    transferred = plan.find_utilisation(LARGE, "T4")
    assert transferred.share == 0.2 and "H100 で実測した 20% を当てはめた" in transferred.source
    assert plan.find_utilisation(LARGE, "H100").source == "H100 で実測 20%"
    assert hours(stage2()) == pytest.approx(
        stage2().n_tokens * plan.flops_per_token(plan.encoder_shape(LARGE), stage2()) / (65e12 * 0.2) / 3600
    )


def test_the_documented_corpora_say_that_they_are_not_at_hand():
    for config in (Stage1Config(), Stage2Config()):
        workload = plan.documented_workload(config)
        assert workload.tokens_per_epoch > 1_000_000
        assert "手元のデータではありません" in workload.source


@pytest.fixture(scope="module")
def processed(tmp_path_factory):
    """A processed folder with 20 people and 40 utterances, all fictional."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from seikaku.training.personas.stream import TEXT_COLUMNS

    folder = tmp_path_factory.mktemp("processed")
    texts = [f"架空の人物{number}は、休みの日に川べりを散歩します。" for number in range(20)]
    pq.write_table(pa.table({name: texts for name in TEXT_COLUMNS}), folder / "personas.parquet")
    pq.write_table(pa.table({"text": ["きょうは散歩に行きました。"] * 40}), folder / "utterances.parquet")
    (folder / "manifest.json").write_text(json.dumps({"schema_version": 3, "files": {}}), encoding="utf-8")
    return folder


def test_tokens_are_counted_from_the_data(processed):
    (length,) = set(token_counts.count_tokens(["きょうは散歩に行きました。"]))
    talk = token_counts.count_stage2_tokens(processed, 66)
    assert talk.n_tokens == pytest.approx(40 * length * 0.9 * 66 / 64, abs=66)
    people = token_counts.count_stage1_tokens(processed, 256)
    assert people.n_sequences == 19 and 10 < people.mean_tokens < 40
    assert token_counts.count_stage1_tokens(processed, 16).mean_tokens == 16  # cut at the window


def test_counting_needs_data(tmp_path, processed):
    with pytest.raises(DataError, match="前処理済みのデータがありません"):
        token_counts.count_stage1_tokens(tmp_path, 256)
    (tmp_path / "manifest.json").write_text(json.dumps({"schema_version": 3}), encoding="utf-8")
    with pytest.raises(DataError, match=r"utterances\.parquet がありません") as caught:
        token_counts.count_stage2_tokens(tmp_path, 256)
    assert "preprocess_data.py" in caught.value.mend


def run(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_the_command_plans_with_the_data_at_hand(processed):
    output = run("--data", processed, "--region", "us-west-2")
    assert "同梱のトークナイザーで数えた近似" in output
    for instance in training_instances():
        assert instance.instance_type in output
    assert "スポットならこれより安く" in output and "検証の時間は含みません" in output


def test_the_command_without_data_takes_the_documented_corpora(tmp_path):
    output = run("--data", tmp_path / "nothing", "--instance_type", "ml.g4dn.xlarge", "--batch_size", 32)
    assert "手元のデータではありません" in output
    assert "不明" in output and "seikaku cloud prices --refresh" in output
    assert "足りないおそれ" in output and "--gradient_accumulation_steps 2" in output
    assert "ml.g5.xlarge" not in output.partition("公開したとき")[0]


def test_the_command_takes_token_counts_and_writes_json(tmp_path):
    arguments = [
        "--data",
        tmp_path,
        "--stage1_tokens",
        1000,
        "--stage2_tokens",
        2000,
        "--region",
        "us-east-1",
        "--json",
    ]
    document = json.loads(run(*arguments))
    rows = {(row["instance_type"], row["stage"]): row for row in document["training"]}
    assert len(rows) == 2 * len(training_instances())
    assert rows["ml.g4dn.xlarge", 1]["tokens_per_epoch"] == 1000
    assert rows["ml.g4dn.xlarge", 2]["tokens_source"] == "指定された値"
    assert rows["ml.g4dn.xlarge", 2]["usd"] is not None and rows["ml.p4d.24xlarge", 1]["usd"] is None


def test_an_instance_without_facts_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"ml\.p3\.2xlarge の情報がありません"):
        run("--data", tmp_path, "--instance_type", "ml.p3.2xlarge")
    with pytest.raises(UserError, match=r"ml\.m5\.xlarge には GPU がない"):
        run("--data", tmp_path, "--instance_type", "ml.m5.xlarge")


def test_counting_loads_neither_torch_nor_transformers(processed):
    script = (
        "import sys; from pathlib import Path; from seikaku.training.tuning import token_counts as t\n"
        f"t.count_stage1_tokens(Path({str(processed)!r}), 256); t.count_stage2_tokens(Path({str(processed)!r}), 256)\n"
        "sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
