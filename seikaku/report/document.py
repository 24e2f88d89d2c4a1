"""The JSON document of one or several results, the same for `analyze --json`, the page and the API.

In: estimates and where they come from. Out: plain JSON values, floats rounded to 4 digits. No effects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seikaku.conversation.turns import ImportReport
from seikaku.inference.difference import estimate_difference
from seikaku.inference.estimates import TraitEstimates
from seikaku.inference.trend import Trend


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


def build_document(results: Sequence[Result], *, compare: bool = False) -> dict[str, Any]:
    """The document: one result as itself, several as ``{"results": [...]}``.

    ``compare`` adds the "difference" of two results (first minus second). Raises ValueError for no result, and for a
    comparison of other than two.
    """
    if not results:
        raise ValueError("a document needs the result of at least one speaker")
    if compare and len(results) != 2:
        raise ValueError(f"a comparison is of two speakers, got {len(results)}")
    documents = [_one(result) for result in results]
    document: dict[str, Any] = documents[0] if len(documents) == 1 else {"results": documents}
    if compare:
        document["difference"] = estimate_difference(results[0].estimates, results[1].estimates).to_dict()
    return document


def _one(result: Result) -> dict[str, Any]:
    """The estimates with "source", "import" and "trend"; a key is left out where there is nothing behind it."""
    document = result.estimates.to_dict()
    if result.source is not None:
        document["source"] = result.source
    if result.report is not None:
        document["import"] = result.report.to_dict()
    if result.trend is not None:
        document["trend"] = result.trend.to_dict()
    return document
