"""The five traits as a radar, an option only, as inline SVG. In: estimates. Out: markup. No effects.

The norm mean is a ring, the 80 % bands lie on the spokes and between them. A withheld trait is a gap: nothing is drawn
across its spoke. Only neighbours that both have an estimate are joined.
"""

import math
from collections.abc import Sequence

from markupsafe import Markup

from seikaku.inference.estimates import TraitEstimate, TraitEstimates
from seikaku.report.charts.trait_bar import axis_percent, look_of
from seikaku.report.words.labels import LABELS
from seikaku.report.words.numbers import format_interval
from seikaku.report.words.texts import Lang, single_line
from seikaku.traits import TRAITS, Trait

_CENTRE = (245.0, 165.0)
_RADIUS = 118.0
_RING_T = (30, 40, 60, 70, 80)
# Where each name begins, from the centre: beside the end of its spoke, where the longest English one has room.
_LABELS_AT = ((0, -150, "middle"), (94, -98, "start"), (84, 118, "start"), (-84, 118, "end"), (-94, -98, "end"))

_FRAME = Markup(
    '<svg class="chart radar-chart" data-radar="" role="img" aria-labelledby="{chart_id}-t {chart_id}-d" '
    'viewBox="0 0 490 330" xmlns="http://www.w3.org/2000/svg"><title id="{chart_id}-t">{title}</title>'
    '<desc id="{chart_id}-d">{description}</desc>{drawing}</svg>'
)
_RING = Markup('<circle class="{name}" cx="{cx}" cy="{cy}" r="{r}"/>')
_SPOKE = Markup('<line class="spoke{empty}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>')
_AREA = Markup('<path class="radar-area" d="M{points}Z"/>')
_EDGE = Markup('<line class="radar-edge" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>')
_BAND = Markup('<line class="radar-band" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>')
_DOT = Markup('<circle class="dot" cx="{x}" cy="{y}" r="6"/>')
_GROUP = Markup('<g class="chart-{look}">{drawing}</g>')
_NAME = Markup(
    '<text class="radar-name" x="{x}" y="{y}" text-anchor="{anchor}">{name}'
    '<tspan class="radar-number" x="{x}" dy="1.25em">{number}</tspan></text>'
)

_Point = tuple[float, float]


def radar_chart(estimates: TraitEstimates, lang: Lang, chart_id: str) -> Markup:
    """The radar of one speaker; ``chart_id`` must be unique in the page (alternative text refers to it)."""
    words = LABELS[lang]
    several = [estimates.traits[trait.key] for trait in TRAITS]
    return _FRAME.format(
        chart_id=chart_id,
        title=words["radar_title"].format(speaker=single_line(estimates.speaker)),
        description=words["radar_axis"] + "".join(_describe(*pair, lang) for pair in zip(TRAITS, several, strict=True)),
        drawing=Markup("").join(
            [
                *(_ring("ring", t) for t in _RING_T),
                *(_spoke(index, estimate) for index, estimate in enumerate(several)),
                *_areas(several),
                _ring("mean", 50),
                *_edges(several),
                *(_dot(index, estimate) for index, estimate in enumerate(several)),
                *(_name(index, *pair, lang) for index, pair in enumerate(zip(TRAITS, several, strict=True))),
            ]
        ),
    )


def radar_point(index: int, t_score: float) -> _Point:
    """Where a T-score stands on the spoke of the trait ``index`` (clockwise from the top)."""
    radius = _RADIUS * axis_percent(t_score) / 100
    return _polar(index, radius)


def _polar(index: int, radius: float) -> _Point:
    angle = 2 * math.pi * index / len(TRAITS)
    return round(_CENTRE[0] + radius * math.sin(angle), 1), round(_CENTRE[1] - radius * math.cos(angle), 1)


def _ring(name: str, t_score: float) -> Markup:
    return _RING.format(name=name, cx=_CENTRE[0], cy=_CENTRE[1], r=round(_RADIUS * axis_percent(t_score) / 100, 1))


def _spoke(index: int, estimate: TraitEstimate) -> Markup:
    """The axis of a trait, with its band; dashed where withheld."""
    (x1, y1), (x2, y2) = radar_point(index, 20), radar_point(index, 80)
    spoke = _SPOKE.format(empty=" spoke-empty" if estimate.interval_80 is None else "", x1=x1, y1=y1, x2=x2, y2=y2)
    if estimate.interval_80 is None:
        return spoke
    (x1, y1), (x2, y2) = (radar_point(index, t) for t in (estimate.interval_80.low_t, estimate.interval_80.high_t))
    return spoke + _GROUP.format(look=look_of(estimate), drawing=_BAND.format(x1=x1, y1=y1, x2=x2, y2=y2))


def _neighbours(estimates: Sequence[TraitEstimate]) -> list[tuple[int, int]]:
    """Pairs of spokes side by side, round the circle, that both have an estimate."""
    pairs = [(index, (index + 1) % len(estimates)) for index in range(len(estimates))]
    return [pair for pair in pairs if all(estimates[index].t_score is not None for index in pair)]


def _areas(estimates: Sequence[TraitEstimate]) -> list[Markup]:
    """The 80 % band between neighbours."""
    areas = []
    for first, second in _neighbours(estimates):
        one, other = estimates[first].interval_80, estimates[second].interval_80
        assert one is not None and other is not None
        corners = ((first, one.low_t), (first, one.high_t), (second, other.high_t), (second, other.low_t))
        points = " L".join(f"{x} {y}" for x, y in (radar_point(*corner) for corner in corners))
        areas.append(_AREA.format(points=points))
    return areas


def _edges(estimates: Sequence[TraitEstimate]) -> list[Markup]:
    """Lines between neighbouring dots."""
    edges = []
    for first, second in _neighbours(estimates):
        (x1, y1), (x2, y2) = (radar_point(index, estimates[index].t_score or 0.0) for index in (first, second))
        edges.append(_EDGE.format(x1=x1, y1=y1, x2=x2, y2=y2))
    return edges


def _dot(index: int, estimate: TraitEstimate) -> Markup:
    if estimate.t_score is None:
        return Markup("")
    x, y = radar_point(index, estimate.t_score)
    return _GROUP.format(look=look_of(estimate), drawing=_DOT.format(x=x, y=y))


def _name(index: int, trait: Trait, estimate: TraitEstimate, lang: Lang) -> Markup:
    across, down, anchor = _LABELS_AT[index]
    number = LABELS[lang]["withheld"] if estimate.t_score is None else f"{estimate.t_score:.1f}"
    return _NAME.format(x=_CENTRE[0] + across, y=_CENTRE[1] + down, anchor=anchor, name=trait.name(lang), number=number)


def _describe(trait: Trait, estimate: TraitEstimate, lang: Lang) -> str:
    words = LABELS[lang]
    if estimate.t_score is None or estimate.interval_80 is None:
        return words["comparison_chart_person_withheld"].format(speaker=trait.name(lang))
    interval = format_interval((estimate.interval_80.low_t, estimate.interval_80.high_t), 1, lang)
    return words["comparison_chart_person"].format(
        speaker=trait.name(lang), t_score=f"{estimate.t_score:.1f}", interval=interval
    )
