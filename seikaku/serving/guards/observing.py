"""Logs (JSON lines on standard error) and Prometheus metrics. Neither ever holds text, names, queries or free paths."""

import json
import logging
import sys
import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from seikaku.inference.estimates import TraitEstimates
from seikaku.serving.requests.problems import describe_error

LOGGER = logging.getLogger("seikaku.serving")
_KNOWN_LOGGERS = ("seikaku.", "uvicorn.", "asyncio")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class JsonFormatter(logging.Formatter):
    """One JSON object a record. Of an exception only its class and place: its message may hold what a user wrote."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without newline."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        line |= getattr(record, "values", {})
        if record.exc_info and record.exc_info[1]:
            line["error"] = describe_error(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def _event(record: logging.LogRecord) -> str:
    """What happened, without what a library filled in or appended: a form's parser writes bytes of the form."""
    return str(record.msg).partition("\n")[0] if record.name.startswith(_KNOWN_LOGGERS) else "library"


def configure_logging() -> None:
    """Send our records and every library's warnings to standard error, one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    LOGGER.setLevel(logging.INFO)


class Metrics:
    """The figures of one application, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        labels = ("method", "route", "status")
        self._requests = Counter(
            "seikaku_http_requests", "Requests by method, route template and status.", labels, registry=self._registry
        )
        self._seconds = Histogram(
            "seikaku_http_request_seconds",
            "Time from a request's first byte to its answer's last.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.in_flight = Gauge("seikaku_http_requests_in_flight", "Requests at work.", registry=self._registry)
        self._traits = Counter(
            "seikaku_trait_estimates", "Estimates by trait and status.", ("trait", "status"), registry=self._registry
        )
        self._lines = Counter(
            "seikaku_batch_lines", "Lines of JSON Lines requests.", ("result",), registry=self._registry
        )

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(method_label(method), route, str(status)).inc()
        self._seconds.labels(method_label(method), route).observe(seconds)

    def count_estimates(self, estimates: TraitEstimates) -> None:
        """Count the statuses of the five traits."""
        for key, estimate in estimates.traits.items():
            self._traits.labels(key, estimate.status).inc()

    def count_line(self, *, is_error: bool) -> None:
        """Count one line of a batch."""
        self._lines.labels("error" if is_error else "ok").inc()

    def render(self) -> bytes:
        """The exposition text."""
        return generate_latest(self._registry)


def method_label(method: str) -> str:
    """The method, or OTHER for a word that a client made up."""
    return method if method in _METHODS else "OTHER"
