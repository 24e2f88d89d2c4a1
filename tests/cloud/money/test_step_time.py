import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.cli.publish import MEASUREMENTS, fit_document
from seikaku.cloud.money import step_fit, step_time
from seikaku.cloud.money.encoders import encoder_shape
from seikaku.cloud.money.instances import require_instance, training_instances
from seikaku.cloud.money.workload import build_workload, flops_per_token, memory_gb
from seikaku.config import Stage1Config

LARGE = "FacebookAI/xlm-roberta-large"
H100 = require_instance("ml.p5.4xlarge")
T4 = require_instance("ml.g4dn.xlarge")
FLOPS = st.floats(1e9, 1e16)


def step_row(windows, tokens_per_second, **changes):
    row = {
        "kind": "step", "work": "learn", "device": "NVIDIA H100", "model": LARGE, "windows": windows, "tokens": 256,
        "precision": "bf16", "attention_dropout": None, "gradient_checkpointing": False,
        "tokens_per_second": tokens_per_second,
    }  # fmt: skip
    return row | changes


def row_flops(row):
    workload = build_workload(Stage1Config(), 1, (row["tokens"],), "")
    return row["windows"] * row["tokens"] * flops_per_token(encoder_shape(row["model"]), workload, row["tokens"])


def measured_steps():
    steps = [row for row in step_fit.read_rows(MEASUREMENTS) if row["kind"] == "step" and "H100" in row["device"]]
    return [row for row in steps if row["work"] == "learn" and row["attention_dropout"] is None]


def test_the_shipped_speeds_are_those_of_the_measurements():
    shipped = json.loads(step_time.FITS_PATH.read_text(encoding="utf-8"))
    assert shipped == json.loads(json.dumps(fit_document())), "run: make docs"
    assert {fit.precision for fit in step_time.load_fits()} == {"bf16", "fp16", "fp32"}


def test_every_measured_step_lies_in_its_interval():
    rows = measured_steps()
    assert len(rows) == 6
    for row in rows:
        seconds = row["windows"] * row["tokens"] / row["tokens_per_second"]
        found = step_time.step_seconds(H100, row["precision"], 24, row_flops(row))
        assert found.low < seconds < found.high
        assert found.middle == pytest.approx(seconds + 0.013, rel=0.01)  # and the loop's part


def test_a_measurement_has_what_a_reader_needs():
    rows = step_fit.read_rows(MEASUREMENTS)
    assert {row["kind"] for row in rows} == {"step", "memory", "run", "claim"}
    for row in rows:
        assert {"date", "device", "model", "method", "source"} <= row.keys()
        assert row["kind"] != "step" or row["tokens_per_second"] > 0
        assert row["kind"] != "memory" or row["memory_gb"] > 0


def test_the_computed_memory_is_above_every_measured_one():
    rows = [row for row in step_fit.read_rows(MEASUREMENTS) if row["kind"] == "memory"]
    assert rows
    for row in rows:
        config = Stage1Config(batch_size=row["windows"], gradient_checkpointing=row["gradient_checkpointing"])
        need = memory_gb(encoder_shape(row["model"]), build_workload(config, 1, (256,), ""))
        assert row["memory_gb"] < need


@given(st.floats(0.001, 0.2), st.floats(1e12, 1e15))
def test_a_line_is_found_again_by_the_sum_and_a_floor_by_the_larger(floor, rate):
    sizes = (1e9, 1e13, 1e14)
    assert step_fit.fit_added([(flops, floor + flops / rate) for flops in sizes]) == pytest.approx(
        (floor, rate), rel=1e-4
    )
    points = [(flops, max(floor, flops / rate)) for flops in (*sizes, 1e18)]
    assert step_fit.fit_larger(points) == pytest.approx((floor if floor > 1e9 / rate else 1e9 / rate, rate))


def test_a_floor_is_never_below_nothing():
    floor, rate = step_fit.fit_added([(1e12, 0.01), (4e12, 0.08)])
    assert floor == 0 and rate > 0


def test_only_plain_training_steps_of_a_known_gpu_are_fitted():
    plain = [step_row(8, 33_000), step_row(32, 85_000)]
    (fit,) = step_fit.fit_speeds(plain)
    assert (fit.gpu, fit.precision, fit.n_layers, fit.n_points) == ("H100", "bf16", 24, 2)
    for changes in (
        {"device": "2 CPU threads"}, {"work": "read"}, {"attention_dropout": 0.0}, {"gradient_checkpointing": True},
        {"kind": "memory"},
    ):  # fmt: skip
        assert step_fit.fit_speeds([*plain, step_row(64, 1, **changes)]) == [fit]
    assert (
        step_fit.fit_speeds([step_row(8, 33_000), step_row(8, 34_000)]) == []
    )  # one size says nothing of the other part


def test_repeats_that_differ_widen_the_interval(monkeypatch):
    rows = [step_row(8, 33_000), step_row(8, 11_000), step_row(32, 85_000)]
    (fit,) = step_fit.fit_speeds(rows)
    assert fit.misfit > 0.2
    monkeypatch.setattr(step_time, "load_fits", lambda: (fit,))
    found = step_time.step_seconds(H100, "bf16", 24, row_flops(rows[0]))
    assert found.low < 2048 / 33_000 and 2048 / 11_000 < found.high


def test_the_fit_of_this_gpu_and_of_the_nearest_depth_is_taken(monkeypatch):
    (deep,) = (fit for fit in step_time.load_fits() if fit.precision == "bf16")
    slow = step_time.Form(9 * deep.larger.floor_per_layer, deep.larger.flops_per_second)
    other = dataclasses.replace(deep, gpu="A100", larger=slow, added=slow)
    shallow = dataclasses.replace(deep, n_layers=12, larger=slow, added=slow)
    at_24, at_12 = (step_time.step_seconds(H100, "bf16", n_layers, 1e9) for n_layers in (24, 12))
    monkeypatch.setattr(step_time, "load_fits", lambda: (other, shallow, deep))
    assert step_time.step_seconds(H100, "bf16", 24, 1e9) == at_24
    assert step_time.step_seconds(H100, "bf16", 12, 1e9).low > 5 * at_12.low


@given(FLOPS, FLOPS, st.sampled_from(["bf16", "fp16", "fp32"]), st.sampled_from([*training_instances(), H100]))
def test_an_interval_is_in_order_and_grows_with_the_work(one, other, precision, instance):
    small, large = (step_time.step_seconds(instance, precision, 24, flops) for flops in sorted((one, other)))
    for found in (small, large):
        assert 0 < found.low <= found.middle <= found.high
    assert small.low <= large.low and small.middle <= large.middle and small.high <= large.high


def test_a_small_step_takes_as_long_as_a_smaller_one_and_a_shallow_encoder_less():
    tiny, small = (step_time.step_seconds(H100, "bf16", 24, flops) for flops in (1e9, 1e11))
    assert small.middle == pytest.approx(tiny.middle, rel=0.01)
    assert tiny.low > 0.04  # what no batch can go below
    assert step_time.step_seconds(H100, "bf16", 12, 1e9).low == pytest.approx(tiny.low / 2, rel=0.001)


def test_a_gpu_that_was_not_measured_is_less_certain():
    own, other = (step_time.step_seconds(instance, "fp16", 24, 1e13) for instance in (H100, T4))
    assert own.high / own.low < 2.5 < other.high / other.low
    assert "T4（fp16）は、H100 の測定を当てはめた計算" in step_time.describe_speed(T4, "fp16")
    assert "この GPU で測った" in step_time.describe_speed(H100, "fp16")


def test_checkpointing_and_waiting_for_other_gpus_take_longer():
    plain = step_time.step_seconds(H100, "bf16", 24, 1e13)
    again = step_time.step_seconds(H100, "bf16", 24, 1e13, gradient_checkpointing=True)
    assert again.low == pytest.approx(plain.low * 4 / 3) and again.high > 2 * (plain.high - 0.026)
    eight = step_time.step_seconds(require_instance("ml.p5.48xlarge"), "bf16", 24, 1e13)
    assert eight.low == plain.low and eight.high == pytest.approx(1.25 * plain.high)


def test_auto_is_bf16_where_the_gpu_has_it():
    assert step_time.choose_precision("auto", T4) == "fp16"
    assert step_time.choose_precision("auto", H100) == "bf16"
    assert step_time.choose_precision("fp32", T4) == "fp32"


def test_a_file_of_another_schema_is_refused(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps({"schema_version": 9, "rows": []}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"x\.json: schema_version 9"):
        step_fit.read_rows(tmp_path)
