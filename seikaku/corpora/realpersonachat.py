"""RealPersonaChat: raw JSON text -> validated records. No effects but reading an archive that the caller opened.

Source: Yamashita et al. 2023 (PACLIC 37), github.com/nu-dialogue/real-persona-chat, CC BY-SA 4.0. One row, fictional:

``interlocutors.json``: ``{"ZA": {"interlocutor_id": "ZA", "personality": {"BigFive_Openness": 4.25, ..., "IOS": 4},
"demographic_information": {"gender": "Female", "age": "30-39", ...}, ...}}``

``dialogues/00001.json``: ``{"dialogue_id": 1, "interlocutors": ["ZA", "ZB"], "utterances": [{"utterance_id": 0,
"interlocutor_id": "ZA", "text": "こんにちは。", "timestamp": "2022-08-01T10:00:00.500000"}], ...}``

What cannot be used is counted in a ``Counter`` by reason (docs/data.md lists them) and never stops the run; a reason
that ends in ``_set_null`` took away one value, any other the whole entry.
"""

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from seikaku.errors import DataError, both
from seikaku.traits import SCALE_MAX, SCALE_MIN, TRAIT_KEYS

BIG_FIVE_FIELDS: dict[str, str] = {key: f"BigFive_{key.capitalize()}" for key in TRAIT_KEYS}

# What its speakers are called as a norm group, in Japanese and English.
NORM_NAMES = (
    "RealPersonaChat の話者（2022年のテキスト雑談、クラウドワーカー）",
    "speakers of RealPersonaChat (text chats of 2022, crowd workers)",
)

# The other questionnaires: scale -> (lowest, highest) possible mean.
OTHER_SCALES: dict[str, tuple[float, float]] = (
    dict.fromkeys(
        (
            "KiSS18_BasicSkill",
            "KiSS18_AdvancedSkill",
            "KiSS18_EmotionalManagementSkill",
            "KiSS18_OffenceManagementSkill",
            "KiSS18_StressManagementSkill",
            "KiSS18_PlanningSkill",
        ),
        (1.0, 5.0),
    )
    | {"IOS": (1.0, 7.0)}
    | dict.fromkeys(
        (
            "ATQ_Fear",
            "ATQ_Frustration",
            "ATQ_Sadness",
            "ATQ_Discomfort",
            "ATQ_ActivationControl",
            "ATQ_AttentionalControl",
            "ATQ_InhibitoryControl",
            "ATQ_Sociability",
            "ATQ_HighIntensityPleasure",
            "ATQ_PositiveAffect",
            "ATQ_NeutralPerceptualSensitivity",
            "ATQ_AffectivePerceptualSensitivity",
            "ATQ_AssociativeSensitivity",
        ),
        (1.0, 7.0),
    )
    | dict.fromkeys(("SMS_Extraversion", "SMS_OtherDirectedness", "SMS_Acting"), (1.0, 5.0))
)

# Careless answers: four or more of the five means at an end of the scale. A mean of 12 ratings gets there only when
# nearly every item was answered with the same extreme, whatever it asks.
CARELESS_LOW = 1.1
CARELESS_HIGH = 6.9
CARELESS_MIN_TRAITS = 4

MAX_DIALOGUE_ID = 2**31 - 1
_LAYOUT_MEND = both(
    "GitHub の nu-dialogue/real-persona-chat の zip を、展開も作り直しもせずに --realpersonachat に指定してください。",
    "Give --realpersonachat the zip of nu-dialogue/real-persona-chat on GitHub, neither unpacked nor packed anew.",
)


@dataclass(frozen=True, slots=True)
class SpeakerRecord:
    """One speaker's self-reports; None where an answer is missing or out of the scale's range.

    ``scores`` has the five trait keys (scale 1-7), ``other_scales`` the keys of ``OTHER_SCALES``.
    """

    speaker_id: str
    scores: dict[str, float | None]
    other_scales: dict[str, float | None]
    gender: str | None
    age_band: str | None

    @property
    def is_careless(self) -> bool:
        """True when at least ``CARELESS_MIN_TRAITS`` of the five means sit at an end of the scale."""
        known = [score for score in self.scores.values() if score is not None]
        return sum(score <= CARELESS_LOW or score >= CARELESS_HIGH for score in known) >= CARELESS_MIN_TRAITS


@dataclass(frozen=True, slots=True)
class UtteranceRecord:
    """One utterance: its position in the raw dialogue, who said it, the stripped text, naive local time or None."""

    utterance_index: int
    speaker_id: str
    text: str
    timestamp: datetime | None


@dataclass(frozen=True, slots=True)
class DialogueRecord:
    """One dialogue between two known speakers, each with at least one utterance."""

    dialogue_id: int
    utterances: tuple[UtteranceRecord, ...]


@dataclass(frozen=True, slots=True)
class ArchiveLayout:
    """The members of an archive that hold data, dialogues sorted by path."""

    interlocutors: str
    dialogues: tuple[str, ...]


def find_layout(archive: zipfile.ZipFile) -> ArchiveLayout:
    """Find the data in an open archive.

    Raises DataError where there is not one top folder, no interlocutors.json or no dialogue.
    """
    names = [name for name in archive.namelist() if not name.endswith("/")]
    tops = {name.partition("/")[0] for name in names}
    if len(tops) != 1:
        raise _wrong_layout(
            f"zip の一番上のフォルダが 1 つではありません（{len(tops)} 個）。",
            f"The zip has {len(tops)} top folders, not one.",
        )
    folder = PurePosixPath(tops.pop()) / "real_persona_chat"
    interlocutors = str(folder / "interlocutors.json")
    if interlocutors not in names:
        raise _wrong_layout(
            "zip に real_persona_chat/interlocutors.json がありません。",
            "The zip has no real_persona_chat/interlocutors.json.",
        )
    dialogues = (
        name for name in names if PurePosixPath(name).parent == folder / "dialogues" and name.endswith(".json")
    )
    layout = ArchiveLayout(interlocutors, tuple(sorted(dialogues)))
    if not layout.dialogues:
        raise _wrong_layout(
            "zip に real_persona_chat/dialogues/*.json が 1 つもありません。",
            "The zip has no real_persona_chat/dialogues/*.json.",
        )
    return layout


def _wrong_layout(japanese: str, english: str) -> DataError:
    return DataError(both(japanese, english), _LAYOUT_MEND)


def digest_content(archive: zipfile.ZipFile) -> str:
    """SHA-256 over (path below the top folder, SHA-256 of the bytes) of every member, sorted by path.

    Does not depend on how the zip was compressed. Reads every member whole, which also checks its CRC:
    raises zipfile.BadZipFile or zlib.error on a damaged member.
    """
    digest = hashlib.sha256()
    for path, name in sorted((name.partition("/")[2], name) for name in archive.namelist() if not name.endswith("/")):
        digest.update(f"{path}\0{hashlib.sha256(archive.read(name)).hexdigest()}\n".encode())
    return digest.hexdigest()


def parse_speakers(raw: bytes, dropped: Counter[str]) -> dict[str, SpeakerRecord]:
    """``interlocutors.json`` -> records by speaker id, sorted; what is unusable is counted in ``dropped``.

    Raises DataError when the file is no JSON object or holds no usable speaker: then the corpus is wrong as a whole.
    """
    table = _load_json(raw)
    if not isinstance(table, dict):
        raise _wrong_layout(
            "interlocutors.json を JSON のオブジェクトとして読めません。", "interlocutors.json is no JSON object."
        )
    speakers = {}
    for speaker_id in sorted(table):
        record = _parse_speaker(speaker_id, table[speaker_id], dropped)
        if record is not None:
            speakers[speaker_id] = record
    if not speakers:
        raise _wrong_layout(
            f"interlocutors.json に使える話者がいません（{len(table)} 件すべて不正）。",
            f"interlocutors.json has no usable speaker (all {len(table)} are malformed).",
        )
    return speakers


def _parse_speaker(speaker_id: str, entry: Any, dropped: Counter[str]) -> SpeakerRecord | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("personality"), dict) or not _is_unicode(speaker_id):
        dropped["speaker_malformed"] += 1
        return None
    if entry.get("interlocutor_id", speaker_id) != speaker_id:
        dropped["speaker_id_mismatch"] += 1
        return None
    answers = entry["personality"]
    demographics = entry.get("demographic_information")
    if not isinstance(demographics, dict):
        demographics = {}
    return SpeakerRecord(
        speaker_id,
        {key: _scale_mean(answers, field, (SCALE_MIN, SCALE_MAX), dropped) for key, field in BIG_FIVE_FIELDS.items()},
        {scale: _scale_mean(answers, scale, limits, dropped) for scale, limits in OTHER_SCALES.items()},
        _text_or_none(demographics.get("gender")),
        _text_or_none(demographics.get("age")),
    )


def _scale_mean(
    answers: Mapping[str, Any], field: str, limits: tuple[float, float], dropped: Counter[str]
) -> float | None:
    value = answers.get(field)
    if value is None:
        dropped["label_missing_set_null"] += 1
    elif isinstance(value, bool) or not isinstance(value, int | float) or not limits[0] <= value <= limits[1]:
        dropped["label_out_of_range_set_null"] += 1
    else:
        return float(value)
    return None


def parse_dialogue(raw: bytes, known_speakers: Collection[str], dropped: Counter[str]) -> DialogueRecord | None:
    """One dialogue file -> its record, or None when it is unusable (counted in ``dropped`` by reason).

    Utterances that are empty after strip, of a third speaker, or no valid text are dropped one by one.
    """
    table = _load_json(raw)
    if not isinstance(table, dict):
        dropped["dialogue_broken_json"] += 1
        return None
    dialogue_id: Any = table.get("dialogue_id")
    pair: Any = table.get("interlocutors")
    utterances: Any = table.get("utterances")
    if not _is_dialogue_id(dialogue_id) or not _is_pair(pair) or not isinstance(utterances, list):
        dropped["dialogue_malformed"] += 1
        return None
    if not all(speaker in known_speakers for speaker in pair):
        dropped["dialogue_unknown_speaker"] += 1
        return None
    records = tuple(
        record
        for index, entry in enumerate(utterances)
        if (record := _parse_utterance(index, entry, pair, dropped)) is not None
    )
    if len({record.speaker_id for record in records}) < 2:
        dropped["dialogue_one_sided"] += 1
        return None
    return DialogueRecord(dialogue_id, records)


def _is_dialogue_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_DIALOGUE_ID


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(speaker, str) for speaker in value)
        and value[0] != value[1]
    )


def _parse_utterance(index: int, entry: Any, pair: list[str], dropped: Counter[str]) -> UtteranceRecord | None:
    text = entry.get("text") if isinstance(entry, dict) else None
    if not isinstance(text, str) or not _is_unicode(text):
        dropped["utterance_malformed"] += 1
    elif entry.get("interlocutor_id") not in pair:
        dropped["utterance_unknown_speaker"] += 1
    elif not text.strip():
        dropped["utterance_empty"] += 1
    else:
        timestamp = _parse_timestamp(entry.get("timestamp"), dropped)
        return UtteranceRecord(index, entry["interlocutor_id"], text.strip(), timestamp)
    return None


def _parse_timestamp(value: Any, dropped: Counter[str]) -> datetime | None:
    try:
        timestamp = datetime.fromisoformat(value)
    except (TypeError, ValueError):  # the corpus writes "NaT" where the time was lost
        timestamp = None
    if timestamp is None or timestamp.tzinfo is not None:
        dropped["timestamp_missing_set_null"] += 1
        return None
    return timestamp


def _load_json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested without end
        return None


def _text_or_none(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) and _is_unicode(value) else None


def _is_unicode(text: str) -> bool:
    """False for a lone surrogate (JSON can spell one), which no UTF-8 file can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
