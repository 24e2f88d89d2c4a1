"""Which lines that look like a message's head are the app's, and which somebody pasted. Pure.

An app writes messages in the order of time; what was pasted is older.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.line.days import heaviest_rising
from seikaku.errors import both

# One moment far ahead, typed by somebody, must not hide all that follows.
_MAX_SHARE_BACK = 0.2
_MAX_SHARE_AHEAD = 0.02


def keep_rising(moments: Sequence[datetime], late: timedelta) -> list[int]:
    """Positions of the moments that do not go back by more than ``late``. The first one is the app's."""
    kept: list[int] = []
    latest: datetime | None = None
    for position, moment in enumerate(moments):
        if latest is None or moment >= latest - late:
            kept.append(position)
            latest = moment if latest is None else max(latest, moment)
    if len(moments) - len(kept) <= _MAX_SHARE_BACK * len(moments):
        return kept
    usable = [position for position, moment in enumerate(moments) if moment >= moments[0] - late]
    rising = [usable[place] for place in _longest_rising([moments[position] for position in usable], late)]
    return rising if _leaves_only_what_is_ahead(moments, usable, rising) else kept


def _leaves_only_what_is_ahead(moments: Sequence[datetime], usable: Sequence[int], rising: Sequence[int]) -> bool:
    """Whether ``rising`` leaves out but a few of ``usable``, each later than all that stands below it."""
    in_row = set(rising)
    n_left = len(usable) - len(in_row)
    if not in_row or n_left > max(1, _MAX_SHARE_AHEAD * len(usable)):
        return False
    latest_below = moments[usable[-1]]
    for position in reversed(usable):
        if position in in_row:
            latest_below = max(latest_below, moments[position])
        elif moments[position] <= latest_below and position != usable[-1]:
            return False
    return True


def _longest_rising(moments: Sequence[datetime], late: timedelta) -> list[int]:
    """Positions of the longest rising row, and of those that lie within ``late`` of the two beside them."""
    order = sorted(set(moments))
    row = heaviest_rising([bisect_left(order, moment) for moment in moments], [1.0] * len(moments), strict=False)
    kept: list[int] = []
    following = iter(row)
    after: int | None = next(following, None)
    before: datetime | None = None
    for position, moment in enumerate(moments):
        if position == after:
            before, after = moment, next(following, None)
            kept.append(position)
        elif (before is None or moment >= before - late) and (after is None or moment <= moments[after] + late):
            kept.append(position)
    return kept


def warn_of_pasted(collector: Collector, n_pasted: int) -> None:
    """Tell that so many lines looked like heads and were read as parts of the messages above them."""
    if n_pasted:
        collector.warn(
            both(
                f"発言の見出しに見える行 {n_pasted} 件は、日時が前へ戻るか形が違うので、"
                "貼り付けられた文として前の発言の続きに読みました。",
                f"{n_pasted} lines that look like the head of a message go back in time or have another shape; they "
                "were read as text pasted into the message above.",
            )
        )


def warn_of_date_order(collector: Collector) -> None:
    """Tell that the file does not show which number is the day."""
    collector.warn(
        both(
            "日付の日と月の順がこのファイルからは決まりません。日時は違っているかもしれません。",
            "This file does not show whether its dates have the day or the month first; the dates may be wrong.",
        )
    )
