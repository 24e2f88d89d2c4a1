"""Conversations -> the five estimates of one speaker. In: conversations, a trained model. Out: ``TraitEstimates``.

Only the speaker's own utterances are read; the partner's never enter. Loading a model reads its folder, nothing else
has an effect.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seikaku.conversation.quality import assess_quality
from seikaku.conversation.turns import Conversation
from seikaku.errors import SpeakerError
from seikaku.inference.estimates import (
    Amount,
    Evidence,
    Interval,
    ModelIdentity,
    TraitEstimate,
    TraitEstimates,
)
from seikaku.inference.status import Verdict, judge, measure_typicality, shrink_factors
from seikaku.model.calibration import FloatArray
from seikaku.model.loading import load_trained
from seikaku.model.ngram.folder import EMBEDDED_FOLDER
from seikaku.model.trained import TrainedModel
from seikaku.traits import SCALE_MAX, SCALE_MIN, TRAIT_KEYS

N_EVIDENCE = 5
_MEAN_T = 50.0
_SD_T = 10.0


class _Message(NamedTuple):
    conversation_id: str
    utterance_index: int
    text: str


@dataclass(frozen=True)
class Estimator:
    """A trained model, ready to estimate. The same conversations always give the same estimates."""

    trained: TrainedModel

    @classmethod
    def load(cls, folder: Path | None = None) -> "Estimator":
        """Load the model in ``folder`` (any that ``load_trained`` knows); None means the embedded model.

        Raises ModelError if it is not valid.
        """
        return cls(load_trained(EMBEDDED_FOLDER if folder is None else folder))

    def estimate(
        self, conversations: Sequence[Conversation], speaker: str, *, n_evidence: int = N_EVIDENCE
    ) -> TraitEstimates:
        """The five estimates of ``speaker`` from what that speaker said in all of ``conversations``.

        ``n_evidence``: utterances to name per trait and direction. Raises SpeakerError if the speaker said nothing.
        """
        own = [list(_own_messages(conversation, speaker)) for conversation in conversations]
        messages = [message for said in own for message in said]
        if not messages:
            raise SpeakerError(f"話者「{speaker}」の発話がありません。", "会話にいる話者の名前を指定してください。")
        quality = assess_quality([message.text for message in messages])
        explained = self.trained.text_model.explain([[message.text for message in said] for said in own])
        typical = measure_typicality(self.trained, [message.text for message in messages], quality.n_chars)
        verdicts, warnings = judge(self.trained, quality, explained.known_share, typical)
        half_widths = self.trained.calibration.half_widths.at(explained.amount)
        mean = self.trained.calibration.norm.means
        keep = shrink_factors(self.trained, explained.score - mean, explained.amount, typical)
        traits = {
            key: self._estimate_trait(
                key,
                verdicts[key],
                float(mean[index] + keep[index] * (explained.score - mean)[index]),
                float(half_widths[index]),
                self._find_evidence(key, keep[index] * explained.contributions[:, index], messages, n_evidence),
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
        )

    def _estimate_trait(
        self, key: str, verdict: Verdict, score: float, half_width: float, evidence: tuple[Evidence, ...]
    ) -> TraitEstimate:
        if verdict.status == "withheld":
            return TraitEstimate("withheld", verdict.reason, None, None, None, None, None, verdict.accuracy)
        score = _clip(score)
        low, high = _clip(score - half_width), _clip(score + half_width)
        t_score, low_t, high_t = (self.trained.calibration.norm.t_score(key, value) for value in (score, low, high))
        return TraitEstimate(
            status=verdict.status,
            reason=verdict.reason,
            score_1to7=score,
            t_score=t_score,
            percentile=_percentile(t_score),
            interval_80=Interval(low, high, low_t, high_t),
            crosses_mean=low_t <= _MEAN_T <= high_t,
            accuracy=verdict.accuracy,
            evidence=evidence,
        )

    def _find_evidence(
        self, key: str, contributions: FloatArray, messages: Sequence[_Message], n_evidence: int
    ) -> tuple[Evidence, ...]:
        """The utterances that raised the trait most, then those that lowered it most, each strongest first."""
        points = contributions / self.trained.calibration.norm.sd_1to7[key] * _SD_T
        upwards: list[int] = np.argsort(-points, kind="stable")[:n_evidence].tolist()
        downwards: list[int] = np.argsort(points, kind="stable")[:n_evidence].tolist()
        chosen = [index for index in upwards if points[index] > 0] + [index for index in downwards if points[index] < 0]
        return tuple(Evidence(*messages[index], float(points[index])) for index in chosen)


def _own_messages(conversation: Conversation, speaker: str) -> Iterator[_Message]:
    for index, utterance in enumerate(conversation.utterances):
        if utterance.speaker == speaker:
            yield _Message(conversation.conversation_id, index, utterance.text)


def _clip(score: float) -> float:
    return min(max(score, SCALE_MIN), SCALE_MAX)


def _percentile(t_score: float) -> float:
    """The place among 100 of a normally distributed norm group."""
    return 50.0 * (1.0 + math.erf((t_score - _MEAN_T) / _SD_T / math.sqrt(2.0)))
