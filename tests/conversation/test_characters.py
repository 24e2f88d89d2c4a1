"""Characters and neighbours: counted once for every part that counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.conversation.characters import are_pairs, count_written, list_code_points, list_ngrams

lines = st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=8), max_size=5)


@pytest.mark.parametrize(("text", "expected"), [("", 0), (" \t\n\u3000", 0), ("あ い\u3000う\nえ", 4), ("𠮟る", 2)])
def test_white_space_is_not_counted(text, expected):
    assert count_written(text) == expected


def test_half_a_surrogate_pair_is_a_question_mark():
    assert list_code_points("あ\ud800𠮟").tolist() == [ord("あ"), ord("?"), ord("𠮟")]


@given(lines)
def test_every_character_and_every_pair_of_a_line_has_its_place_and_line(said):
    text = "\n".join(said)
    found = list_ngrams(text)
    shown = [text[place : place + 1 + pair] for place, pair in zip(found.places, are_pairs(found.keys), strict=True)]
    chars = [(line, char) for line, own in enumerate(said) for char in own]
    pairs = [(line, own[i : i + 2]) for line, own in enumerate(said) for i in range(len(own) - 1)]
    assert list(zip(found.lines, shown, strict=True)) == chars + pairs
    assert (found.n_chars, found.n_pairs) == (len(chars), len(pairs))
    assert len(set(found.keys.tolist())) == len(set(shown))  # one number for one n-gram, and no two the same
