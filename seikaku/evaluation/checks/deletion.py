"""Whether the utterances that are named as evidence moved the estimate. In: a regressor and texts. Out: T-points.

From speakers whom the model never saw, the tenth of the utterances is taken away that moved a trait most in the
estimate's direction, and everything is estimated again; beside it as many utterances at random, and as much text at
random (who is named is often longer). Evidence that explains nothing would move the estimate no further than those.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.errors import both
from seikaku.evaluation.figures import by_trait
from seikaku.evaluation.protocol import Progress, Sides, training_part
from seikaku.model.regressor import FloatArray, IntArray, Regressor
from seikaku.model.text_model import Explanation
from seikaku.training.ridge.ngram import CalibratedNgram

_SHARE = 0.1
_N_DIALOGUES = 10
_MIN_UTTERANCES = 10
_WHAT = both("根拠の発話を除いた推定", "Estimates without the evidence")


def deletion_figures(
    regressor: Regressor,
    rows: Any,
    sides: Sides,
    texts: Sequence[Sequence[str]],
    folds: IntArray,
    progress: Progress,
) -> dict[str, Any] | None:
    """By trait, how far the estimate moves back when its strongest utterances are gone, and when random ones are.

    ``texts[i]`` belongs to row i; ``folds`` (n_speakers,). ``strongest_t``: mean move against the estimate's direction;
    ``random_t`` and ``same_length_t``: mean size of the move; ``larger`` and ``larger_than_same_length``: the share of
    speakers whom the strongest moved further. None for a model that says nothing of single utterances.
    """
    moves: list[FloatArray] = []
    generator = np.random.default_rng(0)
    numbers = np.unique(folds).tolist()
    for done, fold in enumerate(numbers):
        progress(_WHAT, done, len(numbers))
        held_out = folds == fold
        fitted = training_part(sides, held_out).fit(regressor, rows, sides.scores, sides, 0)
        if not isinstance(fitted, CalibratedNgram):
            return None
        for bag in sides.rows_of(np.flatnonzero(held_out).tolist()):
            talk = [texts[row] for row in np.sort(generator.permutation(bag)[:_N_DIALOGUES]).tolist()]
            if sum(map(len, talk)) >= _MIN_UTTERANCES:
                moves.append(_measure(fitted, talk, generator))
    progress(_WHAT, len(numbers), len(numbers))
    if not moves:
        return None
    strongest, random, same_length = np.moveaxis(np.array(moves), 1, 0) * (10.0 / sides.scores.std(axis=0, ddof=1))
    return {
        "share": _SHARE,
        "n_dialogues": _N_DIALOGUES,
        "n_speakers": len(moves),
        "traits": by_trait(
            strongest_t=strongest.mean(axis=0),
            random_t=np.abs(random).mean(axis=0),
            same_length_t=np.abs(same_length).mean(axis=0),
            larger=(strongest > np.abs(random)).mean(axis=0),
            larger_than_same_length=(strongest > np.abs(same_length)).mean(axis=0),
        ),
    }


def _measure(fitted: CalibratedNgram, talk: Sequence[Sequence[str]], generator: np.random.Generator) -> FloatArray:
    """Moves against the estimate's direction on the label's scale: without the strongest utterances, as many random
    ones, as much random text: (3, n_traits)."""
    explained = fitted.model.explain(talk)
    whole = _deviation(fitted, explained)
    direction = np.sign(whole)
    n_chars = np.array([len(text) for said in talk for text in said])
    n_removed = max(1, round(_SHARE * len(n_chars)))

    def move(removed: IntArray) -> FloatArray:
        kept = np.ones(len(n_chars), np.bool_)
        kept[removed] = False
        return direction * (whole - _deviation(fitted, fitted.model.explain(_keep(talk, kept))))

    moved = np.zeros((3, len(direction)))
    moved[1] = move(generator.permutation(len(n_chars))[:n_removed])
    for trait, sign in enumerate(direction):
        strongest = np.argsort(-sign * explained.contributions[:, trait], kind="stable")[:n_removed]
        order = generator.permutation(len(n_chars))
        enough = int(np.searchsorted(np.cumsum(n_chars[order]), n_chars[strongest].sum())) + 1
        moved[0, trait] = move(strongest)[trait]
        moved[2, trait] = move(order[:enough])[trait]
    return moved


def _deviation(fitted: CalibratedNgram, explained: Explanation) -> FloatArray:
    """The estimate's distance from the norm mean, (n_traits,): what the amount of text leaves of it."""
    left = fitted.corrections.shrinkage.at(explained.amount)
    return np.asarray(left * (explained.score - fitted.model.intercept))


def _keep(talk: Sequence[Sequence[str]], kept: NDArray[np.bool_]) -> list[list[str]]:
    flags = iter(kept.tolist())
    return [[text for text in said if next(flags)] for said in talk]
