"""Messages taken together: what is a message, a character, a laugh. All texts are fictional."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.conversation import characters
from seikaku.conversation.characters import count_written
from seikaku.conversation.description import endings, own_text
from seikaku.conversation.description.endings import split_sentences
from seikaku.conversation.description.own_text import EMOJI, EXCLAMATION, LETTER, QUESTION, join_own_text


def laughs(text):
    own = join_own_text([text])
    return "".join(char for char, is_laugh in zip(own.text, own.is_laugh, strict=True) if is_laugh)


def test_blank_messages_and_addresses_are_no_text():
    own = join_own_text(["うん そう", "", " \n　", "https://example.com/a?b=c", "見て https://example.com/！\nここ"])
    assert own.n_messages == 2
    assert own.lengths.tolist() == [4, 5]
    assert own.n_chars == 9
    assert own.text.count("\n") == 2, "a line break within a message ends none"


def test_no_message_at_all():
    own = join_own_text([])
    assert (own.n_messages, own.n_chars, own.text) == (0, 0, "")
    assert own.messages_with(own.is_laugh).tolist() == []


def test_full_width_marks_count_like_narrow_ones():
    own = join_own_text(["え？", "え?", "わあ！", "⁉", "なし"])
    assert own.messages_with(own.are(QUESTION)).tolist() == [True, True, False, True, False]
    assert own.messages_with(own.are(EXCLAMATION)).tolist() == [False, False, True, True, False]


def test_emoji():
    own = join_own_text(["海だ😊", "♪るんるん", "☆", "星★", "普通。", "笑(^_^)", "🇯🇵"])
    assert own.messages_with(own.are(EMOJI)).tolist() == [True, True, True, True, False, False, True]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("それな笑", "笑"),
        ("行くよ（笑）", "笑"),
        ("まじか笑それはない", "笑"),
        ("爆笑", "笑"),
        ("笑うしかない、笑った、笑顔、談笑", ""),
        ("うけるwww", "www"),
        ("うけるｗ", "w"),
        ("WiFiとwebとwとWWとW杯", "wWW"),
        ("それは草", "草"),
        ("草", "草"),
        ("草生える", "草生え"),
        ("庭の草、雑草、草むしり、草原", ""),
        ("わろた", "わろた"),
        ("https://www.example.com", ""),
    ],
)
def test_laughs(text, found):
    assert laughs(text) == found


@given(st.lists(st.text(max_size=20), max_size=8))
def test_any_texts_keep_their_characters(texts):
    own = join_own_text(texts)
    kept = [text for text in texts if text.strip()]
    assert own.n_messages == len(kept)
    assert own.lengths.tolist() == [count_written(text) for text in kept]
    assert len(own.text) == len(own.codes) == len(own.kinds) == len(own.is_laugh)
    assert own.begins.tolist() == [0, *(place + 1 for place, char in enumerate(own.text) if char == "\n")][:-1]


@given(st.lists(st.text(max_size=20) | st.sampled_from(["ですか", "笑", "？", "https://example.com"]), max_size=8))
def test_reading_in_blocks_is_reading_at_once(texts):
    whole = join_own_text(texts)
    sentences = split_sentences(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own_text, "_BLOCK_TEXTS", 2)
        patch.setattr(endings, "BLOCK_CHARS", 5)
        patch.setattr(characters, "BLOCK_CHARS", 3)
        blocks = join_own_text(texts)
        cut = split_sentences(blocks)
    assert blocks.text == whole.text
    for name in ("codes", "kinds", "is_laugh", "begins", "lengths"):
        assert (getattr(blocks, name) == getattr(whole, name)).all()
    assert (cut.tails == sentences.tails).all() and (cut.message_of == sentences.message_of).all()


def test_half_a_surrogate_pair_is_no_mark():
    own = join_own_text(["あ\ud83d"])
    assert own.lengths.tolist() == [2]
    assert not own.are(QUESTION).any()
    assert own.are(LETTER).sum() == 1
