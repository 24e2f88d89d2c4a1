"""The bar of one trait as inline SVG. In: an estimate. Out: markup that takes its colours from the page. No effects.

The drawing is fluid: positions are per cent of the width, sizes are pixels, so that dots stay round on every screen.
"""

from typing import Literal

from markupsafe import Markup

from seikaku.inference.estimates import TraitEstimate
from seikaku.report.words.labels import LABELS
from seikaku.report.words.summary import NORM_MEAN_T, direction
from seikaku.report.words.texts import Lang, format_range, status_label
from seikaku.traits import Trait

AXIS_LOW_T = 20.0
AXIS_HIGH_T = 80.0
TICKS_T = (20, 30, 40, 50, 60, 70, 80)

Look = Literal["clear", "crossing", "withheld"]

_FRAME = Markup(
    '<svg class="chart chart-{look}{tentative}" data-trait="{key}" '
    'role="img" aria-labelledby="{chart_id}-t {chart_id}-d" width="100%" height="32" xmlns="http://www.w3.org/2000/svg">'
    '<title id="{chart_id}-t">{title}</title><desc id="{chart_id}-d">{description}</desc>{drawing}</svg>'
)
_TRACK = Markup('<line class="track" x1="0%" x2="100%" y1="16" y2="16"/>')
_TICK = Markup('<line class="tick" x1="{x}%" x2="{x}%" y1="12" y2="20"/>')
_MEAN = Markup('<line class="mean" x1="50%" x2="50%" y1="1" y2="31"/>')
_BAND = Markup('<rect class="band" x="{x}%" width="{width}%" y="9" height="14" rx="7"/>')
_DOT = Markup('<circle class="dot" cx="{x}%" cy="16" r="6.5"/>')
_HATCH = Markup(
    '<defs><pattern id="{chart_id}-h" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="hatch" x1="0" x2="0" y1="0" y2="7"/></pattern></defs>'
    '<rect class="empty" x="0%" width="100%" y="9" height="14" rx="7" fill="url(#{chart_id}-h)"/>'
)


def axis_percent(t_score: float) -> float:
    """Where a T-score stands on the axis, 0-100 from left to right; values beyond the axis stand at its end."""
    share = (t_score - AXIS_LOW_T) / (AXIS_HIGH_T - AXIS_LOW_T)
    return round(100 * min(1.0, max(0.0, share)), 2)


def look_of(estimate: TraitEstimate) -> Look:
    """How it is drawn: "clear" (off the mean), "crossing" (grey: the interval holds the mean) or "withheld"."""
    if estimate.status == "withheld" or estimate.t_score is None:
        return "withheld"
    return "clear" if direction(estimate) else "crossing"


def trait_chart(trait: Trait, estimate: TraitEstimate, lang: Lang, chart_id: str) -> Markup:
    """One bipolar bar around the norm mean; ``chart_id`` must be unique in the page (alternative text refers to it)."""
    look = look_of(estimate)
    title, description = _alternative_text(trait, estimate, look, lang)
    return _FRAME.format(
        look=look,
        tentative=" chart-tentative" if estimate.status == "low_evidence" else "",
        key=trait.key,
        chart_id=chart_id,
        title=title,
        description=description,
        drawing=_drawing(estimate, chart_id),
    )


def _drawing(estimate: TraitEstimate, chart_id: str) -> Markup:
    if estimate.t_score is None or estimate.interval_80 is None:
        return _HATCH.format(chart_id=chart_id) + _MEAN
    ticks = Markup("").join(_TICK.format(x=axis_percent(tick)) for tick in TICKS_T if tick != NORM_MEAN_T)
    low, high = axis_percent(estimate.interval_80.low_t), axis_percent(estimate.interval_80.high_t)
    band = _BAND.format(x=low, width=round(high - low, 2))
    # The mean is drawn over the band: whether the band holds it is the first thing to see.
    return _TRACK + ticks + band + _MEAN + _DOT.format(x=axis_percent(estimate.t_score))


def _alternative_text(trait: Trait, estimate: TraitEstimate, look: Look, lang: Lang) -> tuple[str, str]:
    words = LABELS[lang]
    low_pole, high_pole = trait.poles(lang)
    description = words["chart_axis"].format(low=low_pole, high=high_pole, status=status_label(estimate.status, lang))
    if estimate.t_score is None or estimate.interval_80 is None:
        return words["chart_title_withheld"].format(name=trait.name(lang)), description
    interval = format_range(f"{estimate.interval_80.low_t:.1f}", f"{estimate.interval_80.high_t:.1f}", lang)
    title = words["chart_title"].format(name=trait.name(lang), t_score=f"{estimate.t_score:.1f}", interval=interval)
    return title, description + words[f"chart_{look}"]
