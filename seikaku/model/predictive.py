"""One predictive distribution behind score, interval and probability. Figures in and out; no effects. Only numpy.

Given the text, the self-report is taken to be normal around the estimate; its spread is the one whose central 80 % is
the measured interval. What `seikaku evaluate` says of coverage and of the probabilities is said of this distribution.
"""

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

Z_80 = 1.2815515655446004  # the central 80 % of a normal distribution lie within so many standard deviations

_erf = np.vectorize(math.erf, otypes=[np.float64])


def standard_normal(z: FloatArray | float) -> FloatArray:
    """The share of a normal distribution below ``z`` standard deviations from its mean, any shape."""
    return np.asarray(0.5 * (1.0 + _erf(np.asarray(z, np.float64) / math.sqrt(2.0))))


def probability_above(deviation: FloatArray | float, half_width: FloatArray | float) -> FloatArray:
    """The probability that the self-report lies above the norm mean: NaN stays NaN.

    ``deviation`` of the estimate from the norm mean, and ``half_width`` of its 80 % interval, on one scale, any shape.
    """
    return standard_normal(np.asarray(deviation) / np.asarray(half_width) * Z_80)
