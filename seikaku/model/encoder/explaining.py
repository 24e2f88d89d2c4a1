"""A trained encoder as a model of text: token scores -> a speaker's scores and their split over the utterances.

In: a tokenizer and a function that scores tokens (torch or ONNX Runtime). Out: ``Explanation``. No effects.

The head is linear, so a window's score is the mean of its tokens' scores, and a speaker's score the mean over all
tokens of all windows. Windows never cross a conversation; they only set what a token is read together with.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.conversation.windows import cut_long, even_windows
from seikaku.model.calibration import Calibration
from seikaku.model.encoder.batches import batch_by_length, pad
from seikaku.model.encoder.special import SpecialTokens
from seikaku.model.text_model import Explanation
from seikaku.traits import N_TRAITS

IntArray = NDArray[np.int64]
Float32Array = NDArray[np.float32]
# (input_ids, attention_mask), both (n_windows, seq_len) int64 -> scores on 1-7, (n_windows, seq_len, n_traits).
TokenScorer = Callable[[IntArray, IntArray], Float32Array]


@dataclass(frozen=True)
class EncoderModel:
    """``tokenizer``: of the `tokenizers` library; ``max_tokens`` of a window, its special tokens included."""

    tokenizer: Any
    score_tokens: TokenScorer
    special: SpecialTokens
    max_tokens: int
    calibration: Calibration

    def explain(self, conversations: Sequence[Sequence[str]]) -> Explanation:
        """Scores and their exact split over the utterances, from one speaker's own text."""
        windows, utterances, n_unknown, n_own = self._build_windows(conversations)
        n_utterances = sum(len(texts) for texts in conversations)
        sums = np.zeros((n_utterances + 1, N_TRAITS))  # the last row: special tokens, which belong to nobody
        n_tokens = np.zeros(n_utterances + 1)
        for chosen in batch_by_length([len(window) for window in windows]):
            scores = self.score_tokens(*pad([windows[index] for index in chosen], self.special.pad))
            for row, index in enumerate(chosen):
                np.add.at(sums, utterances[index], scores[row, : len(windows[index])])
                np.add.at(n_tokens, utterances[index], 1)
        total = n_tokens.sum()
        raw = sums.sum(axis=0) / total
        mean = self.calibration.norm.means
        score = self.calibration.apply(raw[None, :], np.array([total]))[0]
        moved = self.calibration.slope * (sums - n_tokens[:, None] * mean) / total
        share = n_tokens[:-1, None] / max(n_tokens[:-1].sum(), 1)
        # What special tokens and the mere amount of text add is shared by the utterances' tokens.
        contributions = moved[:-1] + share * (score - mean - moved[:-1].sum(axis=0))
        return Explanation(score, contributions, float(total), 1 - n_unknown / max(n_own, 1))

    def _build_windows(self, conversations: Sequence[Sequence[str]]) -> tuple[list[IntArray], list[IntArray], int, int]:
        """Windows and the utterance of each token (-1: a special token), numbers of unknown and of all own tokens."""
        windows: list[IntArray] = []
        utterances: list[IntArray] = []
        first, n_unknown, n_own = 0, 0, 0
        special = self.special
        room = self.max_tokens - special.n_around
        around = [np.full(len(special.begin), -1), np.full(len(special.end), -1)]
        for texts in conversations:
            encoded = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
            ids = [np.array(one.ids, np.int64) for one in encoded]
            n_own += sum(map(len, ids))
            n_unknown += sum(int((one == special.unknown).sum()) for one in ids)
            whose, begins, ends = cut_long(np.array([len(one) for one in ids], np.int64), room - len(special.separator))
            for start, stop in even_windows(ends - begins, room):
                pieces = [ids[whose[i]][begins[i] : ends[i]] for i in range(start, stop)]
                windows.append(special.frame(pieces))
                owners = np.repeat(whose[start:stop], (ends - begins)[start:stop]) + first
                utterances.append(np.concatenate([around[0], owners, around[1]]))
            first += len(texts)
        if not windows:  # nothing but white space: one empty window, so that there is a score to withhold
            windows = [special.frame([])]
            utterances = [np.full(len(windows[0]), -1)]
        return windows, utterances, n_unknown, n_own
