"""Messages sent in a row -> turns. In: utterances in order. Out: utterances, one a turn. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from seikaku.conversation.turns import Utterance

# Chat is written in pieces. LINE gives minutes only, so a much shorter gap would cut one thought in two.
MAX_GAP_MINUTES = 5.0


def merge_bursts(utterances: Iterable[Utterance], *, max_gap_minutes: float = MAX_GAP_MINUTES) -> tuple[Utterance, ...]:
    """Join consecutive messages by one speaker into turns; texts are joined with a newline.

    A message joins the turn if it comes at most ``max_gap_minutes`` after the turn's latest message, or if one of the
    two has no timestamp. A turn's timestamp is its first known one.
    """
    max_gap = timedelta(minutes=max_gap_minutes)
    bursts: list[list[Utterance]] = []
    latest: datetime | None = None  # of the burst; a maximum, as clocks are set back
    for utterance in utterances:
        timestamp = utterance.timestamp
        in_time = latest is None or timestamp is None or timestamp - latest <= max_gap
        if bursts and bursts[-1][0].speaker == utterance.speaker and in_time:
            bursts[-1].append(utterance)
            latest = timestamp if latest is None else max(latest, timestamp or latest)
        else:
            bursts.append([utterance])
            latest = timestamp
    return tuple(_join(burst) for burst in bursts)


def _join(burst: list[Utterance]) -> Utterance:
    timestamp = next((utterance.timestamp for utterance in burst if utterance.timestamp), None)
    return Utterance(burst[0].speaker, "\n".join(utterance.text for utterance in burst), timestamp)
