"""A corpus's speakers divided: who belongs together, and who is held out. In: records. Out: groups and parts by id.

Effect: ``write_split_by_speaker`` writes a file.
"""

import csv
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from seikaku.corpora import communities, kin
from seikaku.corpora.realpersonachat import DialogueRecord, SpeakerRecord
from seikaku.corpora.splits import assign_parts
from seikaku.traits import TRAIT_KEYS

HOLDOUT_SEED = 0


@dataclass(frozen=True, slots=True)
class Circles:
    """Community and kin group by speaker id, the ids of each kin group, and speakers with too little text to tell."""

    community: dict[str, int]
    kin: dict[str, int]
    names: list[list[str]]
    n_undecided: int


def find_circles(speaker_ids: list[str], dialogues: list[DialogueRecord]) -> Circles:
    """Who talks together and whom their writing does not tell apart."""
    index = {speaker_id: position for position, speaker_id in enumerate(speaker_ids)}
    speaker: list[int] = []
    dialogue_of: list[int] = []
    texts: list[list[str]] = []
    pairs: list[tuple[int, int]] = []
    for dialogue in dialogues:
        said: dict[str, list[str]] = {}
        for utterance in dialogue.utterances:
            said.setdefault(utterance.speaker_id, []).append(utterance.text)
        pairs.append(tuple(index[speaker_id] for speaker_id in said))  # type: ignore[arg-type]  # both speak
        speaker += pairs[-1]
        dialogue_of += [dialogue.dialogue_id] * len(said)
        texts += said.values()
    found = kin.find_kin(len(index), np.array(speaker, np.int64), np.array(dialogue_of, np.int64), texts)
    community = communities.find_communities(len(index), pairs, found.group)
    groups = range(int(found.group.max(initial=-1)) + 1)
    return Circles(
        dict(zip(index, community.tolist(), strict=True)),
        dict(zip(index, found.group.tolist(), strict=True)),
        [[speaker_ids[member] for member in np.flatnonzero(found.group == group)] for group in groups],
        found.n_undecided,
    )


def assign_parts_of(speakers: dict[str, SpeakerRecord], n_dialogues: Counter[str], circles: Circles) -> dict[int, str]:
    """The part of each talk community, balanced over the speakers who talk and have all five scores."""
    counted = sorted(
        name
        for name, record in speakers.items()
        if n_dialogues[name] and None not in [record.scores.get(key) for key in TRAIT_KEYS]
    )
    scores = np.array([[speakers[name].scores[key] for key in TRAIT_KEYS] for name in counted], np.float64)
    community = [circles.community[name] for name in counted]
    parts = assign_parts(np.array(community, np.int64), scores.reshape(-1, len(TRAIT_KEYS)), HOLDOUT_SEED)
    return dict(zip(community, parts, strict=True))


def write_split_by_speaker(path: Path, rows: list[dict[str, Any]]) -> None:
    """The division of earlier work (8 : 1 : 1 by speaker, companions apart), beside ours, for comparison alone."""
    counted = sorted(
        (row for row in rows if row["n_dialogues"] and None not in [row[key] for key in TRAIT_KEYS]),
        key=itemgetter("speaker_id"),
    )
    scores = np.array([[row[key] for key in TRAIT_KEYS] for row in counted], np.float64)
    parts = assign_parts(np.arange(len(counted)), scores.reshape(-1, len(TRAIT_KEYS)), HOLDOUT_SEED)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["speaker_id", "split"])
        writer.writerows((row["speaker_id"], part) for row, part in zip(counted, parts, strict=True))
