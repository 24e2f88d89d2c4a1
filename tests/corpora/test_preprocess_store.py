"""Raw -> processed -> SpeakerCorpus, on a tiny fictional corpus."""

import json
import runpy
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from planted import build_corpus, plant_clique, split_people, write_raw

from seikaku.corpora import preprocess as module
from seikaku.corpora import raw as raw_module
from seikaku.corpora.fetch_nemotron import fetch_nemotron
from seikaku.corpora.fetch_realpersonachat import fetch_realpersonachat
from seikaku.corpora.preprocess import preprocess
from seikaku.corpora.store import load_corpus
from seikaku.errors import DataError
from seikaku.traits import TRAIT_KEYS

builders = runpy.run_path(str(Path(__file__).with_name("conftest.py")))
tiny_members, write_archive, DATA = builders["tiny_members"], builders["write_archive"], builders["DATA"]
tiny_personas, write_personas_csv = builders["tiny_personas"], builders["write_personas_csv"]


@pytest.fixture
def build(tmp_path, no_progress):
    """Archive members (and persona rows) -> processed folder."""

    def call(members=None, personas=None, force=False):
        if members is not None:
            archive = write_archive(tmp_path / "given.zip", members)
            fetch_realpersonachat(str(archive), None, tmp_path / "raw", no_progress)
        if personas is not None:
            table = write_personas_csv(tmp_path / "given.csv", personas)
            fetch_nemotron(str(table), None, tmp_path / "raw", no_progress)
        return preprocess(tmp_path / "raw", tmp_path / "processed", force, no_progress)

    return call


@pytest.fixture
def processed(tmp_path):
    return tmp_path / "processed"


def edit_speaker(members, speaker, **answers):
    table = json.loads(members[f"{DATA}/interlocutors.json"])
    table[speaker]["personality"] |= answers
    members[f"{DATA}/interlocutors.json"] = json.dumps(table).encode()


def dialogues_of(members):
    return [json.loads(content) for name, content in sorted(members.items()) if "/dialogues/" in name]


def test_the_corpus_says_what_the_raw_files_say(build, processed, members):
    manifest = build(members).manifest
    corpus = load_corpus(processed)
    raw_dialogues = dialogues_of(members)
    labels = json.loads(members[f"{DATA}/interlocutors.json"])
    talking = sorted({speaker for dialogue in raw_dialogues for speaker in dialogue["interlocutors"]})

    assert corpus.speaker_ids == tuple(talking)
    assert "ZL" not in corpus.speaker_ids  # labelled, but never talks
    expected = [[labels[s]["personality"][f"BigFive_{key.capitalize()}"] for key in TRAIT_KEYS] for s in talking]
    assert np.array_equal(corpus.scores, expected)
    assert corpus.other_scales["ATQ_Fear"].tolist() == [labels[s]["personality"]["ATQ_Fear"] for s in talking]
    assert corpus.gender == tuple(labels[s]["demographic_information"]["gender"] for s in talking)
    assert corpus.age_band == ("30-39",) * len(talking)
    assert not corpus.is_careless.any()
    assert corpus.corpus_digest == manifest["corpus_digest"]

    said = [
        (d["dialogue_id"], who, tuple(u["text"] for u in d["utterances"] if u["interlocutor_id"] == who))
        for d in raw_dialogues
        for who in d["interlocutors"]
    ]
    assert [(s.dialogue_id, corpus.speaker_ids[s.speaker_index], s.texts) for s in corpus.sides] == said
    for first, second in zip(corpus.sides[::2], corpus.sides[1::2], strict=True):
        assert first.dialogue_id == second.dialogue_id
        assert (first.speaker_index, first.partner_index) == (second.partner_index, second.speaker_index)


def test_the_tables_have_the_documented_columns_and_the_silent_speaker(build, processed, members):
    edit_speaker(members, "ZB", BigFive_Openness=None)
    manifest = build(members).manifest
    speakers = {row["speaker_id"]: row for row in pq.read_table(processed / "speakers.parquet").to_pylist()}
    assert speakers["ZL"]["n_dialogues"] == 0
    assert speakers["ZB"]["openness"] is None
    part_of = {}
    for row in speakers.values():
        part_of.setdefault(row["community"], set()).add(row["split"])
    assert all(len(parts) == 1 for parts in part_of.values())  # whole talk communities
    assert speakers["ZL"]["split"] == "train"  # who says nothing can test nothing
    assert set(manifest["splits"]) == {"train", "validation", "test"}
    assert min(manifest["splits"].values()) > 0
    assert len(next(iter(speakers.values()))) == 1 + 5 + 23 + 2 + 5
    circles = [row["community"] for row in speakers.values()]
    assert (speakers["ZL"]["kin"], circles.count(speakers["ZL"]["community"])) == (-1, 1)
    utterances = pq.read_table(processed / "utterances.parquet")
    assert utterances.schema.names == ["dialogue_id", "utterance_index", "speaker_id", "text", "timestamp"]
    assert utterances.num_rows == manifest["counts"]["utterances"] == 180
    assert utterances["timestamp"].null_count == manifest["dropped"]["timestamp_missing_set_null"] == 30


def test_a_speaker_without_a_label_is_no_subject_but_stays_a_partner(build, processed, members):
    edit_speaker(members, "ZB", BigFive_Openness=None)
    edit_speaker(members, "ZC", ATQ_Fear=99)
    build(members)
    corpus = load_corpus(processed)
    assert "ZB" not in corpus.speaker_ids
    assert np.isnan(corpus.other_scales["ATQ_Fear"][corpus.speaker_ids.index("ZC")])
    with_zb = [d["dialogue_id"] for d in dialogues_of(members) if "ZB" in d["interlocutors"]]
    assert [side.dialogue_id for side in corpus.sides if side.partner_index == -1] == with_zb


def test_careless_speakers_are_flagged_and_kept(build, processed, members):
    ends = dict(zip([f"BigFive_{key.capitalize()}" for key in TRAIT_KEYS], [7, 7, 1, 7, 4], strict=True))
    edit_speaker(members, "ZD", **ends)
    assert build(members).manifest["counts"]["speakers_careless"] == 1
    corpus = load_corpus(processed)
    assert [corpus.speaker_ids[i] for i in np.flatnonzero(corpus.is_careless)] == ["ZD"]


def test_a_division_by_speaker_lies_beside_the_corpus(build, processed, members):
    """Of the same speakers, in 8 : 1 : 1, without regard to who talks with whom; made again when it is asked for."""
    build(members)
    corpus = load_corpus(processed)
    table = (processed / "split_by_speaker.csv").read_text(encoding="utf-8").splitlines()
    assert table[0] == "speaker_id,split"
    rows = [line.split(",") for line in table[1:]]
    assert [speaker for speaker, _ in rows] == list(corpus.speaker_ids)
    parts = [part for _, part in rows]
    assert {parts.count("test"), parts.count("validation")} <= {1, 2}  # of eleven
    assert parts != corpus.part.tolist()


@pytest.fixture(scope="module")
def circles():
    """An ordinary corpus, and in it a circle of friends and a person under two ids."""
    whole = build_corpus(61, 900, seed=1, signal=0.0, n_habits=90)
    return split_people(plant_clique(whole, 5), [5])


def test_talk_communities_and_kin_are_written_counted_and_named(circles, tmp_path, processed, no_progress):
    write_raw(tmp_path / "circles.zip", corpus=circles)
    fetch_realpersonachat(str(tmp_path / "circles.zip"), None, tmp_path / "raw", no_progress)
    manifest = preprocess(tmp_path / "raw", processed, False, no_progress).manifest
    assert manifest["schema_version"] == 3
    assert manifest["kin"] == [["S05", "S66"], ["S61", "S62", "S63", "S64", "S65"]]
    counts = manifest["counts"]
    assert (counts["kin_groups"], counts["speakers_with_kin"], counts["speakers_kin_undecided"]) == (2, 7, 0)
    corpus = load_corpus(processed)
    assert counts["communities"] == len(set(corpus.community.tolist())) > 5
    assert np.array_equal(corpus.kin, circles.kin)
    assert np.array_equal(corpus.community, circles.community)
    assert (corpus.community.dtype, corpus.kin.dtype) == (np.int64, np.int64)
    schema = pq.read_schema(processed / "speakers.parquet")
    assert [str(schema.field(name).type) for name in ("community", "kin")] == ["int32", "int32"]


def test_an_ordinary_corpus_has_no_kin(build, processed, members):
    manifest = build(members).manifest
    assert manifest["kin"] == []
    assert manifest["counts"] == {
        "speakers": 12,
        "speakers_with_dialogue": 11,
        "speakers_careless": 0,
        "dialogues": 30,
        "utterances": 180,
        "communities": manifest["counts"]["communities"],
        "kin_groups": 0,
        "speakers_with_kin": 0,
        "speakers_kin_undecided": manifest["counts"]["speakers_kin_undecided"],
    }
    corpus = load_corpus(processed)
    assert 1 < manifest["counts"]["communities"] == len(set(corpus.community.tolist())) < 11
    assert 1 <= manifest["counts"]["speakers_kin_undecided"] <= 12  # who never talks is among them
    assert (corpus.kin == -1).all()


def test_a_partner_without_labels_still_ties_a_community(build, processed, members):
    """Who has no label is nobody's test, but has talked: the circle is that of all who talked."""
    before = load_corpus(build(members) and processed)
    edit_speaker(members, "ZB", BigFive_Openness=None)
    build(members)
    after = load_corpus(processed)
    known = [before.speaker_ids.index(name) for name in after.speaker_ids]
    assert np.array_equal(after.community, before.community[known])


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [("communities", "RESOLUTION", 1.0), ("kin", "MIN_LIKENESS", 0.9), ("kin", "MIN_Z", 5.0)],
)
def test_other_settings_of_the_circles_are_a_reason_to_redo(build, members, monkeypatch, where, name, value):
    build(members)
    monkeypatch.setattr(getattr(module, where), name, value)
    redone = build()
    assert redone.is_new
    assert redone.manifest["settings"][where][name.lower()] == value


def test_what_is_dropped_is_counted_by_reason(build, members):
    names = [name for name in members if "/dialogues/" in name]
    members[names[0]] = b"{"
    members[names[1]] = members[names[2]]  # the same dialogue_id twice
    third = json.loads(members[names[3]])
    third["utterances"][0]["text"] = "  "
    members[names[3]] = json.dumps(third).encode()
    fourth = json.loads(members[names[4]]) | {"interlocutors": ["ZA", "QQ"]}
    members[names[4]] = json.dumps(fourth).encode()
    manifest = build(members, [*tiny_personas(3), tiny_personas(4)[3] | {"age": "?"}]).manifest
    dropped = {reason: count for reason, count in manifest["dropped"].items() if not reason.endswith("_set_null")}
    assert dropped == {
        "dialogue_broken_json": 1,
        "dialogue_duplicate_id": 1,
        "dialogue_unknown_speaker": 1,
        "persona_age_out_of_range": 1,
        "utterance_empty": 1,
    }
    assert manifest["counts"]["dialogues"] == 27
    assert manifest["counts"]["personas"] == 3


def test_a_second_run_does_nothing(build, processed, members):
    first = build(members, tiny_personas(5))
    before = {path.name: path.stat().st_mtime_ns for path in processed.iterdir()}
    tables = {"speakers.parquet", "utterances.parquet", "personas.parquet", "split_by_speaker.csv"}
    assert set(before) == {*tables, "manifest.json"}
    second = build()
    assert (first.is_new, second.is_new) == (True, False)
    assert second.manifest == first.manifest
    assert {path.name: path.stat().st_mtime_ns for path in processed.iterdir()} == before


def test_force_a_changed_source_and_damage_are_reasons_to_redo(build, processed, members):
    first = build(members).manifest
    assert build(force=True).is_new
    (processed / "speakers.parquet").write_bytes(b"damaged")
    redone = build()
    assert redone.is_new
    assert redone.manifest == first
    edit_speaker(members, "ZA", BigFive_Openness=5.5)
    changed = build(members)
    assert changed.is_new
    assert changed.manifest["corpus_digest"] != first["corpus_digest"]


def test_the_digest_names_the_content_not_the_packing(build, members):
    first = build(members).manifest
    repacked = build({name.replace("tiny", "repacked"): content for name, content in members.items()})
    assert repacked.is_new
    assert repacked.manifest["corpus_digest"] == first["corpus_digest"]
    members[next(name for name in members if "00003" in name)] = b"{"
    assert build(members).manifest["corpus_digest"] != first["corpus_digest"]


def test_a_killed_run_leaves_the_old_complete_folder(build, processed, members, monkeypatch):
    build(members)
    before = (processed / "manifest.json").read_bytes()
    edit_speaker(members, "ZA", BigFive_Openness=5.5)

    def killed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(module.parquet, "utterance_schema", killed)
    with pytest.raises(KeyboardInterrupt):
        build(members)
    assert (processed / "manifest.json").read_bytes() == before
    load_corpus(processed)
    assert not processed.with_name(".processed.part").exists()


def test_a_run_killed_while_moving_in_leaves_no_manifest(build, processed, members, monkeypatch):
    build(members)

    def killed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_json", killed)
    with pytest.raises(KeyboardInterrupt):
        build(force=True)
    with pytest.raises(DataError, match="前処理済みのデータがありません"):
        load_corpus(processed)
    monkeypatch.undo()
    assert build().is_new


def test_files_of_the_user_in_the_folder_stay(build, processed, members):
    processed.mkdir()
    (processed / "memo.txt").write_text("mine", encoding="utf-8")
    build(members)
    assert (processed / "memo.txt").read_text(encoding="utf-8") == "mine"


def test_either_corpus_alone_is_fine_and_neither_is_an_error(build, processed, members, tmp_path):
    with pytest.raises(DataError, match="取得済みのコーパスがありません") as caught:
        build()
    assert "download_datasets.py" in caught.value.mend
    alone = build(personas=tiny_personas(4)).manifest
    assert alone["counts"] == {"personas": 4}
    with pytest.raises(DataError, match="RealPersonaChat が前処理されていません"):
        load_corpus(processed)
    build(members)
    load_corpus(processed)
    (tmp_path / "raw" / "nemotron_personas_japan.json").unlink()
    assert "personas" not in build().manifest["counts"]
    assert not (processed / "personas.parquet").exists()


def test_personas_are_typed(build, processed):
    build(personas=tiny_personas(4))
    table = pq.read_table(processed / "personas.parquet")
    assert str(table.schema.field("age").type) == "int16"
    row = table.to_pylist()[1]
    assert (row["age"], row["sex"], row["skills_and_expertise_list"]) == (21, "男", ["経理", "接客"])


def test_damaged_raw_files_are_named(build, members, tmp_path):
    build(members)
    path = raw_module.archive_path(tmp_path / "raw")
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(DataError, match=r"ファイルが壊れています: .*realpersonachat\.zip"):
        build(force=True)


def test_a_corpus_without_one_usable_dialogue_is_an_error(build, members):
    for name in list(members):
        if "/dialogues/" in name:
            members[name] = b"{}"
    with pytest.raises(DataError, match="使える対話が 1 つもありません（dialogue_malformed 30）"):
        build(members)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "マニフェストを読めません"),
        ("[]", "形式が違います（見つかった版: None"),
        ('{"schema_version": 1}', "見つかった版: 1、必要な版: 3"),
        ('{"schema_version": 3, "files": []}', "マニフェストにデータのファイルがありません"),
        ('{"schema_version": 3, "files": {"../x.parquet": ""}}', "マニフェストにデータのファイルがありません"),
        ('{"schema_version": 0}', "見つかった版: 0、必要な版: 3"),
    ],
)
def test_a_wrong_manifest_is_refused_with_its_mend(build, processed, members, content, message):
    build(members)
    (processed / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        load_corpus(processed)
    assert "preprocess_data.py" in caught.value.mend
    assert build().is_new


def test_missing_and_altered_files_are_refused(build, processed, members):
    with pytest.raises(DataError, match="前処理済みのデータがありません") as caught:
        load_corpus(processed)
    assert "python preprocess_data.py" in caught.value.mend
    build(members)
    path = processed / "utterances.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    with pytest.raises(DataError, match=r"壊れているか、書き換えられています: .*utterances\.parquet"):
        load_corpus(processed)
    path.unlink()
    with pytest.raises(DataError, match=r"ファイルがありません: .*utterances\.parquet"):
        load_corpus(processed)
