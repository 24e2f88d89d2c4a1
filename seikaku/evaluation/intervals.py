"""How sure an out-of-fold r is, and what of the differences between traits is noise. Arrays in and out; no effects.

The bootstrap over speakers is too narrow for an out-of-fold r: a speaker's label is in training for all others, so
that every pair of labels enters twice, and resampling the tested speakers sees one of the two. Refitted permutations
see both: their r spreads by sqrt(2 / n) where Fisher's formula says sqrt(1 / n). On planted signals, intervals of that
width cover 94-95 % for r up to .35, and more above (tests/evaluation/test_intervals.py).
"""

import numpy as np

from seikaku.model.regressor import FloatArray

Z_95 = 1.959964
_JITTER = 1e-9  # a constant's r does not vary at all
_LEAST_PERMUTATIONS = 20  # a covariance of five traits from fewer is nearly singular
# The spread between traits that the shrinkage considers, on Fisher's z; above it traits would differ by more than any
# study of written language found.
_SPREADS = np.linspace(0.0, 0.3, 61)


def _z(r: FloatArray) -> FloatArray:
    """Fisher's z; of a few speakers, r may be 1."""
    return np.asarray(np.arctanh(np.clip(r, -0.999, 0.999)))


def width_without_null(n_speakers: int) -> float:
    """The standard error of Fisher's z of an out-of-fold r where no permutations were refitted."""
    return float(np.sqrt(2.0 / max(n_speakers, 1)))


def standard_error(null_r: FloatArray) -> FloatArray:
    """The standard error of Fisher's z from r of refitted permutations, (n_permutations, ...) -> (...)."""
    return np.asarray(_z(null_r).std(axis=0))


def interval(r: FloatArray, error: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """The 95 % interval of ``r`` (any shape) whose Fisher's z has the standard error ``error``."""
    z = _z(r)
    return np.tanh(z - Z_95 * np.asarray(error)), np.tanh(z + Z_95 * np.asarray(error))


def shrink_to_common_mean(r: FloatArray, covariance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Each trait's r drawn towards what all have in common, and its standard error on Fisher's z, each (n_traits,).

    ``covariance`` (n_traits, n_traits) of the sampling error of Fisher's z. A normal hierarchy with a flat prior on the
    common mean and on the spread between traits (Gelman 2006, Bayesian Analysis 1:515), the spread averaged over.
    """
    z = _z(r)
    ones = np.ones(len(z))
    weights, means, variances = [], [], []
    for spread in _SPREADS:
        total = covariance + (spread**2 + _JITTER) * np.eye(len(z))
        inverse = np.linalg.inv(total)
        precision = ones @ inverse @ ones
        common = (ones @ inverse @ z) / precision
        gain = spread**2 * inverse
        residual = z - common
        # A common mean that is itself uncertain moves every trait's estimate by what its own value does not decide.
        lean = ones - gain @ ones
        means.append(common + gain @ residual)
        variances.append(spread**2 - np.diag(spread**2 * gain) + lean**2 / precision)
        weights.append(-0.5 * (np.linalg.slogdet(total)[1] + np.log(precision) + residual @ inverse @ residual))
    weight = np.exp(np.array(weights) - max(weights))
    weight /= weight.sum()
    mean = weight @ np.array(means)
    variance = weight @ (np.array(variances) + (np.array(means) - mean) ** 2)
    return np.tanh(mean), np.sqrt(np.maximum(variance, 0.0))


def p_of_spread(r: FloatArray, null_r: FloatArray) -> float:
    """How often traits that do not differ would differ as much as these do: ``null_r`` (n_permutations, n_traits)."""
    spread, null = _z(r).std(), _z(null_r).std(axis=1)
    return float((1 + (null >= spread).sum()) / (1 + len(null)))


def covariance_of(null_r: FloatArray | None, n_traits: int, n_speakers: int) -> FloatArray:
    """The covariance of the traits' Fisher's z from permutations, or the formula's where they are too few to say."""
    if null_r is None or len(null_r) < _LEAST_PERMUTATIONS:
        return np.asarray(np.eye(n_traits) * width_without_null(n_speakers) ** 2)
    return np.asarray(np.cov(_z(null_r).T).reshape(n_traits, n_traits))
