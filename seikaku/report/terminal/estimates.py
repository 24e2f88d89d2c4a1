"""Estimates for a terminal. In: estimates. Out: a rich renderable; printing is the caller's. No effects.

Nothing depends on colour: it reads the same with NO_COLOR and through a pipe. It fits 80 columns, and 40 as well.
"""

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.text import Text

from seikaku.config import N_EVIDENCE_TABLE
from seikaku.conversation.turns import ImportReport
from seikaku.inference.estimates import TraitEstimates
from seikaku.report.evidence import EvidenceView, Way, view_evidence
from seikaku.report.language_layer import DescribedGroup, describe_lines, standing_lines, unlikeness_line
from seikaku.report.terminal.bars import Legend, TraitRows
from seikaku.report.terminal.wrapping import Prose, shorten_cells
from seikaku.report.words.description import ABOUT
from seikaku.report.words.facts import find
from seikaku.report.words.guide import EVIDENCE_NOTE
from seikaku.report.words.imports import import_sentence
from seikaku.report.words.labels import LABELS
from seikaku.report.words.more_text import say_more_text
from seikaku.report.words.numbers import MINUS
from seikaku.report.words.summary import explain_statuses, summarize
from seikaku.report.words.texts import NOT_FOR, Lang, colon, joiner, norm_name, single_line, warning_text
from seikaku.traits import TRAITS
from seikaku.version import __version__

_LONGEST_EXCERPT = 56
_INDENT = "  "


class _Quotes:
    """What moved one trait: expressions with their shares, then utterances, cut to what the width holds."""

    def __init__(self, name: str, evidence: EvidenceView, lang: Lang) -> None:
        self.name = name
        self.evidence = evidence
        self.lang = lang

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        yield Text(self.name)
        words = LABELS[self.lang]
        for label, way in ((words["raised"], self.evidence.raised), (words["lowered"], self.evidence.lowered)):
            if way.expressions:
                yield Prose(f"{label}{colon(self.lang)}{_list_expressions(way, self.lang)}", lead=_INDENT)
            for quote in way.quotes:
                lead = f"{_INDENT}{quote.contribution.replace(MINUS, '-')} "  # older encodings have no other
                room = min(_LONGEST_EXCERPT, options.max_width - len(lead) - cell_len(quote.times) - 5)
                text = words["quote"].format(text=shorten_cells(quote.text, room))
                yield Text(f"{lead}{text}{' ' + quote.times if quote.times else ''}", no_wrap=True)


def render_table(
    estimates: TraitEstimates, *, lang: Lang, report: ImportReport | None = None, n_evidence: int = N_EVIDENCE_TABLE
) -> RenderableType:
    """The estimates of one speaker: summary, traits, language, warnings, evidence, what it rests on and is not for.

    ``report`` adds what the reader kept and dropped; ``n_evidence`` is the number of utterances each way per trait.
    """
    described = describe_lines(estimates, lang)
    parts: list[RenderableType] = [*_head(estimates, lang, describes_language=bool(described)), Text()]
    parts += [Text(LABELS[lang]["traits"], style="bold"), TraitRows(estimates, lang)]
    if _is_read(estimates):
        parts.append(Legend(lang))
        parts += [_marked("-", f"{which}{colon(lang)}{why}") for which, why in explain_statuses(estimates, lang)]
    parts.append(_marked("-", joiner(lang).join(say_more_text(estimates, lang))))
    parts += [Text(), Text(LABELS[lang]["language"], style="bold")]
    parts += [Prose(line) for line in standing_lines(estimates, lang)]
    if described:
        parts += [Prose(ABOUT[lang], style="dim"), *_describe(described, lang)]
    parts += [Prose(line) for line in unlikeness_line(estimates, lang)]
    parts += _evidence(estimates, lang, n_evidence)
    footer = [*_provenance(estimates, lang), joiner(lang).join(NOT_FOR[lang])]
    if report is not None:
        footer.insert(0, import_sentence(report, lang))
    parts.append(Text())
    parts += [Prose(line, style="dim") for line in footer]
    return Group(*parts)


def _head(estimates: TraitEstimates, lang: Lang, *, describes_language: bool) -> Iterator[RenderableType]:
    amount = estimates.amount
    counts = LABELS[lang]["amount"].format(
        n_conversations=amount.n_conversations, n_utterances=amount.n_utterances, n_chars=amount.n_chars
    )
    yield Text.assemble((single_line(estimates.speaker), "bold"), ("  " + counts, "dim"))
    yield Text()
    yield Prose(summarize(estimates, lang, describes_language=describes_language), style="bold")
    for warning in estimates.warnings:
        yield _marked("!", warning_text(warning, lang))


def _is_read(estimates: TraitEstimates) -> bool:
    return any(find(estimate).kind != "nothing" for estimate in estimates.traits.values())


def _marked(mark: str, text: str) -> Prose:
    return Prose(text, lead=f"{mark} ")


def _describe(described: Iterable[DescribedGroup], lang: Lang) -> Iterator[RenderableType]:
    """A line for each group with the figures that have no place, then one for each that has."""
    for title, plain, placed in described:
        yield Prose(f"{title}{colon(lang) if plain else ''}{('、' if lang == 'ja' else ', ').join(plain)}")
        for sentence in placed:
            yield Prose(sentence, lead=_INDENT)


def _evidence(estimates: TraitEstimates, lang: Lang, n_evidence: int) -> list[RenderableType]:
    views = [(trait.name(lang), view_evidence(estimates.traits[trait.key], n_evidence, lang)) for trait in TRAITS]
    found = [_Quotes(name, view, lang) for name, view in views if view]
    if not found:
        return []
    heading = Text(LABELS[lang]["evidence"], style="bold")
    return [Text(), heading, Prose(EVIDENCE_NOTE[lang], style="dim"), *found]


def _list_expressions(way: Way, lang: Lang) -> str:
    listed = [f"{line.text} {line.share}" for line in way.expressions]
    return ("・" if lang == "ja" else ", ").join([*listed, way.others])


def _provenance(estimates: TraitEstimates, lang: Lang) -> tuple[str, str]:
    words, model = LABELS[lang], estimates.model
    return (
        words["norm"].format(norm=norm_name(estimates.norm, lang), n=estimates.norm.n_speakers),
        words["model"].format(model_id=model.model_id, model_hash=model.model_hash[:8], version=__version__),
    )
