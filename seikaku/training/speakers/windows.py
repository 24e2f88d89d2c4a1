"""Stage 2's input: what speakers said, as windows of a model's size. Pure but for the tokenizer, which only reads.

A window is a run of whole utterances of one speaker, from one or several dialogues, in their order, between the
special tokens of the encoder (``<s>`` and ``</s>``), with its separator between dialogues. An utterance is cut only if
it alone fills a window. A speaker has as few windows as greedy packing needs, filled as evenly as possible: in the mean
over a bag each window counts alike, so a last window of three words must not happen.

With the partner, both sides' utterances stand in turn, each marked (「本人：」「相手：」). The corpus keeps each side
in order, so turns are put together by alternation, as they alternate in RealPersonaChat; a partner without labels
is not in the corpus, and their turns are missing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.conversation.characters import count_written
from seikaku.conversation.windows import cut_long, even_windows, ranges
from seikaku.corpora.splits import TEST, TRAIN, VALIDATION, pair_safe_rows
from seikaku.model.encoder.special import SpecialTokens, encode_texts
from seikaku.model.regressor import Side

OWN_MARK = "本人："
PARTNER_MARK = "相手："
_ENCODE_TEXTS = 10_000  # tokenised at a time: Python lists of ids are large

IntArray = NDArray[np.int64]
TokenArray = NDArray[np.int32]


@dataclass(frozen=True)
class EncodedRows:
    """Every utterance of every row (dialogue side) as token ids, once for all folds.

    Utterance u has ``tokens[bounds[u]:bounds[u + 1]]``, row r the utterances ``row_bounds[r]`` to
    ``row_bounds[r + 1]``; ``speaker`` and ``partner`` (n_rows,), ``n_chars`` (n_rows,) of the speaker's own text.
    """

    tokens: TokenArray
    bounds: IntArray
    row_bounds: IntArray
    speaker: IntArray
    partner: IntArray
    n_chars: IntArray
    special: SpecialTokens

    def known_share(self, rows: IntArray) -> NDArray[np.float64]:
        """Share of each row's tokens that the vocabulary knows, (n_rows,); 1 for a row without tokens."""
        total = np.concatenate([[0], np.cumsum(self.tokens == self.special.unknown)])
        first, last = self.bounds[self.row_bounds[rows]], self.bounds[self.row_bounds[rows + 1]]
        return np.asarray(1 - (total[last] - total[first]) / np.maximum(last - first, 1), np.float64)


@dataclass(frozen=True)
class WindowSet:
    """Windows: ``input_ids[w]`` (seq_len,), ``speaker`` (n_windows,), ``rows[w]`` the dialogue sides it is made of."""

    input_ids: tuple[TokenArray, ...]
    speaker: IntArray
    rows: tuple[IntArray, ...]
    pad_id: int


@dataclass(frozen=True)
class SpeakerSplit:
    """Rows to train on and rows to validate on, each (n,), and whose they are, each (n_speakers_of_part,)."""

    train_rows: IntArray
    validation_rows: IntArray
    train_speakers: IntArray
    validation_speakers: IntArray


def encode_rows(sides: Sequence[Side], tokenizer: Any, special: SpecialTokens, *, with_partner: bool) -> EncodedRows:
    """Tokenise dialogue sides; ``tokenizer`` is one of transformers, ``special`` what stands around its windows."""
    turns = list(_marked_turns(sides)) if with_partner else [side.texts for side in sides]
    texts = chain.from_iterable(turns)
    parts: list[TokenArray] = []
    lengths: list[int] = []
    while batch := list(islice(texts, _ENCODE_TEXTS)):
        ids = encode_texts(tokenizer, batch)
        lengths += [len(one) for one in ids]
        parts.append(np.fromiter(chain.from_iterable(ids), np.int32))
    return EncodedRows(
        tokens=np.concatenate(parts) if parts else np.zeros(0, np.int32),
        bounds=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        row_bounds=np.concatenate([[0], np.cumsum([len(row) for row in turns])]).astype(np.int64),
        speaker=np.array([side.speaker_index for side in sides], np.int64),
        partner=np.array([side.partner_index for side in sides], np.int64),
        n_chars=np.array([sum(map(count_written, side.texts)) for side in sides], np.int64),
        special=special,
    )


def pack_windows(encoded: EncodedRows, *, max_tokens: int, rows: IntArray | None = None) -> WindowSet:
    """Windows of each speaker's ``rows`` (None: all), speakers in order, rows in the order of the corpus.

    Raises ValueError when ``max_tokens`` leaves no room beside the special tokens.
    """
    special = encoded.special
    room = max_tokens - special.n_around
    if room < 2:
        raise ValueError(f"max_tokens must be at least {special.n_around + 2}, got {max_tokens}")
    chosen = np.arange(len(encoded.speaker)) if rows is None else np.unique(rows)
    input_ids: list[TokenArray] = []
    speakers: list[int] = []
    rows_of: list[IntArray] = []
    for speaker in np.unique(encoded.speaker[chosen]).tolist():
        own = chosen[encoded.speaker[chosen] == speaker]
        for ids, window_rows in _pack_speaker(encoded, own, room):
            input_ids.append(ids)
            speakers.append(speaker)
            rows_of.append(window_rows)
    return WindowSet(tuple(input_ids), np.array(speakers, np.int64), tuple(rows_of), special.pad)


def split_speakers(
    encoded: EncodedRows, rows: IntArray, part: NDArray[np.str_], max_dialogues: int = 0
) -> SpeakerSplit:
    """Divide ``rows`` by their speaker's ``part`` (n_speakers,), pair-safe: no validation or test speaker talks in a
    training row's dialogue, and no test speaker in a validation row's. Test speakers' rows, and those of speakers of
    no part (``NOBODY``), are in neither. Of what is left each speaker has the first ``max_dialogues`` (0: all).
    """
    speaker, partner = encoded.speaker[rows], encoded.partner[rows]
    held_out = (part == VALIDATION) | (part == TEST)
    train_rows = rows[pair_safe_rows(speaker, partner, held_out) & (part[speaker] == TRAIN)]
    validation_rows = rows[(part[speaker] == VALIDATION) & ((partner < 0) | (part[partner] != TEST))]
    train_rows = first_rows(encoded, train_rows, max_dialogues)
    validation_rows = first_rows(encoded, validation_rows, max_dialogues)
    return SpeakerSplit(
        train_rows, validation_rows, np.unique(encoded.speaker[train_rows]), np.unique(encoded.speaker[validation_rows])
    )


def first_rows(encoded: EncodedRows, rows: IntArray, max_dialogues: int) -> IntArray:
    """At most the first ``max_dialogues`` of ``rows`` of each speaker; all for 0."""
    if not max_dialogues or not len(rows):
        return rows
    speakers = encoded.speaker[rows]
    firsts = [rows[speakers == speaker][:max_dialogues] for speaker in np.unique(speakers)]
    return np.sort(np.concatenate(firsts))


def _marked_turns(sides: Sequence[Side]) -> Iterator[tuple[str, ...]]:
    """The turns of each row's dialogue, marked as the row's speaker sees them; who spoke first stands first."""
    first_row: dict[int, int] = {}
    row_of: dict[tuple[int, int], int] = {}
    for row, side in enumerate(sides):
        first_row.setdefault(side.dialogue_id, row)
        row_of[side.dialogue_id, side.speaker_index] = row
    for row, side in enumerate(sides):
        own = [OWN_MARK + text for text in side.texts]
        partner_row = row_of.get((side.dialogue_id, side.partner_index))
        other = [] if partner_row is None else [PARTNER_MARK + text for text in sides[partner_row].texts]
        begins = first_row[side.dialogue_id] == row
        pairs = zip_longest(own, other) if begins else zip_longest(other, own)
        yield tuple(text for pair in pairs for text in pair if text is not None)


def _pack_speaker(encoded: EncodedRows, rows: IntArray, room: int) -> Iterator[tuple[TokenArray, IntArray]]:
    """One speaker's windows of ``room`` tokens between the special ones: (token ids, the rows they come from)."""
    separator = np.array(encoded.special.separator, np.int32)
    counts = encoded.row_bounds[rows + 1] - encoded.row_bounds[rows]
    utterances = np.repeat(encoded.row_bounds[rows], counts) + ranges(counts)
    starts = encoded.bounds[utterances]
    whose, begins, ends = cut_long(encoded.bounds[utterances + 1] - starts, room - len(separator))
    begins, ends = starts[whose] + begins, starts[whose] + ends
    row = np.repeat(rows, counts)[whose]
    opens_row = np.diff(row, prepend=row[:1]) != 0
    for first, last in even_windows(ends - begins + opens_row * len(separator), room):
        parts: list[TokenArray] = []
        for index in range(first, last):
            if opens_row[index] and index > first:
                parts.append(separator)
            parts.append(encoded.tokens[begins[index] : ends[index]])
        yield encoded.special.frame(parts).astype(np.int32), np.unique(row[first:last])
