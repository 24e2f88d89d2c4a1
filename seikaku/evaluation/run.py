"""Run the whole protocol for one regressor: every figure that may be printed. In: corpus. Out: a JSON-ready dict."""

from collections.abc import Sequence
from dataclasses import asdict, is_dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from seikaku.config import ProtocolConfig
from seikaku.corpora.store import SpeakerCorpus
from seikaku.evaluation import figures, metrics
from seikaku.evaluation.baselines import ConstantRegressor
from seikaku.evaluation.protocol import (
    Bags,
    OutOfFold,
    Progress,
    Sides,
    build_sides,
    draw_bags,
    estimate_leaky,
    estimate_out_of_fold,
)
from seikaku.model.regressor import FloatArray, Regressor
from seikaku.traits import N_TRAITS
from seikaku.version import __version__

RESULT_VERSION = 1
ALL = "all"
_PERMUTATIONS_AT_ONCE = 40  # columns of one refit: more would only cost memory


def evaluate(regressor: Regressor, corpus: SpeakerCorpus, config: ProtocolConfig, progress: Progress) -> dict[str, Any]:
    """All figures of the protocol for ``regressor`` on ``corpus``, deterministic for given settings."""
    if config.keep_careless:
        corpus = replace(corpus, is_careless=np.zeros_like(corpus.is_careless))
    sides = build_sides(corpus)
    progress("特徴量", 0, 1)
    rows = regressor.encode(corpus.sides)
    progress("特徴量", 1, 1)
    conditions = _conditions(sides, config)
    run = partial(estimate_out_of_fold, n_folds=config.n_folds, n_repeats=config.n_repeats)
    results = run(regressor, rows, sides, conditions, progress=progress, what="話者を分けた推定")
    constant = run(ConstantRegressor(), None, sides, {ALL: conditions[ALL]})[ALL]
    null_r = _permutation_null(regressor, rows, sides, config, progress)
    weights = metrics.bootstrap_weights(sides.n_speakers, config.n_bootstrap, 0)
    kept = ~sides.is_careless
    labels = sides.scores
    return {
        "result_version": RESULT_VERSION,
        "seikaku_version": __version__,
        "model": {"name": regressor.name, "config": _config_of(regressor)},
        "data": _data_figures(corpus, sides),
        "protocol": asdict(config),
        "accuracy": figures.accuracy_figures(results[ALL], constant, labels, weights, null_r),
        "accuracy_without_careless": figures.correlation_figures(
            _only(results[ALL], kept), labels[kept], metrics.bootstrap_weights(int(kept.sum()), config.n_bootstrap, 0)
        ),
        "by_amount": _by_amount(results, sides, conditions, config, weights),
        "equal_amounts": _equal_amounts(regressor, rows, sides, config, progress, weights),
        "amount_trap": figures.amount_trap_figures(results[ALL], sides),
        "reliability": figures.reliability_figures(results["odd"], results["even"], results[ALL]),
        "validity": figures.validity_figures(results[ALL], labels, corpus.other_scales),
        "fairness": figures.fairness_figures(
            results[ALL], labels, {"gender": corpus.gender, "age_band": corpus.age_band}
        ),
        "leak_gap": None if config.skip_leak_gap else _leak_gap(regressor, rows, sides, config, progress, results[ALL]),
    }


def _config_of(regressor: Regressor) -> dict[str, Any]:
    value: dict[str, Any] = _plain(getattr(regressor, "config", None) or {})
    return value


def _plain(config: Any) -> Any:
    if isinstance(config, dict):  # a combination's members
        return {name: _plain(member) for name, member in config.items()}
    return asdict(config) if is_dataclass(config) and not isinstance(config, type) else config


def _data_figures(corpus: SpeakerCorpus, sides: Sides) -> dict[str, Any]:
    return {
        "corpus_digest": corpus.corpus_digest,
        "n_speakers": sides.n_speakers,
        "n_careless": int(sides.is_careless.sum()),
        "n_dialogues": len(np.unique(sides.dialogue)),
        "n_chars": int(sides.n_chars.sum()),
    }


def _conditions(sides: Sides, config: ProtocolConfig) -> dict[str, Sequence[Bags]]:
    repeats = range(config.n_repeats)
    everything = draw_bags(sides, None, 0)
    conditions: dict[str, Sequence[Bags]] = {
        str(amount): [draw_bags(sides, amount, repeat) for repeat in repeats] for amount in config.amounts
    }
    conditions["odd"] = [[bag[0::2] for bag in everything]] * config.n_repeats
    conditions["even"] = [[bag[1::2] for bag in everything]] * config.n_repeats
    conditions[ALL] = [everything] * config.n_repeats
    return conditions


def _only(result: OutOfFold, kept: Any) -> OutOfFold:
    return OutOfFold(
        result.estimates[:, kept], result.centre[:, kept], result.half_widths[:, kept], result.folds[:, kept]
    )


def _by_amount(
    results: dict[str, OutOfFold],
    sides: Sides,
    conditions: dict[str, Sequence[Bags]],
    config: ProtocolConfig,
    weights: FloatArray,
) -> list[dict[str, Any]]:
    table = []
    for name in [*map(str, config.amounts), ALL]:
        chars = [int(sides.n_chars[bag].sum()) for bags in conditions[name] for bag in bags if len(bag)]
        result = results[name]
        entry = figures.correlation_figures(result, sides.scores, weights)
        error = metrics.mean_absolute_error(result.estimates, sides.scores)
        for key, extra in figures.by_trait(mae=error).items():
            entry["traits"][key] |= extra
        table.append(
            {
                "n_dialogues": None if name == ALL else int(name),
                "n_speakers": int((~np.isnan(result.estimates[0, :, 0])).sum()),
                "median_chars": float(np.median(chars)),
                "p10_chars": float(np.quantile(chars, 0.1)),
                **entry,
                "intervals_80": figures.interval_figures(result, sides.scores),
            }
        )
    return table


def _equal_amounts(
    regressor: Regressor, rows: Any, sides: Sides, config: ProtocolConfig, progress: Progress, weights: FloatArray
) -> list[dict[str, Any]]:
    """The same number of dialogues for every speaker, in training and in test: nothing to learn from the amount."""
    table = []
    for amount in config.equal_amounts:
        tests = {"equal": [draw_bags(sides, amount, repeat) for repeat in range(config.n_repeats)]}
        n_speakers = sum(len(bag) > 0 for bag in tests["equal"][0])
        if n_speakers < figures.MIN_GROUP:
            table.append({"n_dialogues": amount, "n_speakers": n_speakers})
            continue
        result = estimate_out_of_fold(
            regressor,
            rows,
            sides,
            tests,
            n_folds=config.n_folds,
            n_repeats=config.n_repeats,
            train_amount=amount,
            progress=progress,
            what=f"{amount} 対話にそろえた推定",
        )["equal"]
        entry = figures.correlation_figures(result, sides.scores, weights)
        table.append({"n_dialogues": amount, "n_speakers": n_speakers, **entry})
    return table


def _permutation_null(
    regressor: Regressor, rows: Any, sides: Sides, config: ProtocolConfig, progress: Progress
) -> FloatArray:
    """r of models trained and tested on labels that were dealt to the wrong speakers: (n_permutations, n_traits)."""
    generator = np.random.default_rng(0)
    null: list[FloatArray] = []
    tests = {ALL: [draw_bags(sides, None, 0)]}
    while len(null) < config.n_permutations:
        n_now = min(_PERMUTATIONS_AT_ONCE, config.n_permutations - len(null))
        labels = np.concatenate([sides.scores[generator.permutation(sides.n_speakers)] for _ in range(n_now)], axis=1)
        result = estimate_out_of_fold(
            regressor,
            rows,
            sides,
            tests,
            n_folds=config.n_folds,
            n_repeats=1,
            labels=labels,
            progress=progress,
            what=f"帰無分布 {len(null) + n_now}/{config.n_permutations}",
        )[ALL]
        null += list(result.r(labels).reshape(n_now, N_TRAITS))
    return np.array(null).reshape(-1, N_TRAITS)


def _leak_gap(
    regressor: Regressor, rows: Any, sides: Sides, config: ProtocolConfig, progress: Progress, honest: OutOfFold
) -> dict[str, float]:
    """Mean r that a random dialogue split would claim, beside the honest one. A warning, not a result."""
    leaky = estimate_leaky(regressor, rows, sides, config.n_folds, progress, "対話を無作為に分けた場合（誤った方法）")
    claimed = metrics.mean_over_repeats(leaky, sides.scores).mean()
    return {
        "mean_r_random_dialogue_split": float(claimed),
        "mean_r_honest": float(honest.r(sides.scores).mean()),
    }
