"""Trims XLM-R's Unigram vocabulary to what Japanese conversation needs. In, out: tokenizer.json's content. No effect.

A Unigram tokenizer takes the segmentation with the highest sum of scores: leaving out pieces changes nothing in a text
whose best segmentation is kept whole. The lowest score must stay too: it sets the price of an unknown character.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any

MAX_ASCII_CHARS = 4

# Longer names that Japanese conversation writes in ASCII, in any case.
ASCII_NAMES = frozenset(
    """amazon android apple bluetooth chrome discord disney excel facebook github google instagram iphone ipad
    japan line linux mastercard microsoft music netflix nintendo phone pixel playstation powerpoint prime
    python skype smartphone spotify steam switch switchbot tiktok tokyo twitter whatsapp wikipedia windows
    witch world xbox yahoo youtube youtuber""".split()
)

_SPACE = "\u2581"
_RANGES = (
    (0x3000, 0x33FF),  # punctuation, kana, enclosed letters
    (0x3400, 0x9FFF),  # kanji
    (0xF900, 0xFAFF),  # compatibility kanji
    (0xFE00, 0xFE0F),  # variation selectors of emoji
    (0xFF00, 0xFFEF),  # full and half width
    (0x1F000, 0x1FFFF),  # emoji
    (0x20000, 0x3FFFF),  # rare kanji
    (0x200D, 0x200D),  # joins emoji
)


def trim_tokenizer(tokenizer: Mapping[str, Any]) -> tuple[dict[str, Any], list[int]]:
    """The tokenizer with the kept pieces only, renumbered in their order, and the kept pieces' old ids.

    Special tokens keep their order; normaliser, pre-tokenizer and decoder stay as they are.
    """
    model = tokenizer["model"]
    special = {token["id"] for token in tokenizer["added_tokens"]}
    lowest = min(score for _, score in model["vocab"])
    kept = [
        piece_id
        for piece_id, (piece, score) in enumerate(model["vocab"])
        if piece_id in special or score == lowest or is_kept(piece)
    ]
    new_ids = {old: new for new, old in enumerate(kept)}
    added = [token | {"id": new_ids[token["id"]]} for token in tokenizer["added_tokens"]]
    ids_in_template = {i for token in tokenizer["post_processor"]["special_tokens"].values() for i in token["ids"]}
    if any(new_ids[i] != i for i in ids_in_template | {model["unk_id"]}):
        raise ValueError("a special token of the template or the unknown token moved")
    trimmed = model | {"vocab": [model["vocab"][old] for old in kept]}
    return {**tokenizer, "added_tokens": added, "model": trimmed}, kept


def is_kept(piece: str) -> bool:
    """Single characters of any script, Japanese, symbols, emoji; ASCII when short, a repetition, no word, or a name."""
    text = piece.replace(_SPACE, "")
    if len(text) <= 1:
        return True
    if not all(char.isascii() or _is_japanese_or_symbol(char) for char in text):
        return False
    return (
        not any(char.isascii() for char in text)
        or len(text) <= MAX_ASCII_CHARS
        or len(set(text)) == 1
        or not any(char.isalnum() for char in text)
        or text.casefold() in ASCII_NAMES
    )


def _is_japanese_or_symbol(char: str) -> bool:
    code = ord(char)
    return any(first <= code <= last for first, last in _RANGES) or unicodedata.category(char)[0] in "SPN"
