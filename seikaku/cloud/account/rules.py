"""What AWS would refuse only after the upload, checked before. In: a request. Out: UserError, or nothing. No effects.

botocore checks types and what is required when it sends. Its model of the API also knows lists of values, patterns and
limits, and does not check them: that is done here, and the rules that span several fields.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from seikaku.errors import UserError

_MEND = "seikaku cloud のフラグの値を確かめてください（--help に範囲があります）。"
SERVERLESS_STEP_MB = 1024
SERVERLESS_MEMORY_MB = range(SERVERLESS_STEP_MB, 6 * SERVERLESS_STEP_MB + 1, SERVERLESS_STEP_MB)


def check_request(operation: str, request: Mapping[str, Any]) -> None:
    """Check the request of a SageMaker operation, as "CreateTrainingJob". Raises UserError naming field and value."""
    for message in (*_walk(_input_shape(operation), request, ""), *_across_fields(request)):
        raise UserError(message, _MEND)


@cache
def _input_shape(operation: str) -> Any:
    from botocore.session import get_session

    return get_session().get_service_model("sagemaker").operation_model(operation).input_shape


def _walk(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, item in value.items():
            if name not in shape.members:
                yield f"{_field(path, name)} という項目は AWS にありません。"
            else:
                yield from _walk(shape.members[name], item, _field(path, name))
        return
    yield from _limits(shape, value, path)
    if shape.type_name == "list":
        for number, item in enumerate(value):
            yield from _walk(shape.member, item, f"{path}[{number}]")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _walk(shape.key, key, path)
            yield from _walk(shape.value, item, _field(path, key))


def _field(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _limits(shape: Any, value: Any, path: str) -> Iterator[str]:
    limits = shape.metadata
    if (allowed := limits.get("enum")) and value not in allowed:
        yield f"{path} {value!r} は AWS にありません。"
        return
    if isinstance(value, bool):
        return
    size, unit = (value, "") if isinstance(value, int | float) else (len(value), _unit(value))
    if "max" in limits and size > limits["max"]:
        yield f"{path} は {limits['max']}{unit}までです（{size}{unit}）。"
    if "min" in limits and size < limits["min"]:
        yield f"{path} は {limits['min']}{unit}以上です（{size}{unit}）。"
    if isinstance(value, str) and "pattern" in limits and not _pattern(limits["pattern"]).fullmatch(value):
        yield f"{path} {value!r} は AWS の決めた形（{limits['pattern']}）に合いません。"


def _pattern(java: str) -> re.Pattern[str]:
    """The model's expressions are Java's; of what Python lacks they use only these three classes."""
    for name, python in ((r"\p{L}", r"\w"), (r"\p{N}", r"\d"), (r"\p{Z}", r"\s")):
        java = java.replace(name, python)
    return re.compile(java, re.DOTALL)


def _unit(value: Any) -> str:
    return " 文字" if isinstance(value, str) else " 個"


def _across_fields(request: Mapping[str, Any]) -> Iterator[str]:
    jobs = [request, request.get("TrainingJobDefinition", {}), *request.get("TrainingJobDefinitions", [])]
    for job in jobs:
        yield from _spot(job)
    for variant in request.get("ProductionVariants", []):
        memory = variant.get("ServerlessConfig", {}).get("MemorySizeInMB")
        if memory is not None and memory not in SERVERLESS_MEMORY_MB:
            shown = "、".join(map(str, SERVERLESS_MEMORY_MB))
            yield f"サーバーレスのメモリ {memory} MB は選べません（{shown} のどれか）。"


def _spot(job: Mapping[str, Any]) -> Iterator[str]:
    if not job.get("EnableManagedSpotTraining"):
        if "MaxWaitTimeInSeconds" in job.get("StoppingCondition", {}):
            yield "MaxWaitTimeInSeconds は、スポットのジョブだけに指定できます。"
        return
    limits = job.get("StoppingCondition", {})
    run, wait = limits.get("MaxRuntimeInSeconds"), limits.get("MaxWaitTimeInSeconds")
    if wait is None:
        yield "スポットのジョブには MaxWaitTimeInSeconds が要ります。"
    elif run is not None and wait < run:
        yield f"MaxWaitTimeInSeconds {wait} が MaxRuntimeInSeconds {run} より短くなっています。"
    if job.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds"):
        yield "スポットのジョブでは、ウォームプール（KeepAlivePeriodInSeconds）は使えません。"
