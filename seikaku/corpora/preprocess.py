"""Raw corpora -> validated Parquet. In: ``data/raw``. Out: ``data/processed``, manifest last. Effects: reads, writes.

Built in a temporary sibling folder, then moved in: an interrupted run leaves the old complete folder, or no manifest.
"""

import contextlib
import hashlib
import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seikaku.corpora import communities, kin, nemotron, parquet, raw, realpersonachat, store
from seikaku.corpora.division import HOLDOUT_SEED, Circles, assign_parts_of, find_circles, write_split_by_speaker
from seikaku.corpora.download import OnProgress
from seikaku.corpora.realpersonachat import DialogueRecord, SpeakerRecord
from seikaku.corpora.splits import HOLDOUT_PARTS, TRAIN
from seikaku.errors import DataError, both
from seikaku.files import sha256_of_file, write_json
from seikaku.version import __version__


@dataclass(frozen=True, slots=True)
class PreprocessResult:
    """The manifest of the processed folder, and whether this run made it (False: it was up to date)."""

    manifest: dict[str, Any]
    is_new: bool


@dataclass(slots=True)
class _Build:
    """What one run gathers for the manifest while it writes Parquet into ``folder``."""

    folder: Path
    on_progress: OnProgress
    counts: dict[str, int] = field(default_factory=dict)
    splits: dict[str, int] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    corpus_digest: str | None = None
    kin: list[list[str]] = field(default_factory=list)


def preprocess(raw_folder: Path, out: Path, force: bool, on_progress: OnProgress) -> PreprocessResult:
    """Validate what was downloaded and write it as Parquet; do nothing when sources and settings are unchanged.

    A corpus that was not downloaded is left out. Raises DataError when there is none, or a raw file is damaged.
    """
    sources = _load_sources(raw_folder)
    recipe = {
        "schema_version": store.SCHEMA_VERSION,
        "seikaku_version": __version__,
        "settings": _settings(),
        # not when it was fetched: the same content fetched again is no new source
        "sources": {name: {k: v for k, v in source.items() if k != "retrieved"} for name, source in sources.items()},
    }
    if not force and (manifest := _up_to_date(out, recipe)) is not None:
        return PreprocessResult(manifest, is_new=False)
    out = out.resolve()
    build = _Build(out.with_name(f".{out.name}.part"), on_progress)
    shutil.rmtree(build.folder, ignore_errors=True)  # what an interrupted run left
    build.folder.mkdir(parents=True)
    try:
        if raw.REALPERSONACHAT.name in sources:
            _build_realpersonachat(raw.verify_archive(raw_folder, sources[raw.REALPERSONACHAT.name]), build)
        if raw.NEMOTRON.name in sources:
            _build_personas(raw.verify_parts(raw_folder, sources[raw.NEMOTRON.name]), build)
        manifest = recipe | {
            "counts": build.counts,
            "splits": build.splits,
            "dropped": dict(sorted(build.dropped.items())),
            "kin": build.kin,
            "corpus_digest": build.corpus_digest,
            "files": {path.name: sha256_of_file(path) for path in sorted(build.folder.glob("*.parquet"))},
        }
        _swap_in(build.folder, out, manifest)
    finally:
        shutil.rmtree(build.folder, ignore_errors=True)
    return PreprocessResult(manifest, is_new=True)


def _load_sources(raw_folder: Path) -> dict[str, dict[str, Any]]:
    found = {
        notice.name: manifest
        for notice in (raw.REALPERSONACHAT, raw.NEMOTRON)
        if (manifest := raw.load_raw_manifest(raw_folder, notice)) is not None
    }
    if not found:
        raise DataError(
            both(f"取得済みのコーパスがありません: {raw_folder}", f"No corpus has been fetched: {raw_folder}"),
            both("先に python download_datasets.py を実行してください。", "Run python download_datasets.py first."),
        )
    return found


def _settings() -> dict[str, Any]:
    return {
        "holdout_seed": HOLDOUT_SEED,
        "further_splits": [store.SPLIT_BY_SPEAKER_NAME],
        "careless": {
            "low": realpersonachat.CARELESS_LOW,
            "high": realpersonachat.CARELESS_HIGH,
            "min_traits": realpersonachat.CARELESS_MIN_TRAITS,
        },
        "communities": {"resolution": communities.RESOLUTION, "seed": communities.SEED},
        "kin": {
            "min_likeness": kin.MIN_LIKENESS,
            "min_z": kin.MIN_Z,
            "min_dialogues_a_half": kin.MIN_DIALOGUES_A_HALF,
        },
    }


def _up_to_date(out: Path, recipe: dict[str, Any]) -> dict[str, Any] | None:
    """The old manifest when the folder is undamaged and was made by the same recipe; None when it must be made."""
    with contextlib.suppress(DataError):
        manifest = store.load_manifest(out)
        if manifest["files"] and all(manifest.get(key) == value for key, value in recipe.items()):
            store.verify_files(out, manifest)
            return manifest
    return None


def _swap_in(built: Path, out: Path, manifest: dict[str, Any]) -> None:
    """Move the built files into ``out``: the manifest goes first and comes last; a user's own files stay."""
    out.mkdir(parents=True, exist_ok=True)
    (out / store.MANIFEST_NAME).unlink(missing_ok=True)
    for name in (store.SPEAKERS_NAME, store.UTTERANCES_NAME, store.PERSONAS_NAME, store.SPLIT_BY_SPEAKER_NAME):
        if (built / name).is_file():
            (built / name).replace(out / name)
        else:
            (out / name).unlink(missing_ok=True)
    write_json(out / store.MANIFEST_NAME, manifest)


def _build_realpersonachat(archive_path: Path, build: _Build) -> None:
    with zipfile.ZipFile(archive_path) as archive:
        layout = realpersonachat.find_layout(archive)
        speakers = realpersonachat.parse_speakers(archive.read(layout.interlocutors), build.dropped)
        dialogues = list(_read_dialogues(archive, layout.dialogues, speakers, build))
    if not dialogues:
        reasons = [f"{reason} {count}" for reason, count in sorted(build.dropped.items())]
        raise DataError(
            both(
                f"RealPersonaChat に使える対話が 1 つもありません（{'、'.join(reasons)}）。",
                f"RealPersonaChat has no usable dialogue ({', '.join(reasons)}).",
            ),
            both(
                "公式の zip かどうか確かめ、python download_datasets.py で取得し直してください。",
                "Check that it is the official zip, and fetch it again with python download_datasets.py.",
            ),
        )
    circles = find_circles(list(speakers), dialogues)
    rows = _speaker_rows(speakers, dialogues, circles)
    parquet.write_rows(build.folder / store.SPEAKERS_NAME, parquet.speaker_schema(), rows)
    write_split_by_speaker(build.folder / store.SPLIT_BY_SPEAKER_NAME, rows)
    utterance_rows = _utterance_rows(dialogues)
    n_utterances = parquet.write_rows(build.folder / store.UTTERANCES_NAME, parquet.utterance_schema(), utterance_rows)
    build.counts |= {
        "speakers": len(rows),
        "speakers_with_dialogue": sum(row["n_dialogues"] > 0 for row in rows),
        "speakers_careless": sum(row["is_careless"] for row in rows),
        "dialogues": len(dialogues),
        "utterances": n_utterances,
        "communities": len({row["community"] for row in rows if row["n_dialogues"]}),
        "kin_groups": len({row["kin"] for row in rows} - {-1}),
        "speakers_with_kin": sum(row["kin"] >= 0 for row in rows),
        "speakers_kin_undecided": circles.n_undecided,
    }
    build.kin = circles.names
    build.splits |= {part: sum(row["split"] == part for row in rows) for part in HOLDOUT_PARTS}
    build.corpus_digest = _digest_corpus(speakers.values(), dialogues)


def _read_dialogues(
    archive: zipfile.ZipFile, members: tuple[str, ...], speakers: dict[str, SpeakerRecord], build: _Build
) -> Iterator[DialogueRecord]:
    seen: set[int] = set()
    for position, member in enumerate(members, start=1):
        record = realpersonachat.parse_dialogue(archive.read(member), speakers, build.dropped)
        build.on_progress("RealPersonaChat", position, len(members))
        if record is not None and record.dialogue_id in seen:
            build.dropped["dialogue_duplicate_id"] += 1
        elif record is not None:
            seen.add(record.dialogue_id)
            yield record


def _speaker_rows(
    speakers: dict[str, SpeakerRecord], dialogues: list[DialogueRecord], circles: Circles
) -> list[dict[str, Any]]:
    n_dialogues = Counter(
        speaker for dialogue in dialogues for speaker in {said.speaker_id for said in dialogue.utterances}
    )
    part = assign_parts_of(speakers, n_dialogues, circles)
    return [
        {
            "speaker_id": speaker_id,
            **record.scores,
            **record.other_scales,
            "gender": record.gender,
            "age_band": record.age_band,
            "n_dialogues": n_dialogues[speaker_id],
            "is_careless": record.is_careless,
            "community": circles.community[speaker_id],
            "kin": circles.kin[speaker_id],
            "split": part.get(circles.community[speaker_id], TRAIN),
        }
        for speaker_id, record in speakers.items()
    ]


def _utterance_rows(dialogues: list[DialogueRecord]) -> Iterator[dict[str, Any]]:
    for dialogue in dialogues:
        for said in dialogue.utterances:
            yield {
                "dialogue_id": dialogue.dialogue_id,
                "utterance_index": said.utterance_index,
                "speaker_id": said.speaker_id,
                "text": said.text,
                "timestamp": said.timestamp,
            }


def _digest_corpus(speakers: Iterable[SpeakerRecord], dialogues: list[DialogueRecord]) -> str:
    """SHA-256 over what was answered and said: independent of zip, Parquet and pyarrow's version."""
    digest = hashlib.sha256()
    for speaker in speakers:
        answers = [speaker.speaker_id, speaker.scores, speaker.other_scales, speaker.gender, speaker.age_band]
        digest.update(json.dumps(answers, ensure_ascii=False).encode() + b"\n")
    for dialogue in dialogues:
        said = [[utterance.speaker_id, utterance.text] for utterance in dialogue.utterances]
        digest.update(json.dumps([dialogue.dialogue_id, said], ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def _build_personas(parts: list[Path], build: _Build) -> None:
    path = build.folder / store.PERSONAS_NAME
    rows = _read_personas(parts, build)
    build.counts["personas"] = parquet.write_rows(path, parquet.persona_schema(), rows)


def _read_personas(parts: list[Path], build: _Build) -> Iterator[dict[str, Any]]:
    """Stream the raw rows through validation: one batch of one part in memory at a time."""
    import pyarrow.parquet as pq

    files = [pq.ParquetFile(part) for part in parts]
    n_total = sum(file.metadata.num_rows for file in files)
    n_done = 0
    for file in files:
        for batch in file.iter_batches(batch_size=parquet.BATCH_ROWS):
            n_done += batch.num_rows
            build.on_progress("Nemotron-Personas-Japan", n_done, n_total)
            for row in batch.to_pylist():
                persona = nemotron.parse_persona(row, build.dropped)
                if persona is not None:
                    yield persona
