"""What more text would change, or that it would not. In: estimates. Out: one or two sentences. No effects."""

import math
from collections.abc import Sequence

from seikaku.inference.difference import half_width_t
from seikaku.inference.estimates import Accuracy, MoreText, Readability, TraitEstimate, TraitEstimates
from seikaku.report.words.facts import HOW_WELL
from seikaku.report.words.summary import join_names
from seikaku.report.words.texts import Lang, format_range
from seikaku.traits import TRAITS, Trait

# Half-widths of 80 % intervals that differ by less, in T-score points, look the same in every drawing.
_NARROWER = 1.0
# The text cannot be used as it is: more of it would change nothing, ordinary talk would.
_UNFIT = {
    "stickers_only", "not_japanese", "repetitive", "copy_paste", "templates", "code_or_urls", "borrowed",
    "unusual_writing", "unlike_norm",
}  # fmt: skip

_Known = tuple[Trait, TraitEstimate, MoreText]

_NOT_MEASURED: dict[Lang, str] = {
    "ja": "これより多い文章では確かめていないので、増やせば変わるとは言えません。",
    "en": "No more text than this was ever measured, so it cannot be said that more would change anything.",
}
_AMOUNT: dict[Lang, dict[bool, str]] = {
    "ja": {True: "ふだんの日本語の会話が約{n}字あれば", False: "文章を約{n}字まで増やすと"},
    "en": {True: "With about {n} characters of ordinary Japanese talk", False: "With about {n} characters of text"},
}
_GAIN: dict[Lang, str] = {
    "ja": "{amount}、{parts}読み取れるようになります。",
    "en": "{amount}, {parts}.",
}
_GAIN_PART: dict[Lang, str] = {
    "ja": "{names}は{how}（r＝{r}）",
    "en": "{names} could be read {how} (r = {r})",
}
# Those that would be read no better: how well they could be read, if that is one word, and beside those that gain.
_SAME: dict[Lang, str] = {
    "ja": "文章を約{n}字まで増やしても、{names}は{how}しか読み取れません（r＝{r}）。",
    "en": "Even with about {n} characters of text, {names} could be read only {how} (r = {r}).",
}
_SAME_MIXED: dict[Lang, str] = {
    "ja": "文章を約{n}字まで増やしても、{names}は今より読み取れるようにはなりません（r＝{r}）。",
    "en": "Even with about {n} characters of text, {names} could not be read better than now (r = {r}).",
}
_NEVER: dict[Lang, str] = {
    "ja": "文章を約{n}字まで増やしても、{names}は読み取れません（r＝{r}）。",
    "en": "Even with about {n} characters of text, {names} could not be read (r = {r}).",
}
_OTHERS_SAME: dict[Lang, str] = {
    "ja": "ほかは、今より読み取れるようにはなりません（r＝{r}）。",
    "en": "The others could not be read better than now (r = {r}).",
}
_AS_WIDE: dict[Lang, str] = {
    "ja": "推定の幅もほとんど狭まりません（偏差値で±{then} ほど）。",
    "en": "The ranges would hardly be narrower (about ±{then} T-score points).",
}
_NARROWS: dict[Lang, str] = {
    "ja": "推定の幅は、偏差値で±{now} から ±{then} ほどに狭まります。",
    "en": "The ranges would narrow from ±{now} to about ±{then} T-score points.",
}
_ALL: dict[Lang, str] = {"ja": "五つの特性", "en": "all five traits"}


def say_more_text(estimates: TraitEstimates, lang: Lang) -> tuple[str, ...]:
    """For traits that would be read better, for traits that would not, and how much narrower the ranges would be."""
    known: list[_Known] = [
        (trait, estimate, estimate.more_text)
        for trait in TRAITS
        if (estimate := estimates.traits[trait.key]).more_text is not None
    ]
    if not known:
        return (_NOT_MEASURED[lang],)
    is_unfit = any(estimate.reason in _UNFIT for _, estimate, _ in known)
    number = _round_amount(max(more.n_chars for _, _, more in known))
    amount = _AMOUNT[lang][is_unfit].format(n=number)
    gaining: dict[Readability, list[_Known]] = {}
    staying: list[_Known] = []
    for item in known:
        gains, then = _compare(item)
        (gaining.setdefault(then, []) if gains or is_unfit else staying).append(item)
    parts = [
        _GAIN_PART[lang].format(names=_names(items, lang), how=HOW_WELL[then][lang], r=_rs(items, lang))
        for then, items in gaining.items()
    ]
    separator = "、" if lang == "ja" else ", and "
    sentences = [_GAIN[lang].format(amount=amount, parts=separator.join(parts))] if parts else []
    if staying:
        sentences.append(_say_same(staying, number, lang, beside=bool(gaining)))
    return (*sentences, _say_width(known, lang))


def _say_same(items: Sequence[_Known], number: str, lang: Lang, *, beside: bool) -> str:
    thens = {_compare(item)[1] for item in items}
    if beside:
        form = _OTHERS_SAME
    elif thens == {"none"}:
        form = _NEVER
    else:
        form = _SAME if len(thens) == 1 else _SAME_MIXED
    how = HOW_WELL[next(iter(thens))][lang]
    return form[lang].format(n=number, names=_names(items, lang), how=how, r=_rs(items, lang))


def _compare(item: _Known) -> tuple[bool, Readability]:
    """Whether there is a better word for what could be read then, and that word."""
    _, estimate, more = item
    then = Accuracy(more.r, more.r, more.r).readability
    now: Readability = "none" if estimate.accuracy is None else estimate.accuracy.readability
    words = list(HOW_WELL)
    return words.index(then) > words.index(now), then


def _say_width(known: Sequence[_Known], lang: Lang) -> str:
    pairs = [(_half_width(estimate), more.half_width_t) for _, estimate, more in known]
    thens = _range([then for _, then in pairs], 0, lang)
    nows = [now for now, _ in pairs if now is not None]
    if not nows or max((now - then for now, then in pairs if now is not None), default=0.0) < _NARROWER:
        return _AS_WIDE[lang].format(then=thens)
    return _NARROWS[lang].format(now=_range(nows, 0, lang), then=thens)


def _half_width(estimate: TraitEstimate) -> float | None:
    """Of the interval that holds now: the one before reading where nothing is read."""
    if (now := half_width_t(estimate)) is not None or estimate.before_80 is None:
        return now
    return (estimate.before_80.high_t - estimate.before_80.low_t) / 2


def _round_amount(n_chars: int) -> str:
    """Two digits say as much as was measured."""
    unit = 10 ** max(0, math.floor(math.log10(max(n_chars, 1))) - 1)
    return f"{round(n_chars / unit) * unit:,}"


def _names(items: Sequence[_Known], lang: Lang) -> str:
    if len(items) == len(TRAITS):
        return _ALL[lang]
    return join_names([trait.name(lang) for trait, _, _ in items], lang)


def _rs(items: Sequence[_Known], lang: Lang) -> str:
    return _range([more.r for _, _, more in items], 2, lang)


def _range(values: Sequence[float], digits: int, lang: Lang) -> str:
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return low if low == high else format_range(low, high, lang)
