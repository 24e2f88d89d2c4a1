"""The encoder that ships with the package: complete, small, offline, and knows Japanese."""

import json
import re
import shutil
import socket

import numpy as np
import pytest
import torch
from tiny_encoder import SENTENCES

from seikaku.errors import ModelError
from seikaku.model.encoder.embedded import (
    ASSET_FOLDER,
    FILE_NAMES,
    check_asset,
    load_embedded_tokenizer,
    read_weights,
    unpack_weights,
)
from seikaku.model.encoder.lora import Encoder, LoraSettings, count_trainable, load_encoder

MAX_BYTES = 40_000_000


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder("embedded", LoraSettings()).eval()


@pytest.fixture(scope="module")
def tokenizer():
    return load_embedded_tokenizer()


def test_it_is_small_and_says_where_it_is_from():
    files = [path for path in ASSET_FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MAX_BYTES
    provenance = json.loads((ASSET_FOLDER / "provenance.json").read_text(encoding="utf-8"))
    assert (provenance["model"], provenance["licence"]) == ("intfloat/multilingual-e5-small", "MIT")
    assert set(provenance["files"]) == set(FILE_NAMES)
    assert all(re.fullmatch(r"[0-9a-f]{64}", source["wheel_sha256"]) for source in provenance["sources"])


def test_its_sizes(encoder, tokenizer):
    config = encoder.transformer.config
    assert (encoder.width, encoder.max_tokens, config.num_hidden_layers) == (384, 512, 12)
    assert config.vocab_size == len(tokenizer) == encoder.transformer.get_input_embeddings().num_embeddings
    assert count_trainable(encoder) == 2 * 16 * 384 * 12 * 2


def test_it_needs_no_network(monkeypatch):
    def refuse(*arguments):
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert load_encoder("embedded", LoraSettings()).backbone == "embedded"


def test_it_knows_what_is_alike(encoder):
    texts = ["犬と散歩に行きました。", "愛犬を連れて公園を歩いた。", "確定申告の書類をまとめる。"]
    batch = encoder.tokenizer(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        vectors = torch.nn.functional.normalize(encoder(batch["input_ids"], batch["attention_mask"]))
    alike = vectors @ vectors.T
    assert alike[0, 1] > max(alike[0, 2], alike[1, 2]) + 0.03


def test_special_tokens(tokenizer):
    ids = tokenizer("はい", "いいえ")["input_ids"]
    assert (ids[0], ids[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id) == (0, 2)
    assert (tokenizer.pad_token_id, tokenizer.unk_token_id) == (1, 3)
    assert tokenizer.convert_tokens_to_ids("<mask>") == tokenizer.mask_token_id == len(tokenizer) - 1


@pytest.mark.parametrize(
    ("text", "same_as"),
    [("ﾊﾝｶｸのｶﾅ", "ハンカクのカナ"), ("ＡＢＣ１２３", "ABC123"), ("㈱と①", "(株)と1"), ("あ\u3000い", "あ い")],
)
def test_text_is_normalised_as_nfkc(tokenizer, text, same_as):
    assert tokenizer(text)["input_ids"] == tokenizer(same_as)["input_ids"]


@pytest.mark.parametrize(
    "text", [*SENTENCES, "笑った😂🎉 (´・ω・`) wwwww！？…〜♪", "YouTubeとTwitterとiPhone", "ｗｗ すごーい"]
)
def test_japanese_has_no_unknown_token(tokenizer, text):
    assert tokenizer.unk_token_id not in tokenizer(text)["input_ids"]


def test_names_are_one_piece(tokenizer):
    assert tokenizer.tokenize("YouTube") == ["▁YouTube"]


def test_unpacking_is_the_scale_times_the_nibble_less_eight():
    packed = np.arange(32, dtype=np.uint8).reshape(1, 32)  # low and high nibbles of 64 weights
    scale = np.array([[0.5, 2.0]], np.float16)
    expected = [(nibble - 8) * (0.5 if byte < 16 else 2.0) for byte in range(32) for nibble in (byte & 15, byte >> 4)]
    assert unpack_weights({"a.q4": packed, "a.scale": scale})["a"].tolist() == [expected]


def test_weights_are_float32_with_transformers_names():
    weights = read_weights()
    assert weights["encoder.layer.11.output.dense.weight"].shape == (384, 1536)
    assert {values.dtype for values in weights.values()} == {np.dtype(np.float32)}
    assert all(np.isfinite(values).all() for values in weights.values())


@pytest.mark.parametrize("name", [*FILE_NAMES, "provenance.json"])
def test_a_missing_file_is_named(tmp_path, name):
    folder = shutil.copytree(ASSET_FOLDER, tmp_path / "encoder")
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"同梱エンコーダに {re.escape(name)} がありません"):
        check_asset(folder)


@pytest.mark.parametrize("name", FILE_NAMES)
def test_an_altered_file_is_named(tmp_path, name):
    folder = shutil.copytree(ASSET_FOLDER, tmp_path / "encoder")
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=f"同梱エンコーダの {re.escape(name)} が記録と一致しません"):
        check_asset(folder)
