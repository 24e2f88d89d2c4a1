"""Run the whole protocol for one regressor: every figure that may be printed. In: corpus. Out: a JSON-ready dict."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from seikaku.config import ProtocolConfig
from seikaku.corpora.store import SpeakerCorpus
from seikaku.errors import both
from seikaku.evaluation import demographics, figures, ladder, metrics
from seikaku.evaluation.baselines import ConstantRegressor
from seikaku.evaluation.checks import traps
from seikaku.evaluation.checks.deletion import deletion_figures
from seikaku.evaluation.checks.restyled import style_figures
from seikaku.evaluation.curve import learning_curve
from seikaku.evaluation.probability import probability_figures
from seikaku.evaluation.protocol import (
    Bags,
    OutOfFold,
    Progress,
    Sides,
    build_sides,
    can_train,
    draw_bags,
    estimate_out_of_fold,
    fit_folds,
    limit_dialogues,
)
from seikaku.model.regressor import FloatArray, IntArray, Regressor
from seikaku.settings import to_json
from seikaku.traits import N_TRAITS
from seikaku.version import __version__

# 4: how sure the log score is; 3: estimates from little text drawn in, probabilities; 2: talk communities held out
RESULT_VERSION = 4
ALL = "all"
_FEW_PERMUTATIONS = 20  # where a null takes a model for every speaker, or for every number of speakers
_FEW_REPEATS = 2  # of the tables beside the main one
_PERMUTATIONS_AT_ONCE = 100  # columns of one refit: more would only cost memory
_SMALL_AMOUNT = "3"  # beside all text, where a row of figures asks for little text


@dataclass(frozen=True)
class _Task:
    """What every part of the protocol works on. ``quick``: the same model uncalibrated, where r alone is asked."""

    regressor: Regressor
    quick: Regressor
    rows: Any
    sides: Sides
    texts: list[tuple[str, ...]]
    folds: IntArray
    config: ProtocolConfig
    progress: Progress
    tests: dict[str, Sequence[Bags]] = field(default_factory=dict)

    def run(self, **more: Any) -> dict[str, OutOfFold]:
        """Community-safe estimates; ``tests`` and ``folds`` as given, or the protocol's."""
        regressor, tests = more.pop("regressor", self.quick), more.pop("tests", self.tests)
        folds = more.pop("folds", self.folds)
        return estimate_out_of_fold(regressor, self.rows, self.sides, tests, folds, progress=self.progress, **more)


def evaluate(regressor: Regressor, corpus: SpeakerCorpus, config: ProtocolConfig, progress: Progress) -> dict[str, Any]:
    """All figures of the protocol for ``regressor`` on ``corpus``, deterministic for given settings.

    Raises DataError when the speakers form a single community, so that nobody can be held out.
    """
    if config.keep_careless:
        corpus = replace(corpus, is_careless=np.zeros_like(corpus.is_careless))
    if config.max_dialogues:
        corpus = limit_dialogues(corpus, config.max_dialogues)
    sides = build_sides(corpus)
    config = fit_folds(sides, config)
    progress(both("特徴量", "Features"), 0, 1)
    rows = regressor.encode(corpus.sides)
    progress(both("特徴量", "Features"), 1, 1)
    quick = getattr(regressor, "uncalibrated", lambda: regressor)()
    folds = sides.draw_folds(config.n_folds, config.n_repeats)
    texts = [side.texts for side in corpus.sides]
    task = _Task(regressor, quick, rows, sides, texts, folds, config, progress, _conditions(sides, config))
    results = task.run(regressor=regressor, what=both("話の輪ごとに分けた推定", "Estimates by talk community"))
    constant = task.run(regressor=ConstantRegressor(), tests={ALL: task.tests[ALL]})[ALL]
    permuted = _permute(sides, config.n_permutations)
    null = _null(task, permuted)
    labels, whole = sides.scores, results[ALL]
    kept = ~sides.is_careless
    style = traps.measure_style(sides, texts)
    answers = [corpus.gender, corpus.age_band]
    return {
        "result_version": RESULT_VERSION,
        "seikaku_version": __version__,
        "model": {"name": regressor.name, "config": to_json(getattr(regressor, "config", None) or {})},
        "data": _data_figures(sides, corpus.corpus_digest),
        "protocol": to_json(config) | {"fold_sizes": np.sort(np.bincount(folds[0])).tolist()},
        "accuracy": figures.accuracy_figures(whole, constant, labels, null.get(ALL)),
        "accuracy_without_careless": figures.correlation_figures(whole.only(kept), labels[kept], null.get(ALL)),
        "influence": figures.influence_figures(whole, labels, sides.community, sides.is_kin),
        "by_amount": _by_amount(results, task, null),
        "equal_amounts": _equal_amounts(task, null.get(ALL)),
        "traps": traps.trap_figures(whole, sides, style),
        "reliability": figures.reliability_figures(results["odd"], results["even"], whole),
        "validity": figures.validity_figures(whole, labels, corpus.other_scales),
        "fairness": figures.fairness_figures(whole, labels, {"gender": corpus.gender, "age_band": corpus.age_band}),
        **_further_figures(task, results, answers, permuted),
    }


def _further_figures(
    task: _Task, results: dict[str, OutOfFold], answers: list[Any], permuted: list[FloatArray]
) -> dict[str, Any]:
    """What takes many more refits than the tables: left out (null) for a model that trains for minutes."""
    if task.config.skip_refits:
        return dict.fromkeys(("ladder", "demographics", "membership", "learning_curve", "style", "deletion"))
    sides, rows, regressor = task.sides, task.rows, task.regressor
    everything = task.tests[ALL][0]
    amounts = [name for name in (_SMALL_AMOUNT, ALL) if name in task.tests]
    return {
        "ladder": _ladder(task, results, permuted),
        "demographics": demographics.demographic_figures(
            regressor,
            rows,
            sides,
            demographics.encode_groups(answers),
            {name: task.tests[name] for name in amounts},
            {name: results[name] for name in amounts},
            task.folds[:_FEW_REPEATS],
            task.progress,
        ),
        "membership": ladder.membership_figures(regressor, rows, sides, task.folds[0], everything, task.progress)
        | {"mean_r_others": float(results[ALL].r(sides.scores).mean())},
        "learning_curve": learning_curve(
            task.quick,
            rows,
            sides,
            everything,
            task.folds[:_FEW_REPEATS],
            results[ALL],
            permuted[:_FEW_PERMUTATIONS],
            task.progress,
        ),
        "style": style_figures(regressor, rows, sides, task.folds[0], task.progress),
        "deletion": deletion_figures(regressor, rows, sides, task.texts, task.folds[0], task.progress),
    }


def _data_figures(sides: Sides, corpus_digest: str) -> dict[str, Any]:
    return {
        "corpus_digest": corpus_digest,
        "n_speakers": sides.n_speakers,
        "n_careless": int(sides.is_careless.sum()),
        "n_kin": int(sides.is_kin.sum()),
        "n_communities": len(np.unique(sides.community)),
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


def _by_amount(results: dict[str, OutOfFold], task: _Task, null: dict[str, FloatArray]) -> list[dict[str, Any]]:
    table, scores = [], task.sides.scores
    for name in [*map(str, task.config.amounts), ALL]:
        chars = [int(task.sides.n_chars[bag].sum()) for bags in task.tests[name] for bag in bags if len(bag)]
        result = results[name]
        if not chars:
            continue
        entry = figures.correlation_figures(result, scores, null.get(name))
        errors = figures.error_figures(result, scores)
        for key, extra in figures.by_trait(**errors).items():
            entry["traits"][key] |= extra
        entry["mean"] |= {figure: float(values.mean()) for figure, values in errors.items()}
        table.append(
            {
                "n_dialogues": None if name == ALL else int(name),
                "n_speakers": int((~np.isnan(result.estimates[0, :, 0])).sum()),
                "median_chars": float(np.median(chars)),
                "p10_chars": float(np.quantile(chars, 0.1)),
                **entry,
                "intervals_80": figures.interval_figures(result, scores),
                "probability": probability_figures(result, scores),
            }
        )
    return table


def _equal_amounts(task: _Task, null_r: FloatArray | None) -> list[dict[str, Any]]:
    """The same number of dialogues for every speaker, in training and in test: nothing to learn from the amount."""
    table = []
    for amount in task.config.equal_amounts:
        folds = task.folds[:_FEW_REPEATS]
        tests = {"equal": [draw_bags(task.sides, amount, repeat) for repeat in range(len(folds))]}
        n_speakers = sum(len(bag) > 0 for bag in tests["equal"][0])
        if n_speakers < figures.MIN_GROUP or not can_train(task.sides, folds, amount):
            table.append({"n_dialogues": amount, "n_speakers": n_speakers})
            continue
        result = task.run(
            tests=tests,
            folds=folds,
            train_amount=amount,
            what=both(f"{amount} 対話にそろえた推定", f"Estimates from {amount} dialogues each"),
        )["equal"]
        entry = figures.correlation_figures(result, task.sides.scores, null_r)
        table.append({"n_dialogues": amount, "n_speakers": n_speakers, **entry})
    return table


def _permute(sides: Sides, n_permutations: int) -> list[FloatArray]:
    """Labels dealt to the wrong speakers, whole rows: what the traits have in common stays."""
    generator = np.random.default_rng(0)
    return [sides.scores[generator.permutation(sides.n_speakers)] for _ in range(n_permutations)]


def _null(task: _Task, permuted: list[FloatArray]) -> dict[str, FloatArray]:
    """r of models trained and tested on permuted labels, by amount: (n_permutations, n_traits); {} without any."""
    found: dict[str, list[FloatArray]] = {}
    names = [*map(str, task.config.amounts), ALL]
    tests = {name: task.tests[name][:1] for name in names}
    for start in range(0, len(permuted), _PERMUTATIONS_AT_ONCE):
        labels = np.concatenate(permuted[start : start + _PERMUTATIONS_AT_ONCE], axis=1)
        what = both(
            f"帰無分布 {min(start + _PERMUTATIONS_AT_ONCE, len(permuted))}/{len(permuted)}",
            f"Null distribution {min(start + _PERMUTATIONS_AT_ONCE, len(permuted))}/{len(permuted)}",
        )
        results = task.run(tests=tests, folds=task.folds[:1], labels=labels, what=what)
        for name, result in results.items():
            found.setdefault(name, []).append(result.r(labels).reshape(-1, N_TRAITS))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _ladder(task: _Task, results: dict[str, OutOfFold], permuted: list[FloatArray]) -> dict[str, Any]:
    """Mean r by the way of splitting, loosest first; the strict variant with its null."""
    sides, rows, config, progress = task.sides, task.rows, task.config, task.progress
    amounts = [*map(str, config.amounts), ALL]
    tests = {name: task.tests[name][:_FEW_REPEATS] for name in amounts}
    what = both("対話を無作為に分けた場合（誤った方法）", "Dialogues at random (the wrong way)")
    leaky = ladder.estimate_random_dialogues(task.quick, rows, sides, config.n_folds, progress, what)
    pair_safe = ladder.estimate_pair_safe(task.quick, rows, sides, tests, config.n_folds, progress)
    partners_out, null = _without_partners(task, {name: bags[0] for name, bags in tests.items()}, permuted)
    return {
        "random_dialogues": float(metrics.mean_over_repeats(leaky, sides.scores).mean()),
        "pair_safe": {name: float(result.r(sides.scores).mean()) for name, result in pair_safe.items()},
        "community_safe": {name: float(results[name].r(sides.scores).mean()) for name in amounts},
        "without_partners": {
            name: figures.correlation_figures(partners_out[name], sides.scores, null.get(name))
            | {"null_mean_r": float(null[name].mean()) if null else None}
            for name in amounts
        },
    }


def _without_partners(
    task: _Task, tests: dict[str, Bags], permuted: list[FloatArray]
) -> tuple[dict[str, OutOfFold], dict[str, FloatArray]]:
    """The strict estimates, and r of the same with permuted labels: {amount: (n_permutations, n_traits)}.

    Every speaker has a model of their own here, so that its scale counts, which uncalibrated is the penalty's alone. A
    separable model is fitted once for both.
    """
    what = both("話した相手も除いた推定", "Estimates without partners")
    strict = partial(
        ladder.estimate_without_partners, task.quick, task.rows, task.sides, tests, task.folds[0], task.progress
    )
    dealt = permuted[:_FEW_PERMUTATIONS]
    if not dealt:
        return strict(what), {}
    if getattr(task.quick, "is_separable", False):
        labels = np.concatenate([task.sides.scores, *dealt], axis=1)
        found = strict(what, labels)
        own = {name: result.targets(slice(0, N_TRAITS)) for name, result in found.items()}
        null = {name: result.targets(slice(N_TRAITS, None)) for name, result in found.items()}
    else:
        own, null = (
            strict(what),
            strict(both(f"{what}、帰無分布", f"{what.english}, null"), np.concatenate(dealt, axis=1)),
        )
    labels = np.concatenate(dealt, axis=1)
    return own, {name: result.r(labels).reshape(-1, N_TRAITS) for name, result in null.items()}
