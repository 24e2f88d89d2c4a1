"""Nemotron-Personas-Japan: raw rows of text -> validated rows. No effects.

Source: NVIDIA 2025, huggingface.co/datasets/nvidia/Nemotron-Personas-Japan, CC BY 4.0; synthetic, no real person.
22 columns and no Big Five score. One row, fictional and shortened:

``{"uuid": "0000...01", "professional_persona": "架空 花子は…", ..., "skills_and_expertise_list": "['経理', '接客']",
..., "sex": "女", "age": "34", "marital_status": "未婚", "education_level": "高校卒", "occupation": "事務員",
"region": "関東地方", "area": "東日本", "prefecture": "千葉県", "country": "日本"}``

The ``*_list`` columns are Python literals in text. What cannot be used is counted by reason (docs/data.md).
"""

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from seikaku.errors import DataError, both

LIST_COLUMNS = ("skills_and_expertise_list", "hobbies_and_interests_list")
COLUMNS = (
    "uuid",
    "professional_persona",
    "sports_persona",
    "arts_persona",
    "travel_persona",
    "culinary_persona",
    "persona",
    "cultural_background",
    "skills_and_expertise",
    "skills_and_expertise_list",
    "hobbies_and_interests",
    "hobbies_and_interests_list",
    "career_goals_and_ambitions",
    "sex",
    "age",
    "marital_status",
    "education_level",
    "occupation",
    "region",
    "area",
    "prefecture",
    "country",
)
# A row without one of these cannot serve stage 1 (text in; age, sex and occupation out).
REQUIRED_COLUMNS = ("uuid", "persona", "sex", "age", "occupation")
SEXES = ("男", "女")
MAX_AGE = 120


def validate_columns(found: Iterable[str], where: str) -> None:
    """Raise DataError naming the columns that ``where`` lacks; further columns are allowed and ignored."""
    present = set(found)
    missing = [column for column in COLUMNS if column not in present]
    if missing:
        raise DataError(
            both(
                f"{where} に必要な列がありません: {', '.join(missing)}", f"{where} lacks columns: {', '.join(missing)}"
            ),
            both(
                "Nemotron-Personas-Japan の 22 列がそろったファイルを --nemotron に指定してください。",
                "Give --nemotron a file with all 22 columns of Nemotron-Personas-Japan.",
            ),
        )


def parse_persona(row: Mapping[str, str | None], dropped: Counter[str]) -> dict[str, Any] | None:
    """One raw row -> its validated values by column, or None when unusable (counted in ``dropped`` by reason).

    Texts are stripped, None where empty; ``age`` is int; the list columns are lists of str, None when unreadable.
    """
    texts = {column: (row[column] or "").strip() or None for column in COLUMNS}
    if any(texts[column] is None for column in REQUIRED_COLUMNS):
        dropped["persona_missing_value"] += 1
        return None
    if texts["sex"] not in SEXES:
        dropped["persona_unknown_sex"] += 1
        return None
    age = _parse_age(texts["age"] or "")
    if age is None:
        dropped["persona_age_out_of_range"] += 1
        return None
    lists = {column: _parse_list(texts[column], dropped) for column in LIST_COLUMNS}
    return {**texts, **lists, "age": age}


def _parse_age(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 3 and int(text) <= MAX_AGE else None


def _parse_list(text: str | None, dropped: Counter[str]) -> list[str] | None:
    if text is None:
        return None
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):  # what literal_eval raises on untrusted text
        value = None
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    dropped["persona_list_unreadable_set_null"] += 1
    return None
