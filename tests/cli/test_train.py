"""`seikaku train`: flags of both stages in one command, each refused where it does not belong; values are checked."""

import dataclasses
import os
import subprocess
import sys

import pytest

from seikaku.cli.main import run
from seikaku.cli.train import STAGES, report_line, stage_config
from seikaku.config import INHERITED_FIELDS, Stage1Config, Stage2Config
from seikaku.errors import UserError
from seikaku.model.encoder.families import choose_targets


@pytest.fixture
def trained(monkeypatch):
    """What the command hands to the training, without training."""
    calls = []
    monkeypatch.setattr("seikaku.cli.train._train", lambda *call: calls.append(call) or object())  # a run
    return calls


@pytest.mark.parametrize(
    ("arguments", "stage", "out", "expected"),
    [
        (["--stage", "1", "--epochs", "3", "--batch_size", "8"], 1, "output/final_model", {"learning_rate": 2e-4}),
        (["--stage", "2", "--epochs", "5", "--batch_size", "8", "--stage1_model_path", "output/final_model"], 2,
         "output/stage2", {"learning_rate": 1e-4, "backbone": None, "epochs": 5}),
        (["--stage", "2", "--batch_size", "4", "--gradient_accumulation_steps", "2"], 2, "output/stage2",
         {"batch_size": 4, "gradient_accumulation_steps": 2}),
        (["--stage", "1", "--backbone", "embedded"], 1, "output/final_model", {"backbone": "embedded"}),
        (["--stage", "2", "--lora-targets", "query, key", "--with_partner", "--extra_targets", "false"], 2,
         "output/stage2", {"lora_targets": ("query", "key"), "with_partner": True, "extra_targets": False}),
    ],
)  # fmt: skip
def test_the_documented_lines_work(trained, arguments, stage, out, expected):
    assert run(["train", *arguments]) == 0
    ((found_stage, config, data, target, resume),) = trained
    assert (found_stage, str(target), str(data), resume) == (stage, out, "data/processed", False)
    assert {name: getattr(config, name) for name in expected} == expected


def test_the_documented_defaults():
    first, second = Stage1Config(), Stage2Config()
    assert (first.backbone, first.epochs, first.batch_size, first.learning_rate) == (
        "FacebookAI/xlm-roberta-large", 3, 8, 2e-4)  # fmt: skip
    assert (first.lora_r, first.lora_alpha, first.lora_dropout, first.lora_targets) == (16, 32, 0.1, None)
    assert choose_targets("xlm-roberta", ()) == ("query", "value")
    assert (second.epochs, second.batch_size, second.learning_rate) == (5, 8, 1e-4)
    assert all(getattr(second, name) is None for name in INHERITED_FIELDS)


@pytest.mark.parametrize(
    ("stage", "flag"), [(1, "windows_per_bag"), (1, "stage1_model_path"), (2, "max_personas"), (2, "weak_traits")]
)
def test_a_flag_of_the_other_stage_is_refused(capsys, stage, flag):
    assert run(["train", "--stage", str(stage), f"--{flag}", "1"]) == 2
    error = capsys.readouterr().err
    assert f"--{flag} は stage {3 - stage} のフラグで、--stage {stage} では使えません。" in error
    assert len(error.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "0"], "--epochs 0 は使えません。"),
        (["--learning_rate", "nan"], "--learning_rate nan は使えません。"),
        (["--warmup_ratio", "1.5"], "0 以上 1 以下"),
        (["--lora_targets", ","], "--lora_targets '' は使えません。"),
        (["--batch_size", "many"], "--batch_size"),
        (["--batchsize", "8"], "--batchsize はありません"),
    ],
)
def test_a_wrong_value_is_told_by_its_flag(capsys, arguments, message):
    assert run(["train", "--stage", "1", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_every_field_has_its_help_and_its_flag(capsys):
    assert run(["train", "--help"]) == 0
    shown = capsys.readouterr().out
    for kind in STAGES.values():
        for item in dataclasses.fields(kind):
            assert f"--{item.name}" in shown
            assert item.metadata["help"]
    shared = Stage1Config.__dataclass_fields__.keys() & Stage2Config.__dataclass_fields__.keys()
    assert {"backbone", "epochs", "seed"} <= shared


def test_local_runs_are_short_and_never_write_over_a_real_run(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for stage in ("1", "2"):
        assert run(["train", "--stage", stage, "--local", "--batch_size", "2"]) == 0
    (_, first, data, out1, _), (_, second, _, out2, _) = trained
    trained.clear()
    assert (first.backbone, first.batch_size) == ("embedded", 2)
    assert first.max_steps > 0
    assert second.stage1_model_path == str(out1)
    assert out2 != out1
    assert {str(out1), str(out2)}.isdisjoint({"output/final_model", "output/stage2"})
    assert (tmp_path / data / "personas.parquet").is_file()  # no corpora at hand: the fictional sample
    notes = capsys.readouterr().err
    assert "架空の見本" in notes
    assert run(["train", "--stage", "1", "--local", "--lang", "en"]) == 0
    assert capsys.readouterr().err == (
        "data/processed holds no data for stage 1: this trains on the fictional sample (figures mean nothing).\n"
    )
    assert run(["train", "--stage", "1", "--local", "-q"]) == 0
    assert capsys.readouterr().err == ""


def test_stage_config_names_every_foreign_flag():
    with pytest.raises(UserError, match="--huber_delta、--with_partner は stage 2 のフラグ"):
        stage_config(1, {"huber_delta": 1.0, "with_partner": True})


def test_what_is_said_of_a_foreign_flag_in_english(capsys):
    assert run(["train", "--stage", "1", "--huber_delta", "1", "--lang", "en"]) == 2
    assert capsys.readouterr().err == (
        "Error: --huber_delta: of stage 2, without use for --stage 1.\nTry: Leave it out, or give --stage 2.\n"
    )


def test_quiet_silences_the_log_and_the_libraries_bars_but_not_where_the_run_is(capsys, monkeypatch, tmp_path):
    """The bars' variables are set while it trains, and are as before afterwards."""
    seen = []

    def train(*_):
        report_line("stage1 epoch=1 train_loss=1")
        seen.append((os.environ.get("TQDM_DISABLE"), os.environ.get("HF_HUB_DISABLE_PROGRESS_BARS")))
        return object()

    monkeypatch.setattr("seikaku.cli.train._train", train)
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "0")
    out = ["--out", str(tmp_path / "run")]
    assert run(["train", "--stage", "1", "--lang", "en", *out]) == 0
    result = f"Wrote the run: {tmp_path / 'run'} (model card {tmp_path / 'run' / 'README.md'})\n"
    assert capsys.readouterr() == ("stage1 epoch=1 train_loss=1\n" + result, "")
    assert run(["train", "--stage", "1", "--lang", "en", "--quiet", *out]) == 0
    assert capsys.readouterr() == (result, "")
    assert seen == [(None, "0"), ("1", "1")]
    assert (os.environ.get("TQDM_DISABLE"), os.environ["HF_HUB_DISABLE_PROGRESS_BARS"]) == (None, "0")


@pytest.mark.parametrize(("flags", "rank", "told"), [([], "0", 0), (["--quiet"], "0", 1), (["--quiet"], "1", 0)])
def test_a_stopped_training_is_told_once_quiet_or_not(capsys, monkeypatch, tmp_path, flags, rank, told):
    """The loop's own line says so, unless it is silenced; of several processes the main one speaks."""
    monkeypatch.setattr("seikaku.cli.train._train", lambda *_: None)
    monkeypatch.setenv("RANK", rank)
    assert run(["train", "--stage", "1", "--out", str(tmp_path / "run"), *flags]) == 0
    assert capsys.readouterr().err.count("--resume") == told


def test_the_bar_of_the_training_loop_heeds_that_variable():
    """In a process of its own, for the library looks at it only when it is imported."""
    code = "import sys; from tqdm.auto import tqdm; tqdm(total=2, file=sys.stdout).update(1)"
    shown = {
        value: subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "TQDM_DISABLE": value}, capture_output=True, text=True
        ).stdout
        for value in ("", "1")
    }
    assert "1/2" in shown[""] and shown["1"] == ""
