"""Stage 1's examples: one text of a synthetic persona, its age, sex and occupation. Effect: reads data/processed.

One example is one of a persona's ten texts (six personas, four contexts). An epoch takes ``texts_per_person`` (default
one) of each person, and later epochs the person's other texts: an epoch is then as long as there are people,
whatever is missing, no two examples of one epoch share a label by sharing a person, and every text has its turn.

Personas are read one row group after another (``corpora.parquet`` writes 5,000 rows to a group), so that memory does
not grow with their number. Order is a function of (seed, epoch) alone: row groups are shuffled, and rows within
a buffer of several groups. Who validates and who tests is a function of the uuid alone: nobody changes sides between
runs.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from seikaku.corpora.nemotron import SEXES
from seikaku.corpora.store import PERSONAS_NAME, load_manifest, verify_files
from seikaku.errors import DataError
from seikaku.model.encoder.batches import pad
from seikaku.model.encoder.special import SpecialTokens, encode_texts
from seikaku.training.personas.masking import find_name, mask_person
from seikaku.training.personas.occupations import MISSING_CLASS, classify_occupation
from seikaku.training.personas.weak_traits import weak_trait_scores

TEXT_COLUMNS = (
    "persona",
    "professional_persona",
    "sports_persona",
    "arts_persona",
    "travel_persona",
    "culinary_persona",
    "cultural_background",
    "skills_and_expertise",
    "hobbies_and_interests",
    "career_goals_and_ambitions",
)
LABELS = ("age", "sex", "industry", "size")
_COLUMNS = ("uuid", *TEXT_COLUMNS, "age", "sex", "occupation")
_READ_ROWS = 500  # decoded at a time
_BUCKET_BATCHES = 50  # whose examples are sorted by length together: little padding, yet the order stays random

Part = Literal["train", "validation", "test"]
_PART_NAMES: dict[Part, str] = {"train": "学習", "validation": "検証", "test": "評価"}
Example = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PersonaPart:
    """The people of one part of the file: how many of each row group, and their age (years; None of nobody).

    ``held_out_share``: of the validation part, and of the test part as well.
    """

    path: Path
    part: Part
    held_out_share: float
    n_of_group: tuple[int, ...]
    age_mean: float
    age_sd: float

    @property
    def n_persons(self) -> int:
        """Number of people in this part."""
        return sum(self.n_of_group)

    def contains(self, uuid: str) -> bool:
        """Whether this person belongs to the part, by a hash of the uuid."""
        draw = int.from_bytes(hashlib.sha256(uuid.encode()).digest()[:8], "big") / 2**64
        if draw < self.held_out_share:
            return self.part == "validation"
        return self.part == ("test" if draw >= 1 - self.held_out_share else "train")


def open_personas(
    processed: Path, part: Part, *, held_out_share: float = 0.05, max_persons: int | None = None
) -> PersonaPart:
    """Find the people of ``part`` in a processed folder, at most the first ``max_persons`` (None: all).

    Raises DataError when the folder is missing, altered or without personas, or nobody falls into the part.
    """
    manifest = load_manifest(processed)
    if PERSONAS_NAME not in manifest["files"]:
        mend = "python download_datasets.py のあと、python preprocess_data.py --force を実行してください。"
        raise DataError(f"Nemotron-Personas-Japan が前処理されていません: {processed}", mend)
    verify_files(processed, manifest)
    return scan_personas(processed / PERSONAS_NAME, part, held_out_share, max_persons)


def scan_personas(path: Path, part: Part, held_out_share: float, max_persons: int | None = None) -> PersonaPart:
    """As ``open_personas``, from the Parquet file itself; reads only the columns uuid and age."""
    import pyarrow.parquet as pq

    rule = PersonaPart(path, part, held_out_share, (), 0.0, 1.0)
    n_of_group: list[int] = []
    total = square = n_ages = 0.0
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            columns = file.read_row_group(group, columns=["uuid", "age"]).to_pydict()
            ages = [age for uuid, age in zip(columns["uuid"], columns["age"], strict=True) if rule.contains(uuid)]
            if max_persons is not None:
                ages = ages[: max_persons - sum(n_of_group)]
            n_of_group.append(len(ages))
            known = [age for age in ages if age is not None]
            n_ages, total, square = n_ages + len(known), total + sum(known), square + sum(age**2 for age in known)
    if not sum(n_of_group):
        raise DataError(
            f"{_PART_NAMES[part]}に使うペルソナが 1 人もいません: {path}",
            "ペルソナの数（download_datasets.py の件数）を増やしてください。",
        )
    mean = total / max(n_ages, 1)
    sd = max(square / max(n_ages, 1) - mean**2, 0.0) ** 0.5
    return PersonaPart(path, part, held_out_share, tuple(n_of_group), mean, sd or 1.0)


class PersonaStream:
    """The examples of a part, an epoch at a time; iterable again and again, with a known length.

    An example: ``text``; ``age`` in years (NaN: missing); ``sex``, ``industry``, ``size`` as class (-100: missing);
    with ``weak_traits`` five labels in {-1, 0, 1, NaN}. ``mask`` takes name, age and sex out of the text
    (``persona_masking``). ``batch_size`` > 1 puts texts of like length together, that many at a time. ``rank`` of
    ``world`` processes takes every ``world``-th example of the same order; at most ``world`` - 1 are left out.
    """

    def __init__(
        self,
        people: PersonaPart,
        *,
        seed: int = 0,
        shuffle: bool = True,
        texts_per_person: int = 1,
        mask: bool = True,
        weak_traits: bool = False,
        batch_size: int = 1,
        rank: int = 0,
        world: int = 1,
        buffer_rows: int = 20_000,
    ) -> None:
        self.people = people
        self._seed = seed
        self._shuffle = shuffle
        self._texts_per_person = texts_per_person
        self._mask = mask
        self._weak_traits = weak_traits
        self._batch_size = batch_size
        self._rank, self._world = rank, world
        self._buffer_rows = buffer_rows
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Turn to an epoch, counted from 0."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self.people.n_persons * self._texts_per_person // self._world

    def __iter__(self) -> Iterator[Example]:
        n_used = len(self) * self._world
        for position, example in zip(range(n_used), self._ordered(), strict=False):
            if position % self._world == self._rank:
                yield example

    def _ordered(self) -> Iterator[Example]:
        """All examples of the epoch in its order; what fills no batch waits for the next buffer."""
        draw = np.random.default_rng([self._seed, self._epoch])
        waiting: list[Example] = []
        for buffer in self._buffers(draw):
            order = draw.permutation(len(buffer)) if self._shuffle else range(len(buffer))
            waiting += [buffer[index] for index in order]
            n_ready = len(waiting) - len(waiting) % self._batch_size
            yield from self._by_length(waiting[:n_ready], draw)
            waiting = waiting[n_ready:]
        yield from waiting

    def _by_length(self, examples: list[Example], draw: np.random.Generator) -> Iterator[Example]:
        size = self._batch_size
        if size == 1 or not self._shuffle:
            yield from examples
            return
        for start in range(0, len(examples), _BUCKET_BATCHES * size):
            bucket = sorted(examples[start : start + _BUCKET_BATCHES * size], key=lambda example: len(example["text"]))
            for batch in draw.permutation(len(bucket) // size):
                yield from bucket[batch * size : (batch + 1) * size]

    def _buffers(self, draw: np.random.Generator) -> Iterator[list[Example]]:
        """The examples of several row groups at a time, ``buffer_rows`` or a little more."""
        import pyarrow.parquet as pq

        groups = np.flatnonzero(self.people.n_of_group)
        buffer: list[Example] = []
        with pq.ParquetFile(self.people.path) as file:
            for group in draw.permutation(groups) if self._shuffle else groups:
                for row in self._rows(file, int(group)):
                    buffer += self._examples(row)
                if len(buffer) >= self._buffer_rows:
                    yield buffer
                    buffer = []
        yield buffer

    def _rows(self, file: Any, group: int) -> Iterator[Example]:
        n_left = self.people.n_of_group[group]
        for batch in file.iter_batches(batch_size=_READ_ROWS, row_groups=[group], columns=list(_COLUMNS)):
            columns = batch.to_pydict()
            for index, uuid in enumerate(columns["uuid"]):
                if n_left and self.people.contains(uuid):
                    n_left -= 1
                    yield {name: values[index] for name, values in columns.items()}

    def _examples(self, row: Example) -> Iterator[Example]:
        texts = [row[column] for column in TEXT_COLUMNS if row[column]]
        industry, size = classify_occupation(row["occupation"])
        labels: Example = {
            "age": float("nan") if row["age"] is None else float(row["age"]),
            "sex": SEXES.index(row["sex"]) if row["sex"] in SEXES else MISSING_CLASS,
            "industry": industry,
            "size": size,
        }
        if self._weak_traits:
            labels["weak_traits"] = weak_trait_scores(texts)
        # Everyone begins at another text, so that each epoch holds all kinds.
        first = int.from_bytes(hashlib.sha256(row["uuid"].encode()).digest()[8:16], "big")
        for step in range(self._texts_per_person):
            text = texts[(first + self._epoch * self._texts_per_person + step) % len(texts)]
            yield {"text": mask_person(text, find_name(row["persona"])) if self._mask else text, **labels}


class PersonaCollator:
    """Examples -> one batch of tensors, padded to its longest text, cut at ``max_tokens``, special tokens included."""

    def __init__(self, tokenizer: Any, special: SpecialTokens, max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self._special = special
        self._max_tokens = max_tokens

    def __call__(self, examples: Sequence[Example]) -> dict[str, Any]:
        """``input_ids`` and ``attention_mask`` (n, seq_len), ``age`` (n,) float, ``sex`` etc. (n,) int."""
        import torch

        room = self._max_tokens - self._special.n_around
        texts = encode_texts(self._tokenizer, [example["text"] for example in examples])
        ids, mask = pad([self._special.frame([np.array(text[:room])]) for text in texts], self._special.pad)
        batch = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        for name in LABELS:
            kind = torch.float32 if name == "age" else torch.int64
            batch[name] = torch.tensor([example[name] for example in examples], dtype=kind)
        if "weak_traits" in examples[0]:
            rows = [example["weak_traits"] for example in examples]
            batch["weak_traits"] = torch.tensor(rows, dtype=torch.float32)
        return batch
