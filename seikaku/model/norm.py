"""The norm group that T-scores refer to. A frozen value; no effects."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.model.checking import check_number, check_whole, check_words
from seikaku.traits import SCALE_MAX, SCALE_MIN, TRAIT_KEYS

_LEAST_SD = 1e-3


@dataclass(frozen=True, slots=True)
class Norm:
    """A named group of speakers: mean and SD of their self-report scores (1-7), per trait key."""

    name_ja: str
    name_en: str
    n_speakers: int
    mean_1to7: dict[str, float]
    sd_1to7: dict[str, float]

    @classmethod
    def of_scores(cls, name_ja: str, name_en: str, scores: NDArray[np.float64]) -> "Norm":
        """The norm group of speakers with these self-reports, (n_speakers, n_traits) on 1-7."""
        return cls(
            name_ja,
            name_en,
            n_speakers=len(scores),
            mean_1to7=dict(zip(TRAIT_KEYS, scores.mean(axis=0).tolist(), strict=True)),
            sd_1to7=dict(zip(TRAIT_KEYS, scores.std(axis=0, ddof=1).tolist(), strict=True)),
        )

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Norm":
        """From the fields as JSON has them. Raises KeyError, TypeError or ValueError for other content."""
        means, sds = value["mean_1to7"], value["sd_1to7"]
        return cls(
            check_words(value["name_ja"], "name_ja"),
            check_words(value["name_en"], "name_en"),
            check_whole(value["n_speakers"], "n_speakers"),
            {key: check_number(means[key], "mean_1to7", SCALE_MIN, SCALE_MAX) for key in TRAIT_KEYS},
            {key: check_number(sds[key], "sd_1to7", _LEAST_SD, SCALE_MAX) for key in TRAIT_KEYS},
        )

    @property
    def means(self) -> NDArray[np.float64]:
        """``mean_1to7`` in the traits' order, (n_traits,): what scores are drawn to."""
        return np.array([self.mean_1to7[key] for key in TRAIT_KEYS])

    def t_score(self, trait: str, score_1to7: float) -> float:
        """The T-score (偏差値: mean 50, SD 10 in the norm group) of a score on 1-7."""
        return 50.0 + 10.0 * (score_1to7 - self.mean_1to7[trait]) / self.sd_1to7[trait]
