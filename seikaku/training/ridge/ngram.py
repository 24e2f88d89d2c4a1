"""Fit the n-gram model: kernel ridge on whole speakers, calibrated on inner folds of the training speakers.

In: rows of n-gram counts, one bag a speaker, scores. Out: ``CalibratedNgram``. No effects; needs scipy.
Ridge in its dual form: with n_speakers << n_features the kernel is small. What is style rather than content is taken
out of the features first (``training.style.directions``), so that no weight leans on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seikaku.config import NgramConfig
from seikaku.errors import DataError, both
from seikaku.model.ngram.model import Float32Array, NgramModel, count_windows, tokenize
from seikaku.model.regressor import FloatArray, IntArray, Side
from seikaku.training.fitting.amounts import Corrections, calibrate, leave_uncalibrated
from seikaku.training.fitting.kernel import guess_held_out, solve_dual
from seikaku.training.fitting.parts import draw_parts, sum_rows
from seikaku.training.fitting.shares import ShareMatrix, build_shares
from seikaku.training.style.directions import (
    BAG_SIZES,
    StyleSample,
    draw_style_sample,
    orthonormal,
    pair_bags,
    shift,
)
from seikaku.training.style.restyling import STYLES


@dataclass(frozen=True)
class NgramRows:
    """Counts of all rows: ``keys`` (n_all,) sorted; ``counts`` CSR (n_rows, n_all); ``n_windows`` (n_rows,).

    ``message_chars`` (n_rows,): mean characters of a message; ``style``: rows of the same dialogues restyled, or None.
    """

    keys: IntArray
    counts: Any
    n_windows: IntArray
    message_chars: FloatArray
    style: StyleSample | None = None


@dataclass(frozen=True)
class CalibratedNgram:
    """A fitted model, and what it was corrected by (tables by number of windows); its weights hold the slope."""

    model: NgramModel
    corrections: Corrections

    def estimate(self, rows: NgramRows, bags: Sequence[IntArray]) -> FloatArray:
        """Estimates on the label's scale, shape (n_bags, n_targets)."""
        columns = np.searchsorted(rows.keys, self.model.keys)
        prior, prior_windows = self.model.prior, self.model.prior_windows
        shares = build_shares(rows.counts, rows.n_windows, bags, prior, prior_windows, columns)
        n_windows, intercept = _sum_windows(rows, bags), self.model.intercept
        scores = self.model.estimate_shares(shares, n_windows)  # the weights hold the slope, the model its offset
        return np.asarray(intercept + self.corrections.shrinkage.at(n_windows) * (scores - intercept))

    def half_width(self, rows: NgramRows, bags: Sequence[IntArray]) -> FloatArray:
        """Half-widths of the 80 % intervals, shape (n_bags, n_targets)."""
        return self.corrections.half_widths.at(_sum_windows(rows, bags))

    def standing(self, rows: NgramRows, bags: Sequence[IntArray]) -> tuple[FloatArray, FloatArray]:
        """Spread between speakers and agreement of repeats (``Standing``), each (n_bags, n_targets)."""
        return self.corrections.standing.at(_sum_windows(rows, bags))


@dataclass(frozen=True)
class NgramRegressor:
    """The CPU default as the evaluation protocol sees it."""

    config: NgramConfig = field(default_factory=NgramConfig)
    name: str = "ngram"
    is_calibrated: bool = True
    is_separable: bool = field(default=True, init=False)

    def encode(self, sides: Sequence[Side]) -> NgramRows:
        """Count n-grams per row; label-free, so it may see all rows at once."""
        return encode_rows(sides, self.config)

    def uncalibrated(self) -> "NgramRegressor":
        """The same model without slope, offset and intervals: several times as fast to fit."""
        return replace(self, is_calibrated=False)

    def fit(
        self, rows: NgramRows, bags: Sequence[IntArray], scores: FloatArray, *, groups: IntArray, seed: int
    ) -> CalibratedNgram:
        """Fit on one bag a speaker; slope and interval come from inner folds by group of speakers."""
        return fit_ngram(rows, bags, scores, groups if self.is_calibrated else None, self.config, seed)


def encode_rows(sides: Sequence[Side], config: NgramConfig) -> NgramRows:
    """N-gram window counts of each row; rows are one conversation each, restyled ones after those of ``sides``."""
    from scipy import sparse

    texts: list[Sequence[str]] = [side.texts for side in sides]
    style = None
    if config.style_dialogues:
        style, restyled = draw_style_sample(sides, config.style_dialogues, len(texts))
        texts += restyled
    keys: list[IntArray] = []
    counts: list[IntArray] = []
    n_windows = np.zeros(len(texts), np.int64)
    for row, utterances in enumerate(texts):
        tokens = tokenize([utterances], config.window_chars)
        row_keys, row_counts = count_windows(tokens)
        keys.append(row_keys)
        counts.append(row_counts)
        n_windows[row] = tokens.n_windows
    pointers = np.concatenate([[0], np.cumsum([len(row) for row in keys])])
    vocabulary, columns = np.unique(np.concatenate(keys), return_inverse=True)
    data = np.concatenate(counts).astype(np.float32)
    matrix = sparse.csr_matrix((data, columns, pointers), (len(texts), len(vocabulary)))
    return NgramRows(vocabulary, matrix, n_windows, np.array(list(map(_message_chars, texts))), style)


def fit_ngram(
    rows: NgramRows,
    bags: Sequence[IntArray],
    scores: FloatArray,
    groups: IntArray | None,
    config: NgramConfig,
    seed: int,
) -> CalibratedNgram:
    """Fit one model to ``scores`` (n_speakers, n_targets); ``bags[i]`` holds all usable rows of speaker i.

    ``groups`` (n_speakers,): what inner folds keep together; None: the model is not calibrated.
    """
    columns = _shared_columns(rows, bags, config.min_speakers)
    counts = rows.counts[:, columns]
    used = np.concatenate(bags)
    prior = ((np.asarray(counts[used].sum(axis=0)).ravel() + 0.5) / (rows.n_windows[used].sum() + 1.0)).astype("f4")

    def shares(some_bags: Sequence[IntArray]) -> ShareMatrix:
        return build_shares(counts, rows.n_windows, some_bags, prior, config.prior_windows)

    features = shares(bags).dense()
    centre = features.mean(axis=0)
    scale = (features.std(axis=0) + 1e-6) ** -config.scale_power
    features -= centre
    features *= scale
    basis = _style_basis(rows, bags, features, scale, shares)
    features -= (features @ basis.T) @ basis
    unit = float((features**2).sum() / len(bags))
    to_kernel = (features * scale).T / np.float32(unit)  # raw features -> inner products with every speaker
    intercept = scores.mean(axis=0)
    if groups is None:
        kernel = (features @ features.T / np.float32(unit)).astype(np.float64)
        corrections = leave_uncalibrated(scores.shape[1])
    else:
        parts = draw_parts(bags, config.calibration_sizes, config.parts_per_size, seed)
        kernel = (shares(parts.rows) @ to_kernel - centre @ to_kernel).astype(np.float64)
        guesses = guess_held_out(
            kernel, scores, parts, groups, penalty=config.penalty, n_folds=config.n_inner_folds, seed=seed
        )
        corrections = calibrate(guesses, scores, parts, _sum_windows(rows, parts.rows), intercept)
    dual = solve_dual(kernel[: len(bags)], scores - intercept, config.penalty)
    model = NgramModel(
        keys=rows.keys[columns],
        prior=prior,
        centre=centre.astype(np.float32),
        weights=(to_kernel @ dual * corrections.slope).astype(np.float32),
        intercept=intercept,
        window_chars=config.window_chars,
        prior_windows=config.prior_windows,
        offset=corrections.offset,
    )
    return CalibratedNgram(model, corrections)


def _style_basis(
    rows: NgramRows, bags: Sequence[IntArray], features: Float32Array, scale: Float32Array, shares: Any
) -> Float32Array:
    """The directions that only style moves features in, and the one that goes with message length, orthonormal."""
    if rows.style is None:
        return np.zeros((0, len(scale)), np.float32)
    length = np.log([np.maximum(rows.message_chars[bag].mean(), 1.0) for bag in bags])
    directions = [(length - length.mean()) @ features]
    for size in BAG_SIZES:
        written, restyled = pair_bags(rows.style, bags, size)
        if written:
            before = shares(written)
            directions += [shift(before, shares(own), scale) for name, own in restyled.items() if name in STYLES]
    return orthonormal(directions).astype(np.float32)


def _shared_columns(rows: NgramRows, bags: Sequence[IntArray], min_speakers: int) -> IntArray:
    """The n-grams that at least ``min_speakers`` speakers use. Raises DataError where there are none."""
    n_users = np.asarray((sum_rows(rows.counts, bags) > 0).sum(axis=0)).ravel()
    columns = np.flatnonzero(n_users >= min_speakers)
    if not len(columns):
        raise DataError(
            both(
                f"学習する話者 {len(bags)} 人のうち {min_speakers} 人以上が使った n-gram がありません。",
                f"No n-gram is used by {min_speakers} or more of the {len(bags)} training speakers.",
            ),
            both(
                "話者の多いデータを使うか、seikaku fit では --min_speakers を小さくしてください。",
                "Use data with more speakers, or, with seikaku fit, a smaller --min_speakers.",
            ),
        )
    return columns


def _sum_windows(rows: NgramRows, bags: Sequence[IntArray]) -> FloatArray:
    return np.array([rows.n_windows[bag].sum() for bag in bags], np.float64)


def _message_chars(texts: Sequence[str]) -> float:
    return sum(map(len, texts)) / max(len(texts), 1)
