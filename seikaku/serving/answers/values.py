"""The parts of an answer as pydantic models, made from the values themselves: field for field as in ``to_dict``."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from seikaku.conversation import turns
from seikaku.conversation.description.catalogue import FIGURES
from seikaku.inference import estimates, evidence
from seikaku.model import norm, typicality
from seikaku.traits import TRAITS


class AnswerPart(BaseModel):
    """An answer's object: exactly these keys."""

    model_config = ConfigDict(extra="forbid")


def answer_of(
    source: type[Any], text: str, more: Mapping[str, tuple[Any, str]] = MappingProxyType({}), **changed: Any
) -> Any:
    """The answer's form of a dataclass, named as it is: ``text`` describes it, all its fields are required.

    ``changed``: by name of a field, its description or, where its values have an answer's form of their own, its type.
    ``more``: what the answer has beside the fields, type and description by name.
    """
    kinds, shape = get_type_hints(source), {}
    for item in dataclasses.fields(source):
        change = changed.pop(item.name, None)
        described = Field(description=change) if isinstance(change, str) else Field()
        shape[item.name] = (kinds[item.name] if change is None or isinstance(change, str) else change, described)
    assert not changed, f"{source.__name__} has no {', '.join(changed)}"
    shape |= {name: (kind, Field(description=words)) for name, (kind, words) in more.items()}
    return create_model(source.__name__, __base__=AnswerPart, __doc__=text, **shape)  # type: ignore[call-overload]


def by_trait(name: str, kind: Any) -> Any:
    """An object with one ``kind`` for each trait."""
    fields: dict[str, Any] = {trait.key: (kind, Field(description=trait.name_ja)) for trait in TRAITS}
    return create_model(name, __base__=AnswerPart, **fields)


Interval: Any = answer_of(estimates.Interval, "80 % interval on both scales.")
Accuracy: Any = answer_of(
    estimates.Accuracy, "Pearson r with self-reports at this amount of text, and its 95 % interval."
)
LanguageStanding: Any = answer_of(
    estimates.LanguageStanding,
    "Where the person's language (not the trait) stands among the norm group's, 0-100, and where as much other text of "
    "the same person stands 80 times of 100.",
)
MoreText: Any = answer_of(
    estimates.MoreText, "What the most text that was measured would change; null where no more was measured."
)
Evidence: Any = answer_of(
    evidence.Evidence,
    "What the speaker said (the same thing once, with its count) and how far it moved the estimate, in T-score points.",
)
Quote: Any = answer_of(evidence.Quote, "An utterance of the speaker.")
Expression: Any = answer_of(
    evidence.Expression,
    "An expression of the speaker that moved the estimate, by being said more or less than the norm group says it.",
    share="同じ向きに動かしたもの全体に占める割合（0〜1）",
    examples=list[Quote],
)
Direction: Any = answer_of(
    evidence.Direction,
    "What was said and moved the estimate one way: the expressions' shares and ``others_share`` make 1.",
    expressions=list[Expression],
)
Movement: Any = answer_of(
    evidence.Movement,
    "raised + lowered + unsaid + rest = the estimate's distance from the norm mean, in T-score points.",
    raised=Direction,
    lowered=Direction,
)
TraitEstimate: Any = answer_of(
    estimates.TraitEstimate,
    "One trait. ``withheld``: the numbers are null and ``reason`` says why.",
    t_score="偏差値（norm の集団で平均 50、標準偏差 10）",
    interval_80=Interval | None,
    crosses_mean="区間が平均を含む（高いとも低いとも言えない）",
    accuracy=Accuracy | None,
    evidence=list[Evidence],
    before_80=Interval | None,
    probability_above="norm の平均より高い見込み（0〜1。半々より確かと言えない文章量では null）",
    language=LanguageStanding | None,
    more_text=MoreText | None,
    movement=Movement | None,
    more={"readability": (estimates.Readability | None, "この文章量でどのくらい読み取れるか（精度 r から）")},
)
Traits: Any = by_trait("Traits", TraitEstimate)
TraitFigures: Any = by_trait("TraitFigures", float)
TraitAccuracies: Any = by_trait("TraitAccuracies", Accuracy)
ModelIdentity: Any = answer_of(estimates.ModelIdentity, "Which model made the estimate.")
Norm: Any = answer_of(norm.Norm, "The group that T-scores refer to.", mean_1to7=TraitFigures, sd_1to7=TraitFigures)
Amount: Any = answer_of(estimates.Amount, "How much of the speaker's own text was used.")
Dropped: Any = answer_of(turns.Dropped, "What was left out of one speaker's, for one reason.")

ImportReport: Any = answer_of(
    turns.ImportReport,
    "What was read and what was dropped, and why.",
    dropped_by=list[Dropped],
    removed_by=list[Dropped],
)


class FigurePart(AnswerPart):
    """One part of a figure: one ending, one word, one hour."""

    name: str
    value: float
    percentile: int | None
    percentile_80: tuple[int, int] | None
    same_share: float | None


class LanguageFigure(AnswerPart):
    """One figure of the speaker's language; ``value`` is null where the talk holds too little of its basis.

    ``percentile``: of 100 people of the norm group, so many have less; null where no fair comparison is possible.
    """

    group: str
    value: float | None
    unit: str
    n: int = Field(description="数えたものの数（basis の単位）")
    basis: str
    least_n: int = Field(description="この図を言うのに要る数")
    percentile: int | None
    percentile_80: tuple[int, int] | None
    same_share: float | None
    part_unit: str | None = None
    parts: list[FigurePart] | None = None


class LanguageNorm(AnswerPart):
    """The group that the figures stand beside."""

    name_ja: str
    name_en: str
    n_speakers: int
    date: str
    corpus: str
    licence: str


_figures: dict[str, Any] = {figure.key: (LanguageFigure, ...) for figure in FIGURES}
LanguageFigures: Any = create_model("LanguageFigures", __base__=AnswerPart, **_figures)


class LanguageDescription(AnswerPart):
    """The speaker's language in figures: a description of what was written, of no trait."""

    schema_version: int
    about: str
    norm: LanguageNorm | None
    figures: LanguageFigures


class Rarity(AnswerPart):
    """How unusual a text is: how many of 100 dialogues of the norm group are less usual, and how far out it lies."""

    less_usual_of_100: float
    reach: float = Field(description="基準集団の平均からの距離（1 で推定を控える）")


class Unlikeness(AnswerPart):
    """How unlike the norm group's chats the text is, in all and by group of figures."""

    overall: Rarity
    groups: dict[str, Rarity] = Field(description="、".join(typicality.GROUPS))
    figures: dict[str, float] = Field(description="、".join(typicality.FIGURES))
    kept: float = Field(description="平均からのずれを、どれだけ残したか（1: そのまま、0: 控えた）")
    reasons: list[str]
