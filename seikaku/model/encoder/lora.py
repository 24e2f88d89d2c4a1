"""Text encoder with LoRA: the only module that knows the internals of transformers and PEFT.

In: the embedded encoder, a local folder or a hub id. Out: ``Encoder``, token ids -> one vector a text.
Effects: reads disk; a hub id that is not in the cache is downloaded (safetensors only); adapters are written.
This module imports torch when it loads: import it inside the function that needs it.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from seikaku.config import EMBEDDED
from seikaku.errors import ModelError
from seikaku.files import open_atomic, write_json
from seikaku.model.encoder.backbone import BackboneFiles, find_backbone

ADAPTER_WEIGHTS_NAME = "adapter_model.safetensors"
ADAPTER_CONFIG_NAME = "adapter_config.json"

_ADAPTER_MEND = "stage 1 の出力フォルダを確かめるか、学習し直してください。"


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """LoRA's rank, scale (alpha / r), dropout and the linear layers that it adapts in every transformer layer."""

    r: int = 16
    alpha: int = 32
    dropout: float = 0.1
    target_modules: tuple[str, ...] = ("query", "value")


class Encoder(torch.nn.Module):
    """A transformer and its tokenizer; ``forward`` averages the last layer over the real tokens.

    ``width``: the vectors' length. ``max_tokens``: the longest input, special tokens included. ``backbone``: as the
    user named it. Only LoRA's weights are trainable; without LoRA nothing is.
    """

    def __init__(self, transformer: Any, tokenizer: Any, *, backbone: str, max_tokens: int) -> None:
        super().__init__()
        self.transformer = transformer
        self.tokenizer = tokenizer
        self.backbone = backbone
        self.width = int(transformer.config.hidden_size)
        self.max_tokens = max_tokens

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """(n_texts, seq_len) ids and mask -> (n_texts, width) float32."""
        hidden = self.token_vectors(input_ids, attention_mask)
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        pooled: torch.Tensor = (hidden * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1.0)
        return pooled

    def token_vectors(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """(n_texts, seq_len) ids and mask -> the last layer (n_texts, seq_len, width) float32."""
        hidden: torch.Tensor = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return hidden.float()


def load_encoder(
    backbone: str | BackboneFiles,
    lora: LoraSettings | None,
    *,
    gradient_checkpointing: bool = False,
    attention_dropout: float | None = None,
) -> Encoder:
    """Load ``backbone`` ("embedded", a local folder, a hub id, or files found before) and put fresh LoRA layers on it.

    ``lora`` None: a frozen encoder. ``attention_dropout`` None: the backbone's own; 0 lets a CPU use its fast attention
    kernel. Raises ModelError: unknown name, no network, files missing or unreadable, layers that LoRA does not find.
    """
    files = find_backbone(backbone) if isinstance(backbone, str) else backbone
    with _quiet_transformers():
        config = _load_config(files)
        if attention_dropout is not None:
            _set_attention_dropout(config, attention_dropout)
        transformer = _load_transformer(files, config)
        tokenizer = _load_tokenizer(files)
    transformer.pooler = None  # mean pooling has no use for it, and a weight without gradient stalls DDP
    max_tokens = min(_n_positions(transformer), int(tokenizer.model_max_length))
    transformer.requires_grad_(False)
    with _quiet_transformers():
        if gradient_checkpointing:
            # The reentrant kind needs an input with gradient, which frozen embeddings do not give.
            transformer.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        if lora is not None:
            transformer = _add_lora(transformer, lora, files.name)
    return Encoder(transformer, tokenizer, backbone=files.name, max_tokens=max_tokens)


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
        raise ModelError(f"アダプターのフォルダに {'、'.join(missing)} がありません: {folder}", _ADAPTER_MEND)
    try:
        saved = json.loads((folder / ADAPTER_CONFIG_NAME).read_text(encoding="utf-8"))
        weights = load_file(folder / ADAPTER_WEIGHTS_NAME)
    except (ValueError, SafetensorError):
        raise ModelError(f"アダプターを読めません（破損）: {folder}", _ADAPTER_MEND) from None
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
        ("対象の層", sorted(own.target_modules), sorted(saved.get("target_modules") or ())),
    ):
        if expected != found:
            raise ModelError(
                f"アダプターの LoRA 設定（{name}）が違います: アダプター {found}、この実行 {expected}（{folder}）",
                "アダプターと同じ LoRA 設定にしてください（設定を省けば stage 1 の値を引き継ぎます）。",
            )
    shapes = {name: tuple(weight.shape) for name, weight in _adapter_weights(encoder).items()}
    if shapes != {name: tuple(weight.shape) for name, weight in weights.items()}:
        raise ModelError(
            f"アダプターの重みの形が土台 {encoder.backbone} と合いません"
            f"（アダプターを作った土台: {saved.get('base_model_name_or_path')}）: {folder}",
            "--backbone にアダプターを作ったときと同じ土台を指定してください。",
        )


def _lora_config(encoder: Encoder) -> Any:
    return encoder.transformer.peft_config["default"]


def _adapter_weights(encoder: Encoder) -> dict[str, torch.Tensor]:
    from peft import get_peft_model_state_dict

    # "auto" would ask the hub whether the embeddings changed; they are frozen.
    weights: dict[str, torch.Tensor] = get_peft_model_state_dict(encoder.transformer, save_embedding_layers=False)
    return weights


def _add_lora(transformer: Any, lora: LoraSettings, backbone: str) -> Any:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.target_modules),
        bias="none",
    )
    names = [name.rpartition(".")[2] for name, _ in transformer.named_modules()]
    absent = [target for target in lora.target_modules if target not in names]
    if absent:
        raise ModelError(
            f"土台 {backbone} には LoRA の対象の層 {'、'.join(absent)} がありません。",
            "BERT 系の土台（query と value の層があるもの）を指定するか、対象の層を変えてください。",
        )
    return get_peft_model(transformer, config)


def _load_config(files: BackboneFiles) -> Any:
    if files.name == EMBEDDED:
        from seikaku.model.encoder.embedded import load_embedded_config

        return load_embedded_config()
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(str(files.folder), local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"土台 {files.name} の config.json を読めません（{_first_line(error)}）。",
            "transformers が扱える、文章エンコーダ（XLM-RoBERTa や BERT など）の土台を指定してください。",
        ) from error


def _set_attention_dropout(config: Any, probability: float) -> None:
    for name in ("attention_probs_dropout_prob", "attention_dropout"):  # BERT's family and the newer ones
        if hasattr(config, name):
            setattr(config, name, probability)


def _load_transformer(files: BackboneFiles, config: Any) -> Any:
    if files.name == EMBEDDED:
        from seikaku.model.encoder.embedded import load_embedded_model

        return load_embedded_model(config)
    from transformers import AutoModel

    try:
        transformer, report = AutoModel.from_pretrained(
            str(files.folder),
            config=config,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except Exception as error:  # transformers raises what the parts raise; whichever, the folder's weights are unusable
        raise ModelError(
            f"土台 {files.name} の重みを読めません（{_first_line(error)}）。",
            "フォルダを作り直すか、別の土台を指定してください。",
        ) from error
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing:  # transformers would go on with random values
        raise ModelError(
            f"土台 {files.name} の重みに {missing[0]} など {len(missing)} 個がありません。",
            "フォルダを作り直すか、別の土台を指定してください。",
        )
    return transformer


def _load_tokenizer(files: BackboneFiles) -> Any:
    if files.name == EMBEDDED:
        from seikaku.model.encoder.embedded import load_embedded_tokenizer

        return load_embedded_tokenizer()
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(files.folder), local_files_only=True, use_fast=True)
    except Exception as error:  # as above: also a missing sentencepiece or fugashi
        raise ModelError(
            f"土台 {files.name} の tokenizer を読めません（{_first_line(error)}）。",
            "tokenizer.json のある土台を指定してください。",
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def _n_positions(transformer: Any) -> int:
    positions = getattr(getattr(transformer, "embeddings", None), "position_embeddings", None)
    if positions is None:
        return int(transformer.config.max_position_embeddings)
    # RoBERTa's family counts positions from the padding id on; BERT's from 0.
    offset = 0 if positions.padding_idx is None else positions.padding_idx + 1
    return int(positions.num_embeddings) - offset


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Without notices and bars for a load that takes a moment; the head that a hub's model has is no news here."""
    import warnings

    from transformers.utils import logging as transformers_logging

    logging: Any = transformers_logging
    verbosity, has_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # The names that transformers 4 has too; PEFT itself asks by one of them.
            warnings.filterwarnings(
                "ignore", message="`.*gradient_checkpointing.*` is deprecated", category=FutureWarning
            )
            yield
    finally:
        logging.set_verbosity(verbosity)
        if has_bar:
            logging.enable_progress_bar()
