"""A frozen encoder with ridge on top, as the evaluation protocol sees it. In: dialogue sides. Out: estimates.

Each dialogue is one vector (the mean of its tokens'); a speaker is the mean and the SD of their dialogues' vectors.
Both are shrunk towards the training speakers' by how much dialogues of one speaker differ beside how much speakers do,
so that one dialogue says little and many say more. Ridge is calibrated on inner folds, as for the n-gram model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from seikaku.config import EMBEDDED
from seikaku.model.regressor import FloatArray, IntArray, Side
from seikaku.training.fitting.amounts import Corrections, calibrate, leave_uncalibrated
from seikaku.training.fitting.kernel import choose_penalty, guess_held_out, solve_dual
from seikaku.training.fitting.parts import draw_parts
from seikaku.training.speakers.pooling import PooledRows, pool_rows
from seikaku.training.speakers.stored import pool_stored
from seikaku.training.speakers.windows import encode_rows

_PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0)
_LEAST_BETWEEN = 1e-3  # of the variance within: speakers who seem alike are not taken for identical
# What an encoder reads of every speaker within minutes on a CPU; it would take most of an hour for all.
_PROTOCOL = MappingProxyType({"max_dialogues": 15})


@dataclass(frozen=True, slots=True)
class FrozenConfig:
    """Which encoder, what it reads, and how ridge on it is calibrated."""

    backbone: str = EMBEDDED
    max_tokens: int = 512
    with_partner: bool = False
    precision: str = "fp32"
    calibration_sizes: tuple[int, ...] = (1, 3, 10, 30)
    parts_per_size: int = 4
    n_inner_folds: int = 5


@dataclass(frozen=True)
class FrozenRegressor:
    """Ridge on a frozen encoder's vectors, which ``vectors`` (a folder) keeps; ``report`` gets lines meanwhile."""

    config: FrozenConfig = FrozenConfig()
    name: str = "frozen"
    is_calibrated: bool = True
    vectors: Path | None = field(default=None, compare=False)
    report: Callable[[str], None] = field(default=lambda line: None, compare=False)
    protocol: ClassVar[Mapping[str, Any]] = _PROTOCOL

    def encode(self, sides: Sequence[Side]) -> PooledRows:
        """One vector a dialogue side; label-free, so it may see all sides at once."""
        from seikaku.model.encoder.backbone import find_backbone, weights_digest
        from seikaku.model.encoder.hardware import compute_device
        from seikaku.model.encoder.lora import load_encoder

        config = self.config
        files = find_backbone(config.backbone)
        encoder = load_encoder(files, None).to(compute_device())
        encoded = encode_rows(sides, encoder.tokenizer, encoder.special, with_partner=config.with_partner)
        reading: Any = {"max_tokens": min(config.max_tokens, encoder.max_tokens), "precision": config.precision}
        return pool_stored(
            lambda rows: pool_rows(encoder, encoded, rows, **reading),
            encoded,
            {
                "weights": weights_digest(files),
                "special": encoder.special,
                "pooling": encoder.pooling,
                **reading,
            },
            self.vectors,
            self.report,
        )

    def uncalibrated(self) -> "FrozenRegressor":
        """The same model without slope, offset and intervals: several times as fast to fit."""
        return replace(self, is_calibrated=False)

    def fit(
        self, rows: PooledRows, bags: Sequence[IntArray], scores: FloatArray, *, groups: IntArray, seed: int
    ) -> "FittedFrozen":
        """Ridge on one bag a speaker; penalty by leave-one-out, slope and interval by inner folds."""
        config = self.config
        scale = _measure_spread(rows, bags)
        sizes = config.calibration_sizes if self.is_calibrated else ()
        parts = draw_parts(bags, sizes, config.parts_per_size, seed)
        described = _describe(rows, parts.rows, scale)
        whole = slice(0, len(bags))
        centre, sd = described[whole].mean(axis=0), described[whole].std(axis=0) + 1e-9
        features = (described - centre) / sd
        unit = float((features[whole] ** 2).sum() / len(bags))
        kernel = features @ features[whole].T / unit
        intercept = scores.mean(axis=0)
        penalty = choose_penalty(kernel[whole], scores - intercept, _PENALTIES)
        corrections = leave_uncalibrated(scores.shape[1])
        if self.is_calibrated:
            guesses = guess_held_out(
                kernel, scores, parts, groups, penalty=penalty, n_folds=config.n_inner_folds, seed=seed
            )
            corrections = calibrate(guesses, scores, parts, rows.tokens_of(parts.rows), intercept)
        weights = features[whole].T @ solve_dual(kernel[whole], scores - intercept, penalty) / unit
        return FittedFrozen(scale, centre, weights / sd[:, None], intercept, corrections)


@dataclass(frozen=True)
class _Spread:
    """``mean`` and ``within`` (variance) of dialogue vectors, (width,); ``prior``: dialogues that the prior counts."""

    mean: FloatArray
    within: FloatArray
    prior: float


@dataclass(frozen=True)
class FittedFrozen:
    """A linear model on a bag's description, with its corrections."""

    spread: _Spread
    centre: FloatArray
    weights: FloatArray
    intercept: FloatArray
    corrections: Corrections

    def estimate(self, rows: PooledRows, bags: Sequence[IntArray]) -> FloatArray:
        """Estimates on the label's scale, shape (n_bags, n_targets)."""
        deviations = (_describe(rows, bags, self.spread) - self.centre) @ self.weights
        left = self.corrections.apply(self.corrections.slope * deviations, rows.tokens_of(bags))
        return np.asarray(self.intercept + left)

    def half_width(self, rows: PooledRows, bags: Sequence[IntArray]) -> FloatArray:
        """Half-widths of the 80 % intervals, shape (n_bags, n_targets)."""
        return self.corrections.half_widths.at(rows.tokens_of(bags))

    def standing(self, rows: PooledRows, bags: Sequence[IntArray]) -> tuple[FloatArray, FloatArray]:
        """Spread between speakers and agreement of repeats (``Standing``), each (n_bags, n_targets)."""
        return self.corrections.standing.at(rows.tokens_of(bags))


def _measure_spread(rows: PooledRows, bags: Sequence[IntArray]) -> _Spread:
    vectors = rows.means.astype(np.float64)
    means = np.stack([vectors[bag].mean(axis=0) for bag in bags])
    squares = sum(((vectors[bag] - mean) ** 2).sum(axis=0) for bag, mean in zip(bags, means, strict=True))
    n_rows = np.array([len(bag) for bag in bags])
    within = np.asarray(squares) / max(int((n_rows - 1).sum()), 1) + 1e-12
    # The variance of speakers' means is that of the speakers and what is left of their dialogues'.
    between = means.var(axis=0) - within * (1 / n_rows).mean()
    share = max(float(between.mean() / within.mean()), _LEAST_BETWEEN)
    return _Spread(means.mean(axis=0), within, 1 / share)


def _describe(rows: PooledRows, bags: Sequence[IntArray], spread: _Spread) -> FloatArray:
    """Shrunk mean and SD of each bag's dialogue vectors, (n_bags, 2 * width)."""
    vectors = rows.means
    described = np.empty((len(bags), 2 * vectors.shape[1]))
    for index, bag in enumerate(bags):
        own = vectors[bag].astype(np.float64)
        mean = own.mean(axis=0)
        squares = ((own - mean) ** 2).sum(axis=0)
        shrunk = (len(bag) * mean + spread.prior * spread.mean) / (len(bag) + spread.prior)
        variance = (squares + spread.prior * spread.within) / (len(bag) - 1 + spread.prior)
        described[index] = np.concatenate([shrunk, np.sqrt(variance)])
    return described
