"""Stage 1's examples: one text of a synthetic persona, its age, sex and occupation. Effect: reads data/processed.

One example is one of a persona's ten texts (six personas, four contexts). An epoch takes ``texts_per_person`` (default
one) of each person, and later epochs the person's other texts: an epoch is then as long as there are people,
whatever is missing, no two examples of one epoch share a label by sharing a person, and every text has its turn.

Personas are read one row group after another (``corpora.parquet`` writes 5,000 rows to a group), so that memory does
not grow with their number. Order is a function of (seed, epoch) alone: row groups are shuffled, and rows within
a buffer of several groups. A resumed run therefore begins to read where it broke off, whoever reads. Who validates
and who tests is a function of the uuid alone: nobody changes sides between runs.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from seikaku.corpora.nemotron import SEXES
from seikaku.corpora.store import PERSONAS_NAME, load_manifest, verify_files
from seikaku.errors import DataError, both
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
        mend = both(
            "python download_datasets.py のあと、python preprocess_data.py --force を実行してください。",
            "Run python download_datasets.py, then python preprocess_data.py --force.",
        )
        raise DataError(
            both(
                f"Nemotron-Personas-Japan が前処理されていません: {processed}",
                f"Nemotron-Personas-Japan is not processed: {processed}",
            ),
            mend,
        )
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
            both(
                f"{_PART_NAMES[part]}に使うペルソナが 1 人もいません: {path}", f"There is no persona for {part}: {path}"
            ),
            both(
                "ペルソナの数（download_datasets.py の件数）を増やしてください。",
                "Fetch more personas (the number given to download_datasets.py).",
            ),
        )
    mean = total / max(n_ages, 1)
    sd = max(square / max(n_ages, 1) - mean**2, 0.0) ** 0.5
    return PersonaPart(path, part, held_out_share, tuple(n_of_group), mean, sd or 1.0)


class PersonaStream:
    """The examples of a part, an epoch at a time, from any place of it; iterable again and again, with a known length.

    An example: ``text``; ``age`` in years (NaN: missing); ``sex``, ``industry``, ``size`` as class (-100: missing);
    with ``weak_traits`` five labels in {-1, 0, 1, NaN}. ``mask`` takes name, age and sex out of the text
    (``masking``). ``batch_size`` > 1 puts texts of like length together, that many at a time.
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
        buffer_rows: int = 20_000,
    ) -> None:
        self.people = people
        self._seed = seed
        self._shuffle = shuffle
        self._texts_per_person = texts_per_person
        self._mask = mask
        self._weak_traits = weak_traits
        self._batch_size = batch_size
        self._buffer_rows = buffer_rows
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Turn to an epoch, counted from 0."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self.people.n_persons * self._texts_per_person

    def __iter__(self) -> Iterator[Example]:
        for example in self.read(0, lambda position: True):
            assert example is not None
            yield example

    def read(self, start: int, is_own: Callable[[int], bool]) -> Iterator[Example | None]:
        """The epoch's examples from place ``start`` on; None for those of places that are not ``is_own``.

        Buffers before the one that holds ``start`` are not read, and only examples that are given are made.
        """
        first, position, waiting = self._find_start(start)
        for number, groups in enumerate(self._buffers()[first:], start=first):
            draw = np.random.default_rng([self._seed, self._epoch, number])
            ready = waiting + self._shuffled(groups, draw)
            n_ready = len(ready) - len(ready) % self._batch_size
            is_last = number == len(self._buffers()) - 1
            ordered = [*self._by_length(ready[:n_ready], draw), *(ready[n_ready:] if is_last else [])]
            waiting = ready[n_ready:]
            for source in ordered:
                if position >= start:
                    yield self._example(source) if is_own(position) else None
                position += 1

    def _find_start(self, start: int) -> tuple[int, int, list[Example]]:
        """The first buffer to read, the place of its first example, and what the buffer before left over for it."""
        sizes = [sum(self.people.n_of_group[group] for group in groups) for groups in self._buffers()]
        ends = np.cumsum(sizes) * self._texts_per_person
        number = int(np.searchsorted(ends // self._batch_size * self._batch_size, start, side="right"))
        number = min(number, len(sizes) - 1)
        if number == 0 or sizes[number - 1] * self._texts_per_person < self._batch_size:
            return 0, 0, []  # the buffers are smaller than a batch: few people, read in no time
        left_over = int(ends[number - 1] % self._batch_size)
        if not left_over:
            return number, int(ends[number - 1]), []
        draw = np.random.default_rng([self._seed, self._epoch, number - 1])
        before = self._shuffled(self._buffers()[number - 1], draw)
        return number, int(ends[number - 1]) - left_over, before[-left_over:]

    def _buffers(self) -> list[list[int]]:
        """The row groups in the epoch's order, several together: ``buffer_rows`` people or a little more."""
        groups = np.flatnonzero(self.people.n_of_group)
        if self._shuffle:
            groups = np.random.default_rng([self._seed, self._epoch]).permutation(groups)
        buffers: list[list[int]] = [[]]
        n_people = 0
        for group in groups.tolist():
            if n_people >= self._buffer_rows:
                buffers.append([])
                n_people = 0
            buffers[-1].append(group)
            n_people += self.people.n_of_group[group]
        return buffers

    def _shuffled(self, groups: list[int], draw: np.random.Generator) -> list[Example]:
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.people.path) as file:
            sources = [source for group in groups for row in self._rows(file, group) for source in self._sources(row)]
        return [sources[index] for index in draw.permutation(len(sources))] if self._shuffle else sources

    def _by_length(self, sources: list[Example], draw: np.random.Generator) -> Iterator[Example]:
        size = self._batch_size
        if size == 1 or not self._shuffle:
            yield from sources
            return
        for start in range(0, len(sources), _BUCKET_BATCHES * size):
            bucket = sorted(sources[start : start + _BUCKET_BATCHES * size], key=lambda source: len(source["text"]))
            for batch in draw.permutation(len(bucket) // size):
                yield from bucket[batch * size : (batch + 1) * size]

    def _rows(self, file: Any, group: int) -> Iterator[Example]:
        n_left = self.people.n_of_group[group]
        for batch in file.iter_batches(batch_size=_READ_ROWS, row_groups=[group], columns=list(_COLUMNS)):
            columns = batch.to_pydict()
            for index, uuid in enumerate(columns["uuid"]):
                if n_left and self.people.contains(uuid):
                    n_left -= 1
                    yield {name: values[index] for name, values in columns.items()}

    def _sources(self, row: Example) -> Iterator[Example]:
        """What the person's examples of this epoch are made from: the text as written, and what labels need."""
        texts = [row[column] for column in TEXT_COLUMNS if row[column]]
        source = {name: row[name] for name in ("age", "sex", "occupation")}
        source["name"] = find_name(row["persona"]) if self._mask else None
        source["texts"] = texts if self._weak_traits else None
        # Everyone begins at another text, so that each epoch holds all kinds.
        first = int.from_bytes(hashlib.sha256(row["uuid"].encode()).digest()[8:16], "big")
        for step in range(self._texts_per_person):
            yield source | {"text": texts[(first + self._epoch * self._texts_per_person + step) % len(texts)]}

    def _example(self, source: Example) -> Example:
        industry, size = classify_occupation(source["occupation"])
        example: Example = {
            "text": mask_person(source["text"], source["name"]) if self._mask else source["text"],
            "age": float("nan") if source["age"] is None else float(source["age"]),
            "sex": SEXES.index(source["sex"]) if source["sex"] in SEXES else MISSING_CLASS,
            "industry": industry,
            "size": size,
        }
        if self._weak_traits:
            example["weak_traits"] = weak_trait_scores(source["texts"])
        return example


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
