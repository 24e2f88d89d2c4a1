"""Figures as text, the same everywhere in a report. In: numbers, None for what is not known. Out: words. No effects."""

from seikaku.inference.estimates import Accuracy
from seikaku.report.words.texts import Lang, format_range

NONE = "—"
MINUS = "\N{MINUS SIGN}"


def format_number(value: float | None, digits: int) -> str:
    """A number with ``digits`` decimals; a dash for None."""
    return NONE if value is None else minus(f"{value:.{digits}f}")


def format_signed(value: float | None, digits: int) -> str:
    """A number with its sign, a dash for None. What rounds to 0 has no sign."""
    if value is None:
        return NONE
    rounded = round(value, digits)
    return minus(f"{rounded:+.{digits}f}") if rounded else f"{0:.{digits}f}"


def format_interval(ends: tuple[float, float] | None, digits: int, lang: Lang) -> str:
    """Both ends of an interval; a dash for None."""
    if ends is None:
        return NONE
    low, high = (format_number(end, digits) for end in ends)
    return format_range(low, high, lang)


def format_signed_interval(ends: tuple[float, float] | None, digits: int, lang: Lang) -> str:
    """Both ends of an interval of differences, with their signs; a dash for None."""
    if ends is None:
        return NONE
    low, high = (format_signed(end, digits) for end in ends)
    # An en dash beside a minus sign would be misread.
    return format_range(low, high, lang) if lang == "ja" else f"{low} to {high}"


def format_accuracy(accuracy: Accuracy | None, lang: Lang) -> str:
    """r with its 95 % interval; a dash for None."""
    if accuracy is None:
        return NONE
    interval = format_interval((accuracy.r_low_95, accuracy.r_high_95), 2, lang)
    return f"{format_number(accuracy.r, 2)} ({interval})"


def minus(formatted: str) -> str:
    """``formatted`` with a true minus sign."""
    return formatted.replace("-", MINUS)
