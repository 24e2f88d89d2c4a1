"""The settings file of a model's folder: JSON with a format and its version. Effect: reads."""

from pathlib import Path
from typing import Any

from seikaku.errors import ModelError, Words, both
from seikaku.model.checking import read_json


def read_settings(path: Path, expected: tuple[str, int], *, subject: Words, mend: Words) -> dict[str, Any]:
    """The settings in ``path``; ``expected``: format and version. ``subject`` and ``mend``: words for the error.

    Raises ModelError when the file cannot be read or is of another format.
    """
    try:
        settings = read_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ModelError(
            both(
                f"{subject}の設定を読めません: {path}", f"The settings of this {subject.english} cannot be read: {path}"
            ),
            mend,
        ) from None
    found = (settings.get("format"), settings.get("format_version")) if isinstance(settings, dict) else (None, None)
    if found[0] != expected[0]:
        raise ModelError(
            both(
                f"この{subject}の形式は扱えません（見つかった形式: {found[0]}）: {path.parent}",
                f"The format of this {subject.english} is not known (found: {found[0]}): {path.parent}",
            ),
            mend,
        )
    if found != expected:
        raise ModelError(
            both(
                f"この{subject}は別の版の形式で書かれています"
                f"（見つかった版 {found[1]}、必要な版 {expected[1]}）: {path.parent}",
                f"This {subject.english} is written in another version of its format "
                f"(found {found[1]}, needed {expected[1]}): {path.parent}",
            ),
            mend,
        )
    assert isinstance(settings, dict)
    return settings
