"""Windows of token ids -> batches of like length, padded. Numbers in, numbers out; no effects."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BATCH_TOKENS = 8_192  # about a batch, padding included: enough to keep a CPU or GPU busy, little memory


def batch_by_length(lengths: Sequence[int]) -> list[list[int]]:
    """Indices of windows in batches of about ``BATCH_TOKENS`` tokens, the longest first; every window in one batch."""
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= BATCH_TOKENS:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def pad(windows: Sequence[NDArray[Any]], pad_id: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids and attention mask, both (n_windows, seq_len) of the longest window."""
    lengths = np.array([len(ids) for ids in windows])
    mask = np.arange(lengths.max()) < lengths[:, None]
    ids = np.full(mask.shape, pad_id, np.int64)
    ids[mask] = np.concatenate(windows)
    return ids, mask.astype(np.int64)
