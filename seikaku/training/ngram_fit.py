"""Fit the n-gram model: kernel ridge on whole speakers, calibrated on inner folds of the training speakers.

In: rows of n-gram counts, one bag a speaker, scores. Out: ``CalibratedNgram``. No effects; needs scipy.
Ridge in its dual form: with n_speakers << n_features the kernel is small.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seikaku.config import NgramConfig
from seikaku.corpora.splits import speaker_folds
from seikaku.model.calibration import AmountTable, conformal_quantile
from seikaku.model.ngram import Float32Array, NgramModel, count_windows, stabilize_shares, tokenize
from seikaku.model.regressor import FloatArray, IntArray
from seikaku.training.bags import BagSet, draw_parts, sum_rows

INTERVAL_COVERAGE = 0.8
# A slope from few speakers can come out at zero or below; the estimate then keeps a tenth of its spread, so that it
# stays an estimate (its rank), while its interval says that it is worth little.
_SLOPE_RANGE = (0.1, 1.0)


@dataclass(frozen=True)
class NgramRows:
    """Counts of all rows: ``keys`` (n_all,) sorted; ``counts`` CSR (n_rows, n_all); ``n_windows`` (n_rows,)."""

    keys: IntArray
    counts: Any
    n_windows: IntArray


@dataclass(frozen=True)
class CalibratedNgram:
    """A fitted model with its interval table (half-widths by number of windows)."""

    model: NgramModel
    half_widths: AmountTable
    slope: FloatArray

    def estimate(self, rows: NgramRows, bags: Sequence[IntArray]) -> FloatArray:
        """Estimates on the label's scale, shape (n_bags, n_targets)."""
        counts, n_windows = _bag_counts(rows, bags, np.searchsorted(rows.keys, self.model.keys))
        return self.model.estimate_counts(counts, n_windows)

    def half_width(self, rows: NgramRows, bags: Sequence[IntArray]) -> FloatArray:
        """Half-widths of the 80 % intervals, shape (n_bags, n_targets)."""
        return self.half_widths.at(np.array([rows.n_windows[bag].sum() for bag in bags], np.float64))


@dataclass(frozen=True)
class NgramRegressor:
    """The CPU default as the evaluation protocol sees it."""

    config: NgramConfig = NgramConfig()
    name: str = "ngram"

    def encode(self, texts: Sequence[Sequence[str]]) -> NgramRows:
        """Count n-grams per row; label-free, so it may see all rows at once."""
        return encode_rows(texts, self.config.window_chars)

    def fit(self, rows: NgramRows, bags: Sequence[IntArray], scores: FloatArray, *, seed: int) -> CalibratedNgram:
        """Fit on one bag a speaker; slope and interval come from inner folds by speaker."""
        return fit_ngram(rows, bags, scores, self.config, seed)


def encode_rows(texts: Sequence[Sequence[str]], window_chars: int) -> NgramRows:
    """N-gram window counts of each row; rows are one conversation each."""
    from scipy import sparse

    keys: list[IntArray] = []
    counts: list[IntArray] = []
    n_windows = np.zeros(len(texts), np.int64)
    for row, utterances in enumerate(texts):
        tokens = tokenize([utterances], window_chars)
        row_keys, row_counts = count_windows(tokens)
        keys.append(row_keys)
        counts.append(row_counts)
        n_windows[row] = tokens.n_windows
    pointers = np.concatenate([[0], np.cumsum([len(row) for row in keys])])
    vocabulary, columns = np.unique(np.concatenate(keys), return_inverse=True)
    data = np.concatenate(counts).astype(np.float32)
    matrix = sparse.csr_matrix((data, columns, pointers), (len(texts), len(vocabulary)))
    return NgramRows(vocabulary, matrix, n_windows)


def fit_ngram(
    rows: NgramRows, bags: Sequence[IntArray], scores: FloatArray, config: NgramConfig, seed: int
) -> CalibratedNgram:
    """Fit one model to ``scores`` (n_speakers, n_targets); ``bags[i]`` holds all usable rows of speaker i."""
    columns = _shared_columns(rows, bags, config.min_speakers)
    parts = draw_parts(bags, config.calibration_sizes, config.parts_per_size, seed)
    counts, n_windows = _bag_counts(rows, parts.rows, columns)
    whole = slice(0, len(bags))
    prior = ((counts[whole].sum(axis=0) + 0.5) / (n_windows[whole].sum() + 1.0)).astype(np.float32)
    features = stabilize_shares(counts, n_windows[:, None], prior, config.prior_windows)
    centre = features[whole].mean(axis=0)
    scale = (features[whole].std(axis=0) + 1e-6) ** -config.scale_power
    features -= centre
    features *= scale
    unit = float((features[whole] ** 2).sum() / len(bags))
    kernel = (features @ features[whole].T).astype(np.float64) / unit
    guesses = _guess_held_out(kernel, scores, parts, config, seed)
    intercept = scores.mean(axis=0)
    targets = scores[parts.speaker]
    slope = _slope((guesses - intercept)[whole], (targets - intercept)[whole])
    deviations = slope * (guesses - intercept)
    offset = _by_amount(deviations, parts, n_windows, _weighted_mean)
    residuals = np.abs(targets - intercept - deviations + offset.at(n_windows))
    half_widths = _by_amount(residuals, parts, n_windows, _interval_half_width)
    # More text never makes an interval wider: what sampling noise turned round is pooled.
    half_widths = AmountTable(half_widths.amounts, np.minimum.accumulate(half_widths.values, axis=0))
    dual = _solve(kernel[whole], scores - intercept, config.penalty)
    weights = (features[whole].T @ dual.astype(np.float32)) * (slope / unit) * scale[:, None]
    model = NgramModel(
        keys=rows.keys[columns],
        prior=prior,
        centre=centre.astype(np.float32),
        weights=weights.astype(np.float32),
        intercept=intercept,
        window_chars=config.window_chars,
        prior_windows=config.prior_windows,
        offset=offset,
    )
    return CalibratedNgram(model, half_widths, slope)


def _shared_columns(rows: NgramRows, bags: Sequence[IntArray], min_speakers: int) -> IntArray:
    """The n-grams that at least ``min_speakers`` speakers use."""
    n_users = np.asarray((sum_rows(rows.counts, bags) > 0).sum(axis=0)).ravel()
    return np.flatnonzero(n_users >= min_speakers)


def _bag_counts(rows: NgramRows, bags: Sequence[IntArray], columns: IntArray) -> tuple[Float32Array, FloatArray]:
    counts = sum_rows(rows.counts, bags)[:, columns].toarray()
    return counts, np.array([rows.n_windows[bag].sum() for bag in bags], np.float64)


def _guess_held_out(
    kernel: FloatArray, scores: FloatArray, parts: BagSet, config: NgramConfig, seed: int
) -> FloatArray:
    """Estimates of every part by a model that did not see its speaker; ``kernel`` (n_parts, n_speakers)."""
    n_speakers = len(scores)
    fold = speaker_folds(n_speakers, min(config.n_inner_folds, n_speakers), seed)
    guesses = np.zeros((len(kernel), scores.shape[1]))
    for held_out in range(int(fold.max()) + 1):
        train, test = fold != held_out, fold[parts.speaker] == held_out
        dual = _solve(kernel[:n_speakers][np.ix_(train, train)], scores[train] - scores[train].mean(0), config.penalty)
        # Around the mean of all: a fold's own mean is high where its labels are low, and would bias the slope down.
        guesses[test] = scores.mean(axis=0) + kernel[np.ix_(test, train)] @ dual
    return guesses


def _solve(kernel: FloatArray, targets: FloatArray, penalty: float) -> FloatArray:
    from scipy import linalg

    regularised = kernel + penalty * np.eye(len(kernel))
    return np.asarray(linalg.cho_solve(linalg.cho_factor(regularised, lower=True, overwrite_a=True), targets))


def _slope(guesses: FloatArray, targets: FloatArray) -> FloatArray:
    """Regression through the origin of label on estimate: how much of its spread an estimate deserves."""
    slope = (guesses * targets).sum(axis=0) / np.maximum((guesses**2).sum(axis=0), 1e-12)
    return np.asarray(np.clip(slope, *_SLOPE_RANGE))


def _by_amount(
    values: FloatArray,
    parts: BagSet,
    n_windows: FloatArray,
    summarize: Callable[[FloatArray, FloatArray], FloatArray],
) -> AmountTable:
    """``summarize(values, weights)`` of the parts of each size, each speaker with the same mass, at the median size."""
    amounts: list[float] = []
    rows: list[FloatArray] = []
    for size in [*np.unique(parts.size[parts.size > 0]).tolist(), 0]:
        chosen = parts.size == size
        amount = float(np.median(n_windows[chosen]))
        if amounts and amount <= amounts[-1]:  # a corpus with little text a speaker: "all" is no more than a part
            continue
        weights = 1.0 / np.bincount(parts.speaker[chosen])[parts.speaker[chosen]]
        amounts.append(amount)
        rows.append(summarize(values[chosen], weights))
    return AmountTable(np.array(amounts), np.stack(rows))


def _weighted_mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    return np.asarray(np.average(values, axis=0, weights=weights))


def _interval_half_width(residuals: FloatArray, weights: FloatArray) -> FloatArray:
    return conformal_quantile(residuals, weights, INTERVAL_COVERAGE)
