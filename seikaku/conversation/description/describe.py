"""A speaker's language in figures. In: conversations, a speaker, a norm group's. Out: ``LanguageFigure``s.

A description of what was written, and of nothing behind it: no figure here is a trait. Effect of ``load_norm``: reads
the file named.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from seikaku.conversation.description.catalogue import FIGURES, FigureKind
from seikaku.conversation.description.counting import Measured, measure_text
from seikaku.conversation.description.own_text import join_own_text
from seikaku.conversation.description.placing import LanguageNorm, Place
from seikaku.conversation.description.turn_taking import measure_turns
from seikaku.conversation.turns import Conversation
from seikaku.errors import DataError, both
from seikaku.places import ASSETS

EMBEDDED_NORM = ASSETS / "language" / "realpersonachat.json"
SCHEMA_VERSION = 1
# In the JSON form, beside the figures: what they are and what they are not.
ABOUT = "description_of_language_not_of_a_trait"


@dataclass(frozen=True, slots=True)
class FigurePart:
    """One part of a figure: one ending, one word, one hour. ``value`` in the figure's ``part_unit``."""

    name: str
    value: float
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class LanguageFigure:
    """One figure of a speaker's language.

    ``value`` None: the talk holds less than ``kind.least`` of what it is counted over (``n``), or none at all (no
    times, nobody else). ``place`` None: no norm group, or none that this can be compared with at this amount.
    """

    kind: FigureKind
    value: float | None
    n: int
    place: Place | None = None
    parts: tuple[FigurePart, ...] = ()

    @property
    def key(self) -> str:
        """Its name in the catalogue and in JSON."""
        return self.kind.key

    @property
    def unit(self) -> str:
        """What ``value`` is given in."""
        return self.kind.unit

    @property
    def percentile(self) -> float | None:
        """How many of 100 people of the norm group have less, None without a place."""
        return None if self.place is None else self.place.percentile


@dataclass(frozen=True, slots=True)
class Description:
    """A speaker's figures in the catalogue's order, and the norm group that they stand beside (None: beside nobody)."""

    figures: tuple[LanguageFigure, ...]
    norm: LanguageNorm | None

    @classmethod
    def of(cls, conversations: Sequence[Conversation], speaker: str) -> "Description":
        """What ``speaker`` wrote in the conversations, beside the norm group that comes with the package."""
        norm = embedded_norm()
        return cls(describe_language(conversations, speaker, norm), norm)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return to_dict(self.figures, self.norm)


def describe_language(
    conversations: Sequence[Conversation], speaker: str, norm: LanguageNorm | None
) -> tuple[LanguageFigure, ...]:
    """Every figure of the catalogue, in its order, from all that ``speaker`` wrote in the conversations."""
    own = [u.text for conversation in conversations for u in conversation.utterances if u.speaker == speaker]
    measured = measure_text(join_own_text(own)) | measure_turns(conversations, speaker)
    return tuple(_figure(kind, measured[kind.key], norm) for kind in FIGURES)


def to_dict(figures: Sequence[LanguageFigure], norm: LanguageNorm | None) -> dict[str, Any]:
    """The JSON form: rounded values, keys in the catalogue's order; None where a figure or a place cannot be said."""
    return {
        "schema_version": SCHEMA_VERSION,
        "about": ABOUT,
        "norm": None if norm is None else _norm_identity(norm),
        "figures": {figure.key: _figure_to_dict(figure) for figure in figures},
    }


def load_norm(path: Path = EMBEDDED_NORM) -> LanguageNorm:
    """Load a norm group's language. Raises DataError for a file that holds none."""
    try:
        return LanguageNorm.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(
            both(f"言葉の基準集団を読めません: {path}", f"This is no norm group's language: {path}"),
            both(
                "python -m seikaku.cli.language_norm で作ったファイルを指定してください。",
                "Give a file that python -m seikaku.cli.language_norm wrote.",
            ),
        ) from None


@cache
def embedded_norm() -> LanguageNorm:
    """The norm group that comes with the package, read once."""
    return load_norm()


def _figure(kind: FigureKind, measured: Measured, norm: LanguageNorm | None) -> LanguageFigure:
    if measured.value is None or measured.n < kind.least:
        return LanguageFigure(kind, None, measured.n)

    def place(key: str, value: float) -> Place | None:
        return None if norm is None else norm.place(key, value, measured.n)

    parts = tuple(FigurePart(name, value, place(f"{kind.key}/{name}", value)) for name, value in measured.parts)
    return LanguageFigure(kind, measured.value, measured.n, place(kind.key, measured.value), parts)


def _norm_identity(norm: LanguageNorm) -> dict[str, Any]:
    names = ("name_ja", "name_en", "n_speakers", "date", "corpus", "licence")
    return {name: getattr(norm, name) for name in names}


def _figure_to_dict(figure: LanguageFigure) -> dict[str, Any]:
    kind = figure.kind
    value: dict[str, Any] = {
        "group": kind.group,
        "value": _round(figure.value),
        "unit": kind.unit,
        "n": figure.n,
        "basis": kind.basis,
        "least_n": kind.least,
        **_place_to_dict(figure.place),
    }
    if kind.part_unit is not None:
        value["part_unit"] = kind.part_unit
        value["parts"] = [
            {"name": part.name, "value": _round(part.value), **_place_to_dict(part.place)} for part in figure.parts
        ]
    return value


def _place_to_dict(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {"percentile": None, "percentile_80": None, "same_share": None}
    return {
        "percentile": round(place.percentile),
        "percentile_80": [round(place.low), round(place.high)],
        "same_share": round(place.same, 2),
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
