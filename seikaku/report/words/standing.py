"""Where a person's language stands among the norm group's, in words: never where a trait does. No effects.

In: standings and the accuracy of what they would say of the trait. Out: words that never give the one the other's name.
"""

from seikaku.inference.estimates import Accuracy, LanguageStanding, TraitEstimates
from seikaku.report.words.facts import HOW_WELL
from seikaku.report.words.numbers import format_interval
from seikaku.report.words.summary import join_names
from seikaku.report.words.texts import Lang
from seikaku.traits import TRAITS, Trait

_OF_100 = (1, 99)  # nobody is below nobody, or above everybody, of a group of which he is no part

_WORDING: dict[Lang, str] = {
    "ja": "{name}の高い人に多い言葉づかい",
    "en": "Wording used more by people high in {name}",
}
_PLACE: dict[Lang, str] = {
    "ja": "基準集団の 100人中 {n}人より多い（同じ人の別の文章なら {others}人）",
    "en": "more than {n} of 100 in the norm group ({others} in other text of the same person)",
}
_PLACE_SHORT: dict[Lang, str] = {"ja": "{n}（{others}）", "en": "{n} ({others})"}
_BORROWS_NOTHING: dict[Lang, str] = {
    "ja": "自己評定の{name}との関係は{word}（r＝{r}）、本人の{name}の位置ではありません。",
    "en": "It goes with self-rated {name} only {word} (r = {r}): this is not where the person's {name} stands.",
}
_RELATION_JA = {"none": "ほとんどなく", "very_weak": "ごく弱く", "weak": "弱く", "moderate": "中くらいで"}
_NONE_KNOWN: dict[Lang, str] = {
    "ja": "この文章量では、どの特性についても、その高い人に多いと確かめられた言葉づかいはありません。",
    "en": "With this much text, no trait's wording is known to go with the trait.",
}
_REST_UNKNOWN: dict[Lang, str] = {
    "ja": "{names}については、この文章量で確かめられた言葉づかいはありません。",
    "en": "For {names} no wording is known to go with the trait at this amount of text.",
}


def name_wording(trait: Trait, lang: Lang) -> str:
    """What is placed: wording that goes with high scores, not the trait."""
    return _WORDING[lang].format(name=trait.name(lang) if lang == "ja" else trait.name(lang).lower())


def say_place(standing: LanguageStanding, lang: Lang) -> str:
    """The place among 100, and where other text of the same person would stand."""
    return _PLACE[lang].format(**_figures(standing, lang))


def say_place_short(standing: LanguageStanding, lang: Lang) -> str:
    """The same in figures, under a heading that says what they are."""
    return _PLACE_SHORT[lang].format(**_figures(standing, lang))


def say_relation(trait: Trait, accuracy: Accuracy, lang: Lang) -> str:
    """How little that says of the trait."""
    word = _RELATION_JA[accuracy.readability] if lang == "ja" else HOW_WELL[accuracy.readability][lang]
    name = trait.name(lang) if lang == "ja" else trait.name(lang).lower()
    return _BORROWS_NOTHING[lang].format(name=name, word=word, r=f"{accuracy.r:.2f}")


def say_unplaced(estimates: TraitEstimates, lang: Lang) -> str | None:
    """For which traits no wording is known to go with the trait; None where it is for each."""
    unplaced = [trait for trait in TRAITS if estimates.traits[trait.key].language is None]
    if len(unplaced) == len(TRAITS):
        return _NONE_KNOWN[lang]
    if not unplaced:
        return None
    return _REST_UNKNOWN[lang].format(names=join_names([trait.name(lang) for trait in unplaced], lang))


def _figures(standing: LanguageStanding, lang: Lang) -> dict[str, str]:
    others = format_interval((_among_100(standing.low_80), _among_100(standing.high_80)), 0, lang)
    return {"n": str(_among_100(standing.percentile)), "others": others}


def _among_100(percentile: float) -> int:
    return min(max(round(percentile), _OF_100[0]), _OF_100[1])
