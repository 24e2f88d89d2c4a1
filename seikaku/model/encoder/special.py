"""What a tokenizer puts around a text, and the frame of a window. In: a tokenizer of transformers. No effects.

Found by looking at what the tokenizer does to a text, not by the names of its special tokens: some kinds have no
beginning (T5), no end (Llama), neither (Qwen), or several tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_PROBE = "日本語の文章です。"
_NONE = -1  # an id that no token has

TokenArray = NDArray[Any]


class SpecialTokens(NamedTuple):
    """Ids that begin and end a window (``begin`` holds a prefix too), stand between dialogues, fill a batch, and stand
    for what the vocabulary lacks (-1: it lacks nothing).
    """

    begin: tuple[int, ...]
    end: tuple[int, ...]
    separator: tuple[int, ...]
    pad: int
    unknown: int

    @property
    def n_around(self) -> int:
        """Tokens of a window that are no text."""
        return len(self.begin) + len(self.end)

    def frame(self, parts: Sequence[TokenArray]) -> TokenArray:
        """One window from pieces of text; a window is never empty."""
        ids = np.concatenate([np.array(self.begin, np.int64), *parts, np.array(self.end, np.int64)])
        return ids if len(ids) else np.array([self.pad])

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "SpecialTokens":
        """The inverse of ``_asdict`` after JSON, which has lists for tuples."""
        begin, end, separator = (tuple(stored[name]) for name in ("begin", "end", "separator"))
        return cls(begin, end, separator, stored["pad"], stored["unknown"])


def find_special_tokens(tokenizer: Any, prefix: str = "", *, ends: bool = False) -> SpecialTokens:
    """Special tokens of ``tokenizer``, with ``prefix`` (text) behind the beginning.

    ``ends``: a window must end with a token of its own, where the vocabulary has one. Raises ValueError for a tokenizer
    that changes a text where it adds special tokens, so that a window could not be put together.
    """
    text = _encode(tokenizer, _PROBE, special=False)
    whole = _encode(tokenizer, _PROBE, special=True)
    starts = [at for at in range(len(whole) - len(text) + 1) if whole[at : at + len(text)] == text]
    if not text or not starts:
        raise ValueError("special tokens change the text")
    begin, end = whole[: starts[0]], whole[starts[0] + len(text) :]
    closing = _first_id(tokenizer, "sep_token_id", "eos_token_id")
    if ends and not end and closing is not None:
        end = [closing]
    pad = _first_id(tokenizer, "pad_token_id", "eos_token_id", "unk_token_id")
    unknown = _first_id(tokenizer, "unk_token_id")
    return SpecialTokens(
        # A blank at its end would be a token of its own; a text begins with one by itself.
        begin=(*begin, *(_encode(tokenizer, prefix.rstrip(), special=False) if prefix else ())),
        end=tuple(end),
        separator=() if closing is None else (closing,),
        pad=0 if pad is None else pad,
        unknown=_NONE if unknown is None else unknown,
    )


def encode_texts(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Token ids of each text, without special tokens; works for slow tokenizers too."""
    found: list[list[int]] = tokenizer(
        list(texts), add_special_tokens=False, return_attention_mask=False, verbose=False
    )["input_ids"]
    return found


def _encode(tokenizer: Any, text: str, *, special: bool) -> list[int]:
    found: list[int] = tokenizer(text, add_special_tokens=special, return_attention_mask=False)["input_ids"]
    return found


def _first_id(tokenizer: Any, *names: str) -> int | None:
    found = (getattr(tokenizer, name, None) for name in names)
    return next((int(value) for value in found if value is not None), None)


@dataclass(frozen=True)
class SlowTokenizer:
    """A tokenizer of transformers that is written in Python, in the form of the `tokenizers` library."""

    tokenizer: Any

    def encode_batch(self, texts: Sequence[str], add_special_tokens: bool) -> list["_Encoded"]:
        """One object with ``ids`` for each text."""
        assert not add_special_tokens
        return [_Encoded(ids) for ids in encode_texts(self.tokenizer, texts)]


class _Encoded(NamedTuple):
    ids: list[int]


def text_tokenizer(tokenizer: Any) -> Any:
    """What splits text into ids without special tokens, cut or padding: the fast tokenizer's core, or the slow one."""
    fast = getattr(tokenizer, "backend_tokenizer", None)
    if fast is None:
        return SlowTokenizer(tokenizer)
    fast.no_truncation()
    fast.no_padding()
    return fast
