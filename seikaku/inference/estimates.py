"""What an estimate is: frozen values and their JSON form, the same for shell, page, API and Python. No effects.

Scores are on the label's 1-7 scale; T-scores (偏差値) have mean 50 and SD 10 in the named norm group.
Reasons and warnings are codes here; ``report.words.texts`` has the words in Japanese and English.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from seikaku.conversation.description.describe import Description
from seikaku.inference.evidence import Evidence, Movement
from seikaku.model.norm import Norm
from seikaku.model.typicality import Unlikeness
from seikaku.traits import TRAIT_KEYS
from seikaku.version import __version__

SCHEMA_VERSION = 2  # 2: what language and what trait, apart; the band before reading; a probability

Status = Literal["ok", "low_evidence", "withheld"]
Readability = Literal["none", "very_weak", "weak", "moderate"]

# r up to which a trait is said to be read so well: .05 is a quarter of a per cent of the differences between people,
# .15 two per cent, .3 nine (Funder & Ozer 2019, AMPPS 2:156, call .1 small, .2 medium and .3 large).
_READABLE: tuple[tuple[float, Readability], ...] = ((0.05, "none"), (0.15, "very_weak"), (0.3, "weak"))
# A probability inside says nothing that one would act on or remember.
EVEN_ODDS = (0.45, 0.55)


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

    @property
    def readability(self) -> Readability:
        """How well the trait can be read from so much text, in a word."""
        return next((word for limit, word in _READABLE if self.r < limit), "moderate")


@dataclass(frozen=True, slots=True)
class LanguageStanding:
    """Where a person's *language* stands among the norm group's: 0-100, never where the trait does.

    ``percentile``: of 100 people of the norm group, with as much text, so many have less of the wording that goes with
    high scores. As much other text of the same person lies between ``low_80`` and ``high_80`` 80 times of 100.
    """

    percentile: float
    low_80: float
    high_80: float


@dataclass(frozen=True, slots=True)
class MoreText:
    """What the most text that was measured would change: how much it is, the r reached with it, and the half-width of
    the 80 % interval in T-score points then."""

    n_chars: int
    r: float
    half_width_t: float


@dataclass(frozen=True, slots=True)
class TraitEstimate:
    """The estimate of one trait. When ``status`` is "withheld" score, T-score, percentile and interval are None.

    ``reason`` is None for "ok", else a code: "accuracy_uncertain" or "unlike_norm" (low_evidence), "accuracy_too_low",
    "too_little_text", "unusual_writing", or a withholding code of the quality guard.
    ``crosses_mean``: the interval holds the norm mean,
    so neither pole may be claimed. ``before_80``: the interval that one would state before reading anything.
    ``probability_above``: of lying above the norm mean; score, interval and probability are of one predictive
    distribution. None where probabilities at this amount of text were no better than a half for everybody, as well.
    ``language`` None: not known to say anything of the trait. ``more_text`` None: no more text was measured.
    ``movement`` None: not asked for, or the model knows contributions of utterances only.
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
    before_80: Interval | None = None
    probability_above: float | None = None
    language: LanguageStanding | None = None
    more_text: MoreText | None = None
    movement: Movement | None = None

    @property
    def leaning(self) -> Literal["low", "high"] | None:
        """Which side of the norm mean is the likelier, None where it is nearly as likely as the other."""
        if self.probability_above is None or EVEN_ODDS[0] <= self.probability_above <= EVEN_ODDS[1]:
            return None
        return "high" if self.probability_above > EVEN_ODDS[1] else "low"


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
    """The five estimates of one speaker, in the order O C E A N, with what they rest on.

    ``description`` None: not asked for. ``unlikeness`` None: the model does not know how its norm group writes.
    """

    speaker: str
    traits: dict[str, TraitEstimate]
    amount: Amount
    model: ModelIdentity
    norm: Norm
    warnings: tuple[EstimateWarning, ...] = ()
    description: Description | None = None
    unlikeness: Unlikeness | None = None

    def __post_init__(self) -> None:
        """Check that exactly the five traits are there, in order."""
        if tuple(self.traits) != TRAIT_KEYS:
            raise ValueError(f"traits must be {TRAIT_KEYS}, got {tuple(self.traits)}")

    def to_dict(self, *, with_evidence: bool = True) -> dict[str, Any]:
        """The JSON form. Floats are rounded to 4 digits so that every door prints the same number."""
        traits = {}
        for key, estimate in self.traits.items():
            fields = asdict(estimate)
            evidence, movement = fields.pop("evidence"), fields.pop("movement")
            fields["readability"] = estimate.accuracy.readability if estimate.accuracy else None
            if with_evidence:
                fields |= {"evidence": evidence, "movement": movement}
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
                "language": self.description.to_dict() if self.description else None,
                "unlikeness": self.unlikeness.to_json() if self.unlikeness else None,
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
