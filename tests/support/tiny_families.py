"""Tiny checkpoints with random weights, one of each kind of encoder that researchers bring, as local folders.

Two layers of width 32. Tokenizers are of the kind's own form: what stands around a text differs (`SPECIALS`).
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tiny_encoder import SENTENCES, build_tiny_backbone

MAX_TOKENS = 64
_SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
_POSITIONS = {"max_position_embeddings": MAX_TOKENS}
_PAIRED = {"num_key_value_heads": 1, "head_dim": 16}


def _fast_tokenizer(
    begin: str | None, end: str | None, *, pad: str | None = "<pad>", unk: str | None = "<unk>", eos: str | None = None
) -> Any:
    """Characters as tokens, with ``begin`` and ``end`` around a text, as the kind has them; ``eos``: known, unused."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    names = [name for name in (pad, unk, begin, end, eos) if name]
    characters = sorted({character for text in SENTENCES for character in text} | set("query: "))
    vocabulary = {name: index for index, name in enumerate(dict.fromkeys([*names, *characters]))}
    raw = Tokenizer(models.WordLevel(vocabulary, unk_token=unk or characters[0]))
    raw.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    around = [(name, vocabulary[name]) for name in (begin, end) if name]
    if around:
        template = " ".join([*([begin] if begin else []), "$A", *([end] if end else [])])
        raw.post_processor = processors.TemplateProcessing(single=template, special_tokens=around)
    named: dict[str, Any] = {"pad_token": pad, "unk_token": unk, "bos_token": begin, "eos_token": end or eos}
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        model_max_length=MAX_TOKENS,
        **{name: value for name, value in named.items() if value},
    )


def _bert_tokenizer() -> Any:
    tokenizer = _fast_tokenizer("[CLS]", "[SEP]", pad="[PAD]", unk="[UNK]")
    tokenizer.cls_token, tokenizer.sep_token = "[CLS]", "[SEP]"
    return tokenizer


def _build(folder: Path, kind: str, tokenizer: Any, **sizes: Any) -> Path:
    import torch
    import transformers

    config_class = getattr(transformers, f"{kind}Config")
    model_class = getattr(transformers, f"{kind}Model")
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(folder)
    config = config_class(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id or 0, **sizes)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model_class(config).save_pretrained(folder)
    return folder


def _bert_ja(folder: Path) -> Path:
    """Words by MeCab, then characters: a tokenizer that exists in Python only (Tohoku's BERT)."""
    from transformers import BertJapaneseTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    characters = sorted({character for text in SENTENCES for character in text})
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]), "utf-8")
    tokenizer = BertJapaneseTokenizer(
        str(folder / "vocab.txt"),
        word_tokenizer_type="mecab",
        subword_tokenizer_type="character",
        mecab_kwargs={"mecab_dic": "ipadic"},
        model_max_length=MAX_TOKENS,
    )
    return _build(folder, "Bert", tokenizer, **_SIZES, **_POSITIONS)


_DECODER = {**_SIZES, **_PAIRED, **_POSITIONS}
_T5_SIZES = {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 2, "num_heads": 2, "decoder_start_token_id": 0}
_DISTIL = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64, **_POSITIONS}
_MODERN = {**_SIZES, **_POSITIONS, "bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
_WINDOW = 8  # of layers that look at near tokens only: shorter than the texts, so that it matters
_ROBERTA = {**_SIZES, "max_position_embeddings": MAX_TOKENS + 2}

# Name -> builder of its folder. E5's name tells that a mark stands before every text.
FAMILY_BUILDERS: dict[str, Callable[[Path], Path]] = {
    "xlm-roberta": build_tiny_backbone,
    "roberta": lambda folder: _build(folder, "Roberta", _fast_tokenizer("<s>", "</s>"), **_ROBERTA),
    "bert": lambda folder: _build(folder, "Bert", _bert_tokenizer(), **_SIZES, **_POSITIONS),
    "bert-ja": _bert_ja,
    "luke": lambda folder: _build(
        folder, "Luke", _fast_tokenizer("<s>", "</s>"), **_ROBERTA, entity_vocab_size=4, entity_emb_size=8
    ),
    "electra": lambda folder: _build(folder, "Electra", _bert_tokenizer(), **_SIZES, **_POSITIONS, embedding_size=16),
    "deberta-v2": lambda folder: _build(folder, "DebertaV2", _bert_tokenizer(), **_SIZES, **_POSITIONS),
    "distilbert": lambda folder: _build(folder, "DistilBert", _bert_tokenizer(), **_DISTIL),
    "modernbert": lambda folder: _build(folder, "ModernBert", _bert_tokenizer(), **_MODERN, local_attention=_WINDOW),
    "t5": lambda folder: _build(folder, "T5", _fast_tokenizer(None, "</s>"), **_T5_SIZES),
    "llama": lambda folder: _build(folder, "Llama", _fast_tokenizer("<s>", None, pad=None, eos="</s>"), **_DECODER),
    "qwen3": lambda folder: _build(
        folder, "Qwen3", _fast_tokenizer(None, None, pad="<eos>", unk=None, eos="<eos>"), **_DECODER
    ),
    "gemma3": lambda folder: _build(
        folder, "Gemma3Text", _fast_tokenizer("<bos>", None, eos="<eos>"), **_DECODER, sliding_window=_WINDOW
    ),
}


def write_unknown_kind(folder: Path) -> Path:
    """A checkpoint of a kind that transformers has never heard of."""
    build_tiny_backbone(folder)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "hatena"}), "utf-8")
    return folder
