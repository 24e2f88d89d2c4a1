"""What an estimate is: frozen values and their JSON form, the same for shell, page, API and Python. No effects.

Scores are on the label's 1-7 scale; T-scores (偏差値) have mean 50 and SD 10 in the named norm group.
Reasons and warnings are codes here; ``report.words.texts`` has the words in Japanese and English.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from seikaku.model.norm import Norm
from seikaku.traits import TRAIT_KEYS
from seikaku.version import __version__

SCHEMA_VERSION = 1

Status = Literal["ok", "low_evidence", "withheld"]


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval that holds the speaker's self-report score with 80 % probability, on both scales."""

    low_1to7: float
    high_1to7: float
    low_t: float
    high_t: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Measured Pearson r between estimate and self-report at this amount of text, with its 95 % interval."""

    r: float
    r_low_95: float
    r_high_95: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """One utterance of the target speaker and how far it moved the estimate (in T-score points, signed).

    The contributions of all utterances add up to the estimate's distance from the norm mean.
    """

    conversation_id: str
    utterance_index: int
    text: str
    contribution_t: float


@dataclass(frozen=True, slots=True)
class TraitEstimate:
    """The estimate of one trait. When ``status`` is "withheld" score, T-score, percentile and interval are None.

    ``reason`` is None for "ok", else a code: "accuracy_uncertain" or "unlike_norm" (low_evidence), "accuracy_too_low",
    "too_little_text", "unusual_writing", or a withholding code of the quality guard.
    ``crosses_mean``: the interval holds the norm mean,
    so neither pole may be claimed.
    """

    status: Status
    reason: str | None
    score_1to7: float | None
    t_score: float | None
    percentile: float | None
    interval_80: Interval | None
    crosses_mean: bool | None
    accuracy: Accuracy | None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model made an estimate: its id, and the SHA-256 of its weights and calibration."""

    model_id: str
    model_hash: str


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of the target speaker's own text was used. ``n_chars`` counts characters without white space."""

    n_conversations: int
    n_utterances: int
    n_chars: int


@dataclass(frozen=True, slots=True)
class EstimateWarning:
    """Something the reader of an estimate should know: a code and the figures for its text."""

    code: str
    values: dict[str, float | int | str]


@dataclass(frozen=True, slots=True)
class TraitEstimates:
    """The five estimates of one speaker, in the order O C E A N, with what they rest on."""

    speaker: str
    traits: dict[str, TraitEstimate]
    amount: Amount
    model: ModelIdentity
    norm: Norm
    warnings: tuple[EstimateWarning, ...] = ()

    def __post_init__(self) -> None:
        """Check that exactly the five traits are there, in order."""
        if tuple(self.traits) != TRAIT_KEYS:
            raise ValueError(f"traits must be {TRAIT_KEYS}, got {tuple(self.traits)}")

    def to_dict(self, *, with_evidence: bool = True) -> dict[str, Any]:
        """The JSON form. Floats are rounded to 4 digits so that every door prints the same number."""
        traits = {}
        for key, estimate in self.traits.items():
            fields = asdict(estimate)
            if not with_evidence:
                fields.pop("evidence")
            traits[key] = fields
        value: dict[str, Any] = rounded(
            {
                "schema_version": SCHEMA_VERSION,
                "seikaku_version": __version__,
                "model": asdict(self.model),
                "norm": asdict(self.norm),
                "speaker": self.speaker,
                "amount": asdict(self.amount),
                "traits": traits,
                "warnings": [{"code": warning.code, **warning.values} for warning in self.warnings],
            }
        )
        return value


def rounded(value: Any) -> Any:
    """JSON values with every float rounded to 4 digits; a tuple becomes a list."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value
