"""A trained model of any kind, as an estimate needs it. Types only; no effects."""

from dataclasses import dataclass
from typing import Any

from seikaku.model.calibration import AccuracyCurve, AmountTable
from seikaku.model.norm import Norm
from seikaku.model.text_model import TextModel
from seikaku.model.typicality import Typicality


@dataclass(frozen=True)
class TrainedModel:
    """What an estimate needs. ``half_widths`` is by amount of text in the text model's unit, on the 1-7 scale.

    ``floor_chars``: least text that was measured; ``is_provisional``: ``accuracy`` was measured on a
    few validation speakers only. ``known_share_floor``: the share of known character pairs below
    which text is unlike the norm group's. ``typicality``: how the norm group writes, None where that was not measured;
    ``bounds``: by amount, the distance from the mean that 99 of 100 estimates of unseen people stay within, None for no
    bound. ``provenance`` says which data and settings made it.
    """

    model_id: str
    text_model: TextModel
    half_widths: AmountTable
    accuracy: AccuracyCurve
    norm: Norm
    floor_chars: int
    known_share_floor: float
    provenance: dict[str, Any]
    model_hash: str = ""
    is_provisional: bool = False
    typicality: Typicality | None = None
    bounds: AmountTable | None = None
