"""Two plain facts of one trait: how well it can be read here, and what was found for this person. No effects.

In: an estimate. Out: words. What was found never says more than what can be read: nothing where nothing can be read,
and a side of the mean only as a chance, or where the whole interval lies there.
"""

from dataclasses import dataclass
from typing import Literal

from seikaku.inference.estimates import EVEN_ODDS, Interval, Readability, TraitEstimate
from seikaku.report.words.numbers import NONE, format_interval, format_number
from seikaku.report.words.texts import Lang

NORM_MEAN_T = 50.0

Side = Literal["low", "high"]
Kind = Literal["clear", "leaning", "even", "nothing"]

# A chance is said in whole per cents; certainty is nothing that a model has.
_MOST_PERCENT = 99

# How a trait can be read, from the least to the best.
HOW_WELL: dict[Readability, dict[Lang, str]] = {
    "none": {"ja": "", "en": "not at all"},
    "very_weak": {"ja": "ごく弱く", "en": "very weakly"},
    "weak": {"ja": "弱く", "en": "weakly"},
    "moderate": {"ja": "ある程度", "en": "moderately"},
}
_READ: dict[Lang, str] = {"ja": "{how}読み取れる", "en": "can be read {how}"}
_NOT_READ: dict[Lang, str] = {"ja": "読み取れない", "en": "cannot be read"}
_R: dict[Lang, str] = {"ja": "{read}（r＝{r}）", "en": "{read} (r = {r})"}
_R_ELSEWHERE: dict[Lang, str] = {
    "ja": "ふだんの会話なら{read}（r＝{r}）",
    "en": "{read} in ordinary chats (r = {r})",
}
_CLEAR: dict[Side, dict[Lang, str]] = {
    "high": {"ja": "平均より高い側{chance}", "en": "above the mean{chance}"},
    "low": {"ja": "平均より低い側{chance}", "en": "below the mean{chance}"},
}
_CHANCE: dict[Lang, str] = {"ja": "（見込み {percent}）", "en": " (chance {percent})"}
_LEANING: dict[Side, dict[Lang, str]] = {
    "high": {"ja": "平均より高い見込み {percent}", "en": "{percent} chance of being above the mean"},
    "low": {"ja": "平均より低い見込み {percent}", "en": "{percent} chance of being below the mean"},
}
_EVEN: dict[Lang, str] = {"ja": "どちらとも言えない", "en": "cannot be said either way"}
_NOTHING: dict[Lang, str] = {"ja": "言えることはない", "en": "nothing can be said"}
_BEFORE_AFTER: dict[Lang, str] = {
    "ja": "読む前 {before} → 読んだ後 {after}",
    "en": "before {before} → after {after}",
}
_BEFORE: dict[Lang, str] = {"ja": "読む前 {before} のまま", "en": "before {before}, unchanged"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for a person. ``side`` is None for "even" and "nothing"; ``percent`` where it is not known, too.

    "clear": the whole interval lies on that side of the norm mean; "leaning": that side is the likelier, no more.
    """

    kind: Kind
    side: Side | None = None
    percent: int | None = None


def find(estimate: TraitEstimate) -> Finding:
    """What may be said of the person: never more than the interval, the probability and the accuracy say together."""
    readability = estimate.accuracy.readability if estimate.accuracy else None
    is_read = estimate.status != "withheld" and readability not in (None, "none")
    if not is_read or estimate.t_score is None or estimate.interval_80 is None:
        return Finding("nothing")
    beyond, percent = _side_of(estimate.interval_80), _percent(estimate.probability_above)
    # 55.4 would be printed as a chance of 55 %, of which the guide says that it is as good as even.
    leaning = estimate.leaning if percent is not None and percent > 100 * EVEN_ODDS[1] else None
    if beyond is not None and leaning in (beyond, None):
        return Finding("clear", beyond, percent if leaning else None)
    if leaning is not None and beyond is None:
        return Finding("leaning", leaning, percent)
    return Finding("even")


def direction(estimate: TraitEstimate) -> Side | None:
    """The pole that may be named: only where the whole interval lies on one side of the mean."""
    finding = find(estimate)
    return finding.side if finding.kind == "clear" else None


def say_reading(estimate: TraitEstimate, lang: Lang) -> str:
    """How well this trait can be read from so much text, with the r that was measured."""
    accuracy = estimate.accuracy
    if accuracy is None:
        return _NOT_READ[lang]
    readability = accuracy.readability
    read = _NOT_READ[lang] if readability == "none" else _READ[lang].format(how=HOW_WELL[readability][lang])
    # The measured r is of ordinary chats: it is not this text's where the text is unlike them.
    form = _R_ELSEWHERE if estimate.reason in ("unlike_norm", "unusual_writing") else _R
    return form[lang].format(read=read, r=format_number(accuracy.r, 2))


def say_found(estimate: TraitEstimate, lang: Lang) -> str:
    """What was found for this person: a side, a chance, that neither can be said, or nothing."""
    finding = find(estimate)
    if finding.side is None:
        return (_EVEN if finding.kind == "even" else _NOTHING)[lang]
    percent = say_percent(finding)
    if finding.kind == "leaning":
        return _LEANING[finding.side][lang].format(percent=percent)
    chance = _CHANCE[lang].format(percent=percent) if finding.percent is not None else ""
    return _CLEAR[finding.side][lang].format(chance=chance)


def say_percent(finding: Finding) -> str:
    """The chance of the side that was found; a dash where there is none."""
    return NONE if finding.percent is None else f"{finding.percent}%"


def say_before_after(estimate: TraitEstimate, lang: Lang, digits: int = 0) -> str:
    """The 80 % interval that one would state before reading anything, and the one after reading."""
    before = format_interval(ends_t(estimate.before_80), digits, lang)
    if estimate.interval_80 is None:
        return NONE if estimate.before_80 is None else _BEFORE[lang].format(before=before)
    after = format_interval(ends_t(estimate.interval_80), digits, lang)
    return after if estimate.before_80 is None else _BEFORE_AFTER[lang].format(before=before, after=after)


def ends_t(interval: Interval | None) -> tuple[float, float] | None:
    """Both ends in T-scores."""
    return None if interval is None else (interval.low_t, interval.high_t)


def _side_of(interval: Interval) -> Side | None:
    if interval.low_t > NORM_MEAN_T:
        return "high"
    return "low" if interval.high_t < NORM_MEAN_T else None


def _percent(probability_above: float | None) -> int | None:
    """The chance of the likelier side in whole per cents."""
    if probability_above is None:
        return None
    return min(_MOST_PERCENT, round(100 * max(probability_above, 1 - probability_above)))
