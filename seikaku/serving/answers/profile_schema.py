"""The JSON shapes of ``/v3/profile``, as IBM Watson Personality Insights v3 had them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seikaku.serving.answers.schema import Problem


class ContentItem(BaseModel):
    """One piece of text by the person; other keys of the old service are read past."""

    model_config = ConfigDict(extra="ignore", strict=True)

    content: str = Field(description="本文")
    id: str | None = None
    created: int | None = Field(None, description="書いた時刻（1970 年からのミリ秒、UTC）")
    contenttype: str | None = Field(None, description="text/plain だけを読む")
    language: str | None = None
    forward: bool | None = Field(None, description="転送。本人の言葉ではないので使わない")


class ProfileRequest(BaseModel):
    """The texts of one person."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        json_schema_extra={
            "examples": [{"contentItems": [{"content": "昨日は友だちと海まで歩いた。", "created": 1714700000000}]}]
        },
    )

    content_items: list[ContentItem] = Field(alias="contentItems", min_length=1)


class ProfileTrait(BaseModel):
    """One trait. The numbers are null where the estimate is withheld."""

    model_config = ConfigDict(extra="forbid")

    trait_id: str
    name: str
    category: str
    percentile: float | None = Field(description="基準集団の中の位置（0-1）")
    raw_score: float | None = Field(None, description="1-7 の得点を 0-1 にしたもの（raw_scores=true のとき）")
    significant: bool = Field(description="状態が ok のときだけ true")
    children: list[Any] = Field(description="細かい特性は推定しないので空")


class Behavior(BaseModel):
    """The share of texts written in one hour or on one day of the week."""

    model_config = ConfigDict(extra="forbid")

    trait_id: str
    name: str
    category: str
    percentage: float


class ProfileWarning(BaseModel):
    """Something to know about the profile."""

    model_config = ConfigDict(extra="forbid")

    warning_id: str
    message: str


class Profile(BaseModel):
    """The answer."""

    model_config = ConfigDict(extra="forbid")

    word_count: int = Field(description="本文の語数の目安（1 語を 1.74 字とした概数）")
    word_count_message: str | None = Field(None, description="文章が足りないときだけある")
    processed_language: str
    personality: list[ProfileTrait]
    needs: list[Any]
    values: list[Any]
    behavior: list[Behavior] = Field(default=[], description="created があるときだけある")
    consumption_preferences: list[Any] = Field(default=[], description="求めたときだけあり、いつも空")
    warnings: list[ProfileWarning]


class ProfileProblem(Problem):
    """An error (RFC 9457), with the two keys that the old service's clients read."""

    code: int = Field(description="status と同じ")
    error: str = Field(description="detail と mend")
