"""Properties of an estimate, with a small model whose signal was planted: lively phrases raise extraversion."""

import json
import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.conversation.turns import Conversation, Utterance
from seikaku.errors import ModelError, SpeakerError
from seikaku.inference.estimator import Estimator
from seikaku.traits import TRAIT_KEYS

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)  # lone surrogates and controls included


@pytest.fixture(scope="session")
def estimator(trained_model_folder):
    return Estimator.load(trained_model_folder)


def monologue(texts, conversation_id="1"):
    return Conversation(conversation_id, tuple(Utterance("花子", text) for text in texts))


def given_traits(estimates):
    return {key: trait for key, trait in estimates.traits.items() if trait.status != "withheld"}


def test_the_planted_signal_is_found(estimator, messages):
    t_scores = [
        estimator.estimate([monologue(messages(100, 3, lively))], "花子").traits["extraversion"].t_score
        for lively in (-1.0, -0.3, 0.0, 0.3, 1.0)
    ]
    assert t_scores == sorted(t_scores)
    assert t_scores[0] < 40 < 60 < t_scores[-1]


def test_every_status_and_its_fields(estimator, messages):
    estimates = estimator.estimate([monologue(messages(100, 1))], "花子")
    assert {key: trait.status for key, trait in estimates.traits.items()} == {
        "openness": "ok",
        "conscientiousness": "low_evidence",
        "extraversion": "ok",
        "agreeableness": "withheld",
        "neuroticism": "low_evidence",
    }
    assert [trait.reason for trait in estimates.traits.values()] == [
        None, "accuracy_uncertain", None, "accuracy_too_low", "accuracy_uncertain",
    ]  # fmt: skip
    withheld = estimates.traits["agreeableness"]
    assert (withheld.score_1to7, withheld.t_score, withheld.percentile, withheld.interval_80) == (None,) * 4
    assert (withheld.crosses_mean, withheld.evidence) == (None, ())
    assert withheld.accuracy is not None and 0 < withheld.accuracy.r < 0.05
    assert estimates.model.model_id == "planted"
    assert len(estimates.model.model_hash) == 64
    assert estimates.warnings == ()


def test_all_scales_say_the_same(estimator, messages):
    for lively in (-0.5, 0.0, 0.5):
        estimates = estimator.estimate([monologue(messages(80, 2, lively))], "花子")
        for key, trait in given_traits(estimates).items():
            interval = trait.interval_80
            assert 1 <= interval.low_1to7 <= trait.score_1to7 <= interval.high_1to7 <= 7
            assert trait.t_score == estimates.norm.t_score(key, trait.score_1to7)
            assert interval.low_t == estimates.norm.t_score(key, interval.low_1to7)
            assert trait.crosses_mean == (interval.low_t <= 50 <= interval.high_t)
            below = 0.5 * math.erfc((50 - trait.t_score) / 10 / math.sqrt(2))
            assert trait.percentile == pytest.approx(100 * below)


def test_scores_beyond_the_scale_are_cut_to_it(estimator, messages):
    steep = replace(estimator.trained.text_model, weights=estimator.trained.text_model.weights * 20)
    steeper = Estimator(replace(estimator.trained, text_model=steep))
    estimates = steeper.estimate([monologue(messages(80, 2, 1.0))], "花子")
    trait = estimates.traits["extraversion"]
    assert (trait.score_1to7, trait.interval_80.high_1to7) == (7.0, 7.0)
    assert trait.interval_80.low_1to7 <= 7.0


def test_counts_only_the_speakers_own_text(estimator, talk):
    first = talk(花子=["おはよう", "今日は 寒いね"], 太郎=["うん", "そうだね", "またね"])
    blank = Conversation("空", (Utterance("花子", " 　\n"), Utterance("太郎", "どうしたの")))
    without = talk(太郎=["ひとりごと"], 次郎=["えっ"])
    amount = estimator.estimate([first, blank, without], "花子").amount
    assert (amount.n_conversations, amount.n_utterances, amount.n_chars) == (1, 3, 10)


@pytest.mark.parametrize("lively", [-0.6, 0.0, 0.6])
def test_contributions_add_up_to_the_distance_from_the_mean(estimator, messages, lively):
    conversations = [monologue(messages(30, seed, lively), str(seed)) for seed in range(4)]
    estimates = estimator.estimate(conversations, "花子", n_evidence=1000)
    assert len(given_traits(estimates)) == 4
    for trait in given_traits(estimates).values():
        total = sum(item.contribution_t for item in trait.evidence)
        assert total == pytest.approx(trait.t_score - 50, rel=1e-6, abs=1e-9)
        places = {(item.conversation_id, item.utterance_index) for item in trait.evidence}
        assert len(places) == len(trait.evidence)


def test_evidence_is_where_it_says_and_strongest_first(estimator, messages, talk):
    conversations = [
        talk(f"会話{seed}", 太郎=messages(25, seed + 50), 花子=messages(20, seed, 0.5)) for seed in range(3)
    ]
    by_id = {conversation.conversation_id: conversation for conversation in conversations}
    everything = estimator.estimate(conversations, "花子", n_evidence=1000)
    for key, trait in given_traits(estimator.estimate(conversations, "花子", n_evidence=4)).items():
        raised = [item.contribution_t for item in trait.evidence if item.contribution_t > 0]
        lowered = [item.contribution_t for item in trait.evidence if item.contribution_t < 0]
        assert raised == sorted(raised, reverse=True) and lowered == sorted(lowered)
        assert len(raised) == len(lowered) == 4
        assert raised[0] == max(item.contribution_t for item in everything.traits[key].evidence)
        for item in trait.evidence:
            utterance = by_id[item.conversation_id].utterances[item.utterance_index]
            assert (utterance.speaker, utterance.text) == ("花子", item.text)


def test_evidence_text_is_as_imported(estimator, messages):
    odd = "ＡＢＣ　 ｶﾞｯﾂ〜〜〜〜〜〜 2024年に **さん**と\n楽しかった！"
    estimates = estimator.estimate([monologue([*messages(60, 1), odd])], "花子", n_evidence=100)
    assert odd in {item.text for item in estimates.traits["extraversion"].evidence}


def test_no_evidence_when_none_is_wanted(estimator, messages):
    estimates = estimator.estimate([monologue(messages(60, 1))], "花子", n_evidence=0)
    assert [trait.evidence for trait in estimates.traits.values()] == [()] * 5


def test_removing_the_strongest_utterance_moves_the_estimate_its_way(estimator, messages):
    moved = []
    for seed in range(15):
        texts = messages(60, seed, random.Random(seed).uniform(-1, 1))
        before = estimator.estimate([monologue(texts)], "花子", n_evidence=1)
        for key, trait in given_traits(before).items():
            for item in trait.evidence:
                kept = texts[: item.utterance_index] + texts[item.utterance_index + 1 :]
                after = estimator.estimate([monologue(kept)], "花子").traits[key].score_1to7
                moved.append((after - trait.score_1to7) * item.contribution_t < 0)
    assert len(moved) > 100
    # Measured: 0.87 on these few phrases, which stand in many windows each; 0.95 to 0.97 on real chat (more varied).
    assert np.mean(moved) > 0.8


def test_deterministic(estimator, messages, trained_model_folder):
    conversations = [monologue(messages(50, seed, 0.3), str(seed)) for seed in range(3)]
    first = json.dumps(estimator.estimate(conversations, "花子").to_dict())
    again = json.dumps(Estimator.load(trained_model_folder).estimate(conversations, "花子").to_dict())
    assert first == again


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_partner_never_counts(estimator, messages, talk, data):
    own = messages(40, 7, 0.4)

    def estimate(talk):
        return estimator.estimate([talk], "花子").to_dict()

    alone = estimate(monologue(own))
    partner = ["合言葉は秘密の桃缶", *data.draw(st.lists(ANY_TEXT, max_size=10)), *messages(20, 8, -1.0)]
    order = data.draw(st.permutations(range(len(partner))))
    utterances = [Utterance("花子", text) for text in own]
    for index in order:
        place = data.draw(st.integers(0, len(utterances)))
        utterances.insert(place, Utterance("太郎", partner[index]))
    together = estimate(Conversation("1", tuple(utterances)))
    assert "桃缶" not in json.dumps(together, ensure_ascii=False)
    for result in (alone, together):
        # Whose turn it is, is all that the partner's part of a talk may be counted for: how many, and when.
        result["language"]["figures"] = {
            name: figure
            for name, figure in result["language"]["figures"].items()
            if figure["basis"] not in ("messages_of_all", "replies", "turns", "openings")
        }
        for trait in result["traits"].values():  # else only the places of the utterances differ
            movement = trait["movement"]
            expressions = [e for way in ("raised", "lowered") for e in movement[way]["expressions"]] if movement else []
            quotes = [quote for expression in expressions for quote in expression["examples"]]
            for item in (*trait["evidence"], *quotes):
                del item["utterance_index"]
    assert together == alone


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), n_first=st.integers(20, 60), n_more=st.integers(1, 200))
def test_more_text_never_widens(estimator, messages, seed, n_first, n_more):
    texts = messages(n_first + n_more, seed)
    few = estimator.estimate([monologue(texts[:n_first])], "花子")
    many = estimator.estimate([monologue(texts)], "花子")
    for key in given_traits(few):
        assert width(many.traits[key]) <= width(few.traits[key]) + 1e-9


def width(trait):
    return trait.interval_80.high_1to7 - trait.interval_80.low_1to7


def test_the_same_text_twice_widens_nothing(estimator, messages):
    texts = messages(60, 4)
    once = estimator.estimate([monologue(texts)], "花子")
    twice = estimator.estimate([monologue(texts, "1"), monologue(texts, "2")], "花子")
    assert [warning.code for warning in once.warnings] == []
    # The guard sees that half of the text is a copy, and withholds: nobody gains by pasting.
    assert {trait.reason for trait in twice.traits.values()} == {"copy_paste"}
    explained = [estimator.trained.text_model.explain(texts_) for texts_ in ([texts], [texts, texts])]
    assert explained[1].amount == 2 * explained[0].amount
    narrow, wide = (estimator.trained.calibration.half_widths.at(e.amount) for e in reversed(explained))
    assert (narrow <= wide).all()


@pytest.mark.parametrize("n_conversations", [1, 2, 10, 1000])
def test_any_number_of_conversations(estimator, messages, n_conversations):
    texts = messages(2000, 11, 0.2)
    size = len(texts) // n_conversations
    conversations = [monologue(texts[i * size : (i + 1) * size], str(i)) for i in range(n_conversations)]
    estimates = estimator.estimate(conversations, "花子")
    assert estimates.amount.n_conversations == n_conversations
    assert estimates.amount.n_utterances == 2000
    assert len(given_traits(estimates)) == 4


@settings(max_examples=100, deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=12))
def test_any_text_is_scored_or_withheld(estimator, texts):
    estimates = estimator.estimate([monologue(texts)], "花子")
    json.dumps(estimates.to_dict())
    assert estimates.amount.n_chars == sum(len("".join(text.split())) for text in texts)


@pytest.mark.parametrize(
    "texts",
    [
        [""],
        ["", "", ""],
        ["\ud800"],
        ["😀👨‍👩‍👧‍👦🇯🇵"],
        ["\n \u3000"],
        ["あ" * 100_000],
        ["a\u0301" * 500],
        ["\x00"],
        ["が"] * 500,
    ],
    ids=["empty", "empties", "surrogate", "emoji", "blank", "one letter", "combining", "nul", "single letters"],
)
def test_odd_texts_are_withheld(estimator, texts):
    estimates = estimator.estimate([monologue(texts)], "花子")
    assert {trait.status for trait in estimates.traits.values()} == {"withheld"}


def test_one_message_of_100k_characters(estimator, messages):
    text = "".join(messages(4500, 1, 0.3))[:100_000]
    estimates = estimator.estimate([monologue([text])], "花子")
    assert estimates.amount.n_chars == 100_000
    trait = estimates.traits["extraversion"]
    assert trait.status == "ok"
    assert sum(item.contribution_t for item in trait.evidence) == pytest.approx(trait.t_score - 50)


def test_a_speaker_who_is_not_there(estimator, talk):
    with pytest.raises(SpeakerError) as caught:
        estimator.estimate([talk(太郎=["おはよう"])], "花子")
    assert caught.value.message == "話者「花子」の発話がありません。"
    with pytest.raises(SpeakerError, match="話者「花子」の発話がありません"):
        estimator.estimate([], "花子")


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ModelError, match="モデルのフォルダがありません"):
        Estimator.load(tmp_path / "ない")


def test_traits_are_in_order(estimator, messages):
    assert tuple(estimator.estimate([monologue(messages(5))], "花子").traits) == TRAIT_KEYS
