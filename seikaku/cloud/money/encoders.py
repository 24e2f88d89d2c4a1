"""How large an encoder is, out of its config.json. In: a backbone's name. Effect: reads a small file, no network.

Found in this order: the embedded encoder, a local folder, the Hugging Face cache, the few that ship as sizes alone
(assets/cloud/encoders.json, with their sources). The cache's layout is read as it is documented
(https://huggingface.co/docs/huggingface_hub/guides/manage-cache): its library needs an extra, and could download.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from seikaku.config import ALL_LINEAR, EMBEDDED
from seikaku.errors import UserError, both
from seikaku.places import ASSETS

_EMBEDDED_CONFIG = ASSETS / "encoder" / "config.json"
_KNOWN = ASSETS / "cloud" / "encoders.json"
# What config.json calls a size, by the makers' habits (BERT and most; DistilBERT; T5; GPT).
_NAMES = {
    "n_layers": ("num_hidden_layers", "n_layers", "num_layers", "n_layer"),
    "width": ("hidden_size", "dim", "d_model", "n_embd"),
    "n_heads": ("num_attention_heads", "n_heads", "num_heads", "n_head"),
    "feed_forward_width": ("intermediate_size", "hidden_dim", "d_ff", "n_inner", "ffn_dim"),
    "vocabulary": ("vocab_size",),
}
# Their feed-forward part has a third matrix, a gate. T5 says so itself, in feed_forward_proj.
_GATED = {"modernbert", "llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3_text"}
_POSITIONS_IN_ROWS = {"bert", "roberta", "xlm-roberta", "camembert", "electra", "luke", "distilbert", "deberta-v2"}
_KEY_OR_VALUE = ("key", "value", "k_proj", "v_proj", "k_lin", "v_lin")


@dataclass(frozen=True, slots=True)
class EncoderShape:
    """The sizes that decide how much an encoder computes; ``n_feed_forward``: matrices of a feed-forward part.

    ``query_width`` and ``key_width`` differ from ``width`` where heads are shared or have a width of their own.
    """

    model_type: str
    n_layers: int
    width: int
    n_heads: int
    query_width: int
    key_width: int
    feed_forward_width: int
    n_feed_forward: int
    n_embedding_rows: int

    @property
    def n_layer_parameters(self) -> int:
        """Parameters of the layers: four projections, the feed-forward matrices, biases and norms."""
        projections = 2 * self.width * (self.query_width + self.key_width)
        weights = projections + self.n_feed_forward * self.width * self.feed_forward_width
        return self.n_layers * (weights + 9 * self.width + self.feed_forward_width)

    @property
    def n_parameters(self) -> int:
        """With the embeddings."""
        return self.n_layer_parameters + self.n_embedding_rows * self.width

    def n_lora_parameters(self, rank: int, targets: tuple[str, ...]) -> int:
        """Two matrices for each target of each layer: from its input to the rank, from the rank to its output."""
        return self.n_layers * rank * sum(self._sides(target) for target in targets)

    def _sides(self, target: str) -> int:
        """Width of the input and of the output of one layer that LoRA adapts, by what its name says."""
        if target == ALL_LINEAR:
            attention = 4 * self.width + 2 * (self.query_width + self.key_width)
            return attention + self.n_feed_forward * (self.width + self.feed_forward_width)
        if "qkv" in target.lower():
            return self.width + self.query_width + 2 * self.key_width
        is_shared = target.lower().endswith((*_KEY_OR_VALUE, ".k", ".v"))
        return self.width + (self.key_width if is_shared else self.query_width)


def encoder_shape(backbone: str) -> EncoderShape:
    """The sizes of a backbone. Raises UserError where no config.json is at hand, or one that lacks a size."""
    if backbone == EMBEDDED:
        return read_shape(_read(_EMBEDDED_CONFIG), backbone)
    folder = Path(backbone).expanduser()
    path = folder / "config.json" if folder.is_dir() else _cached_config(backbone)
    if path is not None and path.is_file():
        return read_shape(_read(path), backbone)
    if backbone not in known_encoders():
        raise UserError(
            both(
                f"土台 {backbone} の大きさが分からないので、見積もれません"
                "（フォルダにも Hugging Face のキャッシュにも config.json がありません）。",
                f"The size of the backbone {backbone} is not known, so nothing can be estimated "
                "(there is a config.json neither in a folder nor in the Hugging Face cache).",
            ),
            both(
                "土台を一度取得するか（学習で使えば取得されます）、--backbone に "
                f"{'、'.join(known_encoders())}、embedded、config.json のあるフォルダのどれかを指定してください。",
                f"Fetch it once (training does), or give --backbone one of {', '.join(known_encoders())}, embedded, "
                "or a folder with a config.json.",
            ),
        )
    return read_shape(known_encoders()[backbone], backbone)


@cache
def known_encoders() -> dict[str, dict[str, Any]]:
    """The encoders whose sizes ship, by their name on the Hugging Face hub: a config.json cut down to sizes."""
    return {name: row["config"] for name, row in _read(_KNOWN)["encoders"].items()}


def read_shape(config: Mapping[str, Any], backbone: str) -> EncoderShape:
    """The sizes in a config.json. Raises UserError where one is missing."""
    found = {}
    for size, names in _NAMES.items():
        value = next((config[name] for name in names if isinstance(config.get(name), int)), None)
        if value is None:
            raise UserError(
                both(
                    f"土台 {backbone} の config.json に {names[0]} がないので、見積もれません。",
                    f"The config.json of the backbone {backbone} lacks {names[0]}, so nothing can be estimated.",
                ),
                both(
                    "--backbone に、大きさの書いてある config.json を持つ土台を指定してください。",
                    "Give --backbone one whose config.json tells its sizes.",
                ),
            )
        found[size] = value
    model_type = str(config.get("model_type", ""))
    rows = found.pop("vocabulary")
    if model_type in _POSITIONS_IN_ROWS:
        rows += int(config.get("max_position_embeddings", 0))
    head = config.get("head_dim") or config.get("d_kv") or found["width"] // found["n_heads"]
    is_gated = model_type in _GATED or str(config.get("feed_forward_proj", "")).startswith("gated")
    return EncoderShape(
        model_type=model_type,
        query_width=found["n_heads"] * head,
        key_width=(config.get("num_key_value_heads") or found["n_heads"]) * head,
        n_feed_forward=3 if is_gated else 2,
        n_embedding_rows=rows,
        **found,
    )


def _cached_config(name: str) -> Path | None:
    """config.json of a hub id in the cache: the revision that ``main`` names, else any that has one."""
    folder = _cache_folder() / f"models--{name.replace('/', '--')}"
    main = folder / "refs" / "main"
    if main.is_file():
        path = folder / "snapshots" / main.read_text(encoding="utf-8").strip() / "config.json"
        if path.is_file():
            return path
    return next(iter(sorted(folder.glob("snapshots/*/config.json"))), None)


def _cache_folder() -> Path:
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(variable):
            return Path(os.environ[variable]).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(home).expanduser() / "hub"


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise UserError(
            both(
                f"土台の config.json を JSON として読めません: {path}",
                f"The backbone's config.json cannot be read as JSON: {path}",
            ),
            both("土台のファイルを取得し直してください。", "Fetch the backbone's files anew."),
        ) from None
    return document
