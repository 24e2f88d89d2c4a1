"""Where somebody's wording stands among 100 people, as inline SVG: a band and a mark. No effects.

Unlike the bar of a trait on purpose, in shape, axis and colour: nobody is to read the one for the other.
"""

from markupsafe import Markup

from seikaku.inference.estimates import LanguageStanding
from seikaku.report.words.labels import LABELS
from seikaku.report.words.standing import name_wording, say_place
from seikaku.report.words.texts import Lang
from seikaku.traits import Trait

TICKS_PERCENT = (0, 25, 50, 75, 100)

_FRAME = Markup(
    '<svg class="chart standing-chart" data-standing="{key}" role="img" aria-labelledby="{chart_id}-t {chart_id}-d" '
    'width="100%" height="22" xmlns="http://www.w3.org/2000/svg"><title id="{chart_id}-t">{title}</title>'
    '<desc id="{chart_id}-d">{axis}</desc>{drawing}</svg>'
)
_STRIP = Markup(
    '<svg class="chart place-strip" aria-hidden="true" width="100%" height="22" xmlns="http://www.w3.org/2000/svg">'
    "{drawing}</svg>"
)
_TRACK = Markup('<line class="track" x1="0%" x2="100%" y1="11" y2="11"/>')
_TICK = Markup('<line class="tick" x1="{x}%" x2="{x}%" y1="7" y2="15"/>')
_RANGE = Markup('<rect class="range" x="{x}%" width="{width}%" y="7" height="8"/>')
_MARK = Markup('<line class="mark" x1="{x}%" x2="{x}%" y1="2" y2="20"/>')


def standing_chart(trait: Trait, standing: LanguageStanding, lang: Lang, chart_id: str) -> Markup:
    """The strip of one trait's wording; ``chart_id`` must be unique in the page (alternative text refers to it)."""
    return _FRAME.format(
        key=trait.key,
        chart_id=chart_id,
        title=LABELS[lang]["standing_title"].format(wording=name_wording(trait, lang), place=say_place(standing, lang)),
        axis=LABELS[lang]["standing_axis"],
        drawing=_draw(standing.low_80, standing.percentile, standing.high_80),
    )


def place_strip(low: float, percentile: float, high: float) -> Markup:
    """The strip of a figure whose place stands beside it in words: for the eye alone."""
    return _STRIP.format(drawing=_draw(low, percentile, high))


def _draw(low: float, percentile: float, high: float) -> Markup:
    ticks = Markup("").join(_TICK.format(x=tick) for tick in TICKS_PERCENT)
    band = _RANGE.format(x=round(low, 2), width=round(high - low, 2))
    return _TRACK + ticks + band + _MARK.format(x=round(percentile, 2))
