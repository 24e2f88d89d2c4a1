"""Where either stage starts: the backbone with LoRA, and the adapter that stage 1 left. Effects: reads, reports."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from seikaku.errors import ModelError, UserError, both, in_lang
from seikaku.files import sha256_of_file
from seikaku.model.encoder.batches import pad
from seikaku.model.encoder.lora import Encoder, LoraSettings, Reading, load_adapter, load_encoder
from seikaku.model.encoder.special import encode_texts
from seikaku.model.encoder.transformer import first_line
from seikaku.model.run.folder import RunFolder
from seikaku.training.lora import runs

_PROBE = ("こんにちは。", "週末は友だちと海まで自転車で行きました。")


def build_encoder(
    config: Any, report: Callable[[str], None], sources: runs.Sources = runs.LOCAL_SOURCES
) -> tuple[Encoder, Any]:
    """The encoder with LoRA that a configuration of either stage describes, tried on two texts; and the configuration
    with what it leaves to the backbone's kind filled in.

    What can fail for the backbone's sake fails here, before anything is learned.
    """
    from seikaku.model.encoder.lora import count_trainable

    lora = LoraSettings(
        config.lora_r, config.lora_alpha, config.lora_dropout, config.lora_targets, config.lora_variant,
        config.lora_layers,
    )  # fmt: skip
    encoder = load_encoder(
        sources.find_backbone(config.backbone),
        lora,
        Reading(config.pooling, config.text_prefix),
        gradient_checkpointing=config.gradient_checkpointing,
        attention_dropout=config.attention_dropout,
    )
    if config.max_tokens > encoder.max_tokens:
        raise UserError(
            both(
                f"--max_tokens {config.max_tokens} は、"
                f"土台 {config.backbone} の上限 {encoder.max_tokens} を超えています。",
                f"--max_tokens {config.max_tokens} is above the limit of the backbone {config.backbone}: "
                f"{encoder.max_tokens}.",
            ),
            both(
                f"--max_tokens を {encoder.max_tokens} 以下にしてください。",
                f"Give --max_tokens {encoder.max_tokens} at the most.",
            ),
        )
    _try(encoder)
    config = replace(
        config, lora_targets=encoder.lora_targets, pooling=encoder.pooling, text_prefix=encoder.text_prefix
    )
    targets = ",".join(config.lora_targets) + (f"、上の {config.lora_layers} 層" if config.lora_layers else "")
    report(
        f"土台: {config.backbone}、LoRA r={config.lora_r}（{targets}）の学習する重み {count_trainable(encoder):,} 個、"
        f"本文のベクトル {config.pooling}" + (f"、本文の前に {config.text_prefix!r}" if config.text_prefix else "")
    )
    return encoder, config


def _try(encoder: Encoder) -> None:
    """Read two texts of different length. Raises ModelError where the backbone takes more than ids and a mask."""
    import torch

    windows = [encoder.special.frame([np.array(ids)]) for ids in encode_texts(encoder.tokenizer, _PROBE)]
    ids, mask = pad(windows, encoder.special.pad)
    was_training = encoder.training
    try:
        with torch.no_grad():
            vectors = encoder.eval()(torch.from_numpy(ids), torch.from_numpy(mask))
        is_usable = bool(torch.isfinite(vectors).all())
        reason: str = both("ベクトルが数になりません", "its vectors are no numbers")
    except Exception as error:  # whatever a model of somebody's own raises
        is_usable, reason = False, first_line(error)
    encoder.train(was_training)
    if not is_usable:
        raise ModelError(
            both(
                f"土台 {encoder.backbone} では本文を読めません（{reason}）。",
                f"The backbone {encoder.backbone} cannot read text ({in_lang(reason, 'en')}).",
            ),
            both(
                "文章エンコーダ（XLM-RoBERTa、BERT、ModernBERT など）の土台を指定してください。",
                "Name a text encoder (XLM-RoBERTa, BERT, ModernBERT and the like) as the backbone.",
            ),
        )


def load_stage1_adapter(encoder: Encoder, stage1: RunFolder, report: Callable[[str], None]) -> None:
    """Put stage 1's LoRA weights into the encoder and say so."""
    load_adapter(encoder, stage1.adapter)
    digest = sha256_of_file(stage1.adapter / "adapter_model.safetensors")
    report(f"stage 1 のアダプターを読み込みました: {stage1.adapter}（sha256 {digest[:12]}…）")
