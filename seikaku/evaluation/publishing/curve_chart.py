"""The learning curve as an SVG for the documents. In: a result of `seikaku evaluate`. Out: text. No effects."""

import math
from collections.abc import Mapping
from typing import Any

_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 24, 56, 64
_WORDS = {
    "ja": {
        "title": "話者を増やすと、どれだけ当たるようになるか（平均 r）",
        "x": "学習に使う話者（人、対数目盛り）",
        "measured": "測定と 95% 区間",
        "expected": "曲線からの見込みと 80% 区間（測定ではない）",
    },
    "en": {
        "title": "What more speakers would give (mean r)",
        "x": "speakers trained on (log scale)",
        "measured": "measured, with 95% interval",
        "expected": "expected from the curve, with 80% interval (not measured)",
    },
}


def draw_learning_curve(result: Mapping[str, Any], lang: str) -> str:
    """Measured points with their intervals, and the fitted curve's expectations beyond them in another mark."""
    curve, words = result["learning_curve"], _WORDS[lang]
    points, forecast = curve["points"], curve["forecast"]
    ends = [entry[key] for entry in (*points, *forecast) for key in entry if key.startswith("r")]
    low, high = math.floor(min(0.0, *ends) * 10) / 10, math.ceil(max(ends) * 10) / 10
    first, last = points[0]["n_speakers"] * 0.8, forecast[-1]["n_speakers"] * 1.2

    def x(n: float) -> float:
        return float(_LEFT + (_WIDTH - _LEFT - _RIGHT) * math.log(n / first) / math.log(last / first))

    def y(r: float) -> float:
        return float(_TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - r) / (high - low))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{words["title"]}" font-family="sans-serif" font-size="13" fill="#222">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="22" font-size="15" font-weight="bold">{words["title"]}</text>',
        *_legend(words),
    ]
    for step in range(round((high - low) * 10) + 1):
        r = low + step / 10
        colour = "#888" if abs(r) < 1e-9 else "#ddd"
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(r):.1f}" y2="{y(r):.1f}" stroke="{colour}"/>')
        label = f"{r:.1f}".replace("-", "−").replace("−0.0", "0.0")
        parts.append(f'<text x="{_LEFT - 8}" y="{y(r) + 4:.1f}" text-anchor="end">{label}</text>')
    parts.append(f'<text x="{(_LEFT + _WIDTH) / 2:.0f}" y="{_HEIGHT - 12}" text-anchor="middle">{words["x"]}</text>')
    curve_path = " ".join(f"{x(n):.1f},{y(_value(curve, n)):.1f}" for n in _steps(first, last))
    parts.append(f'<polyline points="{curve_path}" fill="none" stroke="#999" stroke-dasharray="4 4"/>')
    for entry in points:
        parts += _mark(x, y, entry, "r_low_95", "r_high_95", "#0b5fa5", is_filled=True)
    for entry in forecast:
        parts += _mark(x, y, entry, "r_low_80", "r_high_80", "#b3541e", is_filled=False)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _value(curve: Mapping[str, Any], n: float) -> float:
    return float(curve["ceiling"] * math.sqrt(n / (n + curve["n_half"])))


def _steps(first: float, last: float) -> list[float]:
    return [first * (last / first) ** (step / 40) for step in range(41)]


def _legend(words: Mapping[str, str]) -> list[str]:
    return [
        f'<circle cx="{_LEFT + 8}" cy="40" r="5" fill="#0b5fa5"/>',
        f'<text x="{_LEFT + 20}" y="44">{words["measured"]}</text>',
        f'<circle cx="{_LEFT + 208}" cy="40" r="5" fill="#fff" stroke="#b3541e" stroke-width="2"/>',
        f'<text x="{_LEFT + 220}" y="44">{words["expected"]}</text>',
    ]


def _mark(
    x: Any, y: Any, entry: Mapping[str, float], low: str, high: str, colour: str, *, is_filled: bool
) -> list[str]:
    n, r = entry["n_speakers"], entry["r"]
    fill = colour if is_filled else "#fff"
    return [
        f'<line x1="{x(n):.1f}" x2="{x(n):.1f}" y1="{y(entry[low]):.1f}" y2="{y(entry[high]):.1f}" '
        f'stroke="{colour}" stroke-width="2"/>',
        f'<circle cx="{x(n):.1f}" cy="{y(r):.1f}" r="5" fill="{fill}" stroke="{colour}" stroke-width="2"/>',
        f'<text x="{x(n) + 8:.1f}" y="{y(r) - 8:.1f}" font-size="12">{f"{r:.2f}".replace("-", "−")}</text>',
        f'<text x="{x(n):.1f}" y="{_HEIGHT - _BOTTOM + 22}" text-anchor="middle" font-size="12">{n:,.0f}</text>',
    ]
