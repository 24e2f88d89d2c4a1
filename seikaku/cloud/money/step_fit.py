"""Fit the step-time model (``step_time``) from measurements. In: docs/performance/*.json. Effect: reads them.

Only training steps with the backbone's own dropout and without gradient checkpointing are fitted: the others are too
few to have a model of their own. The GPU's name stands in the device's ("NVIDIA H100").
"""

import json
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from seikaku.cloud.money.encoders import encoder_shape
from seikaku.cloud.money.instances import known_gpus
from seikaku.cloud.money.step_time import Fit, Form
from seikaku.cloud.money.workload import build_workload, flops_per_token
from seikaku.config import Stage1Config

_SCHEMA_VERSION = 1
_DIGITS = 6

Point = tuple[float, float]  # operations of a step, seconds


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of every file, in the order of the files' names. Raises ValueError for another schema."""
    rows: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema_version"] != _SCHEMA_VERSION:
            raise ValueError(f"{path.name}: schema_version {document['schema_version']}")
        rows += document["rows"]
    return rows


def fit_speeds(rows: Iterable[dict[str, Any]]) -> list[Fit]:
    """A fit for each GPU, precision and depth of encoder with at least two sizes of a step."""
    points: dict[tuple[str, str, int], list[Point]] = {}
    for row in rows:
        gpu = next((name for name in known_gpus() if name in row["device"].split()), None)
        if gpu is None or row["kind"] != "step" or row["work"] != "learn":
            continue
        # Measured with the backbones' own attention dropout; without any, as is the default now, a step is no slower.
        if row["attention_dropout"] is not None or row["gradient_checkpointing"]:
            continue
        shape = encoder_shape(row["model"])
        n_tokens = row["windows"] * row["tokens"]
        workload = build_workload(Stage1Config(), 1, (row["tokens"],), "")
        flops = n_tokens * flops_per_token(shape, workload, row["tokens"])
        key = (gpu, row["precision"], shape.n_layers)
        points.setdefault(key, []).append((flops, n_tokens / row["tokens_per_second"]))
    return [_fit(*key, found) for key, found in sorted(points.items()) if len({flops for flops, _ in found}) > 1]


def fit_larger(points: Sequence[Point]) -> tuple[float, float]:
    """Floor in seconds, operations a second: the shortest step, and the best throughput."""
    return min(seconds for _, seconds in points), max(flops / seconds for flops, seconds in points)


def fit_added(points: Sequence[Point]) -> tuple[float, float]:
    """Floor in seconds, operations a second: the least-squares line through the steps; a floor is at least 0."""
    flops, seconds = zip(*points, strict=True)
    line = statistics.linear_regression(flops, seconds)
    if line.intercept < 0:
        line = statistics.linear_regression(flops, seconds, proportional=True)
    return line.intercept, 1 / line.slope


def _fit(gpu: str, precision: str, n_layers: int, points: Sequence[Point]) -> Fit:
    larger, added = fit_larger(points), fit_added(points)
    misfits = [max(larger[0], flops / larger[1]) / seconds - 1 for flops, seconds in points]
    misfits += [(added[0] + flops / added[1]) / seconds - 1 for flops, seconds in points]
    return Fit(
        gpu,
        precision,
        n_layers,
        len(points),
        round(max(map(abs, misfits)), 4),
        Form(_round(larger[0] / n_layers), _round(larger[1])),
        Form(_round(added[0] / n_layers), _round(added[1])),
    )


def _round(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
