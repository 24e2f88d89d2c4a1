"""Unix times, and ISO times with an offset -> naive Japan time (UTC+9), in whole seconds.

What cannot be read is None, and counted by the collector.
"""

import math
from datetime import UTC, datetime, timedelta, timezone

from seikaku.conversation.readers.collector import Collector

JAPAN = timezone(timedelta(hours=9))
_EPOCH = datetime(1970, 1, 1, 9)
_MIN_MILLISECONDS = 1e11  # as seconds this is the year 5138


def from_unix(collector: Collector, value: object) -> datetime | None:
    """Seconds or milliseconds since 1970, as a number or written; absent where it is null or empty."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return collector.read_timestamp(value)
    try:
        seconds = float(value)
        moment = _EPOCH + timedelta(seconds=int(seconds / 1000 if seconds > _MIN_MILLISECONDS else seconds))
    except (ValueError, OverflowError):
        return collector.read_timestamp(value)
    return moment if moment > _EPOCH else None


def from_iso(collector: Collector, written: object) -> datetime | None:
    """An ISO time; one without offset stays as it is."""
    if not isinstance(written, str):
        return collector.read_timestamp(written)
    try:
        moment = datetime.fromisoformat(written.strip())
        if moment.tzinfo is not None:
            moment = moment.astimezone(JAPAN).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return collector.read_timestamp(written)
    return moment.replace(microsecond=0)


def as_utc(collector: Collector, written: object) -> datetime | None:
    """As ``from_iso``; one without offset is UTC."""
    moment = from_iso(collector, written)
    if moment is None or not isinstance(written, str) or datetime.fromisoformat(written.strip()).tzinfo is not None:
        return moment
    try:
        return moment.replace(tzinfo=UTC).astimezone(JAPAN).replace(tzinfo=None)
    except OverflowError:
        return None


def from_number_or_iso(collector: Collector, written: object) -> datetime | None:
    """Seconds since 1970 as a number, or an ISO time."""
    return from_iso(collector, written) if isinstance(written, str) else from_unix(collector, written)


def seconds_of(written: object) -> float:
    """A number that grows with the time written; minus infinity where it cannot be read."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return float(written) if abs(written) < 1e300 and not math.isnan(written) else float("-inf")
    try:
        moment = datetime.fromisoformat(written.strip()) if isinstance(written, str) else None
        return moment.astimezone(JAPAN).timestamp() if moment and moment.tzinfo else _as_japan(moment)
    except (ValueError, OverflowError):
        return float("-inf")


def _as_japan(moment: datetime | None) -> float:
    return moment.replace(tzinfo=JAPAN).timestamp() if moment else float("-inf")
