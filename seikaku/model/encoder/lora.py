"""Text encoder with LoRA: the only module, beside ``transformer``, that knows the insides of transformers and PEFT.

In: the embedded encoder, a local folder or a hub id. Out: ``Encoder``, token ids -> one vector a text.
Effects: reads disk; a hub id that is not in the cache is downloaded (safetensors only); adapters are written.
This module imports torch when it loads: import it inside the function that needs it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from seikaku.config import LORA_VARIANTS
from seikaku.errors import ModelError, both, in_lang
from seikaku.files import open_atomic, write_json
from seikaku.model.encoder.backbone import BackboneFiles, find_backbone
from seikaku.model.encoder.families import check_targets, choose_targets, default_pooling, default_prefix
from seikaku.model.encoder.special import SpecialTokens, find_special_tokens
from seikaku.model.encoder.top import LayerSplit, find_layers, name_targets
from seikaku.model.encoder.transformer import (
    count_positions,
    first_line,
    load_config,
    load_tokenizer,
    load_transformer,
    quiet_transformers,
    set_attention_dropout,
)

ADAPTER_WEIGHTS_NAME = "adapter_model.safetensors"
ADAPTER_CONFIG_NAME = "adapter_config.json"

_ADAPTER_MEND = both(
    "stage 1 の出力フォルダを確かめるか、学習し直してください。", "Check stage 1's output folder, or train anew."
)


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """LoRA's rank, scale (alpha / r), dropout, the linear layers that it adapts in every transformer layer (None: those
    of the backbone's kind), its variant: "lora", "rslora" (scale alpha / sqrt r) or "dora", and how many of the
    topmost layers it adapts (0: all).
    """

    r: int = 16
    alpha: int = 32
    dropout: float = 0.1
    target_modules: tuple[str, ...] | None = None
    variant: str = LORA_VARIANTS[0]
    top_layers: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """How a text becomes one vector: whose tokens' ("mean", "first", "last"), and what stands before every text.

    None: as the backbone's kind, or name, has it.
    """

    pooling: str | None = None
    text_prefix: str | None = None


class Encoder(torch.nn.Module):
    """A transformer and its tokenizer; ``forward`` gives one vector a text, by ``pooling``.

    ``width``: the vectors' length. ``max_tokens``: the longest input, special tokens included. ``backbone``: as the
    user named it. Only LoRA's weights are trainable; without LoRA nothing is.
    """

    def __init__(
        self, transformer: Any, tokenizer: Any, special: SpecialTokens, *, backbone: str, pooling: str, prefix: str
    ) -> None:
        super().__init__()
        self.transformer = transformer
        self.tokenizer = tokenizer
        self.special = special
        self.backbone = backbone
        self.pooling = pooling
        self.text_prefix = prefix
        self.width = int(transformer.config.get_text_config().hidden_size)
        self.max_tokens = count_positions(transformer, tokenizer)
        self.lora_targets: tuple[str, ...] = ()
        self.split: LayerSplit | None = None  # where only the top layers learn

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, lower: torch.Tensor | None = None
    ) -> torch.Tensor:
        """(n_texts, seq_len) ids and mask, padded on the right -> (n_texts, width) float32.

        ``lower`` (n_texts, seq_len, width): what the layers that do not learn make of these texts, if it is known.
        """
        if lower is None or self.split is None:
            hidden = self.token_vectors(input_ids, attention_mask)
        else:
            with self.split.skipping(lower):
                hidden = self.token_vectors(input_ids, attention_mask)
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        pooled: torch.Tensor = (hidden * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1.0)
        return pooled

    def token_vectors(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """(n_texts, seq_len) ids and mask -> (n_texts, seq_len, width) float32, whose mean is the text's vector.

        With the mean it is the last layer; where one token stands for all, that token's vector in every place.
        """
        hidden: torch.Tensor = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        hidden = hidden.float()
        if self.pooling == "mean":
            return hidden
        at = torch.zeros_like(attention_mask[:, 0]) if self.pooling == "first" else attention_mask.sum(dim=1) - 1
        one = hidden.gather(1, at[:, None, None].expand(-1, 1, hidden.shape[2]))
        return one.expand_as(hidden)


def load_encoder(
    backbone: str | BackboneFiles,
    lora: LoraSettings | None,
    reading: Reading = Reading(),
    *,
    gradient_checkpointing: bool = False,
    attention_dropout: float | None = None,
) -> Encoder:
    """Load ``backbone`` ("embedded", a local folder, a hub id, or files found before) and put fresh LoRA layers on it.

    ``lora`` None: a frozen encoder. ``attention_dropout`` None: the backbone's own; 0 lets a CPU use its fast attention
    kernel. Raises ModelError: unknown name, no network, files missing or unreadable, layers that LoRA does not find.
    """
    files = find_backbone(backbone) if isinstance(backbone, str) else backbone
    with quiet_transformers():
        config = load_config(files)
        if attention_dropout is not None:
            set_attention_dropout(config, attention_dropout)
        transformer = load_transformer(files, config)
        tokenizer = load_tokenizer(files)
    pooling = reading.pooling or default_pooling(config.model_type)
    prefix = default_prefix(files.name) if reading.text_prefix is None else reading.text_prefix
    special = _find_special(tokenizer, prefix, pooling, files.name)
    transformer.requires_grad_(False)
    encoder = Encoder(transformer, tokenizer, special, backbone=files.name, pooling=pooling, prefix=prefix)
    with quiet_transformers():
        if gradient_checkpointing:
            # The reentrant kind needs an input with gradient, which frozen embeddings do not give.
            transformer.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        if lora is not None:
            _add_lora(encoder, lora)
    return encoder


def _find_special(tokenizer: Any, prefix: str, pooling: str, backbone: str) -> SpecialTokens:
    try:
        special = find_special_tokens(tokenizer, prefix, ends=pooling == "last")
    except Exception as error:  # ours, or whatever a tokenizer of somebody's own raises
        raise ModelError(
            both(
                f"土台 {backbone} の tokenizer では、窓を組み立てられません（{first_line(error)}）。",
                f"No window can be made with the tokenizer of the backbone {backbone} ({first_line(error)}).",
            ),
            both("別の土台を指定してください。", "Name another backbone."),
        ) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.convert_ids_to_tokens(special.pad)
    return special


def count_trainable(encoder: torch.nn.Module) -> int:
    """Number of trainable weights; LoRA on square layers has 2 * r * width * n_layers * len(target_modules)."""
    return sum(weight.numel() for weight in encoder.parameters() if weight.requires_grad)


def save_adapter(encoder: Encoder, folder: Path) -> None:
    """Write LoRA's weights and settings in PEFT's own layout, each file whole or not at all."""
    from safetensors.torch import save

    config = _lora_config(encoder).to_dict() | {"base_model_name_or_path": encoder.backbone, "inference_mode": True}
    settings = {key: sorted(value) if isinstance(value, set) else value for key, value in sorted(config.items())}
    weights = {name: weight.detach().cpu().contiguous() for name, weight in _adapter_weights(encoder).items()}
    with open_atomic(folder / ADAPTER_WEIGHTS_NAME, "wb") as stream:
        stream.write(save(weights, metadata={"format": "pt"}))
    write_json(folder / ADAPTER_CONFIG_NAME, settings)


def load_adapter(encoder: Encoder, folder: Path) -> None:
    """Replace the encoder's LoRA weights by the saved ones.

    Raises ModelError: a file is missing or broken, or rank, scale, layers or width differ from the encoder's.
    """
    from peft import set_peft_model_state_dict
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    missing = [name for name in (ADAPTER_CONFIG_NAME, ADAPTER_WEIGHTS_NAME) if not (folder / name).is_file()]
    if missing:
        raise ModelError(
            both(
                f"アダプターのフォルダに {'、'.join(missing)} がありません: {folder}",
                f"The adapter's folder has no {', '.join(missing)}: {folder}",
            ),
            _ADAPTER_MEND,
        )
    try:
        saved = json.loads((folder / ADAPTER_CONFIG_NAME).read_text(encoding="utf-8"))
        weights = load_file(folder / ADAPTER_WEIGHTS_NAME)
    except (ValueError, SafetensorError):
        raise ModelError(
            both(f"アダプターを読めません（破損）: {folder}", f"The adapter cannot be read (it is damaged): {folder}"),
            _ADAPTER_MEND,
        ) from None
    _check_adapter(encoder, saved, weights, folder)
    set_peft_model_state_dict(encoder.transformer, weights)


def merge_adapter(encoder: Encoder) -> Encoder:
    """A copy of the encoder with LoRA's change added into the base weights; the encoder itself stays as it is."""
    import copy

    merged = copy.deepcopy(encoder)
    if hasattr(merged.transformer, "merge_and_unload"):
        merged.transformer = merged.transformer.merge_and_unload()
    return merged.eval()


def _check_adapter(encoder: Encoder, saved: Mapping[str, Any], weights: Mapping[str, Any], folder: Path) -> None:
    own = _lora_config(encoder)
    for name, expected, found in (
        ("r", own.r, saved.get("r")),
        ("alpha", own.lora_alpha, saved.get("lora_alpha")),
        (both("変種", "variant"), _variant(own.to_dict()), _variant(saved)),
        (both("対象の層", "target layers"), sorted(own.target_modules), sorted(saved.get("target_modules") or ())),
    ):
        if expected != found:
            raise ModelError(
                both(
                    f"アダプターの LoRA 設定（{name}）が違います: アダプター {found}、この実行 {expected}（{folder}）",
                    f"The adapter's LoRA settings ({in_lang(name, 'en')}) differ: adapter {found}, this run {expected} "
                    f"({folder})",
                ),
                both(
                    "アダプターと同じ LoRA 設定にしてください（設定を省けば stage 1 の値を引き継ぎます）。",
                    "Use the adapter's LoRA settings (what is left out is taken over from stage 1).",
                ),
            )
    shapes = {name: tuple(weight.shape) for name, weight in _adapter_weights(encoder).items()}
    if shapes != {name: tuple(weight.shape) for name, weight in weights.items()}:
        raise ModelError(
            both(
                f"アダプターの重みの形が土台 {encoder.backbone} と合いません"
                f"（アダプターを作った土台: {saved.get('base_model_name_or_path')}）: {folder}",
                f"The adapter's weights do not fit the backbone {encoder.backbone} "
                f"(they were made with {saved.get('base_model_name_or_path')}): {folder}",
            ),
            both(
                "--backbone にアダプターを作ったときと同じ土台を指定してください。",
                "Name the adapter's own backbone with --backbone.",
            ),
        )


def _variant(settings: Mapping[str, Any]) -> str:
    return "dora" if settings.get("use_dora") else "rslora" if settings.get("use_rslora") else LORA_VARIANTS[0]


def _lora_config(encoder: Encoder) -> Any:
    return encoder.transformer.peft_config["default"]


def _adapter_weights(encoder: Encoder) -> dict[str, torch.Tensor]:
    from peft import get_peft_model_state_dict

    # "auto" would ask the hub whether the embeddings changed; they are frozen.
    weights: dict[str, torch.Tensor] = get_peft_model_state_dict(encoder.transformer, save_embedding_layers=False)
    return weights


def _add_lora(encoder: Encoder, lora: LoraSettings) -> None:
    """Put fresh LoRA layers on the encoder's transformer."""
    from peft import LoraConfig, get_peft_model

    names = [name for name, module in encoder.transformer.named_modules() if isinstance(module, torch.nn.Linear)]
    model_type = encoder.transformer.config.model_type
    targets = choose_targets(model_type, names) if lora.target_modules is None else tuple(lora.target_modules)
    check_targets(targets, names, encoder.backbone, model_type)
    config = LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=name_targets(encoder.transformer, targets, names, lora.top_layers),
        bias="none",
        use_rslora=lora.variant == "rslora",
        use_dora=lora.variant == "dora",
    )
    if lora.top_layers:
        n_lower = len(find_layers(encoder.transformer)) - lora.top_layers
        encoder.split = LayerSplit(encoder.transformer, n_lower) if n_lower else None
    encoder.transformer = get_peft_model(encoder.transformer, config)
    encoder.lora_targets = targets
