"""Stage 2 really starts from stage 1, learns a planted signal, and inherits what is not said."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

import numpy as np
import torch

from seikaku.config import Stage2Config
from seikaku.errors import ModelError, UserError
from seikaku.model.encoder.lora import LoraSettings, load_adapter, load_encoder
from seikaku.training.loop import loop
from seikaku.training.lora import stage2
from seikaku.training.lora.inheritance import inherit_from_stage1
from seikaku.training.lora.stage2 import train_stage2
from seikaku.training.speakers import fit
from seikaku.training.speakers.fit import trait_metrics

TEXT = "こんにちは、今日はとてもいい天気ですね。"


def encode(encoder):
    batch = encoder.tokenizer([TEXT], return_tensors="pt")
    encoder.eval()
    with torch.no_grad():
        return encoder(batch["input_ids"], batch["attention_mask"])


def small(path, **changes):
    return Stage2Config(**{"stage1_model_path": str(path), "epochs": 1, "max_steps": 2, "max_dialogues": 2} | changes)


def test_stage2_starts_from_exactly_what_stage1_saved(tmp_path, monkeypatch, processed, backbone, stage1_run):
    run, _ = stage1_run
    started = {}

    def look(task, config, out, **kwargs):
        started["vector"] = encode(task.model.encoder)
        started["settings"] = kwargs["settings"]
        started["trainable"] = sorted(name for name, weight in task.model.named_parameters() if weight.requires_grad)
        return loop.TrainingOutcome(True, 0, {}, [])

    monkeypatch.setattr(fit.loop, "train", look)
    lines = []
    assert train_stage2(small(run.path), processed, tmp_path / "stage2", report=lines.append) is None
    saved = load_encoder(backbone, LoraSettings(r=4, alpha=8))
    fresh = encode(saved)
    load_adapter(saved, run.adapter)
    torch.testing.assert_close(started["vector"], encode(saved), rtol=0, atol=0)
    assert not torch.allclose(started["vector"], fresh)  # the adapter does something
    assert any("stage 1 のアダプターを読み込みました" in line and "sha256" in line for line in lines)
    digest = run.load_config()["files"]["adapter/adapter_model.safetensors"]
    assert started["settings"]["stage1_adapter"] == digest  # a resumed run must have begun from the same
    assert any("lora_A" in name for name in started["trainable"])  # it goes on learning
    assert all("lora_" in name or name.startswith("head.") for name in started["trainable"])


@pytest.mark.slow
def test_training_beats_the_constant_where_a_signal_is_planted(tmp_path, processed, backbone):
    config = Stage2Config(
        stage1_model_path="none", backbone=backbone, max_tokens=64, epochs=6, learning_rate=1e-2, windows_per_bag=8,
        batch_size=4, patience=0,
    )  # fmt: skip
    lines = []
    run = train_stage2(config, processed, tmp_path / "stage2", report=lines.append)
    best = run.load_metrics()["best"]
    assert best["mae"] < 0.95 * best["mae_constant"]
    assert best["r_mean"] > 0.3
    assert best["mae"] == min(entry["mae"] for entry in run.load_metrics()["history"])
    assert any(line.startswith("stage2 epoch=6 ") and "validation_mae_neuroticism=" in line for line in lines)
    assert "継承: lora_r=16 (stage 1 の既定値)" in lines
    assert not any("アダプターを読み込みました" in line for line in lines)


def test_a_run_folder_gives_the_figures_that_it_names(tmp_path, processed, stage1_run):
    """The saved adapter and head, loaded again, estimate the validation speakers as metrics.json says."""
    from seikaku.corpora.store import load_corpus
    from seikaku.model.run.loading import load_trait_model

    config = small(stage1_run[0].path, extra_targets=False, with_partner=True, learning_rate=5e-3)
    run = train_stage2(config, processed, tmp_path / "stage2")
    whole, _ = inherit_from_stage1(config, lambda line: None)
    model, _ = load_trait_model(run.path)
    data = stage2.build_data(load_corpus(processed), model.encoder, whole)
    task = fit.build_task(model.encoder, data, whole)
    collate, bags = task.loop_task.collate, task.loop_task.validation_data
    with torch.no_grad():
        logits = [model(**collate([bags[i]]))["logits"] for i in range(len(bags))]
    found = task.loop_task.metrics(torch.cat(logits).numpy(), None)
    best = run.load_metrics()["best"]
    assert found["mae"] == pytest.approx(best["mae"], abs=1e-5)
    assert found["r_openness"] == pytest.approx(best["r_openness"], abs=1e-3)
    assert run.load_config()["stage1"] == str(stage1_run[0].path)
    assert len(data.split.train_speakers) + len(data.split.validation_speakers) <= 30


def test_what_is_not_said_is_taken_over_and_told(stage1_run, backbone):
    lines = []
    run, _ = stage1_run
    config, found = inherit_from_stage1(Stage2Config(stage1_model_path=str(run.path), max_tokens=32), lines.append)
    assert found == run
    assert (config.backbone, config.lora_r, config.lora_alpha, config.max_tokens) == (backbone, 4, 8, 32)
    assert config.lora_targets == ("query", "value")
    assert f"継承: lora_r=4 ({run.path})" in lines
    assert not any("max_tokens" in line for line in lines)  # it was said


def test_what_does_not_fit_the_adapter_is_refused(stage1_run):
    path = str(stage1_run[0].path)
    with pytest.raises(UserError, match=r"--lora_r 8 は stage 1 の学習結果と合いません（.* は 4）"):
        inherit_from_stage1(Stage2Config(stage1_model_path=path, lora_r=8), print)
    with pytest.raises(UserError, match=r"--lora_targets query は stage 1 の学習結果と合いません"):
        inherit_from_stage1(Stage2Config(stage1_model_path=path, lora_targets=("query",)), print)


def test_stage1_is_never_overwritten(tmp_path, processed, stage1_run):
    path = stage1_run[0].path
    with pytest.raises(UserError, match="出力先が stage 1 の学習結果と同じです"):
        train_stage2(small(path), processed, path)
    with pytest.raises(UserError, match="stage 1 の学習結果があるので、stage 2 の結果で上書きしません"):
        train_stage2(small("none"), processed, path)
    with pytest.raises(ModelError, match=r"学習結果のフォルダがありません: .*nowhere"):
        train_stage2(small(tmp_path / "nowhere"), processed, tmp_path / "stage2")
    assert stage1_run[0].is_valid()


def test_figures_by_speaker():
    labels = np.tile([[3.0], [5.0]], (1, 5))
    scores = labels.copy()
    scores[:, 0] = 4.0  # no variance
    scores[:, 1] = [6.0, 2.0]  # upside down
    metrics = trait_metrics(scores, labels)
    assert metrics["mae_openness"] == 1
    assert (metrics["r_openness"], metrics["r_conscientiousness"]) == (0.0, pytest.approx(-1.0))
    assert metrics["r_extraversion"] == pytest.approx(1.0)
    assert metrics["mae"] == pytest.approx((1 + 3) / 5)
    assert metrics["mse"] == pytest.approx((1 + 9) / 5)
