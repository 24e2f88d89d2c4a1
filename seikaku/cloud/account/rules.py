"""What AWS would refuse only after the upload, checked before. In: a request. Out: UserError, or nothing. No effects.

botocore checks types and what is required when it sends. Its model of the API also knows lists of values, patterns and
limits, and does not check them: that is done here, and the rules that span several fields.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from seikaku.errors import UserError, Words, both

_MEND = both(
    "seikaku cloud のフラグの値を確かめてください（--help に範囲があります）。",
    "Check the values of the flags of seikaku cloud (--help tells their ranges).",
)
SERVERLESS_STEP_MB = 1024
SERVERLESS_MEMORY_MB = range(SERVERLESS_STEP_MB, 6 * SERVERLESS_STEP_MB + 1, SERVERLESS_STEP_MB)


def check_request(operation: str, request: Mapping[str, Any]) -> None:
    """Check the request of a SageMaker operation, as "CreateTrainingJob". Raises UserError naming field and value."""
    for fault in (*_walk(_input_shape(operation), request, ""), *_across_fields(request)):
        raise UserError(both(fault, fault.english), _MEND)


@cache
def _input_shape(operation: str) -> Any:
    from botocore.session import get_session

    return get_session().get_service_model("sagemaker").operation_model(operation).input_shape


def _walk(shape: Any, value: Any, path: str) -> Iterator[Words]:
    if shape.type_name == "structure":
        for name, item in value.items():
            if name not in shape.members:
                field = _field(path, name)
                yield both(f"{field} という項目は AWS にありません。", f"AWS has no field {field}.")
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


def _limits(shape: Any, value: Any, path: str) -> Iterator[Words]:
    limits = shape.metadata
    if (allowed := limits.get("enum")) and value not in allowed:
        yield both(f"{path} {value!r} は AWS にありません。", f"AWS has no {path} {value!r}.")
        return
    if isinstance(value, bool):
        return
    size, unit = (value, both("", "")) if isinstance(value, int | float) else (len(value), _unit(value))
    if "max" in limits and size > limits["max"]:
        most = limits["max"]
        yield both(
            f"{path} は {most}{unit}までです（{size}{unit}）。",
            f"{path} may be {most}{unit.english} at most (it is {size}{unit.english}).",
        )
    if "min" in limits and size < limits["min"]:
        least = limits["min"]
        yield both(
            f"{path} は {least}{unit}以上です（{size}{unit}）。",
            f"{path} must be {least}{unit.english} at least (it is {size}{unit.english}).",
        )
    if isinstance(value, str) and "pattern" in limits and not _pattern(limits["pattern"]).fullmatch(value):
        yield both(
            f"{path} {value!r} は AWS の決めた形（{limits['pattern']}）に合いません。",
            f"{path} {value!r} does not have the form that AWS asks for ({limits['pattern']}).",
        )


def _pattern(java: str) -> re.Pattern[str]:
    """The model's expressions are Java's; of what Python lacks they use only these three classes."""
    for name, python in ((r"\p{L}", r"\w"), (r"\p{N}", r"\d"), (r"\p{Z}", r"\s")):
        java = java.replace(name, python)
    return re.compile(java, re.DOTALL)


def _unit(value: Any) -> Words:
    return both(" 文字", " characters") if isinstance(value, str) else both(" 個", " items")


def _across_fields(request: Mapping[str, Any]) -> Iterator[Words]:
    jobs = [request, request.get("TrainingJobDefinition", {}), *request.get("TrainingJobDefinitions", [])]
    for job in jobs:
        yield from _spot(job)
    for variant in request.get("ProductionVariants", []):
        memory = variant.get("ServerlessConfig", {}).get("MemorySizeInMB")
        if memory is not None and memory not in SERVERLESS_MEMORY_MB:
            sizes = [str(size) for size in SERVERLESS_MEMORY_MB]
            yield both(
                f"サーバーレスのメモリ {memory} MB は選べません（{'、'.join(sizes)} のどれか）。",
                f"Serverless memory cannot be {memory} MB (choose from {', '.join(sizes)}).",
            )


def _spot(job: Mapping[str, Any]) -> Iterator[Words]:
    if not job.get("EnableManagedSpotTraining"):
        if "MaxWaitTimeInSeconds" in job.get("StoppingCondition", {}):
            yield both(
                "MaxWaitTimeInSeconds は、スポットのジョブだけに指定できます。",
                "MaxWaitTimeInSeconds is for jobs on spot only.",
            )
        return
    limits = job.get("StoppingCondition", {})
    run, wait = limits.get("MaxRuntimeInSeconds"), limits.get("MaxWaitTimeInSeconds")
    if wait is None:
        yield both(
            "スポットのジョブには MaxWaitTimeInSeconds が要ります。", "A job on spot needs MaxWaitTimeInSeconds."
        )
    elif run is not None and wait < run:
        yield both(
            f"MaxWaitTimeInSeconds {wait} が MaxRuntimeInSeconds {run} より短くなっています。",
            f"MaxWaitTimeInSeconds {wait} is shorter than MaxRuntimeInSeconds {run}.",
        )
    if job.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds"):
        yield both(
            "スポットのジョブでは、ウォームプール（KeepAlivePeriodInSeconds）は使えません。",
            "A job on spot cannot have a warm pool (KeepAlivePeriodInSeconds).",
        )
