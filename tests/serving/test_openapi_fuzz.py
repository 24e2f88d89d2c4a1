"""Schemathesis reads the OpenAPI document and sends what it allows, and what it does not."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi import checks

load_all_checks()
OPERATIONS = {
    "POST /v1/estimates": 60,
    "POST /v1/batch": 15,
    "POST /invocations": 40,
    "POST /v3/profile": 60,
    "GET /v1/model": 3,
    "GET /v1/schema": 3,
    "GET /health": 3,
    "GET /ping": 3,
    "GET /metrics": 3,
}
# All but the positive ones: that a speaker is in the conversation, say, is no matter of a schema.
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
    checks.unsupported_method,
]
CHECKS_OF_LINES = [check for check in CHECKS if check is not checks.negative_data_rejection]


@schemathesis.serializer("application/jsonlines")
def send_lines(ctx, value):
    """A body of JSON Lines is sent as it was made."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def operations(server):
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    found = [result.ok() for result in schema.get_all_operations()]
    return {operation.label: operation for operation in found}


def test_every_operation_is_sent_to(operations):
    assert set(operations) == set(OPERATIONS)


# Nothing can be wrong with a GET: it takes neither parameters nor a body.
SENT = [(label, mode) for label in OPERATIONS for mode in GenerationMode if label[:3] != "GET" or mode.is_positive]


@pytest.mark.parametrize(("label", "mode"), SENT)
def test_no_request_breaks_the_contract(operations, label, mode):
    @settings(
        max_examples=OPERATIONS[label],
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operations[label].as_strategy(generation_mode=mode))
    def send(case):
        # Any text is allowed as lines: what is wrong with a line stands in its answer.
        is_lines = case.media_type == "application/jsonlines"
        case.call_and_validate(checks=CHECKS_OF_LINES if is_lines else CHECKS)

    send()
