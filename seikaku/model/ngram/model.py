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

from seikaku.conversation.characters import LINE_FEED, are_pairs, list_ngrams
from seikaku.conversation.windows import assign_windows
from seikaku.model.calibration import AmountTable
from seikaku.model.text_model import Explanation

Float32Array = NDArray[np.float32]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_MASKS = re.compile(r"<[a-z]{2}>|\*\*")  # RealPersonaChat's masks, after NFKC and lower-casing
_LONG_RUNS = re.compile(r"(.)\1{3,}")
_DIGITS = re.compile(r"\d")


def normalize_utterances(texts: Sequence[str]) -> str:
    """The utterances in the model's spelling, joined by line feeds (one line an utterance).

    NFKC, lower case, digits as 0, masks as 〓, runs of a character cut to three, white space as one space:
    a name, a phone number or a keyboard's habit should not be what moves an estimate.
    """
    # Line by line: nothing composes across a line feed, and most lines are in NFKC already, which is seen quickly.
    lines = [unicodedata.normalize("NFKC", " ".join(text.split())) for text in texts]
    joined = LINE_FEED.join(lines).lower()
    joined = _MASKS.sub("〓", joined)
    return _LONG_RUNS.sub(r"\1\1\1", _DIGITS.sub("0", joined))


@dataclass(frozen=True)
class NgramTokens:
    """All n-gram occurrences of one speaker: ``keys``, ``windows``, ``utterances`` and ``places``, each (n_tokens,).

    ``text``: the utterances in the model's spelling, a line each; a token's first character stands at its place there.
    """

    keys: IntArray
    windows: IntArray
    utterances: IntArray
    places: IntArray
    text: str
    n_windows: int
    n_bigrams: int


def tokenize(conversations: Sequence[Sequence[str]], window_chars: int) -> NgramTokens:
    """Count characters and pairs of neighbouring characters, never across utterances.

    ``conversations[i]`` holds the target speaker's utterances of conversation i. Utterances are numbered through.
    """
    lines = [normalize_utterances(texts) if texts else None for texts in conversations]
    text = LINE_FEED.join([line for line in lines if line is not None])
    ngrams = list_ngrams(text)
    n_chars = np.array([0 if line is None else len(line) - line.count(LINE_FEED) for line in lines], np.int64)
    window_of_char, n_windows = assign_windows(n_chars, window_chars)
    window = np.zeros(len(text), np.int64)
    window[ngrams.places[: ngrams.n_chars]] = window_of_char
    return NgramTokens(
        keys=ngrams.keys,
        windows=window[ngrams.places],
        utterances=ngrams.lines,
        places=ngrams.places,
        text=text,
        n_windows=n_windows,
        n_bigrams=ngrams.n_pairs,
    )


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
    """One speaker's text as a model sees it: its n-gram occurrences, and which of them the vocabulary holds.

    ``is_known`` (n_tokens,); ``feature`` (n_known,): which n-gram of the vocabulary each of those is. By n-gram
    (n_features,): ``occurrences``, ``said`` (the variance-stable share) and ``unsaid`` (what it would be, never said).
    """

    tokens: NgramTokens
    n_utterances: int
    is_known: NDArray[np.bool_]
    feature: IntArray
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
        tokens = tokenize(conversations, self.window_chars)
        position = np.searchsorted(self.keys, tokens.keys)
        position[position == len(self.keys)] = 0
        known = self.keys[position] == tokens.keys
        feature = position[known]
        n_windows = max(tokens.n_windows, 1)
        pairs = _sort_distinct(feature * n_windows + tokens.windows[known])
        counts = np.bincount(pairs // n_windows, minlength=len(self.keys))
        amount = np.array([[tokens.n_windows]], np.float64)
        said = stabilize_shares(counts[None, :], amount, self.prior, self.prior_windows)[0]
        unsaid = stabilize_shares(np.zeros((1, len(self.keys))), amount, self.prior, self.prior_windows)[0]
        return NgramReading(
            tokens=tokens,
            n_utterances=sum(len(texts) for texts in conversations),
            is_known=known,
            feature=feature,
            occurrences=np.bincount(feature, minlength=len(self.keys)),
            said=said.astype(np.float64),
            unsaid=unsaid.astype(np.float64),
        )

    def explain_reading(self, reading: NgramReading) -> Explanation:
        """As ``explain``, of text that was read already."""
        tokens, feature, said, unsaid = reading.tokens, reading.feature, reading.said, reading.unsaid
        # What an n-gram adds is the score with it minus the score without it, shared by its occurrences ...
        present = np.flatnonzero(reading.occurrences)
        per_occurrence = np.zeros(self.weights.shape)
        gain = (said[present] - unsaid[present]) / reading.occurrences[present]
        per_occurrence[present] = gain[:, None] * self.weights[present]
        # ... and the score of saying none of the vocabulary is the cost of the text's mere length: shared by tokens.
        constant = self.amount_constant(tokens.n_windows)
        rest = unsaid @ self.weights + constant
        share = np.bincount(tokens.utterances, minlength=reading.n_utterances) / max(len(tokens.keys), 1)
        contributions = share[:, None] * rest
        utterance = tokens.utterances[reading.is_known]
        for target in range(contributions.shape[1]):
            contributions[:, target] += np.bincount(
                utterance, weights=per_occurrence[feature, target], minlength=reading.n_utterances
            )
        known_share = float(reading.is_known[are_pairs(tokens.keys)].mean()) if tokens.n_bigrams else 0.0
        score = self.intercept + said @ self.weights + constant
        return Explanation(score, contributions, tokens.n_windows, known_share)
