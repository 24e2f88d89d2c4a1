"""What an estimate may be used for. In: the purpose that a request names. Out: nothing, or a PurposeError."""

from typing import NamedTuple

from seikaku.serving.requests.problems import PurposeError

# key -> (Japanese, English) name
ALLOWED: dict[str, tuple[str, str]] = {
    "self_reflection": ("自分を知る", "self-reflection"),
    "research": ("研究", "research"),
    "service_development": ("サービスや対話システムの開発", "development of a service or dialogue system"),
    "education": ("教育", "education"),
}


class ForbiddenPurpose(NamedTuple):
    """A use that is refused: its names, and why, in Japanese and English."""

    name_ja: str
    name_en: str
    reason_ja: str
    reason_en: str


FORBIDDEN: dict[str, ForbiddenPurpose] = {
    "hiring": ForbiddenPurpose(
        "採用・人事評価",
        "hiring and staff appraisal",
        "推定の誤差は一人ひとりの採否や評価を決めるには大きすぎ、本人が知らないまま不利に扱われるおそれがあるためです。",
        "The error is far too large to decide about a person, who may be put at a disadvantage without knowing it.",
    ),
    "credit": ForbiddenPurpose(
        "与信",
        "credit",
        "会話から推定した性格は返済能力を示さず、生活に関わる不利益の根拠にできる確かさがないためです。",
        "Personality estimated from talk says nothing of the ability to repay, and the harm of an error is grave.",
    ),
    "insurance": ForbiddenPurpose(
        "保険の引き受け・料率",
        "insurance",
        "推定した性格で加入や料率を決めることは、確かさの足りない情報による不当な区別になるためです。",
        "Deciding cover or rates by an uncertain estimate would be an unfair distinction between people.",
    ),
    "policing": ForbiddenPurpose(
        "捜査・取り締まり",
        "policing",
        "性格の推定から犯罪や危険を予測できるという根拠はなく、誤りが自由を奪うことにつながるためです。",
        "There is no evidence that personality estimates predict crime, and an error may cost a person's freedom.",
    ),
    "identification": ForbiddenPurpose(
        "個人の特定",
        "identification of people",
        "学習に使ったコーパスは、発話から人を特定しないことを利用者に求めているためです。",
        "The corpus behind the model asks its users not to identify people by what they said.",
    ),
}


def check_purpose(purpose: str) -> None:
    """Do nothing for an allowed purpose. Raises PurposeError: 403 with the reason, or 422 for an unknown word."""
    if purpose in ALLOWED:
        return
    if purpose in FORBIDDEN:
        refused = FORBIDDEN[purpose]
        raise PurposeError(
            f"目的「{refused.name_ja}」（{purpose}）には使えません。{refused.reason_ja}",
            f"この用途には使わないでください。使える目的: {_list_allowed()}",
            status=403,
        )
    raise PurposeError(
        "目的（purpose）がないか、知らない言葉です。", f"purpose に次のどれかを指定してください: {_list_allowed()}"
    )


def _list_allowed() -> str:
    return "、".join(f"{key}（{names[0]}）" for key, names in ALLOWED.items())
