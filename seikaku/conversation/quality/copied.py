"""The same again: words, whole utterances, templates with other numbers or names. In: texts. Out: shares. Pure.

Quantiles are of RealPersonaChat's 184 speakers, with one dialogue (17,126) and with all (30,000 characters each, by the
median): see benchmarks/quality_thresholds.py. A bot's exact times are no sign: of 121 of these people who came
twenty times or more, half began 57 % of the hours at one and the same minute, and one 86 %.
"""

import re
import zlib
from collections import Counter
from collections.abc import Sequence

from seikaku.conversation.characters import count_written

# 1 - compressed size / size. The highest is .47 with one dialogue and .59 with all; one word again and again is .99.
WITHHOLD_REPETITION = 0.92
WARN_REPETITION = 0.85
# A few hundred bytes are needed before a compressor says anything.
MIN_CHARS_FOR_REPETITION = 200
# Copies of whole utterances: a greeting comes back, half of all words do not.
WITHHOLD_DUPLICATE_SHARE = 0.5
WARN_DUPLICATE_SHARE = 0.2  # highest .11 with one dialogue and .06 with all; of these, 99 % below .05
# Backchannels and set phrases (はい, うん, 了解です) are talk, however often they come.
MAX_BACKCHANNEL_CHARS = 6
# Templates: a bot's notices, a form filled in every day.
WITHHOLD_TEMPLATE_SHARE = 0.6
WARN_TEMPLATE_SHARE = 0.3  # highest 0 with one dialogue, .013 with fifteen, .001 with all
# Five different ones in a hundred utterances: in a long talk habits add up.
MIN_TEMPLATE_USES = 5
TEMPLATE_WINDOW = 100
MIN_TEMPLATE_CHARS = 13

# Compressing more would cost time and say the same: repetition of whole texts shows within the window.
_MAX_CHARS_COMPRESSED = 300_000
_DIGITS = re.compile(r"\d+")
_LEAST_EQUAL = 12


def measure_repetition(joined: str) -> float:
    """How much smaller ``joined`` is when compressed, 0 to 1."""
    data = joined[:_MAX_CHARS_COMPRESSED].encode("utf-16-le", "surrogatepass")
    return max(0.0, 1 - len(zlib.compress(data, 1)) / len(data))


def count_duplicate_chars(texts: Sequence[str]) -> int:
    """Characters in utterances that repeat an earlier one exactly, backchannels left out."""
    repeated = ((text, count) for text, count in Counter(texts).items() if count > 1)
    lengths = ((count_written(text), count) for text, count in repeated)
    return sum(n_chars * (count - 1) for n_chars, count in lengths if n_chars > MAX_BACKCHANNEL_CHARS)


def count_template_chars(texts: Sequence[str]) -> int:
    """Characters in utterances that differ from at least four near ones only in numbers, or in two fifths at
    most: the beginning, the end or both are equal. Exact copies count as one.
    """
    starts = range(0, len(texts), TEMPLATE_WINDOW)
    return sum(_count_template_chars(texts[start : start + TEMPLATE_WINDOW]) for start in starts)


def _count_template_chars(near: Sequence[str]) -> int:
    lengths = {text: count_written(text) for text in near if len(text) >= MIN_TEMPLATE_CHARS}
    long = [text for text, n_chars in lengths.items() if n_chars >= MIN_TEMPLATE_CHARS]
    if len(long) < MIN_TEMPLATE_USES:
        return 0
    shapes = [_list_shapes(_DIGITS.sub("0", text)) for text in long]
    uses = Counter(shape for own in shapes for shape in own)
    return sum(
        lengths[text]
        for text, own in zip(long, shapes, strict=True)
        if any(uses[shape] >= MIN_TEMPLATE_USES for shape in own)
    )


def _list_shapes(masked: str) -> tuple[str, str, str]:
    """Beginning, end, and half of each: 60 % of the text and more, of a size that texts of like length share."""
    size = _LEAST_EQUAL
    while 5 * size < 3 * len(masked):
        size = 5 * size // 3
    half = size // 2
    return f"{masked[:size]}>", f"<{masked[-size:]}", f"{masked[:half]}<>{masked[-half:]}"
