"""The protocol's figures from out-of-fold estimates: plain JSON values. Arrays in, dictionaries out; no effects."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.evaluation import metrics
from seikaku.evaluation.protocol import OutOfFold, Sides
from seikaku.model.regressor import FloatArray
from seikaku.traits import TRAIT_KEYS

# Below this many speakers a group's figures are not printed: r would have an interval of more than +-.36.
MIN_GROUP = 30
_CRITICAL_Z = 1.96


def by_trait(**columns: Any) -> dict[str, dict[str, float]]:
    """{trait: {figure: value}} from figures given as (n_traits,) arrays."""
    return {
        key: {name: float(values[index]) for name, values in columns.items()} for index, key in enumerate(TRAIT_KEYS)
    }


def correlation_figures(result: OutOfFold, labels: FloatArray, weights: FloatArray) -> dict[str, Any]:
    """r with its bootstrap interval, per trait and for their mean. ``weights`` (n_samples, n_speakers)."""
    r = result.r(labels)
    samples = result.r(labels, weights)
    low, high = metrics.percentile_interval(samples)
    mean_low, mean_high = metrics.percentile_interval(samples.mean(axis=1))
    mean = {"r": float(r.mean()), "r_low_95": float(mean_low), "r_high_95": float(mean_high)}
    return {"traits": by_trait(r=r, r_low_95=low, r_high_95=high), "mean": mean}


def accuracy_figures(
    result: OutOfFold, constant: OutOfFold, labels: FloatArray, weights: FloatArray, null_r: FloatArray
) -> dict[str, Any]:
    """The main table. ``null_r`` (n_permutations, n_traits): r of models trained on permuted labels."""
    figures = correlation_figures(result, labels, weights)
    observed = result.r(labels)
    error = np.abs(result.estimates - labels).mean(axis=0)
    error_constant = np.abs(constant.estimates - labels).mean(axis=0)
    gain_low, gain_high = metrics.percentile_interval(weights @ (error_constant - error) / len(labels))
    residual = ((result.estimates - labels) ** 2).mean(axis=(0, 1))
    spread = ((result.centre - labels) ** 2).mean(axis=(0, 1))
    pairs = zip(result.within, result.labels_within(labels), strict=True)
    columns = {
        "r_raw_pooled": metrics.mean_over_repeats(result.estimates, labels),
        "rho": np.mean([metrics.spearman(x, y) for x, y in pairs], axis=0),
        "mae": error.mean(axis=0),
        "mae_constant": error_constant.mean(axis=0),
        "mae_gain_low_95": gain_low,
        "mae_gain_high_95": gain_high,
        "r2": 1.0 - residual / spread,
    }
    if len(null_r):
        columns["p_permutation"] = (1 + (null_r >= observed).sum(axis=0)) / (1 + len(null_r))
        columns["null_r_mean"] = null_r.mean(axis=0)
        columns["null_r_high_95"] = np.quantile(null_r, 0.95, axis=0)
        null_mean = null_r.mean(axis=1)
        figures["mean"]["p_permutation"] = float((1 + (null_mean >= observed.mean()).sum()) / (1 + len(null_r)))
    for key, extra in by_trait(**columns).items():
        figures["traits"][key] |= extra
    figures["mean"] |= {name: float(np.mean(columns[name])) for name in columns if name in _MEANINGFUL_MEANS}
    return figures


_MEANINGFUL_MEANS = ("r_raw_pooled", "rho", "mae", "mae_constant", "r2", "null_r_mean")


def amount_trap_figures(result: OutOfFold, sides: Sides) -> dict[str, dict[str, float]]:
    """How far label and estimate go with the mere number of dialogues, and r with that number held fixed."""
    log_amount = np.log(np.bincount(sides.speaker, minlength=sides.n_speakers).astype(np.float64))
    estimate = result.within.mean(axis=0)
    amount = np.tile(log_amount[:, None], len(TRAIT_KEYS))
    partial = [
        metrics.partial_correlation(estimate[:, index], sides.scores[:, index], log_amount)
        for index in range(len(TRAIT_KEYS))
    ]
    return by_trait(
        r_label_log_amount=metrics.pearson(amount, sides.scores),
        r_estimate_log_amount=metrics.pearson(estimate, amount),
        r_given_amount=np.array(partial),
    )


def reliability_figures(odd: OutOfFold, even: OutOfFold, whole: OutOfFold) -> dict[str, dict[str, float]]:
    """Odd/even dialogues, Spearman-Brown, and the standard error of measurement on 1-7."""
    halves = np.mean([metrics.pearson(a, b) for a, b in zip(odd.within, even.within, strict=True)], axis=0)
    reliability = 2 * halves / (1 + halves)
    spread = np.nanstd(whole.estimates, axis=1).mean(axis=0)
    error = spread * np.sqrt(np.clip(1 - reliability, 0, None))
    return by_trait(r_halves=halves, spearman_brown=reliability, sd_estimate_1to7=spread, sem_1to7=error)


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
    samples = metrics.pearson(order, label, metrics.bootstrap_weights(len(label), 1000, 0))
    low, high = metrics.percentile_interval(samples)
    slope, intercept = np.array([np.polyfit(estimate[:, t], label[:, t], 1) for t in range(label.shape[1])]).T
    return by_trait(
        mean_error=(estimate - label).mean(axis=0),
        mae=np.abs(estimate - label).mean(axis=0),
        r=metrics.pearson(order, label),
        r_low_95=low,
        r_high_95=high,
        slope=slope,
        intercept=intercept,
    )
