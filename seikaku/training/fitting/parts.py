"""Bags of dialogue sides: one speaker's rows, in whole or in part. Pure; the seed is explicit."""

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


def draw_parts(bags: Sequence[IntArray], sizes: Sequence[int], parts_per_size: int, seed: int) -> BagSet:
    """Each speaker's whole bag (first, in order), then up to ``parts_per_size`` random disjoint parts of each size."""
    generator = np.random.default_rng(seed)
    rows, speaker, nominal = list(bags), list(range(len(bags))), [0] * len(bags)
    for index, bag in enumerate(bags):
        shuffled = generator.permutation(bag)
        for size in sizes:
            n_parts = min(len(bag) // size, parts_per_size) if len(bag) > size else 0
            rows += [shuffled[part * size : (part + 1) * size] for part in range(n_parts)]
            nominal += [size] * n_parts
            speaker += [index] * n_parts
    return BagSet(tuple(rows), np.array(speaker, np.int64), np.array(nominal, np.int64))


def sum_rows(matrix: Any, bags: Sequence[IntArray]) -> Any:
    """Sum the rows of a scipy CSR matrix (n_rows, n_features) over each bag -> CSR (n_bags, n_features)."""
    from scipy import sparse

    lengths = [len(bag) for bag in bags]
    columns = np.concatenate(bags) if bags else np.zeros(0, np.int64)
    pointers = np.concatenate([[0], np.cumsum(lengths)])
    picker = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, pointers), (len(bags), matrix.shape[0]))
    return picker @ matrix
