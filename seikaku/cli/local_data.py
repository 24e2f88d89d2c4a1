"""What `seikaku train --local` learns from: data at hand, or the fictional sample. Effects: reads, writes, notes."""

import zipfile
from pathlib import Path
from typing import Any

from seikaku.cli.language import tell
from seikaku.config import EMBEDDED
from seikaku.errors import DataError, both
from seikaku.places import REPOSITORY

# A few minutes on two cores with the embedded encoder; a flag that the user gives takes precedence.
_SMALL: dict[str, Any] = {"max_tokens": 128, "epochs": 4}
LOCAL_SETTINGS: dict[int, dict[str, Any]] = {
    1: _SMALL | {"backbone": EMBEDDED, "max_steps": 40, "max_personas": 400},
    2: _SMALL | {"stage1_model_path": "output/local_stage1", "max_steps": 30, "max_dialogues": 3, "windows_per_bag": 2},
}
SAMPLE_FOLDER = REPOSITORY / "examples" / "training_sample"
SAMPLE_DATA = Path("output/local_data")
_NEEDS = {1: "personas.parquet", 2: "speakers.parquet"}


def find_local_data(stage: int, processed: Path) -> Path:
    """``processed`` where it holds what the stage needs, else the fictional sample, preprocessed."""
    if (processed / _NEEDS[stage]).is_file() and (processed / "manifest.json").is_file():
        return processed
    tell(
        both(
            f"{processed} に stage {stage} のデータがないので、架空の見本で学習します（数値に意味はありません）。",
            f"{processed} holds no data for stage {stage}: this trains on the fictional sample (figures mean nothing).",
        )
    )
    if not (SAMPLE_DATA / "processed" / "manifest.json").is_file():
        prepare_sample(SAMPLE_FOLDER, SAMPLE_DATA)
    return SAMPLE_DATA / "processed"


def prepare_sample(sample: Path, out: Path) -> None:
    """Preprocess the sample as if it were the corpora. Raises DataError outside a source checkout."""
    from seikaku.corpora.fetch_nemotron import fetch_nemotron
    from seikaku.corpora.fetch_realpersonachat import fetch_realpersonachat
    from seikaku.corpora.preprocess import preprocess

    if not sample.is_dir():
        raise DataError(
            both(f"架空の見本がありません: {sample}", f"There is no fictional sample: {sample}"),
            both(
                "ソースのフォルダで実行するか、download_datasets.py と preprocess_data.py でデータを用意してください。",
                "Run it in the folder of the sources, or get data with download_datasets.py and preprocess_data.py.",
            ),
        )
    archive = out / "fictional_dialogues.zip"
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted((sample / "dialogues_sample").rglob("*")):
            if path.is_file():
                packed.write(path, path.relative_to(sample).as_posix())
    raw = out / "raw"
    fetch_realpersonachat(str(archive), None, raw, _say_nothing)
    fetch_nemotron(str(sample / "fictional_personas.csv"), None, raw, _say_nothing)
    preprocess(raw, out / "processed", False, _say_nothing)


def _say_nothing(label: str, n_done: int, n_total: int | None) -> None:
    """The sample takes a second: no progress bar."""
