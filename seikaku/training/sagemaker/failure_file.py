"""Why a SageMaker training job failed, in the file that the service reads. In: an error. Effect: writes one file.

Light on purpose: it must still work where a library that training needs is missing or broken.
"""

import contextlib
import traceback
from collections.abc import Mapping
from pathlib import Path

from seikaku.errors import SeikakuError
from seikaku.files import open_atomic

_MAX_CHARS = 1024  # the service shows no more
_MAX_FRAMES = 4


def is_in_job(environment: Mapping[str, str]) -> bool:
    """Whether this process was started by SageMaker's toolkit or drivers in a training job."""
    return "SM_MODEL_DIR" in environment


def base_folder(environment: Mapping[str, str]) -> Path:
    """What the service mounts; SAGEMAKER_BASE_DIR moves it where nothing can be mounted."""
    return Path(environment.get("SAGEMAKER_BASE_DIR") or "/opt/ml")


def write_failure(environment: Mapping[str, str], error: Exception) -> None:
    """Inside a job, write ``<base>/output/failure``, which becomes FailureReason; the first process to fail says it.

    Our own errors: message and mend. Others: type, message and the last places in the code, without their data.
    """
    path = base_folder(environment) / "output" / "failure"
    if not is_in_job(environment) or path.exists():
        return
    # A folder that cannot be written (a disk that is full) must not hide the reason: the log still tells it.
    with contextlib.suppress(OSError), open_atomic(path) as stream:
        stream.write(_explain(error)[:_MAX_CHARS])


def _explain(error: Exception) -> str:
    if isinstance(error, SeikakuError):
        return f"{error.message}\n対処: {error.mend}"
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    return "\n".join([f"{type(error).__name__}: {str(error)[: _MAX_CHARS // 2]}", *places])
