"""Blocking work off the event loop: a bounded number of threads and of requests that wait for one.

In: a function and its arguments. Out: its result, or OverloadedError or TimeLimitError. Effect: threads.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from seikaku.inference.estimator import Estimator
from seikaku.serving.config import ServeConfig
from seikaku.serving.requests.problems import OverloadedError, TimeLimitError

_Result = TypeVar("_Result")


class Workplace:
    """The estimator, loaded once, and the threads that work with it."""

    def __init__(self, estimator: Estimator, config: ServeConfig) -> None:
        self.estimator = estimator
        self._n_places = config.max_concurrent + config.max_waiting
        self._timeout_seconds = config.timeout_seconds
        self._pool = ThreadPoolExecutor(config.max_concurrent, thread_name_prefix="seikaku")
        self._lock = threading.Lock()
        self._n_inside = 0
        self._n_threads = config.max_concurrent
        self._begun: dict[int, float] = {}  # what is at work -> when it began

    @property
    def is_stuck(self) -> bool:
        """Whether every thread has been at the same work for longer than allowed: then nothing more will be done."""
        now = time.monotonic()
        with self._lock:
            return sum(now - begun > self._timeout_seconds for begun in self._begun.values()) >= self._n_threads

    async def run(self, function: Callable[..., _Result], *args: Any) -> _Result:
        """The result of ``function(*args)``, run in a thread. Its errors pass through.

        Raises OverloadedError if no place to wait is free, TimeLimitError after the time allowed (waiting included).
        A thread cannot be stopped: work that ran out of time keeps its place until it ends.
        """
        with self._lock:
            if self._n_inside >= self._n_places:
                raise OverloadedError
            self._n_inside += 1
        future = self._pool.submit(self._work, function, *args)
        future.add_done_callback(self._leave)
        work = asyncio.wrap_future(future)
        try:
            await asyncio.wait({work}, timeout=self._timeout_seconds)
            if not work.done():
                raise TimeLimitError(self._timeout_seconds)
            return work.result()
        finally:
            work.cancel()  # takes back what has not begun, and forgets what nobody waits for

    def close(self) -> None:
        """Wait for the work in hand, and take no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, function: Callable[..., _Result], *args: Any) -> _Result:
        place = threading.get_ident()
        with self._lock:
            self._begun[place] = time.monotonic()
        try:
            return function(*args)
        finally:
            with self._lock:
                del self._begun[place]

    def _leave(self, _: "Future[Any]") -> None:
        with self._lock:
            self._n_inside -= 1
