"""The processed corpus on disk (Parquet + manifest, written last), and its frozen form in memory.

In: a folder that ``corpora.preprocess`` wrote. Out: ``SpeakerCorpus``, what fitting and evaluation take. Effect: reads.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seikaku.corpora.realpersonachat import OTHER_SCALES
from seikaku.errors import DataError, both
from seikaku.files import sha256_of_file
from seikaku.traits import TRAIT_KEYS

# Raise it with every change of what the Parquet files hold; older folders are then refused with the mend.
SCHEMA_VERSION = 3  # 2: talk communities and kin; 3: the split follows them
MANIFEST_NAME = "manifest.json"
SPEAKERS_NAME = "speakers.parquet"
UTTERANCES_NAME = "utterances.parquet"
PERSONAS_NAME = "personas.parquet"
# Nothing here reads it: companions of the test speakers train in it.
SPLIT_BY_SPEAKER_NAME = "split_by_speaker.csv"

_MEND = both("python preprocess_data.py を実行してください。", "Run python preprocess_data.py.")
_MEND_FORCE = both(
    "python preprocess_data.py --force で作り直してください。", "Make it anew with python preprocess_data.py --force."
)


@dataclass(frozen=True, slots=True)
class DialogueSide:
    """One labelled speaker's part of one dialogue: their own utterances, in order.

    ``speaker_index`` and ``partner_index`` point into ``SpeakerCorpus.speaker_ids``; -1: the partner lacks a label.
    """

    dialogue_id: int
    speaker_index: int
    partner_index: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpeakerCorpus:
    """Speakers with all five scores and at least one dialogue, sorted by id, and what they said.

    ``scores`` (n_speakers, n_traits) on 1-7 in ``TRAIT_KEYS`` order; ``is_careless`` (n_speakers,);
    ``community`` (n_speakers,): number of the talk community; ``kin`` (n_speakers,): number of the group of speakers
    whom their writing does not tell apart, -1 for none; ``part`` (n_speakers,): "train", "validation" or "test".
    ``other_scales`` maps a questionnaire scale to (n_speakers,), NaN where missing; None in ``gender`` or ``age_band``
    means not answered; ``sides`` in the order of the archive; ``corpus_digest`` names the exact content.
    """

    speaker_ids: tuple[str, ...]
    scores: npt.NDArray[np.float64]
    is_careless: npt.NDArray[np.bool_]
    community: npt.NDArray[np.int64]
    kin: npt.NDArray[np.int64]
    part: npt.NDArray[np.str_]
    other_scales: dict[str, npt.NDArray[np.float64]]
    gender: tuple[str | None, ...]
    age_band: tuple[str | None, ...]
    sides: tuple[DialogueSide, ...]
    corpus_digest: str

    @property
    def parts_digest(self) -> str:
        """Names the division into parts: the same for the same speakers in the same parts."""
        lines = [f"{speaker} {part}" for speaker, part in zip(self.speaker_ids, self.part.tolist(), strict=True)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def load_manifest(processed: Path) -> dict[str, Any]:
    """The manifest of a processed folder. Raises DataError when it is missing, unreadable or of another schema."""
    path = processed / MANIFEST_NAME
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            both(f"前処理済みのデータがありません: {processed}", f"There are no processed data: {processed}"), _MEND
        ) from None
    except (OSError, ValueError):
        raise DataError(
            both(f"マニフェストを読めません: {path}", f"The manifest cannot be read: {path}"), _MEND_FORCE
        ) from None
    found = manifest.get("schema_version") if isinstance(manifest, dict) else None
    if found != SCHEMA_VERSION:
        message = both(
            f"前処理済みデータの形式が違います（見つかった版: {found}、必要な版: {SCHEMA_VERSION}）: {processed}",
            f"The processed data are of another format (found {found}, needed {SCHEMA_VERSION}): {processed}",
        )
        raise DataError(message, _MEND_FORCE)
    assert isinstance(manifest, dict)
    files = manifest.get("files")
    if not isinstance(files, dict) or any(name != Path(name).name for name in files):
        raise DataError(
            both(f"マニフェストにデータのファイルがありません: {path}", f"The manifest names no files of data: {path}"),
            _MEND_FORCE,
        )
    return manifest


def verify_files(processed: Path, manifest: dict[str, Any]) -> None:
    """Check every Parquet file against the manifest's SHA-256. Raises DataError naming the first that differs."""
    for name, expected in manifest["files"].items():
        path = processed / name
        if not path.is_file():
            raise DataError(
                both(f"前処理済みのファイルがありません: {path}", f"A processed file is missing: {path}"), _MEND_FORCE
            )
        if sha256_of_file(path) != expected:
            raise DataError(
                both(
                    f"前処理済みのファイルが壊れているか、書き換えられています: {path}",
                    f"A processed file is damaged or altered: {path}",
                ),
                _MEND_FORCE,
            )


def load_corpus(processed: Path) -> SpeakerCorpus:
    """Load the speakers and dialogues of a processed folder.

    Raises DataError for a missing, incomplete, altered or outdated folder, or one without RealPersonaChat.
    """
    manifest = load_manifest(processed)
    if SPEAKERS_NAME not in manifest["files"]:
        mend = both(
            "python download_datasets.py --skip_nemotron のあと、python preprocess_data.py を実行してください。",
            "Run python download_datasets.py --skip_nemotron, then python preprocess_data.py.",
        )
        raise DataError(
            both(
                f"RealPersonaChat が前処理されていません: {processed}", f"RealPersonaChat is not processed: {processed}"
            ),
            mend,
        )
    verify_files(processed, manifest)
    rows = [row for row in _read_rows(processed / SPEAKERS_NAME) if _is_labelled(row)]
    rows.sort(key=itemgetter("speaker_id"))
    speaker_ids = tuple(row["speaker_id"] for row in rows)
    index_of = {speaker_id: index for index, speaker_id in enumerate(speaker_ids)}
    return SpeakerCorpus(
        speaker_ids=speaker_ids,
        scores=np.array([[row[key] for key in TRAIT_KEYS] for row in rows], dtype=np.float64).reshape(
            -1, len(TRAIT_KEYS)
        ),
        is_careless=np.array([row["is_careless"] for row in rows], dtype=np.bool_),
        community=np.array([row["community"] for row in rows], dtype=np.int64),
        kin=np.array([row["kin"] for row in rows], dtype=np.int64),
        part=np.array([row["split"] for row in rows], dtype=np.str_),
        other_scales={name: np.array([row[name] for row in rows], dtype=np.float64) for name in OTHER_SCALES},
        gender=tuple(row["gender"] for row in rows),
        age_band=tuple(row["age_band"] for row in rows),
        sides=tuple(_read_sides(processed / UTTERANCES_NAME, index_of)),
        corpus_digest=manifest["corpus_digest"],
    )


def _is_labelled(row: dict[str, Any]) -> bool:
    return row["n_dialogues"] > 0 and all(row[key] is not None for key in TRAIT_KEYS)


def _read_rows(path: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows = pq.read_table(path).to_pylist()
    assert isinstance(rows, list)
    return rows


def _read_sides(path: Path, index_of: dict[str, int]) -> Iterator[DialogueSide]:
    """The sides of labelled speakers; rows of one dialogue stand together, in order of speaking."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["dialogue_id", "speaker_id", "text"])
    rows = zip(*(column.to_pylist() for column in table.itercolumns()), strict=True)
    for dialogue_id, group in groupby(rows, key=itemgetter(0)):
        texts: dict[str, list[str]] = {}
        for _, speaker_id, text in group:
            texts.setdefault(speaker_id, []).append(text)
        first, second = texts  # preprocessing keeps a dialogue only when both speak
        for speaker_id, partner_id in ((first, second), (second, first)):
            if speaker_id in index_of:
                partner_index = index_of.get(partner_id, -1)
                yield DialogueSide(dialogue_id, index_of[speaker_id], partner_index, tuple(texts[speaker_id]))
