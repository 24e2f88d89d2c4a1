"""The only JSON shapes of requests and answers, as pydantic models: they check requests and describe answers.

An answer is what ``TraitEstimates.to_dict`` gives, key for key: its parts have the fields of the values themselves.
"""

import dataclasses
from typing import Any, Literal, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from seikaku.config import MAX_EVIDENCE, N_EVIDENCE
from seikaku.conversation import turns
from seikaku.inference import estimates
from seikaku.model import norm
from seikaku.serving.requests.purposes import ALLOWED
from seikaku.traits import TRAITS

MAX_NAME_CHARS = 200

EXAMPLE_REQUEST: dict[str, Any] = {
    "purpose": "research",
    "speaker": "花子",
    "conversation": {
        "conversation_id": "1",
        "utterances": [
            {"speaker": "花子", "text": "おはよう。昨日はよく眠れた？", "timestamp": "2024-05-03T08:30:00"},
            {"speaker": "太郎", "text": "うん、ぐっすり。今日はどこへ行こうか。"},
        ],
    },
}


class _Request(BaseModel):
    """A request's object: an unknown key is a mistake that is told."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Loose(BaseModel):
    """Part of a conversation: other keys of the file that it was taken from do no harm."""

    model_config = ConfigDict(extra="ignore", strict=True)


class _Answer(BaseModel):
    """An answer's object: exactly these keys."""

    model_config = ConfigDict(extra="forbid")


class Utterance(_Loose):
    """One message."""

    speaker: str = Field(min_length=1, max_length=MAX_NAME_CHARS, description="話者の名前")
    text: str = Field(description="発話の本文")
    timestamp: str | None = Field(None, description="日時（ISO 8601。時差は読み捨てる）")


class Conversation(_Loose):
    """Utterances in the order in which they were said."""

    conversation_id: str | int | None = Field(None, description="会話の名前（なければ番号が付く）")
    utterances: list[Utterance] = Field(min_length=1)


class EstimateOptions(_Request):
    """What a request asks for, apart from the conversation: the same for JSON and for the form of an upload."""

    # A plain string in Python: a forbidden purpose is refused with its reason, not as a spelling mistake.
    purpose: str = Field(description="使う目的", json_schema_extra={"enum": list(ALLOWED)})
    speaker: str | None = Field(
        None, min_length=1, max_length=MAX_NAME_CHARS, description="推定する話者（話者が 1 人なら省略できる）"
    )
    lang: Literal["ja", "en"] = Field("ja", description="texts の言語")
    n_evidence: int = Field(N_EVIDENCE, ge=0, le=MAX_EVIDENCE, description="特性ごと・向きごとに返す発話の数")


class EstimateRequest(EstimateOptions):
    """One speaker to estimate, from one conversation or several."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["conversation"]}, {"required": ["conversations"]}],
            "examples": [EXAMPLE_REQUEST],
        }
    )

    # None only where the key is absent: the schema allows no null.
    conversation: Conversation = Field(default=cast("Any", None), description="会話 1 つ")
    conversations: list[Conversation] = Field(
        default=cast("Any", None),
        min_length=1,
        description="会話をいくつか。同じ名前は同じ人として、まとめて推定する",
    )

    @model_validator(mode="after")
    def _one_kind(self) -> "EstimateRequest":
        if (self.conversation is None) == (self.conversations is None):
            raise ValueError("conversation")
        return self

    @property
    def dialogues(self) -> list[dict[str, Any]]:
        """The conversations as the JSON objects that the readers take."""
        several = self.conversations or [self.conversation]
        return [conversation.model_dump() for conversation in several]


def _answer(source: type[Any], text: str, **changed: Any) -> Any:
    """The answer's form of a dataclass, named as it is: ``text`` describes it, all its fields are required.

    ``changed``: by name of a field, its description or, where its values have an answer's form of their own, its type.
    """
    kinds, shape = get_type_hints(source), {}
    for item in dataclasses.fields(source):
        change = changed.pop(item.name, None)
        described = Field(description=change) if isinstance(change, str) else Field()
        shape[item.name] = (kinds[item.name] if change is None or isinstance(change, str) else change, described)
    assert not changed, f"{source.__name__} has no {', '.join(changed)}"
    return create_model(source.__name__, __base__=_Answer, __doc__=text, **shape)  # type: ignore[call-overload]


def _by_trait(name: str, kind: Any) -> Any:
    fields: dict[str, Any] = {trait.key: (kind, Field(description=trait.name_ja)) for trait in TRAITS}
    return create_model(name, __base__=_Answer, **fields)


Interval: Any = _answer(estimates.Interval, "80 % interval on both scales.")
Accuracy: Any = _answer(
    estimates.Accuracy, "Pearson r with self-reports at this amount of text, and its 95 % interval."
)
Evidence: Any = _answer(
    estimates.Evidence, "One utterance of the speaker and how far it moved the estimate, in T-score points."
)
TraitEstimate: Any = _answer(
    estimates.TraitEstimate,
    "One trait. ``withheld``: the numbers are null and ``reason`` says why.",
    t_score="偏差値（norm の集団で平均 50、標準偏差 10）",
    interval_80=Interval | None,
    crosses_mean="区間が平均を含む（高いとも低いとも言えない）",
    accuracy=Accuracy | None,
    evidence=list[Evidence],
)
Traits: Any = _by_trait("Traits", TraitEstimate)
TraitFigures: Any = _by_trait("TraitFigures", float)
TraitAccuracies: Any = _by_trait("TraitAccuracies", Accuracy)
ModelIdentity: Any = _answer(estimates.ModelIdentity, "Which model made the estimate.")
Norm: Any = _answer(norm.Norm, "The group that T-scores refer to.", mean_1to7=TraitFigures, sd_1to7=TraitFigures)
Amount: Any = _answer(estimates.Amount, "How much of the speaker's own text was used.")
ImportReport: Any = _answer(turns.ImportReport, "What was read and what was dropped, and why.")


class EstimateWarning(BaseModel):
    """A code and its figures."""

    model_config = ConfigDict(extra="allow")

    code: str


class Texts(_Answer):
    """The answer in words, in the language that the request asked for."""

    lang: Literal["ja", "en"]
    summary: str
    reasons: list[str]
    warnings: list[str]
    not_for: list[str]


class EstimateAnswer(_Answer):
    """The estimates of one speaker: the document of ``seikaku analyze --json`` with ``purpose`` and ``texts``."""

    schema_version: int
    seikaku_version: str
    model: ModelIdentity
    norm: Norm
    speaker: str
    amount: Amount
    traits: Traits
    warnings: list[EstimateWarning]
    source: str = Field(description="ファイルの名前。JSON の会話では request")
    import_report: ImportReport = Field(alias="import")
    purpose: str
    texts: Texts


class FieldError(_Answer):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(_Answer):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = Field(description="起きたこと")
    mend: str = Field(description="直し方")
    request_id: str
    errors: list[FieldError] = Field(default=[], description="項目ごとの誤り（あれば）")


class BatchLine(_Answer):
    """One line of a JSON Lines answer: the result of that line, or its error."""

    line: int = Field(ge=1, description="入力の行番号（空行も数える）")
    result: EstimateAnswer | None = None
    error: Problem | None = None


class AccuracyAtAmount(_Answer):
    """Measured accuracy with this many characters of the speaker's own text."""

    n_chars: int
    traits: TraitAccuracies


class ModelAnswer(_Answer):
    """What the model is, and how accurate it was."""

    schema_version: int
    seikaku_version: str
    model: ModelIdentity
    norm: Norm
    accuracy_by_amount: list[AccuracyAtAmount]
    floor_chars: int = Field(description="これより少ない文章では推定を控える（文字）")
    known_share_floor: float
    licence: dict[str, str | None]
    provenance: dict[str, Any]
    purposes: dict[str, str]
    forbidden_purposes: dict[str, str]
    limits: dict[str, float]
    not_for: list[str]
