"""How far an estimate moves when only the style of the same words does. In: a regressor and its rows. Out: T-points.

Speakers are restyled whom the model, and the directions it ignores, never saw.
"""

from typing import Any

import numpy as np

from seikaku.errors import both
from seikaku.evaluation.figures import by_trait
from seikaku.evaluation.protocol import Progress, Sides, training_part
from seikaku.model.regressor import FloatArray, IntArray, Regressor
from seikaku.training.style.directions import StyleSample, pair_bags

_SIZES = (2, 10)  # dialogues


def style_figures(
    regressor: Regressor, rows: Any, sides: Sides, folds: IntArray, progress: Progress
) -> list[dict[str, Any]] | None:
    """Mean shift and its spread over speakers for each style and amount; None for rows that hold nothing restyled.

    ``folds`` (n_speakers,).
    """
    sample = getattr(rows, "style", None)
    if sample is None:
        return None
    shifts: dict[tuple[str, int], list[FloatArray]] = {}
    numbers = np.unique(folds).tolist()
    for done, fold in enumerate(numbers):
        progress(both("書き方だけを変えた本文", "Texts in another style"), done, len(numbers))
        training = training_part(sides, folds == fold)
        fitted = training.fit(regressor, rows, sides.scores, sides, 0)
        own = sides.rows_of(np.flatnonzero(folds == fold).tolist())
        for key, moved in _shift(fitted, rows, sample, own).items():
            shifts.setdefault(key, []).append(moved)
    progress(both("書き方だけを変えた本文", "Texts in another style"), len(numbers), len(numbers))
    points = 10.0 / sides.scores.std(axis=0, ddof=1)
    return [
        {
            "style": style,
            "n_dialogues": size,
            "n_speakers": sum(map(len, moved)),
            "traits": by_trait(
                shift_t=np.concatenate(moved).mean(axis=0) * points, sd_t=np.concatenate(moved).std(axis=0) * points
            ),
        }
        for (style, size), moved in shifts.items()
    ]


def _shift(fitted: Any, rows: Any, sample: StyleSample, bags: list[IntArray]) -> dict[tuple[str, int], FloatArray]:
    """Estimate restyled less estimate as written, (n_speakers, n_traits) on the label's scale."""
    moved: dict[tuple[str, int], FloatArray] = {}
    for size in _SIZES:
        written, restyled = pair_bags(sample, bags, size)
        if written:
            before = fitted.estimate(rows, written)
            moved |= {(style, size): fitted.estimate(rows, own) - before for style, own in restyled.items()}
    return moved
