"""Asking again and again: soon at first, then seldom. Effect: waits."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

_Answer = TypeVar("_Answer")
FIRST_SECONDS, GROWTH, LONGEST_SECONDS = 0.5, 1.5, 15.0


def poll(ask: Callable[[], _Answer]) -> Iterator[_Answer]:
    """Yield answer after answer, without end, with growing pauses between."""
    pause = FIRST_SECONDS
    while True:
        yield ask()
        time.sleep(pause)
        pause = min(pause * GROWTH, LONGEST_SECONDS)
