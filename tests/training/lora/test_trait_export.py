"""A stage 2 run and its ONNX export as models of `seikaku analyze`: the same estimates, and only whole folders."""

import json
import shutil
from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

import numpy as np
from tiny_encoder import SENTENCES

from seikaku.cli.main import run
from seikaku.config import Stage2Config
from seikaku.conversation.turns import Conversation, Utterance
from seikaku.corpora.store import load_corpus
from seikaku.errors import ModelError
from seikaku.inference.estimator import Estimator
from seikaku.model.calibration import AccuracyCurve, AmountTable
from seikaku.model.loading import load_trained
from seikaku.model.onnx.exporting import TOLERANCE_1TO7
from seikaku.model.run.folder import CALIBRATION_NAME, RunFolder
from seikaku.traits import TRAIT_KEYS

TALK = [SENTENCES, ["今日は山に登りました。"]]


@pytest.fixture(scope="module")
def stage2_run(tmp_path_factory, processed, stage1_run):
    from seikaku.training.lora.stage2 import train_stage2

    config = Stage2Config(
        stage1_model_path=str(stage1_run[0].path), epochs=1, max_steps=3, max_dialogues=8, learning_rate=1e-3
    )
    return train_stage2(config, processed, tmp_path_factory.mktemp("stage2") / "run")


@pytest.fixture(scope="module")
def talk_file(tmp_path_factory, processed):
    """What one speaker of the planted corpus said, as a file."""
    corpus = load_corpus(processed)
    texts = [text for side in corpus.sides if side.speaker_index == 3 for text in side.texts]
    path = tmp_path_factory.mktemp("talk") / "talk.txt"
    path.write_text("".join(f"花子：{text}\n" for text in texts), encoding="utf-8")
    return path


@pytest.mark.parametrize("int8", [False, True])
def test_the_export_estimates_as_the_run_does(tmp_path, stage2_run, int8, capsys):
    flags = ["--int8"] if int8 else []
    assert run(["export", "--run", str(stage2_run.path), "--onnx", str(tmp_path / "onnx"), *flags]) == 0
    assert "torch との差は最大" in capsys.readouterr().out
    with_torch, with_onnx = load_trained(stage2_run.path).text_model, load_trained(tmp_path / "onnx").text_model
    first, second = with_torch.explain(TALK), with_onnx.explain(TALK)
    np.testing.assert_allclose(second.score, first.score, atol=TOLERANCE_1TO7[int8])
    np.testing.assert_allclose(second.contributions, first.contributions, atol=TOLERANCE_1TO7[int8])
    assert (second.amount, second.known_share) == (first.amount, first.known_share)
    assert np.ptp(first.score) > 0
    found = load_trained(tmp_path / "onnx").calibration
    assert found.to_json() == load_trained(stage2_run.path).calibration.to_json()


def test_where_stage1_lay_is_not_told(stage2_run):
    assert "stage1_model_path" not in load_trained(stage2_run.path).provenance["config"]
    assert str(stage2_run.path.parent) not in json.dumps(load_trained(stage2_run.path).provenance)


def test_analyze_takes_a_run_and_its_export(tmp_path, stage2_run, talk_file, capsys):
    assert run(["export", "--run", str(stage2_run.path), "--onnx", str(tmp_path / "onnx")]) == 0
    capsys.readouterr()
    documents = []
    for folder in (stage2_run.path, tmp_path / "onnx"):
        assert run(["analyze", str(talk_file), "--json", "--model", str(folder)]) == 0
        documents += json.loads(capsys.readouterr().out)["results"]
    first, second = documents
    assert first["model"]["model_id"] == "seikaku-lora"
    assert len({document["model"]["model_hash"] for document in documents}) == 2
    assert first["norm"] == second["norm"]
    for key in TRAIT_KEYS:
        assert first["traits"][key]["status"] == second["traits"][key]["status"]
        assert first["traits"][key]["accuracy"] == second["traits"][key]["accuracy"]
        for name in ("score_1to7", "t_score"):
            value = first["traits"][key][name]
            assert (value is None) == (second["traits"][key][name] is None)
            assert value is None or value == pytest.approx(second["traits"][key][name], abs=0.02)


def test_few_validation_speakers_never_make_an_estimate_ok(stage2_run, messages):
    """Whatever r they show: they are few, and they chose the epoch."""
    calibration = stage2_run.load_calibration()
    n_validation = stage2_run.load_config()["data"]["n_validation"]
    assert (calibration.source, calibration.n_speakers) == ("validation", n_validation)
    width = calibration.accuracy.r_high_95.values - calibration.accuracy.r_low_95.values
    assert (width > 0.5).any()  # of so few
    talk = Conversation("1", tuple(Utterance("花子", text) for text in messages(80)))
    trained = load_trained(stage2_run.path)
    assert trained.calibration.is_provisional
    assert trained.calibration.to_json() == calibration.to_json()
    sure = AmountTable(np.array([1.0]), np.full((1, 5), 0.6))
    lucky = replace(calibration, accuracy=AccuracyCurve(sure, sure, sure), known_share_floor=0.0)
    for source, status in (("validation", "low_evidence"), ("protocol", "ok")):
        measured = replace(trained, calibration=replace(lucky, source=source))
        estimates = Estimator(measured).estimate([talk], "花子")
        assert {trait.status for trait in estimates.traits.values()} == {status}
    card = (stage2_run.path / "README.md").read_text(encoding="utf-8")
    assert "## 較正と、本文量ごとの当たり方" in card
    assert f"検証話者 {n_validation} 人" in card


def test_the_same_estimates_in_a_run_and_in_the_protocol(processed, stage2_run):
    """What the protocol estimates from a bag of dialogues is what `analyze` estimates from those conversations."""
    from seikaku.model.encoder.explaining import EncoderModel
    from seikaku.model.run.loading import load_trait_model
    from seikaku.training.lora.regressor import FittedLora, regressor_of_run

    corpus = load_corpus(processed)
    regressor = regressor_of_run(stage2_run, lambda line: None)
    rows = regressor.encode(corpus.sides)
    model, _ = load_trait_model(stage2_run.path)
    fitted = FittedLora(model, regressor.config, stage2_run.load_calibration())
    bags = [np.flatnonzero(rows.speaker == speaker) for speaker in (0, 4, 9)]
    found = fitted.estimate(rows, [*bags, bags[0][:2]])
    text_model = load_trained(stage2_run.path).text_model
    assert isinstance(text_model, EncoderModel)
    for estimate, bag in zip(found, [*bags, bags[0][:2]], strict=True):
        explained = text_model.explain([corpus.sides[row].texts for row in bag])
        shrunk = fitted.calibration.shrink(explained.score[None, :], np.array([explained.amount]))[0]
        np.testing.assert_allclose(estimate, shrunk, atol=1e-4)


def test_damaged_folders_are_refused_by_name(tmp_path, stage2_run):
    broken = tmp_path / "run"
    shutil.copytree(stage2_run.path, broken)
    (broken / CALIBRATION_NAME).unlink()
    with pytest.raises(ModelError, match=r"calibration\.json"):
        load_trained(broken)
    onnx = tmp_path / "onnx"
    assert run(["export", "--run", str(stage2_run.path), "--onnx", str(onnx)]) == 0
    (onnx / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match=r"書き出したファイルが壊れているか、書き換えられています: .*tokenizer\.json"):
        load_trained(onnx)
    (onnx / "model.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="この書き出しの形式は扱えません"):
        load_trained(onnx)


def test_a_run_that_reads_the_partner_is_not_for_estimates(tmp_path, processed, backbone):
    from seikaku.training.lora.stage2 import train_stage2

    config = Stage2Config(
        stage1_model_path="none", backbone=backbone, max_tokens=48, max_steps=1, max_dialogues=1, with_partner=True
    )
    folder = tmp_path / "run"
    train_stage2(config, processed, folder)
    assert RunFolder(folder).is_valid()
    with pytest.raises(ModelError, match="相手の発話も読みます"):
        load_trained(folder)


def test_only_a_run_of_stage2_is_exported(tmp_path, stage1_run, capsys):
    assert run(["export", "--run", str(stage1_run[0].path), "--onnx", str(tmp_path / "onnx")]) == 2
    assert "は stage 1 の学習結果です（必要なのは stage 2）" in capsys.readouterr().err
    assert run(["export", "--run", str(tmp_path), "--onnx", str(tmp_path / "onnx")]) == 2
    assert "は学習結果のフォルダではありません（run_config.json がありません）" in capsys.readouterr().err


def test_a_run_of_an_earlier_version_is_read_as_it_was(tmp_path, stage2_run):
    """Its settings name neither pooling, prefix nor variant."""
    from seikaku.model.run.folder import replace_figures

    old = RunFolder(shutil.copytree(stage2_run.path, tmp_path / "old"))
    config = json.loads((old.path / "run_config.json").read_text("utf-8"))
    for name in ("pooling", "text_prefix", "lora_variant"):
        del config["config"][name]
    (old.path / "run_config.json").write_text(json.dumps(config), "utf-8")
    replace_figures(old, old.load_metrics(), "card")
    first, second = (load_trained(run.path).text_model.explain(TALK) for run in (old, stage2_run))
    np.testing.assert_array_equal(first.score, second.score)
