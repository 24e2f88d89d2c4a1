"""Which examples come when: a function of (seed, epoch), of nothing else. No effects.

accelerate and Trainer set epochs of their own when they skip what was already trained; a view that only the loop turns
on keeps a resumed run in the order of an unbroken one, whatever their versions.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from torch.utils.data import Dataset, IterableDataset

# How many steps' examples are sorted by length together: little padding, yet batches differ between epochs.
_BUCKET_STEPS = 50


class EpochView(Dataset[Any]):
    """Examples by index; ``start_epoch`` is passed on to a source that has ``set_epoch`` (it may redraw its bags)."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.epoch = 0

    def start_epoch(self, epoch: int) -> None:
        """Turn to an epoch, counted from 0."""
        self.epoch = epoch
        if hasattr(self.source, "set_epoch"):
            self.source.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> Any:
        return self.source[index]


class EpochStream(IterableDataset[Any]):
    """Examples in the order of a stream that knows its length and has ``set_epoch``."""

    def __init__(self, source: Any) -> None:
        self.source = source

    def start_epoch(self, epoch: int) -> None:
        """Turn to an epoch, counted from 0."""
        self.source.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.source)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.source)


def view_epochs(source: Any) -> EpochView | EpochStream:
    """A view of a list-like source, or of a stream (something without ``__getitem__``)."""
    return EpochView(source) if hasattr(source, "__getitem__") else EpochStream(source)


class LengthBucketSampler:
    """Indices of an ``EpochView``, examples of like length together where the source has ``lengths``.

    Every step takes ``n_per_step`` examples over all processes and accumulated batches, so the order is the same
    however they are divided. The longest step comes first: a run short of memory fails in its first second.
    """

    def __init__(self, view: EpochView, n_per_step: int, seed: int) -> None:
        self._view = view
        self._n_per_step = n_per_step
        self._seed = seed

    def __len__(self) -> int:
        return len(self._view)

    def __iter__(self) -> Iterator[int]:
        draw = np.random.default_rng([self._seed, self._view.epoch])
        order = draw.permutation(len(self._view))
        lengths = getattr(self._view.source, "lengths", None)
        if lengths is None:
            return iter(order.tolist())
        known = np.asarray(lengths)
        size = _BUCKET_STEPS * self._n_per_step
        buckets = [order[start : start + size] for start in range(0, len(order), size)]
        ordered = np.concatenate([bucket[np.argsort(-known[bucket], kind="stable")] for bucket in buckets])
        n_whole = len(ordered) // self._n_per_step * self._n_per_step
        steps = ordered[:n_whole].reshape(-1, self._n_per_step)
        steps = steps[draw.permutation(len(steps))]
        if len(steps):
            longest = int(known[steps].max(axis=1).argmax())
            steps[[0, longest]] = steps[[longest, 0]]
        return iter([*steps.ravel().tolist(), *ordered[n_whole:].tolist()])
