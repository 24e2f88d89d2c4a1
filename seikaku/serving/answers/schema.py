"""The only JSON shapes of requests and answers, as pydantic models: they check requests and describe answers.

An answer is what ``TraitEstimates.to_dict`` gives, key for key: its parts have the fields of the values themselves.
"""

from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from seikaku.config import MAX_EVIDENCE, N_EVIDENCE
from seikaku.serving.answers.values import (
    Amount,
    AnswerPart,
    ImportReport,
    LanguageDescription,
    ModelIdentity,
    Norm,
    TraitAccuracies,
    Traits,
    Unlikeness,
    by_trait,
)
from seikaku.serving.requests.purposes import ALLOWED

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

    # A plain string in Python: a forbidden purpose is refused with its reason, not as a spelling mistake. None only
    # where the key is absent: the server may have a default.
    purpose: str = Field(default=cast("Any", None), description="使う目的", json_schema_extra={"enum": list(ALLOWED)})
    speaker: str | None = Field(
        None, min_length=1, max_length=MAX_NAME_CHARS, description="推定する話者（話者が 1 人なら省略できる）"
    )
    lang: Literal["ja", "en"] | None = Field(None, description="texts の言語（省略すると Accept-Language に従う）")
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


class EstimateWarning(BaseModel):
    """A code and its figures."""

    model_config = ConfigDict(extra="allow")

    code: str


class TraitTexts(AnswerPart):
    """One trait in words: how well it can be read, what was found, the range before reading and after."""

    reading: str
    found: str
    before_after: str


TextsByTrait: Any = by_trait("TextsByTrait", TraitTexts)


class Texts(AnswerPart):
    """The answer in words, in the language that the request asked for: those of the report."""

    lang: Literal["ja", "en"]
    summary: str
    traits: TextsByTrait
    more_text: list[str]
    reasons: list[str]
    warnings: list[str]
    not_for: list[str]


class EstimateAnswer(AnswerPart):
    """The estimates of one speaker: one of the ``results`` of ``seikaku analyze --json``, ``purpose`` and ``texts``."""

    schema_version: int
    seikaku_version: str
    model: ModelIdentity
    norm: Norm
    speaker: str
    amount: Amount
    traits: Traits
    language: LanguageDescription = Field(description="言葉づかいそのものの記述（特性ではない）")
    unlikeness: Unlikeness | None = Field(
        description="基準集団の会話とどれだけ違う書き方か（測っていないモデルでは null）"
    )
    warnings: list[EstimateWarning]
    source: str = Field(description="ファイルの名前。JSON の会話では request")
    import_report: ImportReport = Field(alias="import")
    purpose: str
    texts: Texts


class FieldError(AnswerPart):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(AnswerPart):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = Field(description="起きたこと")
    mend: str = Field(description="直し方")
    request_id: str
    errors: list[FieldError] = Field(default=[], description="項目ごとの誤り（あれば）")


class BatchLine(AnswerPart):
    """One line of a JSON Lines answer: the result of that line, or its error."""

    line: int = Field(ge=1, description="入力の行番号（空行も数える）")
    result: EstimateAnswer | None = None
    error: Problem | None = None


class AccuracyAtAmount(AnswerPart):
    """Measured accuracy with this many characters of the speaker's own text."""

    n_chars: int
    traits: TraitAccuracies


class ModelAnswer(AnswerPart):
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
