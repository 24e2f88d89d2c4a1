"""The encoder that ships with the package: multilingual-e5-small with a Japanese vocabulary. In: the asset folder.

Out: transformers' configuration, model and tokenizer. Effect: reads disk, never the network.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seikaku.errors import ModelError, both
from seikaku.files import sha256_of_file
from seikaku.places import ASSETS

ASSET_FOLDER = ASSETS / "encoder"
WEIGHTS_NAME = "model.safetensors"
TOKENIZER_NAME = "tokenizer.json"
CONFIG_NAME = "config.json"
PROVENANCE_NAME = "provenance.json"
FILE_NAMES = (WEIGHTS_NAME, TOKENIZER_NAME, CONFIG_NAME)

# A matrix is stored as two: nibbles, two neighbours a byte with the first one low, and one scale for 32 of a row.
BLOCK_WIDTH = 32
PACKED_SUFFIX = ".q4"
SCALE_SUFFIX = ".scale"
ZERO_NIBBLE = 8
WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"

_MEND = both(
    "seikaku を入れ直してください（同梱エンコーダが欠けているか、変わっています）。",
    "Install seikaku anew (the embedded encoder is incomplete or altered).",
)


def check_asset(folder: Path = ASSET_FOLDER) -> None:
    """Raise ModelError that names the file when the embedded encoder is incomplete or altered."""
    missing = [name for name in (*FILE_NAMES, PROVENANCE_NAME) if not (folder / name).is_file()]
    if missing:
        raise ModelError(
            both(
                f"同梱エンコーダに {'、'.join(missing)} がありません: {folder}",
                f"The embedded encoder has no {', '.join(missing)}: {folder}",
            ),
            _MEND,
        )
    recorded = json.loads((folder / PROVENANCE_NAME).read_text(encoding="utf-8"))["files"]
    altered = [name for name in FILE_NAMES if sha256_of_file(folder / name) != recorded.get(name)]
    if altered:
        raise ModelError(
            both(
                f"同梱エンコーダの {'、'.join(altered)} が記録と一致しません: {folder}",
                f"{', '.join(altered)} of the embedded encoder is not as recorded: {folder}",
            ),
            _MEND,
        )


def read_weights(folder: Path = ASSET_FOLDER) -> dict[str, "np.ndarray[Any, Any]"]:
    """BertModel's names -> float32 arrays, matrices as (n_outputs, n_inputs)."""
    from safetensors.numpy import load_file

    check_asset(folder)
    return unpack_weights(load_file(folder / WEIGHTS_NAME))


def unpack_weights(stored: Mapping[str, "np.ndarray[Any, Any]"]) -> dict[str, "np.ndarray[Any, Any]"]:
    """Stored tensors -> float32 arrays: every pair of packed nibbles and scales becomes one matrix."""
    weights = {}
    for name, values in stored.items():
        if name.endswith(PACKED_SUFFIX):
            plain = name.removesuffix(PACKED_SUFFIX)
            weights[plain] = _unpack(values, stored[plain + SCALE_SUFFIX])
        elif not name.endswith(SCALE_SUFFIX):
            weights[name] = values
    return weights


def load_embedded_config(folder: Path = ASSET_FOLDER) -> Any:
    """The embedded encoder's BertConfig."""
    from transformers import BertConfig

    check_asset(folder)
    return BertConfig(**json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8")))


def load_embedded_model(config: Any, folder: Path = ASSET_FOLDER) -> Any:
    """A BertModel without pooler in float32, in evaluation mode; ``config`` as of ``load_embedded_config``."""
    import torch
    from transformers import BertModel

    model: Any = BertModel(config, add_pooling_layer=False)
    weights = {name: torch.from_numpy(values) for name, values in read_weights(folder).items()}
    found = model.load_state_dict(weights, strict=False)
    buffers = {name for name, _ in model.named_buffers()}  # position ids, which some versions count as state
    if found.unexpected_keys or set(found.missing_keys) - buffers:
        raise ModelError(
            both(
                f"同梱エンコーダの重みが不完全です: {folder}",
                f"The weights of the embedded encoder are incomplete: {folder}",
            ),
            _MEND,
        )
    return model.eval()


def load_embedded_tokenizer(folder: Path = ASSET_FOLDER) -> Any:
    """The trimmed tokenizer as a fast tokenizer of transformers, with XLM-R's special tokens."""
    from transformers import PreTrainedTokenizerFast

    config = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
    build: Any = PreTrainedTokenizerFast
    return build(
        tokenizer_file=str(folder / TOKENIZER_NAME),
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=config["max_position_embeddings"],
    )


def _unpack(packed: "np.ndarray[Any, Any]", scale: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """(n_rows, n_columns / 2) bytes and (n_rows, n_columns / 32) scales -> (n_rows, n_columns) float32."""
    nibbles = np.stack([packed & 15, packed >> 4], axis=-1).reshape(len(packed), -1, BLOCK_WIDTH)
    weights = (nibbles.astype(np.float32) - ZERO_NIBBLE) * scale.astype(np.float32)[:, :, None]
    unpacked: np.ndarray[Any, Any] = weights.reshape(len(packed), -1)
    return unpacked
