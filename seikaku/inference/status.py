"""When an estimate may be shown, and with what warning: every such rule is here. Figures in, codes out; no effects.

Withheld: the text is too little, no ordinary talk or written as hardly anybody of the norm group writes (all traits),
or the model was no better than a guess at this amount of text (one trait). What is left is "ok" where accuracy was
shown (on more than the speakers who validated a training run), else "low_evidence".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seikaku.conversation.quality import QualityReport
from seikaku.inference.estimates import Accuracy, EstimateWarning, Status
from seikaku.model.calibration import FloatArray
from seikaku.model.trained import TrainedModel
from seikaku.model.typicality import Unlikeness
from seikaku.traits import N_TRAITS, TRAIT_KEYS

# r = .05 explains a quarter of a per cent of the differences between people: a number would only pretend to inform.
MIN_R_TO_SHOW = 0.05
# The documentation of IBM Personality Insights called r above .2 acceptable for traits estimated from text.
MIN_R_FOR_OK = 0.20
# A good r from few speakers may be chance: the lower end of its 95 % interval must exclude that.
MIN_R_LOW_FOR_OK = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be said of one trait. ``reason`` is None for "ok"; ``accuracy`` None where none was measured."""

    status: Status
    reason: str | None
    accuracy: Accuracy | None


def measure_unlikeness(trained: TrainedModel, texts: Sequence[str]) -> Unlikeness | None:
    """How unlike the norm group's chats the texts are; None where the model does not know how its norm group writes."""
    return None if trained.typicality is None else trained.typicality.assess(texts)


def shrink_factors(trained: TrainedModel, deviation: FloatArray, amount: float, typical: float) -> FloatArray:
    """What is left of each trait's ``deviation`` (n_traits,) from the mean, 0 to 1, (n_traits,).

    Little text leaves little of it, an unusual way of writing less; and no estimate goes further out than those of
    unseen people did.
    """
    left = trained.calibration.shrinkage.at(amount)
    if (bounds := trained.calibration.bounds) is None:
        return np.asarray(left * typical)
    return np.asarray(left * np.minimum(1.0, bounds.at(amount) / np.maximum(np.abs(left * deviation), 1e-12)) * typical)


def may_place_language(trained: TrainedModel, accuracy: Accuracy | None) -> bool:
    """Whether a place among the norm group's language may stand under the trait's name at all: only where that
    language was shown to go with the trait, at this amount of text.
    """
    is_measured = trained.calibration.standing is not None and not trained.calibration.is_provisional
    return is_measured and accuracy is not None and accuracy.r_low_95 > MIN_R_LOW_FOR_OK


def may_tell_probability(trained: TrainedModel, n_chars: int) -> NDArray[np.bool_]:
    """Whether probabilities were better than a half for everybody with so much text, (n_traits,)."""
    gain = trained.calibration.probability_gain
    return np.zeros(N_TRAITS, np.bool_) if gain is None else gain.at(n_chars) > 0.0


def judge(
    trained: TrainedModel, quality: QualityReport, known_share: float, typical: float = 1.0
) -> tuple[dict[str, Verdict], tuple[EstimateWarning, ...]]:
    """A verdict per trait, and the warnings. ``known_share``: the share of character pairs that the model knows.

    ``typical``: what is left of an estimate from this way of writing (``Unlikeness.kept``).
    """
    calibration = trained.calibration
    warnings = [
        EstimateWarning(issue.code, {"value": issue.value}) for issue in quality.issues if issue.level == "warn"
    ]
    if quality.n_chars < calibration.floor_chars:
        short = EstimateWarning("short_text", {"n_chars": quality.n_chars, "floor_chars": calibration.floor_chars})
        warnings.insert(0, short)
        return _withhold_all("too_little_text"), tuple(warnings)
    forbidding = next((issue.code for issue in quality.issues if issue.level == "withhold"), None)
    if forbidding is not None:
        return _withhold_all(forbidding), tuple(warnings)
    if typical <= 0.0:
        return _withhold_all("unusual_writing"), tuple(warnings)
    # Where the way of writing was measured, the vocabulary is part of it, and emoji and dialect are no unknown words.
    is_unlike_norm = trained.typicality is None and known_share < calibration.known_share_floor
    if is_unlike_norm:
        warnings.append(
            EstimateWarning("unlike_norm", {"known_share": known_share, "floor": calibration.known_share_floor})
        )
    if typical < 1.0:
        warnings.append(EstimateWarning("unusual_writing", {"kept": typical}))
    is_unlike_norm = is_unlike_norm or typical < 1.0
    figures = zip(TRAIT_KEYS, calibration.accuracy.at(quality.n_chars).tolist(), strict=True)
    verdicts = {key: _judge_trait(Accuracy(*row), is_unlike_norm, calibration.is_provisional) for key, row in figures}
    return verdicts, tuple(warnings)


def _withhold_all(reason: str) -> dict[str, Verdict]:
    # No accuracy: it was measured on more text than this, and on ordinary talk only.
    return {key: Verdict("withheld", reason, None) for key in TRAIT_KEYS}


def _judge_trait(accuracy: Accuracy, is_unlike_norm: bool, is_provisional: bool) -> Verdict:
    if accuracy.r < MIN_R_TO_SHOW:
        return Verdict("withheld", "accuracy_too_low", accuracy)
    # Five traits on a few speakers who also chose the epoch: one of them looks good by chance soon enough.
    if is_provisional or accuracy.r < MIN_R_FOR_OK or accuracy.r_low_95 <= MIN_R_LOW_FOR_OK:
        return Verdict("low_evidence", "accuracy_uncertain", accuracy)
    if is_unlike_norm:  # the accuracy was measured on text like the norm group's
        return Verdict("low_evidence", "unlike_norm", accuracy)
    return Verdict("ok", None, accuracy)
