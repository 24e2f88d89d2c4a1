"""A speaker's language in figures, from end to end. All talks are fictional."""

import json
import math
import random
import time
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.conversation.description.catalogue import FIGURES, GROUPS
from seikaku.conversation.description.describe import describe_language, embedded_norm, load_norm, to_dict
from seikaku.conversation.description.placing import LEVELS, FigureNorm, LanguageNorm
from seikaku.conversation.readers import read_conversations
from seikaku.conversation.turns import Conversation, Utterance
from seikaku.errors import DataError, in_lang

LINES = [
    "うん、私もそう思います。",
    "どこへ行くの？",
    "楽しかったね！",
    "えっと、まあいいか笑",
    "了解です😊\n明日だよね",
    "そうですか",
]


def conversation(texts, times=()):
    stamps = list(times) + [None] * len(texts)
    pairs = zip(texts, stamps, strict=False)
    return Conversation("架空", tuple(Utterance("花子", text, time) for text, time in pairs))


def values(conversations, speaker="花子", norm=None):
    return {figure.key: figure.value for figure in describe_language(conversations, speaker, norm)}


def test_the_figures_of_the_catalogue_in_its_order_group_by_group():
    figures = describe_language([conversation(LINES)], "花子", None)
    assert [figure.kind for figure in figures] == list(FIGURES)
    assert sorted((kind.group for kind in FIGURES), key=GROUPS.index) == [kind.group for kind in FIGURES]
    assert len({kind.key for kind in FIGURES}) == len(FIGURES)


def test_what_is_counted():
    found = values([conversation(LINES * 200)])
    assert found["messages"] == 1200
    assert found["characters"] == 200 * sum(len("".join(line.split())) for line in LINES)
    assert found["characters_per_message"] == np.median([len("".join(line.split())) for line in LINES])
    assert found["question_share"] == 1 / 6
    assert found["exclamation_share"] == 1 / 6
    assert found["emoji_share"] == 1 / 6
    assert found["laugh_share"] == 1 / 6
    assert found["polite_share"] == 3 / 7  # 思います, 了解です, そうですか of seven sentences
    assert found["final_particles"] == 5 / 7  # の, ね, か, よね and か again
    assert found["first_person"] == pytest.approx(1000 * 200 / found["characters"])
    assert found["fillers"] == pytest.approx(1000 * 400 / found["characters"])
    assert 0 < found["variety"] < 0.2


def test_only_the_speaker_counts():
    mixed = Conversation("架空", tuple(Utterance(who, line) for line in LINES * 20 for who in ("花子", "太郎")))
    own = values([conversation(LINES * 20)])
    both = values([mixed])
    shared = {"message_share", "character_share", "messages_in_a_row"}
    assert {key: value for key, value in both.items() if key not in shared} == {
        key: value for key, value in own.items() if key not in shared
    }
    assert both["message_share"] == 0.5


def test_less_than_the_least_has_no_value():
    by_key = {kind.key: kind for kind in FIGURES}
    least = by_key["question_share"].least
    for n, given_value in ((least - 1, False), (least, True)):
        assert (values([conversation(["行く？"] * n)])["question_share"] is not None) is given_value


def test_a_single_message():
    found = values([conversation(["元気？"], [datetime(2024, 5, 3, 9, 0)])])
    assert {key: value for key, value in found.items() if value is not None} == {"messages": 1, "characters": 3}


@pytest.mark.parametrize("texts", [[], ["", " \n"]])
def test_nothing_written(texts):
    found = values([conversation(texts)], norm=embedded_norm())
    assert {key: value for key, value in found.items() if value is not None} == {}


def test_places_are_those_of_the_norm_at_the_speakers_amount():
    uniform = np.array(LEVELS) / 100
    figure = FigureNorm(np.array([100.0]), np.array([0.9]), uniform[None, :])
    norm = LanguageNorm("架空", "fictional", 30, "2026-01-01", "none", "none", {
        "laugh_share": figure, "final_particles/ね": figure,
    })  # fmt: skip
    found = {
        f.key: f for f in describe_language([conversation(["行くね笑", "行く", "行く", "行く"] * 50)], "花子", norm)
    }
    assert found["laugh_share"].percentile == pytest.approx(25)
    assert found["exclamation_share"].value == 0
    assert found["exclamation_share"].place is None
    parts = {part.name: part for part in found["final_particles"].parts}
    assert parts["ね"].place == found["laugh_share"].place
    assert parts["よ"].place is None


def test_figures_without_a_norm_never_have_a_place():
    times = [datetime(2024, 5, 1 + day, hour, 5) for day in range(25) for hour in range(8, 20)]
    talk = Conversation("架空", tuple(
        Utterance(("花子", "太郎")[number % 2], LINES[number % 6], time) for number, time in enumerate(times)
    ))  # fmt: skip
    for figure in describe_language([talk], "花子", embedded_norm()):
        assert figure.key in {*embedded_norm().figures} or figure.place is None
        if figure.kind.group in {"amount", "rhythm"}:
            assert figure.value is not None
            assert figure.place is None


def test_json_holds_plain_rounded_values_and_no_word_of_the_talk(examples):
    imported = read_conversations(examples / "line_1on1.txt")
    norm = embedded_norm()
    document = to_dict(describe_language(imported.conversations, "花子", norm), norm)
    assert json.loads(json.dumps(document)) == document
    assert document["about"] == "description_of_language_not_of_a_trait"
    assert document["norm"] == {
        "name_ja": norm.name_ja, "name_en": norm.name_en, "n_speakers": 165, "date": norm.date,
        "corpus": "RealPersonaChat 1.0.0", "licence": "CC BY-SA 4.0",
    }  # fmt: skip
    assert list(document["figures"]) == [kind.key for kind in FIGURES]
    written = json.dumps(document, ensure_ascii=False)
    texts = [u.text for c in imported.conversations for u in c.utterances if len(u.text) > 4]
    assert not [text for text in texts if text in written]


def test_rounding():
    document = to_dict(describe_language([conversation(["笑", "うん", "はい"] * 30)], "花子", None), None)
    assert document["norm"] is None
    assert document["figures"]["laugh_share"] == {
        "group": "style", "value": 0.3333, "unit": "share", "n": 90, "basis": "messages", "least_n": 30,
        "percentile": None, "percentile_80": None, "same_share": None,
    }  # fmt: skip
    assert document["figures"]["fillers"]["value"] is None
    assert document["figures"]["fillers"]["parts"] == []


def test_a_norm_file_that_is_none(tmp_path):
    for content in ("", "[]", "{}", '{"format": "other"}'):
        (tmp_path / "norm.json").write_text(content, encoding="utf-8")
        with pytest.raises(DataError) as caught:
            load_norm(tmp_path / "norm.json")
        assert "norm.json" in caught.value.message
        assert "language_norm" in in_lang(caught.value.mend, "en")
    with pytest.raises(DataError):
        load_norm(tmp_path / "absent.json")


@given(
    st.lists(st.tuples(st.sampled_from(["花子", "太郎"]), st.text(max_size=12), st.none() | st.datetimes()), max_size=8)
)
def test_any_talk_has_finite_figures(messages):
    talk = Conversation("架空", tuple(Utterance(*message) for message in messages))
    for figure in describe_language([talk] * 40, "花子", embedded_norm()):
        for value in (figure.value, *(part.value for part in figure.parts)):
            assert value is None or (math.isfinite(value) and value >= 0)
        if figure.unit == "share" and figure.value is not None:
            assert figure.value <= 1


def test_the_order_of_conversations_does_not_matter():
    source = random.Random(0)
    talks = [conversation(source.choices(LINES, k=30)) for _ in range(6)]
    first, second = values(talks), values(talks[::-1])
    variety = first.pop("variety"), second.pop("variety")
    assert first == second
    assert variety[0] == pytest.approx(variety[1], abs=0.02)  # its windows go over the ends of talks


def test_fifty_thousand_messages_take_a_moment():
    source = random.Random(0)
    start = datetime(2020, 1, 1)
    texts = [source.choice(LINES) + str(source.random()) for _ in range(50_000)]
    talk = Conversation("架空", tuple(Utterance("花子", text, start) for text in texts))
    begun = time.process_time()
    describe_language([talk], "花子", embedded_norm())
    assert time.process_time() - begun < 2.0  # 0.3 s on an idle machine
