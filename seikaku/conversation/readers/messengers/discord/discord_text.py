"""Discord's Markdown -> the writer's words, and what was taken out; moments of its tables and texts. Pure."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from seikaku.conversation.readers.markup import remove_markup, tidy

_TOKEN = re.compile(r"<(?:@[!&]?|#|t:|id:|/)[^<>\n]{1,100}>|@(?:everyone|here)(?![^\s、。])")
_EMOJI = re.compile(r"<a?:\w{1,40}:\d{1,25}>|:(?![\d:]+:)[A-Za-z0-9_+-]{1,60}:")
_ENGLISH = re.compile(r"(\d{1,2})-([A-Z][a-z]{2})-(\d{2}|\d{4}) (\d{1,2}):(\d{2}) ?([AP]M)?", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MAX_NAMES = 50
# What the exporter writes for what the server did.
_SYSTEM = re.compile(
    r"Joined the server\.|Pinned a message\.|Started a call that lasted [\d,]+ minutes?\.|Started a thread\."
    r"|(?:Added|Removed) .{1,100} (?:to|from) the group\.|Left the group\.|Changed the channel (?:icon|name)\."
    r"|Changed the channel name: .{1,200}"
)
_PIECE = 1_000


def read_text(text: str, names: Iterable[str] = ()) -> tuple[str, Counter[str]]:
    """The words of one message. ``names`` are those whom it mentions."""
    removed: Counter[str] = Counter()
    text, n_mentions = _TOKEN.subn(" ", text)
    text, n_emoji = _EMOJI.subn(" ", text)
    for name in sorted(set(names), key=len, reverse=True)[:_MAX_NAMES]:
        found = text.count(f"@{name}") if name else 0
        if found:
            text, n_mentions = text.replace(f"@{name}", " "), n_mentions + found
    text, marked = remove_markup(text)
    for reason, count in (("mention", n_mentions), ("other_media", n_emoji)):
        if count:
            removed[reason] += count
    removed += marked
    return tidy(text) if removed else text, removed


def is_system(text: str) -> bool:
    """Whether a text is the exporter's own for a join, a pin, a call. Only formats that do not say it need this."""
    return len(text) < _PIECE and _SYSTEM.fullmatch(text.strip()) is not None


def read_english(written: str) -> datetime | None:
    """``02-Jan-24 01:45 PM``, as older exporters write it; None for anything else."""
    match = _ENGLISH.fullmatch(written.strip()) if len(written) < _PIECE else None
    if match is None or match[2] not in _MONTHS:
        return None
    year, hour = int(match[3]), int(match[4])
    if match[6]:
        hour = hour % 12 + (12 if match[6] == "PM" else 0)
    try:
        return datetime(
            year if year > 99 else 2000 + year, _MONTHS.index(match[2]) + 1, int(match[1]), hour, int(match[5])
        )
    except ValueError:
        return None
