"""Where either stage starts: the backbone with LoRA, and the adapter that stage 1 left. Effects: reads, reports."""

from collections.abc import Callable
from typing import Any

from seikaku.errors import UserError
from seikaku.files import sha256_of_file
from seikaku.model.encoder.lora import Encoder, LoraSettings, load_adapter, load_encoder
from seikaku.model.run.folder import RunFolder
from seikaku.training.lora import runs


def build_encoder(config: Any, report: Callable[[str], None], sources: runs.Sources = runs.LOCAL_SOURCES) -> Encoder:
    """The encoder with LoRA that a complete configuration of either stage describes."""
    from seikaku.model.encoder.lora import count_trainable

    lora = LoraSettings(config.lora_r, config.lora_alpha, config.lora_dropout, config.lora_targets)
    encoder = load_encoder(
        sources.find_backbone(config.backbone),
        lora,
        gradient_checkpointing=config.gradient_checkpointing,
        attention_dropout=config.attention_dropout,
    )
    if config.max_tokens > encoder.max_tokens:
        raise UserError(
            f"--max_tokens {config.max_tokens} は、土台 {config.backbone} の上限 {encoder.max_tokens} を超えています。",
            f"--max_tokens を {encoder.max_tokens} 以下にしてください。",
        )
    targets = ",".join(config.lora_targets)
    report(
        f"土台: {config.backbone}、LoRA r={config.lora_r}（{targets}）の学習する重み {count_trainable(encoder):,} 個"
    )
    return encoder


def load_stage1_adapter(encoder: Encoder, stage1: RunFolder, report: Callable[[str], None]) -> None:
    """Put stage 1's LoRA weights into the encoder and say so."""
    load_adapter(encoder, stage1.adapter)
    digest = sha256_of_file(stage1.adapter / "adapter_model.safetensors")
    report(f"stage 1 のアダプターを読み込みました: {stage1.adapter}（sha256 {digest[:12]}…）")
