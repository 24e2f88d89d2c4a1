"""Conversations to windows of a model's size: the only place that cuts text. Numbers in, numbers out; no effects.

A window is a run of the target speaker's own characters, about ``window_chars`` long. Windows of one conversation are
equally long, so that a long message counts as several windows and no text is thrown away. Conversations that are too
short to fill half a window are taken together with the next.
"""

import numpy as np
from numpy.typing import NDArray


def assign_windows(n_chars: NDArray[np.int64], window_chars: int) -> tuple[NDArray[np.int64], int]:
    """The window of every character of the target speaker, in order.

    ``n_chars`` (n_conversations,): own characters per conversation. Returns (window index of each character,
    shape (sum of n_chars,), and the number of windows). Deterministic; every window of a group differs from
    the others by at most one character.
    """
    total = int(n_chars.sum())
    if total == 0:
        return np.zeros(0, np.int64), 0
    group_sizes = _group_short(n_chars, window_chars / 2)
    windows_of_group = np.maximum(1, np.round(group_sizes / window_chars)).astype(np.int64)
    first_window = np.concatenate([[0], np.cumsum(windows_of_group)[:-1]])
    starts = np.concatenate([[0], np.cumsum(group_sizes)[:-1]])
    group = np.repeat(np.arange(len(group_sizes)), group_sizes)
    offset = np.arange(total, dtype=np.int64) - starts[group]
    window = first_window[group] + offset * windows_of_group[group] // group_sizes[group]
    return window, int(windows_of_group.sum())


def _group_short(n_chars: NDArray[np.int64], least: float) -> NDArray[np.int64]:
    """Sizes after conversations shorter than ``least`` were joined with the next (the last with the one before)."""
    sizes: list[int] = []
    pending = 0
    for size in n_chars.tolist():
        pending += size
        if pending >= least:
            sizes.append(pending)
            pending = 0
    if pending and sizes:
        sizes[-1] += pending
    elif pending:
        sizes.append(pending)
    return np.array(sizes, np.int64)
