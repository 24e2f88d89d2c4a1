"""The bar of one trait as inline SVG. In: an estimate. Out: markup that takes its colours from the page. No effects.

Under it lies the pale band that one would state of anybody before reading, on that the band after reading, the norm
mean and the dot. The drawing is fluid: positions are per cent of the width, sizes are pixels, so that dots stay round
on every screen.
"""

from typing import Literal

from markupsafe import Markup

from seikaku.inference.estimates import Interval, TraitEstimate
from seikaku.report.words.facts import NORM_MEAN_T, direction, ends_t, find, say_before_after, say_found, say_reading
from seikaku.report.words.labels import LABELS
from seikaku.report.words.numbers import format_interval
from seikaku.report.words.texts import Lang
from seikaku.traits import Trait

AXIS_LOW_T = 20.0
AXIS_HIGH_T = 80.0
TICKS_T = (20, 30, 40, 50, 60, 70, 80)

Look = Literal["clear", "crossing", "withheld"]

_FRAME = Markup(
    '<svg class="chart chart-{look}" data-trait="{key}" '
    'role="img" aria-labelledby="{chart_id}-t {chart_id}-d" width="100%" height="36" xmlns="http://www.w3.org/2000/svg">'
    '<title id="{chart_id}-t">{title}</title><desc id="{chart_id}-d">{description}</desc>{drawing}</svg>'
)
_TRACK = Markup('<line class="track" x1="0%" x2="100%" y1="18" y2="18"/>')
_TICK = Markup('<line class="tick" x1="{x}%" x2="{x}%" y1="14" y2="22"/>')
_MEAN = Markup('<line class="mean" x1="50%" x2="50%" y1="1" y2="35"/>')
_BEFORE = Markup('<rect class="before" x="{x}%" width="{width}%" y="5.5" height="25" rx="6"/>')
_BAND = Markup('<rect class="band" x="{x}%" width="{width}%" y="11" height="14" rx="7"/>')
_DOT = Markup('<circle class="dot" cx="{x}%" cy="18" r="6.5"/>')
_HATCH = Markup(
    '<defs><pattern id="{chart_id}-h" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="hatch" x1="0" x2="0" y1="0" y2="7"/></pattern></defs>'
    '<rect class="empty" x="{x}%" width="{width}%" y="5.5" height="25" rx="6" fill="url(#{chart_id}-h)"/>'
)


def axis_percent(t_score: float) -> float:
    """Where a T-score stands on the axis, 0-100 from left to right; values beyond the axis stand at its end."""
    share = (t_score - AXIS_LOW_T) / (AXIS_HIGH_T - AXIS_LOW_T)
    return round(100 * min(1.0, max(0.0, share)), 2)


def look_of(estimate: TraitEstimate) -> Look:
    """How it is drawn: "clear" (off the mean), "crossing" (grey: no side may be named) or "withheld" (not read)."""
    if find(estimate).kind == "nothing":
        return "withheld"
    return "clear" if direction(estimate) else "crossing"


def trait_chart(trait: Trait, estimate: TraitEstimate, lang: Lang, chart_id: str) -> Markup:
    """One bipolar bar around the norm mean; ``chart_id`` must be unique in the page (alternative text refers to it)."""
    look = look_of(estimate)
    title, description = _alternative_text(trait, estimate, look, lang)
    return _FRAME.format(
        look=look,
        key=trait.key,
        chart_id=chart_id,
        title=title,
        description=description,
        drawing=_draw_unread(estimate, chart_id) if look == "withheld" else _draw(estimate),
    )


def _draw(estimate: TraitEstimate) -> Markup:
    assert estimate.t_score is not None and estimate.interval_80 is not None  # of what is not withheld
    before = _BEFORE.format(**_place(estimate.before_80)) if estimate.before_80 else Markup("")
    # The mean is drawn over the band: whether the band holds it is the first thing to see.
    band, dot = _BAND.format(**_place(estimate.interval_80)), _DOT.format(x=axis_percent(estimate.t_score))
    return before + _axis() + band + _MEAN + dot


def _draw_unread(estimate: TraitEstimate, chart_id: str) -> Markup:
    """Nothing but what could be said before, hatched."""
    place = {"x": 0.0, "width": 100.0} if estimate.before_80 is None else _place(estimate.before_80)
    return _HATCH.format(chart_id=chart_id, **place) + _axis() + _MEAN


def _axis() -> Markup:
    return _TRACK + Markup("").join(_TICK.format(x=axis_percent(tick)) for tick in TICKS_T if tick != NORM_MEAN_T)


def _place(interval: Interval) -> dict[str, float]:
    low, high = axis_percent(interval.low_t), axis_percent(interval.high_t)
    return {"x": low, "width": round(high - low, 2)}


def _alternative_text(trait: Trait, estimate: TraitEstimate, look: Look, lang: Lang) -> tuple[str, str]:
    words, name = LABELS[lang], trait.name(lang)
    low_pole, high_pole = trait.poles(lang)
    axis = words["chart_axis"].format(low=low_pole, high=high_pole)
    facts = words["chart_facts"].format(reading=say_reading(estimate, lang), found=say_found(estimate, lang))
    if look == "withheld":
        before = format_interval(ends_t(estimate.before_80), 1, lang)
        said = words["chart_before"].format(before=before) if estimate.before_80 else ""
        return words["chart_title_withheld"].format(name=name), axis + said + facts
    ranges = say_before_after(estimate, lang, digits=1)
    return words["chart_title"].format(name=name, t_score=f"{estimate.t_score:.1f}", ranges=ranges), axis + facts
