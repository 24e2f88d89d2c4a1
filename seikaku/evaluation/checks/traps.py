"""What an estimate could live on instead of personality: amount of text, message length, familiar wording.

Arrays and texts in, plain JSON values out; no effects.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from seikaku.conversation.characters import LINE_FEED, list_ngrams
from seikaku.evaluation import metrics
from seikaku.evaluation.figures import by_trait
from seikaku.evaluation.protocol import OutOfFold, Sides
from seikaku.model.regressor import FloatArray, IntArray
from seikaku.traits import TRAIT_KEYS

_MIN_SPEAKERS = 10  # who use a pair of characters that is called familiar


def measure_style(sides: Sides, texts: Sequence[Sequence[str]]) -> dict[str, FloatArray]:
    """Per speaker (n_speakers,): log number of dialogues, log characters a message, share of familiar pairs."""
    everyone = range(sides.n_speakers)
    n_chars = np.bincount(sides.speaker, weights=sides.n_chars, minlength=sides.n_speakers)
    n_messages = np.bincount(sides.speaker, weights=sides.n_messages, minlength=sides.n_speakers)
    n_dialogues = np.bincount(sides.speaker, minlength=sides.n_speakers)
    own_texts = [[text for row in rows for text in texts[row]] for rows in sides.rows_of(everyone)]
    return {
        "log_amount": np.log(np.maximum(n_dialogues, 1.0)),
        "log_message_chars": np.log(np.maximum(n_chars, 1.0) / np.maximum(n_messages, 1.0)),
        "familiarity": measure_familiarity(own_texts),
    }


def measure_familiarity(texts: Sequence[Sequence[str]]) -> FloatArray:
    """The share of each speaker's pairs of neighbouring characters that at least ten speakers use, (n_speakers,)."""
    pairs = [_list_pairs(own) for own in texts]
    distinct = [np.unique(own) for own in pairs]
    names, users = np.unique(np.concatenate(distinct), return_counts=True) if distinct else (np.zeros(0), np.zeros(0))
    common = names[users >= min(_MIN_SPEAKERS, max(2, len(texts) // 8))]
    return np.array([float(np.isin(own, common).mean()) if len(own) else 0.0 for own in pairs])


def _list_pairs(texts: Sequence[str]) -> IntArray:
    ngrams = list_ngrams(LINE_FEED.join(texts))
    return ngrams.keys[ngrams.n_chars :]


def trap_figures(result: OutOfFold, sides: Sides, style: dict[str, FloatArray]) -> dict[str, dict[str, Any]]:
    """For each of ``style``: how far label and estimate go with it, and r of the two with it held fixed, per trait."""
    estimate = result.within.mean(axis=0)
    found = {}
    for name, values in style.items():
        column = np.tile(values[:, None], len(TRAIT_KEYS))
        given = metrics.residuals(np.concatenate([estimate, sides.scores], axis=1), values[:, None])
        partial = metrics.pearson(given[:, : len(TRAIT_KEYS)], given[:, len(TRAIT_KEYS) :])
        found[name] = by_trait(
            r_label=metrics.pearson(column, sides.scores),
            r_estimate=metrics.pearson(estimate, column),
            r_given=partial,
        )
    return found
