"""How sentences end, told by their last characters. All texts are fictional."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.conversation.description.endings import (
    PARTICLES,
    count_particles,
    find_polite,
    find_polite_questions,
    grow_endings,
    split_sentences,
)
from seikaku.conversation.description.own_text import join_own_text


def sentences_of(*texts):
    return split_sentences(join_own_text(texts))


def endings_of(*texts):
    return {name: count for name, count in count_particles(sentences_of(*texts)).items() if count}


def tails(sentences):
    return ["".join(chr(code) for code in column[::-1] if code) for column in sentences.tails.T.tolist()]


def test_where_sentences_end():
    sentences = sentences_of("そうだね。明日\n行く？！", "うん笑 また後で😊寝る", "！？", "…")
    assert tails(sentences) == ["そうだね", "明日", "行く", "うん", "また後で", "寝る"]
    assert sentences.message_of.tolist() == [0, 0, 0, 1, 1, 1]


def test_drawn_out_and_clipped_ends_are_the_same_ends():
    assert tails(sentences_of("ですよねーー〜", "だよぉ", "ねっ！", "行くよ っ")) == [
        "ですよね",
        "だよ",
        "ね",
        "行くよ",
    ]


def test_a_long_sentence_keeps_its_last_letters():
    assert tails(sentences_of("あいうえおかきくけこさしす")) == ["おかきくけこさしす"]


@pytest.mark.parametrize(
    "text",
    [
        "行きます", "行きまーす！", "そうですよね〜", "いいですか？", "行きましたけど", "好きですからね",
        "お待ちくださいね", "行きませんでした。", "楽しいでしょうね笑", "寒いですもんねえ", "好きでしたっけ",
    ],
)  # fmt: skip
def test_polite(text):
    assert find_polite(sentences_of(text)).tolist() == [True]


@pytest.mark.parametrize("text", ["行くよ", "そうだね", "ますます増えた", "ですって言った人", "はい", "だました人"])
def test_not_polite(text):
    assert not find_polite(sentences_of(text)).any()


def test_polite_questions():
    asked = ["行きますか", "どこでしょうかね。", "そうですか", "なるほどそうなんですか", "いいじゃないですか", "行くか"]
    assert find_polite_questions(sentences_of(*asked)).tolist() == [True, True, False, False, False, False]


ENDINGS = {
    "よね": ["行くよね", "いいよねえ"],
    "ね": ["行くね", "いいねえ", "そうですねえ"],
    "よ": ["行くよ！", "だよぉ"],
    "かな": ["どうかなあ"],
    "な": ["眠いな", "だなあ"],
    "かも": ["来るかも"],
    "か": ["行きますか", "まあいいか"],
    "の": ["どこ行くの？", "好きなの"],
    "わ": ["知らんわ", "違うわ"],
    "ぞ": ["行くぞ"],
    "っけ": ["なんだっけ"],
    "もん": ["だもん", "いいもん"],
    "じゃん": ["すごいじゃん"],
    "けど": ["行くけど"],
    "から": ["眠いから", "雨だから"],
    "し": ["雨だし"],
    "": [
        "みんな", "みたいな", "きれいな", "なかなか", "たしか", "もの", "みんなの", "こんばんわ", "どうぞ", "なし",
        "ここから", "さかな", "しかも", "知らねえ", "うわ", "だから", "行く", "はい",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("particle", "text"), [(name, text) for name, texts in ENDINGS.items() for text in texts])
def test_particles(particle, text):
    assert endings_of(text) == ({particle: 1} if particle else {})


def test_every_particle_has_an_example():
    assert set(ENDINGS) - {""} == set(PARTICLES)


def test_a_sentence_has_one_ending():
    counts = count_particles(sentences_of("行くよね。行くね。そうかな。"))
    assert list(counts) == list(PARTICLES)
    assert {name: count for name, count in counts.items() if count} == {"よね": 1, "ね": 1, "かな": 1}


@given(st.lists(st.text("ですますかねよな。！？ぁっー笑w\n 草", max_size=15), max_size=6))
def test_endings_of_any_text_are_those_of_its_sentences_one_by_one(texts):
    together = sentences_of(*texts)
    single = [sentences_of(text) for text in texts]
    assert together.n_sentences == sum(one.n_sentences for one in single)
    assert find_polite(together).tolist() == [found for one in single for found in find_polite(one).tolist()]
    counts = [count_particles(one) for one in single]
    assert count_particles(together) == {name: sum(one[name] for one in counts) for name in PARTICLES}


@given(st.lists(st.text("ですますかねよ", max_size=12), max_size=6))
def test_the_longest_ending_labels_a_sentence(texts):
    labels = {"です": 1, "ます": 2, "よ": 3, "かねよ": 4, "すよ": -1}

    def plain(text):
        return labels.get(next((e for e in sorted(labels, key=len, reverse=True) if text.endswith(e)), ""), -1)

    found = sentences_of(*texts).label(grow_endings(labels))
    assert found.tolist() == [plain(text) for text in texts if text]
