"""Estimates as HTML for a notebook's output cell. In: estimates. Out: an HTML fragment with its own scoped style.

Bars, colours and words are the report's. No quote of the talk is in it, so that a saved notebook holds none. No script,
no request. Nothing outside the fragment is styled; it is light or dark as the notebook is.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from uuid import uuid4

from markupsafe import Markup

from seikaku.inference.estimates import TraitEstimate, TraitEstimates
from seikaku.places import PACKAGE
from seikaku.report.charts.trait_bar import trait_chart
from seikaku.report.language_layer import standing_lines
from seikaku.report.words.facts import find, say_before_after, say_found, say_reading
from seikaku.report.words.labels import LABELS
from seikaku.report.words.more_text import say_more_text
from seikaku.report.words.summary import explain_statuses, summarize
from seikaku.report.words.texts import NOT_FOR, Lang, norm_name, single_line, warning_text
from seikaku.traits import TRAITS, Trait

_LANG: Lang = "ja"
_T = LABELS[_LANG]

# Twice the class: stronger than what notebooks say about every table.
_SCOPE = "div.seikaku-output.seikaku-output"
_LIGHT_PAGES = ('[data-jp-theme-light="true"]', ".vscode-light", 'html[theme="light"]')
_DARK_PAGES = (
    '[data-jp-theme-light="false"]', ".vscode-dark", ".vscode-high-contrast:not(.vscode-high-contrast-light)",
    'html[theme="dark"]', '[data-theme="dark"]', '[data-bs-theme="dark"]',
)  # fmt: skip
_LAYOUT = """
{scope} { background: var(--card); color: var(--ink); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 16px; max-width: 56rem; box-sizing: border-box; font-size: 14px; line-height: 1.6; overflow-x: auto; }
{scope} p, {scope} figure { margin: 0 0 8px; padding: 0; }
{scope} .name { font-size: 16px; font-weight: 700; }
{scope} .note { color: var(--soft); font-size: 12px; margin: 0 0 2px; }
{scope} .row { display: grid; grid-template-columns: 6.5em minmax(14em, 1fr) 15em; gap: 0 16px; align-items: center;
  padding: 6px 0; border-top: 1px solid var(--line); }
{scope} .row > b, {scope} th { font-weight: 700; }
{scope} .poles { display: flex; justify-content: space-between; gap: 8px; color: var(--soft); font-size: 12px; }
{scope} .figures { font-variant-numeric: tabular-nums; }
{scope} .figures b { font-size: 16px; }
{scope} table { width: 100%; border-collapse: collapse; background: none; border: 0; color: inherit; font-size: 13px;
  font-variant-numeric: tabular-nums; margin: 0 0 8px; }
{scope} table tr, {scope} table tbody tr, {scope} table tbody tr:hover { background: none; }
{scope} table th, {scope} table td { text-align: left; padding: 6px 12px 6px 0; border: 0; min-width: 7em;
  border-bottom: 1px solid var(--line); vertical-align: baseline; max-width: none; white-space: nowrap; }
{scope} svg.chart { padding: 0; margin: 0 8px; width: calc(100% - 16px); max-width: none; }
"""
_AT_RULE = re.compile(r"@[^{]+\{(?:[^{}]|\{[^{}]*\})*\}")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_CHART_RULE = re.compile(r"\.(?:chart|track|tick|mean|before|band|dot|hatch|empty)\b")

_BARS = Markup(
    '<div class="seikaku-output" lang="ja"><style>{style}</style>'
    '<p class="name"><bdi>{speaker}</bdi></p><p>{summary}</p>{warnings}{rows}'
    '<p class="note" style="margin-top:8px">{legend}</p>{notes}</div>'
)
_ROW = Markup(
    '<div class="row"><b>{name}</b><div>{chart}<div class="poles" aria-hidden="true"><span>{low}</span><span>{high}'
    '</span></div></div><div class="figures">{figures}</div></div>'
)
_FIGURES = Markup('<b>{found}</b><br>{reading}<br><span class="note">{score}{ranges}</span>')
_TABLE = Markup(
    '<div class="seikaku-output" lang="ja"><style>{style}</style><table><thead><tr><th scope="col">{speaker}</th>'
    "{heads}</tr></thead><tbody>{rows}</tbody></table>{notes}</div>"
)
_HEAD = Markup('<th scope="col">{name}</th>')
_SPEAKER = Markup('<tr><th scope="row"><bdi>{speaker}</bdi><br><span class="note">{n_chars}字</span></th>{cells}</tr>')
_CELL = Markup('<td>{chart}<span class="figures">{figures}</span><br><span class="note">{reading}</span></td>')
_NOTE = Markup('<p class="note">{text}</p>')


def render_bars(estimates: TraitEstimates) -> str:
    """One speaker: the summary sentence, five bars with their figures, and what they rest on."""
    prefix = _unique_prefix()
    amount, model = estimates.amount, estimates.model
    is_read = any(find(estimate).kind != "nothing" for estimate in estimates.traits.values())
    notes = [
        *((f"{which}：{why}" for which, why in explain_statuses(estimates, _LANG)) if is_read else ()),
        "".join(say_more_text(estimates, _LANG)),
        *standing_lines(estimates, _LANG),
        _T["amount"].format(
            n_conversations=amount.n_conversations, n_utterances=amount.n_utterances, n_chars=amount.n_chars
        ),
        _norm(estimates),
        f"モデル：{model.model_id}（{model.model_hash[:12]}）",
        NOT_FOR[_LANG][0],
    ]
    html = _BARS.format(
        style=_style(),
        speaker=single_line(estimates.speaker),
        summary=summarize(estimates, _LANG),
        warnings=_join(_NOTE.format(text=warning_text(warning, _LANG)) for warning in estimates.warnings),
        rows=_join(_row(trait, estimates.traits[trait.key], prefix) for trait in TRAITS),
        legend=_legend(),
        notes=_join(_NOTE.format(text=text) for text in notes),
    )
    return str(html)  # plain: added to other markup, a Markup would escape it


def render_table(several: Sequence[TraitEstimates]) -> str:
    """Several speakers: a row each, a column a trait, in each cell the bar, the T-score and its interval."""
    prefix = _unique_prefix()
    notes = [_legend(), _T["several"], _norm(several[0]), NOT_FOR[_LANG][0]]
    html = _TABLE.format(
        style=_style(),
        speaker="話者",
        heads=_join(_HEAD.format(name=trait.name(_LANG)) for trait in TRAITS),
        rows=_join(_speaker_row(one, f"{prefix}-{number}") for number, one in enumerate(several, start=1)),
        notes=_join(_NOTE.format(text=text) for text in notes),
    )
    return str(html)


def _row(trait: Trait, estimate: TraitEstimate, prefix: str) -> Markup:
    low, high = trait.poles(_LANG)
    score = "" if find(estimate).kind == "nothing" else f"{_T['t_score']} {estimate.t_score:.1f}、"
    figures = _FIGURES.format(
        found=say_found(estimate, _LANG),
        reading=say_reading(estimate, _LANG),
        score=score,
        ranges=say_before_after(estimate, _LANG),
    )
    chart = trait_chart(trait, estimate, _LANG, f"{prefix}-{trait.letter}")
    return _ROW.format(name=trait.name(_LANG), chart=chart, low=low, high=high, figures=figures)


def _speaker_row(estimates: TraitEstimates, prefix: str) -> Markup:
    cells = []
    for trait in TRAITS:
        estimate = estimates.traits[trait.key]
        score = "" if find(estimate).kind == "nothing" else f"{estimate.t_score:.1f} "
        chart = trait_chart(trait, estimate, _LANG, f"{prefix}-{trait.letter}")
        figures = score + say_found(estimate, _LANG)
        cells.append(_CELL.format(chart=chart, figures=figures, reading=say_reading(estimate, _LANG)))
    return _SPEAKER.format(
        speaker=single_line(estimates.speaker), n_chars=f"{estimates.amount.n_chars:,}", cells=_join(cells)
    )


def _legend() -> str:
    words = ("legend_before", "legend_clear", "legend_crossing")
    before, clear, crossing = (_T[word] for word in words)
    return (
        f"点線の枠は{before}、青い帯は{clear}、灰色の帯は{crossing}。{_T['legend_parts']}。中央の線は{_T['mean']} 50。"
    )


def _norm(estimates: TraitEstimates) -> str:
    return _T["norm"].format(norm=norm_name(estimates.norm, _LANG), n=estimates.norm.n_speakers)


def _join(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _unique_prefix() -> str:
    # Alternative texts refer to ids, and a notebook page holds many outputs, also those of an earlier kernel.
    return f"seikaku-{uuid4().hex[:8]}"


@cache
def _style() -> Markup:
    """The report's chart rules and colours under our scope, with the layout of the output."""
    css = (PACKAGE / "report" / "templates" / "report.css").read_text(encoding="utf-8")
    everywhere = _AT_RULE.sub("", css)
    charts = [
        (", ".join(f"{_SCOPE} {part.strip()}" for part in selectors.split(",")), body)
        for selectors, body in _RULE.findall(everywhere)
        if _CHART_RULE.match(selectors.strip())
    ]
    (light,) = _root_bodies(everywhere)
    dark = next(
        body for rule in _AT_RULE.findall(css) if "prefers-color-scheme: dark" in rule for body in _root_bodies(rule)
    )
    rules = [
        f"{_SCOPE} {{{light}}}",
        f"@media (prefers-color-scheme: dark) {{ {_SCOPE} {{{dark}}} }}",
        f"{_within(_LIGHT_PAGES)} {{{light}}}",
        f"{_within(_DARK_PAGES)} {{{dark}}}",
        _LAYOUT.replace("{scope}", _SCOPE),
        *(f"{selectors} {{{body}}}" for selectors, body in charts),
    ]
    return Markup("\n".join(rules))


def _root_bodies(css: str) -> list[str]:
    return [" ".join(body.split()) for body in re.findall(r":root\s*\{([^{}]*)\}", css)]


def _within(pages: Sequence[str]) -> str:
    return ", ".join(f"{page} {_SCOPE}" for page in pages)
