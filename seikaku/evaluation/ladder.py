"""What each way of splitting would claim, from the loosest to the strictest, and how well a model knows its own.

In: a regressor and rows. Out: estimates and figures. The loose rungs are printed once, as a warning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from seikaku.corpora.splits import speaker_folds
from seikaku.errors import both
from seikaku.evaluation import metrics
from seikaku.evaluation.protocol import (
    MIN_TRAINING,
    Bags,
    OutOfFold,
    Progress,
    Sides,
    Training,
    estimate_out_of_fold,
    training_part,
)
from seikaku.model.regressor import FloatArray, IntArray, Regressor


def estimate_random_dialogues(
    regressor: Regressor, rows: Any, sides: Sides, n_folds: int, progress: Progress, what: str
) -> FloatArray:
    """The wrong way: dialogues split at random, so that every test speaker was trained on.

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
        training = Training(trained, [train_bags[s] for s in trained])
        fitted = training.fit(regressor, rows, sides.scores, sides, 0)
        estimates[fold, tested] = fitted.estimate(rows, [test_bags[s] for s in tested])
    progress(what, n_folds, n_folds)
    return estimates


def estimate_pair_safe(
    regressor: Regressor, rows: Any, sides: Sides, tests: Mapping[str, Sequence[Bags]], n_folds: int, progress: Progress
) -> dict[str, OutOfFold]:
    """The earlier protocol: speakers dealt to folds one by one, companions of a test speaker in training."""
    n_repeats = len(next(iter(tests.values())))
    folds = np.stack([speaker_folds(sides.n_speakers, n_folds, repeat) for repeat in range(n_repeats)])
    # Whoever writes like a test speaker was trained on then; so they are here.
    loose = replace(sides, is_kin=np.zeros_like(sides.is_kin))
    return estimate_out_of_fold(
        regressor,
        rows,
        loose,
        tests,
        folds,
        progress=progress,
        what=both("ペア安全だけの分割（以前の方法）", "Pairs kept together alone (the earlier way)"),
    )


def estimate_without_partners(
    regressor: Regressor,
    rows: Any,
    sides: Sides,
    tests: Mapping[str, Bags],
    folds: IntArray,
    progress: Progress,
    what: str,
    labels: FloatArray | None = None,
) -> dict[str, OutOfFold]:
    """The strict variant: every test speaker by a model of their own, that saw nobody they ever talked with.

    ``folds`` (n_speakers,): the test speaker's whole fold is held out besides. ``labels`` replaces the scores.
    """
    scores = sides.scores if labels is None else labels
    shape = (1, sides.n_speakers, scores.shape[1])
    arrays = {name: (np.full(shape, np.nan), np.full(shape, np.nan)) for name in tests}
    for speaker in range(sides.n_speakers):
        progress(what, speaker, sides.n_speakers)
        held_out = folds == folds[speaker]
        met = sides.partner[sides.speaker == speaker]
        held_out[met[met >= 0]] = True
        training = training_part(sides, held_out)
        if len(training.speakers) < MIN_TRAINING:  # who met nearly everybody has no estimate
            continue
        fitted = training.fit(regressor, rows, scores, sides, 0)
        centre = scores[training.speakers].mean(axis=0)
        asked = [name for name in tests if len(tests[name][speaker])]
        if asked:
            # Deviations: every speaker has another model here, and its mean is high where the left out are low.
            found = fitted.estimate(rows, [tests[name][speaker] for name in asked]) - centre
            for name, estimate in zip(asked, found, strict=True):
                arrays[name][0][0, speaker] = estimate
                arrays[name][1][0, speaker] = centre
    progress(what, sides.n_speakers, sides.n_speakers)
    return {
        name: OutOfFold(estimates, centres, np.full(shape, np.nan), folds[None])
        for name, (estimates, centres) in arrays.items()
    }


def membership_figures(
    regressor: Regressor, rows: Any, sides: Sides, folds: IntArray, bags: Bags, progress: Progress
) -> dict[str, float]:
    """How well models know whom they were trained on: r inside training, and whether an error tells a member.

    ``auc``: the chance that a member's mean absolute error is below that of somebody else (.5: it tells nothing).
    """
    inside: list[FloatArray] = []
    errors: dict[str, list[FloatArray]] = {"member": [], "other": []}
    numbers = np.unique(folds).tolist()
    for done, fold in enumerate(numbers):
        progress(both("学習した話者の見分けやすさ", "How trained speakers show"), done, len(numbers))
        test = folds == fold
        training = training_part(sides, test)
        fitted = training.fit(regressor, rows, sides.scores, sides, 0)
        own = fitted.estimate(rows, training.bags)
        inside.append(metrics.pearson(own, sides.scores[training.speakers]))
        others = np.flatnonzero(test)
        guessed = fitted.estimate(rows, [bags[speaker] for speaker in others])
        errors["member"].append(np.abs(own - sides.scores[training.speakers]).mean(axis=1))
        errors["other"].append(np.abs(guessed - sides.scores[others]).mean(axis=1))
    progress(both("学習した話者の見分けやすさ", "How trained speakers show"), len(numbers), len(numbers))
    member, other = np.concatenate(errors["member"]), np.concatenate(errors["other"])
    return {"mean_r_training_speakers": float(np.mean(inside)), "auc": metrics.auc(-member, -other)}
