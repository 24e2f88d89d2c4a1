"""The card of a two-stage LoRA run, written at every save. In: settings, data and figures. Out: Markdown."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from seikaku.model.run_calibration import RunCalibration
from seikaku.traits import TRAITS


def render_lora_card(
    config: Mapping[str, Any], metrics: Mapping[str, Any], calibration: RunCalibration | None = None
) -> str:
    """The card in Japanese with an English summary, from what the run's folder records; stage 2 has a calibration."""
    template = files("seikaku.model").joinpath("templates/lora_card.md.j2").read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    return (
        environment.from_string(template).render(
            run=config, best=metrics["best"], traits=TRAITS, calibration=calibration
        )
        + "\n"
    )
