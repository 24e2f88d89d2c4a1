"""One invocation as a whole, for a server that is not ours: bytes and headers in, status and bytes out. Blocking.

The answers are those of `/invocations`: the same JSON, the same problem documents, JSON Lines line by line.
"""

import logging
import secrets
from dataclasses import dataclass

from seikaku.errors import UserError, both
from seikaku.inference.estimator import Estimator
from seikaku.serving.answers.estimating import estimate_json
from seikaku.serving.answers.lines import JSON, JSON_LINES, JSON_LINES_TYPES, encode_error, encode_json, encode_result
from seikaku.serving.config import ServeConfig
from seikaku.serving.requests.problems import (
    MEDIA_TYPE,
    NotAcceptableError,
    describe_error,
    describe_problem,
    too_large_body,
    wrong_type,
)

LOGGER = logging.getLogger("seikaku.serving")
_ACCEPTED = frozenset({"", "*/*", "application/*", JSON}) | JSON_LINES_TYPES


@dataclass(frozen=True, slots=True)
class Invocation:
    """The answer to one invocation."""

    status: int
    media_type: str
    body: bytes


def answer_invocation(body: bytes, content_type: str, estimator: Estimator, config: ServeConfig) -> Invocation:
    """The answer, of whatever kind: an error becomes its problem document, and nothing is raised."""
    media_type = content_type.partition(";")[0].strip().lower()
    try:
        if media_type in JSON_LINES_TYPES:
            return Invocation(200, JSON_LINES, answer_lines(body, estimator, config))
        if media_type != JSON:
            raise wrong_type(media_type, JSON, *sorted(JSON_LINES_TYPES))
        _check_length(body, config)
        return Invocation(200, JSON, encode_json(estimate_json(body, estimator, config).document))
    except Exception as error:
        return refuse(error)


def refuse(error: Exception) -> Invocation:
    """The answer to an invocation that failed; of an error that is not the user's only class and place are logged."""
    request_id = secrets.token_hex(16)
    _log(error, request_id)
    problem = describe_problem(error, request_id)
    return Invocation(problem["status"], MEDIA_TYPE, encode_json(problem))


def answer_lines(body: bytes, estimator: Estimator, config: ServeConfig) -> bytes:
    """A line for each line that is not blank, in order; a bad one gives its error and the rest goes on."""
    answered = []
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            _check_length(line, config)
            answered.append(encode_result(number, estimate_json(line, estimator, config).document))
        except Exception as error:
            request_id = secrets.token_hex(16)
            _log(error, request_id)
            answered.append(encode_error(number, describe_problem(error, request_id)))
    return b"".join(answered)


def check_accept(accept: str) -> None:
    """Raise NotAcceptableError when none of the forms that the client takes is JSON or JSON Lines."""
    if not {part.partition(";")[0].strip().lower() for part in accept.split(",")} & _ACCEPTED:
        raise NotAcceptableError(
            both("Accept の形では答えられません。", "No answer of ours is of a kind that Accept names."),
            both(f"Accept を {JSON} か {JSON_LINES} にしてください。", f"Set Accept to {JSON} or {JSON_LINES}."),
        )


def _check_length(body: bytes, config: ServeConfig) -> None:
    if len(body) > config.max_body_bytes:
        raise too_large_body(config)


def _log(error: Exception, request_id: str) -> None:
    if not isinstance(error, UserError):
        LOGGER.error("error %s %s", request_id, describe_error(error))
