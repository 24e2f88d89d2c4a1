"""The norm group that T-scores refer to. A frozen value; no effects."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Norm:
    """A named group of speakers: mean and SD of their self-report scores (1-7), per trait key."""

    name_ja: str
    name_en: str
    n_speakers: int
    mean_1to7: dict[str, float]
    sd_1to7: dict[str, float]

    def t_score(self, trait: str, score_1to7: float) -> float:
        """The T-score (偏差値: mean 50, SD 10 in the norm group) of a score on 1-7."""
        return 50.0 + 10.0 * (score_1to7 - self.mean_1to7[trait]) / self.sd_1to7[trait]
