"""Who is trained on, who is tested, with how much text. In: a regressor and rows. Out: out-of-fold estimates.

Nested: the regressor tunes itself inside ``fit``. Speaker-disjoint: a speaker is in one fold. Pair-safe: no dialogue
in which a test speaker talks is in training, on either side. Careless answerers are tested but never trained on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.corpora.splits import pair_safe_rows, speaker_folds
from seikaku.corpora.store import SpeakerCorpus
from seikaku.evaluation.metrics import mean_over_repeats, standardize_within_folds
from seikaku.model.regressor import FloatArray, IntArray, Regressor

Bags = list[IntArray]
Progress = Callable[[str, int, int], None]  # (what, steps done, steps in all)


@dataclass(frozen=True)
class Sides:
    """Dialogue sides as arrays, each (n_rows,), and what belongs to speakers, each (n_speakers, ...)."""

    speaker: IntArray
    partner: IntArray
    dialogue: IntArray
    n_chars: IntArray
    scores: FloatArray
    is_careless: NDArray[np.bool_]

    @property
    def n_speakers(self) -> int:
        """Number of labelled speakers with at least one dialogue."""
        return len(self.scores)

    def rows_of(self, speakers: Sequence[int], usable: NDArray[np.bool_] | None = None) -> Bags:
        """The (usable) rows of each speaker, in the order of the corpus."""
        chosen = np.arange(len(self.speaker)) if usable is None else np.flatnonzero(usable)
        order = chosen[np.argsort(self.speaker[chosen], kind="stable")]
        bounds = np.searchsorted(self.speaker[order], np.arange(self.n_speakers + 1))
        return [order[bounds[speaker] : bounds[speaker + 1]] for speaker in speakers]


@dataclass(frozen=True)
class OutOfFold:
    """Estimates by models that never saw the speaker: (n_repeats, n_speakers, n_targets), NaN where none was asked.

    ``centre`` holds the training speakers' mean (the norm of that fold), ``folds`` (n_repeats, n_speakers).
    """

    estimates: FloatArray
    centre: FloatArray
    half_widths: FloatArray
    folds: IntArray

    @property
    def within(self) -> FloatArray:
        """Estimates standardised inside each test fold: the order of its speakers, free of the fold's own scale."""
        return standardize_within_folds(self.estimates, self.folds, scale=True)

    def labels_within(self, labels: FloatArray) -> FloatArray:
        """``labels`` (n_speakers, n_targets) centred likewise, where there is an estimate -> with repeat axis."""
        known = np.where(np.isnan(self.estimates), np.nan, labels)
        return standardize_within_folds(known, self.folds, scale=False)

    def r(self, labels: FloatArray, weights: FloatArray | None = None) -> FloatArray:
        """Pearson r inside test folds, pooled over speakers, averaged over repeats -> (..., n_targets)."""
        return mean_over_repeats(self.within, self.labels_within(labels), weights)


def build_sides(corpus: SpeakerCorpus) -> Sides:
    """The corpus's dialogue sides as arrays."""
    sides = corpus.sides
    return Sides(
        speaker=np.array([side.speaker_index for side in sides], np.int64),
        partner=np.array([side.partner_index for side in sides], np.int64),
        dialogue=np.array([side.dialogue_id for side in sides], np.int64),
        n_chars=np.array([sum(len("".join(text.split())) for text in side.texts) for side in sides], np.int64),
        scores=corpus.scores,
        is_careless=corpus.is_careless,
    )


def draw_bags(sides: Sides, amount: int | None, seed: int) -> Bags:
    """``amount`` random dialogues of each speaker (None: all); empty for a speaker who has fewer."""
    bags = sides.rows_of(range(sides.n_speakers))
    if amount is None:
        return bags
    generator = np.random.default_rng(seed)
    drawn = [generator.permutation(bag)[:amount] for bag in bags]
    return [bag if len(bag) == amount else bag[:0] for bag in drawn]


def estimate_out_of_fold(
    regressor: Regressor,
    rows: Any,
    sides: Sides,
    tests: Mapping[str, Sequence[Bags]],
    *,
    n_folds: int,
    n_repeats: int,
    train_amount: int | None = None,
    labels: FloatArray | None = None,
    progress: Progress = lambda what, done, total: None,
    what: str = "",
) -> dict[str, OutOfFold]:
    """Fit on each training part and estimate every test condition.

    ``tests[condition][repeat]`` holds one bag a speaker. ``train_amount``: train on exactly that many dialogues a
    speaker (those who have fewer are left out). ``labels`` (n_speakers, n_targets) replaces the scores (null model).
    """
    scores = sides.scores if labels is None else labels
    shape = (n_repeats, sides.n_speakers, scores.shape[1])
    folds = np.stack([speaker_folds(sides.n_speakers, n_folds, repeat) for repeat in range(n_repeats)])
    arrays = {name: tuple(np.full(shape, np.nan) for _ in range(3)) for name in tests}
    for done, (repeat, fold) in enumerate(_folds(n_repeats, n_folds)):
        progress(what, done, n_repeats * n_folds)
        test = folds[repeat] == fold
        trained, bags = training_bags(sides, test, train_amount, repeat)
        fitted = regressor.fit(rows, bags, scores[trained], seed=repeat)
        centre = scores[trained].mean(axis=0)
        for name, (estimates, centres, half_widths) in arrays.items():
            asked = [int(s) for s in np.flatnonzero(test) if len(tests[name][repeat][s])]
            if not asked:
                continue
            asked_bags = [tests[name][repeat][speaker] for speaker in asked]
            estimates[repeat, asked] = fitted.estimate(rows, asked_bags)
            centres[repeat, asked] = centre
            half_width = fitted.half_width(rows, asked_bags)
            if half_width is not None:
                half_widths[repeat, asked] = half_width
    progress(what, n_repeats * n_folds, n_repeats * n_folds)
    return {name: OutOfFold(values[0], values[1], values[2], folds) for name, values in arrays.items()}


def training_bags(
    sides: Sides, held_out: NDArray[np.bool_], amount: int | None = None, seed: int = 0
) -> tuple[list[int], Bags]:
    """The speakers to train on and one bag each: pair-safe, none held out, none careless, none without text."""
    usable = pair_safe_rows(sides.speaker, sides.partner, held_out)
    candidates = [int(speaker) for speaker in np.flatnonzero(~held_out & ~sides.is_careless)]
    bags = sides.rows_of(candidates, usable)
    if amount is not None:
        generator = np.random.default_rng(seed)
        bags = [generator.permutation(bag)[:amount] if len(bag) >= amount else bag[:0] for bag in bags]
    kept = [index for index, bag in enumerate(bags) if len(bag)]
    return [candidates[index] for index in kept], [bags[index] for index in kept]


def estimate_leaky(
    regressor: Regressor, rows: Any, sides: Sides, n_folds: int, progress: Progress, what: str
) -> FloatArray:
    """The wrong way, as a warning: dialogues split at random, so that every test speaker was trained on.

    Returns (n_folds, n_speakers, n_targets): estimates from the held-out dialogues of each fold.
    """
    dialogues, dialogue_index = np.unique(sides.dialogue, return_inverse=True)
    fold_of_row = speaker_folds(len(dialogues), n_folds, 0)[dialogue_index]
    estimates = np.full((n_folds, sides.n_speakers, sides.scores.shape[1]), np.nan)
    everyone = range(sides.n_speakers)
    for fold in range(n_folds):
        progress(what, fold, n_folds)
        train_bags = sides.rows_of(everyone, fold_of_row != fold)
        test_bags = sides.rows_of(everyone, fold_of_row == fold)
        trained = [speaker for speaker in everyone if len(train_bags[speaker])]
        tested = [speaker for speaker in trained if len(test_bags[speaker])]
        fitted = regressor.fit(rows, [train_bags[s] for s in trained], sides.scores[trained], seed=0)
        estimates[fold, tested] = fitted.estimate(rows, [test_bags[s] for s in tested])
    progress(what, n_folds, n_folds)
    return estimates


def _folds(n_repeats: int, n_folds: int) -> Iterator[tuple[int, int]]:
    return ((repeat, fold) for repeat in range(n_repeats) for fold in range(n_folds))
