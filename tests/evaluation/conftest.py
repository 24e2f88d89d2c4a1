"""One thread for the many small matrices of a protocol: on a busy machine, threads wait for each other far longer."""

import ctypes
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Tell the BLAS of numpy and scipy, where it is the OpenBLAS of their wheels; another library keeps its threads."""
    site_packages = Path(np.__file__).parents[1]
    for library, suffix in (("numpy", "64_"), ("scipy", "")):
        for path in site_packages.glob(f"{library}.libs/*openblas*"):
            with suppress(OSError, AttributeError):
                getattr(ctypes.CDLL(str(path)), f"scipy_openblas_set_num_threads{suffix}")(1)
