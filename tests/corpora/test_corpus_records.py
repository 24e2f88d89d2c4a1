"""RealPersonaChat and Nemotron: raw text -> record."""

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.corpora import nemotron, realpersonachat
from seikaku.corpora.realpersonachat import BIG_FIVE_FIELDS, OTHER_SCALES, parse_dialogue, parse_speakers
from seikaku.errors import DataError
from seikaku.traits import TRAIT_KEYS


def speaker_entry(**answers):
    personality = dict.fromkeys(BIG_FIVE_FIELDS.values(), 4.0) | dict.fromkeys(OTHER_SCALES, 3.0) | answers
    return {"interlocutor_id": "ZA", "personality": personality, "demographic_information": {"gender": "Male"}}


def parse_one(entry):
    dropped = Counter()
    record = parse_speakers(
        json.dumps({"ZA": entry, "ZB": speaker_entry() | {"interlocutor_id": "ZB"}}).encode(), dropped
    )
    return record.get("ZA"), dropped


def dialogue(**changes):
    turns = [("ZA", "おはよう"), ("ZB", " はい、＊＊さん \n"), ("ZA", "<XX>さんですね")]
    utterances = [
        {"interlocutor_id": who, "text": text, "timestamp": "2022-08-06T14:51:18.360000"} for who, text in turns
    ]
    return {"dialogue_id": 7, "interlocutors": ["ZA", "ZB"], "utterances": utterances} | changes


def parse(value):
    dropped = Counter()
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return parse_dialogue(raw, {"ZA", "ZB"}, dropped), dropped


def test_a_sound_speaker_is_read_whole():
    record, dropped = parse_one(speaker_entry(BigFive_Neuroticism=7))
    assert tuple(record.scores) == TRAIT_KEYS
    assert record.scores["neuroticism"] == 7.0
    assert tuple(record.other_scales) == tuple(OTHER_SCALES)
    assert (record.gender, record.age_band, record.is_careless) == ("Male", None, False)
    assert not dropped


@pytest.mark.parametrize("value", [0.99, 7.01, float("nan"), "4", True, [4], 10**30])
def test_a_label_out_of_range_becomes_null_and_is_counted(value):
    record, dropped = parse_one(speaker_entry(BigFive_Openness=value))
    assert record.scores["openness"] is None
    assert record.scores["extraversion"] == 4.0
    assert dropped == {"label_out_of_range_set_null": 1}


def test_a_missing_label_becomes_null_and_is_counted():
    entry = speaker_entry()
    del entry["personality"]["ATQ_Fear"]
    record, dropped = parse_one(entry)
    assert record.other_scales["ATQ_Fear"] is None
    assert dropped == {"label_missing_set_null": 1}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (None, "speaker_malformed"),
        ({"personality": []}, "speaker_malformed"),
        (speaker_entry() | {"interlocutor_id": "ZC"}, "speaker_id_mismatch"),
    ],
)
def test_an_unusable_speaker_is_dropped_with_a_reason(entry, reason):
    record, dropped = parse_one(entry)
    assert record is None
    assert dropped == {reason: 1}


@pytest.mark.parametrize(
    ("scores", "is_careless"),
    [
        ([1.0, 7.0, 7.0, 1.1, 4.0], True),
        ([7.0, 7.0, 7.0, 7.0, 7.0], True),
        ([1.0, 7.0, 7.0, 4.0, 4.0], False),
        ([1.2, 6.8, 1.2, 6.8, 1.2], False),
    ],
)
def test_careless_means_four_of_five_at_an_end(scores, is_careless):
    record, _ = parse_one(speaker_entry(**dict(zip(BIG_FIVE_FIELDS.values(), scores, strict=True))))
    assert record.is_careless is is_careless


@pytest.mark.parametrize("raw", [b"[]", b"{", b"\xff", b'{"ZA": 1}', b"{}"])
def test_a_corpus_without_any_speaker_is_an_error(raw):
    with pytest.raises(DataError, match="interlocutors.json"):
        parse_speakers(raw, Counter())


def test_text_is_stripped_and_masks_are_kept():
    record, dropped = parse(dialogue())
    assert [said.text for said in record.utterances] == ["おはよう", "はい、＊＊さん", "<XX>さんですね"]
    assert record.utterances[0].timestamp.microsecond == 360000
    assert not dropped


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"{", "dialogue_broken_json"),
        (b"\xff\xfe", "dialogue_broken_json"),
        (b"[" * 100_000, "dialogue_broken_json"),
        ([], "dialogue_broken_json"),
        (dialogue(dialogue_id="7"), "dialogue_malformed"),
        (dialogue(dialogue_id=2**40), "dialogue_malformed"),
        (dialogue(interlocutors=["ZA"]), "dialogue_malformed"),
        (dialogue(interlocutors=["ZA", "ZA"]), "dialogue_malformed"),
        (dialogue(interlocutors=[["ZA"], "ZB"]), "dialogue_malformed"),
        (dialogue(utterances=None), "dialogue_malformed"),
        (dialogue(interlocutors=["ZA", "QQ"]), "dialogue_unknown_speaker"),
        (dialogue(utterances=[]), "dialogue_one_sided"),
        (dialogue(utterances=dialogue()["utterances"][:1]), "dialogue_one_sided"),
    ],
)
def test_an_unusable_dialogue_is_dropped_with_a_reason(value, reason):
    record, dropped = parse(value)
    assert record is None
    assert dropped == {reason: 1}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": " \u3000\n"}, "utterance_empty"),
        ({"text": 3}, "utterance_malformed"),
        ({"text": "\ud800"}, "utterance_malformed"),
        ({"interlocutor_id": "ZC"}, "utterance_unknown_speaker"),
        ({"interlocutor_id": ["ZA"]}, "utterance_unknown_speaker"),
    ],
)
def test_an_unusable_utterance_is_dropped_alone_and_positions_stay(change, reason):
    value = dialogue()
    value["utterances"].insert(1, value["utterances"][0] | change)
    record, dropped = parse(value)
    assert [said.utterance_index for said in record.utterances] == [0, 2, 3]
    assert dropped == {reason: 1}


@pytest.mark.parametrize("timestamp", ["NaT", None, 5, "2022-08-06T14:51:18+09:00"])
def test_an_unknown_time_is_null_and_counted(timestamp):
    value = dialogue()
    value["utterances"][0]["timestamp"] = timestamp
    record, dropped = parse(value)
    assert record.utterances[0].timestamp is None
    assert dropped == {"timestamp_missing_set_null": 1}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@settings(deadline=None)  # the machine that runs the tests may be busy
@given(
    st.dictionaries(st.sampled_from(["dialogue_id", "interlocutors", "utterances"]), json_values),
    st.dictionaries(st.sampled_from(["interlocutor_id", "text", "timestamp"]), json_values),
)
def test_no_dialogue_however_odd_crashes_or_vanishes_uncounted(changes, turn):
    value = dialogue()
    value["utterances"].append(turn)
    record, dropped = parse(value | changes)
    assert record is not None or dropped.total() >= 1


def persona(**changes):
    row = dict.fromkeys(nemotron.COLUMNS, " 架空の文です。 ")
    row |= {"sex": "女", "age": "34", "skills_and_expertise_list": "['経理', '接客']", "hobbies_and_interests_list": ""}
    dropped = Counter()
    return nemotron.parse_persona(row | changes, dropped), dropped


def test_a_sound_persona_is_read_whole():
    row, dropped = persona()
    assert tuple(row) == nemotron.COLUMNS
    assert (row["age"], row["sex"], row["persona"]) == (34, "女", "架空の文です。")
    assert row["skills_and_expertise_list"] == ["経理", "接客"]
    assert row["hobbies_and_interests_list"] is None
    assert not dropped


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"persona": " "}, "persona_missing_value"),
        ({"occupation": None}, "persona_missing_value"),
        ({"sex": "F"}, "persona_unknown_sex"),
        ({"age": "121"}, "persona_age_out_of_range"),
        ({"age": "-1"}, "persona_age_out_of_range"),
        ({"age": "34.5"}, "persona_age_out_of_range"),
        ({"age": "9" * 5000}, "persona_age_out_of_range"),
    ],
)
def test_an_unusable_persona_is_dropped_with_a_reason(changes, reason):
    row, dropped = persona(**changes)
    assert row is None
    assert dropped == {reason: 1}


@pytest.mark.parametrize("text", ["[", "'a'", "[1]", "__import__('os')", "\0", "(" * 5000])
def test_an_unreadable_list_is_null_and_counted_never_run(text):
    row, dropped = persona(skills_and_expertise_list=text)
    assert row["skills_and_expertise_list"] is None
    assert dropped == {"persona_list_unreadable_set_null": 1}


def test_missing_columns_are_named():
    with pytest.raises(DataError, match=r"x\.csv に必要な列がありません: sex, age$"):
        nemotron.validate_columns([c for c in nemotron.COLUMNS if c not in ("sex", "age")], "x.csv")
    nemotron.validate_columns([*nemotron.COLUMNS, "more"], "x.csv")


def test_example_rows_of_the_module_docstrings_name_their_source():
    assert "CC BY-SA 4.0" in realpersonachat.__doc__
    assert "CC BY 4.0" in nemotron.__doc__
