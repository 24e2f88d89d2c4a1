"""Search over stage 2's settings on this machine. In: a search space and fixed settings. Out: every trial, the best.

The objective is the mean absolute error on validation speakers that no trial trains on. It chooses among trials on the
same few speakers, so the best figure is a little too good; `seikaku evaluate` measures.
Effects: reads, trains, writes a study that a later call goes on with, reports lines.
"""

import json
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from seikaku.config import Stage2Config
from seikaku.errors import TrainingError, UserError
from seikaku.files import write_json
from seikaku.training.checkpoints import checkpoints_folder
from seikaku.training.inheritance import NO_STAGE1

RESULT_NAME = "tuning.json"
# Another rank needs another alpha; alpha / r stays what it is by default.
_ALPHA_PER_R = 2
_FIXED_BY_STAGE1 = "lora_r"


def load_search_space() -> dict[str, Any]:
    """The search space that local and SageMaker tuning share."""
    space = json.loads(files("seikaku").joinpath("assets/tuning/search_space.json").read_text(encoding="utf-8"))
    assert isinstance(space, dict)
    return space


def tune(
    fixed: dict[str, Any], processed: Path, out: Path, *, n_trials: int, report: Callable[[str], None]
) -> dict[str, Any]:
    """Run trials until the study in ``out`` has ``n_trials``, and write ``tuning.json``; returns its content.

    ``fixed``: settings of stage 2 that were given; they are not searched. Raises UserError when nothing is left to
    search or the study in ``out`` searched something else.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    parameters = choose_parameters(fixed, report)
    out.mkdir(parents=True, exist_ok=True)
    _check_same_search(out, {"fixed": _as_json(fixed), "parameters": parameters})
    seed = int(fixed.get("seed", 0))
    study = optuna.create_study(
        study_name="stage2",
        storage=f"sqlite:///{out / 'study.db'}",
        load_if_exists=True,
        direction="minimize",
        sampler=optuna.samplers.TPESampler(seed=seed),
    )

    def objective(trial: Any) -> float:
        chosen = {name: _suggest(trial, name, item) for name, item in parameters.items()}
        mae = _train_trial(fixed | with_alpha(chosen, fixed), processed, out / f"trial-{trial.number}")
        report(f"tune trial={trial.number} validation_mae={mae:.4f} " + _spell(chosen))
        return mae

    def explain(_study: Any, trial: Any) -> None:
        if trial.state == optuna.trial.TrialState.FAIL:
            report(f"tune trial={trial.number} 失敗（ほかの試行は続けます） " + _spell(trial.params))

    n_left = n_trials - sum(trial.state.is_finished() for trial in study.trials)
    study.optimize(objective, n_trials=max(0, n_left), catch=(TrainingError,), callbacks=[explain])
    return _write_result(study, fixed, out)


def choose_parameters(fixed: dict[str, Any], report: Callable[[str], None]) -> dict[str, Any]:
    """The parameters to search: the space without what is given, and without what stage 1's adapter decides."""
    parameters = {name: item for name, item in load_search_space()["parameters"].items() if name not in fixed}
    if fixed.get("stage1_model_path", Stage2Config().stage1_model_path) != NO_STAGE1:
        if parameters.pop(_FIXED_BY_STAGE1, None):
            report(
                f"{_FIXED_BY_STAGE1} は stage 1 の値に決まるので探しません（--stage1_model_path none なら探します）。"
            )
    if not parameters:
        raise UserError("探す設定が残っていません。", "固定するフラグを減らしてください。")
    return parameters


def with_alpha(chosen: dict[str, Any], fixed: dict[str, Any]) -> dict[str, Any]:
    """The chosen settings, and an alpha for a chosen rank unless alpha was given."""
    if _FIXED_BY_STAGE1 in chosen and "lora_alpha" not in fixed:
        return chosen | {"lora_alpha": _ALPHA_PER_R * chosen[_FIXED_BY_STAGE1]}
    return chosen


def _train_trial(settings: dict[str, Any], processed: Path, folder: Path) -> float:
    from seikaku.training.stage2 import train_stage2

    shutil.rmtree(checkpoints_folder(folder), ignore_errors=True)  # of a trial that was cut off
    run = train_stage2(Stage2Config(**settings), processed, folder)
    if run is None:
        raise KeyboardInterrupt  # a SIGTERM came; the study keeps the trials that ended
    mae = float(run.load_metrics()["best"]["mae"])
    shutil.rmtree(folder)
    return mae


def _suggest(trial: Any, name: str, item: dict[str, Any]) -> Any:
    if item["kind"] == "choice":
        return trial.suggest_categorical(name, item["values"])
    return trial.suggest_float(name, item["low"], item["high"], log=item["scale"] == "log")


def _check_same_search(out: Path, search: dict[str, Any]) -> None:
    path = out / "search.json"
    if path.is_file() and json.loads(path.read_text(encoding="utf-8")) != search:
        raise UserError(
            f"{out} には、別の設定での探索が残っています。",
            f"同じフラグで続けるか、--out に別のフォルダを指定してください（初めからなら {out} を削除）。",
        )
    write_json(path, search)


def _write_result(study: Any, fixed: dict[str, Any], out: Path) -> dict[str, Any]:
    trials = [
        {"number": trial.number, "state": trial.state.name, "validation_mae": trial.value, "params": trial.params}
        for trial in study.trials
    ]
    ended = [trial for trial in trials if trial["validation_mae"] is not None]
    if not ended:
        raise TrainingError(
            f"{len(trials)} 回の試行がすべて失敗しました: {out}",
            "1 つの設定で seikaku train --stage 2 を実行して、原因を確かめてください。",
        )
    best = min(ended, key=lambda trial: float(trial["validation_mae"]))
    settings = _as_json(fixed | with_alpha(best["params"], fixed))
    result = {"best": best | {"settings": settings}, "trials": trials}
    write_json(out / RESULT_NAME, result)
    return result


def _as_json(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}


def _spell(settings: dict[str, Any]) -> str:
    return " ".join(f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
                    for name, value in settings.items())  # fmt: skip
