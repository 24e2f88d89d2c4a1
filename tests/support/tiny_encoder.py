"""A tiny XLM-R (2 layers, width 32, 2 heads) with a tiny Unigram tokenizer, built in code. All text is fictional."""

import math
import unicodedata
from collections import Counter
from pathlib import Path

N_LAYERS = 2
WIDTH = 32
MAX_TOKENS = 64
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")

SENTENCES = [
    "こんにちは、今日はとてもいい天気ですね。散歩に行きました。",
    "はい、そうですね！週末は友だちと海へ行く予定です。",
    "新しい本を読むのが好きで、図書館によく通っています。",
    "仕事が忙しくて、最近は料理をする時間がありません。",
    "相手：どんな音楽を聴きますか？　本人：静かな曲が多いです。",
    "初めての場所では少し緊張しますが、すぐに慣れます。",
    "計画を立ててから旅行するほうが安心できますよ。",
    "心配ごとがあると、夜になかなか眠れないんです。",
    "祭りで踊るのは楽しい。みんなで笑うと元気になる。",
    "絵を描いたり、星を見たりして、ゆっくり過ごします。",
    "趣味は園芸です。庭に花を植えて、毎朝水をやります。",
    "35歳の会社員です。ABC 商店で働いています。(笑)",
]


def build_tiny_backbone(folder: Path, *, seed: int = 0) -> Path:
    """Write the tiny model and tokenizer as a local backbone folder (transformers' layout); returns ``folder``.

    Characters outside ``SENTENCES`` become the unknown token. Input is at most ``MAX_TOKENS`` tokens.
    """
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = build_tiny_tokenizer()
    tokenizer.save_pretrained(folder)
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        num_hidden_layers=N_LAYERS,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=MAX_TOKENS + 2,  # positions start after the padding position, 1
        type_vocab_size=1,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def _count_pieces() -> list[tuple[str, float]]:
    """Pieces of 1 to 3 characters and their log shares: counted, since the library's trainer varies by the run."""
    words = [f"\u2581{word}" for text in SENTENCES for word in unicodedata.normalize("NFKC", text).split()]
    counts = Counter(
        word[start : start + n_chars]
        for word in words
        for n_chars in (1, 2, 3)
        for start in range(len(word) - n_chars + 1)
    )
    kept = {piece: count for piece, count in counts.items() if len(piece) == 1 or count > 1}
    total = sum(kept.values())
    return [(piece, math.log(count / total)) for piece, count in sorted(kept.items())]


def build_tiny_tokenizer():
    """A Unigram tokenizer with XLM-R's special tokens and ids (<s> 0, <pad> 1, </s> 2, <unk> 3)."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.Unigram([*((name, 0.0) for name in SPECIAL), *_count_pieces()], unk_id=3))
    raw.normalizer = normalizers.NFKC()
    raw.pre_tokenizer = pre_tokenizers.Metaspace()
    raw.decoder = decoders.Metaspace()
    raw.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=MAX_TOKENS,
    )
