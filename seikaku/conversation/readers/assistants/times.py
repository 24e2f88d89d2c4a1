"""An assistant's timestamps (seconds since 1970, or ISO 8601 with an offset) -> naive Japan time. Pure."""

import math
from datetime import datetime, timedelta, timezone

from seikaku.conversation.readers.collector import Collector

_JAPAN = timezone(timedelta(hours=9))
_MIN_MILLISECONDS = 1e11  # as seconds: the year 5138


def read_japan_time(collector: Collector, written: object) -> datetime | None:
    """``written`` in Japan time, to the second; without an offset as it stands. What cannot be read is counted."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        moment = _from_seconds(written)
    elif isinstance(written, str):
        moment = _from_text(written)
    else:
        moment = None
    return moment or collector.read_timestamp(written)


def seconds_of(written: object) -> float:
    """A number that grows with the time written; minus infinity where it cannot be read."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return float(written) if abs(written) < 1e300 and not math.isnan(written) else float("-inf")
    moment = _from_text(written) if isinstance(written, str) else None
    return moment.replace(tzinfo=_JAPAN).timestamp() if moment and 1970 <= moment.year < 9999 else float("-inf")


def _from_seconds(written: float) -> datetime | None:
    try:
        seconds = math.floor(written / 1000 if written >= _MIN_MILLISECONDS else written)
        return datetime.fromtimestamp(seconds, _JAPAN).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None


def _from_text(written: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written.strip())
        local = moment.astimezone(_JAPAN).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None
    return local.replace(microsecond=0)
