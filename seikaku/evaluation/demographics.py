"""What age and sex alone say of the traits, and what text adds to them. In: rows, stated groups. Out: r per trait.

A model of text that only reads age and sex off the words has nothing that a question would not tell better.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seikaku.errors import both
from seikaku.evaluation import metrics
from seikaku.evaluation.protocol import Bags, OutOfFold, Progress, Sides, training_part
from seikaku.model.regressor import FloatArray, IntArray, Regressor

_WHAT = both("年齢・性別と本文", "Age, sex and text")
_MIN_GROUP = 5  # speakers who share an answer; fewer are counted with those who gave none
_PENALTY = 5.0  # speakers' worth of the mean in every group: small groups lean on it


def encode_groups(answers: Sequence[Sequence[str | None]]) -> FloatArray:
    """Stated groups as columns of 0 and 1, (n_speakers, n_columns); ``answers`` holds one sequence a question."""
    columns = []
    for given in answers:
        values, counts = np.unique([value or "" for value in given], return_counts=True)
        for value in values[(counts >= _MIN_GROUP) & (values != "")].tolist():
            columns.append(np.array([own == value for own in given], np.float64))
    return np.stack(columns, axis=1) if columns else np.zeros((len(answers[0]), 0))


def demographic_figures(
    regressor: Regressor,
    rows: Any,
    sides: Sides,
    design: FloatArray,
    tests: Mapping[str, Sequence[Bags]],
    text: Mapping[str, OutOfFold],
    folds: IntArray,
    progress: Progress,
) -> dict[str, Any] | None:
    """r of age and sex alone, text alone, text given age and sex, and both, for every amount in ``tests``.

    ``design`` (n_speakers, n_columns); ``text[amount]``: the estimates from text alone; ``folds`` (n_repeats,
    n_speakers) for the others. None where nobody answered.
    """
    if not design.shape[1]:
        return None
    alone, both = _estimate_both(regressor, rows, sides, design, tests, folds, progress)
    table: dict[str, Any] = {"age_sex": _r(alone, sides.scores)}
    for amount, estimates in both.items():
        own = text[amount]
        known = ~np.isnan(own.estimates[0, :, 0])
        order = own.within.mean(axis=0)[known]
        given = metrics.residuals(np.concatenate([order, sides.scores[known]], axis=1), design[known])
        n_traits = sides.scores.shape[1]
        table[amount] = {
            "text": _r(own, sides.scores),
            "text_given_age_sex": metrics.pearson(given[:, :n_traits], given[:, n_traits:]).tolist(),
            "both": _r(estimates, sides.scores),
        }
    return table


def _r(estimates: OutOfFold, labels: FloatArray) -> list[float]:
    values: list[float] = estimates.r(labels).tolist()
    return values


def _estimate_both(
    regressor: Regressor,
    rows: Any,
    sides: Sides,
    design: FloatArray,
    tests: Mapping[str, Sequence[Bags]],
    folds: IntArray,
    progress: Progress,
) -> tuple[OutOfFold, dict[str, OutOfFold]]:
    """Groups alone, and groups plus a model of text that was trained on what the groups leave over."""
    shape = (*folds.shape, sides.scores.shape[1])
    alone = np.full(shape, np.nan)
    both = {amount: np.full(shape, np.nan) for amount in tests}
    steps = [(repeat, fold) for repeat in range(len(folds)) for fold in np.unique(folds[repeat]).tolist()]
    for done, (repeat, fold) in enumerate(steps):
        progress(_WHAT, done, len(steps))
        test = folds[repeat] == fold
        training = training_part(sides, test)
        stated = _ridge(design[training.speakers], sides.scores[training.speakers], design)
        fitted = training.fit(regressor, rows, sides.scores - stated, sides, repeat)
        alone[repeat, test] = stated[test]
        for amount, bags in tests.items():
            asked = [int(s) for s in np.flatnonzero(test) if len(bags[repeat][s])]
            if asked:
                left_over = fitted.estimate(rows, [bags[repeat][s] for s in asked])
                both[amount][repeat, asked] = stated[asked] + left_over
    progress(_WHAT, len(steps), len(steps))
    nothing = np.full(shape, np.nan)
    wrapped = {amount: OutOfFold(values, nothing, nothing, folds) for amount, values in both.items()}
    return OutOfFold(alone, nothing, nothing, folds), wrapped


def _ridge(design: FloatArray, scores: FloatArray, everyone: FloatArray) -> FloatArray:
    """Scores by stated group for ``everyone`` (n_all, n_columns), fitted on the training speakers."""
    centre, mean = design.mean(axis=0), scores.mean(axis=0)
    inner = (design - centre).T @ (design - centre) + _PENALTY * np.eye(design.shape[1])
    weights = np.linalg.solve(inner, (design - centre).T @ (scores - mean))
    return np.asarray(mean + (everyone - centre) @ weights)
