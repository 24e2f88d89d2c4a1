"""What moved an estimate: which utterances, which expressions, by how much. In: what a model explains. Out: T-points.

Utterances that say the same (but for spelling of width and case, punctuation, repeated characters, white space) are one
with a count, and their contributions are summed: in 25,000 messages a single one moves nothing that could be printed.
Nothing here is proof of a trait: it is what moved the model. No effects.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seikaku.conversation.characters import LINE_FEED, IntArray, list_code_points
from seikaku.model.ngram.expressions import ExpressionTable, find_expressions
from seikaku.model.ngram.model import NgramModel
from seikaku.model.text_model import Explanation, FloatArray, TextModel

_N_EXAMPLES = 2
_BLOCK_TEXTS = 10_000  # compared at a time, so that the numbers of all their characters are never there at once
_WIDE, _WIDE_END = 0xFF01, 0xFF5F  # ASCII at full width
_LIKE_PUNCTUATION = "~∼\ufe0f"  # of other categories: tildes that lengthen, an emoji's variation


class Message(NamedTuple):
    """One utterance of the target speaker and where it stands."""

    conversation_id: str
    utterance_index: int
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """An utterance of the target speaker as it was imported, third parties masked."""

    conversation_id: str
    utterance_index: int
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the target speaker said, the first time, how often, and how far that moved the estimate (signed T-points).

    The contributions of all utterances add up to the estimate's distance from the norm mean.
    """

    conversation_id: str
    utterance_index: int
    text: str
    contribution_t: float
    n_utterances: int = 1


@dataclass(frozen=True, slots=True)
class Expression:
    """Wording of the target speaker that moved an estimate, in the model's spelling.

    ``share``, 0 to 1, of everything that moved the estimate the same way. ``usage``: whether it moved the estimate by
    being said more than the norm group says it, or less.
    """

    text: str
    n_utterances: int
    contribution_t: float
    share: float
    usage: Literal["more", "less"]
    examples: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Direction:
    """All that was said and moved an estimate one way: the shares of ``expressions`` and ``others_share`` make 1.

    ``total_t`` is signed, in T-score points; ``expressions`` the strongest first.
    """

    total_t: float
    expressions: tuple[Expression, ...]
    others_share: float


@dataclass(frozen=True, slots=True)
class Movement:
    """How an estimate came to lie where it does: raised + lowered + unsaid + rest = its distance from the norm mean.

    ``unsaid_t``: by wording of the norm group that the speaker never used; ``rest_t``: by the amount of text.
    """

    raised: Direction
    lowered: Direction
    unsaid_t: float
    rest_t: float


@dataclass(frozen=True, slots=True)
class TraitEvidence:
    """Of one trait: the utterances that raised it most, then those that lowered it most, each strongest first.

    ``movement`` None: the model knows contributions of utterances only.
    """

    utterances: tuple[Evidence, ...]
    movement: Movement | None


def explain_talk(
    text_model: TextModel, conversations: Sequence[Sequence[str]], *, with_expressions: bool
) -> tuple[Explanation, ExpressionTable | None]:
    """A model's explanation of one speaker's own text, and the expressions where the model has any."""
    if not with_expressions or not isinstance(text_model, NgramModel):
        return text_model.explain(conversations), None
    reading = text_model.read(conversations)
    return text_model.explain_reading(reading), find_expressions(text_model, reading)


def find_evidence(
    messages: Sequence[Message],
    contributions: FloatArray,
    table: ExpressionTable | None,
    points: FloatArray,
    n_evidence: int,
    mask: Callable[[str], str],
) -> tuple[TraitEvidence, ...]:
    """The evidence for every trait, ``n_evidence`` utterances and expressions each way.

    ``contributions`` (n_utterances, n_traits) of ``messages`` and ``table`` are on the label's scale; ``points``
    (n_traits,) makes T-score points of those. ``mask`` takes third parties out of what is quoted.
    """
    if not n_evidence:
        return tuple(TraitEvidence((), None) for _ in points)
    groups = number_alike([message.text for message in messages])
    moved = contributions * points
    found = (
        TraitEvidence(
            _pick_utterances(messages, moved[:, trait], groups, n_evidence),
            None
            if table is None
            else _describe(table, trait, float(point), _Said(messages, groups, moved[:, trait]), n_evidence),
        )
        for trait, point in enumerate(points)
    )
    return tuple(_mask(one, mask) for one in found)


def _mask(evidence: TraitEvidence, mask: Callable[[str], str]) -> TraitEvidence:
    """The same with every quote and every wording masked."""
    utterances = tuple(replace(one, text=mask(one.text)) for one in evidence.utterances)
    moved = evidence.movement
    if moved is not None:
        moved = replace(moved, raised=_mask_direction(moved.raised, mask), lowered=_mask_direction(moved.lowered, mask))
    return TraitEvidence(utterances, moved)


def _mask_direction(direction: Direction, mask: Callable[[str], str]) -> Direction:
    return replace(
        direction,
        expressions=tuple(
            replace(
                one,
                text=mask(one.text),
                examples=tuple(replace(quote, text=mask(quote.text)) for quote in one.examples),
            )
            for one in direction.expressions
        ),
    )


def number_alike(texts: Sequence[str]) -> IntArray:
    """The same number for texts that say the same, (n_texts,), from 0 in the order of the first of each.

    Compared: without case, punctuation and white space, one for a run of the same character (digits keep theirs), NFKC.
    What is punctuation alone keeps it.
    """
    numbers: dict[str, int] = {}
    found = [
        numbers.setdefault(unicodedata.normalize("NFKC", key), len(numbers))
        for first in range(0, len(texts), _BLOCK_TEXTS)
        for key in _list_keys(texts[first : first + _BLOCK_TEXTS])
    ]
    return np.array(found, np.int64)


def _list_keys(texts: Sequence[str]) -> list[str]:
    """What is compared of each text, but for NFKC: that comes last, when little is left that is not in it already."""
    lines = LINE_FEED.join(" ".join(text.split()) for text in texts)
    codes = list_code_points(lines.casefold()).astype(np.int64)
    codes[(codes >= _WIDE) & (codes < _WIDE_END)] -= _WIDE - ord("!")
    is_end = codes == ord(LINE_FEED)
    line = np.cumsum(is_end)
    is_blank, is_mark, is_digit = (table[codes] for table in _sort_characters(codes))
    has_words = np.bincount(line[~(is_blank | is_mark | is_end)], minlength=len(texts)) > 0
    kept = np.flatnonzero(is_end | ~(is_blank | (is_mark & has_words[line])))
    is_repeated = np.zeros(len(kept), np.bool_)
    np.equal(codes[kept[1:]], codes[kept[:-1]], out=is_repeated[1:])
    kept = kept[~is_repeated | is_end[kept] | is_digit[kept]]
    keys: str = codes[kept].astype("<u4").tobytes().decode("utf-32-le")
    return keys.split(LINE_FEED)[: len(texts)]


def _sort_characters(codes: IntArray) -> NDArray[np.bool_]:
    """Which code points among ``codes`` are blank or invisible, punctuation, digits: (3, the greatest of them + 1)."""
    counts = np.bincount(codes)
    tables = np.zeros((3, len(counts)), np.bool_)
    for code in np.flatnonzero(counts).tolist():
        category = unicodedata.category(chr(code))
        tables[0, code] = category[0] in "ZC" and code != ord(LINE_FEED)
        tables[1, code] = category[0] == "P" or chr(code) in _LIKE_PUNCTUATION
        tables[2, code] = category[0] == "N"
    return tables


def _pick_utterances(
    messages: Sequence[Message], moved: FloatArray, groups: IntArray, n_evidence: int
) -> tuple[Evidence, ...]:
    counts, sums = np.bincount(groups), np.bincount(groups, weights=moved)
    first = np.zeros(len(counts), np.int64)
    first[groups[::-1]] = np.arange(len(groups))[::-1]  # of those of one group, the last that is written stays
    chosen = [group for sign in (1.0, -1.0) for group in _strongest(sign * sums, n_evidence)]
    return tuple(Evidence(*messages[int(first[group])], float(sums[group]), int(counts[group])) for group in chosen)


def _strongest(values: NDArray[np.floating[Any]], n_most: int) -> list[int]:
    """Where the ``n_most`` greatest of the positive ones stand, greatest first."""
    positive = np.flatnonzero(values > 0)
    if len(positive) > n_most:
        positive = positive[np.argpartition(-values[positive], n_most)[:n_most]]
    return sorted(positive.tolist(), key=lambda index: (-values[index], index))


@dataclass(frozen=True, slots=True)
class _Said:
    """What the examples of one trait's expressions are chosen from."""

    messages: Sequence[Message]
    groups: IntArray
    moved: FloatArray

    def quote(self, utterances: IntArray, sign: float) -> tuple[Quote, ...]:
        """The utterances that moved the trait most that way, no two alike."""
        chosen: list[int] = []
        while len(utterances) and len(chosen) < _N_EXAMPLES:
            chosen.append(int(utterances[np.argmax(sign * self.moved[utterances])]))
            utterances = utterances[self.groups[utterances] != self.groups[chosen[-1]]]
        return tuple(Quote(*self.messages[index]) for index in chosen)


def _describe(table: ExpressionTable, trait: int, point: float, said: _Said, n_evidence: int) -> Movement:
    raised, lowered = (
        _describe_direction(table, trait, point, said, n_evidence, sign, float(total[trait] * point))
        for sign, total in ((1.0, table.raised), (-1.0, table.lowered))
    )
    return Movement(raised, lowered, float(table.unsaid[trait] * point), float(table.rest[trait] * point))


def _describe_direction(
    table: ExpressionTable, trait: int, point: float, said: _Said, n_evidence: int, sign: float, total: float
) -> Direction:
    moved = table.contributions[:, trait] * point
    more = table.by_more[:, trait] * point
    expressions = tuple(
        Expression(
            text=table.texts[index],
            n_utterances=len(table.utterances[index]),
            contribution_t=float(moved[index]),
            share=float(moved[index] / total),
            usage="more" if abs(more[index]) >= abs(moved[index] - more[index]) else "less",
            examples=said.quote(table.utterances[index], sign),
        )
        for index in _strongest(sign * moved, n_evidence)
    )
    return Direction(total, expressions, 1.0 - sum(expression.share for expression in expressions) if total else 0.0)
