"""seikaku (性格): Big Five estimates from Japanese conversation, with honest uncertainty.

``import seikaku`` loads nothing but the names below; each is fetched from its module when it is first used (PEP 562).
Effect: switches off the reports that libraries send to their makers (`seikaku.telemetry`).
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

from seikaku.telemetry import switch_off
from seikaku.version import __version__

if TYPE_CHECKING:
    from seikaku.api.estimation import estimate, estimate_speakers
    from seikaku.api.inputs import read
    from seikaku.api.results import Estimates, EstimatesTable
    from seikaku.conversation.turns import Conversation, ImportedFile, Utterance
    from seikaku.errors import SeikakuError
    from seikaku.inference.estimator import Estimator

__all__ = [
    "Conversation",
    "Estimates",
    "EstimatesTable",
    "Estimator",
    "ImportedFile",
    "SeikakuError",
    "Utterance",
    "__version__",
    "estimate",
    "estimate_speakers",
    "read",
]
_HOMES = {
    "Conversation": "seikaku.conversation.turns",
    "Estimates": "seikaku.api.results",
    "EstimatesTable": "seikaku.api.results",
    "Estimator": "seikaku.inference.estimator",
    "ImportedFile": "seikaku.conversation.turns",
    "SeikakuError": "seikaku.errors",
    "Utterance": "seikaku.conversation.turns",
    "estimate": "seikaku.api.estimation",
    "estimate_speakers": "seikaku.api.estimation",
    "read": "seikaku.api.inputs",
}

# The one thing that happens at import. ONNX Runtime starts to report as soon as it is loaded, by us or by another
# library, and whoever imports any module of the package comes through here first.
switch_off(os.environ)


def __getattr__(name: str) -> Any:
    """Fetch a public name from its module at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    """The public names also before their first use, for completion."""
    return sorted({*globals(), *__all__})
