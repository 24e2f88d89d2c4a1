"""At what hours somebody writes, as inline SVG: 24 bars from midnight. In: shares. Out: markup. No effects."""

from collections.abc import Sequence

from markupsafe import Markup

_HEIGHT = 36

_FRAME = Markup(
    '<svg class="chart hours-chart" role="img" aria-labelledby="{chart_id}-t" width="100%" height="{height}" '
    'xmlns="http://www.w3.org/2000/svg"><title id="{chart_id}-t">{title}</title>{bars}'
    '<line class="track" x1="0%" x2="100%" y1="{height}" y2="{height}"/></svg>'
)
_BAR = Markup('<rect class="hour" x="{x}%" width="{width}%" y="{y}" height="{height}"/>')


def hours_chart(shares: Sequence[float], title: str, chart_id: str) -> Markup:
    """A bar an hour, the highest as high as the drawing; ``title`` is its alternative text."""
    most, step = max(shares), 100 / len(shares)
    bars = Markup("").join(
        _BAR.format(
            x=round(step * (hour + 0.1), 2),
            width=round(0.8 * step, 2),
            y=round(_HEIGHT * (1 - share / most), 1),
            height=round(_HEIGHT * share / most, 1),
        )
        for hour, share in enumerate(shares)
        if share > 0
    )
    return _FRAME.format(chart_id=chart_id, title=title, bars=bars, height=_HEIGHT)
