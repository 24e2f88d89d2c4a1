"""Search over stage 2's settings on this machine. In: a search space and fixed settings. Out: every trial, the best.

The objective is the mean absolute error on validation speakers that no trial trains on. It chooses among trials on the
same few speakers, so the best figure is a little too good; `seikaku evaluate` measures.
Effects: reads, trains, writes a study that a later call goes on with, reports lines.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seikaku.config import Stage2Config
from seikaku.errors import TrainingError, UserError, both
from seikaku.files import write_json
from seikaku.settings import to_json
from seikaku.training.loop.checkpoints import checkpoints_folder
from seikaku.training.tuning.space import choose_parameters

RESULT_NAME = "tuning.json"
_STATES = {"COMPLETE": "completed", "FAIL": "failed"}  # every other state of Optuna: running
_FAILURE = "failure"


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
    _check_same_search(out, {"fixed": to_json(fixed), "parameters": parameters})
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
        try:
            mae = _train_trial(fixed | chosen, processed, out / f"trial-{trial.number}")
        except TrainingError as error:
            trial.set_user_attr(_FAILURE, error.message)
            raise
        report(f"tune trial={trial.number} validation_mae={mae:.4f} " + _spell(chosen))
        return mae

    def explain(_study: Any, trial: Any) -> None:
        if trial.state == optuna.trial.TrialState.FAIL:
            why = trial.user_attrs[_FAILURE]
            report(f"tune trial={trial.number} 失敗（ほかの試行は続けます）: {why} " + _spell(trial.params))

    n_left = n_trials - sum(trial.state.is_finished() for trial in study.trials)
    study.optimize(objective, n_trials=max(0, n_left), catch=(TrainingError,), callbacks=[explain])
    return _write_result(study, fixed, out)


def _train_trial(settings: dict[str, Any], processed: Path, folder: Path) -> float:
    from seikaku.training.lora.stage2 import train_stage2

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
            both(f"{out} には、別の設定での探索が残っています。", f"{out} holds a search with other settings."),
            both(
                f"同じフラグで続けるか、--out に別のフォルダを指定してください（初めからなら {out} を削除）。",
                f"Go on with the same flags, or give --out another folder (to begin anew, delete {out}).",
            ),
        )
    write_json(path, search)


def _write_result(study: Any, fixed: dict[str, Any], out: Path) -> dict[str, Any]:
    trials = [
        {
            "number": trial.number,
            "state": _STATES.get(trial.state.name, "running"),
            "validation_mae": trial.value,
            "params": trial.params,
            "failure": trial.user_attrs.get(_FAILURE),
        }
        for trial in study.trials
    ]
    ended = [trial for trial in trials if trial["validation_mae"] is not None]
    if not ended:
        raise TrainingError(
            both(f"{len(trials)} 回の試行がすべて失敗しました: {out}", f"All {len(trials)} trials failed: {out}"),
            both(
                "1 つの設定で seikaku train --stage 2 を実行して、原因を確かめてください。",
                "Run seikaku train --stage 2 with one of the settings to find out why.",
            ),
        )
    best = min(ended, key=lambda trial: float(trial["validation_mae"]))
    result = {"best": best | {"settings": to_json(fixed | best["params"])}, "trials": trials}
    write_json(out / RESULT_NAME, result)
    return result


def _spell(settings: dict[str, Any]) -> str:
    return " ".join(f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
                    for name, value in settings.items())  # fmt: skip
