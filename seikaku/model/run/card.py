"""The card of a two-stage LoRA run, written at every save. In: settings, data and figures. Out: Markdown."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, StrictUndefined

from seikaku.config import EMBEDDED
from seikaku.model.calibration import Calibration
from seikaku.places import PACKAGE
from seikaku.traits import TRAITS

_STATES = {"completed": "完了", "failed": "失敗", "stopped": "途中で停止", "running": "未完了"}
_MAX_FAILURE_CHARS = 80


def render_lora_card(
    config: Mapping[str, Any], metrics: Mapping[str, Any], calibration: Calibration | None = None
) -> str:
    """The card in Japanese with an English summary, from what the run's folder records; stage 2 has a calibration."""
    template = (PACKAGE / "model" / "templates" / "lora_card.md.j2").read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    tuning = _tuning_table(config["tuning"], config["config"]) if "tuning" in config else None
    return (
        environment.from_string(template).render(
            run=config,
            embedded=EMBEDDED,
            best=metrics["best"],
            test=metrics.get("test"),
            traits=TRAITS,
            calibration=calibration,
            tuning=tuning,
        )
        + "\n"
    )


def _tuning_table(result: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The trials, least error first, as cells; and which searched settings this run has otherwise."""
    best = result["best"]
    names = sorted({name for trial in result["trials"] for name in trial["params"]})
    trials = sorted(result["trials"], key=lambda trial: (trial["validation_mae"] is None, trial["validation_mae"] or 0))
    return {
        "n_trials": len(trials),
        "n_figures": sum(trial["validation_mae"] is not None for trial in trials),
        "names": names,
        "rows": [_tuning_row(trial, names, is_best=trial["number"] == best["number"]) for trial in trials],
        "changed": [f"{name}={settings[name]}" for name, value in best["params"].items() if settings[name] != value],
    }


def _tuning_row(trial: Mapping[str, Any], names: list[str], *, is_best: bool) -> list[str]:
    mae, failure = trial["validation_mae"], trial["failure"]
    state = _STATES[trial["state"]]
    if failure:
        reason = " ".join(failure.split())
        shown = reason if len(reason) <= _MAX_FAILURE_CHARS else f"{reason[:_MAX_FAILURE_CHARS]}…"
        state += ": " + shown.replace("|", "\\|")  # else it would begin a new cell
    figure = "–" if mae is None else f"{mae:.4f}"
    number = f"{trial['number']}"
    chosen = [_shown(trial["params"][name]) if name in trial["params"] else "–" for name in names]
    return [f"**{number}**", state, f"**{figure}**", *chosen] if is_best else [number, state, figure, *chosen]


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
