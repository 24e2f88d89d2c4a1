"""`seikaku export`: the ONNX folder says what the torch model says, and only a stage 2 run is taken."""

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

import numpy as np
import onnxruntime
import torch
from tokenizers import Tokenizer

from seikaku.cli.main import run
from seikaku.config import Stage2Config
from seikaku.model.trait_model import load_trait_model
from seikaku.traits import TRAIT_KEYS

TEXT = "趣味は園芸です。庭に花を植えて、毎朝水をやります。"


@pytest.fixture(scope="module")
def stage2_run(tmp_path_factory, processed, stage1_run):
    from seikaku.training.stage2 import train_stage2

    config = Stage2Config(
        stage1_model_path=str(stage1_run[0].path), epochs=1, max_steps=3, max_dialogues=2, extra_targets=False
    )
    return train_stage2(config, processed, tmp_path_factory.mktemp("stage2") / "run")


@pytest.mark.parametrize("int8", [False, True])
def test_the_file_estimates_as_torch_does(tmp_path, stage2_run, capsys, int8):
    flags = ["--int8"] if int8 else []
    assert run(["export", "--run", str(stage2_run.path), "--onnx", str(tmp_path / "onnx"), *flags]) == 0
    assert "torch との差は最大" in capsys.readouterr().out
    settings = json.loads((tmp_path / "onnx" / "model.json").read_text(encoding="utf-8"))
    assert settings["traits"] == list(TRAIT_KEYS)
    assert settings["max_tokens"] == 48
    ids = np.array([Tokenizer.from_file(str(tmp_path / "onnx" / "tokenizer.json")).encode(TEXT).ids])
    session = onnxruntime.InferenceSession(str(tmp_path / "onnx" / "model.onnx"))
    (scores,) = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
    model, _ = load_trait_model(stage2_run.path)
    tensor = torch.from_numpy(ids)
    with torch.no_grad():
        logits = model(tensor, torch.ones_like(tensor), torch.zeros(1, dtype=torch.int64))["logits"]
    expected = model.head.estimate_1to7(logits).numpy()
    assert scores.shape == (1, 5)
    np.testing.assert_allclose(np.clip(scores, 1, 7), expected, atol=0.25 if int8 else 1e-3)


def test_only_a_run_of_stage2_is_exported(tmp_path, stage1_run, capsys):
    assert run(["export", "--run", str(stage1_run[0].path), "--onnx", str(tmp_path / "onnx")]) == 2
    assert "は stage 1 の学習結果です（必要なのは stage 2）" in capsys.readouterr().err
    assert run(["export", "--run", str(tmp_path), "--onnx", str(tmp_path / "onnx")]) == 2
    assert "は学習結果のフォルダではありません（run_config.json がありません）" in capsys.readouterr().err
