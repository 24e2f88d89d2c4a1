"""Evidence: utterances that say the same are one, expressions have shares that make a whole, everything is own text.

All texts are fictional and were written for these tests.
"""

import json
import random
import unicodedata
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.inference.evidence import Message, explain_talk, find_evidence, number_alike
from seikaku.model.ngram.folder import load_model
from seikaku.model.ngram.model import normalize_utterances
from seikaku.model.text_model import Explanation

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
POINTS = np.array([10.0, 11.0, 10.0, 12.0, 8.0])


@pytest.fixture(scope="module")
def model(trained_model_folder):
    return load_model(trained_model_folder).text_model


class UtterancesOnly:
    """Another kind of model: it knows what each utterance moved, and nothing of wording."""

    def explain(self, conversations):
        texts = [text for talk in conversations for text in talk]
        contributions = np.array([[len(text) - 8.0] * 5 for text in texts]) / 100
        return Explanation(contributions.sum(axis=0), contributions, len(texts), 1.0)


def find(model, texts, n_evidence=5):
    messages = [Message("架空の会話", 2 * place, text) for place, text in enumerate(texts)]
    explained, table = explain_talk(model, [texts], with_expressions=True)
    return explained, find_evidence(messages, explained.contributions, table, POINTS, n_evidence, str)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("了解です", "了解です！！"),
        ("了解です", " 了解 です。\n"),
        ("わーい", "わーーーい！"),
        ("www", "ＷＷ"),
        ("カレー食べた", "ｶﾚｰ、食べた…"),
        ("そうだね〜", "そうだね～～"),
        ("OK", "ok!?"),
        ("！！！", "!"),
        ("いいね❤", "いいね❤\ufe0f"),
    ],
)
def test_texts_that_say_the_same(one, other):
    assert number_alike([one, "別のこと", other]).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("了解です", "了解でした"),
        ("10時に", "11時に"),
        ("100円", "1000円"),
        ("いいね😊", "いいね😢"),
        ("はい", "ハイ"),
        ("！", "？"),
        ("", "あ"),
    ],
)
def test_texts_that_do_not(one, other):
    assert number_alike([one, other, one]).tolist() == [0, 1, 0]


@given(st.lists(ANY_TEXT, max_size=20))
def test_every_text_has_a_number_and_new_ones_follow_each_other(texts):
    numbers = number_alike(texts)
    assert len(numbers) == len(texts)
    seen = 0
    for number in numbers.tolist():
        assert number <= seen
        seen = max(seen, number + 1)
    assert all(numbers[texts.index(text)] == number for text, number in zip(texts, numbers, strict=True))


@given(st.lists(ANY_TEXT | st.sampled_from(["うん", "うん。", "！", "笑笑笑"]), max_size=20))
def test_comparing_in_blocks_is_comparing_at_once(texts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seikaku.inference.evidence._BLOCK_TEXTS", 2)
        in_blocks = number_alike(texts)
    assert (in_blocks == number_alike(texts)).all()


@given(st.lists(st.text("あいうカキク漢字abc12", min_size=1, max_size=8), min_size=1, max_size=12), st.randoms())
def test_spelling_punctuation_and_spaces_change_no_number(texts, generator):
    def decorate(text):
        wide = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and generator.random() < 0.5 else c for c in text)
        return generator.choice(["", " ", "「"]) + wide.upper() + generator.choice(["。", "！！", " 〜", "…\n"])

    numbers = number_alike(texts + [decorate(text) for text in texts])
    assert (numbers[: len(texts)] == numbers[len(texts) :]).all()


@settings(max_examples=25)
@given(
    texts=st.lists(ANY_TEXT | st.sampled_from(["了解です", "了解です！", "うん", "うん。"]), min_size=1, max_size=30)
)
def test_merged_contributions_add_up_to_the_unmerged(model, texts):
    explained, found = find(model, texts, n_evidence=1000)
    groups = number_alike(texts)
    for trait, evidence in enumerate(found):
        moved = explained.contributions[:, trait] * POINTS[trait]
        total = sum(item.contribution_t for item in evidence.utterances)
        assert total == pytest.approx(moved.sum(), abs=1e-9)
        for item in evidence.utterances:
            place = item.utterance_index // 2
            alike = groups == groups[place]
            assert item.text == texts[place] and place == np.flatnonzero(alike)[0]
            assert item.n_utterances == alike.sum()
            assert item.contribution_t == pytest.approx(moved[alike].sum(), abs=1e-9)


def test_utterances_that_are_alike_are_one_and_the_strongest_come_first(model, messages):
    texts = (
        messages(200, 1, 0.3)
        + ["みんなで盛り上がったよ！", "みんなで盛り上がったよ", "みんなで盛り上がったよ〜！"] * 20
    )
    _, found = find(model, texts, n_evidence=3)
    raised = [item for item in found[2].utterances if item.contribution_t > 0]
    lowered = [item for item in found[2].utterances if item.contribution_t < 0]
    assert len(raised) == 3 and len(lowered) == 3
    assert (raised[0].text, raised[0].n_utterances) == ("みんなで盛り上がったよ！", 60)
    for items in (raised, lowered):
        sizes = [abs(item.contribution_t) for item in items]
        assert sizes == sorted(sizes, reverse=True)


@settings(max_examples=25)
@given(texts=st.lists(ANY_TEXT, max_size=6), seed=st.integers(0, 99), n_evidence=st.integers(1, 8))
def test_shares_and_the_rest_make_the_whole(model, messages, texts, seed, n_evidence):
    said = texts + messages(30, seed, 0.5)
    explained, found = find(model, said, n_evidence)
    distance = (explained.score - model.intercept) * POINTS
    for trait, evidence in enumerate(found):
        movement = evidence.movement
        parts = movement.raised.total_t + movement.lowered.total_t + movement.unsaid_t + movement.rest_t
        assert parts == pytest.approx(distance[trait], abs=1e-9)
        for direction, sign in ((movement.raised, 1), (movement.lowered, -1)):
            shares = [expression.share for expression in direction.expressions]
            assert len(shares) <= n_evidence and shares == sorted(shares, reverse=True)
            assert sum(shares) + direction.others_share == pytest.approx(1.0 if direction.total_t else 0.0)
            assert -1e-9 <= direction.others_share <= 1.0
            for expression in direction.expressions:
                assert expression.contribution_t == pytest.approx(expression.share * direction.total_t)
                assert expression.contribution_t * sign > 0


def test_examples_hold_the_expression_and_are_not_alike(model, messages):
    texts = messages(200, 2, 0.5) + messages(20, 2, 0.5)
    _, found = find(model, texts)
    named = [e for one in found for d in (one.movement.raised, one.movement.lowered) for e in d.expressions]
    assert len(named) > 20
    for expression in named:
        assert 1 <= len(expression.examples) <= 2
        assert len(set(number_alike([quote.text for quote in expression.examples]).tolist())) == len(
            expression.examples
        )
        for quote in expression.examples:
            assert texts[quote.utterance_index // 2] == quote.text
            assert expression.text in normalize_utterances([quote.text])
        holding = [text for text in texts if expression.text in normalize_utterances([text])]
        assert 2 <= expression.n_utterances <= len(holding)


def test_a_talk_of_25_000_messages_has_evidence_that_can_be_read(model, messages):
    texts = messages(25_000, 5, 0.2)
    for place in range(0, len(texts), 50):  # said again and again, in three spellings
        texts[place] = random.Random(place).choice(["了解です", "了解です！", "了解です。"])
    explained, found = find(model, texts)
    movement = found[2].movement
    assert abs(explained.contributions[:, 2]).max() * POINTS[2] < 0.005  # one alone prints as 0.00
    assert all(abs(expression.contribution_t) > 0.1 for expression in movement.raised.expressions)
    assert all(expression.n_utterances > 500 for expression in movement.raised.expressions)
    _, whole = find(model, texts[:2500], n_evidence=2500)
    [merged] = [item for item in whole[2].utterances if item.text.startswith("了解です")]
    assert merged.n_utterances == 50


def test_a_model_of_utterances_alone_has_no_expressions():
    texts = ["短い", "とても長い話をしています", "とても長い話をしています！", "ふつうの長さ"]
    explained, found = find(UtterancesOnly(), texts)
    assert [evidence.movement for evidence in found] == [None] * 5
    assert [item.text for item in found[0].utterances] == ["とても長い話をしています", "短い", "ふつうの長さ"]
    assert found[0].utterances[0].n_utterances == 2
    assert sum(item.contribution_t for item in found[0].utterances) == pytest.approx(explained.score[0] * POINTS[0])


def test_nothing_is_looked_for_when_none_is_wanted(model, messages):
    texts = messages(30, 1)
    explained, table = explain_talk(model, [texts], with_expressions=False)
    assert table is None
    assert (explained.score == model.explain([texts]).score).all()
    found = find_evidence([Message("1", 0, text) for text in texts], explained.contributions, None, POINTS, 0, str)
    assert [(evidence.utterances, evidence.movement) for evidence in found] == [((), None)] * 5


def test_it_is_plain_json(model, messages):
    _, found = find(model, messages(60, 3, 0.4))
    values = json.loads(json.dumps([asdict(evidence) for evidence in found], ensure_ascii=False))
    expression = values[2]["movement"]["raised"]["expressions"][0]
    assert sorted(expression) == ["contribution_t", "examples", "n_utterances", "share", "text", "usage"]
    assert expression["usage"] == "more"
    assert unicodedata.is_normalized("NFKC", expression["text"])
