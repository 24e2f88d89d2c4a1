"""Score, interval and probability are one distribution's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.model.predictive import Z_80, probability_above, standard_normal


@given(st.floats(-3, 3), st.floats(0.1, 3))
def test_the_probability_and_the_interval_agree(deviation, half_width):
    """The mean lies at the interval's end exactly where the other side is left a tenth."""
    probability = float(probability_above(deviation, half_width))
    assert (abs(deviation) > half_width) == (probability > 0.9 or probability < 0.1)
    assert float(probability_above(-deviation, half_width)) == pytest.approx(1 - probability)


def test_the_central_80_per_cent_lie_within_z_80():
    draws = np.random.default_rng(0).normal(size=200_000)
    assert (np.abs(draws) <= Z_80).mean() == pytest.approx(0.8, abs=0.004)
    assert standard_normal(np.array([0.0, Z_80])) == pytest.approx([0.5, 0.9])


def test_what_is_not_known_stays_unknown():
    assert np.isnan(probability_above(np.array([np.nan]), np.array([1.0]))).all()
