"""Which examples come when: a function of (seed, epoch), of nothing else. No effects.

accelerate and Trainer set epochs of their own when they skip what was already trained; a view that only the loop turns
on keeps a resumed run in the order of an unbroken one, whatever their versions.
"""

from collections.abc import Callable, Iterator
from itertools import islice, repeat
from typing import Any

import numpy as np
from torch.utils.data import Dataset, IterableDataset

from seikaku.training.loop.reporting import n_processes, process_rank

# How many steps' examples are sorted by length together: little padding, yet batches differ between epochs.
_BUCKET_STEPS = 50


class EpochView(Dataset[Any]):
    """Examples by index; ``start_epoch`` is passed on to a source that has ``set_epoch`` (it may redraw its bags)."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.epoch = 0

    def start_epoch(self, epoch: int, _n_done: int = 0) -> None:
        """Turn to an epoch, counted from 0; what was done of it the Trainer skips, which costs a list nothing."""
        self.epoch = epoch
        if hasattr(self.source, "set_epoch"):
            self.source.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> Any:
        return self.source[index]


class EpochStream(IterableDataset[Any]):
    """Examples in the order of a stream: it has a length, ``set_epoch``, and ``read(start, is_own)``.

    Whole steps of ``n_per_step`` examples make an epoch, where there is one; the rest waits for the next. An example
    that was done before a resume, or is another process's, is not made: None stands for it, which nobody learns from.
    """

    def __init__(self, source: Any, n_per_step: int, n_per_process: int) -> None:
        self.source = source
        self._n_per_step = n_per_step
        self._n_used = len(source) // n_per_step * n_per_step or len(source)
        self._n_per_process = n_per_process
        self._n_done = 0

    def start_epoch(self, epoch: int, n_done: int = 0) -> None:
        """Turn to an epoch, counted from 0, ``n_done`` of whose examples are learned already."""
        self.source.set_epoch(epoch)
        self._n_done = n_done

    def __len__(self) -> int:
        return self._n_used

    def __iter__(self) -> Iterator[Any]:
        yield from repeat(None, self._n_done)
        yield from islice(self.source.read(self._n_done, self._is_own), self._n_used - self._n_done)

    def _is_own(self, position: int) -> bool:
        """Whether this process gets the example: batches go to the processes in turn, a short one is filled up."""
        if self._n_used < self._n_per_step:
            return True
        return position // self._n_per_process % n_processes() == process_rank()


def view_epochs(source: Any, n_per_step: int, n_per_process: int) -> EpochView | EpochStream:
    """A view of a list-like source, or of a stream (something without ``__getitem__``)."""
    return EpochView(source) if hasattr(source, "__getitem__") else EpochStream(source, n_per_step, n_per_process)


def collate_own(collate: Callable[[list[Any]], dict[str, Any]]) -> Callable[[list[Any]], dict[str, Any]]:
    """``collate`` for batches of an ``EpochStream``: one that was done before is none, and is thrown away."""
    return lambda examples: {} if any(example is None for example in examples) else collate(examples)


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
