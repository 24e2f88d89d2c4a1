"""The stream of persona examples. Every person is made up by the code below."""

import json
import math
import re
import tracemalloc
from collections import Counter

import pytest

from seikaku.corpora import nemotron
from seikaku.errors import DataError
from seikaku.files import sha256_of_file
from seikaku.training.personas.occupations import INDUSTRIES, SIZES
from seikaku.training.personas.stream import (
    TEXT_COLUMNS,
    PersonaCollator,
    PersonaStream,
    open_personas,
    scan_personas,
)

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def column(name, numbers):
    """The values of one column for the people of these numbers; the first text column names the number."""
    if name == "uuid":
        return [f"{number:032x}" for number in numbers]
    if name == "age":
        return [20 + number % 60 for number in numbers]
    if name == "sex":
        return ["男" if number % 2 else "女" for number in numbers]
    if name == "occupation":
        return ["菓子製造業 中小" if number % 3 else "無職" for number in numbers]
    if name in nemotron.LIST_COLUMNS:
        return [["散歩"] for _ in numbers]
    if name in TEXT_COLUMNS:
        return [f"架空 花子は{name}の{number}番。" + "散歩。" * (number % 9) for number in numbers]
    return ["架空" for _ in numbers]


def write(path, n_people, group_rows=100, **changed):
    from seikaku.corpora.parquet import persona_schema

    schema = persona_schema()
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, n_people, group_rows):
            numbers = range(start, min(start + group_rows, n_people))
            values = {name: changed.get(name, column)(name, numbers) for name in schema.names}
            writer.write_table(pa.table(values, schema=schema))
    return path


@pytest.fixture(scope="module")
def personas(tmp_path_factory):
    return write(tmp_path_factory.mktemp("personas") / "personas.parquet", 1000)


@pytest.fixture(scope="module")
def people(personas):
    return scan_personas(personas, "train", 0.1)


def person_of(example):
    return int(re.search(r"(\d+)番", example["text"])[1])


def test_nobody_is_in_two_parts_and_everybody_in_one(personas, people):
    validation, test = (scan_personas(personas, part, 0.1) for part in ("validation", "test"))
    train_ids = {person_of(example) for example in PersonaStream(people)}
    validation_ids = {person_of(example) for example in PersonaStream(validation, shuffle=False)}
    test_ids = {person_of(example) for example in PersonaStream(test, shuffle=False)}
    assert len(train_ids) + len(validation_ids) + len(test_ids) == 1000
    assert train_ids | validation_ids | test_ids == set(range(1000))
    for part, ids in ((validation, validation_ids), (test, test_ids)):
        assert part.n_persons == len(ids)
        assert 60 <= len(ids) <= 140
    assert people.n_persons == len(train_ids)


@pytest.mark.parametrize("part", ["validation", "test"])
def test_who_is_held_out_depends_on_the_uuid_alone(tmp_path, personas, part):
    longer = write(tmp_path / "longer.parquet", 1500, group_rows=37)
    before = {person_of(e) for e in PersonaStream(scan_personas(personas, part, 0.1))}
    after = {person_of(e) for e in PersonaStream(scan_personas(longer, part, 0.1))}
    assert before == {number for number in after if number < 1000}


def test_an_epoch_has_each_person_once_and_the_length_it_says(people):
    examples = list(PersonaStream(people, batch_size=8, buffer_rows=250))
    assert len(examples) == len(PersonaStream(people)) == people.n_persons
    assert set(Counter(map(person_of, examples)).values()) == {1}


def test_later_epochs_take_the_other_texts(people):
    stream = PersonaStream(people, shuffle=False)
    seen = []
    for epoch in range(len(TEXT_COLUMNS)):
        stream.set_epoch(epoch)
        seen.append([example["text"] for example in stream])
    assert all(len(set(texts)) == len(TEXT_COLUMNS) for texts in zip(*seen, strict=True))
    kinds = {re.search(r"は(\w+?)の\d", text)[1] for text in seen[0]}
    assert len(kinds) == len(TEXT_COLUMNS)  # and one epoch holds all kinds


def test_all_texts_in_one_epoch(people):
    stream = PersonaStream(people, texts_per_person=len(TEXT_COLUMNS))
    examples = list(stream)
    assert len(examples) == len(stream) == len({example["text"] for example in examples}) == 10 * people.n_persons


def test_the_order_is_a_function_of_seed_and_epoch(people):
    def order(seed, epoch):
        stream = PersonaStream(people, seed=seed, batch_size=4, buffer_rows=300)
        stream.set_epoch(epoch)
        return [person_of(example) for example in stream]

    assert order(0, 0) == order(0, 0)
    assert order(0, 0) != order(0, 1)
    assert order(0, 0) != order(1, 0)
    assert order(0, 0) != sorted(order(0, 0))


def test_people_of_several_row_groups_are_mixed(people):
    first = [
        person_of(example) // 100
        for example, _ in zip(PersonaStream(people, buffer_rows=400), range(100), strict=False)
    ]
    assert len(set(first)) >= 4


def test_processes_share_an_epoch_and_make_only_what_is_theirs(people, monkeypatch):
    whole = [example["text"] for example in PersonaStream(people, batch_size=6)]
    made = []
    real = PersonaStream._example
    monkeypatch.setattr(PersonaStream, "_example", lambda stream, source: made.append(source) or real(stream, source))
    shares = []
    for rank in range(3):
        found = PersonaStream(people, batch_size=6).read(0, lambda position, rank=rank: position // 2 % 3 == rank)
        shares.append([example and example["text"] for example in found])
    assert len(made) == len(whole)
    for position, text in enumerate(whole):
        assert [share[position] for share in shares] == [
            text if position // 2 % 3 == rank else None for rank in range(3)
        ]


@pytest.mark.parametrize("batch_size", [1, 8, 7, 64])
@pytest.mark.parametrize("epoch", [0, 2])
def test_reading_goes_on_from_any_place_and_reads_nothing_before(people, batch_size, epoch, monkeypatch):
    stream = PersonaStream(people, seed=3, batch_size=batch_size, buffer_rows=250)
    stream.set_epoch(epoch)
    whole = [example["text"] for example in stream]
    read = []
    real = PersonaStream._rows
    monkeypatch.setattr(
        PersonaStream, "_rows", lambda stream, file, group: read.append(group) or real(stream, file, group)
    )
    n_groups = len(people.n_of_group)
    for start in (0, 1, 7, 8, 250, 333, 499, 640, len(whole) - 1, len(whole)):
        read.clear()
        assert [example["text"] for example in stream.read(start, lambda position: True)] == whole[start:]
        left = (len(whole) - start) / len(whole) * n_groups
        assert len(read) <= left + 2 * 4  # at most the buffer of the place and the one before it, 3 or 4 groups each


def test_batches_hold_texts_of_like_length(people):
    def spread(batch_size):
        lengths = [len(example["text"]) for example in PersonaStream(people, batch_size=batch_size)]
        batches = [lengths[start : start + 8] for start in range(0, len(lengths) - 7, 8)]
        return sum(max(batch) * 8 - sum(batch) for batch in batches)

    assert spread(8) < 0.4 * spread(1)  # padding


def test_labels(people):
    for example in PersonaStream(people):
        number = person_of(example)
        assert example["age"] == 20 + number % 60
        assert example["sex"] == number % 2 ^ 1
        assert INDUSTRIES[example["industry"]] == ("製造業" if number % 3 else "働いていない")
        assert SIZES[example["size"]] == ("中小" if number % 3 else "記載なし")


def test_missing_values_are_masked(tmp_path):
    def nothing(name, numbers):
        return [None for _ in numbers]

    path = write(tmp_path / "gaps.parquet", 20, age=nothing, sex=nothing, occupation=nothing, arts_persona=nothing)
    part = scan_personas(path, "train", 0.1)
    examples = list(PersonaStream(part, texts_per_person=10))
    assert len(examples) == 10 * part.n_persons
    assert all(math.isnan(e["age"]) and e["sex"] == e["industry"] == e["size"] == -100 for e in examples)
    assert (part.age_mean, part.age_sd) == (0.0, 1.0)


def test_age_scale_is_that_of_the_part(people):
    ages = [example["age"] for example in PersonaStream(people)]
    mean = sum(ages) / len(ages)
    assert people.age_mean == pytest.approx(mean)
    assert people.age_sd == pytest.approx(math.sqrt(sum((age - mean) ** 2 for age in ages) / len(ages)))


def test_the_name_is_masked_unless_it_is_to_stay(people):
    assert all(example["text"].startswith("この人は") for example in PersonaStream(people))
    assert all(example["text"].startswith("架空 花子は") for example in PersonaStream(people, mask=False))


def test_weak_labels_are_the_persons(tmp_path):
    def sociable(name, numbers):
        return [f"架空 花子は社交的で{number}番。" for number in numbers]

    part = scan_personas(write(tmp_path / "weak.parquet", 20, persona=sociable), "train", 0.1)
    for example in PersonaStream(part, weak_traits=True):
        assert example["weak_traits"][2] == 1.0
        assert math.isnan(example["weak_traits"][0])
    assert "weak_traits" not in next(iter(PersonaStream(part)))


def test_a_limit_takes_the_first_people(personas):
    part = scan_personas(personas, "train", 0.1, max_persons=250)
    numbers = {person_of(example) for example in PersonaStream(part)}
    everyone = sorted(person_of(example) for example in PersonaStream(scan_personas(personas, "train", 0.1)))
    assert numbers == set(everyone[:250])
    assert len(PersonaStream(part)) == 250


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_people(tmp_path):
    def peak(n_people):
        part = scan_personas(write(tmp_path / f"{n_people}.parquet", n_people, group_rows=1000), "train", 0.05)
        arrow = n_seen = 0
        tracemalloc.start()
        for n_seen, _ in enumerate(PersonaStream(part, mask=False, buffer_rows=2000), start=1):
            if n_seen % 1000 == 0:
                arrow = max(arrow, pa.total_allocated_bytes())
        python = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert n_seen == part.n_persons
        return python + arrow

    small = peak(8_000)
    assert peak(50_000) < 1.3 * small
    assert small < 20e6


def processed(folder, path):
    manifest = {"schema_version": 3, "files": {path.name: sha256_of_file(path)}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def test_a_processed_folder_is_opened(tmp_path):
    path = write(tmp_path / "personas.parquet", 40)
    part = open_personas(processed(tmp_path, path), "train", held_out_share=0.25)
    assert part == scan_personas(path, "train", 0.25)


def test_an_altered_file_is_refused(tmp_path):
    path = write(tmp_path / "personas.parquet", 40)
    folder = processed(tmp_path, path)
    write(path, 41)
    with pytest.raises(DataError, match="壊れているか、書き換えられています"):
        open_personas(folder, "train")


def test_a_folder_without_personas_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"schema_version": 3, "files": {}}), encoding="utf-8")
    with pytest.raises(DataError, match="Nemotron-Personas-Japan が前処理されていません"):
        open_personas(tmp_path, "train")


@pytest.mark.parametrize(("part", "name"), [("validation", "検証"), ("test", "評価")])
def test_an_empty_part_is_refused(personas, part, name):
    with pytest.raises(DataError, match=f"{name}に使うペルソナが 1 人もいません"):
        scan_personas(personas, part, 0.0)


def test_a_batch_of_tensors(people):
    pytest.importorskip("transformers")
    from tiny_encoder import build_tiny_tokenizer

    from seikaku.model.encoder.special import find_special_tokens

    tokenizer = build_tiny_tokenizer()
    stream = PersonaStream(people, weak_traits=True)
    examples = [example for example, _ in zip(stream, range(6), strict=False)]
    examples[0]["text"] = "散歩。" * 200
    batch = PersonaCollator(tokenizer, find_special_tokens(tokenizer), max_tokens=24)(examples)
    assert list(batch) == ["input_ids", "attention_mask", "age", "sex", "industry", "size", "weak_traits"]
    assert batch["input_ids"].shape == batch["attention_mask"].shape == (6, 24)
    assert batch["age"].tolist() == [example["age"] for example in examples]
    assert batch["sex"].tolist() == [example["sex"] for example in examples]
    assert batch["weak_traits"].shape == (6, 5)
    for row, example in zip(range(1, 6), examples[1:], strict=True):
        ids = batch["input_ids"][row][batch["attention_mask"][row].bool()].tolist()
        assert ids == tokenizer(example["text"], truncation=True, max_length=24)["input_ids"]
