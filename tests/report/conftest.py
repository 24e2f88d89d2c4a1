"""Sample estimates of fictional speakers. Every utterance here was written for the tests."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from seikaku.conversation.description.describe import Description
from seikaku.conversation.turns import Conversation, ImportReport, Utterance
from seikaku.inference.estimates import (
    Accuracy,
    Amount,
    EstimateWarning,
    Interval,
    LanguageStanding,
    ModelIdentity,
    MoreText,
    TraitEstimate,
    TraitEstimates,
)
from seikaku.inference.evidence import Direction, Evidence, Expression, Movement, Quote
from seikaku.inference.trend import TraitChange, Trend, TrendPart
from seikaku.model.norm import Norm
from seikaku.model.predictive import probability_above
from seikaku.model.typicality import Rarity, Unlikeness
from seikaku.traits import TRAIT_KEYS

# Of the size that a norm group of chatting adults has; only the scale matters here.
MEANS = dict(zip(TRAIT_KEYS, (4.5, 4.1, 4.6, 4.9, 4.3), strict=True))
SDS = dict(zip(TRAIT_KEYS, (1.0, 0.9, 1.0, 0.9, 1.2), strict=True))
NORM = Norm("テスト用の基準集団（雑談）", "a norm group for tests (chat)", 184, MEANS, SDS)
MODEL = ModelIdentity("ngram-ja-test", "3f9c2a7be1d04c58" * 4)

UTTERANCES = {
    "openness": (
        ("この前見た現代アートの展示、意味は分からないのにずっと考えちゃうんですよね", 0.94),
        ("知らない駅で降りて、地図を見ないで歩くのが好きです", 0.71),
        ("最近は哲学の入門書を少しずつ読んでいます", 0.38),
        ("お昼はだいたいいつもの定食屋さんです", -0.42),
        ("新しいアプリは覚えるのが面倒で", -0.31),
    ),
    "conscientiousness": (
        ("旅行の持ち物は一週間前に表にしておきます", 0.66),
        ("締め切りの前の日には終わらせたいほうです", 0.45),
        ("また傘を電車に忘れてしまいました笑", -0.58),
        ("部屋は…まあ、そのうち片づけます", -0.36),
    ),
    "extraversion": (
        ("週末は友だちを呼んで鍋をしました！にぎやかで楽しかったです", 0.52),
        ("休みの日はひとりで静かに過ごすのがいちばん落ち着きます", -0.88),
        ("大人数の飲み会は早めに帰ることが多いですね", -0.61),
    ),
    "neuroticism": (
        ("送ったあとに、変なこと書いたかなって何度も読み返しちゃいます", 0.47),
        ("なんとかなるかなと思って、あまり気にしていません", -0.53),
    ),
}


def _raw(key: str, t_score: float) -> float:
    return MEANS[key] + (t_score - 50) / 10 * SDS[key]


def before(key: str) -> Interval:
    """The 80 % interval of the norm group: what is known of anybody before reading."""
    return Interval(_raw(key, 37.2), _raw(key, 62.8), 37.2, 62.8)


def estimate(key: str, t_score: float, low_t: float, high_t: float, *, reason: str | None = None) -> TraitEstimate:
    """An estimate that is consistent on both scales; a reason makes it "low_evidence", without a reason it has a place
    for the language.
    """

    def raw(value: float) -> float:
        return _raw(key, value)

    half_width = t_score - low_t if t_score > 50 else high_t - t_score
    return TraitEstimate(
        status="low_evidence" if reason else "ok",
        reason=reason,
        score_1to7=raw(t_score),
        t_score=t_score,
        percentile=50 + (t_score - 50) * 3.2,
        interval_80=Interval(raw(low_t), raw(high_t), low_t, high_t),
        crosses_mean=low_t <= 50 <= high_t,
        accuracy=Accuracy(0.08, -0.07, 0.22) if reason else Accuracy(0.29, 0.15, 0.42),
        evidence=tuple(
            Evidence("talk-1", index, text, contribution)
            for index, (text, contribution) in enumerate(UTTERANCES.get(key, ()))
        ),
        before_80=before(key),
        probability_above=float(probability_above(t_score - 50, half_width)),
        language=None if reason else LanguageStanding(71.4, 60.2, 81.0),
        more_text=MoreText(30_798, 0.1163 if reason else 0.31, 11.9),
    )


def withheld(reason: str) -> TraitEstimate:
    """A withheld estimate, as the estimator gives it."""
    more = MoreText(30_798, 0.1102, 12.6)
    nothing = (None,) * 5
    return TraitEstimate(
        "withheld", reason, *nothing, Accuracy(0.01, -0.14, 0.16), before_80=before("agreeableness"), more_text=more
    )


def movement() -> Movement:
    """Two expressions towards higher, one towards lower, and what was never said."""
    quote = Quote("talk-1", 1, UTTERANCES["openness"][1][0])
    walk = Expression("知らない駅", 4, 1.2, 0.4, "more", (quote,))
    art = Expression("展示", 3, 0.6, 0.2, "more", ())
    lunch = Expression("定食屋さん", 2, -0.9, 0.6, "less", (Quote("talk-1", 3, UTTERANCES["openness"][3][0]),))
    return Movement(Direction(3.0, (walk, art), 0.4), Direction(-1.5, (lunch,), 0.4), 0.8, 0.2)


@pytest.fixture(scope="session")
def mixed() -> TraitEstimates:
    """One clear trait, one crossing, two tentative (one clear, one crossing) and one withheld."""
    return TraitEstimates(
        speaker="みなと",
        traits={
            "openness": estimate("openness", 57.8, 50.6, 70.2),
            "conscientiousness": estimate("conscientiousness", 51.3, 39.1, 63.8),
            "extraversion": estimate("extraversion", 43.9, 31.2, 49.4, reason="accuracy_uncertain"),
            "agreeableness": withheld("accuracy_too_low"),
            "neuroticism": estimate("neuroticism", 48.6, 36.0, 61.5, reason="accuracy_uncertain"),
        },
        amount=Amount(n_conversations=12, n_utterances=178, n_chars=4120),
        model=MODEL,
        norm=NORM,
        warnings=(
            EstimateWarning("short_text", {"n_chars": 4120, "floor_chars": 5000}),
            EstimateWarning("unlike_norm", {"known_share": 0.46}),
        ),
    )


@pytest.fixture(scope="session")
def chatter() -> Conversation:
    """A fictional talk of two with times: enough messages for every figure of みなと's language but the places."""
    said = [text for texts in UTTERANCES.values() for text, _ in texts]
    return Conversation(
        "架空の会話",
        tuple(
            Utterance(
                name,
                said[number % len(said)] + "！" * (number % 3),
                datetime(2024, 1 + number // 28, 1 + number % 28, 9 + number % 12),
            )
            for number in range(160)
            for name in (("みなと", "相手のなまえ") if number % 2 else ("みなと",))
        ),
    )


@pytest.fixture(scope="session")
def described(mixed: TraitEstimates, chatter: Conversation) -> TraitEstimates:
    """``mixed`` with everything that estimates may bring: a description, and the movement of openness."""
    openness = replace(mixed.traits["openness"], movement=movement())
    length = Rarity(3.2, 0.55)
    usual = dict.fromkeys(("register", "script", "vocabulary"), Rarity(44.0, 0.2))
    return replace(
        mixed,
        traits=mixed.traits | {"openness": openness},
        description=Description.of([chatter], "みなと"),
        unlikeness=Unlikeness(length, {"length": length} | usual, {"short_messages": 2.4}, 0.7),
    )


@pytest.fixture(scope="session")
def all_crossing(mixed: TraitEstimates) -> TraitEstimates:
    """The usual honest result: no trait can be told apart from the mean."""
    t_scores = (53.1, 49.2, 46.4, 51.0, 50.3)
    traits = {key: estimate(key, t, t - 12.5, t + 12.1) for key, t in zip(TRAIT_KEYS, t_scores, strict=True)}
    return replace(mixed, speaker="あおい", traits=traits, warnings=())


@pytest.fixture(scope="session")
def all_withheld(mixed: TraitEstimates) -> TraitEstimates:
    """Too little text for anything."""
    traits = {key: replace(withheld("too_little_text"), accuracy=None, before_80=before(key)) for key in TRAIT_KEYS}
    return replace(mixed, speaker="Sam", traits=traits, warnings=(), amount=Amount(1, 4, 52))


@pytest.fixture(scope="session")
def import_report() -> ImportReport:
    """What a reader of a two-person talk reports."""
    return ImportReport(
        format="line",
        encoding="utf-8",
        speakers={"みなと": 214, "相手のなまえ": 198},
        n_utterances=412,
        dropped={"sticker": 31, "photo": 9, "call": 4},
        first_timestamp="2024-01-03T21:14:00",
        last_timestamp="2024-06-30T08:02:00",
    )


@pytest.fixture(scope="session")
def make_estimate() -> Callable[..., TraitEstimate]:
    """The builder of single estimates, for tests that need their own."""
    return estimate


@pytest.fixture(scope="session")
def other(mixed: TraitEstimates) -> TraitEstimates:
    """Someone who is lower in openness, higher in extraversion (tentative), and not told apart in the rest."""
    traits = {
        "openness": estimate("openness", 38.0, 33.0, 43.0),
        "conscientiousness": estimate("conscientiousness", 49.2, 37.0, 61.0),
        "extraversion": estimate("extraversion", 63.0, 57.0, 69.0, reason="accuracy_uncertain"),
        "agreeableness": estimate("agreeableness", 51.0, 39.0, 63.0),
        "neuroticism": estimate("neuroticism", 50.3, 38.0, 62.0),
    }
    return replace(mixed, speaker="あおい", traits=traits, warnings=())


def _part(mixed: TraitEstimates, month: int) -> TrendPart:
    traits = {
        key: estimate(key, t_score + month, t_score + month - 12, t_score + month + 12)
        for key, t_score in zip(TRAIT_KEYS, (47.0, 51.0, 44.0, 50.0, 52.0), strict=True)
    }
    traits["agreeableness"] = withheld("accuracy_too_low")
    if month == 3:
        traits["neuroticism"] = withheld("repetitive")
    estimates = replace(mixed, traits=traits, amount=Amount(2, 60 + month, 1500 + month))
    return TrendPart(datetime(2024, month, 2, 9), datetime(2024, month, 28, 22), estimates)


@pytest.fixture(scope="session")
def trend(mixed: TraitEstimates) -> Trend:
    """Six months: no change beyond chance, one trait withheld throughout, another in March."""
    parts = tuple(_part(mixed, month) for month in range(1, 7))
    changes = {key: TraitChange(0, 5, 5.0, 31.4, False) for key in TRAIT_KEYS}
    changes["agreeableness"] = TraitChange(None, None, None, None, None)
    return Trend("month", parts, changes, None)


@pytest.fixture(scope="session")
def changed_trend(trend: Trend) -> Trend:
    """The same with openness changed by more than chance gives."""
    return replace(trend, changes=trend.changes | {"openness": TraitChange(1, 4, -41.2, 31.4, True)})
