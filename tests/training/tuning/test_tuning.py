"""Tuning searches what is left open, goes on where it stopped, and names the command that trains the best."""

import json
import shlex
import shutil

import pytest

pytest.importorskip("torch")
pytest.importorskip("optuna")

from seikaku.cli.main import run
from seikaku.cli.tune import train_line
from seikaku.config import Stage2Config
from seikaku.errors import ModelError, TrainingError, UserError
from seikaku.model.run import tuning_record
from seikaku.model.run.card import render_lora_card
from seikaku.model.run.folder import RunFolder, open_run_folder, replace_calibration
from seikaku.model.run.tuning_record import add_tuning
from seikaku.training.tuning import local
from seikaku.training.tuning import space as search_space


@pytest.fixture(scope="module")
def stage2_run(tmp_path_factory, processed, backbone):
    """A short run of stage 2."""
    from seikaku.training.lora.stage2 import train_stage2

    config = Stage2Config(
        stage1_model_path="none", backbone=backbone, max_tokens=48, lora_r=4, epochs=1, max_steps=1, max_dialogues=2
    )
    return train_stage2(config, processed, tmp_path_factory.mktemp("stage2") / "run")


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

    monkeypatch.setattr(local, "_train_trial", train)
    return settings


def search(tmp_path, n_trials, lines=None, **fixed):
    report = (lines if lines is not None else []).append
    return local.tune(fixed, tmp_path, tmp_path / "study", n_trials=n_trials, report=report)


def test_a_study_goes_on_and_survives_a_failed_trial(tmp_path, fake_training):
    lines = []
    fixed = {"stage1_model_path": "none", "batch_size": 4}
    search(tmp_path, 3, lines, **fixed)
    result = search(tmp_path, 5, lines, **fixed)
    assert len(result["trials"]) == len(fake_training) == 5
    failed = [trial for trial in result["trials"] if trial["state"] == "failed"]
    assert [(trial["number"], trial["validation_mae"], trial["failure"]) for trial in failed] == [
        (1, None, "メモリが足りません。")
    ]
    assert {trial["state"] for trial in result["trials"]} == {"failed", "completed"}
    assert any("失敗" in line and "メモリが足りません。" in line for line in lines)
    figures = [trial["validation_mae"] for trial in result["trials"] if trial["validation_mae"] is not None]
    assert result["best"]["validation_mae"] == min(figures)
    assert all(chosen["batch_size"] == 4 and "lora_alpha" not in chosen for chosen in fake_training)
    assert result["best"]["settings"] == fixed | result["best"]["params"]
    assert json.loads((tmp_path / "study" / "tuning.json").read_text(encoding="utf-8")) == result
    with pytest.raises(UserError, match="別の設定での探索が残っています"):
        search(tmp_path, 5, lines, stage1_model_path="none", batch_size=8)


def test_the_rank_of_stage1_is_not_searched():
    lines = []
    assert "lora_r" not in search_space.choose_parameters({}, lines.append)
    assert any("lora_r は stage 1 の値に決まる" in line for line in lines)
    assert "lora_r" in search_space.choose_parameters({"stage1_model_path": "none"}, lines.append)
    everything = dict.fromkeys(search_space.load_search_space()["parameters"], 1)
    with pytest.raises(UserError, match="探す設定が残っていません"):
        search_space.choose_parameters(everything, lines.append)


def test_only_failures_are_an_error(tmp_path, monkeypatch):
    def fail(*arguments):
        raise TrainingError("だめでした。", "直してください。")

    monkeypatch.setattr(local, "_train_trial", fail)
    with pytest.raises(TrainingError, match="2 回の試行がすべて失敗しました"):
        search(tmp_path, 2)


def test_the_search_space_is_of_stage2s_settings():
    space = search_space.load_search_space()
    assert set(space["parameters"]) == {"learning_rate", "lora_r", "batch_size", "max_tokens"}
    assert (space["metric"], space["direction"]) == ("validation_mae", "minimize")
    for name, item in space["parameters"].items():
        for value in item.get("values", [item.get("low"), item.get("high")]):
            Stage2Config(**{name: value})


RESULT = {
    "best": {"number": 1, "state": "completed", "validation_mae": 0.81234, "failure": None,
             "params": {"learning_rate": 2e-3, "lora_r": 8}, "settings": {"learning_rate": 2e-3, "lora_r": 8}},
    "trials": [
        {"number": 0, "state": "failed", "validation_mae": None, "failure": "メモリ | が\n足りません。" + "あ" * 90,
         "params": {"learning_rate": 1e-4, "lora_r": 32}},
        {"number": 1, "state": "completed", "validation_mae": 0.81234, "failure": None,
         "params": {"learning_rate": 2e-3, "lora_r": 8}},
        {"number": 2, "state": "stopped", "validation_mae": 0.9, "failure": None, "params": {"learning_rate": 1e-5}},
    ],
}  # fmt: skip


def test_a_run_tells_the_trials_that_its_settings_come_from(tmp_path, stage2_run):
    run = RunFolder(tmp_path / "run")
    shutil.copytree(stage2_run.path, run.path)
    before = run.load_config()
    assert add_tuning(run, RESULT) == run
    config = open_run_folder(run.path, stage=2).load_config()
    assert config["tuning"] == RESULT
    assert {name for name in before["files"] if before["files"][name] != config["files"][name]} == {"README.md"}
    card = (run.path / "README.md").read_text(encoding="utf-8")
    rows = [line for line in card.splitlines() if line.startswith(("| **1**", "| 0 |", "| 2 |"))]
    assert rows == [
        "| **1** | 完了 | **0.8123** | 0.002 | 8 |",
        "| 2 | 途中で停止 | 0.9000 | 1e-05 | – |",
        f"| 0 | 失敗: メモリ \\| が 足りません。{'あ' * 66}… | – | 0.0001 | 32 |",
    ]
    assert "3 回の試行（数値が出たもの 2 回）" in card
    assert "実力より少し甘めです" in card
    used = before["config"]
    assert f"次を変えています: learning_rate={used['learning_rate']}、lora_r={used['lora_r']}。" in card


def test_the_table_of_trials_outlives_a_new_calibration(tmp_path, stage2_run):
    run = RunFolder(tmp_path / "run")
    shutil.copytree(stage2_run.path, run.path)
    add_tuning(run, RESULT)
    card = render_lora_card(run.load_config(), run.load_metrics(), run.load_calibration())
    replace_calibration(run, run.load_calibration(), card)
    assert "## 設定の探索" in (run.path / "README.md").read_text(encoding="utf-8")
    assert open_run_folder(run.path).load_config()["tuning"] == RESULT


def test_a_run_cut_off_while_its_card_changed_is_still_whole(tmp_path, stage2_run, monkeypatch):
    run = RunFolder(tmp_path / "run")
    shutil.copytree(stage2_run.path, run.path)

    def cut(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(tuning_record, "open_atomic", cut)
    with pytest.raises(KeyboardInterrupt):
        add_tuning(run, RESULT)
    assert run.is_valid()


def test_a_broken_run_takes_no_tuning(tmp_path, stage2_run):
    run = RunFolder(tmp_path / "run")
    shutil.copytree(stage2_run.path, run.path)
    (run.path / "heads.safetensors").write_bytes(b"?")
    with pytest.raises(ModelError, match="壊れているか、書き換えられています"):
        add_tuning(run, RESULT)


def test_a_run_without_tuning_says_nothing_of_it(stage2_run):
    assert "設定の探索" not in (stage2_run.path / "README.md").read_text(encoding="utf-8")


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
