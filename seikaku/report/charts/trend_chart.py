"""One trait over the parts of a trend, as inline SVG: dots, 80 % bands, the norm mean, gaps, dates. No effects.

Fluid as ``charts``: across in per cent, down in pixels. A part with dates stands at the middle of its time. No line
joins the dots: it would draw the eye to movements that are no more than chance.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from seikaku.inference.estimates import TraitEstimate
from seikaku.inference.trend import Trend, TrendPart
from seikaku.report.charts.trait_bar import axis_percent, look_of
from seikaku.report.words.dates import date_ticks
from seikaku.report.words.labels import LABELS
from seikaku.report.words.numbers import format_interval
from seikaku.report.words.texts import Lang
from seikaku.traits import Trait

_TOP, _HEIGHT = 6, 108  # of the axis from T 80 down to T 20, in pixels
_MARGIN = 4.0  # per cent on both sides, so that the outermost dots are whole
_NEAR_THE_END = 12.0  # a date this near (per cent) is written inwards

_HEIGHT_WITHOUT, _HEIGHT_WITH_DATES = 138, 156

_FRAME = Markup(
    '<svg class="chart trend-chart" data-trend="{key}" role="img" aria-labelledby="{chart_id}-t {chart_id}-d" '
    'width="100%" height="{height}" xmlns="http://www.w3.org/2000/svg"><title id="{chart_id}-t">{title}</title>'
    '<desc id="{chart_id}-d">{description}</desc>{drawing}</svg>'
)
_EDGE = Markup('<line class="tick" x1="0%" x2="100%" y1="{y}" y2="{y}"/>')
_MEAN = Markup('<line class="mean" x1="0%" x2="100%" y1="{y}" y2="{y}"/>')
_PART = Markup(
    '<g class="chart-{look}"><rect class="band" x="{x}%" width="14" y="{top}" height="{height}" rx="7" '
    'transform="translate(-7 0)"/></g>'
)
_DOT = Markup('<g class="chart-{look}"><circle class="dot" cx="{x}%" cy="{y}" r="5.5"/></g>')
_GAP = Markup('<text class="gap" x="{x}%" y="{y}" text-anchor="middle">×</text>')
_NUMBER = Markup('<text class="part-number" x="{x}%" y="131" text-anchor="middle">{number}</text>')
_DATE = Markup(
    '<line class="tick" x1="{x}%" x2="{x}%" y1="110" y2="118"/>'
    '<text class="date" x="{x}%" y="150" text-anchor="{anchor}">{label}</text>'
)


def trend_chart(trait: Trait, trend: Trend, periods: Sequence[str], lang: Lang, chart_id: str) -> Markup:
    """The chart of one trait; ``periods`` names the parts, ``chart_id`` must be unique in the page."""
    words = LABELS[lang]
    estimates = [part.estimates.traits[trait.key] for part in trend.parts]
    described = [
        _describe(number, *named, lang) for number, named in enumerate(zip(estimates, periods, strict=True), 1)
    ]
    return _FRAME.format(
        key=trait.key,
        chart_id=chart_id,
        title=words["trend_chart_title"].format(name=trait.name(lang), n=len(estimates)),
        description="".join(described),
        drawing=_drawing(trend, estimates, lang),
        height=_HEIGHT_WITH_DATES if _is_dated(trend) else _HEIGHT_WITHOUT,
    )


def axis_y(t_score: float) -> float:
    """How far down a T-score stands, in pixels; values beyond the axis stand at its end."""
    return round(_TOP + _HEIGHT * (1 - axis_percent(t_score) / 100), 1)


def part_places(trend: Trend) -> list[float]:
    """Where each part stands, in per cent: at the middle of its time, or one after the other without times."""
    if not _is_dated(trend):
        return [round(100 * (index + 0.5) / len(trend.parts), 2) for index in range(len(trend.parts))]
    return [_across(trend, start + (end - start) / 2) for start, end in map(_times, trend.parts)]


def _is_dated(trend: Trend) -> bool:
    return all(part.start is not None and part.end is not None for part in trend.parts)


def _times(part: TrendPart) -> tuple[datetime, datetime]:
    assert part.start is not None and part.end is not None  # of a dated trend only
    return part.start, part.end


def _across(trend: Trend, time: datetime) -> float:
    first, last = _times(trend.parts[0])[0], max(_times(part)[1] for part in trend.parts)
    share = (time - first) / max(last - first, timedelta(seconds=1))
    return round(_MARGIN + (100 - 2 * _MARGIN) * min(1.0, max(0.0, share)), 2)


def _drawing(trend: Trend, estimates: Sequence[TraitEstimate], lang: Lang) -> Markup:
    xs = part_places(trend)
    placed = list(zip(xs, estimates, strict=True))
    edges = _EDGE.format(y=axis_y(80)) + _EDGE.format(y=axis_y(20))
    bands = Markup("").join(_band(x, estimate) for x, estimate in placed)
    dots = Markup("").join(_dot(x, estimate) for x, estimate in placed)
    numbers = Markup("").join(_NUMBER.format(x=x, number=number) for number, x in enumerate(xs, 1))
    dates = _dates(trend, lang) if _is_dated(trend) else Markup("")
    return edges + dates + bands + _MEAN.format(y=axis_y(50)) + dots + numbers


def _dates(trend: Trend, lang: Lang) -> Markup:
    first, last = _times(trend.parts[0])[0], max(_times(part)[1] for part in trend.parts)
    marks = []
    for day, label in date_ticks(first.date(), last.date(), lang):
        x = _across(trend, datetime(day.year, day.month, day.day, tzinfo=first.tzinfo))
        anchor = "start" if x < _NEAR_THE_END else "end" if x > 100 - _NEAR_THE_END else "middle"
        marks.append(_DATE.format(x=x, anchor=anchor, label=label))
    return Markup("").join(marks)


def _band(x: float, estimate: TraitEstimate) -> Markup:
    if estimate.interval_80 is None:
        return Markup("")
    top, bottom = axis_y(estimate.interval_80.high_t), axis_y(estimate.interval_80.low_t)
    return _PART.format(look=look_of(estimate), x=x, top=top, height=round(bottom - top, 1))


def _dot(x: float, estimate: TraitEstimate) -> Markup:
    if estimate.t_score is None:
        return _GAP.format(x=x, y=axis_y(50) + 6)
    return _DOT.format(look=look_of(estimate), x=x, y=axis_y(estimate.t_score))


def _describe(number: int, estimate: TraitEstimate, period: str, lang: Lang) -> str:
    words = LABELS[lang]
    if estimate.t_score is None or estimate.interval_80 is None:
        return words["trend_chart_part_withheld"].format(number=number, period=period)
    interval = format_interval((estimate.interval_80.low_t, estimate.interval_80.high_t), 1, lang)
    return words["trend_chart_part"].format(
        number=number, period=period, t_score=f"{estimate.t_score:.1f}", interval=interval
    )
