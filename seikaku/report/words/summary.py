"""The sentences that open every report: what is known. In: estimates. Out: words, no more than can be read. Pure."""

from collections.abc import Sequence

from seikaku.inference.estimates import TraitEstimate, TraitEstimates
from seikaku.report.words.facts import HOW_WELL, Finding, Kind, find, say_percent
from seikaku.report.words.texts import FEW_MEASURED, MAY_BE_NOTHING, Lang, format_range, joiner, reason_text
from seikaku.traits import TRAITS, Trait

_Found = dict[Kind, list[tuple[Trait, Finding]]]

_MIN_R_OF_MANY = 0.2  # an r as good as this is "accuracy_uncertain" only where few people were measured

_CLEAR: dict[Lang, str] = {
    "ja": "基準集団の平均とくらべて、{parts}と見込まれます。",
    "en": "Compared with the norm group's mean, {parts}.",
}
_SIDE: dict[Lang, dict[str, str]] = {
    "ja": {"high": "{name}は高い側（{pole}{chance}）", "low": "{name}は低い側（{pole}{chance}）"},
    "en": {
        "high": "{name} is likely on the higher side ({pole}{chance})",
        "low": "{name} is likely on the lower side ({pole}{chance})",
    },
}
_CHANCE: dict[Lang, str] = {"ja": "、見込み {percent}", "en": "; chance {percent}"}
_LEANING: dict[Lang, str] = {
    "ja": "平均より{parts}です。",
    "en": "More likely than not {parts}.",
}
_LEANING_SIDE: dict[Lang, dict[str, str]] = {
    "ja": {"high": "高い見込みがあるのは{names}", "low": "低い見込みがあるのは{names}"},
    "en": {"high": "above the mean: {names}", "low": "below the mean: {names}"},
}
_EVEN: dict[Lang, str] = {
    "ja": "{names}は、平均より高いとも低いとも言えません。",
    "en": "Whether {names} lie above or below the mean cannot be said.",
}
_ALL_EVEN: dict[Lang, str] = {
    "ja": "五つの特性はどれも、平均より高いとも低いとも言えません。",
    "en": "Whether any of the five traits lies above or below the mean cannot be said.",
}
_ALL_NOT_READ: dict[Lang, str] = {
    "ja": "この文章量（{n_chars:,}字）からは、五つの特性はどれも読み取れません。",
    "en": "None of the five traits can be read from this much text ({n_chars:,} characters).",
}
_NONE_READ_HERE: dict[Lang, str] = {
    "ja": "この文章からは、五つの特性はどれも読み取れません。",
    "en": "None of the five traits can be read from this text.",
}
_NOT_READ: dict[Lang, str] = {
    "ja": "{names}は読み取れません。",
    "en": "{names} cannot be read.",
}
_STRENGTH: dict[Lang, dict[bool, str]] = {
    "ja": {
        False: "この文章量（{n_chars:,}字）では、{how}しか読み取れません（r＝{r}）。",
        True: "この文章量（{n_chars:,}字）で、{how}読み取れます（r＝{r}）。",
    },
    "en": {
        False: "With this much text ({n_chars:,} characters) they can be read only {how} (r = {r}).",
        True: "With this much text ({n_chars:,} characters) they can be read {how} (r = {r}).",
    },
}
_STRENGTHS_DIFFER: dict[Lang, str] = {
    "ja": "この文章量（{n_chars:,}字）でどのくらい読み取れるかは、特性で違います（r＝{r}）。",
    "en": "How well they can be read from this much text ({n_chars:,} characters) differs (r = {r}).",
}
_LANGUAGE_BELOW: dict[Lang, str] = {
    "ja": "言葉づかいそのものは、下に書いてあります。",
    "en": "What can be said of the language itself stands below.",
}


def summarize(estimates: TraitEstimates, lang: Lang, *, describes_language: bool = False) -> str:
    """Two or three sentences: what is likely, what cannot be said, what cannot be read, and how well the rest is.

    ``describes_language``: a description of the language follows, which is named where no trait can be read.
    """
    found: _Found = {"clear": [], "leaning": [], "even": [], "nothing": []}
    for trait in TRAITS:
        finding = find(estimates.traits[trait.key])
        found[finding.kind].append((trait, finding))
    if len(found["nothing"]) == len(TRAITS):
        sentences = _nothing_read(estimates, lang)
        return joiner(lang).join([*sentences, *([_LANGUAGE_BELOW[lang]] if describes_language else [])])
    sentences = [
        *([_clear(found["clear"], lang)] if found["clear"] else []),
        *([_leaning(found["leaning"], lang)] if found["leaning"] else []),
        *([_even(found, lang)] if found["even"] else []),
        *_strength(estimates, lang),
        *([_NOT_READ[lang].format(names=_names([t for t, _ in found["nothing"]], lang))] if found["nothing"] else []),
    ]
    return joiner(lang).join(sentences)


def explain_statuses(estimates: TraitEstimates, lang: Lang) -> list[tuple[str, str]]:
    """What to know of how traits were read: (trait names, sentence), one pair for each reason, however many traits."""
    groups: dict[str, list[Trait]] = {}
    for trait in TRAITS:
        if (why := _explain(estimates.traits[trait.key], lang)) is not None:
            groups.setdefault(why, []).append(trait)
    return [(_names(traits, lang), why) for why, traits in groups.items()]


def join_names(names: list[str], lang: Lang) -> str:
    """Names as one list in the habit of ``lang``."""
    return "・".join(names) if lang == "ja" else _and(names)


def _explain(estimate: TraitEstimate, lang: Lang) -> str | None:
    """The reason in a sentence; None where how well the trait can be read says it already."""
    if estimate.reason is None:
        return None
    accuracy = estimate.accuracy
    if estimate.reason != "accuracy_uncertain" or accuracy is None:
        return reason_text(estimate.reason, lang)
    if accuracy.r_low_95 <= 0:
        return MAY_BE_NOTHING[lang]
    return FEW_MEASURED[lang] if accuracy.r >= _MIN_R_OF_MANY else None


def _nothing_read(estimates: TraitEstimates, lang: Lang) -> list[str]:
    """That nothing is read, and why, each reason once."""
    if {estimate.reason for estimate in estimates.traits.values()} == {"accuracy_too_low"}:
        return [_ALL_NOT_READ[lang].format(n_chars=estimates.amount.n_chars)]
    return [_NONE_READ_HERE[lang], *(why for _, why in explain_statuses(estimates, lang))]


def _clear(items: Sequence[tuple[Trait, Finding]], lang: Lang) -> str:
    parts = []
    for trait, finding in items:
        assert finding.side is not None
        chance = "" if finding.percent is None else _CHANCE[lang].format(percent=say_percent(finding))
        pole = trait.poles(lang)[finding.side == "high"]
        parts.append(_SIDE[lang][finding.side].format(name=trait.name(lang), pole=pole, chance=chance))
    return _CLEAR[lang].format(parts="、".join(parts) if lang == "ja" else _and(parts))


def _leaning(items: Sequence[tuple[Trait, Finding]], lang: Lang) -> str:
    brackets = ("（", "）") if lang == "ja" else (" (", ")")
    parts = []
    for side in ("high", "low"):
        names = [
            f"{trait.name(lang)}{brackets[0]}{say_percent(finding)}{brackets[1]}"
            for trait, finding in items
            if finding.side == side
        ]
        if names:
            parts.append(_LEANING_SIDE[lang][side].format(names=join_names(names, lang)))
    return _LEANING[lang].format(parts=("、" if lang == "ja" else "; ").join(parts))


def _even(found: _Found, lang: Lang) -> str:
    traits = [trait for trait, _ in found["even"]]
    if len(traits) == len(TRAITS):
        return _ALL_EVEN[lang]
    if (found["clear"] or found["leaning"]) and not found["nothing"] and len(traits) > 1:
        return _EVEN[lang].format(names={"ja": "ほか", "en": "the others"}[lang])
    sentence = _EVEN[lang].format(names=_names(traits, lang))
    return sentence if len(traits) > 1 else sentence.replace(" lie ", " lies ")


def _strength(estimates: TraitEstimates, lang: Lang) -> list[str]:
    """How well those traits can be read of which anything was said."""
    read = [
        estimate.accuracy
        for estimate in estimates.traits.values()
        if find(estimate).kind != "nothing" and estimate.accuracy is not None
    ]
    if not read:
        return []
    ordered = sorted(read, key=lambda accuracy: accuracy.r)
    least, most = ordered[0], ordered[-1]
    low, high = f"{least.r:.2f}", f"{most.r:.2f}"
    form = _STRENGTH[lang][most.readability == "moderate"]
    return [
        (form if least.readability == most.readability else _STRENGTHS_DIFFER[lang]).format(
            n_chars=estimates.amount.n_chars,
            how=HOW_WELL[most.readability][lang],
            r=low if low == high else format_range(low, high, lang),
        )
    ]


def _names(traits: Sequence[Trait], lang: Lang) -> str:
    if len(traits) == len(TRAITS):
        return {"ja": "五つの特性", "en": "All five traits"}[lang]
    return join_names([trait.name(lang) for trait in traits], lang)


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
