"""A backbone's transformer and tokenizer, as transformers loads them. In: files. Out: modules. Effect: reads disk.

This module imports torch when it loads: import it inside the function that needs it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from seikaku.config import EMBEDDED
from seikaku.errors import ModelError, both
from seikaku.model.encoder.backbone import BackboneFiles

# Of a model that sets no limit: relative positions go on for ever, but learned nothing beyond.
_POSITIONS_WITHOUT_LIMIT = 512
_NO_LIMIT = 10**6  # transformers' own is 10**30
_MEND = both("フォルダを作り直すか、別の土台を指定してください。", "Make the folder anew, or name another backbone.")


def load_config(files: BackboneFiles) -> Any:
    """The backbone's configuration. Raises ModelError where it is unreadable, or of a kind that is unknown."""
    if files.name == EMBEDDED:
        from seikaku.model.encoder.embedded import load_embedded_config

        return load_embedded_config()
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(str(files.folder), local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            both(
                f"土台 {files.name} の config.json を読めません（{first_line(error)}）。",
                f"The config.json of the backbone {files.name} cannot be read ({first_line(error)}).",
            ),
            both(
                "transformers が扱える、文章エンコーダ（XLM-RoBERTa や BERT など）の土台を指定してください。",
                "Name a text encoder that transformers knows (such as XLM-RoBERTa or BERT).",
            ),
        ) from error


def set_attention_dropout(config: Any, probability: float) -> None:
    """Change a configuration before its model is built."""
    for name in ("attention_probs_dropout_prob", "attention_dropout"):  # BERT's family and the newer ones
        if hasattr(config, name):
            setattr(config, name, probability)


def load_transformer(files: BackboneFiles, config: Any) -> Any:
    """The model without its pooler, float32. Raises ModelError where weights are unreadable or missing."""
    transformer = _load_weights(files, config)
    transformer.pooler = None  # none is used here, and a weight without gradient stalls DDP
    if getattr(transformer.config, "use_cache", False):
        transformer.config.use_cache = False  # of a decoder, for the next word
    return transformer


def _load_weights(files: BackboneFiles, config: Any) -> Any:
    if files.name == EMBEDDED:
        from seikaku.model.encoder.embedded import load_embedded_model

        return load_embedded_model(config)
    from transformers import AutoModel, AutoModelForTextEncoding

    # Of an encoder with a decoder (T5) the encoder alone.
    kind: Any = AutoModelForTextEncoding if getattr(config, "is_encoder_decoder", False) else AutoModel
    try:
        transformer, report = kind.from_pretrained(
            str(files.folder),
            config=config,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except Exception as error:  # transformers raises what the parts raise; whichever, the folder's weights are unusable
        raise ModelError(
            both(
                f"土台 {files.name} の重みを読めません（{first_line(error)}）。",
                f"The weights of the backbone {files.name} cannot be read ({first_line(error)}).",
            ),
            _MEND,
        ) from error
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing:  # transformers would go on with random values
        raise ModelError(
            both(
                f"土台 {files.name} の重みに {missing[0]} など {len(missing)} 個がありません。",
                f"{len(missing)} weights of the backbone {files.name} are missing, such as {missing[0]}.",
            ),
            _MEND,
        )
    return transformer


def load_tokenizer(files: BackboneFiles) -> Any:
    """The backbone's tokenizer, fast where there is one. Raises ModelError: unreadable, or a library is missing."""
    if files.name == EMBEDDED:
        from seikaku.model.encoder.embedded import load_embedded_tokenizer

        return load_embedded_tokenizer()
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(files.folder), local_files_only=True, use_fast=True)
    except Exception as error:  # as above: also a missing sentencepiece or fugashi
        raise ModelError(
            both(
                f"土台 {files.name} の tokenizer を読めません（{first_line(error)}）。",
                f"The tokenizer of the backbone {files.name} cannot be read ({first_line(error)}).",
            ),
            both(
                "tokenizer.json のある土台を指定するか、表示された、足りないライブラリを入れてください。",
                "Name a backbone with a tokenizer.json, or install the missing library that was named.",
            ),
        ) from error


def first_line(error: Exception) -> str:
    """What an error of a library says first, short enough for one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def count_positions(transformer: Any, tokenizer: Any) -> int:
    """The longest input in tokens, special ones included: what the model has positions for, or its tokenizer says."""
    positions = getattr(getattr(transformer, "embeddings", None), "position_embeddings", None)
    if positions is not None:
        # RoBERTa's family counts positions from the padding id on; BERT's from 0.
        limit = int(positions.num_embeddings) - (0 if positions.padding_idx is None else positions.padding_idx + 1)
    else:
        config = transformer.config.get_text_config()
        limit = int(getattr(config, "max_position_embeddings", None) or _NO_LIMIT)
    limit = min(limit, int(tokenizer.model_max_length))
    return limit if limit < _NO_LIMIT else _POSITIONS_WITHOUT_LIMIT


@contextmanager
def quiet_transformers() -> Iterator[None]:
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
