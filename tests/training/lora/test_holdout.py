"""A run is scored on speakers whom its training never saw, and says so in its figures, card and log."""

import json
from dataclasses import replace

import numpy as np
import pytest

from seikaku.cli.main import run
from seikaku.config import Stage2Config
from seikaku.corpora.store import load_corpus
from seikaku.errors import DataError
from seikaku.evaluation import holdout
from seikaku.traits import TRAIT_KEYS


@pytest.fixture(scope="module")
def corpus(processed):
    return load_corpus(processed)


@pytest.fixture(scope="module")
def stage2_run(tmp_path_factory, processed, stage1_run):
    from seikaku.training.lora.stage2 import train_stage2

    config = Stage2Config(stage1_model_path=str(stage1_run[0].path), epochs=1, max_steps=3, max_dialogues=8)
    return train_stage2(config, processed, tmp_path_factory.mktemp("stage2") / "run")


def test_the_figures_are_those_of_the_estimates():
    """By hand: errors 0, 1, 2, 1 on every trait; the constant's 1, 1, 1, 3."""
    labels = np.tile(np.array([[3.0], [4.0], [5.0], [2.0]]), (1, 5))
    estimates = labels + np.array([[0.0], [1.0], [-2.0], [1.0]])
    constant = labels + np.array([[1.0], [-1.0], [1.0], [3.0]])
    found = holdout.figures_of(estimates, np.full((4, 5), 1.0), labels, constant)
    assert found["mean"]["mae"] == pytest.approx(1.0)
    assert found["mean"]["mse"] == pytest.approx(1.5)
    assert (found["mean"]["mae_constant"], found["mean"]["mse_constant"]) == (pytest.approx(1.5), pytest.approx(3.0))
    assert found["mean"]["coverage_80"] == pytest.approx(0.75)
    r = np.corrcoef(estimates[:, 0], labels[:, 0])[0, 1]
    assert found["traits"]["openness"]["r"] == pytest.approx(r)
    assert found["traits"]["openness"]["r_low_95"] < r < found["traits"]["openness"]["r_high_95"]
    few = holdout.figures_of(estimates[:3], np.ones((3, 5)), labels[:3], constant[:3])
    assert "r" not in few["mean"]


def test_r_of_estimates_that_know_nothing_is_within_its_interval_of_zero(monkeypatch):
    monkeypatch.setattr(holdout, "_N_PERMUTATIONS", 200)
    generator = np.random.default_rng(0)
    inside = 0
    for _ in range(200):
        labels, estimates = generator.normal(4, 1, (2, 25, 5))
        mean = holdout.figures_of(estimates, np.ones((25, 5)), labels, labels)["mean"]
        inside += mean["r_low_95"] < 0 < mean["r_high_95"]
    assert 180 <= inside <= 198  # 95 % of 200, give or take


def test_a_run_is_scored_on_its_test_speakers(stage2_run, corpus):
    found = holdout.score_run(stage2_run, corpus, "test")
    assert found["n_speakers"] == (corpus.part == "test").sum() > 0
    assert set(found["traits"]) == set(TRAIT_KEYS)
    assert found == holdout.score_run(stage2_run, corpus, "test")
    other = holdout.score_run(stage2_run, corpus, "validation")
    assert other["n_speakers"] == (corpus.part == "validation").sum()
    assert other["mean"] != found["mean"]


def test_a_run_of_another_division_or_of_other_data_is_refused(stage2_run, corpus):
    moved = replace(corpus, part=np.roll(corpus.part, 1))
    with pytest.raises(DataError, match="別の分け方で学習したもの"):
        holdout.score_run(stage2_run, moved, "test")
    with pytest.raises(DataError, match="別のデータで学習したもの"):
        holdout.score_run(stage2_run, replace(corpus, corpus_digest="another"), "test")


def test_a_run_that_had_ended_with_another_division_is_told_to_have_no_figures(stage2_run, processed, tmp_path, capsys):
    """Its training has succeeded: that it cannot be scored is no failure, but is said."""
    import shutil

    from seikaku.model.run.folder import RunFolder, replace_figures

    ended = RunFolder(shutil.copytree(stage2_run.path, tmp_path / "run"))
    recorded = json.loads((ended.path / "run_config.json").read_text(encoding="utf-8"))
    recorded["data"]["details"]["parts_digest"] = "another"
    (ended.path / "run_config.json").write_text(json.dumps(recorded), encoding="utf-8")
    replace_figures(ended, ended.load_metrics(), "card")
    command = ["train", "--stage", "2", "--data", str(processed), "--out", str(ended.path), "--resume"]
    assert run([*command, "--stage1_model_path", recorded["config"]["stage1_model_path"]]) == 0
    out = capsys.readouterr().out
    assert "学習は終わっています" in out
    assert "評価用の話者では採点していません。この学習結果は、いまの分割（split 列）とは別の分け方で学習したもの" in out
    assert "test" not in ended.load_metrics()


def test_without_a_test_part_a_run_stays_as_it_is_and_says_so(stage2_run, corpus):
    lines = []
    whole = replace(corpus, part=np.where(corpus.part == "test", "train", corpus.part))
    before = stage2_run.load_config()
    assert holdout.add_test_figures(stage2_run, whole, lines.append) == stage2_run
    assert lines == ["stage2 評価用の話者がいないので、評価の数値はありません（話の輪が三つより少ないため）。"]
    assert stage2_run.load_config() == before


def test_training_ends_with_the_figures_of_the_test_speakers(tmp_path, processed, stage1_run, capsys):
    """In the log, as SageMaker's expressions read it; in the run's metrics; in its card; and from the command."""
    out = tmp_path / "stage2"
    flags = [
        "--stage1_model_path",
        str(stage1_run[0].path),
        "--epochs",
        "1",
        "--max_steps",
        "2",
        "--max_dialogues",
        "4",
    ]
    assert run(["train", "--stage", "2", "--data", str(processed), "--out", str(out), *flags]) == 0
    printed = capsys.readouterr().out
    (line,) = [line for line in printed.splitlines() if line.startswith("stage2 test ")]
    metrics = json.loads((out / "metrics.json").read_text("utf-8"))["test"]
    assert f" test_mse={metrics['mean']['mse']:.4g}" in line
    assert f" test_mae_openness={metrics['traits']['openness']['mae']:.4g}" in line
    card = (out / "README.md").read_text("utf-8")
    assert f"学習にも、エポックを選ぶのにも使っていない {metrics['n_speakers']} 人" in card
    assert f"{metrics['mean']['mse']:.3f}" in card
    assert run(["evaluate", "--run", str(out), "--split", "test", "--data", str(processed), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == metrics
    assert run(["evaluate", "--run", str(out), "--data", str(processed)]) == 0
    assert f"test（{metrics['n_speakers']} 人）" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--run", "x", "--n_folds", "3"], "--n_folds は --run と一緒に使えません"),
        (["--run", "x", "--model", "ngram"], "--model は --run と一緒に使えません"),
        (["--split", "test"], "--split は --run と一緒に使います"),
        (["--run", "nowhere"], "学習結果のフォルダがありません: nowhere"),
    ],
)
def test_flags_that_do_not_go_together_are_refused(flags, message, capsys):
    assert run(["evaluate", *flags]) == 2
    assert message in capsys.readouterr().err
