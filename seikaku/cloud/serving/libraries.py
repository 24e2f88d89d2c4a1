"""What AWS's inference image lacks, put beside the model: no container installs anything, nor needs a network for it.

In: whether the model is an ONNX one. Out: the files, as they lie on the import path. Effects: runs pip, which asks its
package index for wheels of the image's Python; writes a folder.
"""

import subprocess
import sys
from pathlib import Path

from seikaku.errors import CloudError, both

# huggingface-pytorch-inference has numpy, safetensors, tokenizers, transformers. What it lacks, each as pinned in
# constraints.txt (tests/cloud/serving/test_libraries.py): pydantic with all that it imports, and ONNX Runtime, whose
# own requirements its import does not touch, numpy apart.
_PYDANTIC = {
    "annotated-types": "0.8.0",
    "pydantic": "2.14.3",
    "pydantic_core": "2.50.4",
    "typing-inspection": "0.4.5",
    "typing_extensions": "4.16.0",
}
_ONNX = {"onnxruntime": "1.32.0"}
_IMAGE_PYTHON = "3.12"  # py312, on Ubuntu 22.04: glibc 2.35
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
_NOT_NEEDED = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})  # of this machine, not of the library


def pinned_libraries(*, is_onnx: bool) -> dict[str, str]:
    """Name -> version of what travels with a model."""
    return {**_PYDANTIC, **(_ONNX if is_onnx else {})}


def install_libraries(folder: Path, *, is_onnx: bool) -> list[Path]:
    """Put the libraries into ``folder``; returns their files, sorted. Raises CloudError where pip cannot get them."""
    wanted = [f"{name}=={version}" for name, version in pinned_libraries(is_onnx=is_onnx).items()]
    platforms = [word for platform in _PLATFORMS for word in ("--platform", platform)]
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps",
        "--no-compile", "--only-binary=:all:", "--implementation", "cp", "--python-version", _IMAGE_PYTHON,
        *platforms, "--target", str(folder), *wanted,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise _explain(done.stderr)
    found = (path for path in folder.rglob("*") if path.is_file() and path.name not in _NOT_NEEDED)
    return sorted(path for path in found if path.relative_to(folder).parts[0] != "bin")


def _explain(told: str) -> CloudError:
    if "No module named pip" in told:
        return CloudError(
            both("この Python に pip がありません。", "This Python has no pip."),
            both("python -m ensurepip を実行してください。", "Run python -m ensurepip."),
        )
    last = next((line.strip() for line in reversed(told.splitlines()) if line.strip()), "")
    return CloudError(
        both(
            f"推論のイメージにないライブラリを取得できませんでした（{last or '理由は示されていません'}）。",
            f"Libraries that the inference image lacks could not be fetched ({last or 'pip gives no reason'}).",
        ),
        both(
            "ネットワークと pip の設定を確かめるか、seikaku cloud image で作る自分のイメージを使ってください。",
            "Check the network and pip's settings, or use an image of your own: seikaku cloud image.",
        ),
    )
