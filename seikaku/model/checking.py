"""Whether what a model's folder holds can be what it says it is: types, shapes, ranges. Raises ValueError. Pure.

A folder may come from a stranger: what passes here gives no error and no NaN in an estimate.
"""

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
_MAX = 1e9  # of any number in a model: what is larger is damage, and overflows further on


def read_json(text: str, *, is_finite: bool = True) -> Any:
    """``json.loads``; where it must be finite, ValueError for NaN and infinities. ValueError for what is too deep."""
    try:
        if not is_finite:
            return json.loads(text)
        return json.loads(text, parse_constant=_refuse, parse_float=_read_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def check_number(value: object, name: str, low: float = -_MAX, high: float = _MAX) -> float:
    """``value``, if it is a finite number from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name}: {_show(value)}")
    return value


def check_whole(value: object, name: str, low: int = 0) -> int:
    """``value``, if it is a whole number from ``low`` on."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= _MAX:
        raise ValueError(f"{name}: {_show(value)}")
    return value


def check_words(value: object, name: str) -> str:
    """``value``, if it is a text in one line."""
    if not isinstance(value, str) or not value or len(value) > 500 or not value.isprintable():
        raise ValueError(f"{name}: {_show(value)}")
    return value


def check_numbers(
    value: object,
    name: str,
    shape: tuple[int, ...],
    low: float = -_MAX,
    high: float = _MAX,
    *,
    may_hold_nan: bool = False,
) -> FloatArray:
    """``value`` as an array, if it has that shape (-1: any length but 0) and all of it is in the range (or NaN)."""
    try:
        array = np.asarray(value, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name}: {_show(value)}") from None
    fits = array.ndim == len(shape) and all(
        n == wanted or (wanted == -1 and n) for n, wanted in zip(array.shape, shape, strict=True)
    )
    is_fine = (array >= low) & (array <= high)
    if not fits or not (is_fine | np.isnan(array) if may_hold_nan else is_fine).all():
        raise ValueError(f"{name}: {array.shape}")
    return array


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _read_finite(written: str) -> float:
    value = float(written)
    if not math.isfinite(value):
        raise ValueError(written)
    return value


def _show(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) and not math.isnan(value) else type(value).__name__
