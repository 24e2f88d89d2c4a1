"""JSON as text -> values, with the place of what is broken told to the user. Pure."""

import json
from typing import Any

from seikaku.conversation.readers.source import Source
from seikaku.errors import InputFileError, both


def read_document(source: Source) -> Any:
    """The JSON value of the whole file. Raises InputFileError, with line and column, where it is broken."""
    return load_json(source, source.text) if source.document is None else source.document


def load_json(source: Source, text: str, line_number: int = 1) -> Any:
    """Parse ``text``, which begins at ``line_number`` of the file. Raises InputFileError with line and column."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = error.lineno + line_number - 1
        where = both(f"{line} 行 {error.colno} 列", f"line {line}, column {error.colno}")
    except RecursionError:
        where = both("入れ子が深すぎます", "it is nested too deeply")
    except ValueError:  # an integer of more digits than Python reads
        where = both("数値が長すぎます", "a number is too long")
    raise InputFileError(
        both(
            f"{source.name} は JSON として壊れています（{where}）。",
            f"{source.english_name} is broken as JSON ({where.english}).",
        ),
        both(
            "その場所の引用符・かっこ・カンマを確かめるか、もとのアプリから書き出し直してください。",
            "Check the quotes, brackets and commas there, or export it anew from the app that it came from.",
        ),
    )
