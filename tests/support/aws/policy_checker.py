"""Parliament, AWS policies' linter, in process. In: a policy document. Out: its findings. Effect: reads its data files.

Parliament 1.6.4 imports ``pkg_resources`` (gone from today's setuptools) for one function; a stand-in provides it.
"""

import functools
import importlib.util
import json
import sys
import types
import warnings
from pathlib import Path
from typing import Any


@functools.cache
def _parliament() -> Any:
    stand_in = types.ModuleType("pkg_resources")
    stand_in.resource_filename = _resource_filename  # type: ignore[attr-defined]
    there = sys.modules.get("pkg_resources")
    sys.modules["pkg_resources"] = there or stand_in
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # it leaves its data files open
            import parliament
    finally:
        if there is None:
            del sys.modules["pkg_resources"]
    return parliament


def _resource_filename(package: str, name: str) -> str:
    found = importlib.util.find_spec(package)
    assert found is not None and found.origin is not None
    return str(Path(found.origin).parent / name)


def check_policy(document: dict[str, Any]) -> list[str]:
    """What parliament finds wrong with an identity policy, one text a finding."""
    findings = _parliament().analyze_policy_string(json.dumps(document)).findings
    return [f"{finding.issue}: {finding.detail} {finding.location}" for finding in findings]
