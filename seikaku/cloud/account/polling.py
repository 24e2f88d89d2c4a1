"""Asking AWS again and again: soon at first, then seldom; a passing trouble is waited out. Effect: waits."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

_Answer = TypeVar("_Answer")
FIRST_SECONDS, GROWTH, LONGEST_SECONDS = 0.5, 1.5, 15.0
_MAX_FAULTS = 40  # in a row: about ten minutes without an answer
_PASSING = {"ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException", "InternalFailure",
            "InternalServerError", "ServiceUnavailable", "ServiceUnavailableException"}  # fmt: skip


def poll(ask: Callable[[], _Answer]) -> Iterator[_Answer]:
    """Yield answer after answer, without end, with growing pauses between."""
    pause = FIRST_SECONDS
    while True:
        yield ask_patiently(ask)
        time.sleep(pause)
        pause = min(pause * GROWTH, LONGEST_SECONDS)


def ask_patiently(ask: Callable[[], _Answer]) -> _Answer:
    """The answer, even where AWS is crowded or the network away for some minutes. Raises what does not pass."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

    for _ in range(_MAX_FAULTS - 1):
        try:
            return ask()
        except (ClientError, ConnectionError, HTTPClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] not in _PASSING:
                raise
            time.sleep(LONGEST_SECONDS)
    return ask()
