"""The settings file of a model's folder: JSON with a format and its version. Effect: reads."""

import json
from pathlib import Path
from typing import Any

from seikaku.errors import ModelError


def read_settings(path: Path, expected: tuple[str, int], *, subject: str, mend: str) -> dict[str, Any]:
    """The settings in ``path``; ``expected``: format and version. ``subject`` and ``mend``: words for the error.

    Raises ModelError when the file cannot be read or is of another format.
    """
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ModelError(f"{subject}の設定を読めません: {path}", mend) from None
    found = (settings.get("format"), settings.get("format_version")) if isinstance(settings, dict) else (None, None)
    if found[0] != expected[0]:
        raise ModelError(f"この{subject}の形式は扱えません（見つかった形式: {found}）: {path.parent}", mend)
    if found != expected:
        versions = f"見つかった版 {found[1]}、必要な版 {expected[1]}"
        raise ModelError(f"この{subject}は別の版の形式で書かれています（{versions}）: {path.parent}", mend)
    assert isinstance(settings, dict)
    return settings
