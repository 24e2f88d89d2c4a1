"""Bags of dialogue sides: how training sees little and much text of the same speaker. Pure; the seed is explicit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seikaku.model.regressor import IntArray


@dataclass(frozen=True, slots=True)
class BagSet:
    """Bags of several sizes: ``rows[b]`` are row numbers, ``speaker`` and ``size`` (n_bags,).

    ``size`` is the nominal number of dialogues; 0 means all of a speaker's rows.
    """

    rows: tuple[IntArray, ...]
    speaker: IntArray
    size: IntArray

    @property
    def n_of_speaker(self) -> IntArray:
        """How many bags the speaker of each bag has, shape (n_bags,)."""
        return np.bincount(self.speaker)[self.speaker].astype(np.int64)


def mix_bags(bags: Sequence[IntArray], sizes: Sequence[int], bags_per_size: int, seed: int) -> BagSet:
    """Each speaker's whole bag, and up to ``bags_per_size`` random disjoint parts of it of each size.

    Mixed amounts teach the model that the amount of text is not a trait, and what little text is worth.
    """
    generator = np.random.default_rng(seed)
    rows: list[IntArray] = []
    speaker: list[int] = []
    nominal: list[int] = []
    for index, bag in enumerate(bags):
        shuffled = generator.permutation(bag)
        parts = [(0, bag)]
        for size in sizes:
            n_parts = min(len(bag) // size, bags_per_size) if len(bag) > size else 0
            parts += [(size, shuffled[part * size : (part + 1) * size]) for part in range(n_parts)]
        rows += [part for _, part in parts]
        nominal += [size for size, _ in parts]
        speaker += [index] * len(parts)
    return BagSet(tuple(rows), np.array(speaker, np.int64), np.array(nominal, np.int64))


def sum_rows(matrix: Any, bags: Sequence[IntArray]) -> Any:
    """Sum the rows of a scipy CSR matrix (n_rows, n_features) over each bag -> CSR (n_bags, n_features)."""
    from scipy import sparse

    lengths = [len(bag) for bag in bags]
    columns = np.concatenate(bags) if bags else np.zeros(0, np.int64)
    pointers = np.concatenate([[0], np.cumsum(lengths)])
    picker = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, pointers), (len(bags), matrix.shape[0]))
    return picker @ matrix
