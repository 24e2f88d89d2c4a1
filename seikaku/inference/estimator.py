"""Conversations -> the five estimates of one speaker. In: conversations, a trained model. Out: ``TraitEstimates``.

Only the speaker's own utterances are read; the partner's never enter. Loading a model reads its folder, nothing else
has an effect.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seikaku.config import N_EVIDENCE
from seikaku.conversation.description.describe import Description
from seikaku.conversation.quality import assess_quality
from seikaku.conversation.speakers import is_label
from seikaku.conversation.third_parties import make_mask
from seikaku.conversation.turns import Conversation
from seikaku.errors import SpeakerError, both
from seikaku.inference.estimates import (
    Amount,
    Interval,
    LanguageStanding,
    ModelIdentity,
    MoreText,
    TraitEstimate,
    TraitEstimates,
)
from seikaku.inference.evidence import Message, TraitEvidence, explain_talk, find_evidence
from seikaku.inference.status import (
    Verdict,
    judge,
    may_place_language,
    may_tell_probability,
    measure_unlikeness,
    shrink_factors,
)
from seikaku.model.calibration import FloatArray
from seikaku.model.loading import load_trained
from seikaku.model.ngram.folder import EMBEDDED_FOLDER
from seikaku.model.predictive import probability_above, standard_normal
from seikaku.model.trained import TrainedModel
from seikaku.traits import SCALE_MAX, SCALE_MIN, TRAIT_KEYS

_MEAN_T = 50.0
_SD_T = 10.0
_NOTABLY_MORE = 1.25  # times the text: below, nothing would change that one could see


@dataclass(frozen=True)
class Estimator:
    """A trained model, ready to estimate. The same conversations always give the same estimates."""

    trained: TrainedModel

    @classmethod
    def load(cls, folder: Path | None = None, *, may_download: bool = False) -> "Estimator":
        """Load the model in ``folder`` (any that ``load_trained`` knows); None means the embedded model.

        Raises ModelError if it is not valid, or needs a download that it may not do.
        """
        return cls(load_trained(EMBEDDED_FOLDER if folder is None else folder, may_download=may_download))

    def estimate(
        self,
        conversations: Sequence[Conversation],
        speaker: str,
        *,
        n_evidence: int = N_EVIDENCE,
        describes: bool = True,
    ) -> TraitEstimates:
        """The five estimates of ``speaker`` from what that speaker said in all of ``conversations``.

        ``n_evidence``: utterances and expressions to name per trait and direction; ``describes``: whether the language
        itself is described too. Raises SpeakerError if the speaker said nothing.
        """
        own = [list(_own_messages(conversation, speaker)) for conversation in conversations]
        messages = [message for said in own for message in said]
        if not messages:
            raise _said_nothing(speaker)
        texts = [message.text for message in messages]
        quality = assess_quality(texts)
        said = [[message.text for message in own_messages] for own_messages in own]
        explained, expressions = explain_talk(self.trained.text_model, said, with_expressions=n_evidence > 0)
        unlikeness = measure_unlikeness(self.trained, texts)
        typical = 1.0 if unlikeness is None else unlikeness.kept
        verdicts, warnings = judge(self.trained, quality, explained.known_share, typical)
        deviation = explained.score - self.trained.calibration.norm.means
        keep = shrink_factors(self.trained, deviation, explained.amount, typical)
        tells = may_tell_probability(self.trained, quality.n_chars)
        views = self._place_language(deviation, explained.amount)
        points = _SD_T * keep / np.array([self.trained.calibration.norm.sd_1to7[key] for key in TRAIT_KEYS])
        mask = make_mask(_others(conversations, speaker))
        evidence = find_evidence(messages, explained.contributions, expressions, points, n_evidence, mask)
        traits = {
            key: self._estimate_trait(
                index,
                verdicts[key],
                float(keep[index] * deviation[index]),
                explained.amount,
                quality.n_chars,
                tells_probability=bool(tells[index]),
                language=views[index] if may_place_language(self.trained, verdicts[key].accuracy) else None,
                evidence=evidence[index],
            )
            for index, key in enumerate(TRAIT_KEYS)
        }
        return TraitEstimates(
            speaker=speaker,
            traits=traits,
            amount=Amount(
                n_conversations=sum(any(message.text.strip() for message in said) for said in own),
                n_utterances=quality.n_utterances,
                n_chars=quality.n_chars,
            ),
            model=ModelIdentity(self.trained.model_id, self.trained.model_hash),
            norm=self.trained.calibration.norm,
            warnings=warnings,
            description=Description.of(conversations, speaker) if describes else None,
            unlikeness=unlikeness,
        )

    def _estimate_trait(
        self,
        index: int,
        verdict: Verdict,
        deviation: float,
        amount: float,
        n_chars: int,
        *,
        tells_probability: bool,
        language: LanguageStanding | None,
        evidence: TraitEvidence,
    ) -> TraitEstimate:
        """One trait from its distance to the norm mean; ``amount`` in the text model's unit."""
        calibration, key = self.trained.calibration, TRAIT_KEYS[index]
        before = self._interval(key, 0.0, float(calibration.before[index]))
        more_text = self._more_text(index, n_chars)
        if verdict.status == "withheld":
            return TraitEstimate(
                "withheld", verdict.reason, None, None, None, None, None, verdict.accuracy,
                before_80=before, more_text=more_text,
            )  # fmt: skip
        half_width = float(calibration.half_widths.at(amount)[index])
        interval = self._interval(key, deviation, half_width)
        score = _clip(calibration.norm.mean_1to7[key] + deviation)
        t_score = calibration.norm.t_score(key, score)
        return TraitEstimate(
            status=verdict.status,
            reason=verdict.reason,
            score_1to7=score,
            t_score=t_score,
            percentile=_percentile((t_score - _MEAN_T) / _SD_T),
            interval_80=interval,
            crosses_mean=interval.low_t <= _MEAN_T <= interval.high_t,
            accuracy=verdict.accuracy,
            evidence=evidence.utterances,
            movement=evidence.movement,
            before_80=before,
            probability_above=float(probability_above(deviation, half_width)) if tells_probability else None,
            language=language,
            more_text=more_text,
        )

    def _interval(self, key: str, deviation: float, half_width: float) -> Interval:
        """An interval around a distance from the norm mean, cut off at the scale's ends."""
        norm = self.trained.calibration.norm
        ends = [_clip(norm.mean_1to7[key] + deviation + side * half_width) for side in (-1, 1)]
        return Interval(*ends, *(norm.t_score(key, end) for end in ends))

    def _more_text(self, index: int, n_chars: int) -> MoreText | None:
        calibration = self.trained.calibration
        curve = calibration.accuracy.r
        most = float(curve.amounts[-1])
        if most < _NOTABLY_MORE * n_chars:
            return None
        half_width = calibration.half_widths.values[-1, index] / calibration.norm.sd_1to7[TRAIT_KEYS[index]] * _SD_T
        return MoreText(round(most), float(curve.values[-1, index]), float(half_width))

    def _place_language(self, deviation: FloatArray, amount: float) -> list[LanguageStanding | None]:
        """Where estimates of this size stand among the norm group's from as much text, one a trait."""
        calibration = self.trained.calibration
        if calibration.standing is None:
            return [None] * len(deviation)
        spread, repeats = calibration.standing.spread.at(amount), calibration.standing.repeats.at(amount)
        z = calibration.shrinkage.at(amount) * deviation / np.maximum(spread, 1e-12)
        return [
            LanguageStanding(_percentile(place), _percentile(place - width), _percentile(place + width))
            for place, width in zip(z.tolist(), repeats.tolist(), strict=True)
        ]


def _said_nothing(speaker: str) -> SpeakerError:
    return SpeakerError(
        both(f"話者「{speaker}」の発話がありません。", f"The speaker {speaker!r} said nothing."),
        both("会話にいる話者の名前を指定してください。", "Name a speaker who is in the conversation."),
    )


def _others(conversations: Sequence[Conversation], speaker: str) -> set[str]:
    """The names of everybody else that say who somebody is."""
    names = {said.speaker for conversation in conversations for said in conversation.utterances}
    return {name for name in names - {speaker} if not is_label(name)}


def _own_messages(conversation: Conversation, speaker: str) -> Iterator[Message]:
    for index, utterance in enumerate(conversation.utterances):
        if utterance.speaker == speaker:
            yield Message(conversation.conversation_id, index, utterance.text)


def _clip(score: float) -> float:
    return min(max(score, SCALE_MIN), SCALE_MAX)


def _percentile(z: float) -> float:
    """The place among 100 of a normally distributed norm group, from standard deviations."""
    return 100.0 * float(standard_normal(z))
