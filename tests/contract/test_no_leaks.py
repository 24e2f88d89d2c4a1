"""No machine, no mirror and no third party's sentence in the repository."""

import csv
import io
import json
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

# Written so that no pattern matches itself.
# /opt/ml is part of SageMaker's contract with its containers.
MACHINE_PATH = re.compile(r"(?<![\w./])/(?:work|root|tmp|home|opt(?!/ml\b)|Users)/")
REGISTRY = re.compile(r"(?:[\w-]+\.)*(?:py[p]i|python[h]osted|artifact[o]ry)(?:\.[\w-]+)+|-index-[u]rl|fil[e]:///")
QUOTE_CHARS = 20


def test_no_path_of_a_machine(tracked_texts):
    found = [
        f"{name}: {match.group()}"
        for name, text in tracked_texts.items()
        if not name.startswith("tests/")
        for match in MACHINE_PATH.finditer(text)
    ]
    assert not found


def test_no_address_of_a_registry(tracked_texts):
    found = [f"{name}: {match.group()}" for name, text in tracked_texts.items() for match in REGISTRY.finditer(text)]
    assert not found


@pytest.mark.shared_data
def test_no_sentence_of_a_corpus(tracked_texts, repository):
    folder = Path(os.environ.get("SEIKAKU_SHARED_DATA", repository.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no development data in {folder} (SEIKAKU_SHARED_DATA)")
    sentences: dict[str, list[str]] = {}
    for sentence, n_times in Counter(read_sentences(folder)).items():
        if len(sentence) >= QUOTE_CHARS and n_times == 1:  # a set phrase of greeting belongs to nobody
            sentences.setdefault(sentence[:QUOTE_CHARS], []).append(sentence)
    assert len(sentences) > 1_000
    # A quote holds its first characters: one look-up a position, however many sentences there are.
    quoted = [
        name
        for name, text in tracked_texts.items()
        for start in range(len(text) - QUOTE_CHARS + 1)
        if (begun := sentences.get(text[start : start + QUOTE_CHARS]))
        and any(text.startswith(sentence, start) for sentence in begun)
    ]
    assert not quoted  # names of files only: a failing test must not print the sentence


def read_sentences(folder: Path) -> Iterator[str]:
    for archive in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(archive) as files:
            for name in files.namelist():
                if "/dialogues/" in name and name.endswith(".json"):
                    yield from (utterance["text"] for utterance in json.loads(files.read(name))["utterances"])
    for table in sorted(folder.glob("*.csv")):
        for row in csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))):
            yield from row.values()
