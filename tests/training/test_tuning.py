"""Tuning searches what is left open, goes on where it stopped, and names the command that trains the best."""

import json
import shlex

import pytest

pytest.importorskip("torch")
pytest.importorskip("optuna")

from seikaku.cli.main import run
from seikaku.cli.tune import train_line
from seikaku.config import Stage2Config
from seikaku.errors import TrainingError, UserError
from seikaku.training import tuning


@pytest.fixture
def fake_training(monkeypatch):
    """Trials that end at once: the error is least near a rate of 1e-3."""
    settings = []

    def train(chosen, processed, folder):
        Stage2Config(**chosen)
        settings.append(chosen)
        if len(settings) == 2:
            raise TrainingError("メモリが足りません。", "--batch_size を減らしてください。")
        return abs(chosen["learning_rate"] - 1e-3) + 0.5

    monkeypatch.setattr(tuning, "_train_trial", train)
    return settings


def search(tmp_path, n_trials, lines=None, **fixed):
    report = (lines if lines is not None else []).append
    return tuning.tune(fixed, tmp_path, tmp_path / "study", n_trials=n_trials, report=report)


def test_a_study_goes_on_and_survives_a_failed_trial(tmp_path, fake_training):
    lines = []
    fixed = {"stage1_model_path": "none", "batch_size": 4}
    search(tmp_path, 3, lines, **fixed)
    result = search(tmp_path, 5, lines, **fixed)
    assert len(result["trials"]) == len(fake_training) == 5
    assert sum(trial["state"] == "FAIL" for trial in result["trials"]) == 1
    assert any("失敗" in line for line in lines)
    figures = [trial["validation_mae"] for trial in result["trials"] if trial["validation_mae"] is not None]
    assert result["best"]["validation_mae"] == min(figures)
    assert all(chosen["batch_size"] == 4 and chosen["lora_alpha"] == 2 * chosen["lora_r"] for chosen in fake_training)
    assert json.loads((tmp_path / "study" / "tuning.json").read_text(encoding="utf-8")) == result
    with pytest.raises(UserError, match="別の設定での探索が残っています"):
        search(tmp_path, 5, lines, stage1_model_path="none", batch_size=8)


def test_the_rank_of_stage1_is_not_searched():
    lines = []
    assert "lora_r" not in tuning.choose_parameters({}, lines.append)
    assert any("lora_r は stage 1 の値に決まる" in line for line in lines)
    assert "lora_r" in tuning.choose_parameters({"stage1_model_path": "none"}, lines.append)
    everything = dict.fromkeys(tuning.load_search_space()["parameters"], 1)
    with pytest.raises(UserError, match="探す設定が残っていません"):
        tuning.choose_parameters(everything, lines.append)


def test_only_failures_are_an_error(tmp_path, monkeypatch):
    def fail(*arguments):
        raise TrainingError("だめでした。", "直してください。")

    monkeypatch.setattr(tuning, "_train_trial", fail)
    with pytest.raises(TrainingError, match="2 回の試行がすべて失敗しました"):
        search(tmp_path, 2)


def test_the_search_space_is_of_stage2s_settings():
    names = tuning.load_search_space()["parameters"].keys()
    assert {"learning_rate", "lora_r", "batch_size", "max_tokens"} == names
    assert names <= set(Stage2Config.__dataclass_fields__)


@pytest.mark.slow
def test_the_command_trains_and_names_a_line_that_runs(tmp_path, processed, backbone, capsys):
    fixed = ["--stage1_model_path", "none", "--backbone", backbone, "--max_tokens", "48", "--max_dialogues", "2"]
    fixed += ["--max_steps", "2", "--epochs", "1", "--with_partner"]
    arguments = ["--trials", "2", "--data", str(processed), "--out", str(tmp_path / "study"), *fixed]
    assert run(["tune", *arguments]) == 0
    shown = capsys.readouterr().out
    assert "tune trial=1 validation_mae=" in shown
    line = next(line for line in shown.splitlines() if "seikaku train --stage 2" in line)
    words = shlex.split(line)
    assert words[:4] == ["seikaku", "train", "--stage", "2"]
    assert words[words.index("--with_partner") + 1] == "true"
    assert run([*words[1:], "--data", str(processed), "--out", str(tmp_path / "run")]) == 0
    assert not list((tmp_path / "study").glob("trial-*"))


def test_a_line_spells_words_and_truth():
    assert train_line({"lora_targets": ["query", "key"], "with_partner": False}).endswith(
        "--lora_targets query,key --with_partner false"
    )
