import json
import math

import pytest
from safetensors import safe_open

from seikaku.cloud.money import encoders
from seikaku.cloud.money.encoders import encoder_shape, read_shape
from seikaku.errors import UserError
from seikaku.places import ASSETS

LARGE = "FacebookAI/xlm-roberta-large"
ENCODER = ASSETS / "encoder" / "model.safetensors"
BERT = {
    "model_type": "bert", "num_hidden_layers": 2, "hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 32,
    "vocab_size": 100, "max_position_embeddings": 20,
}  # fmt: skip


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """An empty Hugging Face cache."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "hf" / "hub"


def test_the_shipped_sizes_have_the_published_numbers_of_parameters():
    published = {  # model cards and papers: with the embeddings, and without where it is told
        LARGE: (560e6, None),
        "FacebookAI/xlm-roberta-base": (278e6, None),
        "sbintuitions/modernbert-ja-310m": (315e6, 236e6),
        "sbintuitions/modernbert-ja-30m": (37e6, 10e6),
    }
    assert published.keys() == encoders.known_encoders().keys()
    for name, (whole, layers) in published.items():
        shape = encoder_shape(name)
        assert shape.n_parameters == pytest.approx(whole, rel=0.01)
        assert layers is None or shape.n_layer_parameters == pytest.approx(layers, rel=0.06)
    rows = json.loads((ASSETS / "cloud" / "encoders.json").read_text(encoding="utf-8"))["encoders"].values()
    assert all(len(row["source"]) > 10 for row in rows)


def test_the_formula_counts_the_embedded_encoder_as_its_own_file_does():
    # Two weights of 4 bits stand in a byte, beside their scales; the formula leaves out token types and the first norm.
    with safe_open(ENCODER, "numpy") as file:
        sizes = {name: math.prod(file.get_slice(name).get_shape()) for name in file.keys()}
    n_parameters = sum(
        size * (2 if name.endswith(".q4") else 1) for name, size in sizes.items() if ".scale" not in name
    )
    assert encoder_shape("embedded").n_parameters == n_parameters - 2 * 384 - 2 * 384


def test_a_folder_is_read_and_wins_over_a_known_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / LARGE
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(BERT), encoding="utf-8")
    assert encoder_shape(str(folder)).n_layers == 2
    assert encoder_shape(LARGE).n_layers == 2  # a folder of that name, as training takes it


def test_a_hub_id_is_read_from_the_cache_at_the_revision_of_main(cache, monkeypatch, tmp_path):
    model = cache / "models--nobody--tiny"
    for revision, n_layers in (("a" * 40, 3), ("b" * 40, 5)):
        snapshot = model / "snapshots" / revision
        snapshot.mkdir(parents=True)
        (snapshot / "config.json").write_text(json.dumps(BERT | {"num_hidden_layers": n_layers}), encoding="utf-8")
    assert encoder_shape("nobody/tiny").n_layers == 3  # no reference to main: any
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text("b" * 40, encoding="utf-8")
    assert encoder_shape("nobody/tiny").n_layers == 5
    monkeypatch.delenv("HF_HOME")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "elsewhere"))
    with pytest.raises(UserError):
        encoder_shape("nobody/tiny")
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    assert encoder_shape("nobody/tiny").n_layers == 5


def test_without_a_config_the_mend_names_what_is_known():
    with pytest.raises(UserError, match="土台 nobody/nothing の大きさが分からない") as caught:
        encoder_shape("nobody/nothing")
    assert LARGE in caught.value.mend and "sbintuitions/modernbert-ja-310m" in caught.value.mend


def test_a_config_without_a_size_or_that_is_no_json_is_refused(tmp_path):
    with pytest.raises(UserError, match="土台 x の config.json に hidden_size がない"):
        read_shape({name: value for name, value in BERT.items() if name != "hidden_size"}, "x")
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match="JSON として読めません"):
        encoder_shape(str(tmp_path))


def test_other_makers_names_gates_and_shared_heads_are_read():
    distil = {"model_type": "distilbert", "n_layers": 6, "dim": 768, "n_heads": 12, "hidden_dim": 3072, "vocab_size": 9}
    assert read_shape(distil, "").n_layer_parameters == pytest.approx(6 * 7.09e6, rel=0.01)
    t5 = {"model_type": "t5", "num_layers": 2, "d_model": 8, "num_heads": 2, "d_ff": 16, "vocab_size": 9, "d_kv": 6}
    assert read_shape(t5, "").query_width == 12
    assert read_shape(t5 | {"feed_forward_proj": "gated-gelu"}, "").n_feed_forward == 3
    qwen = BERT | {"model_type": "qwen3", "num_key_value_heads": 1, "head_dim": 4}
    shape = read_shape(qwen, "")
    assert (shape.query_width, shape.key_width, shape.n_feed_forward) == (8, 4, 3)
    assert shape.n_embedding_rows == 100  # no table of positions


def test_lora_counts_what_its_names_say():
    shape = read_shape(BERT, "")
    assert encoder_shape(LARGE).n_lora_parameters(16, ("query", "value")) == 24 * 2 * 16 * 2 * 1024
    assert shape.n_lora_parameters(4, ("attn.Wqkv",)) == 2 * 4 * (8 + 24)
    assert shape.n_lora_parameters(4, ("all-linear",)) == 2 * 4 * (4 * 16 + 2 * (8 + 32))
    shared = read_shape(BERT | {"model_type": "qwen3", "num_key_value_heads": 1}, "")
    assert shared.n_lora_parameters(4, ("q_proj", "v_proj")) == 2 * 4 * ((8 + 8) + (8 + 4))
