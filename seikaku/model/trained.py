"""A trained model of any kind, as an estimate needs it. Types only; no effects."""

from dataclasses import dataclass
from typing import Any

from seikaku.model.calibration import Calibration
from seikaku.model.text_model import TextModel
from seikaku.model.typicality import WritingNorm


@dataclass(frozen=True)
class TrainedModel:
    """What an estimate needs.

    ``calibration``: what the model knows of its accuracy; its tables are by amount of text in the text model's unit.
    ``typicality``: how the norm group writes, None where that was not measured. ``provenance`` says which data and
    settings made it.
    """

    model_id: str
    text_model: TextModel
    calibration: Calibration
    provenance: dict[str, Any]
    model_hash: str = ""
    typicality: WritingNorm | None = None
