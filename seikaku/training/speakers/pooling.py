"""Dialogue sides -> mean token vectors by an encoder. In: token ids. Out: one vector a row. Effects: none.

Each row is windowed by itself and encoded once, whatever bags it will be in: the mean over a bag's tokens is then a
weighted mean of its rows' vectors. That is what ``model.encoder.explaining`` computes for a conversation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seikaku.model.encoder.batches import batch_by_length, pad
from seikaku.training.speakers.windows import EncodedRows, IntArray, TokenArray, pack_windows

if TYPE_CHECKING:
    from seikaku.model.encoder.lora import Encoder

Float32Array = NDArray[np.float32]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PooledRows:
    """``sums`` (n_rows, width) of the token vectors and ``n_tokens`` (n_rows,), special tokens included."""

    sums: Float32Array
    n_tokens: IntArray

    @property
    def means(self) -> Float32Array:
        """The mean vector of each row, (n_rows, width)."""
        return np.asarray(self.sums / np.maximum(self.n_tokens, 1)[:, None], np.float32)

    def mean_of(self, bags: Sequence[IntArray]) -> FloatArray:
        """The mean vector over all tokens of each bag of rows, (n_bags, width)."""
        totals = np.stack([self.sums[bag].sum(axis=0, dtype=np.float64) for bag in bags])
        return np.asarray(totals / self.tokens_of(bags)[:, None])

    def tokens_of(self, bags: Sequence[IntArray]) -> FloatArray:
        """Number of tokens of each bag, (n_bags,)."""
        return np.maximum([self.n_tokens[bag].sum() for bag in bags], 1).astype(np.float64)


def pool_rows(
    encoder: "Encoder", encoded: EncodedRows, rows: IntArray, *, max_tokens: int, precision: str
) -> PooledRows:
    """Sums of the last layer over the tokens of each of ``rows``, in their order; dropout is off meanwhile."""
    import torch

    from seikaku.model.encoder.hardware import reduced_precision

    windows: list[TokenArray] = []
    owner: list[int] = []
    for place, row in enumerate(rows):
        found = pack_windows(encoded, max_tokens=max_tokens, rows=np.array([row])).input_ids
        windows += found
        owner += [place] * len(found)
    sums = np.zeros((len(rows), encoder.width), np.float32)
    n_tokens = np.zeros(len(rows), np.int64)
    device = next(encoder.parameters()).device
    was_training = encoder.training
    encoder.eval()
    with torch.no_grad(), reduced_precision(device, precision):
        for batch in batch_by_length([len(ids) for ids in windows]):
            ids, mask = pad([windows[index] for index in batch], encoded.special.pad)
            means = encoder(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)).cpu().numpy()
            lengths = mask.sum(axis=1)
            owners = np.array([owner[index] for index in batch])
            np.add.at(sums, owners, means * lengths[:, None].astype(np.float32))
            np.add.at(n_tokens, owners, lengths)
    encoder.train(was_training)
    return PooledRows(sums, n_tokens)
