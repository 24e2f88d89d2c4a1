"""The JSON document of results, the same for `analyze --json`, the page and Python; one shape for one and for several.

In: estimates and where they come from. Out: plain JSON values, floats rounded to 4 digits. No effects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seikaku.conversation.turns import ImportReport
from seikaku.inference.difference import estimate_difference
from seikaku.inference.estimates import SCHEMA_VERSION, TraitEstimates
from seikaku.inference.trend import Trend
from seikaku.version import __version__

_MAX_LINES = 20  # of what was left out for one reason; `seikaku import --json` gives all


@dataclass(frozen=True, slots=True)
class Result:
    """One speaker of one source.

    ``source`` is the name that the user gave (a path, a file name), None without one; ``report`` None means that
    nothing was imported (the conversation came as values); ``trend`` None means that none was asked for.
    """

    source: str | None
    estimates: TraitEstimates
    report: ImportReport | None = None
    trend: Trend | None = None


def build_document(results: Sequence[Result], *, compare: bool = False, with_evidence: bool = True) -> dict[str, Any]:
    """``{"schema_version", "seikaku_version", "results": [...]}``, also for one result.

    ``compare`` adds the "difference" of two results (first minus second). Raises ValueError for no result, and for a
    comparison of other than two.
    """
    if not results:
        raise ValueError("a document needs the result of at least one speaker")
    if compare and len(results) != 2:
        raise ValueError(f"a comparison is of two speakers, got {len(results)}")
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "seikaku_version": __version__,
        "results": [build_result(result, with_evidence=with_evidence) for result in results],
    }
    if compare:
        document["difference"] = estimate_difference(results[0].estimates, results[1].estimates).to_dict()
    return document


def build_result(result: Result, *, with_evidence: bool = True) -> dict[str, Any]:
    """One result: the estimates with "source", "import" and "trend", of which those without anything are left out."""
    document = result.estimates.to_dict(with_evidence=with_evidence)
    if result.source is not None:
        document["source"] = result.source
    if result.report is not None:
        document["import"] = result.report.to_dict(max_lines=_MAX_LINES)
    if result.trend is not None:
        document["trend"] = result.trend.to_dict()
    return document
