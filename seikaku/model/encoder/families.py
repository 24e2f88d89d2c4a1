"""What differs between kinds of encoder, by ``model_type`` of their config.json. Facts only; no effects.

A kind that is not listed is not refused: LoRA's layers are then looked for among the model's own (``GUESSED_TARGETS``),
and the pooling is the mean.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from seikaku.config import ALL_LINEAR
from seikaku.errors import ModelError, both


@dataclass(frozen=True, slots=True)
class Family:
    """``lora_targets``: the attention's query and value layers, as name endings; ``pooling``: which tokens' vector
    stands for a text. Reading only to the left, a decoder's last token alone has read everything.
    """

    lora_targets: tuple[str, ...]
    pooling: str = "mean"


_BERT = Family(("query", "value"))
_DECODER = Family(("q_proj", "v_proj"), pooling="last")
_T5 = Family(("SelfAttention.q", "SelfAttention.v"))
FAMILIES: Mapping[str, Family] = MappingProxyType(
    dict.fromkeys(("bert", "roberta", "xlm-roberta", "camembert", "electra", "luke"), _BERT)
    | dict.fromkeys(("llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3_text"), _DECODER)
    | dict.fromkeys(("t5", "mt5", "umt5"), _T5)
    | {
        "deberta-v2": Family(("query_proj", "value_proj")),
        "distilbert": Family(("q_lin", "v_lin")),
        "modernbert": Family(("attn.Wqkv",)),  # query, key and value in one
    }
)
# What makers call them, in the order of trying; the first that a model has all of.
GUESSED_TARGETS = (
    ("query", "value"), ("q_proj", "v_proj"), ("query_proj", "value_proj"), ("q_lin", "v_lin"), ("attn.q", "attn.v"),
    ("Wqkv",), ("qkv_proj",), ("qkv",), ("query_key_value",), ("in_proj",), ("c_attn",),
)  # fmt: skip
# E5 was trained with a mark before every text; the embedded one is used, and was measured, without.
_E5 = re.compile(r"(^|/)(multilingual-)?e5-", re.IGNORECASE)
_E5_PREFIX = "query: "


def default_pooling(model_type: str) -> str:
    """The pooling of a kind of encoder."""
    return FAMILIES[model_type].pooling if model_type in FAMILIES else "mean"


def default_prefix(backbone: str) -> str:
    """What stands before every text, by the name of the model: its maker's mark, or nothing."""
    return _E5_PREFIX if _E5.search(backbone) else ""


def choose_targets(model_type: str, linear_names: Sequence[str]) -> tuple[str, ...]:
    """LoRA's layers of a kind of encoder, or those that ``linear_names`` (qualified) look like; () for none."""
    if model_type in FAMILIES:
        return FAMILIES[model_type].lora_targets
    return next((found for found in GUESSED_TARGETS if not missing_targets(found, linear_names)), ())


def missing_targets(targets: Sequence[str], linear_names: Sequence[str]) -> list[str]:
    """Those of ``targets`` that are the ending of no layer's name, as PEFT matches them."""
    return [
        target
        for target in targets
        if target != ALL_LINEAR and not any(name == target or name.endswith(f".{target}") for name in linear_names)
    ]


def check_targets(targets: Sequence[str], linear_names: Sequence[str], backbone: str, model_type: str) -> None:
    """Raise ModelError, with what could be named, where there are no targets or the backbone has no such layers."""
    absent = missing_targets(targets, linear_names)
    if targets and not absent:
        return
    known = target_candidates(linear_names)
    raise ModelError(
        both(
            f"土台 {backbone} には LoRA の対象の層 {'、'.join(absent)} がありません。",
            f"The backbone {backbone} has no layers {', '.join(absent)} for LoRA.",
        )
        if absent
        else both(
            f"土台 {backbone}（{model_type}）の、LoRA を付ける層がわかりません。",
            f"It is not known which layers of the backbone {backbone} ({model_type}) take LoRA.",
        ),
        both(
            f"--lora_targets に、次から選んで指定してください: {'、'.join(known)}（すべてなら {ALL_LINEAR}）。",
            f"Choose from these with --lora_targets: {', '.join(known)} ({ALL_LINEAR}: all of them).",
        ),
    )


def target_candidates(linear_names: Sequence[str]) -> list[str]:
    """The layers that could be named, each as the shortest ending that is no number: ``q_proj``, ``attn.Wqkv``."""
    found = {".".join(part for part in name.split(".") if not part.isdecimal()) for name in linear_names}
    return sorted({".".join(name.split(".")[-2:]) for name in found})
