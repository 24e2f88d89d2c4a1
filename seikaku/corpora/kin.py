"""Speakers who write as much like another as like themselves: one person under two ids, or a circle with one style.

In: what every speaker said in each dialogue. Out: groups of kin, found without labels. Pure; needs networkx.

Every speaker's dialogues are halved by the dialogue's number, so that two speakers' halves never share a dialogue.
With centred features a, b of the halves, a_i . b_i is what a speaker's style weighs, and (a_i . b_j + a_j . b_i) / 2
what two have in common; the noise of either half is in neither (it is independent), so that their ratio is about 1
for one person, about 0 for two, and does not hang on the amount of text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seikaku.conversation.characters import LINE_FEED, list_ngrams

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# As alike as three quarters of oneself: a speaker's own twenty dialogues under another id come out at .73 to 1.3.
MIN_LIKENESS = 0.75
# ... and beyond what sampling does: robust standard deviations of what either has in common with everybody else.
MIN_Z = 4.0
# With less text in a half, the ratio's noise is as large as the ratio: nothing is said of such speakers.
MIN_DIALOGUES_A_HALF = 3
_MAX_DIALOGUES_A_HALF = 20  # more would take time and decide nothing
_WINDOW_CHARS = 200
_MIN_SPEAKERS = 10  # who use an n-gram; in a small corpus an eighth of them
_MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class KinReport:
    """``group`` (n_speakers,): number of the group of kin, -1 for none.

    ``n_undecided``: speakers with too little text, or too little that is their own in it, to compare.
    """

    group: IntArray
    n_undecided: int


def find_kin(n_speakers: int, speaker: IntArray, dialogue: IntArray, texts: Sequence[Sequence[str]]) -> KinReport:
    """Groups of speakers whom their writing does not tell apart.

    ``speaker``, ``dialogue`` (n_sides,) and ``texts[side]``: the utterances of that speaker in that dialogue.
    """
    half = _number_halves(dialogue)
    kept = _first_of_each(2 * speaker + half, _MAX_DIALOGUES_A_HALF)
    speaker, half, texts = speaker[kept], half[kept], [texts[side] for side in kept]
    n_sides = np.bincount(2 * speaker + half, minlength=2 * n_speakers).reshape(n_speakers, 2)
    known = n_sides.min(axis=1) >= MIN_DIALOGUES_A_HALF
    group = np.full(n_speakers, -1, np.int64)
    if known.sum() < 3:  # nobody to be unlike
        return KinReport(group, int((~known).sum()))
    features = _describe(2 * speaker + half, texts, np.repeat(known, 2))
    likeness, z = _compare(features[0::2][known], features[1::2][known])
    names = np.flatnonzero(known)
    # Whose own halves have no more in common than sampling makes it has no style to compare.
    has_style = np.diag(z) >= MIN_Z
    alike = (likeness >= MIN_LIKENESS) & (z >= MIN_Z) & has_style[:, None] & has_style[None, :]
    pairs = names[np.argwhere(np.triu(alike, 1))]
    return KinReport(_number_groups(n_speakers, pairs), n_speakers - int(has_style.sum()))


def _number_halves(dialogue: IntArray) -> IntArray:
    """0 or 1 for every side, by rank of its dialogue: the two sides of one dialogue are in the same half."""
    return np.unique(dialogue, return_inverse=True)[1].astype(np.int64) % 2


def _first_of_each(group: IntArray, n_most: int) -> IntArray:
    """Positions of the first ``n_most`` members of each group, in order."""
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], group[order])
    return np.sort(order[np.arange(len(order)) - starts < n_most])


def _number_groups(n_speakers: int, pairs: IntArray) -> IntArray:
    """Whoever is joined through others is in one group; -1 for who is joined to nobody. ``pairs`` (n_pairs, 2)."""
    import networkx as nx

    graph = nx.Graph(pairs.tolist())
    group = np.full(n_speakers, -1, np.int64)
    for number, members in enumerate(sorted(nx.connected_components(graph), key=min)):
        group[sorted(members)] = number
    return group


def _describe(half: IntArray, texts: Sequence[Sequence[str]], known: npt.NDArray[np.bool_]) -> FloatArray:
    """The share of a half's windows that hold each n-gram, shrunk and variance-stable, centred -> (n_halves, ...).

    Shares of windows, not of characters: a word that one topic repeats counts once, and more text is no larger share.
    """
    keys, n_windows = zip(*map(_list_ngrams, texts), strict=True)
    vocabulary, column = np.unique(np.concatenate(keys), return_inverse=True)
    rows = np.repeat(half, [len(own) for own in keys])
    n_halves, width = len(known), len(vocabulary)
    cells, n_present = np.unique(rows * width + column, return_counts=True)
    users = np.unique(cells // width // 2 * width + cells % width)
    kept = np.bincount(users % width, minlength=width) >= min(_MIN_SPEAKERS, int(known.sum()) // 8)
    place = np.cumsum(kept) - 1
    chosen = kept[cells % width]
    present = np.zeros((n_halves, int(kept.sum())))
    present[cells[chosen] // width, place[cells[chosen] % width]] = n_present[chosen]
    amount = np.bincount(half, weights=n_windows, minlength=n_halves)[:, None]
    prior = present.sum(axis=0) / amount.sum()
    share = np.arcsin(np.sqrt((present + prior) / (amount + 1.0)))
    share -= share[known].mean(axis=0)
    return np.asarray(share / np.sqrt(share[known].std(axis=0) + 1e-9))


def _list_ngrams(texts: Sequence[str]) -> tuple[IntArray, int]:
    """The characters and pairs of neighbours of each window of one side, as numbers, and how many windows it has."""
    text = LINE_FEED.join(texts)
    n_windows = max(1, round(len(text) / _WINDOW_CHARS))
    ngrams = list_ngrams(text)
    windows = ngrams.places * n_windows // max(len(text), 1)
    return np.unique(ngrams.keys * n_windows + windows) // n_windows, n_windows


def _compare(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Likeness and z of every pair, each (n, n), from the two halves (n, n_features)."""
    product = first @ second.T
    own = np.maximum(np.diag(product), 1e-12)
    common = (product + product.T) / 2
    others = common.copy()
    np.fill_diagonal(others, np.nan)
    centre = np.nanmedian(others, axis=1)
    spread = _MAD_TO_SD * np.nanmedian(np.abs(others - centre[:, None]), axis=1) + 1e-12
    return common / np.sqrt(own[:, None] * own[None, :]), common / np.sqrt(spread[:, None] * spread[None, :])
