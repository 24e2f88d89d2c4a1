"""The protocol's figures from out-of-fold estimates: plain JSON values. Arrays in, dictionaries out; no effects."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.evaluation import intervals, metrics
from seikaku.evaluation.protocol import OutOfFold
from seikaku.model.regressor import FloatArray, IntArray
from seikaku.traits import TRAIT_KEYS

# Below this many speakers a group's figures are not printed: r would have an interval of more than +-.36.
MIN_GROUP = 30
_CRITICAL_Z = 1.96


def by_trait(**columns: Any) -> dict[str, dict[str, float]]:
    """{trait: {figure: value}} from figures given as (n_traits,) arrays."""
    return {
        key: {name: float(values[index]) for name, values in columns.items()} for index, key in enumerate(TRAIT_KEYS)
    }


def correlation_figures(result: OutOfFold, labels: FloatArray, null_r: FloatArray | None) -> dict[str, Any]:
    """r with its 95 % interval, per trait, drawn to the common mean (``r_shrunk``), and for the mean of the traits.

    ``null_r`` (n_permutations, n_traits): r of models refitted to permuted labels at the same amount of text; None:
    the formula's width (``intervals``).
    """
    r = result.r(labels)
    n_speakers = int((~np.isnan(result.estimates[0, :, 0])).sum())
    covariance = intervals.covariance_of(null_r, len(r), n_speakers)
    low, high = intervals.interval(r, np.sqrt(np.diag(covariance)))
    shrunk, error = intervals.shrink_to_common_mean(r, covariance)
    shrunk_low, shrunk_high = intervals.interval(shrunk, error)
    mean_low, mean_high = intervals.interval(r.mean(), float(np.sqrt(covariance.mean())))
    traits = by_trait(
        r=r,
        r_low_95=low,
        r_high_95=high,
        r_shrunk=shrunk,
        r_shrunk_low_95=shrunk_low,
        r_shrunk_high_95=shrunk_high,
    )
    return {
        "traits": traits,
        "mean": {"r": float(r.mean()), "r_low_95": float(mean_low), "r_high_95": float(mean_high)},
    }


def error_figures(result: OutOfFold, labels: FloatArray) -> dict[str, FloatArray]:
    """MAE and MSE on 1-7, each (n_traits,)."""
    return {
        "mae": metrics.mean_absolute_error(result.estimates, labels),
        "mse": metrics.mean_squared_error(result.estimates, labels),
    }


def accuracy_figures(
    result: OutOfFold, constant: OutOfFold, labels: FloatArray, null_r: FloatArray | None
) -> dict[str, Any]:
    """The main table. ``null_r`` (n_permutations, n_traits): r of models trained on permuted labels."""
    figures = correlation_figures(result, labels, null_r)
    observed = result.r(labels)
    residual = ((result.estimates - labels) ** 2).mean(axis=(0, 1))
    spread = ((result.centre - labels) ** 2).mean(axis=(0, 1))
    pairs = zip(result.within, result.labels_within(labels), strict=True)
    slope, error, intercept = calibration_lines(result.estimates.mean(axis=0), labels)
    columns = {
        "r_raw_pooled": metrics.mean_over_repeats(result.estimates, labels),
        "rho": np.mean([metrics.spearman(x, y) for x, y in pairs], axis=0),
        **error_figures(result, labels),
        **{f"{name}_constant": values for name, values in error_figures(constant, labels).items()},
        "r2": 1.0 - residual / spread,
        "slope": slope,
        "slope_error": error,
        "intercept": intercept,
    }
    if null_r is not None:
        columns["p_permutation"] = (1 + (null_r >= observed).sum(axis=0)) / (1 + len(null_r))
        columns["null_r_mean"] = null_r.mean(axis=0)
        columns["null_r_sd"] = null_r.std(axis=0)
        figures["mean"] |= {
            "p_permutation": float((1 + (null_r.mean(axis=1) >= observed.mean()).sum()) / (1 + len(null_r))),
            "p_traits_differ": intervals.p_of_spread(observed, null_r),
        }
    for key, extra in by_trait(**columns).items():
        figures["traits"][key] |= extra
    figures["mean"] |= {name: float(np.mean(columns[name])) for name in columns if name in _MEANINGFUL_MEANS}
    return figures


def calibration_lines(estimates: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Slope of label on estimate, its standard error, and the intercept, each (n_traits,); slope 0 for a constant.

    The error is twice the usual variance: an out-of-fold estimate leans on the labels it is compared with.
    """
    deviation = estimates - estimates.mean(axis=0)
    spread = (deviation**2).sum(axis=0)
    knows = spread > 1e-9
    safe = np.where(knows, spread, 1.0)
    slope = np.where(knows, (deviation * labels).sum(axis=0) / safe, 0.0)
    intercept = labels.mean(axis=0) - slope * estimates.mean(axis=0)
    residual = labels - intercept - slope * estimates
    error = np.sqrt(2.0 * (residual**2).sum(axis=0) / max(len(labels) - 2, 1) / safe)
    return slope, np.where(knows, error, 0.0), intercept


_MEANINGFUL_MEANS = (
    "r_raw_pooled", "rho", "mae", "mae_constant", "mse", "mse_constant", "r2", "slope", "null_r_mean",
)  # fmt: skip


def influence_figures(
    result: OutOfFold, labels: FloatArray, community: IntArray, is_kin: NDArray[np.bool_]
) -> dict[str, Any]:
    """Who makes the mean r: without kin, and the least and greatest when any one community is not counted."""

    def mean_r(kept: NDArray[np.bool_]) -> float:
        return float(result.only(kept).r(labels[kept]).mean())

    left_out = [mean_r(community != number) for number in np.unique(community)]
    return {
        "mean_r_without_kin": mean_r(~is_kin),
        "n_kin": int(is_kin.sum()),
        "mean_r_without_one_community_low": min(left_out),
        "mean_r_without_one_community_high": max(left_out),
        "n_communities": len(left_out),
    }


def reliability_figures(odd: OutOfFold, even: OutOfFold, whole: OutOfFold) -> dict[str, dict[str, float]]:
    """Odd/even dialogues, Spearman-Brown, and the standard error of measurement on 1-7."""
    halves = np.mean([metrics.pearson(a, b) for a, b in zip(odd.within, even.within, strict=True)], axis=0)
    reliability = 2 * halves / (1 + halves)
    spread = np.nanstd(whole.estimates, axis=1).mean(axis=0)
    error = spread * np.sqrt(np.clip(1 - reliability, 0, None))
    columns = {"r_halves": halves, "spearman_brown": reliability, "sd_estimate_1to7": spread, "sem_1to7": error}
    if odd.repeats is not None and not np.isnan(odd.repeats).all():
        columns["band_80_agreement"] = _band_agreement(odd, even)
    return by_trait(**columns)


def _band_agreement(odd: OutOfFold, even: OutOfFold) -> FloatArray:
    """How often one half of a speaker's text stands, among the norm group, within the band of the other, (n_traits,).

    Among the 0-100 of percentiles as among the standard deviations here: one grows with the other.
    """
    assert odd.spread is not None and even.spread is not None and odd.repeats is not None
    places = [(half.estimates - half.centre) / half.spread for half in (odd, even)]  # type: ignore[operator]
    inside = np.abs(places[0] - places[1]) <= odd.repeats
    return np.asarray(np.nanmean(np.where(np.isnan(places[0] + places[1]), np.nan, inside), axis=(0, 1)))


def interval_figures(result: OutOfFold, labels: FloatArray) -> dict[str, dict[str, float]] | None:
    """Coverage of the 80 % intervals and their mean width on 1-7; None for a model without intervals."""
    if np.isnan(result.half_widths).all():
        return None
    covered = np.where(np.isnan(result.estimates), np.nan, np.abs(result.estimates - labels) <= result.half_widths)
    return by_trait(
        coverage=np.nanmean(covered, axis=(0, 1)), width_1to7=2 * np.nanmean(result.half_widths, axis=(0, 1))
    )


def validity_figures(result: OutOfFold, labels: FloatArray, scales: dict[str, FloatArray]) -> dict[str, Any]:
    """Estimates against every trait's label and against other questionnaires (KiSS-18, ATQ, ...): r tables.

    ``label`` beside each other scale is what the self-report itself reaches with it.
    """
    estimate = result.within.mean(axis=0)
    traits = {
        key: by_trait(r=[float(metrics.pearson(estimate[:, [i]], labels[:, [j]])[0]) for j in range(len(TRAIT_KEYS))])
        for i, key in enumerate(TRAIT_KEYS)
    }
    others = {}
    for name, values in scales.items():
        column = np.tile(values[:, None], len(TRAIT_KEYS))
        others[name] = by_trait(estimate=metrics.pearson(estimate, column), label=metrics.pearson(labels, column))
    return {
        "critical_r": _CRITICAL_Z / float(np.sqrt(len(labels))),
        "traits": {key: {other: row[other]["r"] for other in TRAIT_KEYS} for key, row in traits.items()},
        "scales": others,
    }


def fairness_figures(result: OutOfFold, labels: FloatArray, groups: dict[str, tuple[str | None, ...]]) -> list[Any]:
    """Per group: mean error, MAE, r with interval, slope and intercept of label on estimate; or "too few to say"."""
    figures = []
    for attribute, values in groups.items():
        for value in sorted({value for value in values if value is not None}):
            member: NDArray[np.bool_] = np.array([other == value for other in values])
            entry: dict[str, Any] = {"attribute": attribute, "group": value, "n_speakers": int(member.sum())}
            if entry["n_speakers"] >= MIN_GROUP:
                entry["traits"] = _group_figures(result, labels, member)
            figures.append(entry)
    return figures


def _group_figures(result: OutOfFold, labels: FloatArray, member: NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    estimate, order = result.estimates.mean(axis=0)[member], result.within.mean(axis=0)[member]
    label = labels[member]
    r = metrics.pearson(order, label)
    low, high = intervals.interval(r, intervals.width_without_null(len(label)))
    slope, error, intercept = calibration_lines(estimate, label)
    return by_trait(
        mean_error=(estimate - label).mean(axis=0),
        mae=np.abs(estimate - label).mean(axis=0),
        r=r,
        r_low_95=low,
        r_high_95=high,
        slope=slope,
        slope_error=error,
        intercept=intercept,
    )
