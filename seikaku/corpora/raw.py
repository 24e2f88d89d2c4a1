"""The raw folder (``data/raw``): what lies where, under which licence, and whether it is undamaged. Effect: reads.

    realpersonachat.zip               the archive as it was fetched
    realpersonachat.json              where from, sha256, content digest, licence, citation
    nemotron_personas_japan/          part-00000.parquet ..., all 22 columns as text
    nemotron_personas_japan.json      where from, rows, sha256 of each part, licence, citation

A corpus is there when its JSON is: it is written last.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seikaku.errors import DataError, Words, both
from seikaku.files import sha256_of_file


@dataclass(frozen=True, slots=True)
class CorpusNotice:
    """What a user of a corpus must know: its name, licence, whom to cite, and cautions."""

    name: str
    title: str
    licence: str
    citations: tuple[str, ...]
    cautions: tuple[str, ...]

    def provenance(self) -> dict[str, Any]:
        """Licence and citations, as they go into every manifest."""
        return {"licence": self.licence, "citations": list(self.citations)}


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The provenance of a corpus in the raw folder, and whether this run fetched it (False: it was there)."""

    manifest: dict[str, Any]
    is_new: bool


REALPERSONACHAT = CorpusNotice(
    name="realpersonachat",
    title="RealPersonaChat",
    licence="CC BY-SA 4.0",
    citations=(
        "Sanae Yamashita, Koji Inoue, Ao Guo, Shota Mochizuki, Tatsuya Kawahara, Ryuichiro Higashinaka. "
        "RealPersonaChat: A Realistic Persona Chat Corpus with Interlocutors' Own Personalities. "
        "PACLIC 37, pp. 852-861, 2023.",
        "山下紗苗, 井上昂治, 郭傲, 望月翔太, 河原達也, 東中竜一郎. "
        "RealPersonaChat: 話者本人のペルソナと性格特性を含んだ雑談対話コーパス. "
        "言語処理学会第30回年次大会, pp. 2738-2743, 2024.",
    ),
    cautions=(
        both("話者が誰であるかを特定しようとしないこと", "do not try to find out who a speaker is"),
        both("話者になりすますために使わないこと", "do not use it to pass oneself off as a speaker"),
        both(
            "属性や性格を推定されたくない人の権利に配慮すること",
            "mind the rights of people who do not want their attributes or personality to be estimated",
        ),
    ),
)
NEMOTRON = CorpusNotice(
    name="nemotron_personas_japan",
    title="Nemotron-Personas-Japan",
    licence="CC BY 4.0",
    citations=(
        "NVIDIA. Nemotron-Personas-Japan. 2025. https://huggingface.co/datasets/nvidia/Nemotron-Personas-Japan",
    ),
    cautions=(both("合成データであり、実在の人物は含まれません", "the data are synthetic: no real person is in them"),),
)


def is_url(source: str) -> bool:
    """True for what is fetched over HTTP, False for a path."""
    return source.lower().startswith(("http://", "https://"))


def archive_path(raw: Path) -> Path:
    """Where the archive of RealPersonaChat lies."""
    return raw / f"{REALPERSONACHAT.name}.zip"


def parts_folder(raw: Path) -> Path:
    """Where the Parquet parts of Nemotron-Personas-Japan lie."""
    return raw / NEMOTRON.name


def manifest_path(raw: Path, notice: CorpusNotice) -> Path:
    """Where the provenance of a corpus lies."""
    return raw / f"{notice.name}.json"


def load_raw_manifest(raw: Path, notice: CorpusNotice) -> dict[str, Any] | None:
    """A corpus's provenance, or None where it was not fetched (or not to the end). Raises DataError when unreadable."""
    path = manifest_path(raw, notice)
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        required = (
            {"source", "sha256", "content_sha256"}
            if notice is REALPERSONACHAT
            else {"source", "fingerprint", "limit", "parts"}
        )
        if not required <= manifest.keys():
            raise ValueError
    except FileNotFoundError:
        return None
    except (ValueError, AttributeError):
        raise _damaged(
            both(f"取得の記録を読めません: {path}", f"The record of the download cannot be read: {path}"), path
        ) from None
    assert isinstance(manifest, dict)
    return manifest


def verify_archive(raw: Path, manifest: dict[str, Any]) -> Path:
    """The archive's path, after checking it against its record. Raises DataError when missing or damaged."""
    path = archive_path(raw)
    _verify(path, manifest["sha256"], manifest_path(raw, REALPERSONACHAT))
    return path


def verify_parts(raw: Path, manifest: dict[str, Any]) -> list[Path]:
    """The Parquet parts in order, after checking each against its record. Raises DataError when missing or damaged."""
    paths = []
    for name, sha256 in manifest["parts"].items():
        path = parts_folder(raw) / name
        _verify(path, sha256, manifest_path(raw, NEMOTRON))
        paths.append(path)
    return paths


def _verify(path: Path, sha256: str, record: Path) -> None:
    if not path.is_file():
        raise _damaged(
            both(f"取得したはずのファイルがありません: {path}", f"A file that was fetched is missing: {path}"), record
        )
    found = sha256_of_file(path)
    if found != sha256:
        message = both(
            f"ファイルが壊れています: {path}（記録された sha256 {sha256[:12]}…、実際 {found[:12]}…）",
            f"A file is damaged: {path} (its sha256 was {sha256[:12]}…, found {found[:12]}…)",
        )
        raise _damaged(message, record)


def _damaged(message: Words, record: Path) -> DataError:
    mend = both(
        f"{record} を削除してから python download_datasets.py を実行すると、取得し直します。",
        f"Delete {record}, and python download_datasets.py fetches it again.",
    )
    return DataError(message, mend)
