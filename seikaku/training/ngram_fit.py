"""Fit the n-gram model: kernel ridge on mixed bags, tuned and calibrated on inner folds of the training speakers.

In: rows of n-gram counts, one bag a speaker, scores. Out: ``CalibratedNgram``. No effects; needs scipy.
Ridge in its dual form: with n_bags << n_features the kernel is small. A speaker's bags share that speaker's weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seikaku.config import NgramConfig
from seikaku.corpora.splits import speaker_folds
from seikaku.model.calibration import AmountTable, conformal_quantile
from seikaku.model.ngram import Float32Array, NgramModel, count_windows, stabilize_shares, tokenize
from seikaku.model.regressor import FloatArray, IntArray
from seikaku.training.bags import BagSet, mix_bags, sum_rows

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
    penalty: FloatArray
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
        """Fit on one bag a speaker; penalty, slope and interval come from inner folds by speaker."""
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
    used = (sum_rows(rows.counts, bags) > 0).sum(axis=0)
    columns = np.flatnonzero(np.asarray(used).ravel() >= config.min_speakers)
    mixed = mix_bags(bags, config.bag_sizes, config.bags_per_size, seed)
    counts, n_windows = _bag_counts(rows, mixed.rows, columns)
    whole = mixed.size == 0
    prior = ((counts[whole].sum(axis=0) + 0.5) / (n_windows[whole].sum() + 1.0)).astype(np.float32)
    features = stabilize_shares(counts, n_windows[:, None], prior, config.prior_windows)
    centre = features.mean(axis=0)
    scale = (features.std(axis=0) + 1e-6) ** -config.scale_power
    features -= centre
    features *= scale
    kernel = (features @ features.T).astype(np.float64)
    kernel /= np.trace(kernel) / len(kernel)
    unit = float((features**2).sum() / len(features))
    targets = scores[mixed.speaker]
    inner = _inner_estimates(kernel, targets, mixed, config, seed)
    weight = 1.0 / mixed.n_of_speaker
    errors = np.stack([(weight[:, None] * (targets - guess) ** 2).sum(axis=0) for guess in inner.values()])
    best = errors.argmin(axis=0)
    guesses = np.take_along_axis(np.stack(list(inner.values())), best[None, None, :], axis=0)[0]
    intercept = scores.mean(axis=0)
    slope = _slope(guesses - intercept, targets - intercept, weight)
    residuals = np.abs(targets - intercept - slope * (guesses - intercept))
    penalty = np.array(list(inner))[best]
    dual = _solve_by_target(kernel, targets - intercept, mixed.n_of_speaker, penalty)
    weights = (features.T @ dual.astype(np.float32)) * (slope / unit) * scale[:, None]
    model = NgramModel(
        keys=rows.keys[columns],
        prior=prior,
        centre=centre.astype(np.float32),
        weights=weights.astype(np.float32),
        intercept=intercept,
        window_chars=config.window_chars,
        prior_windows=config.prior_windows,
    )
    return CalibratedNgram(model, _half_widths(residuals, weight, mixed, n_windows), penalty, slope)


def _bag_counts(rows: NgramRows, bags: Sequence[IntArray], columns: IntArray) -> tuple[Float32Array, FloatArray]:
    counts = sum_rows(rows.counts, bags)[:, columns].toarray()
    return counts, np.array([rows.n_windows[bag].sum() for bag in bags], np.float64)


def _inner_estimates(
    kernel: FloatArray, targets: FloatArray, mixed: BagSet, config: NgramConfig, seed: int
) -> dict[float, FloatArray]:
    """For each penalty, estimates of every bag by models that did not see its speaker."""
    n_speakers = int(mixed.speaker.max()) + 1
    fold = speaker_folds(n_speakers, min(config.n_inner_folds, n_speakers), seed)[mixed.speaker]
    estimates = {penalty: np.zeros_like(targets) for penalty in config.penalties}
    for held_out in range(int(fold.max()) + 1):
        test, train = fold == held_out, fold != held_out
        n_of_speaker = mixed.n_of_speaker[train]
        mean = np.average(targets[train], axis=0, weights=1.0 / n_of_speaker)
        for penalty, guess in estimates.items():
            dual = _solve(kernel[np.ix_(train, train)], targets[train] - mean, n_of_speaker, penalty)
            guess[test] = mean + kernel[np.ix_(test, train)] @ dual
    return estimates


def _solve(kernel: FloatArray, targets: FloatArray, n_of_speaker: IntArray, penalty: float) -> FloatArray:
    from scipy import linalg

    regularised = kernel + np.diag(penalty * n_of_speaker)
    return np.asarray(linalg.cho_solve(linalg.cho_factor(regularised, lower=True, overwrite_a=True), targets))


def _solve_by_target(
    kernel: FloatArray, targets: FloatArray, n_of_speaker: IntArray, penalty: FloatArray
) -> FloatArray:
    dual = np.zeros_like(targets)
    for value in np.unique(penalty):
        chosen = penalty == value
        dual[:, chosen] = _solve(kernel, targets[:, chosen], n_of_speaker, float(value))
    return dual


def _slope(guesses: FloatArray, targets: FloatArray, weight: FloatArray) -> FloatArray:
    """Regression through the origin of label on estimate: how much of its spread an estimate deserves."""
    covariance = (weight[:, None] * guesses * targets).sum(axis=0)
    variance = (weight[:, None] * guesses**2).sum(axis=0)
    return np.clip(covariance / np.maximum(variance, 1e-12), *_SLOPE_RANGE)


def _half_widths(residuals: FloatArray, weight: FloatArray, mixed: BagSet, n_windows: FloatArray) -> AmountTable:
    sizes = [size for size in np.unique(mixed.size) if size > 0] + [0]
    amounts, widths = [], []
    for size in sizes:
        chosen = mixed.size == size
        if size and not amounts or n_windows[chosen].mean() > (amounts[-1] if amounts else 0.0):
            amounts.append(float(np.median(n_windows[chosen])))
            share = 1.0 / np.bincount(mixed.speaker[chosen])[mixed.speaker[chosen]]
            widths.append(conformal_quantile(residuals[chosen], share, INTERVAL_COVERAGE))
    # More text never makes an interval wider: pool what sampling noise turned round.
    return AmountTable(np.array(amounts), np.minimum.accumulate(np.stack(widths), axis=0))
