"""The encoder with LoRA: what it computes, which weights learn, what it saves, and what it says when it cannot load."""

import json
import shutil
import socket

import pytest
import torch
from tiny_encoder import MAX_TOKENS, N_LAYERS, SENTENCES, WIDTH

from seikaku.errors import ModelError
from seikaku.model.encoder.lora import (
    LoraSettings,
    count_trainable,
    load_adapter,
    load_encoder,
    merge_adapter,
    save_adapter,
)

LORA = LoraSettings(r=4, alpha=8, dropout=0.0)


@pytest.fixture
def encoder(tiny_backbone):
    torch.manual_seed(0)
    return load_encoder(str(tiny_backbone), LORA, attention_dropout=0.0)


def encode(encoder, texts):
    batch = encoder.tokenizer(texts, padding=True, return_tensors="pt")
    return encoder(batch["input_ids"], batch["attention_mask"])


def take_step(encoder, *, rate=0.1):
    """One step towards arbitrary targets, dropout as the mode says."""
    optimiser = torch.optim.SGD([weight for weight in encoder.parameters() if weight.requires_grad], lr=rate)
    (encode(encoder, SENTENCES[:4]) - 1).square().sum().backward()
    optimiser.step()
    optimiser.zero_grad()


def test_sizes_are_the_backbones(encoder, tiny_backbone):
    assert (encoder.width, encoder.max_tokens, encoder.backbone) == (WIDTH, MAX_TOKENS, str(tiny_backbone))


def test_pooling_is_the_mean_over_real_tokens(encoder):
    encoder.eval()
    batch = encoder.tokenizer(SENTENCES[:3], padding=True, return_tensors="pt")
    hidden = encoder.transformer(**batch).last_hidden_state
    expected = torch.stack(
        [row[mask.bool()].mean(0) for row, mask in zip(hidden, batch["attention_mask"], strict=True)]
    )
    assert torch.allclose(encode(encoder, SENTENCES[:3]), expected, atol=1e-6)


def test_a_texts_vector_does_not_depend_on_the_batch(encoder):
    encoder.eval()
    alone = encode(encoder, [SENTENCES[1]])
    assert torch.allclose(encode(encoder, [SENTENCES[1], SENTENCES[4] * 2])[:1], alone, atol=1e-5)


def test_the_longest_input_is_taken_and_none_longer(encoder):
    ids = torch.full((1, MAX_TOKENS), 5)
    assert encoder(ids, torch.ones_like(ids)).shape == (1, WIDTH)
    too_long = torch.full((1, MAX_TOKENS + 1), 5)
    with pytest.raises((IndexError, RuntimeError)):
        encoder(too_long, torch.ones_like(too_long))


def learning(encoder):
    """Names of the weights that an optimiser may change."""
    return [name for name, weight in encoder.named_parameters() if weight.requires_grad]


@pytest.mark.parametrize("targets", [("query",), ("query", "value"), ("query", "key", "value")])
@pytest.mark.parametrize("r", [1, 16])
def test_number_of_trainable_weights(tiny_backbone, r, targets):
    encoder = load_encoder(str(tiny_backbone), LoraSettings(r=r, target_modules=targets))
    assert count_trainable(encoder) == 2 * r * WIDTH * N_LAYERS * len(targets)


def test_only_lora_learns(encoder):
    names = learning(encoder)
    assert len(names) == 2 * 2 * N_LAYERS  # A and B of query and value
    assert all(".lora_A." in name or ".lora_B." in name for name in names)


def test_without_lora_nothing_learns(tiny_backbone):
    encoder = load_encoder(str(tiny_backbone), None)
    assert count_trainable(encoder) == 0
    assert learning(encoder) == []


def test_lora_starts_as_the_backbone_itself(encoder, tiny_backbone):
    plain = load_encoder(str(tiny_backbone), None).eval()
    assert torch.equal(encode(encoder.eval(), SENTENCES), encode(plain, SENTENCES))


def test_a_step_changes_lora_and_no_base_weight(encoder):
    before = {name: weight.clone() for name, weight in encoder.named_parameters()}
    take_step(encoder)  # A's gradient is 0 as long as B is
    take_step(encoder)
    changed = {name for name, weight in encoder.named_parameters() if not torch.equal(weight, before[name])}
    assert changed == set(learning(encoder))


def test_first_forward_after_save_and_load_is_equal(encoder, tiny_backbone, tmp_path):
    take_step(encoder)
    take_step(encoder)
    save_adapter(encoder, tmp_path / "adapter")
    torch.manual_seed(99)
    again = load_encoder(str(tiny_backbone), LORA)
    assert not torch.equal(encode(again.eval(), SENTENCES), encode(encoder.eval(), SENTENCES))
    load_adapter(again, tmp_path / "adapter")
    assert torch.equal(encode(again, SENTENCES), encode(encoder, SENTENCES))
    assert learning(again) == learning(encoder)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # PEFT asks by the former name
def test_the_adapter_is_in_pefts_own_layout(encoder, tiny_backbone, tmp_path):
    from peft import PeftModel
    from transformers import AutoModel

    take_step(encoder)
    save_adapter(encoder, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter_config.json", "adapter_model.safetensors"]
    loaded = PeftModel.from_pretrained(
        AutoModel.from_pretrained(tiny_backbone, add_pooling_layer=False), tmp_path
    ).eval()
    batch = encoder.tokenizer(SENTENCES, padding=True, return_tensors="pt")
    expected = encoder.eval().transformer(**batch).last_hidden_state
    assert torch.allclose(loaded(**batch).last_hidden_state, expected, atol=1e-6)


def test_merging_keeps_the_output_and_the_encoder(encoder):
    take_step(encoder)
    encoder.eval()
    expected = encode(encoder, SENTENCES)
    merged = merge_adapter(encoder)
    assert not [name for name, _ in merged.named_parameters() if "lora" in name]
    assert torch.allclose(encode(merged, SENTENCES), expected, atol=1e-5)
    assert torch.equal(encode(encoder, SENTENCES), expected)


def test_gradient_checkpointing_gives_the_same_gradients(tiny_backbone):
    found = []
    for checkpointing in (False, True):
        torch.manual_seed(0)
        encoder = load_encoder(str(tiny_backbone), LORA, gradient_checkpointing=checkpointing, attention_dropout=0.0)
        for name, weight in encoder.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weight, std=0.1)
        encoder.train()
        torch.manual_seed(1)  # the hidden layers' dropout
        encode(encoder, SENTENCES).square().sum().backward()
        found.append({name: weight.grad for name, weight in encoder.named_parameters() if weight.requires_grad})
        assert any(getattr(part, "gradient_checkpointing", False) for part in encoder.modules()) == checkpointing
    plain, recomputed = found
    assert all(gradient.abs().max() > 0 for gradient in plain.values())
    for name in plain:
        assert torch.allclose(plain[name], recomputed[name], rtol=1e-5, atol=1e-6), name


def test_attention_dropout_is_set(tiny_backbone):
    def is_random(probability):
        encoder = load_encoder(str(tiny_backbone), None, attention_dropout=probability).train()
        for part in encoder.modules():
            if isinstance(part, torch.nn.Dropout) and part.p == 0.1:
                part.p = 0.0  # the hidden layers' own
        return not torch.equal(encode(encoder, SENTENCES), encode(encoder, SENTENCES))

    assert is_random(0.5)
    assert not is_random(0.0)


# What it says when it cannot load.


def copy_backbone(tiny_backbone, tmp_path):
    return shutil.copytree(tiny_backbone, tmp_path / "backbone")


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("config.json", r"土台のフォルダに config\.json がありません"),
        ("model.safetensors", "safetensors の重みがありません"),
        ("tokenizer.json", "tokenizer がありません"),
    ],
)
def test_a_missing_file_is_named(tiny_backbone, tmp_path, missing, message):
    folder = copy_backbone(tiny_backbone, tmp_path)
    (folder / missing).unlink()
    with pytest.raises(ModelError, match=message):
        load_encoder(str(folder), LORA)


@pytest.mark.parametrize(
    ("broken", "message"),
    [("config.json", r"config\.json を読めません"), ("model.safetensors", "重みを読めません"),
     ("tokenizer.json", "tokenizer を読めません")],
)  # fmt: skip
def test_a_broken_file_is_named(tiny_backbone, tmp_path, broken, message):
    folder = copy_backbone(tiny_backbone, tmp_path)
    (folder / broken).write_text("{ not JSON", encoding="utf-8")
    with pytest.raises(ModelError, match=message) as caught:
        load_encoder(str(folder), LORA)
    assert "\n" not in caught.value.message


def test_weights_that_lack_a_layer_are_not_made_up(tiny_backbone, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = copy_backbone(tiny_backbone, tmp_path)
    weights = load_file(folder / "model.safetensors")
    kept = {
        name: weight for name, weight in weights.items() if not name.endswith("layer.1.attention.self.query.weight")
    }
    assert len(kept) == len(weights) - 1
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"encoder\.layer\.1\.attention\.self\.query\.weight など 1 個がありません"):
        load_encoder(str(folder), LORA)


@pytest.mark.parametrize("name", ["./nowhere", "~/nowhere/at/all", "a/b/c"])
def test_a_folder_that_is_not_there(name):
    with pytest.raises(ModelError, match="土台のフォルダがありません"):
        load_encoder(name, LORA)


def test_a_name_that_no_hub_would_take():
    with pytest.raises(ModelError, match="土台の名前として正しくありません: 二 つ"):
        load_encoder("二 つ", LORA)


def test_a_hub_id_without_network(monkeypatch, tmp_path):
    from huggingface_hub import constants

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]  # nothing listens there
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        ModelError, match="土台 someone/some-model を取得できません.*キャッシュにもありません"
    ) as caught:
        load_encoder("someone/some-model", LORA)
    assert "--backbone embedded" in caught.value.mend


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (404, {"X-Error-Code": "RepoNotFound"}, "someone/some-model は Hugging Face に見つかりません"),
        (403, {"X-Error-Code": "GatedRepo"}, "利用の承認が要ります"),
        (500, {}, "someone/some-model を取得できません"),
    ],
)
def test_what_the_hub_answers(monkeypatch, tmp_path, status, headers, message):
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    from huggingface_hub import constants

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            for name, value in (headers | {"Content-Length": "0"}).items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    try:
        with pytest.raises(ModelError, match=message):
            load_encoder("someone/some-model", LORA)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_layers_that_lora_does_not_find(tiny_backbone):
    with pytest.raises(ModelError, match="LoRA の対象の層 query_proj がありません"):
        load_encoder(str(tiny_backbone), LoraSettings(target_modules=("query_proj", "value")))


def test_an_adapter_of_other_settings(encoder, tiny_backbone, tmp_path):
    save_adapter(encoder, tmp_path)
    for other, message in (
        (LoraSettings(r=8, alpha=8), "（r）が違います: アダプター 4、この実行 8"),
        (LoraSettings(r=4, alpha=16), "（alpha）が違います"),
        (LoraSettings(r=4, alpha=8, target_modules=("query",)), "（対象の層）が違います"),
    ):
        with pytest.raises(ModelError, match=message):
            load_adapter(load_encoder(str(tiny_backbone), other), tmp_path)


def test_an_adapter_of_another_backbone(encoder, tmp_path):
    save_adapter(encoder, tmp_path)
    other = load_encoder("embedded", LORA)
    with pytest.raises(ModelError, match="アダプターの重みの形が土台 embedded と合いません"):
        load_adapter(other, tmp_path)


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_spoilt_adapter(encoder, tmp_path, name):
    save_adapter(encoder, tmp_path)
    (tmp_path / name).write_bytes(b"\x00spoilt")
    with pytest.raises(ModelError, match="アダプターを読めません（破損）"):
        load_adapter(encoder, tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ModelError, match=f"アダプターのフォルダに {name} がありません"):
        load_adapter(encoder, tmp_path)


def test_adapter_settings_hold_no_set(encoder, tmp_path):
    save_adapter(encoder, tmp_path)
    settings = json.loads((tmp_path / "adapter_config.json").read_text(encoding="utf-8"))
    assert (settings["r"], settings["lora_alpha"], settings["target_modules"]) == (4, 8, ["query", "value"])
    assert settings["base_model_name_or_path"] == encoder.backbone
