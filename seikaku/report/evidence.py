"""Which words moved an estimate, as a report shows them. In: a trait's evidence. Out: lines in words. No effects.

Where the model knows expressions, these come first, each with its share of everything that moved the estimate its way;
then utterances, like ones merged into one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seikaku.inference.estimates import TraitEstimate
from seikaku.inference.evidence import Direction, Evidence, Expression, Movement
from seikaku.report.words.facts import find
from seikaku.report.words.numbers import format_signed
from seikaku.report.words.texts import Lang, single_line

_QUOTE_CHARS = 160  # of one utterance; a forwarded article would fill the page
_TINY: dict[Lang, str] = {"ja": "0.01未満", "en": "<0.01"}
_TIMES: dict[Lang, str] = {"ja": "（同じ発話 {n:,}回）", "en": "(said {n:,} times)"}
_USES: dict[Lang, dict[str, str]] = {
    "ja": {"more": "{n:,}発話、基準集団より多く使う", "less": "{n:,}発話、基準集団より少なく使う"},
    "en": {
        "more": "in {n:,} utterances, more than usual",
        "less": "in {n:,} utterances, less than usual",
    },
}
_OTHERS: dict[Lang, str] = {"ja": "ほかの表現 {share}", "en": "other wording {share}"}
_SUM: dict[Lang, str] = {
    "ja": "平均（50）からのずれ {total} 点の内訳：高い側へ {raised}、低い側へ {lowered}、使わなかった言葉 {unsaid}、"
    "文章量 {rest}。",
    "en": "Distance from the mean (50), {total} points: {raised} towards higher, {lowered} towards lower, {unsaid} by "
    "wording never used, {rest} by the amount of text.",
}


@dataclass(frozen=True, slots=True)
class ExpressionLine:
    """An expression as it is printed: its share of what moved the estimate its way, its use, and an example."""

    text: str
    share: str
    use: str
    example: str


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """Utterances that say the same as one line: their contribution in T-score points, the first of them, a count."""

    contribution: str
    text: str
    times: str


@dataclass(frozen=True, slots=True)
class Way:
    """What moved an estimate in one direction. ``others``: the share of all other expressions, "" without any."""

    expressions: tuple[ExpressionLine, ...] = ()
    others: str = ""
    quotes: tuple[QuoteLine, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.expressions or self.quotes)


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """Both directions of a trait, and how everything adds up ("" where only utterances are known)."""

    raised: Way
    lowered: Way
    total: str = ""

    def __bool__(self) -> bool:
        return bool(self.raised or self.lowered)


def view_evidence(estimate: TraitEstimate, n_evidence: int, lang: Lang) -> EvidenceView:
    """Up to ``n_evidence`` expressions and utterances each way, strongest first; none where nothing is read."""
    if find(estimate).kind == "nothing" or not n_evidence:
        return EvidenceView(Way(), Way())
    raised, lowered = strongest(estimate, n_evidence)
    movement = estimate.movement
    if movement is None:
        return EvidenceView(Way(quotes=_quotes(raised, lang)), Way(quotes=_quotes(lowered, lang)))
    return EvidenceView(
        _way(movement.raised, raised, n_evidence, lang),
        _way(movement.lowered, lowered, n_evidence, lang),
        _sum(movement, lang),
    )


def strongest(estimate: TraitEstimate, n_evidence: int) -> tuple[tuple[Evidence, ...], tuple[Evidence, ...]]:
    """Up to ``n_evidence`` utterances that raised and that lowered it, strongest first; none when withheld."""
    if estimate.status == "withheld":
        return (), ()
    ordered = sorted(estimate.evidence, key=lambda item: -abs(item.contribution_t))
    raised = tuple(item for item in ordered if item.contribution_t > 0)
    lowered = tuple(item for item in ordered if item.contribution_t < 0)
    return raised[:n_evidence], lowered[:n_evidence]


def format_contribution(points: float, lang: Lang) -> str:
    """Signed T-score points; what would print as nothing is said to be small."""
    return format_signed(points, 2) if abs(points) >= 0.005 else _TINY[lang]


def format_share(share: float) -> str:
    """A share of a whole in per cent."""
    return f"{share:.0%}" if share >= 0.01 or share <= 0 else f"{share:.1%}"


def format_times(item: Evidence, lang: Lang) -> str:
    """How many utterances say the same; "" for one."""
    return _TIMES[lang].format(n=item.n_utterances) if item.n_utterances > 1 else ""


def _way(direction: Direction, utterances: Sequence[Evidence], n_evidence: int, lang: Lang) -> Way:
    shown = direction.expressions[:n_evidence]
    others = direction.others_share + sum(expression.share for expression in direction.expressions[n_evidence:])
    return Way(
        expressions=tuple(_line(expression, lang) for expression in shown),
        others=_OTHERS[lang].format(share=format_share(others)) if shown else "",
        quotes=_quotes(utterances, lang),
    )


def _line(expression: Expression, lang: Lang) -> ExpressionLine:
    return ExpressionLine(
        text=single_line(expression.text),
        share=format_share(expression.share),
        use=_USES[lang][expression.usage].format(n=expression.n_utterances),
        example=_shorten(expression.examples[0].text) if expression.examples else "",
    )


def _quotes(utterances: Sequence[Evidence], lang: Lang) -> tuple[QuoteLine, ...]:
    return tuple(
        QuoteLine(format_contribution(item.contribution_t, lang), _shorten(item.text), format_times(item, lang))
        for item in utterances
    )


def _shorten(text: str) -> str:
    line = single_line(text)
    return line if len(line) <= _QUOTE_CHARS else f"{line[: _QUOTE_CHARS - 1]}…"


def _sum(movement: Movement, lang: Lang) -> str:
    parts = {
        "raised": movement.raised.total_t,
        "lowered": movement.lowered.total_t,
        "unsaid": movement.unsaid_t,
        "rest": movement.rest_t,
    }
    total = sum(parts.values())
    return _SUM[lang].format(total=format_signed(total, 1), **{key: format_signed(v, 1) for key, v in parts.items()})
