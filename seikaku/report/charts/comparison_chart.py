"""Two people on one axis, as inline SVG: a row each, told apart by place and shape (circle, diamond). No effects."""

from markupsafe import Markup

from seikaku.inference.estimates import TraitEstimate
from seikaku.report.charts.trait_bar import TICKS_T, axis_percent, look_of
from seikaku.report.words.facts import NORM_MEAN_T
from seikaku.report.words.labels import LABELS
from seikaku.report.words.numbers import format_interval
from seikaku.report.words.texts import Lang
from seikaku.traits import Trait

_ROWS_Y = (14, 38)

_FRAME = Markup(
    '<svg class="chart comparison-chart" data-compared="{key}" role="img" '
    'aria-labelledby="compared-{key}-t compared-{key}-d" width="100%" height="52" xmlns="http://www.w3.org/2000/svg">'
    '<title id="compared-{key}-t">{title}</title><desc id="compared-{key}-d">{description}</desc>{drawing}</svg>'
)
_TRACK = Markup('<line class="track" x1="0%" x2="100%" y1="{y}" y2="{y}"/>')
_TICK = Markup('<line class="tick" x1="{x}%" x2="{x}%" y1="{top}" y2="{bottom}"/>')
_MEAN = Markup('<line class="mean" x1="50%" x2="50%" y1="0" y2="52"/>')
_BAND = Markup('<rect class="band" x="{x}%" width="{width}%" y="{y}" height="12" rx="6"/>')
_EMPTY = Markup('<text class="gap" x="50%" dx="10" y="{y}">{words}</text>')
_CIRCLE = Markup('<circle class="dot" cx="{x}%" cy="{y}" r="6"/>')
# Its x in per cent and its shape in pixels: a nested drawing is the only element that may have both.
_DIAMOND = Markup('<svg x="{x}%" y="{y}" overflow="visible"><path class="dot" d="M0 -7.5 7.5 0 0 7.5 -7.5 0Z"/></svg>')
_GROUP = Markup('<g class="chart-{look}">{drawing}</g>')


def comparison_chart(
    trait: Trait, both: tuple[TraitEstimate, TraitEstimate], names: tuple[str, str], lang: Lang
) -> Markup:
    """The chart of one trait; a page holds one comparison, so the trait makes its ids unique."""
    words = LABELS[lang]
    title = words["comparison_chart_title"].format(name=trait.name(lang), first=names[0], second=names[1])
    bands = [_band(estimate, y, words["withheld"]) for estimate, y in zip(both, _ROWS_Y, strict=True)]
    dots = [_dot(both[0], _ROWS_Y[0], _CIRCLE), _dot(both[1], _ROWS_Y[1], _DIAMOND)]
    return _FRAME.format(
        key=trait.key,
        title=title,
        description="".join(_describe(*named, lang) for named in zip(both, names, strict=True)),
        drawing=Markup("").join([*map(_axis, _ROWS_Y), *bands, _MEAN, *dots]),
    )


def _axis(y: int) -> Markup:
    ticks = (_TICK.format(x=axis_percent(t), top=y - 3, bottom=y + 3) for t in TICKS_T if t != NORM_MEAN_T)
    return _TRACK.format(y=y) + Markup("").join(ticks)


def _band(estimate: TraitEstimate, y: int, withheld: str) -> Markup:
    if estimate.interval_80 is None:
        return _EMPTY.format(y=y + 5, words=withheld)
    low, high = axis_percent(estimate.interval_80.low_t), axis_percent(estimate.interval_80.high_t)
    return _group(estimate, _BAND.format(x=low, width=round(high - low, 2), y=y - 6))


def _dot(estimate: TraitEstimate, y: int, shape: Markup) -> Markup:
    if estimate.t_score is None:
        return Markup("")
    return _group(estimate, shape.format(x=axis_percent(estimate.t_score), y=y))


def _group(estimate: TraitEstimate, drawing: Markup) -> Markup:
    return _GROUP.format(look=look_of(estimate), drawing=drawing)


def _describe(estimate: TraitEstimate, name: str, lang: Lang) -> str:
    words = LABELS[lang]
    if estimate.t_score is None or estimate.interval_80 is None:
        return words["comparison_chart_person_withheld"].format(speaker=name)
    interval = format_interval((estimate.interval_80.low_t, estimate.interval_80.high_t), 1, lang)
    return words["comparison_chart_person"].format(speaker=name, t_score=f"{estimate.t_score:.1f}", interval=interval)
