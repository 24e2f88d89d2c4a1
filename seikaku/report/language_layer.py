"""The language layer of a report: where wording stands, and what was counted. In: estimates. Out: rows in words. Pure.

Nothing here bears a trait's name without saying how little it tells of the trait.
"""

from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from seikaku.conversation.description.catalogue import GROUPS
from seikaku.conversation.description.describe import LanguageFigure
from seikaku.inference.estimates import TraitEstimates
from seikaku.report.charts.hours_chart import hours_chart
from seikaku.report.charts.standing_bar import place_strip, standing_chart
from seikaku.report.words import description
from seikaku.report.words.standing import name_wording, say_place, say_relation, say_unplaced
from seikaku.report.words.texts import Lang, colon
from seikaku.report.words.unlikeness import say_unlike_groups, say_unlikeness
from seikaku.traits import TRAITS


@dataclass(frozen=True, slots=True)
class StandingRow:
    """The wording of one trait: where it stands, and how little that says of the trait."""

    wording: str
    place: str
    relation: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure that could be counted. ``parts``, ``place`` are "" and ``drawing`` is empty where there is none."""

    label: str
    value: str
    parts: str
    place: str
    drawing: Markup


@dataclass(frozen=True, slots=True)
class LanguageView:
    """The layer as it is printed. ``unplaced``: for which traits no wording is known, "" where it is for each.

    ``groups``: (title, rows); ``not_counted``: (label, what it needs); ``meanings``: (label, what is counted);
    ``unlikeness``: how unlike the norm group's chats the text is, in all and by kind, empty where that is not known.
    """

    standings: tuple[StandingRow, ...]
    unplaced: str
    about: str
    groups: tuple[tuple[str, tuple[FigureRow, ...]], ...]
    not_counted: tuple[tuple[str, str], ...]
    meanings: tuple[tuple[str, str], ...]
    norm: str
    unlikeness: tuple[str, ...]

    @property
    def describes(self) -> bool:
        """Whether there is anything beside the standings."""
        return bool(self.groups)


class DescribedGroup(NamedTuple):
    """The figures of one group in words: those that have no place among others, and sentences of those that have."""

    title: str
    plain: list[str]
    placed: list[str]


def figures_of(estimates: TraitEstimates) -> tuple[LanguageFigure, ...]:
    """The description that came with the estimates, none without one."""
    return () if estimates.description is None else estimates.description.figures


def view_language(estimates: TraitEstimates, lang: Lang, section_id: str) -> LanguageView:
    """Everything that a report says of the language; ``section_id`` makes the ids of its charts unique."""
    figures = figures_of(estimates)
    norm = None if estimates.description is None else estimates.description.norm
    unlikeness = estimates.unlikeness
    counted = [figure for figure in figures if figure.value is not None]
    return LanguageView(
        standings=_standings(estimates, lang, section_id),
        unplaced=say_unplaced(estimates, lang) or "",
        about=description.ABOUT[lang],
        groups=tuple(
            (description.GROUPS[group][lang], rows)
            for group in GROUPS
            if (rows := tuple(_row(f, lang, section_id) for f in counted if f.kind.group == group))
        ),
        not_counted=tuple(
            (description.figure_label(figure.key, lang), description.figure_need(figure, lang))
            for figure in figures
            if figure.value is None
        ),
        meanings=tuple(
            (description.figure_label(f.key, lang), description.figure_meaning(f.key, lang)) for f in counted
        ),
        norm="" if norm is None or all(f.place is None for f in counted) else description.norm_note(norm, lang),
        unlikeness=()
        if unlikeness is None
        else (say_unlikeness(unlikeness, lang), say_unlike_groups(unlikeness, lang)),
    )


def describe_lines(estimates: TraitEstimates, lang: Lang) -> list[DescribedGroup]:
    """Every figure that could be counted, by group, in sentences: for a terminal."""
    groups = []
    for group in GROUPS:
        counted = [f for f in figures_of(estimates) if f.value is not None and f.kind.group == group]
        if counted:
            plain = [_say_plain(figure, lang) for figure in counted if figure.place is None]
            placed = [description.figure_sentence(figure, lang) for figure in counted if figure.place is not None]
            groups.append(DescribedGroup(description.GROUPS[group][lang], plain, placed))
    return groups


def standing_lines(estimates: TraitEstimates, lang: Lang) -> list[str]:
    """A sentence for each trait whose wording has a place, then one for those without: for a terminal."""
    lines = []
    for trait in TRAITS:
        estimate = estimates.traits[trait.key]
        if estimate.language is not None and estimate.accuracy is not None:
            place = f"{name_wording(trait, lang)}{colon(lang)}{say_place(estimate.language, lang)}"
            end = "。" if lang == "ja" else ". "
            lines.append(f"{place}{end}{say_relation(trait, estimate.accuracy, lang)}")
    unplaced = say_unplaced(estimates, lang)
    return lines if unplaced is None else [*lines, unplaced]


def unlikeness_line(estimates: TraitEstimates, lang: Lang) -> list[str]:
    """How unlike the norm group's chats the text is, in a sentence; nothing where it is not known."""
    return [] if estimates.unlikeness is None else [say_unlikeness(estimates.unlikeness, lang)]


def _say_plain(figure: LanguageFigure, lang: Lang) -> str:
    said = f"{description.figure_label(figure.key, lang)} {description.figure_value(figure, lang)}"
    parts = description.figure_parts(figure, lang)
    brackets = ("（", "）") if lang == "ja" else (" (", ")")
    return f"{said}{brackets[0]}{parts}{brackets[1]}" if parts else said


def _standings(estimates: TraitEstimates, lang: Lang, section_id: str) -> tuple[StandingRow, ...]:
    rows = []
    for trait in TRAITS:
        estimate = estimates.traits[trait.key]
        if estimate.language is None or estimate.accuracy is None:
            continue
        rows.append(
            StandingRow(
                wording=name_wording(trait, lang),
                place=say_place(estimate.language, lang),
                relation=say_relation(trait, estimate.accuracy, lang),
                chart=standing_chart(trait, estimate.language, lang, f"{section_id}-w{trait.letter}"),
            )
        )
    return tuple(rows)


def _row(figure: LanguageFigure, lang: Lang, section_id: str) -> FigureRow:
    return FigureRow(
        label=description.figure_label(figure.key, lang),
        value=description.figure_value(figure, lang),
        parts=description.figure_parts(figure, lang),
        place=description.figure_place(figure, lang) or "",
        drawing=_drawing(figure, lang, section_id),
    )


def _drawing(figure: LanguageFigure, lang: Lang, section_id: str) -> Markup:
    if figure.unit == "hour":
        title = f"{description.figure_label(figure.key, lang)}{colon(lang)}{description.figure_value(figure, lang)}"
        return hours_chart([part.value for part in figure.parts], title, f"{section_id}-hours")
    if figure.place is None:
        return Markup("")
    return place_strip(figure.place.low, figure.place.percentile, figure.place.high)
