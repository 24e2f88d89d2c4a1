"""Words for oneself, fillers and variety. All texts are fictional."""

import random

import pytest

from seikaku.conversation.description.own_text import join_own_text
from seikaku.conversation.description.word_counts import (
    PAIRS_PER_WINDOW,
    count_fillers,
    count_first_person,
    measure_variety,
)


def found(counts):
    return {word: count for word, count in counts.items() if count}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("私も行く。私たちの家", {"私": 2}),
        ("私立の学校で私服、公私ともに", {}),
        ("わたしは鍵をわたした", {"わたし": 1}),
        ("あたし行くね、あたしかに", {"あたし": 1}),
        ("僕とぼくとボク", {"僕": 1, "ボク": 1}),  # ぼく behind kana may be the end of another word
        ("ぼくは行く", {"ぼく": 1}),
        ("俺もおれも", {"俺": 1}),
        ("おれは、オレは、カフェオレとオレンジ", {"おれ": 1, "オレ": 1}),
        ("うちの猫、そのうち、休みのうちに、ウチは犬", {"うち": 1, "ウチ": 1}),
        ("ワイはハワイでワイン", {"ワイ": 1}),
        ("わしもわしづかみ", {"わし": 1}),
        ("自分で作った", {}),
    ],
)
def test_first_person(text, words):
    assert found(count_first_person(join_own_text([text]))) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("えっと、明日。えーと。ええと、", {"えっと": 3}),
        ("考えっと", {}),
        ("あのー、あの、あの人", {"あの": 2}),
        ("そのー、その日", {"その": 1}),
        ("うーん、んー、うん", {"うーん": 2}),
        ("まあいいか。まぁね。まあまあ", {"まあ": 2}),
        ("なんか眠い。映画なんか見ない。なんかい", {"なんか": 1}),
        ("なんというか、なんていうか、なんつーか", {"なんというか": 3}),
    ],
)
def test_fillers(text, words):
    assert found(count_fillers(join_own_text([text]))) == words


def plain_variety(letters, step):
    pairs = list(zip(letters, letters[1:], strict=False))
    starts = range(0, len(pairs) - PAIRS_PER_WINDOW + 1, step)
    shares = [len(set(pairs[start : start + PAIRS_PER_WINDOW])) / PAIRS_PER_WINDOW for start in starts]
    return sum(shares) / len(shares)


def test_variety_is_the_mean_share_of_distinct_pairs_in_windows():
    letters = "".join(random.Random(0).choices("あいうえおかきくけこさしすせそ海山川", k=1200))
    value, n_pairs = measure_variety(join_own_text([letters]))
    assert n_pairs == 1199
    assert value == pytest.approx(plain_variety(letters, 25))
    assert value == pytest.approx(plain_variety(letters, 1), abs=0.005)  # every 25th window says the same


def test_variety_of_one_wording_and_of_too_little_text():
    assert measure_variety(join_own_text(["あ" * 501])) == (1 / 500, 500)
    assert measure_variety(join_own_text(["あ" * 500])) == (None, 499)
    assert measure_variety(join_own_text([])) == (None, 0)


def test_variety_does_not_grow_with_the_text():
    source = random.Random(1)
    words = ["".join(source.choices("あいうえおかきくけこさしすせそ", k=4)) for _ in range(300)]
    short, long = (join_own_text(["".join(source.choices(words, k=10)) for _ in range(n)]) for n in (200, 6000))
    assert measure_variety(short)[0] == pytest.approx(measure_variety(long)[0], abs=0.01)


def test_marks_and_message_ends_part_pairs():
    assert measure_variety(join_own_text(["うみ、やま！", "うみ"]))[1] == 3
