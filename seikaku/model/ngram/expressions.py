"""Which expressions moved an estimate. In: an n-gram model, one speaker's text as it read it. Out: an exact partition.

What "moved" means. The distance of an estimate from the norm mean is a sum over the vocabulary, w_f (x_f - m_f), and a
rest: x_f is the speaker's variance-stable share of windows with n-gram f, m_f what it would be for somebody who says f
as often as the norm group does, in *as many windows*. With the norm group's share p of windows, f stands in none of W
windows with probability (1 - p)^W, and otherwise in W p / (1 - (1 - p)^W) of them on average. So

- what everybody says moves nothing, however often it comes back: named is what this speaker says more or less than
  others, in 25,000 messages as in 50 (split by mere presence, the commonest n-grams would lead every list);
- what is said less than usual moves as well. What is never said can be counted, not named: only own text is shown;
- the rest, what the model takes off for the amount of text, is the same for every speaker.

An n-gram's movement is shared equally by its occurrences. Expressions are words that the strongest n-grams grow into
(``growing``) and that stand in several utterances. Each has the occurrences inside its own places; no place is in two
of them, and none is part of another. What they do not have stays with the single n-grams, so that all adds up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seikaku.conversation.characters import BLOCK_CHARS, are_pairs
from seikaku.model.ngram.growing import MARGIN, Page, can_seed, grow
from seikaku.model.ngram.model import FloatArray, IntArray, NgramModel, NgramReading, NumberArray

_N_SEEDS = 25  # n-grams to grow per target and direction
_COVERED = 0.8  # of an n-gram's places lie in words that stronger n-grams grew into: it would grow into the same
_KEPT = 0.5  # of a word's places must be free for it to stand beside the words that have the others
_PAIR_BASE, _SECOND = 1 << 21, (1 << 21) - 1


@dataclass(frozen=True)
class ExpressionTable:
    """Expressions and what they moved, on the label's scale: raised + lowered + unsaid + rest = score - norm mean.

    ``texts`` in the model's spelling; ``utterances[i]``: which utterances (their numbers) hold expression i;
    ``contributions`` (n_expressions, n_targets); ``by_more`` (likewise): the part that is due to n-grams which the
    speaker uses more than the norm group does. By target, (n_targets,): ``raised`` and ``lowered`` (negative), what was
    said and moved the target that way, every expression as one and every n-gram outside of them as one; ``unsaid``, the
    n-grams that were never said; ``rest``, the amount of text.
    """

    texts: tuple[str, ...]
    utterances: tuple[IntArray, ...]
    contributions: FloatArray
    by_more: FloatArray
    raised: FloatArray
    lowered: FloatArray
    unsaid: FloatArray
    rest: FloatArray


class _Word(NamedTuple):
    text: str
    starts: IntArray  # ascending places on the page
    features: IntArray  # the n-grams inside it, with repetition


def find_expressions(model: NgramModel, reading: NgramReading) -> ExpressionTable:
    """The expressions of one speaker that moved the targets most, and how everything else adds up."""
    n_windows, occurrences = reading.n_windows, reading.occurrences
    usual, weights = usual_shares(model, n_windows), model.weights.astype(np.float64)
    deviation = reading.said - usual
    moved = deviation[:, None] * weights
    each = moved / np.maximum(occurrences, 1)[:, None]
    words = _claim(reading, _list_words(model, reading, moved, each), each)
    held = np.zeros(len(occurrences), np.int64)
    for word in words:
        np.add.at(held, word.features, len(word.starts))
    left = each * (occurrences - held)[:, None]
    contributions = _sum_words(words, each)
    units = np.concatenate([contributions, left])
    return ExpressionTable(
        texts=tuple(word.text for word in words),
        utterances=tuple(_distinct(_lines_at(reading, word.starts)) for word in words),
        contributions=contributions,
        by_more=_sum_words(words, np.where(deviation[:, None] > 0, each, 0.0)),
        raised=np.maximum(units, 0.0).sum(axis=0),
        lowered=np.minimum(units, 0.0).sum(axis=0),
        unsaid=moved[occurrences == 0].sum(axis=0),
        rest=usual @ weights + model.amount_constant(n_windows),
    )


def usual_shares(model: NgramModel, n_windows: int) -> FloatArray:
    """The variance-stable shares to expect in ``n_windows`` windows of somebody of the norm group, (n_features,)."""
    prior, windows = np.clip(model.prior.astype(np.float64), 0.0, 1.0), float(max(n_windows, 1))

    def stabilize(counts: FloatArray) -> FloatArray:
        shares = (counts + model.prior_windows * prior) / (windows + model.prior_windows)
        return np.asarray(np.arcsin(np.sqrt(np.clip(shares, 0.0, 1.0))))

    nowhere = (1.0 - prior) ** windows
    somewhere = np.maximum(1.0 - nowhere, 1e-12)
    return nowhere * stabilize(np.zeros_like(prior)) + somewhere * stabilize(windows * prior / somewhere)


def _lines_at(reading: NgramReading, starts: IntArray) -> IntArray:
    """Which utterance stands at each place of the page."""
    return np.searchsorted(reading.begins, starts - MARGIN, side="right") - 1


def _distinct(ascending: IntArray) -> IntArray:
    return ascending[np.diff(ascending, prepend=-1) > 0]


def _sum_words(words: list[_Word], each: FloatArray) -> FloatArray:
    sums = [len(word.starts) * each[word.features].sum(axis=0) for word in words]
    return np.array(sums).reshape(len(words), each.shape[1])


def _choose_seeds(model: NgramModel, occurrences: IntArray, moved: FloatArray, each: FloatArray) -> IntArray:
    """The n-grams inside words that moved a target most either way, with their characters; the strongest first."""
    keys, is_pair = model.keys, are_pairs(model.keys)
    first = np.where(is_pair, (keys - _PAIR_BASE) >> 21, keys)
    second = np.where(is_pair, keys & _SECOND, 0)
    scores = moved.copy()
    for character in (first, second):
        place = np.minimum(np.searchsorted(keys, character), len(keys) - 1)
        is_known = is_pair & (keys[place] == character)
        scores[is_known] += occurrences[is_known, None] * each[place[is_known]]
    usable = np.flatnonzero(can_seed(first, second) & (occurrences > 1))
    order = [np.argsort(sign * scores[usable], axis=0, kind="stable")[:_N_SEEDS].ravel() for sign in (-1.0, 1.0)]
    chosen = np.unique(usable[np.concatenate(order)])
    return np.asarray(chosen[np.argsort(-np.abs(scores[chosen]).max(axis=1), kind="stable")])


def _list_words(model: NgramModel, reading: NgramReading, moved: FloatArray, each: FloatArray) -> Iterator[_Word]:
    """The words that the seeds grow into, each once."""
    page = Page.of(reading.text)
    seeds = _choose_seeds(model, reading.occurrences, moved, each)
    lengths = np.where(are_pairs(model.keys[seeds]), 2, 1).tolist()
    seen, covered = set[str](), np.zeros(len(page.code_points), np.bool_)
    for own, length in zip(_find_seeds(reading, seeds, lengths), lengths, strict=True):
        if covered[own].mean() >= _COVERED:
            continue
        for starts, n_chars in grow(page, own, length):
            covered[starts[:, None] + np.arange(n_chars)] = True
            text = page.read(int(starts[0]), n_chars)
            if text not in seen:
                seen.add(text)
                yield _Word(text, starts, _features_at(reading, int(starts[0]), n_chars))


def _find_seeds(reading: NgramReading, seeds: IntArray, lengths: Sequence[int]) -> Iterator[IntArray]:
    """Where on the page each of the n-grams stands, ascending; ``lengths``: how many characters each has."""
    number = np.full(len(reading.occurrences) + 1, -1, np.int16)  # short numbers are sorted by radix, ten times as fast
    number[seeds] = np.arange(len(seeds))
    blocks: tuple[list[tuple[NumberArray, IntArray]], ...] = ([], [])  # of one character, of two
    for begin in range(0, len(reading.text), BLOCK_CHARS):
        for found, features in zip(blocks, reading.features[:, begin : begin + BLOCK_CHARS], strict=True):
            of_place = number[features]
            places = np.flatnonzero(of_place >= 0)
            places = places[np.argsort(of_place[places], kind="stable")]
            bounds = np.searchsorted(of_place[places], np.arange(len(seeds) + 1, dtype=np.int16))
            found.append(((places + (begin + MARGIN)).astype(np.int32), bounds))
    for seed, length in enumerate(lengths):
        runs = [places[bounds[seed] : bounds[seed + 1]] for places, bounds in blocks[length - 1]]
        yield np.concatenate(runs, dtype=np.int64)


def _features_at(reading: NgramReading, start: int, length: int) -> IntArray:
    """The n-grams of the vocabulary inside the word that stands there on the page, with repetition."""
    begin, end = start - MARGIN, start - MARGIN + length
    features = np.concatenate([reading.features[0, begin:end], reading.features[1, begin : end - 1]])
    return features[features >= 0].astype(np.int64)


def _claim(reading: NgramReading, words: Iterator[_Word], each: FloatArray) -> list[_Word]:
    """Give every place to one word, to those first that moved a target most; never to a word and to a part of it."""
    strength = [(float(np.abs(len(word.starts) * each[word.features].sum(axis=0)).max()), word) for word in words]
    taken = np.zeros(len(reading.text) + 2 * MARGIN, np.bool_)
    claimed: list[_Word] = []
    for _, word in sorted(strength, key=lambda pair: (-pair[0], pair[1].text)):
        if any(word.text in other.text or other.text in word.text for other in claimed):
            continue
        inside = np.arange(len(word.text))
        free = _apart(word.starts[~taken[word.starts[:, None] + inside].any(axis=1)], len(word.text))
        if len(free) >= max(_KEPT * len(word.starts), 2) and np.diff(_lines_at(reading, free[[0, -1]])).any():
            taken[free[:, None] + inside] = True
            claimed.append(word._replace(starts=free))
    return claimed


def _apart(starts: IntArray, length: int) -> IntArray:
    """Ascending places without those that lie inside the one before."""
    if (np.diff(starts) >= length).all():
        return starts
    kept: list[int] = []
    for start in starts.tolist():
        if not kept or start >= kept[-1] + length:
            kept.append(start)
    return np.array(kept, np.int64)
