"""One speaker's messages as one text to count in. In: texts. Out: ``OwnText``: characters, messages, laughs. Pure.

Everything is counted over the whole text at once: a message is a stretch between two line feeds.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from seikaku.conversation.characters import CodeArray, look_up

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

MESSAGE_END = "\n"
# Within a message; a carriage return, so that a line feed always ends one.
LINE_BREAK = "\r"
SPACE, LETTER, DRAWN_OUT, SENTENCE_END, EMOJI, QUESTION, EXCLAMATION = 1, 2, 4, 8, 16, 32, 64

_BLOCK_TEXTS = 10_000
_URL = re.compile(r"https?://[!-~]+")
# Full-width ASCII and the narrow kind are one character to whoever types it.
_FULL_WIDTH, _N_FULL_WIDTH = 0xFF01, 0x5E
_TO_NARROW = 0xFEE0
_N_CODE_POINTS = 0x110000
# As ``str.split`` has them.
_SPACES = (
    (0x09, 0x0E), (0x1C, 0x21), (0x85, 0x86), (0xA0, 0xA1), (0x1680, 0x1681), (0x2000, 0x200B), (0x2028, 0x202A),
    (0x202F, 0x2030), (0x205F, 0x2060), (0x3000, 0x3001),
)  # fmt: skip
_LETTERS = (
    (0x30, 0x3A), (0x41, 0x5B), (0x61, 0x7B), (0xC0, 0x250),
    (0x3005, 0x3008), (0x3041, 0x3097), (0x30A1, 0x30FB), (0x30FC, 0x3100), (0xFF66, 0xFFA0),
    (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, 0x32000),
)  # fmt: skip
# Pictographs, flags and faces; ♪ ★ ♡ and their kind are used in the same way.
_EMOJI = ((0x2600, 0x27C0), (0x2B50, 0x2B51), (0x2B55, 0x2B56), (0x1F000, 0x1FB00))
_DRAWN_OUT = "ーぁぃぅぇぉァィゥェォ"
_QUESTIONS = "?⁇⁈⁉❓❔"
_EXCLAMATIONS = "!‼⁈⁉❗❕"
_SENTENCE_ENDS = "。｡…‥" + LINE_BREAK + MESSAGE_END + _QUESTIONS + _EXCLAMATIONS

# Each begins with a plain character, which makes it fast: what must not stand before it is looked back at behind it.
_LAUGHS = tuple(
    re.compile(pattern)
    for pattern in (
        "笑(?<![談微冷嘲失]笑)笑*(?![いうえおわっみめむん顔話点止福者])",  # neither 笑う nor 笑顔 nor 談笑
        "w(?<![A-Za-z0-9]w)w*(?![A-Za-z0-9])",
        "W(?<![A-Za-z0-9]W)W+(?![A-Za-z0-9])",
        r"草(?<![一-龠々の]草)(?:生え|不可避|(?=[\n\r。!?wW笑(…ー〜~、 ]))",  # no plant
        "大草原",
        "わろた(?![ぁ-ん])",
        "ワロタ(?![ァ-ヶ])",
    )
)


@dataclass(frozen=True, slots=True)
class OwnText:
    """A speaker's messages, those without any text left out.

    ``text``: full-width ASCII made narrow, web addresses taken out, a line feed behind each message. By character of
    it, each (n_chars,): ``codes``, ``kinds`` (flags such as ``LETTER``), ``is_laugh`` (笑, www, 草). By message, each
    (n_messages,): ``begins``, its first place; ``lengths``, characters without white space.
    """

    text: str
    codes: CodeArray
    kinds: NDArray[np.uint8]
    is_laugh: BoolArray
    begins: IntArray
    lengths: IntArray

    @property
    def n_messages(self) -> int:
        """How many messages have text."""
        return len(self.lengths)

    @property
    def n_chars(self) -> int:
        """Characters without white space and web addresses."""
        return int(self.lengths.sum())

    def are(self, kind: int) -> BoolArray:
        """Which characters are of this kind, (n_chars,)."""
        return (self.kinds & kind) > 0

    def messages_with(self, places: BoolArray) -> BoolArray:
        """Which messages, (n_messages,), hold at least one of the places, (n_chars,)."""
        return np.logical_or.reduceat(places, self.begins)


def join_own_text(texts: Sequence[str]) -> OwnText:
    """Take one speaker's messages together."""
    blocks = (texts[first : first + _BLOCK_TEXTS] for first in range(0, len(texts), _BLOCK_TEXTS))
    text = "".join([_join(block) for block in blocks])
    codes = _encode(text)
    kinds = look_up(_kind_table(), codes)
    begins = np.append(0, np.flatnonzero(codes == ord(MESSAGE_END)) + 1)[:-1]
    lengths = np.add.reduceat((kinds & SPACE) == 0, begins, dtype=np.int64)
    return OwnText(text, codes, kinds, _find_laughs(text), begins, lengths)


def _join(texts: Sequence[str]) -> str:
    joined = MESSAGE_END.join([text.replace(MESSAGE_END, LINE_BREAK) for text in texts])
    messages = [message for message in _URL.sub("", joined).split(MESSAGE_END) if message.strip()]
    codes = _encode("".join([message + MESSAGE_END for message in messages]))
    # Unsigned: what lies below the first wraps round to far above the last.
    narrow = codes - np.where(codes - np.uint32(_FULL_WIDTH) < _N_FULL_WIDTH, np.uint32(_TO_NARROW), np.uint32(0))
    return narrow.tobytes().decode("utf-32-le", "surrogatepass")


def _encode(text: str) -> CodeArray:
    # Half of a surrogate pair, as JSON can hold it, stays what it is: no letter and no mark.
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _find_laughs(text: str) -> BoolArray:
    steps = np.zeros(len(text) + 1, np.int8)
    for begin, end in [match.span() for pattern in _LAUGHS for match in pattern.finditer(text)]:
        steps[begin] += 1
        steps[end] -= 1
    return np.cumsum(steps[:-1], dtype=np.int8) > 0


@cache
def _kind_table() -> NDArray[np.uint8]:
    table = np.zeros(_N_CODE_POINTS, np.uint8)
    for ranges, kind in ((_SPACES, SPACE), (_LETTERS, LETTER), (_EMOJI, EMOJI)):
        for begin, end in ranges:
            table[begin:end] |= kind
    of_chars = {DRAWN_OUT: _DRAWN_OUT, SENTENCE_END: _SENTENCE_ENDS, QUESTION: _QUESTIONS, EXCLAMATION: _EXCLAMATIONS}
    for kind, chars in of_chars.items():
        table[[ord(char) for char in chars]] |= kind
    return table
