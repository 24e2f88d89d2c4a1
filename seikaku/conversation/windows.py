"""Conversations to windows of a model's size: the only place that cuts text. Numbers in, numbers out; no effects.

The n-gram model's window is a run of the target speaker's own characters, about ``window_chars`` long. Windows of one
conversation are equally long, so that a long message counts as several windows and no text is thrown away.
Conversations that are too short to fill half a window are taken together with the next.

An encoder's window is a run of whole utterances in tokens, as few as its size allows and filled evenly; an utterance is
cut only if it alone fills a window.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def assign_windows(n_chars: NDArray[np.int64], window_chars: int) -> tuple[NDArray[np.int64], int]:
    """The window of every character of the target speaker, in order.

    ``n_chars`` (n_conversations,): own characters per conversation. Returns (window index of each character,
    shape (sum of n_chars,), and the number of windows). Deterministic; every window of a group differs from
    the others by at most one character.
    """
    begins = begin_windows(n_chars, window_chars)
    return np.repeat(np.arange(len(begins)), np.diff(begins, append=n_chars.sum())), len(begins)


def begin_windows(n_chars: NDArray[np.int64], window_chars: int) -> NDArray[np.int64]:
    """Which of the target speaker's own characters begins each window of ``assign_windows``, (n_windows,)."""
    sizes = _group_short(n_chars, window_chars / 2)
    n_windows = np.maximum(1, np.round(sizes / window_chars)).astype(np.int64)
    group = np.repeat(np.arange(len(sizes)), n_windows)
    return (np.cumsum(sizes) - sizes)[group] - (-ranges(n_windows) * sizes[group] // n_windows[group])


def cut_blocks(begins: NDArray[np.int64], total: int, size: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Runs of whole pieces of a text, each about ``size`` long, in order; every piece is in one.

    ``begins`` (n_pieces,) ascending: where each begins in the ``total`` characters. Gives the number of a run's first
    piece, and where each of its pieces begins and the last one ends, (n_pieces + 1,).
    """
    first = np.unique(np.searchsorted(begins, np.arange(0, total, size)))
    bounds = np.append(begins, total)
    for begin, end in pairwise([*first[first < len(begins)].tolist(), len(begins)]):
        yield begin, bounds[begin : end + 1]


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


def cut_long(lengths: NDArray[np.int64], most: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut what is longer than ``most`` into equal pieces: (whose, begin, end), each (n_pieces,).

    ``lengths`` (n_utterances,) in tokens; ``begin`` and ``end`` count within the utterance. Length 0 gives no piece.
    """
    n_pieces = -(-lengths // most)
    whose = np.repeat(np.arange(len(lengths)), n_pieces)
    piece = ranges(n_pieces)
    return whose, lengths[whose] * piece // n_pieces[whose], lengths[whose] * (piece + 1) // n_pieces[whose]


def ranges(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """0..counts[0]-1, 0..counts[1]-1, ... one after the other."""
    return np.arange(counts.sum(), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)


def even_windows(costs: NDArray[np.int64], room: int) -> list[tuple[int, int]]:
    """(First, last + 1) of each window: as few as greedy packing needs, the largest as small as it can be.

    ``costs`` (n_pieces,) in tokens, none above ``room``.
    """
    if not len(costs):
        return []
    total = np.cumsum(costs)
    fewest = len(_greedy_ends(total, room))
    low, high = int(costs.max()), room
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(_greedy_ends(total, middle)) <= fewest else (middle + 1, high)
    ends = _greedy_ends(total, high)
    return list(zip([0, *ends[:-1]], ends, strict=True))


def _greedy_ends(total: NDArray[np.int64], room: int) -> list[int]:
    ends: list[int] = []
    while (ends[-1] if ends else 0) < len(total):
        used = total[ends[-1] - 1] if ends else 0
        ends.append(int(np.searchsorted(total, used + room, side="right")))
    return ends
