"""Is this the way the norm group writes? In: a speaker's messages. Out: a distance and what it leaves of an estimate.

Accuracy was measured on people who write in a certain way. What lies outside it (three-letter messages, polished
machine prose, translated talk) was never scored, so that an estimate from it deserves less than the measured accuracy,
or nothing. Figures are label-free. Only numpy.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Not what the n-gram model was made indifferent to (spelling, punctuation, politeness: ``training.style.directions``),
# so that friends' talk is not refused for being no strangers' talk.
STYLE_NAMES = ("log_message_chars", "spread_of_log_message_chars", "pronouns_per_char")
_PRONOUN = re.compile(r"あなた|わたし|私|僕|俺|彼女|彼")


def measure_style(texts: Sequence[str]) -> FloatArray:
    """The figures named in ``STYLE_NAMES`` of one speaker's messages, (n_style,); zeros for no messages."""
    messages = ["".join(text.split()) for text in texts if text.strip()]
    if not messages:
        return np.zeros(len(STYLE_NAMES))
    n_chars = sum(map(len, messages))
    n_pronouns = sum(len(_PRONOUN.findall(message)) for message in messages)
    spread = np.log([len(message) for message in messages]).std()
    return np.array([np.log(n_chars / len(messages)), spread, n_pronouns / n_chars])


@dataclass(frozen=True)
class Typicality:
    """How the norm group writes, at several amounts of text.

    ``chars`` (n_amounts,) ascending; ``mean`` (n_amounts, n_style); ``precision`` (n_amounts, n_style, n_style);
    ``limits`` (n_amounts, 2): the Mahalanobis distance that 95 and 99 of 100 speakers of the norm group stay within.
    """

    chars: FloatArray
    mean: FloatArray
    precision: FloatArray
    limits: FloatArray

    def keep(self, style: FloatArray, n_chars: int) -> float:
        """What is left of an estimate, 0 to 1: all where 95 of 100 of the norm group write, nothing beyond 99.

        ``style`` (n_style,) as ``measure_style`` gives it. The nearest measured amount of text decides.
        """
        row = int(np.abs(np.log(self.chars) - np.log(max(n_chars, 1))).argmin())
        deviation = style - self.mean[row]
        distance = float(np.sqrt(max(deviation @ self.precision[row] @ deviation, 0.0)))
        usual, last = self.limits[row].tolist()
        return float(np.clip((last - distance) / max(last - usual, 1e-9), 0.0, 1.0))
