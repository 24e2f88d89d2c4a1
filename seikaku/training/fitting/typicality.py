"""Measure how a norm group writes. In: dialogue sides, and ways of restyling them. Out: ``WritingNorm``. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from seikaku.model.regressor import FloatArray, IntArray
from seikaku.model.typicality import (
    FIGURES,
    LEVELS,
    WritingNorm,
    list_letter_pairs,
    measure_distances,
    measure_writing,
)
from seikaku.training.fitting.parts import draw_parts

Restyle = Callable[[Sequence[str]], list[str]]

_DIALOGUES_PER_SPEAKER = 20
_RESTYLED_PER_SPEAKER = 2
# Added to each figure's spread: how far friends may differ from the strangers of a norm group without being refused.
# No corpus of friends' talk is at hand: set so that fictional talks of friends about many things are not withheld.
_TOLERANCE = {
    "formal_phrases": 0.3, "written_phrases": 0.3, "translated_pronouns": 0.3, "quoted": 0.02,
    "short_messages": 0.01, "long_messages": 0.45,
    "kanji": 0.05, "kanji_compounds": 0.03, "katakana": 0.06, "latin": 0.03, "digits": 0.03,
    "unknown_pairs": 0.06, "repeated_pairs": 0.02,
}  # fmt: skip


def fit_writing_norm(
    texts: Sequence[Sequence[str]],
    bags: Sequence[IntArray],
    seed: int,
    *,
    min_speakers: int,
    restyles: Iterable[Restyle] = (),
) -> WritingNorm:
    """``texts[row]``: one side of a dialogue; ``bags[i]``: rows of speaker i.

    ``min_speakers``: a pair of letters counts as the group's from so many speakers on. ``restyles``: what the model is
    indifferent to; as far as that moves a figure, the figure may lie without being unusual.
    """
    pairs, n_users = _count_users(texts, bags)
    # A speaker's own use of a pair says nothing of how well the others' pairs hold it.
    of_others = pairs[n_users > min_speakers]
    dialogues = [_join(texts, rows) for rows in _draw_dialogues(bags, seed)]
    figures, n_chars = _measure_all(dialogues, of_others)
    of_wholes, n_chars_of_wholes = _measure_all([_join(texts, bag) for bag in bags], of_others)
    mean, spread = figures.mean(axis=0), _spread_upwards(figures)
    within = _spread_within(spread, _spread_upwards(of_wholes), np.median(n_chars), np.median(n_chars_of_wholes))
    moved = _shift_upwards(dialogues[:: _DIALOGUES_PER_SPEAKER // _RESTYLED_PER_SPEAKER], restyles, of_others)
    lasting = np.maximum(spread**2 - within**2 / np.median(n_chars), 0.0)
    between = np.sqrt(lasting + moved**2 + np.array([_TOLERANCE[name] for name in FIGURES]) ** 2)
    norm = WritingNorm(mean, between, within, np.zeros((0, len(LEVELS))), pairs[n_users >= min_speakers])
    deviation = np.stack([norm.deviate(row, int(n)) for row, n in zip(figures, n_chars, strict=True)])
    quantiles = np.quantile(measure_distances(deviation), LEVELS, axis=1).T
    return replace(norm, quantiles=np.ascontiguousarray(quantiles))


def _join(texts: Sequence[Sequence[str]], rows: IntArray) -> list[str]:
    return [text for row in rows for text in texts[row]]


def _count_users(texts: Sequence[Sequence[str]], bags: Sequence[IntArray]) -> tuple[IntArray, IntArray]:
    """Every pair of letters, sorted, and by how many speakers it is used."""
    own = [np.unique(list_letter_pairs(_join(texts, bag))) for bag in bags]
    pairs, n_users = np.unique(np.concatenate(own), return_counts=True)
    return pairs, n_users


def _draw_dialogues(bags: Sequence[IntArray], seed: int) -> list[IntArray]:
    """Up to so many single dialogues of each speaker; whole bags where nobody has two."""
    parts = draw_parts(bags, (1,), _DIALOGUES_PER_SPEAKER, seed)
    single = [rows for rows, size in zip(parts.rows, parts.size, strict=True) if size == 1]
    return single or list(bags)


def _measure_all(said: Sequence[Sequence[str]], pairs: IntArray) -> tuple[FloatArray, FloatArray]:
    """The figures of each speaker's or dialogue's messages, (n, n_figures), and its characters, (n,)."""
    measured = [measure_writing(texts, pairs) for texts in said]
    return np.stack([figures for figures, _ in measured]), np.array([n_chars for _, n_chars in measured], np.float64)


def _spread_upwards(figures: FloatArray) -> FloatArray:
    """The standard deviation that the part above the mean would have if the part below were its mirror image."""
    above = np.maximum(figures - figures.mean(axis=0), 0.0)
    return np.asarray(np.sqrt(2.0 * (above**2).mean(axis=0)))


def _spread_within(spread: FloatArray, of_wholes: FloatArray, chars: float, chars_of_wholes: float) -> FloatArray:
    """What of the dialogues' ``spread`` falls with the amount of text, for a text of one character, (n_figures,)."""
    if chars_of_wholes <= chars:
        return np.zeros(len(FIGURES))
    falling = (spread**2 - of_wholes**2) / (1.0 / chars - 1.0 / chars_of_wholes)
    return np.asarray(np.sqrt(np.maximum(falling, 0.0)))


def _shift_upwards(sample: Sequence[list[str]], restyles: Iterable[Restyle], pairs: IntArray) -> FloatArray:
    """How far the restyling that moves a figure most raises its mean, (n_figures,)."""
    before = _measure_all(sample, pairs)[0].mean(axis=0)
    moved = np.zeros(len(FIGURES))
    for restyle in restyles:
        restyled = [texts for said in sample if (texts := restyle(said))]
        if restyled:
            moved = np.maximum(moved, _measure_all(restyled, pairs)[0].mean(axis=0) - before)
    return moved
