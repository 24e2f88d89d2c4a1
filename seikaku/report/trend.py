"""A trend in words: what may be said of change, and the rows of its table. In: a trend. Out: text. No effects."""

from dataclasses import dataclass

from markupsafe import Markup

from seikaku.inference.trend import TraitChange, Trend, TrendPart
from seikaku.report.charts.trend_chart import trend_chart
from seikaku.report.words.labels import LABELS
from seikaku.report.words.numbers import NONE, format_interval, format_number, format_signed
from seikaku.report.words.summary import join_names
from seikaku.report.words.texts import Lang, format_range, reason_text
from seikaku.traits import TRAITS, Trait

_NO_TREND: dict[str, dict[Lang, str]] = {
    "too_little_text": {
        "ja": "2つ以上に分けると推定に足りる文章量にならないため、時期ごとの推定はしていません。"
        "会話がもっと多ければ分けられます。",
        "en": "There is not enough text for two parts, so there are no estimates by period. With more text there "
        "would be.",
    },
    "one_day": {
        "ja": "1日だけの会話なので、時期ごとの推定はしていません。",
        "en": "All of the conversation is of one day, so there are no estimates by period.",
    },
    "one_conversation": {
        "ja": "日時のない会話が1つだけなので、分けて推定できません。",
        "en": "There is one conversation without time stamps, so it cannot be split.",
    },
}
_NO_CHANGE: dict[Lang, str] = {
    "ja": "点は動いて見えますが、どの特性も偶然で起こる範囲です。変化があったとは言えません。",
    "en": "The dots seem to move, but for every trait by no more than chance gives. No change can be claimed.",
}
_CHANGE: dict[Lang, str] = {
    "ja": "{name}は、区切り{earlier}と{later}の差（偏差値で {change}）が、偶然で起こる範囲を超えています。"
    "話題や相手、場面の違いでも起こるので、性格が変わったとは言えません。",
    "en": "{name}: parts {earlier} and {later} differ ({change} T-score points) by more than chance gives. "
    "Topic, partner and setting do that too: it does not mean that personality changed.",
}
_REST: dict[Lang, str] = {
    "ja": "ほかの特性の動きは、偶然で起こる範囲です。",
    "en": "The other traits move by no more than chance gives.",
}
_NOTHING_TO_COMPARE: dict[Lang, str] = {
    "ja": "推定できた区切りが1つ以下なので、変化は読めません。",
    "en": "At most one part has an estimate, so nothing can be said of change.",
}
_SCALE: dict[Lang, str] = {
    "ja": "変化と言うには、帯が重ならず、偏差値で少なくとも {readable}点の差が要ります（比べる組の数も見込んだ目安）。"
    "今回の最大の動きは {largest}点でした。",
    "en": "To claim a change the bands must not overlap and the T-scores must differ by at least {readable} points "
    "(which allows for the number of pairs compared). The largest movement here is {largest}.",
}
_ACCURACY: dict[Lang, str] = {
    "ja": "区切りの文章量での精度は r＝{r} です。この精度では、変化はまず読み取れません。"
    "しかも r は人と人との違いで測ったもので、同じ人の中の変化を読めるかは確かめていません。",
    "en": "With as little text as in one part, accuracy is r = {r}; at that accuracy a change can hardly ever be read. "
    "And r was measured between people: whether the model sees change within one person has not been tested.",
}


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One part as a row: its number, period, amount, and one cell per trait."""

    number: str
    period: str
    n_chars: str
    cells: tuple[tuple[str, str], ...]  # (T-score, interval) per trait; dashes where withheld


@dataclass(frozen=True, slots=True)
class TrendView:
    """A speaker's trend as the template prints it. ``charts`` and ``rows`` are empty where there is no trend."""

    title: str
    sentences: tuple[str, ...]
    note: str
    charts: tuple[tuple[Trait, Markup], ...]
    rows: tuple[TrendRow, ...]
    gaps: tuple[tuple[str, str], ...]


def view_trend(trend: Trend, lang: Lang, section_id: str) -> TrendView:
    """Everything that the report shows of a trend; ``section_id`` makes the ids of its charts unique."""
    title, sentences = trend_title(trend, lang), trend_sentences(trend, lang)
    if not has_estimates(trend):
        return TrendView(title, sentences, "", (), (), () if trend.reason else trend_gaps(trend, lang))
    periods = [period(part, lang) for part in trend.parts]
    charts = ((trait, trend_chart(trait, trend, periods, lang, f"{section_id}-{trait.letter}")) for trait in TRAITS)
    return TrendView(
        title=title,
        sentences=sentences,
        note=LABELS[lang]["trend_note" if trend.parts[0].start is not None else "trend_note_by_conversation"],
        charts=tuple(charts),
        rows=tuple(_row(number, part, lang) for number, part in enumerate(trend.parts, 1)),
        gaps=trend_gaps(trend, lang),
    )


def has_estimates(trend: Trend) -> bool:
    """Whether there are parts, and any trait of any of them can be read: else there is nothing to draw."""
    return trend.reason is None and any(
        estimate.t_score is not None for part in trend.parts for estimate in part.estimates.traits.values()
    )


def trend_title(trend: Trend, lang: Lang) -> str:
    """The heading: by period or by conversation."""
    return LABELS[lang]["trend_by_conversation" if trend.by == "conversation" else "trend"]


def trend_sentences(trend: Trend, lang: Lang) -> tuple[str, ...]:
    """What may be said, most important first: whether anything changed, what it would take, the accuracy."""
    if trend.reason is not None:
        return (_NO_TREND[trend.reason][lang],)
    compared = [change for change in trend.changes.values() if change.change_t is not None]
    if not compared:
        return (_NOTHING_TO_COMPARE[lang],)
    return (*_verdicts(trend, lang), _scale(compared, lang), *_accuracy(trend, lang))


def trend_gaps(trend: Trend, lang: Lang) -> tuple[tuple[str, str], ...]:
    """(which traits and parts, why) of every withheld estimate, one pair per reason and set of parts."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for trait in TRAITS:
        for number, part in enumerate(trend.parts, 1):
            estimate = part.estimates.traits[trait.key]
            if estimate.status == "withheld" and estimate.reason is not None:
                numbers.setdefault((trait.key, estimate.reason), []).append(number)
    groups: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    names = {trait.key: trait.name(lang) for trait in TRAITS}
    for (key, reason), found in numbers.items():
        groups.setdefault((reason, tuple(found)), []).append(names[key])
    return tuple(
        (_which(traits, found, len(trend.parts), lang), reason_text(reason, lang))
        for (reason, found), traits in groups.items()
    )


def period(part: TrendPart, lang: Lang) -> str:
    """The days of a part's first and last message; the number of its conversations where there are no time stamps."""
    if part.start is None or part.end is None:
        return LABELS[lang]["n_conversations"].format(n=part.estimates.amount.n_conversations)
    first, last = part.start.date().isoformat(), part.end.date().isoformat()
    return first if first == last else format_range(first, last, lang)


def _verdicts(trend: Trend, lang: Lang) -> list[str]:
    changed = [(trait, trend.changes[trait.key]) for trait in TRAITS if trend.changes[trait.key].exceeds_chance]
    if not changed:
        return [_NO_CHANGE[lang]]
    sentences = [_change(trait, change, lang) for trait, change in changed]
    n_compared = sum(change.change_t is not None for change in trend.changes.values())
    return sentences + [_REST[lang]] * (n_compared > len(changed))


def _change(trait: Trait, change: TraitChange, lang: Lang) -> str:
    assert change.earlier_part is not None and change.later_part is not None
    return _CHANGE[lang].format(
        name=trait.name(lang),
        earlier=change.earlier_part + 1,
        later=change.later_part + 1,
        change=format_signed(change.change_t, 1),
    )


def _scale(compared: list[TraitChange], lang: Lang) -> str:
    readable = min(change.readable_change_t or 0.0 for change in compared)
    largest = max(abs(change.change_t or 0.0) for change in compared)
    return _SCALE[lang].format(readable=f"{readable:.0f}", largest=f"{largest:.1f}")


def _accuracy(trend: Trend, lang: Lang) -> list[str]:
    given = [
        estimate.accuracy.r
        for part in trend.parts
        for estimate in part.estimates.traits.values()
        if estimate.t_score is not None and estimate.accuracy is not None
    ]
    if not given:
        return []
    low, high = f"{min(given):.2f}", f"{max(given):.2f}"
    return [_ACCURACY[lang].format(r=low if low == high else format_range(low, high, lang))]


def _which(traits: list[str], numbers: tuple[int, ...], n_parts: int, lang: Lang) -> str:
    names = join_names(traits, lang)
    listed = (", " if lang == "en" else "・").join(map(str, numbers))
    if lang == "ja":
        return f"{names}（{'すべての区切り' if len(numbers) == n_parts else f'区切り {listed}'}）"
    parts = "all parts" if len(numbers) == n_parts else f"part{'s' * (len(numbers) > 1)} {listed}"
    return f"{names} ({parts})"


def _row(number: int, part: TrendPart, lang: Lang) -> TrendRow:
    cells = []
    for trait in TRAITS:
        estimate = part.estimates.traits[trait.key]
        interval = estimate.interval_80
        ends = (interval.low_t, interval.high_t) if interval else None
        shown = "" if ends is None else format_interval(ends, 1, lang)
        cells.append((format_number(estimate.t_score, 1) if ends else NONE, shown))
    return TrendRow(str(number), period(part, lang), f"{part.estimates.amount.n_chars:,}", tuple(cells))
