"""The CPU default: character 1-2-grams of a speaker's own text -> five traits. In: utterances. Out: scores, evidence.

How it works. The text is cut into windows of about 200 characters. For every n-gram of the vocabulary the share of
windows that hold it is shrunk towards the corpus share p (a prior of ``prior_windows`` windows), made
variance-stable by the arcsine square root, and weighed: score = mean + sum_f w_f (asin sqrt s_f - mu_f).
Shares do not grow with the amount of text, and the prior draws an estimate from little text to the norm mean.
Only numpy; fitting is in ``training.ridge.ngram``.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.conversation.characters import BLOCK_CHARS, LINE_FEED, list_code_points, list_ngrams
from seikaku.conversation.windows import assign_windows, begin_windows, cut_blocks
from seikaku.model.calibration import AmountTable
from seikaku.model.text_model import Explanation

Float32Array = NDArray[np.float32]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
# Numbers of n-grams and places, one or two a character of text: half as wide is half of what a long talk needs.
NumberArray = NDArray[np.int32]

_BLOCK_LINES = 10_000
_MASKS = re.compile(r"<[a-z]{2}>|\*\*")  # RealPersonaChat's masks, after NFKC and lower-casing
_LONG_RUNS = re.compile(r"(.)\1{3,}")
_DIGITS = re.compile(r"\d")


def normalize_utterances(texts: Sequence[str]) -> str:
    """The utterances in the model's spelling, joined by line feeds (one line an utterance).

    NFKC, lower case, digits as 0, masks as 〓, runs of a character cut to three, white space as one space:
    a name, a phone number or a keyboard's habit should not be what moves an estimate.
    """
    blocks = (texts[first : first + _BLOCK_LINES] for first in range(0, len(texts), _BLOCK_LINES))
    return LINE_FEED.join([_normalize(block) for block in blocks])


def _normalize(texts: Sequence[str]) -> str:
    # Line by line: nothing composes across a line feed, and most lines are in NFKC already, which is seen quickly.
    lines = [unicodedata.normalize("NFKC", " ".join(text.split())) for text in texts]
    joined = LINE_FEED.join(lines).lower()
    joined = _MASKS.sub("〓", joined)
    return _LONG_RUNS.sub(r"\1\1\1", _DIGITS.sub("0", joined))


@dataclass(frozen=True)
class NgramTokens:
    """All n-gram occurrences of one speaker: ``keys`` and ``windows``, each (n_tokens,)."""

    keys: IntArray
    windows: IntArray
    n_windows: int


def tokenize(conversations: Sequence[Sequence[str]], window_chars: int) -> NgramTokens:
    """Count characters and pairs of neighbouring characters, never across utterances.

    ``conversations[i]`` holds the target speaker's utterances of conversation i.
    """
    text, n_chars = _spell(conversations)
    ngrams = list_ngrams(text)
    window_of_char, n_windows = assign_windows(n_chars, window_chars)
    window = np.zeros(len(text), np.int64)
    window[ngrams.places[: ngrams.n_chars]] = window_of_char
    return NgramTokens(ngrams.keys, window[ngrams.places], n_windows)


def _spell(conversations: Sequence[Sequence[str]]) -> tuple[str, IntArray]:
    """All utterances in the model's spelling, a line each, and how many characters each conversation has."""
    said = [normalize_utterances(texts) for texts in conversations]
    n_chars = np.array([len(lines) - lines.count(LINE_FEED) for lines in said], np.int64)
    return LINE_FEED.join([lines for lines, texts in zip(said, conversations, strict=True) if texts]), n_chars


def count_windows(tokens: NgramTokens) -> tuple[IntArray, IntArray]:
    """In how many windows each n-gram stands: (keys sorted, counts), both (n_distinct,)."""
    distinct, inverse = np.unique(tokens.keys, return_inverse=True)
    pairs = np.unique(inverse.astype(np.int64) * max(tokens.n_windows, 1) + tokens.windows)
    return distinct, np.bincount(pairs // max(tokens.n_windows, 1), minlength=len(distinct)).astype(np.int64)


def _sort_distinct(values: IntArray) -> IntArray:
    """As ``np.unique``, which hashes since NumPy 2.3: ten times slower where nearly all values are distinct."""
    ordered = np.sort(values)
    is_first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return ordered[is_first]


def stabilize_shares(
    counts: NDArray[Any], n_windows: NDArray[Any], prior: NDArray[Any], prior_windows: float
) -> Float32Array:
    """Arcsine square root of the shrunk share of windows.

    ``counts`` (n_bags, n_features), ``n_windows`` (n_bags, 1), ``prior`` (n_features,) -> (n_bags, n_features).
    """
    share = (counts + prior_windows * prior) / (n_windows + prior_windows)
    return np.asarray(np.arcsin(np.sqrt(np.clip(share, 0.0, 1.0))), np.float32)


@dataclass(frozen=True)
class NgramReading:
    """One speaker's text as a model sees it: where the n-grams of the vocabulary stand in it, and what they say.

    ``text``: the utterances in the model's spelling, a line each; ``begins`` (n_utterances,): where each begins.
    ``features`` (2, n_chars): which n-gram of the vocabulary begins at each place, of one character and of two, -1 for
    none. By n-gram (n_features,): ``occurrences``, ``said`` (the variance-stable share) and ``unsaid`` (what it would
    be, never said).
    """

    text: str
    begins: IntArray
    n_windows: int
    features: NumberArray
    occurrences: IntArray
    said: FloatArray
    unsaid: FloatArray


@dataclass(frozen=True)
class NgramModel:
    """A trained n-gram model: everything that an estimate needs, and nothing about any training speaker.

    ``keys`` (n_features,) sorted n-gram keys; ``prior`` and ``centre`` (n_features,); ``weights``
    (n_features, n_targets); ``intercept`` (n_targets,) on the label's scale. ``offset``, by number of windows: what the
    mean speaker's score would be off by at that amount of text (a share of few windows is not a small share of many).
    """

    keys: IntArray
    prior: Float32Array
    centre: Float32Array
    weights: Float32Array
    intercept: FloatArray
    window_chars: int
    prior_windows: float
    offset: AmountTable

    @cached_property
    def _centre_score(self) -> FloatArray:
        return np.asarray(self.centre.astype(np.float64) @ self.weights, np.float64)

    def _constant(self, n_windows: NDArray[Any]) -> FloatArray:
        """What is added to the weighed features, less the intercept: (n_bags,) -> (n_bags, n_targets)."""
        return np.asarray(-self._centre_score - self.offset.at(n_windows))

    def amount_constant(self, n_windows: float) -> FloatArray:
        """What is added to one speaker's weighed shares, less the intercept, (n_targets,)."""
        return np.asarray(self._constant(np.array([n_windows], np.float64))[0])

    def estimate_shares(self, features: Any, n_windows: NDArray[Any]) -> FloatArray:
        """Scores (n_bags, n_targets) from variance-stable shares and window numbers (n_bags,).

        ``features`` (n_bags, n_features): an array, or anything that can be multiplied by a matrix from the right.
        """
        return np.asarray(self.intercept + features @ self.weights.astype(np.float64) + self._constant(n_windows))

    def explain(self, conversations: Sequence[Sequence[str]]) -> Explanation:
        """Scores and their exact split over the utterances, from one speaker's own text."""
        return self.explain_reading(self.read(conversations))

    def read(self, conversations: Sequence[Sequence[str]]) -> NgramReading:
        """One speaker's own text, counted: what ``explain_reading`` and ``expressions`` both work on."""
        text, n_chars = _spell(conversations)
        begins = _begin_lines(text)[: sum(map(len, conversations))]
        windows = begin_windows(n_chars, self.window_chars)
        # From the number of a character to its place: a line feed stands behind every line before it.
        windows += np.searchsorted(np.cumsum(_line_lengths(begins, text)), windows, side="right")
        features = self._find_features(text, begins)
        occurrences, counts = self._count(features, windows)
        amount = np.array([[len(windows)]], np.float64)
        said = stabilize_shares(counts[None, :], amount, self.prior, self.prior_windows)[0]
        unsaid = stabilize_shares(np.zeros((1, len(self.keys))), amount, self.prior, self.prior_windows)[0]
        return NgramReading(
            text, begins, len(windows), features, occurrences, said.astype(np.float64), unsaid.astype(np.float64)
        )

    def _find_features(self, text: str, begins: IntArray) -> NumberArray:
        """``NgramReading.features``, some lines at a time: no n-gram goes across two."""
        features = np.full((2, len(text)), -1, np.int32)
        for _, bounds in cut_blocks(begins, len(text), BLOCK_CHARS):
            ngrams = list_ngrams(text[bounds[0] : bounds[-1]])
            position = np.searchsorted(self.keys, ngrams.keys)
            position[position == len(self.keys)] = 0
            position[self.keys[position] != ngrams.keys] = -1
            places = bounds[0] + ngrams.places
            features[0, places[: ngrams.n_chars]] = position[: ngrams.n_chars]
            features[1, places[ngrams.n_chars :]] = position[ngrams.n_chars :]
        return features

    def _count(self, features: NumberArray, windows: IntArray) -> tuple[IntArray, IntArray]:
        """How often each n-gram stands in the text, and in how many windows: both (n_features,).

        Some whole windows at a time, so that no n-gram is counted twice in one. ``windows``: where each begins.
        """
        occurrences, counts = np.zeros((2, len(self.keys)), np.int64)
        for _, bounds in cut_blocks(windows, features.shape[1], BLOCK_CHARS):
            n_windows = len(bounds) - 1
            window = np.repeat(np.arange(n_windows), np.diff(bounds))
            block = features[:, bounds[0] : bounds[-1]]
            is_known = block >= 0
            feature = block[is_known].astype(np.int64)
            pairs = _sort_distinct(feature * n_windows + np.concatenate([window[places] for places in is_known]))
            occurrences += np.bincount(feature, minlength=len(self.keys))
            counts += np.bincount(pairs // n_windows, minlength=len(self.keys))
        return occurrences, counts

    def explain_reading(self, reading: NgramReading) -> Explanation:
        """As ``explain``, of text that was read already."""
        said, unsaid, lengths = reading.said, reading.unsaid, _line_lengths(reading.begins, reading.text)
        # What an n-gram adds is the score with it minus the score without it, shared by its occurrences ...
        gain = (said - unsaid) / np.maximum(reading.occurrences, 1)
        moved = _sum_lines(reading, gain[:, None] * self.weights)
        # ... and the score of saying none of the vocabulary is the cost of the text's mere length: shared by tokens.
        constant = self.amount_constant(reading.n_windows)
        n_pairs = np.maximum(lengths - 1, 0)
        n_tokens = lengths + n_pairs
        moved += (n_tokens / max(n_tokens.sum(), 1))[:, None] * (unsaid @ self.weights + constant)
        known_share = np.count_nonzero(reading.features[1] >= 0) / max(int(n_pairs.sum()), 1)
        score = self.intercept + said @ self.weights + constant
        return Explanation(score, moved, reading.n_windows, known_share)


def _begin_lines(text: str) -> IntArray:
    return np.append(0, np.flatnonzero(list_code_points(text) == ord(LINE_FEED)) + 1)


def _line_lengths(begins: IntArray, text: str) -> IntArray:
    return np.diff(begins, append=len(text) + 1) - 1


def _sum_lines(reading: NgramReading, per_occurrence: FloatArray) -> FloatArray:
    """What the n-grams of each utterance add, (n_utterances, n_targets); ``per_occurrence`` (n_features, n_targets)."""
    sums = np.zeros((len(reading.begins), per_occurrence.shape[1]))
    values = np.append(per_occurrence, np.zeros((1, per_occurrence.shape[1])), axis=0)  # the last, -1: no n-gram
    for first, bounds in cut_blocks(reading.begins, len(reading.text), BLOCK_CHARS):
        line = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        single, pair = reading.features[:, bounds[0] : bounds[-1]]
        moved = values[single] + values[pair]
        for target, column in enumerate(moved.T):
            sums[first : first + len(bounds) - 1, target] = np.bincount(line, column, len(bounds) - 1)
    return sums
