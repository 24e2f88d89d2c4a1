"""Expressions: an exact partition of what moved an estimate, in words, fair at every amount of text.

All texts are fictional and were written for these tests.
"""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.model.calibration import AmountTable
from seikaku.model.ngram.expressions import find_expressions, usual_shares
from seikaku.model.ngram.folder import load_model
from seikaku.model.ngram.growing import MARGIN, MAX_LENGTH, Page, grow
from seikaku.model.ngram.model import NgramModel, count_windows, normalize_utterances, tokenize

EXTRAVERSION = 2
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
WORDS = st.lists(
    st.sampled_from("図書館 カレー でした かも 笑 10時 ！！ <AB> w 食べた と思う ー 、 の".split()), max_size=6
)
CONVERSATIONS = st.lists(st.lists(ANY_TEXT | WORDS.map("".join), max_size=12), max_size=4)


@pytest.fixture(scope="module")
def model(trained_model_folder):
    return load_model(trained_model_folder).text_model


@pytest.fixture(scope="module")
def embedded():
    return load_model().text_model


@pytest.fixture(scope="module")
def phrases():
    return json.loads((Path(__file__).parents[2] / "fixtures" / "phrases.json").read_text("utf-8"))


def find(model, *talks):
    reading = model.read(talks)
    return reading, find_expressions(model, reading)


def value_of(model, reading, text):
    """What one occurrence of ``text`` moved, from the n-grams in it, one after the other."""
    usual = usual_shares(model, reading.n_windows)
    keys = [ord(character) for character in text]
    keys += [(ord(a) << 21 | ord(b)) + (1 << 21) for a, b in zip(text, text[1:], strict=False)]
    total = np.zeros(model.weights.shape[1])
    for key in keys:
        for place in np.flatnonzero(model.keys == key):
            total += (reading.said[place] - usual[place]) / reading.occurrences[place] * model.weights[place]
    return total


def strongest(table, target, sign):
    order = np.argsort(-sign * table.contributions[:, target], kind="stable")
    return [index for index in order.tolist() if sign * table.contributions[index, target] > 0]


@settings(max_examples=25)
@given(talks=CONVERSATIONS)
def test_everything_adds_up_for_any_text(embedded, talks):
    reading, table = find(embedded, *talks)
    score = embedded.explain_reading(reading).score
    whole = table.raised + table.lowered + table.unsaid + table.rest
    assert whole == pytest.approx(score - embedded.intercept, abs=1e-9)
    assert (table.raised >= 0).all() and (table.lowered <= 0).all()
    # What is named of a direction is a part of it.
    assert (np.maximum(table.contributions, 0).sum(axis=0) <= table.raised + 1e-12).all()
    assert (np.minimum(table.contributions, 0).sum(axis=0) >= table.lowered - 1e-12).all()


@settings(max_examples=25)
@given(talks=CONVERSATIONS)
def test_expressions_are_own_words_and_no_two_hold_the_same_place(embedded, talks):
    reading, table = find(embedded, *talks)
    lines = reading.text.split("\n")
    for text, utterances, contribution in zip(table.texts, table.utterances, table.contributions, strict=True):
        assert 1 <= len(text) <= MAX_LENGTH
        assert not re.search("[0-9〓\\s]", text)
        assert len(utterances) >= 2 and (np.diff(utterances) > 0).all()
        assert all(text in lines[utterance] for utterance in utterances)
        n_occurrences = sum(lines[utterance].count(text) for utterance in utterances)
        each = value_of(embedded, reading, text)
        counts = contribution[np.abs(each) > 1e-12] / each[np.abs(each) > 1e-12]
        assert np.allclose(counts, np.round(counts), atol=1e-6) and (counts.round() >= len(utterances)).all()
        assert (counts.round() <= n_occurrences).all()
    for text in table.texts:
        assert sum(text in other for other in table.texts) == 1


def test_the_contribution_is_that_of_the_ngrams_inside(model, messages):
    reading, table = find(model, messages(200, 1, 0.5))
    lines = reading.text.split("\n")
    held = {text: sum(line.count(text) for line in lines) for text in table.texts}
    exact = 0
    for text, contribution in zip(table.texts, table.contributions, strict=True):
        expected = held[text] * value_of(model, reading, text)
        exact += np.allclose(contribution, expected, atol=1e-9)
        assert (np.abs(contribution) <= np.abs(expected) + 1e-9).all()  # another word can hold some of the places
    assert exact > 0.8 * len(table.texts) > 8


def test_what_is_planted_is_named(model, messages, phrases):
    for lively, sign, own in ((0.8, 1, "lively"), (-0.8, -1, "quiet")):
        _, table = find(model, messages(300, 2, lively))
        named = strongest(table, EXTRAVERSION, sign)[:5]
        assert len(named) == 5
        for index in named:
            text = table.texts[index].removeprefix("て")  # what stands before these phrases always ends so
            assert any(text in normalize_utterances([phrase]) for phrase in phrases[own])
            # It moved the estimate by being said more than the norm group says it.
            assert table.by_more[index, EXTRAVERSION] == pytest.approx(
                table.contributions[index, EXTRAVERSION], rel=0.1
            )


@pytest.mark.parametrize("n", [100, 3000])
def test_what_everybody_says_moves_little_at_any_amount(model, messages, n):
    """The planted model's norm group writes like these messages: none of their wording is unusual."""
    mixed = [text for lively in (-0.5, 0.0, 0.5) for text in messages(n, 7, lively)]
    reading, usual = find(model, mixed)
    _, unusual = find(model, messages(3 * n, 7, 1.0))
    own, other = (np.abs(table.contributions[:, EXTRAVERSION]).max() for table in (usual, unusual))
    assert own < 0.1 * other
    by_presence = ((reading.said - reading.unsaid)[:, None] * model.weights)[:, EXTRAVERSION]
    assert usual.raised[EXTRAVERSION] < 0.2 * by_presence[by_presence > 0].sum()


def test_the_same_habits_have_the_same_evidence_in_25_000_messages(model, messages):
    (few_reading, few), (reading, many) = find(model, messages(500, 3, 0.3)), find(model, messages(25_000, 4, 0.3))
    assert few_reading.n_windows < 0.05 * reading.n_windows
    named = [{table.texts[index] for index in strongest(table, EXTRAVERSION, 1)[:5]} for table in (few, many)]
    assert len(named[0] & named[1]) >= 3
    points = 10.0  # a T-score point of extraversion is a tenth of its SD of 1
    utterance = np.abs(model.explain_reading(reading).contributions[:, EXTRAVERSION]).max() * points
    expression = many.contributions[:, EXTRAVERSION].max() * points
    assert utterance < 0.005 < 0.1 < expression  # printed as 0.00, and worth printing
    assert many.raised[EXTRAVERSION] == pytest.approx(few.raised[EXTRAVERSION], rel=0.4)


def plant(usual_talk, weights):
    """A model whose norm group talks like ``usual_talk``; ``weights``: n-gram -> weight on the only target."""
    tokens = tokenize(usual_talk, 50)
    keys, counts = count_windows(tokens)
    prior = (counts / tokens.n_windows).astype(np.float32)
    column = np.zeros((len(keys), 1), np.float32)
    for ngram, weight in weights.items():
        column[np.isin(keys, tokenize([[ngram]], 50).keys[-1])] = weight
    return NgramModel(
        keys=keys, prior=prior, centre=np.arcsin(np.sqrt(prior)), weights=column, intercept=np.zeros(1),
        window_chars=50, prior_windows=1.0, offset=AmountTable(np.ones(1), np.zeros((1, 1))),
    )  # fmt: skip


def test_what_is_said_less_than_usual_moves_the_other_way():
    everybody = [f"{what}です。" for what in "朝 昼 夕方 夜 雨 雪 風 晴れ".split()]
    model = plant([everybody * 10], {"です": 1.0})
    seldom = ["朝です。", "昼だよ。", "夕方だよ。", "夜だよ。", "雨だよ。", "雪だよ。", "風だよ。", "晴れだよ。"] * 9
    seldom[5] = "雪です。"
    seldom = [text.replace("です", "だよ") if index > 20 else text for index, text in enumerate(seldom)]
    _, table = find(model, seldom)
    [index] = [index for index, text in enumerate(table.texts) if "です" in text]
    assert table.contributions[index, 0] < -0.1
    assert table.by_more[index, 0] == 0.0
    _, often = find(model, ["です、です。", "ですです。"] * 30)
    assert often.contributions.sum() > 0 and often.by_more.sum() == pytest.approx(often.contributions.sum())


def test_a_text_like_the_norm_group_moves_nothing_by_its_length():
    everybody = [f"{what}です。" for what in "朝 昼 夕方 夜 雨 雪 風 晴れ".split()]
    model = plant([everybody * 10], {"です": 1.0, "雨で": -1.0})
    moved = [find(model, everybody * n)[1] for n in (2, 20, 400)]
    assert all(abs(table.contributions).max() < 0.02 for table in moved)


@pytest.mark.parametrize("n_windows", [1, 3, 20, 160])
def test_usual_shares_are_those_of_somebody_who_says_it_as_often_as_everybody(embedded, n_windows):
    chosen = np.arange(0, len(embedded.keys), 97)
    few = replace(embedded, keys=embedded.keys[chosen], prior=embedded.prior[chosen])
    prior = few.prior.astype(np.float64)
    drawn = np.random.default_rng(0).binomial(n_windows, prior, (4000, len(prior)))
    share = (drawn + few.prior_windows * prior) / (n_windows + few.prior_windows)
    expected = np.arcsin(np.sqrt(share)).mean(axis=0)
    assert np.abs(usual_shares(few, n_windows) - expected).max() < 0.02
    assert np.abs(usual_shares(few, n_windows) - expected).mean() < 0.004


def test_from_endless_text_the_usual_share_is_the_norm_groups(embedded):
    prior = embedded.prior.astype(np.float64)
    assert usual_shares(embedded, 10_000_000) == pytest.approx(np.arcsin(np.sqrt(prior)), abs=1e-3)


SENTENCES = [
    "図書館でカレーの本を借りました。",
    "図書館の前で待っています。",
    "昨日は図書館が休みでした。",
    "カレーは辛いほうが好きでした。",
    "夕方からカレーを作りました！",
    "カレー、食べたいなあ",
    "明日は雨かもしれない",
    "電車が遅れるかもしれないです。",
    "きっと晴れかもしれない",
    "もう着いたかもしれないね。",
    "盛り上がったね、図書館",
    "ラーメンよりカレー",
    "今度は図書館へ行こうかもしれない",
]


def words_of(ngram, sentences=SENTENCES):
    text = normalize_utterances(sentences)
    page = Page.of(text)
    places = np.array([match.start() for match in re.finditer(f"(?={ngram})", text)]) + MARGIN
    return {page.read(int(starts[0]), length): len(starts) for starts, length in grow(page, places, len(ngram))}


@pytest.mark.parametrize(
    ("ngram", "expected"),
    [
        ("書館", {"図書館": 5}),
        ("図", {"図書館": 5}),
        ("カレ", {"カレー": 5}),
        ("もし", {"かもしれない": 5}),
    ],
)
def test_ngrams_grow_into_words(ngram, expected):
    assert words_of(ngram) == expected


def test_a_part_of_a_katakana_word_is_no_word():
    sentences = [
        "ランチに行く",
        "ランチを食べる",
        "ランドセルを買う",
        "ランチ、いいね",
        "ランドセルは赤い",
        "ランを走る",
    ]
    assert words_of("ラン", sentences) == {"ランチ": 3, "ランドセル": 2, "ラン": 1}


def test_names_and_numbers_are_in_no_expression(embedded):
    talk = [
        "<AB>さんは10時に来ます",
        "明日10時に<AB>さんと",
        "<CD>さんへ、0312-3456です",
        "10時でいいですか、<AB>さん",
    ] * 5
    _, table = find(embedded, talk)
    assert table.texts and not [text for text in table.texts if re.search("[0-9〓<>]", text)]


@pytest.mark.parametrize("talks", [[], [[]], [[""]], [["。"]], [["\ud800", "\x00"]], [["あ" * 5000] * 3], [["😀"] * 9]])
def test_odd_texts_add_up_too(embedded, talks):
    reading, table = find(embedded, *talks)
    score = embedded.explain_reading(reading).score
    assert table.raised + table.lowered + table.unsaid + table.rest == pytest.approx(
        score - embedded.intercept, abs=1e-9
    )
    assert len(table.texts) == len(table.utterances) == len(table.contributions) == len(table.by_more)


def test_the_order_of_speaking_hardly_matters_and_the_same_text_gives_the_same(embedded, messages):
    texts = messages(300, 5, 0.3)
    first, again = find(embedded, texts)[1], find(embedded, texts)[1]
    assert first.texts == again.texts and (first.contributions == again.contributions).all()
    _, backwards = find(embedded, texts[::-1])
    assert len(set(first.texts) & set(backwards.texts)) > 0.8 * len(first.texts)


def test_reading_and_explaining_apart_are_explaining(embedded, messages):
    talks = [messages(40, seed) for seed in range(3)]
    whole, apart = embedded.explain(talks), embedded.explain_reading(embedded.read(talks))
    assert (whole.score == apart.score).all() and (whole.contributions == apart.contributions).all()
    assert (whole.amount, whole.known_share) == (apart.amount, apart.known_share)
