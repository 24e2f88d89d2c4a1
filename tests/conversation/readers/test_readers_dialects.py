"""Every dialect that a reader knows: a fictional file, written by us, beside what must come out of it.

``X.expected.json`` stands beside the file ``X`` (or the folder ``X/``: files that belong together):

{"format": "slack", "utterances": [[conversation, speaker, text, timestamp or null], ...],
 "dropped": {reason: count}, "removed": {reason: count}, "me": null, "renamed": [], "uncertain_names": [],
 "warnings": ["a piece of each Japanese warning, in order"]}

or ``{"refused": "a piece of the Japanese message"}``. What is left out is empty. Of a folder, ``"file"`` names the
one that is read and the others lie beside it.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from seikaku.conversation.readers import FORMAT_NAMES, READERS, parse_conversations
from seikaku.conversation.readers.decoding import decode
from seikaku.conversation.readers.source import MIN_CONFIDENCE, Source
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import InputFileError

FOLDER = Path(__file__).parent / "dialects"
EXPECTED = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.expected.json"))
# Readers of any JSON, table or labelled lines take a file that no other knows, and say what is missing in it.
GENERIC = {"json", "jsonl", "table", "plain"}
DEFAULTS = {"dropped": {}, "removed": {}, "me": None, "renamed": [], "uncertain_names": []}


def read(path: Path, file: str | None) -> ImportedFile:
    wanted = path / file if file else path

    def beside(name: str) -> str | None:
        near = [folder / name for folder in wanted.parents if folder == path or path in folder.parents]
        return next((decode(one.read_bytes(), one.name)[0] for one in near if one.is_file()), None)

    name = wanted.relative_to(path).as_posix() if file else wanted.name
    return parse_conversations(wanted.read_bytes(), name=name, beside=beside)


@pytest.mark.parametrize("name", EXPECTED)
def test_dialect(name: str) -> None:
    expected = json.loads((FOLDER / name).read_text("utf-8"))
    path = FOLDER / name.removesuffix(".expected.json")
    if "refused" in expected:
        with pytest.raises(InputFileError) as caught:
            read(path, expected.get("file"))
        assert expected["refused"] in caught.value.message
        return
    imported = read(path, expected.get("file"))
    report = imported.report
    found = [
        [talk.conversation_id, said.speaker, said.text, said.timestamp.isoformat() if said.timestamp else None]
        for talk in imported.conversations
        for said in talk.utterances
    ]
    assert found == expected["utterances"]
    removed: Counter[str] = Counter()
    for one in report.removed_by:
        removed[one.reason] += one.count
    assert {
        "format": report.format,
        "dropped": report.dropped,
        "removed": dict(removed),
        "me": report.me,
        "renamed": [list(pair) for pair in report.renamed],
        "uncertain_names": list(report.uncertain_names),
    } == DEFAULTS | {key: expected[key] for key in ("format", *DEFAULTS) if key in expected}
    pieces = expected.get("warnings", [])
    assert len(report.warnings) == len(pieces), report.warnings
    assert all(piece in warning for piece, warning in zip(pieces, report.warnings, strict=True)), report.warnings


def claimants(path: Path, name: str) -> dict[str, float]:
    """The formats that take this file for theirs, with how sure they are; of what is no text none."""
    try:
        source = Source(name, decode(path.read_bytes(), path.name)[0])
    except InputFileError:
        return {}
    judged = {reader.name: reader.judge(source).confidence for reader in READERS}
    return {format: confidence for format, confidence in judged.items() if confidence >= MIN_CONFIDENCE}


@pytest.mark.parametrize("name", EXPECTED)
def test_nobody_claims_a_neighbours_file(name: str) -> None:
    """A reader of one app is sure of its own files and leaves the others alone; of an app's files beside them too."""
    expected = json.loads((FOLDER / name).read_text("utf-8"))
    path = FOLDER / name.removesuffix(".expected.json")
    file = expected.get("file")
    found = claimants(path / file, file) if file else claimants(path, path.name)
    own = expected.get("format")
    if own is None:  # one reader may take a file for its app's and say what it lacks
        assert len(set(found) - GENERIC) <= 1
    else:
        assert set(found) - GENERIC <= {own} and found[own] == max(found.values())
    beside = [one for one in path.rglob("*") if one.is_file() and one != path / file] if file else []
    assert not [one for one in beside if set(claimants(one, one.name)) - GENERIC - {own}]


def test_every_format_has_a_file() -> None:
    formats = {json.loads((FOLDER / name).read_text("utf-8")).get("format") for name in EXPECTED}
    assert formats - {None} == set(FORMAT_NAMES)


def test_every_file_has_what_must_come_out_of_it() -> None:
    files = {path.relative_to(FOLDER) for path in FOLDER.rglob("*") if path.is_file()}
    expected = {Path(name) for name in EXPECTED}
    given = [file.as_posix() for file in files - expected]
    covered = [name.removesuffix(".expected.json") for name in EXPECTED]
    assert [file for file in given if not any(file == one or file.startswith(f"{one}/") for one in covered)] == []
