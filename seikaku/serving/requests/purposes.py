"""What an estimate may be used for. In: the purpose that a request names, and the server's default. Out: the purpose.

Raises PurposeError for a use that is refused, whoever names it.
"""

from dataclasses import dataclass
from typing import NamedTuple

from seikaku.errors import UserError, both
from seikaku.report.words.texts import Lang
from seikaku.serving.requests.problems import PurposeError

DEFAULT_PURPOSE = "default_purpose"  # the code of the warning

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


@dataclass(frozen=True, slots=True)
class Purpose:
    """What one estimate is for. ``is_default``: the request named nothing, and the server's default was taken."""

    key: str
    is_default: bool = False


def choose_purpose(given: str | None, default: str | None) -> Purpose:
    """The purpose that the request names, else the server's default. Raises PurposeError as ``check_purpose`` does."""
    if not given and default is not None:
        return Purpose(default, is_default=True)
    check_purpose(given or "")
    return Purpose(given or "")


def check_purpose(purpose: str) -> None:
    """Do nothing for an allowed purpose. Raises PurposeError: 403 with the reason, or 422 for an unknown word."""
    if purpose in ALLOWED:
        return
    allowed_ja, allowed_en = _list_allowed("ja"), _list_allowed("en")
    if purpose in FORBIDDEN:
        refused = FORBIDDEN[purpose]
        raise PurposeError(
            both(
                f"目的「{refused.name_ja}」（{purpose}）には使えません。{refused.reason_ja}",
                f"Not for {refused.name_en} ({purpose}). {refused.reason_en}",
            ),
            both(
                f"この用途には使わないでください。使える目的: {allowed_ja}",
                f"Do not use it for this. Purposes that are allowed: {allowed_en}",
            ),
            status=403,
        )
    raise PurposeError(
        both("目的（purpose）がないか、知らない言葉です。", "The purpose is missing or not known."),
        both(f"purpose に次のどれかを指定してください: {allowed_ja}", f"Set purpose to one of: {allowed_en}"),
    )


def check_default_purpose(purpose: str | None) -> None:
    """Raise UserError for a default that no request could name either."""
    if purpose is None or purpose in ALLOWED:
        return
    refused = FORBIDDEN.get(purpose)
    flag = f"--default_purpose {purpose}"
    raise UserError(
        both(
            f"{flag}（{refused.name_ja}）は使えません。{refused.reason_ja}" if refused else f"{flag} は使えません。",
            f"{flag} cannot be used. {refused.reason_en}" if refused else f"{flag} cannot be used.",
        ),
        both(f"{'、'.join(ALLOWED)} のどれかを指定してください。", f"Set it to one of {', '.join(ALLOWED)}."),
    )


def default_purpose_text(purpose: str, lang: Lang) -> str:
    """The warning's sentence."""
    name_ja, name_en = ALLOWED[purpose]
    if lang == "en":
        return f"The request named no purpose; the server's default, {name_en} ({purpose}), was taken."
    return f"目的（purpose）の指定がなかったので、このサーバーの既定の「{name_ja}」（{purpose}）として扱いました。"


def _list_allowed(lang: Lang) -> str:
    if lang == "en":
        return ", ".join(f"{key} ({name_en})" for key, (_, name_en) in ALLOWED.items())
    return "、".join(f"{key}（{name_ja}）" for key, (name_ja, _) in ALLOWED.items())
