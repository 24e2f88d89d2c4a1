"""Who is trained on, who is tested, with how much text. In: a regressor and rows. Out: out-of-fold estimates.

Nested: the regressor tunes itself inside ``fit``. Speaker-disjoint: a speaker is in one fold. Community-safe: so is the
whole talk community, kin included. Pair-safe: no dialogue in which a test speaker talks is in training, on either side.
Careless answerers and kin (speakers whom their writing does not tell apart) are tested but never trained on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.config import ProtocolConfig
from seikaku.conversation.characters import count_written
from seikaku.corpora.splits import group_folds, pair_safe_rows
from seikaku.corpora.store import SpeakerCorpus
from seikaku.errors import DataError, both
from seikaku.evaluation.metrics import mean_over_repeats, standardize_within_folds
from seikaku.model.regressor import FittedRegressor, FloatArray, IntArray, Regressor

Bags = list[IntArray]
Progress = Callable[[str, int, int], None]  # (what, steps done, steps in all)
MIN_TRAINING = 5  # speakers: from fewer no model is fitted, whatever it would say


@dataclass(frozen=True)
class Sides:
    """Dialogue sides as arrays, each (n_rows,), and what belongs to speakers, each (n_speakers, ...)."""

    speaker: IntArray
    partner: IntArray
    dialogue: IntArray
    n_chars: IntArray
    n_messages: IntArray
    scores: FloatArray
    is_careless: NDArray[np.bool_]
    community: IntArray
    is_kin: NDArray[np.bool_]

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

    def draw_folds(self, n_folds: int, n_repeats: int) -> IntArray:
        """Community-safe folds (n_repeats, n_speakers), seeds 0, 1, …; by this every repeat holds out whole circles."""
        folds = [group_folds(self.community, self.scores, n_folds, repeat) for repeat in range(n_repeats)]
        return np.stack(folds)


@dataclass(frozen=True)
class OutOfFold:
    """Estimates by models that never saw the speaker: (n_repeats, n_speakers, n_targets), NaN where none was asked.

    ``centre`` holds the training speakers' mean (the norm of that fold), ``folds`` (n_repeats, n_speakers); ``spread``
    and ``repeats`` are as ``model.calibration.Standing`` has them at the amount of text. NaN: what a model lacks.
    """

    estimates: FloatArray
    centre: FloatArray
    half_widths: FloatArray
    folds: IntArray
    spread: FloatArray | None = None
    repeats: FloatArray | None = None

    @property
    def within(self) -> FloatArray:
        """Estimates standardised inside each test fold: the order of its speakers, free of the fold's own scale."""
        return standardize_within_folds(self.estimates, self.folds, scale=True)

    def labels_within(self, labels: FloatArray) -> FloatArray:
        """``labels`` (n_speakers, n_targets) centred likewise, where there is an estimate -> with repeat axis."""
        known = np.where(np.isnan(self.estimates), np.nan, labels)
        return standardize_within_folds(known, self.folds, scale=False)

    def r(self, labels: FloatArray) -> FloatArray:
        """Pearson r inside test folds, pooled over speakers, averaged over repeats -> (n_targets,)."""
        return mean_over_repeats(self.within, self.labels_within(labels))

    def only(self, kept: NDArray[np.bool_]) -> "OutOfFold":
        """The speakers in ``kept`` (n_speakers,)."""
        return self._map(lambda values: values[:, kept], self.folds[:, kept])

    def targets(self, chosen: slice) -> "OutOfFold":
        """Some of the targets."""
        return self._map(lambda values: values[..., chosen], self.folds)

    def _map(self, take: Callable[[FloatArray], FloatArray], folds: IntArray) -> "OutOfFold":
        kept = [None if values is None else take(values) for values in (self.spread, self.repeats)]
        return OutOfFold(take(self.estimates), take(self.centre), take(self.half_widths), folds, *kept)


@dataclass(frozen=True)
class Training:
    """One training part: ``speakers`` and their bags, to be fitted as one call."""

    speakers: list[int]
    bags: Bags

    def fit(self, regressor: Regressor, rows: Any, labels: FloatArray, sides: Sides, seed: int) -> Any:
        """``regressor`` fitted to ``labels`` (n_speakers of the corpus, n_targets) of these speakers."""
        groups = sides.community[self.speakers]
        return regressor.fit(rows, self.bags, labels[self.speakers], groups=groups, seed=seed)


def limit_dialogues(corpus: SpeakerCorpus, n_most: int) -> SpeakerCorpus:
    """``corpus`` with at most ``n_most`` dialogues of every speaker, drawn at random."""
    generator = np.random.default_rng(0)
    speaker = np.array([side.speaker_index for side in corpus.sides], np.int64)
    drawn = [generator.permutation(np.flatnonzero(speaker == own))[:n_most] for own in np.unique(speaker)]
    return replace(corpus, sides=tuple(corpus.sides[row] for row in np.sort(np.concatenate(drawn)).tolist()))


def build_sides(corpus: SpeakerCorpus) -> Sides:
    """The corpus's dialogue sides as arrays."""
    sides = corpus.sides
    return Sides(
        speaker=np.array([side.speaker_index for side in sides], np.int64),
        partner=np.array([side.partner_index for side in sides], np.int64),
        dialogue=np.array([side.dialogue_id for side in sides], np.int64),
        n_chars=np.array([sum(map(count_written, side.texts)) for side in sides], np.int64),
        n_messages=np.array([len(side.texts) for side in sides], np.int64),
        scores=corpus.scores,
        is_careless=corpus.is_careless,
        community=corpus.community,
        is_kin=corpus.kin >= 0,
    )


def fit_folds(sides: Sides, config: ProtocolConfig) -> ProtocolConfig:
    """``config`` with no more folds than there are communities. Raises DataError for a single community."""
    n_communities = len(np.unique(sides.community))
    if n_communities < 2:
        raise DataError(
            both(
                f"話者 {sides.n_speakers} 人が一つの話の輪につながっていて、話者を分けた評価ができません。",
                f"All {sides.n_speakers} speakers are in one talk community, so that none can be held out.",
            ),
            both(
                "互いに話していない話者を含むコーパスを使ってください"
                "（一つの輪だけでは、学習した仲間を見分けたのか推定できたのか区別できません）。",
                "Use a corpus with speakers who do not talk with each other (in one community, knowing companions "
                "cannot be told from estimating).",
            ),
        )
    return replace(config, n_folds=min(config.n_folds, n_communities))


def draw_bags(sides: Sides, amount: int | None, seed: int) -> Bags:
    """``amount`` random dialogues of each speaker (None: all); empty for a speaker who has fewer."""
    bags = sides.rows_of(range(sides.n_speakers))
    if amount is None:
        return bags
    generator = np.random.default_rng(seed)
    drawn = [generator.permutation(bag)[:amount] for bag in bags]
    return [bag if len(bag) == amount else bag[:0] for bag in drawn]


def training_part(
    sides: Sides, held_out: NDArray[np.bool_], amount: int | None = None, share: float = 1.0, seed: int = 0
) -> Training:
    """The speakers to train on: pair-safe, none held out, none careless, no kin, none without text.

    ``amount``: exactly that many dialogues a speaker, who has fewer is left out. ``share``: a random part of them.
    """
    usable = pair_safe_rows(sides.speaker, sides.partner, held_out)
    candidates = [int(speaker) for speaker in np.flatnonzero(~held_out & ~sides.is_careless & ~sides.is_kin)]
    bags = sides.rows_of(candidates, usable)
    generator = np.random.default_rng(seed)
    if amount is not None:
        bags = [generator.permutation(bag)[:amount] if len(bag) >= amount else bag[:0] for bag in bags]
    kept = [index for index, bag in enumerate(bags) if len(bag)]
    if share < 1.0:
        kept = sorted(generator.permutation(kept)[: max(2, round(share * len(kept)))].tolist())
    return Training([candidates[index] for index in kept], [bags[index] for index in kept])


def can_train(sides: Sides, folds: IntArray, amount: int | None = None, share: float = 1.0) -> bool:
    """Whether every training part of ``folds`` (n_repeats, n_speakers) keeps enough speakers for a model."""
    parts = (training_part(sides, own == fold, amount, share) for own in folds for fold in np.unique(own))
    return all(len(part.speakers) >= MIN_TRAINING for part in parts)


def estimate_out_of_fold(
    regressor: Regressor,
    rows: Any,
    sides: Sides,
    tests: Mapping[str, Sequence[Bags]],
    folds: IntArray,
    *,
    train_amount: int | None = None,
    train_share: float = 1.0,
    labels: FloatArray | None = None,
    progress: Progress = lambda what, done, total: None,
    what: str = "",
) -> dict[str, OutOfFold]:
    """Fit on each training part and estimate every test condition.

    ``folds`` (n_repeats, n_speakers); ``tests[condition][repeat]`` holds one bag a speaker. ``train_amount``,
    ``train_share``: as ``training_part`` takes them. ``labels`` (n_speakers, n_targets) replaces the scores (null
    model). Raises DataError where holding out leaves hardly anybody to train on.
    """
    scores = sides.scores if labels is None else labels
    arrays = {name: tuple(np.full((*folds.shape, scores.shape[1]), np.nan) for _ in range(5)) for name in tests}
    steps = [(repeat, fold) for repeat in range(len(folds)) for fold in np.unique(folds[repeat]).tolist()]
    for done, (repeat, fold) in enumerate(steps):
        progress(what, done, len(steps))
        test = folds[repeat] == fold
        training = training_part(sides, test, train_amount, train_share, repeat * len(steps) + fold)
        if len(training.speakers) < MIN_TRAINING:
            raise DataError(
                both(
                    f"話の輪をまとめて外すと、学習できる話者が {len(training.speakers)} 人しか残らない分割があります。",
                    f"With whole talk communities held out, a fold keeps but {len(training.speakers)} speakers.",
                ),
                both(
                    "話者か話の輪の多いコーパスを使うか、--n_folds を増やしてください。",
                    "Use a corpus with more speakers or communities, or a larger --n_folds.",
                ),
            )
        fitted = training.fit(regressor, rows, scores, sides, repeat)
        centre = scores[training.speakers].mean(axis=0)
        tested = np.flatnonzero(test).tolist()
        asked = [(name, s) for name in tests for s in tested if len(tests[name][repeat][s])]
        bags = [tests[name][repeat][speaker] for name, speaker in asked]
        if not bags:
            continue
        estimates, half_widths = fitted.estimate(rows, bags), fitted.half_width(rows, bags)
        columns = [estimates, np.broadcast_to(centre, estimates.shape), half_widths, *_standing(fitted, rows, bags)]
        for column, found in enumerate(columns):
            for index, (name, speaker) in enumerate(asked if found is not None else []):
                arrays[name][column][repeat, speaker] = found[index]
    progress(what, len(steps), len(steps))
    return {
        name: OutOfFold(values[0], values[1], values[2], folds, values[3], values[4]) for name, values in arrays.items()
    }


def _standing(fitted: FittedRegressor, rows: Any, bags: Bags) -> tuple[Any, Any]:
    """``spread`` and ``repeats`` at each bag's amount of text, (n_bags, n_targets); None for what a model lacks."""
    measure = getattr(fitted, "standing", None)
    return measure(rows, bags) if measure is not None else (None, None)
