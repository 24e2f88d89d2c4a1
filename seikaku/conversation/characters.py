"""The characters of text: how many are written, and which stand side by side. In: text. Out: numbers. Pure."""

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

CodeArray = NDArray[np.uint32]
_Scalar = TypeVar("_Scalar", bound=np.generic)
IntArray = NDArray[np.int64]

LINE_FEED = "\n"
# A long text is worked on in blocks of about so many characters, so that not all of it is there as wide numbers.
BLOCK_CHARS = 200_000
# A pair's key is (first << 21 | second) + 2**21: code points need 21 bits, so single characters never collide with it.
_CODE_POINT_BITS = 21


def count_written(text: str) -> int:
    """Characters without white space: the amount of text everywhere."""
    return sum(map(len, text.split()))


def list_code_points(text: str) -> CodeArray:
    """The code point of every character, (n_chars,); half of a surrogate pair, as JSON can hold it, is a ``?``.

    Four bytes a character, not to be written to: nothing is copied.
    """
    return np.frombuffer(text.encode("utf-32-le", errors="replace"), dtype="<u4")


def look_up(table: NDArray[_Scalar], codes: NDArray[np.integer[Any]]) -> NDArray[_Scalar]:
    """``table[codes]``, a block after the other."""
    found = np.empty(len(codes), table.dtype)
    for begin in range(0, len(codes), BLOCK_CHARS):
        found[begin : begin + BLOCK_CHARS] = table[codes[begin : begin + BLOCK_CHARS]]
    return found


class Ngrams(NamedTuple):
    """Every character of a text, then every pair of neighbours: each (n_chars + n_pairs,).

    ``keys``: a number for each character and each pair. ``places``: where in the text its first character stands;
    ``lines``: in which line, from 0.
    """

    keys: IntArray
    places: IntArray
    lines: IntArray
    n_chars: int
    n_pairs: int


def list_ngrams(text: str) -> Ngrams:
    """Characters and pairs of neighbouring characters; line feeds are none, and no pair goes across one."""
    code_points = list_code_points(text).astype(np.int64)
    is_char = code_points != ord(LINE_FEED)
    chars, pairs = np.flatnonzero(is_char), np.flatnonzero(is_char[:-1] & is_char[1:])
    pair_keys = ((code_points[pairs] << _CODE_POINT_BITS) | code_points[pairs + 1]) + (1 << _CODE_POINT_BITS)
    places = np.concatenate([chars, pairs])
    return Ngrams(
        keys=np.concatenate([code_points[chars], pair_keys]),
        places=places,
        lines=np.cumsum(~is_char)[places],
        n_chars=len(chars),
        n_pairs=len(pairs),
    )


def are_pairs(keys: IntArray) -> NDArray[np.bool_]:
    """Which of ``Ngrams.keys`` are pairs."""
    return keys >> _CODE_POINT_BITS > 0
