"""What stage 2 takes over from stage 1. In: settings with gaps. Out: settings without, and stage 1's folder. Reads."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from seikaku.config import ADAPTER_FIELDS, EARLIER_SETTINGS, INHERITED_FIELDS, NO_STAGE1, Stage1Config, Stage2Config
from seikaku.errors import UserError, both
from seikaku.model.run.folder import RunFolder, open_run_folder
from seikaku.settings import from_json, spell, to_json


def inherit_from_stage1(
    config: Stage2Config, report: Callable[[str], None], find_stage1: Callable[[str], Path] = Path
) -> tuple[Stage2Config, RunFolder | None]:
    """Fill every field that is None from stage 1's ``run_config.json`` and report each; the folder is None for "none".

    ``find_stage1``: where stage 1's folder lies, from the name that the settings give it.

    Raises ModelError when the folder is no whole run of stage 1, UserError when a given value does not fit its adapter.
    """
    if config.stage1_model_path == NO_STAGE1:
        return _fill(config, to_json(Stage1Config()), "stage 1 の既定値", report), None
    run = open_run_folder(find_stage1(config.stage1_model_path), stage=1)
    source = EARLIER_SETTINGS | run.load_config()["config"]
    for name in ADAPTER_FIELDS:
        given = getattr(config, name)
        if given is not None and to_json(given) != source[name]:
            raise UserError(
                both(
                    f"--{name} {spell(given)} は stage 1 の学習結果と合いません"
                    f"（{run.path} は {spell(source[name])}）。",
                    f"--{name} {spell(given)} does not fit stage 1's run ({run.path} has {spell(source[name])}).",
                ),
                both(
                    f"--{name} を省いて stage 1 の値を引き継ぐか、stage 1 から学習し直してください。",
                    f"Leave --{name} out to take over stage 1's, or train anew from stage 1.",
                ),
            )
    return _fill(config, source, str(run.path), report), run


def _fill(config: Stage2Config, source: dict[str, Any], origin: str, report: Callable[[str], None]) -> Stage2Config:
    filled = {name: source[name] for name in INHERITED_FIELDS if getattr(config, name) is None}
    for name, value in filled.items():
        if value is None:  # the backbone's kind will decide
            continue
        report(f"継承: {name}={spell(value)} ({origin})")
    return replace(config, **from_json(filled))
