"""The sentence that opens every report. In: estimates. Out: words that claim no more than the intervals. No effects."""

from typing import Literal

from seikaku.inference.estimates import Status, TraitEstimate, TraitEstimates
from seikaku.report.words.texts import Lang, joiner, reason_text, status_label
from seikaku.traits import TRAITS, Trait

NORM_MEAN_T = 50.0
_NOT_AVERAGE: dict[Lang, str] = {
    "ja": "平均的という意味ではなく、まだ分からないという意味です。",
    "en": "That does not mean average: it means not known yet.",
}
_TENTATIVE: dict[Lang, str] = {"ja": "、参考程度", "en": "; tentative"}
_ALL_WITHHELD: dict[Lang, str] = {
    "ja": "今回の文章からは、5つの特性すべての推定を控えました。",
    "en": "All five traits are withheld with this text.",
}


def direction(estimate: TraitEstimate) -> Literal["low", "high"] | None:
    """The pole that may be named: only where the whole interval lies on one side of the mean."""
    if estimate.status == "withheld" or estimate.crosses_mean is not False or estimate.interval_80 is None:
        return None
    if estimate.interval_80.low_t > NORM_MEAN_T:
        return "high"
    if estimate.interval_80.high_t < NORM_MEAN_T:
        return "low"
    return None


def summarize(estimates: TraitEstimates, lang: Lang) -> str:
    """Two or three sentences: the poles that may be named, what cannot be told apart, what was withheld."""
    withheld = [trait for trait in TRAITS if estimates.traits[trait.key].status == "withheld"]
    if len(withheld) == len(TRAITS):
        reasons = dict.fromkeys(why for _, why in explain_statuses(estimates, lang))
        return joiner(lang).join([_ALL_WITHHELD[lang], *reasons])
    named = [trait for trait in TRAITS if direction(estimates.traits[trait.key])]
    rest = [trait for trait in TRAITS if trait not in named and trait not in withheld]
    sentences = []
    if named:
        sentences.append(_named_poles(estimates, named, lang))
    if rest:
        sentences.append(_not_told_apart(rest, lang, some_named=bool(named), some_withheld=bool(withheld)))
    if withheld:
        names = _names(withheld, lang)
        sentences.append(f"{names}は推定を控えました。" if lang == "ja" else f"{names}: withheld.")
    return joiner(lang).join(sentences)


def explain_statuses(estimates: TraitEstimates, lang: Lang) -> list[tuple[str, str]]:
    """Why traits are tentative or withheld: (status and trait names, reason in words), one pair for each reason."""
    groups: dict[tuple[Status, str], list[Trait]] = {}
    for trait in TRAITS:
        estimate = estimates.traits[trait.key]
        if estimate.reason is not None:
            groups.setdefault((estimate.status, estimate.reason), []).append(trait)
    brackets = ("（", "）") if lang == "ja" else (" (", ")")
    return [
        (
            status_label(status, lang).capitalize() + brackets[0] + _names(traits, lang) + brackets[1],
            reason_text(reason, lang),
        )
        for (status, reason), traits in groups.items()
    ]


def join_names(names: list[str], lang: Lang) -> str:
    """Names as one list in the habit of ``lang``."""
    return "・".join(names) if lang == "ja" else _and(names)


def _named_poles(estimates: TraitEstimates, named: list[Trait], lang: Lang) -> str:
    parts = []
    for trait in named:
        low_pole, high_pole = trait.poles(lang)
        high = direction(estimates.traits[trait.key]) == "high"
        pole = high_pole if high else low_pole
        if estimates.traits[trait.key].status == "low_evidence":
            pole += _TENTATIVE[lang]
        if lang == "ja":
            parts.append(f"{trait.name(lang)}は{'高い' if high else '低い'}側（{pole}）")
        else:
            verb = "" if parts else "may be "
            parts.append(f"{trait.name(lang)} {verb}on the {'higher' if high else 'lower'} side ({pole})")
    if lang == "ja":
        return f"基準集団の平均とくらべて、{'、'.join(parts)}の可能性があります（80%区間が平均を含みません）。"
    reason = "its 80% interval excludes" if len(named) == 1 else "their 80% intervals exclude"
    return f"Compared with the norm group's mean, {_and(parts)}; {reason} the mean."


def _not_told_apart(rest: list[Trait], lang: Lang, *, some_named: bool, some_withheld: bool) -> str:
    names = _names(rest, lang)
    if len(rest) == len(TRAITS):
        subject = "5つの特性のどれも" if lang == "ja" else "None of the five traits can"
    elif some_named and not some_withheld and len(rest) > 1:
        subject = "ほかの特性は" if lang == "ja" else "The other traits cannot"
    else:
        subject = f"{names}は" if lang == "ja" else f"{names} cannot"
    if lang == "ja":
        sentence = f"{subject}基準集団の平均と区別できません。"
        return sentence if some_named else f"今回の文章からは、{sentence}{_NOT_AVERAGE[lang]}"
    sentence = f"{subject} be told apart from the norm group's mean"
    return f"{sentence}." if some_named else f"{sentence} with this text. {_NOT_AVERAGE[lang]}"


def _names(traits: list[Trait], lang: Lang) -> str:
    return join_names([trait.name(lang) for trait in traits], lang)


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
