"""The five traits: keys, order, names and scale. Nobody else spells a trait.

Order O C E A N. Scale: mean of 12 adjective ratings, 1 to 7 (Wada 1996, as in RealPersonaChat).
"""

from dataclasses import dataclass

SCALE_MIN = 1.0
SCALE_MAX = 7.0


@dataclass(frozen=True, slots=True)
class Trait:
    """One trait: its key, and the words for it and for its two poles in Japanese and English."""

    key: str
    letter: str
    name_ja: str
    name_en: str
    low_pole_ja: str
    high_pole_ja: str
    low_pole_en: str
    high_pole_en: str

    def name(self, lang: str) -> str:
        """The trait's name in ``lang`` ("ja" or "en")."""
        return self.name_ja if lang == "ja" else self.name_en

    def poles(self, lang: str) -> tuple[str, str]:
        """The words for the (low, high) pole in ``lang``: both plain and neither a fault."""
        if lang == "ja":
            return self.low_pole_ja, self.high_pole_ja
        return self.low_pole_en, self.high_pole_en


TRAITS: tuple[Trait, ...] = (
    Trait("openness", "O", "開放性", "Openness",
          "なじみを大切に", "新しさを好む", "prefers the familiar", "seeks the new"),
    Trait("conscientiousness", "C", "誠実性", "Conscientiousness",
          "おおらか・柔軟", "きちんと計画的", "easygoing, flexible", "orderly, planful"),
    Trait("extraversion", "E", "外向性", "Extraversion",
          "控えめ・静か", "社交的・活発", "reserved, quiet", "sociable, lively"),
    Trait("agreeableness", "A", "協調性", "Agreeableness",
          "率直・自立的", "思いやり・協力的", "frank, independent", "warm, cooperative"),
    Trait("neuroticism", "N", "神経症傾向", "Neuroticism",
          "落ち着きやすい", "心が揺れやすい", "calm, steady", "sensitive, easily stirred"),
)  # fmt: skip
TRAIT_KEYS: tuple[str, ...] = tuple(trait.key for trait in TRAITS)
N_TRAITS = len(TRAITS)
