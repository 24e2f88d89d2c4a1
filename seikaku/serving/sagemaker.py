"""Where SageMaker puts a model, and whether there is one. Effect: looks into the folder."""

from pathlib import Path

MODEL_VARIABLE = "SEIKAKU_MODEL"  # names the folder in our image
_CODE = "code"  # what the Hugging Face image runs lies beside the model


def find_model(folder: Path) -> Path | None:
    """``folder`` when anything but code is in it, None (the embedded model) when it is empty or missing."""
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    return folder if names - {_CODE} else None
