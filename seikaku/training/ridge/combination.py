"""Several models as one: the mean of what they say. In: regressors. Out: a regressor. No effects of its own.

Every member is calibrated by itself inside the training folds, so its distance from the norm mean is what it deserves;
the combination adds nothing that could be tuned. Its interval is the members' mean: the error of a mean is at most the
mean of the errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seikaku.model.regressor import FittedRegressor, FloatArray, IntArray, Regressor, Side


@dataclass(frozen=True)
class CombinedRegressor:
    """The members' mean."""

    members: tuple[Regressor, ...]

    @property
    def name(self) -> str:
        """The members' names with + between."""
        return "+".join(member.name for member in self.members)

    @property
    def protocol(self) -> dict[str, Any]:
        """What its members ask for; it has no cheaper form, so what takes hundreds of refits is left out."""
        asked = {"equal_amounts": (), "skip_refits": True}
        return asked | {key: value for member in self.members for key, value in getattr(member, "protocol", {}).items()}

    @property
    def config(self) -> dict[str, Any]:
        """Each member's settings by its name."""
        return {member.name: getattr(member, "config", None) for member in self.members}

    def encode(self, sides: Sequence[Side]) -> list[Any]:
        """Each member's features."""
        return [member.encode(sides) for member in self.members]

    def fit(
        self, rows: list[Any], bags: Sequence[IntArray], scores: FloatArray, *, groups: IntArray, seed: int
    ) -> "FittedCombination":
        """Fit each member on the same speakers."""
        pairs = zip(self.members, rows, strict=True)
        return FittedCombination([member.fit(own, bags, scores, groups=groups, seed=seed) for member, own in pairs])


@dataclass(frozen=True)
class FittedCombination:
    """The fitted members."""

    members: list[FittedRegressor]

    def estimate(self, rows: list[Any], bags: Sequence[IntArray]) -> FloatArray:
        """The mean of the members' estimates, shape (n_bags, n_targets)."""
        pairs = zip(self.members, rows, strict=True)
        return np.asarray(np.mean([member.estimate(own, bags) for member, own in pairs], axis=0))

    def half_width(self, rows: list[Any], bags: Sequence[IntArray]) -> FloatArray | None:
        """The mean of the members' half-widths, shape (n_bags, n_targets); None if one has none."""
        pairs = zip(self.members, rows, strict=True)
        found = [member.half_width(own, bags) for member, own in pairs]
        widths = [width for width in found if width is not None]
        return np.asarray(np.mean(widths, axis=0)) if len(widths) == len(found) else None
