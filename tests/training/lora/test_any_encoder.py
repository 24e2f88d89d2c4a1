"""Any kind of encoder: both stages, an estimate and an ONNX export that agrees, or a refusal in the first second."""

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")
pytest.importorskip("onnxruntime")

import numpy as np
from tiny_encoder import SENTENCES
from tiny_families import FAMILY_BUILDERS, write_unknown_kind

from seikaku.config import Stage1Config, Stage2Config
from seikaku.errors import ModelError, UserError
from seikaku.model.loading import load_trained
from seikaku.model.onnx.exporting import export_run
from seikaku.training.lora.stage1 import train_stage1
from seikaku.training.lora.stage2 import train_stage2
from seikaku.training.lora.start import build_encoder

# Whose tokenizer is Python.
NOT_EXPORTED = {"bert-ja": "tokenizer には tokenizer.json がないので、ONNX に書き出せません"}
LAST_TOKEN = {"llama", "qwen3", "gemma3"}
TALK = [SENTENCES, ["今日は山に登りました。"]]


# A kind of each form in `make test`: an encoder, words by MeCab, near layers, a decoder. All of them: thorough.
SHORT = {"modernbert", "bert-ja", "llama"}
KINDS = [pytest.param(kind, marks=[] if kind in SHORT else pytest.mark.thorough) for kind in sorted(FAMILY_BUILDERS)]


@pytest.fixture(scope="module", params=KINDS)
def trained(request, tmp_path_factory, processed):
    """The kind's name and a run of both stages, a step each."""
    folder = tmp_path_factory.mktemp(request.param)
    backbone = FAMILY_BUILDERS[request.param](folder / "backbone")
    first = Stage1Config(backbone=str(backbone), max_tokens=48, lora_r=2, epochs=1, max_steps=1)
    stage1 = train_stage1(first, processed, folder / "final_model")
    second = Stage2Config(stage1_model_path=str(stage1.path), epochs=1, max_steps=1, max_dialogues=3)
    return request.param, train_stage2(second, processed, folder / "stage2")


@pytest.mark.slow
def test_both_stages_an_estimate_and_the_export(trained, tmp_path):
    kind, run = trained
    model = load_trained(run.path)
    found = model.text_model.explain(TALK)
    assert np.isfinite(found.score).all()
    mean = model.calibration.norm.means
    np.testing.assert_allclose(found.contributions.sum(axis=0), found.score - mean, atol=1e-5)
    settings = run.load_config()["config"]
    assert settings["pooling"] == ("last" if kind in LAST_TOKEN else "mean")
    assert settings["lora_targets"]
    if kind in NOT_EXPORTED:
        with pytest.raises(ModelError, match=NOT_EXPORTED[kind]):
            export_run(run.path, tmp_path / "onnx", int8=False)
        assert not (tmp_path / "onnx").exists()
        return
    export_run(run.path, tmp_path / "onnx", int8=False)
    again = load_trained(tmp_path / "onnx").text_model.explain(TALK)
    np.testing.assert_allclose(again.score, found.score, atol=1e-3)
    np.testing.assert_allclose(again.contributions, found.contributions, atol=1e-3)
    assert (again.amount, again.known_share) == (found.amount, found.known_share)


def build(backbone, **settings):
    return build_encoder(Stage1Config(**{"backbone": str(backbone), "max_tokens": 48, "lora_r": 2} | settings), print)


def build_backbone(tmp_path, kind, name="backbone"):
    return FAMILY_BUILDERS[kind](tmp_path / name)


def test_wrong_layers_are_told_with_those_there_are(tmp_path):
    with pytest.raises(ModelError, match="LoRA の対象の層 query がありません") as caught:
        build(build_backbone(tmp_path, "modernbert"), lora_targets=("query",))
    assert "attn.Wo、attn.Wqkv、mlp.Wi、mlp.Wo（すべてなら all-linear）" in caught.value.mend


def test_layers_are_named_by_the_end_of_their_name_or_all_at_once(tmp_path):
    backbone = build_backbone(tmp_path, "modernbert")
    encoder, config = build(backbone, lora_targets=("attn.Wo", "mlp.Wi"))
    assert config.lora_targets == ("attn.Wo", "mlp.Wi")
    adapted = {name.split(".lora_A")[0] for name, _ in encoder.named_parameters() if ".lora_A" in name}
    assert {name.rpartition("layers.")[2].partition(".")[2] for name in adapted} == {"attn.Wo", "mlp.Wi"}
    encoder, _ = build(backbone, lora_targets=("all-linear",))
    adapted = {name.split(".lora_A")[0] for name, _ in encoder.named_parameters() if ".lora_A" in name}
    assert {name.rpartition("layers.")[2].partition(".")[2] for name in adapted} == {
        "attn.Wqkv", "attn.Wo", "mlp.Wi", "mlp.Wo",
    }  # fmt: skip
    with pytest.raises(UserError, match="all-linear はほかの名前と並べられません"):
        Stage1Config(lora_targets=("all-linear", "query"))


def test_the_layers_of_a_kind_that_nobody_listed_are_guessed_or_asked_for(tmp_path, monkeypatch):
    from seikaku.model.encoder import families

    backbone = build_backbone(tmp_path, "deberta-v2")
    monkeypatch.setattr(families, "FAMILIES", {})
    assert build(backbone)[1].lora_targets == ("query_proj", "value_proj")
    monkeypatch.setattr(families, "GUESSED_TARGETS", (("query",),))
    with pytest.raises(ModelError, match="LoRA を付ける層がわかりません") as caught:
        build(backbone)
    assert "self.query_proj" in caught.value.mend


@pytest.mark.parametrize(
    "variant", ["dora", *(pytest.param(variant, marks=pytest.mark.thorough) for variant in ("lora", "rslora"))]
)
def test_variants_of_lora_are_trained_saved_and_loaded(tmp_path, processed, variant):
    backbone = build_backbone(tmp_path, "bert")
    config = Stage1Config(
        backbone=str(backbone), max_tokens=48, lora_r=4, lora_variant=variant, epochs=1, max_steps=2, learning_rate=1e-2
    )
    stage1 = train_stage1(config, processed, tmp_path / "final_model")
    settings = json.loads((stage1.adapter / "adapter_config.json").read_text("utf-8"))
    assert (settings["use_dora"], settings["use_rslora"]) == (variant == "dora", variant == "rslora")
    second = Stage2Config(stage1_model_path=str(stage1.path), epochs=1, max_steps=1, max_dialogues=3)
    run = train_stage2(second, processed, tmp_path / "stage2")
    expected = load_trained(run.path).text_model.explain(TALK)
    export_run(run.path, tmp_path / "onnx", int8=False)
    found = load_trained(tmp_path / "onnx").text_model.explain(TALK)
    np.testing.assert_allclose(found.score, expected.score, atol=1e-3)
    other = Stage2Config(stage1_model_path=str(stage1.path), lora_variant="dora" if variant == "lora" else "lora")
    with pytest.raises(UserError, match="--lora_variant .* は stage 1 の学習結果と合いません"):
        train_stage2(other, processed, tmp_path / "other")


def test_e5_has_its_mark_before_every_text_unless_told_otherwise(tmp_path):
    backbone = build_backbone(tmp_path, "roberta", "multilingual-e5-tiny")
    marked, config = build(backbone)
    assert config.text_prefix == "query: "
    mark = marked.tokenizer("query:", add_special_tokens=False)["input_ids"]
    assert marked.special.begin == (2, *mark)
    plain, config = build(backbone, text_prefix="")
    assert (config.text_prefix, plain.special.begin) == ("", (2,))
    assert build(build_backbone(tmp_path, "bert"))[1].text_prefix == ""


@pytest.mark.parametrize("pooling", ["first", "last"])
def test_one_tokens_vector_stands_for_a_text(tmp_path, pooling):
    import torch

    from seikaku.model.encoder.batches import pad

    encoder, config = build(build_backbone(tmp_path, "bert"), pooling=pooling)
    encoder.eval()
    assert config.pooling == pooling
    windows = [
        encoder.special.frame([np.array(ids)])
        for ids in encoder.tokenizer(SENTENCES[:2], add_special_tokens=False)["input_ids"]
    ]
    ids, mask = map(torch.from_numpy, pad(windows, encoder.special.pad))
    hidden = encoder.transformer(input_ids=ids, attention_mask=mask).last_hidden_state
    at = [0, 0] if pooling == "first" else [len(window) - 1 for window in windows]
    torch.testing.assert_close(encoder(ids, mask), torch.stack([hidden[row, place] for row, place in enumerate(at)]))


def test_a_context_beyond_512_is_taken_where_the_model_has_it(tmp_path):
    backbone = build_backbone(tmp_path, "modernbert")
    for name, key in (("config.json", "max_position_embeddings"), ("tokenizer_config.json", "model_max_length")):
        settings = json.loads((backbone / name).read_text("utf-8"))
        (backbone / name).write_text(json.dumps(settings | {key: 8192}), "utf-8")
    assert build(backbone, max_tokens=2048)[0].max_tokens == 8192
    with pytest.raises(UserError, match="上限 8192 を超えています"):
        build(backbone, max_tokens=8193)


def test_a_model_without_a_limit_has_the_usual_one(tmp_path):
    backbone = build_backbone(tmp_path, "t5")
    settings = json.loads((backbone / "tokenizer_config.json").read_text("utf-8"))
    del settings["model_max_length"]
    (backbone / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    assert build(backbone)[0].max_tokens == 512


@pytest.mark.parametrize("fault", ["kind", "library", "weights", "forward"])
def test_what_fails_for_the_backbones_sake_fails_before_anything_is_learned(tmp_path, processed, monkeypatch, fault):
    """Two clear lines, and no checkpoint is begun."""
    import sys

    backbone = build_backbone(tmp_path, "bert-ja" if fault == "library" else "bert")
    message = {
        "kind": "config.json を読めません",
        "library": "tokenizer を読めません",
        "weights": "safetensors の重みがありません",
        "forward": "では本文を読めません（needs pictures）",
    }[fault]
    if fault == "kind":
        backbone = write_unknown_kind(tmp_path / "unknown")
    elif fault == "library":
        monkeypatch.setitem(sys.modules, "fugashi", None)
    elif fault == "weights":
        (backbone / "model.safetensors").rename(backbone / "pytorch_model.bin")
    else:
        from transformers import BertModel

        def forward(self, *args, **kwargs):
            raise TypeError("needs pictures")

        monkeypatch.setattr(BertModel, "forward", forward)
    config = Stage1Config(backbone=str(backbone), max_tokens=48)
    with pytest.raises(ModelError) as caught:
        train_stage1(config, processed, tmp_path / "out")
    assert message in caught.value.message
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_top_layers_learn_where_that_is_asked(tmp_path, kind):
    encoder, config = build(build_backbone(tmp_path, kind), lora_layers=1)
    adapted = {name.split(".lora_A")[0] for name, _ in encoder.named_parameters() if ".lora_A" in name}
    assert adapted
    assert all(".1." in name for name in adapted)  # the second of two layers
    assert config.lora_layers == 1
    assert encoder.split.n_lower == 1
    with pytest.raises(UserError, match="--lora_layers 3 は、この土台の層の数 2 を超えています"):
        build(build_backbone(tmp_path, kind), lora_layers=3)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.values != ("t5",)] + ["t5"])
def test_reading_from_the_lower_layers_output_is_reading_the_text(tmp_path, kind):
    """T5 hands more from layer to layer than vectors, and says that it cannot."""
    import torch

    encoder, _ = build(build_backbone(tmp_path, kind), lora_layers=1)
    encoder.eval()
    ids = torch.randint(5, 30, (3, 30), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[0, 20:] = 0
    assert encoder.split.is_exact(ids, mask) == (kind != "t5")
    if kind == "t5":
        return
    expected = encoder(ids, mask)
    torch.testing.assert_close(encoder(ids, mask, lower=encoder.split.lower(ids, mask)), expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(encoder(ids, mask), expected)  # the layers are back


def test_lower_layers_that_are_kept_train_the_same_model(tmp_path, processed, monkeypatch):
    """To 16 bits, with the backbone's dropout off (kept output has none); without room on the disk it is said."""
    from seikaku.training.speakers import lower

    backbone = build_backbone(tmp_path, "bert")
    architecture = json.loads((backbone / "config.json").read_text("utf-8"))
    without = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (backbone / "config.json").write_text(json.dumps(architecture | without), "utf-8")
    settings = {"stage1_model_path": "none", "backbone": str(backbone), "max_tokens": 48, "lora_r": 2, "lora_layers": 1}
    config = Stage2Config(**settings, lora_dropout=0.0, epochs=1, max_steps=4, max_dialogues=6, learning_rate=1e-3)

    def train(name):
        lines = []
        run = train_stage2(config, processed, tmp_path / name, report=lines.append)
        return run.load_metrics()["history"], "\n".join(lines)

    kept, lines = train("kept")
    assert "学習しない下の 1 層の出力を保存します" in lines
    assert not list(tmp_path.rglob(lower.FILE_NAME))
    monkeypatch.setattr(lower, "_SPARE", 1e12)
    computed, lines = train("computed")
    assert "下の層の出力は保存せず、毎回計算します: ディスクの空きが足りません" in lines
    for first, second in zip(kept, computed, strict=True):
        assert first["mae"] == pytest.approx(second["mae"], abs=2e-3)
        assert first["loss"] == pytest.approx(second["loss"], abs=2e-3)
    assert kept[-1]["loss"] != kept[0]["loss"]
