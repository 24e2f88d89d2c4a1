"""Which figures describe somebody's language, in the order shown. Frozen values; no effects.

``least``: the amount below which a figure is not given. A figure of the text alone is given from where half of the
differences between speakers that it shows come back in other text of the same speakers: two parts of a speaker agree
at .5 or more, measured on RealPersonaChat by ``training.fitting.language_norm`` and kept with the embedded norm.
(Emoji, which hardly anybody uses there, are given like laughs.) Whether there is a percentile as well is for the norm's
own agreement to say. Figures of times and turns have no norm, since that corpus takes strict turns by appointment. Its
reply times agree at .70 from 15 replies and .79 from 30, its shares of characters at .66 from 120 messages of both; a
share of 20 openings is known within 11 points, of 50 messages' hours within 7 (one standard error).
"""

from dataclasses import dataclass
from typing import Literal

Group = Literal["amount", "rhythm", "style", "words"]
GROUPS: tuple[Group, ...] = ("amount", "rhythm", "style", "words")


@dataclass(frozen=True, slots=True)
class FigureKind:
    """One figure: its key, the group it is shown in, its unit, and what it is counted over (``basis``).

    ``least``: how many of its basis it needs. ``part_unit``: what its parts are given in, None for one without parts.
    """

    key: str
    group: Group
    unit: str
    basis: str
    least: int = 1
    part_unit: Literal["share", "count"] | None = None


FIGURES: tuple[FigureKind, ...] = (
    FigureKind("messages", "amount", "messages", "messages"),
    FigureKind("characters", "amount", "characters", "messages"),
    FigureKind("messages_per_day", "amount", "messages_per_day", "days", least=7),
    FigureKind("characters_per_day", "amount", "characters_per_day", "days", least=7),
    FigureKind("message_share", "amount", "share", "messages_of_all", least=100, part_unit="share"),
    FigureKind("character_share", "amount", "share", "messages_of_all", least=100, part_unit="share"),
    FigureKind("reply_seconds", "rhythm", "seconds", "replies", least=20),
    FigureKind("messages_in_a_row", "rhythm", "messages_per_turn", "turns", least=20),
    FigureKind("opening_share", "rhythm", "share", "openings", least=20),
    FigureKind("hours", "rhythm", "hour", "messages_with_time", least=50, part_unit="share"),
    FigureKind("characters_per_message", "style", "characters", "messages", least=15),
    FigureKind("question_share", "style", "share", "messages", least=65),
    FigureKind("exclamation_share", "style", "share", "messages", least=15),
    FigureKind("emoji_share", "style", "share", "messages", least=30),
    FigureKind("laugh_share", "style", "share", "messages", least=30),
    FigureKind("polite_share", "style", "share", "sentences", least=35),
    FigureKind("final_particles", "style", "share", "sentences", least=75, part_unit="share"),
    FigureKind("first_person", "words", "per_1000_characters", "characters", least=2500, part_unit="count"),
    FigureKind("fillers", "words", "per_1000_characters", "characters", least=4000, part_unit="count"),
    FigureKind("variety", "words", "ratio", "letter_pairs", least=900),
)
