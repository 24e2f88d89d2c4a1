"""What every model stands beside: the constant, and the plain n-gram kernel. Both are regressors of the protocol."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seikaku.model.regressor import FloatArray, IntArray, Side
from seikaku.training.fitting.parts import sum_rows


@dataclass(frozen=True)
class ConstantRegressor:
    """The training speakers' median, whatever the text: the MAE that a model must beat."""

    name: str = "constant"
    is_separable: bool = field(default=True, init=False)

    def encode(self, sides: Sequence[Side]) -> None:
        """Needs no features."""

    def fit(
        self, rows: Any, bags: Sequence[IntArray], scores: FloatArray, *, groups: IntArray, seed: int
    ) -> "FittedConstant":
        """Remember the medians of ``scores`` (n_speakers, n_targets)."""
        return FittedConstant(np.median(scores, axis=0))


@dataclass(frozen=True)
class FittedConstant:
    """The medians, shape (n_targets,)."""

    median: FloatArray

    def estimate(self, rows: Any, bags: Sequence[IntArray]) -> FloatArray:
        """The medians for every bag, shape (n_bags, n_targets)."""
        return np.tile(self.median, (len(bags), 1))

    def half_width(self, rows: Any, bags: Sequence[IntArray]) -> None:
        """It has no intervals."""


@dataclass(frozen=True)
class PlainNgramRegressor:
    """Counts of character 1-2-grams of all own text, 1 + log, unit norm, kernel ridge with a fixed penalty.

    The published baseline of the development data. It learns from the *amount* of text (the protocol's amount trap
    shows it); kept as the plain way that the shipped model is compared with.
    """

    penalty: float = 0.1
    name: str = "plain-ngram"
    is_separable: bool = field(default=True, init=False)

    def encode(self, sides: Sequence[Side]) -> Any:
        """Count character 1-2-grams of the text as it is, never across utterances -> CSR (n_rows, n_ngrams)."""
        from collections import Counter

        from scipy import sparse

        columns: dict[str, int] = {}
        indices: list[int] = []
        data: list[int] = []
        pointers = [0]
        for side in sides:
            counts: Counter[str] = Counter()
            for text in side.texts:
                counts.update(text)
                counts.update(map("".join, zip(text, text[1:], strict=False)))
            for ngram, count in counts.items():
                indices.append(columns.setdefault(ngram, len(columns)))
                data.append(count)
            pointers.append(len(indices))
        return sparse.csr_matrix((np.array(data, np.float32), indices, pointers), (len(sides), len(columns)))

    def fit(
        self, rows: Any, bags: Sequence[IntArray], scores: FloatArray, *, groups: IntArray, seed: int
    ) -> "FittedPlainNgram":
        """Dual weights of kernel ridge on deviations from the mean of ``scores`` (n_speakers, n_targets)."""
        features = _log_unit(sum_rows(rows, bags))
        kernel = (features @ features.T).toarray()
        mean = scores.mean(axis=0)
        dual = np.linalg.solve(kernel + self.penalty * np.eye(len(kernel)), scores - mean)
        return FittedPlainNgram(features, dual, mean)


@dataclass(frozen=True)
class FittedPlainNgram:
    """Training features (CSR) and dual weights (n_speakers, n_targets)."""

    features: Any
    dual: FloatArray
    mean: FloatArray

    def estimate(self, rows: Any, bags: Sequence[IntArray]) -> FloatArray:
        """Estimates on the label's scale, shape (n_bags, n_targets)."""
        kernel = (_log_unit(sum_rows(rows, bags)) @ self.features.T).toarray()
        return np.asarray(self.mean + kernel @ self.dual)

    def half_width(self, rows: Any, bags: Sequence[IntArray]) -> None:
        """It has no intervals."""


def _log_unit(counts: Any) -> Any:
    from scipy import sparse

    features = counts.tocsr().astype(np.float64)
    features.data = 1.0 + np.log(features.data)
    norm = np.sqrt(np.asarray(features.multiply(features).sum(axis=1)).ravel())
    return sparse.diags_array(1.0 / np.maximum(norm, 1e-12)) @ features
