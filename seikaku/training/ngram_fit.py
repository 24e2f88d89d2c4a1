"""Fit the n-gram model: kernel ridge on whole speakers, calibrated on inner folds of the training speakers.

In: rows of n-gram counts, one bag a speaker, scores. Out: ``CalibratedNgram``. No effects; needs scipy.
Ridge in its dual form: with n_speakers << n_features the kernel is small.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seikaku.config import NgramConfig
from seikaku.model.calibration import AmountTable
from seikaku.model.ngram import Float32Array, NgramModel, count_windows, stabilize_shares, tokenize
from seikaku.model.regressor import FloatArray, IntArray, Side
from seikaku.training.amount_calibration import calibrate
from seikaku.training.bags import draw_parts, sum_rows
from seikaku.training.kernel_ridge import guess_held_out, solve_dual


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

    def encode(self, sides: Sequence[Side]) -> NgramRows:
        """Count n-grams per row; label-free, so it may see all rows at once."""
        return encode_rows([side.texts for side in sides], self.config.window_chars)

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
    guesses = guess_held_out(kernel, scores, parts, penalty=config.penalty, n_folds=config.n_inner_folds, seed=seed)
    intercept = scores.mean(axis=0)
    calibration = calibrate(guesses, scores, parts, n_windows, intercept)
    dual = solve_dual(kernel[whole], scores - intercept, config.penalty)
    weights = (features[whole].T @ dual.astype(np.float32)) * (calibration.slope / unit) * scale[:, None]
    model = NgramModel(
        keys=rows.keys[columns],
        prior=prior,
        centre=centre.astype(np.float32),
        weights=weights.astype(np.float32),
        intercept=intercept,
        window_chars=config.window_chars,
        prior_windows=config.prior_windows,
        offset=calibration.offset,
    )
    return CalibratedNgram(model, calibration.half_widths, calibration.slope)


def _shared_columns(rows: NgramRows, bags: Sequence[IntArray], min_speakers: int) -> IntArray:
    """The n-grams that at least ``min_speakers`` speakers use."""
    n_users = np.asarray((sum_rows(rows.counts, bags) > 0).sum(axis=0)).ravel()
    return np.flatnonzero(n_users >= min_speakers)


def _bag_counts(rows: NgramRows, bags: Sequence[IntArray], columns: IntArray) -> tuple[Float32Array, FloatArray]:
    counts = sum_rows(rows.counts, bags)[:, columns].toarray()
    return counts, np.array([rows.n_windows[bag].sum() for bag in bags], np.float64)
