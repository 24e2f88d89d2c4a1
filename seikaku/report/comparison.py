"""Two people side by side, in words. In: two estimates and their difference. Out: sentences and rows. No effects."""

from dataclasses import dataclass

from markupsafe import Markup

from seikaku.inference.difference import Difference, TraitDifference, estimate_difference
from seikaku.inference.estimates import TraitEstimate, TraitEstimates
from seikaku.report.charts.comparison_chart import comparison_chart
from seikaku.report.language_layer import figures_of
from seikaku.report.words.description import figure_label, figure_value
from seikaku.report.words.facts import say_reading
from seikaku.report.words.numbers import format_number, format_signed, format_signed_interval
from seikaku.report.words.standing import name_wording, say_place_short
from seikaku.report.words.summary import join_names
from seikaku.report.words.texts import Lang, joiner, single_line
from seikaku.traits import TRAITS, Trait

_HIGHER: dict[Lang, str] = {
    "ja": "{name}は「{speaker}」のほうが高い可能性があります。",
    "en": "{name} may be higher in {speaker}.",
}
_NOT_ALIKE: dict[Lang, str] = {
    "ja": "似ているという意味ではありません。",
    "en": "That does not mean alike.",
}
_ALL_TRAITS: dict[Lang, str] = {"ja": "五つの特性のどれも", "en": "All five traits"}
_HOLD_ZERO: dict[Lang, str] = {
    "ja": "{names}、どちらが高いとも言えません。",
    "en": "{names}: it cannot be said who is higher.",
}
_NOT_COMPARED: dict[Lang, str] = {
    "ja": "{names}は、少なくとも一方が読み取れないので比べません。",
    "en": "{names}: not compared, since at least one of the two cannot be read.",
}
_NOTES: dict[Lang, tuple[str, ...]] = {
    "ja": (
        "差の80%区間の半幅は √(半幅₁²＋半幅₂²) です。ふたりの推定の誤差が互いに無関係だと仮定しています。"
        "同じ会話のふたりは話題や役割を通して誤差が関係することがあり、そのとき区間は広すぎたり狭すぎたりします。",
        "5つ比べれば、本当は違わなくても1つほどは区間が 0 から外れます。",
        "相性の点数は出しません。誰と誰がうまくいくかをこのモデルは学んでおらず、点数には根拠がないためです。",
    ),
    "en": (
        "Half the width of the interval is √(half₁² + half₂²), which takes the errors of the two estimates to be "
        "independent. Two people of one conversation share its topic and divide its roles; the interval is then too "
        "wide or too narrow.",
        "Of five comparisons about one excludes 0 by chance even where nothing differs.",
        "There is no compatibility score: the model never learnt who gets on with whom, so it would rest on nothing.",
    ),
}
_WORDING: dict[str, dict[Lang, str]] = {
    "first": {"ja": "「{first}」のほうが多い", "en": "more in {first}"},
    "second": {"ja": "「{second}」のほうが多い", "en": "more in {second}"},
    "neither": {"ja": "幅が重なり、違いとは言えない", "en": "the ranges overlap: no difference can be claimed"},
}
_READINGS: dict[str, dict[Lang, str]] = {
    "first": {"ja": "{first} が高い可能性", "en": "{first} may be higher"},
    "second": {"ja": "{second} が高い可能性", "en": "{second} may be higher"},
    "neither": {"ja": "どちらとも言えません", "en": "cannot be said"},
    "withheld": {"ja": "比べません", "en": "not compared"},
}


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """One trait of both people as the template prints it."""

    trait: Trait
    chart: Markup
    first: str
    second: str
    difference: str
    interval: str
    found: str
    reading: str
    is_compared: bool


@dataclass(frozen=True, slots=True)
class WordingRow:
    """The wording of one trait in both people: where it stands, and whether that differs."""

    wording: str
    first: str
    second: str
    found: str


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """The side-by-side section as the template prints it."""

    first: str
    second: str
    summary: str
    notes: tuple[str, ...]
    rows: tuple[ComparisonRow, ...]
    wording: tuple[WordingRow, ...]
    figures: tuple[tuple[str, str, str], ...]  # (label, first's, second's) of what could be counted in both


def view_comparison(first: TraitEstimates, second: TraitEstimates, lang: Lang) -> ComparisonView:
    """Everything that the report shows of two people side by side."""
    difference = estimate_difference(first, second)
    names = single_line(first.speaker), single_line(second.speaker)
    rows = tuple(
        _row(trait, (first.traits[trait.key], second.traits[trait.key]), difference.traits[trait.key], names, lang)
        for trait in TRAITS
    )
    said = compare_in_words(difference, lang)
    return ComparisonView(
        *names, said, _NOTES[lang], rows, compare_wording(first, second, lang), compare_figures(first, second, lang)
    )


def compare_in_words(difference: Difference, lang: Lang) -> str:
    """Who may be higher in what, what cannot be said, and what is not compared."""
    traits = difference.traits
    names = single_line(difference.first), single_line(difference.second)
    sentences = []
    for trait in TRAITS:
        higher = who_is_higher(traits[trait.key])
        if higher in ("first", "second"):
            sentences.append(_HIGHER[lang].format(name=trait.name(lang), speaker=names[higher == "second"]))
    unclear = _names_of(difference, "neither", lang)
    if len(unclear) == len(TRAITS):
        sentences.append(_HOLD_ZERO[lang].format(names=_ALL_TRAITS[lang]))
    elif unclear:
        sentences.append(_HOLD_ZERO[lang].format(names=join_names(unclear, lang) + ("は" if lang == "ja" else "")))
    if unclear and len(sentences) == 1:
        sentences.append(_NOT_ALIKE[lang])
    withheld = _names_of(difference, "withheld", lang)
    if withheld:
        sentences.append(_NOT_COMPARED[lang].format(names=join_names(withheld, lang)))
    return joiner(lang).join(sentences)


def compare_wording(first: TraitEstimates, second: TraitEstimates, lang: Lang) -> tuple[WordingRow, ...]:
    """Where the wording of a trait stands in both, for the traits of which both have a place."""
    names = single_line(first.speaker), single_line(second.speaker)
    rows = []
    for trait in TRAITS:
        one, other = first.traits[trait.key].language, second.traits[trait.key].language
        if one is None or other is None:
            continue
        more = "first" if one.low_80 > other.high_80 else "second" if other.low_80 > one.high_80 else "neither"
        found = _WORDING[more][lang].format(first=names[0], second=names[1])
        rows.append(
            WordingRow(name_wording(trait, lang), say_place_short(one, lang), say_place_short(other, lang), found)
        )
    return tuple(rows)


def compare_figures(first: TraitEstimates, second: TraitEstimates, lang: Lang) -> tuple[tuple[str, str, str], ...]:
    """The description of both side by side, without what could not be counted in one of them."""
    others = {figure.key: figure for figure in figures_of(second)}
    return tuple(
        (figure_label(figure.key, lang), figure_value(figure, lang), figure_value(others[figure.key], lang))
        for figure in figures_of(first)
        if figure.value is not None and figure.key in others and others[figure.key].value is not None
    )


def weaker_reading(both: tuple[TraitEstimate, TraitEstimate], lang: Lang) -> str:
    """How well the trait can be read in the one of the two in whom it can be read less."""
    return say_reading(min(both, key=lambda estimate: estimate.accuracy.r if estimate.accuracy else -1.0), lang)


def comparison_notes(lang: Lang) -> tuple[str, ...]:
    """What the intervals assume, how often chance deceives, and why there is no compatibility score."""
    return _NOTES[lang]


def who_is_higher(difference: TraitDifference) -> str:
    """ "first", "second", "neither" (the interval holds 0) or "withheld"."""
    if difference.difference_t is None:
        return "withheld"
    if difference.holds_zero:
        return "neither"
    return "first" if difference.difference_t > 0 else "second"


def reading(difference: TraitDifference, names: tuple[str, str], lang: Lang) -> str:
    """What a table says of one trait's difference."""
    return _READINGS[who_is_higher(difference)][lang].format(first=names[0], second=names[1])


def difference_figures(difference: TraitDifference, lang: Lang) -> tuple[str, str]:
    """The difference and its 80 % interval with their signs; dashes where withheld."""
    interval = difference.interval_80
    ends = (interval.low_t, interval.high_t) if interval else None
    return format_signed(difference.difference_t, 1), format_signed_interval(ends, 1, lang)


def _names_of(difference: Difference, who: str, lang: Lang) -> list[str]:
    return [trait.name(lang) for trait in TRAITS if who_is_higher(difference.traits[trait.key]) == who]


def _row(
    trait: Trait,
    both: tuple[TraitEstimate, TraitEstimate],
    difference: TraitDifference,
    names: tuple[str, str],
    lang: Lang,
) -> ComparisonRow:
    shown, interval = difference_figures(difference, lang)
    return ComparisonRow(
        trait=trait,
        chart=comparison_chart(trait, both, names, lang),
        first=format_number(both[0].t_score, 1),
        second=format_number(both[1].t_score, 1),
        difference=shown,
        interval=interval,
        found=reading(difference, names, lang),
        reading=weaker_reading(both, lang),
        is_compared=difference.difference_t is not None,
    )
