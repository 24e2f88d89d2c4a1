"""The libraries' own reports to their makers: off before any of them is loaded. Effect: sets variables, when called.

Each library reads its variable once, when it loads, and child processes inherit it. So `seikaku/__init__.py` calls
``switch_off``, which comes before whatever else of this package, and of them, is imported. Which library was looked at
for such a habit, and what was found: docs/architecture.md (tests/contract/test_telemetry.py compares).
"""

from collections.abc import MutableMapping
from typing import Any

# A value that the user gave is replaced too: all of these mean "off", and the libraries disagree on what else does
# (ONNX Runtime takes "y", huggingface_hub does not).
OFF = {
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime from 1.29: reports the machine, keeps an id of it in the cache folder
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface_hub, hf_xet and transformers: what is said along with a download
    "DO_NOT_TRACK": "1",  # the common sign, for what may learn to report later
}
# Only where the process is a command of ours: in another's program they are that one's own monitoring.
OFF_IN_COMMANDS = {
    "FASTAPI_OTEL_AUTO_CONFIGURE": "false",  # FastAPI: addresses and errors to a collector
    "DISABLE_KUBEFLOW_INTEGRATION": "TRUE",  # transformers: the training's progress to Kubeflow, whatever `report_to`
}


def switch_off(environment: MutableMapping[str, str]) -> None:
    """Tell the libraries that load after this, here and in child processes, to report nothing."""
    environment.update(OFF)


def switch_off_in_commands(environment: MutableMapping[str, str]) -> None:
    """What ``switch_off`` leaves alone, for a process that is a command of ours."""
    environment.update(OFF_IN_COMMANDS)


def stop_events(onnxruntime: Any) -> None:
    """Stop what can still be stopped where a program had loaded ONNX Runtime before it imported us."""
    onnxruntime.disable_telemetry_events()
