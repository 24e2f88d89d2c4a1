"""Fit the n-gram model: kernel ridge on whole speakers, tuned and calibrated on inner folds of the training speakers.

In: rows of n-gram counts, one bag a speaker, scores. Out: ``CalibratedNgram``. No effects; needs scipy.
Ridge in its dual form: with n_speakers << n_features the kernel is small.
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
    penalty, guesses = _tune(kernel, scores, parts, config, seed)
    intercept = scores.mean(axis=0)
    targets = scores[parts.speaker]
    slope = _slope((guesses - intercept)[whole], (targets - intercept)[whole])
    residuals = np.abs(targets - intercept - slope * (guesses - intercept))
    dual = _solve_by_target(kernel[whole], scores - intercept, penalty)
    weights = (features[whole].T @ dual.astype(np.float32)) * (slope / unit) * scale[:, None]
    model = NgramModel(
        keys=rows.keys[columns],
        prior=prior,
        centre=centre.astype(np.float32),
        weights=weights.astype(np.float32),
        intercept=intercept,
        window_chars=config.window_chars,
        prior_windows=config.prior_windows,
    )
    return CalibratedNgram(model, _half_widths(residuals, parts, n_windows), penalty, slope)


def _shared_columns(rows: NgramRows, bags: Sequence[IntArray], min_speakers: int) -> IntArray:
    """The n-grams that at least ``min_speakers`` speakers use."""
    n_users = np.asarray((sum_rows(rows.counts, bags) > 0).sum(axis=0)).ravel()
    return np.flatnonzero(n_users >= min_speakers)


def _bag_counts(rows: NgramRows, bags: Sequence[IntArray], columns: IntArray) -> tuple[Float32Array, FloatArray]:
    counts = sum_rows(rows.counts, bags)[:, columns].toarray()
    return counts, np.array([rows.n_windows[bag].sum() for bag in bags], np.float64)


def _tune(
    kernel: FloatArray, scores: FloatArray, parts: BagSet, config: NgramConfig, seed: int
) -> tuple[FloatArray, FloatArray]:
    """The penalty of each target, and the estimates of every part under it by models that did not see its speaker.

    ``kernel`` (n_parts, n_speakers). The penalty is the one that orders the held-out speakers best, fold by fold.
    """
    n_speakers = len(scores)
    fold = speaker_folds(n_speakers, min(config.n_inner_folds, n_speakers), seed)
    guesses = np.zeros((len(config.penalties), len(kernel), scores.shape[1]))
    for held_out in range(int(fold.max()) + 1):
        train, test = fold != held_out, fold[parts.speaker] == held_out
        mean = scores[train].mean(axis=0)
        inner = kernel[:n_speakers][np.ix_(train, train)]
        for index, penalty in enumerate(config.penalties):
            dual = _solve(inner, scores[train] - mean, penalty)
            # Relative to the mean of all: else a fold's own mean would order the speakers, backwards.
            guesses[index, test] = scores.mean(axis=0) + kernel[np.ix_(test, train)] @ dual
    centred = scores - scores.mean(axis=0)
    whole = guesses[:, :n_speakers] - scores.mean(axis=0)
    agreement = (whole * centred).sum(axis=1) / np.sqrt((whole**2).sum(axis=1) + 1e-12)
    best = agreement.argmax(axis=0)
    chosen = np.take_along_axis(guesses, best[None, None, :], axis=0)[0]
    return np.array(config.penalties)[best], chosen


def _solve(kernel: FloatArray, targets: FloatArray, penalty: float) -> FloatArray:
    from scipy import linalg

    regularised = kernel + penalty * np.eye(len(kernel))
    return np.asarray(linalg.cho_solve(linalg.cho_factor(regularised, lower=True, overwrite_a=True), targets))


def _solve_by_target(kernel: FloatArray, targets: FloatArray, penalty: FloatArray) -> FloatArray:
    dual = np.zeros_like(targets)
    for value in np.unique(penalty):
        chosen = penalty == value
        dual[:, chosen] = _solve(kernel, targets[:, chosen], float(value))
    return dual


def _slope(guesses: FloatArray, targets: FloatArray) -> FloatArray:
    """Regression through the origin of label on estimate: how much of its spread an estimate deserves."""
    slope = (guesses * targets).sum(axis=0) / np.maximum((guesses**2).sum(axis=0), 1e-12)
    return np.asarray(np.clip(slope, *_SLOPE_RANGE))


def _half_widths(residuals: FloatArray, parts: BagSet, n_windows: FloatArray) -> AmountTable:
    """Conformal half-widths at the median number of windows of each size, never wider with more text."""
    amounts: list[float] = []
    widths: list[FloatArray] = []
    for size in [*np.unique(parts.size[parts.size > 0]).tolist(), 0]:
        chosen = parts.size == size
        amount = float(np.median(n_windows[chosen]))
        if amounts and amount <= amounts[-1]:  # a corpus with little text a speaker: "all" is no more than a part
            continue
        share = 1.0 / np.bincount(parts.speaker[chosen])[parts.speaker[chosen]]
        amounts.append(amount)
        widths.append(conformal_quantile(residuals[chosen], share, INTERVAL_COVERAGE))
    # More text never makes an interval wider: what sampling noise turned round is pooled.
    return AmountTable(np.array(amounts), np.minimum.accumulate(np.stack(widths), axis=0))
