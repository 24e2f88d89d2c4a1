"""Who is held out: speaker-disjoint, community-safe and pair-safe splits. Pure functions on plain arrays; the seed is
always explicit.

A *side* is one speaker's part of one dialogue. A split is pair-safe when no dialogue in which a held-out speaker
talks is used for training, not even the partner's side: partners adapt to each other's words and topics.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

TRAIN, VALIDATION, TEST = HOLDOUT_PARTS = ("train", "validation", "test")
NOBODY = ""  # who is in none of them
_N_HOLDOUT_FOLDS = 10  # one tests, one validates, the others train


def assign_parts(groups: npt.NDArray[np.int64], labels: npt.NDArray[np.float64], seed: int) -> list[str]:
    """Each speaker's part ("train", "validation" or "test"): whole ``groups`` (n_speakers,), two tenths held out.

    ``labels`` (n_speakers, n_targets) are balanced. With fewer than three groups nobody can be held out: all "train".
    """
    n_groups = len(np.unique(groups))
    if n_groups < len(HOLDOUT_PARTS):
        return [TRAIN] * len(groups)
    folds = group_folds(groups, labels, min(_N_HOLDOUT_FOLDS, n_groups), seed)
    return [{0: TEST, 1: VALIDATION}.get(fold, TRAIN) for fold in folds.tolist()]


def hold_out(
    groups: npt.NDArray[np.int64], labels: npt.NDArray[np.float64], share: float, seed: int
) -> npt.NDArray[np.bool_]:
    """Whom to hold out, (n_speakers,): whole groups, about ``share`` of the speakers (at most half).

    With a single group, speakers are drawn by themselves. Raises ValueError for fewer than two speakers.
    """
    if len(groups) < 2:
        raise ValueError(f"need at least two speakers to divide, got {len(groups)}")
    if len(np.unique(groups)) < 2:
        groups = np.arange(len(groups))
    n_folds = min(max(2, round(1 / share)), len(np.unique(groups)))
    return np.asarray(group_folds(groups, labels, n_folds, seed) == 0)


def leave_out(
    part: npt.NDArray[np.str_], is_careless: npt.NDArray[np.bool_], is_kin: npt.NDArray[np.bool_]
) -> npt.NDArray[np.str_]:
    """``part`` (n_speakers,) with ``NOBODY`` for those from whom nothing is learned: careless answerers and kin.

    Careless answers choose no epoch either. Whoever tests stays: others' estimates do not depend on them.
    """
    left = np.asarray(part, "<U10").copy()
    left[is_careless & (left != TEST)] = NOBODY
    left[is_kin & (left == TRAIN)] = NOBODY
    return left


def speaker_folds(n_speakers: int, n_folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Fold id 0..n_folds-1 of each speaker, shape (n_speakers,), random by ``seed``; sizes differ by at most one.

    Raises ValueError unless 2 <= n_folds <= n_speakers.
    """
    if not 2 <= n_folds <= n_speakers:
        raise ValueError(f"need 2 <= n_folds <= n_speakers, got {n_folds} folds for {n_speakers} speakers")
    return np.random.default_rng(seed).permutation(np.arange(n_speakers, dtype=np.int64) % n_folds)


def group_folds(
    groups: npt.NDArray[np.int64], labels: npt.NDArray[np.float64], n_folds: int, seed: int
) -> npt.NDArray[np.int64]:
    """Fold id 0..n_folds-1 of each speaker, shape (n_speakers,): whole ``groups`` (n_speakers,), balanced, by ``seed``.

    Of many random deals (each group to the fold that is smallest so far) the one whose folds differ least in size and
    in their mean ``labels`` (n_speakers, n_targets). Raises ValueError unless 2 <= n_folds <= the number of groups.
    """
    names, index = np.unique(groups, return_inverse=True)
    if not 2 <= n_folds <= len(names):
        raise ValueError(f"need 2 <= n_folds <= n_groups, got {n_folds} folds for {len(names)} groups")
    sizes = np.bincount(index)
    scaled = (labels - labels.mean(axis=0)) / np.maximum(labels.std(axis=0), 1e-9)
    sums = np.stack([np.bincount(index, weights=column) for column in scaled.T], axis=1)
    generator = np.random.default_rng(seed)
    deals = (_deal(generator.permutation(len(names)), sizes, n_folds) for _ in range(_N_DEALS))
    best = min(deals, key=lambda fold: _imbalance(fold, sizes, sums, n_folds))
    return np.asarray(best[index], np.int64)


_N_DEALS = 300


def _deal(order: npt.NDArray[np.int64], sizes: npt.NDArray[Any], n_folds: int) -> npt.NDArray[np.int64]:
    fold = np.empty(len(sizes), np.int64)
    filled = [0] * n_folds
    for group in order.tolist():
        fold[group] = smallest = filled.index(min(filled))
        filled[smallest] += int(sizes[group])
    return fold


def _imbalance(fold: npt.NDArray[np.int64], sizes: npt.NDArray[Any], sums: npt.NDArray[Any], n_folds: int) -> float:
    """Variance of the folds' sizes beside the mean size, and of their mean labels beside what chance makes it."""
    member = fold == np.arange(n_folds)[:, None]
    filled = member @ sizes
    means = (member @ sums) / filled[:, None]
    return float((filled / filled.mean()).var() + (means**2 * filled[:, None]).mean() / n_folds)


def pair_safe_rows(
    speaker_index: npt.NDArray[np.integer[Any]],
    partner_index: npt.NDArray[np.integer[Any]],
    held_out: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Which dialogue sides may be used for training, shape (n_sides,): neither the speaker nor the partner is held out.

    ``speaker_index`` and ``partner_index`` have shape (n_sides,) and point into ``held_out`` of shape (n_speakers,);
    a partner of -1 is nobody whom ``held_out`` knows, so never held out.
    """
    usable = np.ones(speaker_index.shape, dtype=np.bool_)
    usable[held_out[speaker_index]] = False
    usable[held_out[partner_index] & (partner_index >= 0)] = False
    return usable
